//! What the parts of a condition say about one event.

use aql_event::EventBatch;
use aql_pack::cell_json;
use serde_json::{Map, Value, json};

use super::tree::{Explainer, Kind};

/// Why one event satisfies a condition, or does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Does it?
    pub matches: bool,
    /// Per part, in the order of [`Explainer::nodes`].
    pub nodes: Vec<NodeOutcome>,
    /// The part that settles it: for an event that does not match the first condition that is not
    /// as it should be, or the group of alternatives none of which holds. Nothing for one that
    /// matches.
    pub killed_by: Option<usize>,
    /// In a group of alternatives none of which holds, the condition that is in the way of the
    /// alternative of which most holds.
    pub nearest: Option<usize>,
}

/// What one part says.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeOutcome {
    /// True, false, or nothing for null.
    pub value: Option<bool>,
    /// Does the outcome rest on a value that the event does not have? Where nulls are two-valued
    /// the condition is then false.
    pub is_null: bool,
    /// Was everything settled by an earlier term already? Its outcome changes nothing.
    pub is_settled: bool,
    /// The values that it looks at. Leaves only.
    pub operands: Vec<OperandValue>,
}

/// A value of the event.
#[derive(Clone, Debug, PartialEq)]
pub struct OperandValue {
    /// The column or expression, as AQL writes it.
    pub text: String,
    /// Its value; null if the event has none.
    pub value: Value,
}

impl Explainer {
    /// What every part says about a row. A row that is not there reads as an event without values.
    pub fn explain(&self, events: &EventBatch, row: usize) -> Explanation {
        let events = EventBatch::new(
            std::sync::Arc::clone(events.columns()),
            events
                .records()
                .slice(row.min(events.num_rows()), usize::from(row < events.num_rows())),
        );
        let values: Vec<Option<bool>> = self
            .outcomes(&events)
            .iter()
            .map(|c| if c.is_empty() { Some(false) } else { c.value(0) })
            .collect();
        let mut nodes: Vec<NodeOutcome> = self
            .nodes()
            .iter()
            .zip(&values)
            .map(|(node, value)| {
                let mut outcome = NodeOutcome {
                    value: *value,
                    is_null: value.is_none(),
                    is_settled: false,
                    operands: Vec::new(),
                };
                if let Some(leaf) = &node.leaf {
                    let sql = leaf.sql.evaluate_condition(&events);
                    outcome.is_null = !sql.is_empty() && sql.value(0).is_none();
                    outcome.operands = leaf
                        .operands
                        .iter()
                        .map(|operand| {
                            let array = operand.program.evaluate(&events);
                            let value =
                                if array.is_empty() { Value::Null } else { cell_json(&array, 0) };
                            OperandValue { text: operand.text.clone(), value }
                        })
                        .collect();
                }
                outcome
            })
            .collect();
        self.settle(0, false, &mut nodes);
        let matches = values.first() == Some(&Some(true));
        let killed_by = (!matches).then(|| self.decider(0, true, &values));
        let nearest = killed_by.and_then(|at| self.nearest(at, &values));
        Explanation { matches, nodes, killed_by, nearest }
    }

    /// Marks the terms whose group was settled by an earlier term.
    fn settle(&self, at: usize, settled: bool, nodes: &mut [NodeOutcome]) {
        let Some(node) = self.nodes().get(at) else { return };
        if let Some(outcome) = nodes.get_mut(at) {
            outcome.is_settled = settled;
        }
        let settles = match node.kind {
            Kind::And => Some(Some(false)),
            Kind::Or => Some(Some(true)),
            Kind::Not | Kind::Leaf => None,
        };
        let mut settled = settled;
        for &below in &node.below {
            self.settle(below, settled, nodes);
            settled |= nodes.get(below).map(|n| n.value) == settles;
        }
    }

    /// The part that keeps `at` from being `wanted`.
    fn decider(&self, at: usize, wanted: bool, values: &[Option<bool>]) -> usize {
        let Some(node) = self.nodes().get(at) else { return at };
        let value = |i: &usize| values.get(*i).copied().flatten();
        let next = match (node.kind, wanted) {
            (Kind::Leaf, _) => None,
            (Kind::Not, wanted) => node.below.first().map(|&i| (i, !wanted)),
            (Kind::And, true) => {
                node.below.iter().find(|i| value(i) != Some(true)).map(|&i| (i, true))
            }
            (Kind::Or, false) => {
                node.below.iter().find(|i| value(i) != Some(false)).map(|&i| (i, false))
            }
            // All terms together have it so: none can be named.
            (Kind::Or, true) | (Kind::And, false) => None,
        };
        next.map_or(at, |(next, wanted)| self.decider(next, wanted, values))
    }

    /// In a group of alternatives: what is in the way of the one of which most holds. Nothing if
    /// no alternative holds in part.
    fn nearest(&self, at: usize, values: &[Option<bool>]) -> Option<usize> {
        let node = self.nodes().get(at).filter(|node| node.kind == Kind::Or)?;
        let mut best: Option<(usize, usize, usize)> = None;
        for &alternative in &node.below {
            let (holds, all) = self.leaves_that_hold(alternative, true, values);
            let better = match best {
                None => holds > 0,
                Some((_, best_holds, best_all)) => holds * best_all > best_holds * all,
            };
            if better {
                best = Some((alternative, holds, all));
            }
        }
        let (alternative, _, _) = best?;
        Some(self.decider(alternative, true, values))
    }

    /// Leaves below that are as they should be, and all leaves.
    fn leaves_that_hold(&self, at: usize, wanted: bool, values: &[Option<bool>]) -> (usize, usize) {
        let Some(node) = self.nodes().get(at) else { return (0, 0) };
        if node.kind == Kind::Leaf {
            let holds = (values.get(at).copied().flatten() == Some(true)) == wanted;
            return (usize::from(holds), 1);
        }
        let wanted = wanted != (node.kind == Kind::Not);
        node.below.iter().fold((0, 0), |(holds, all), &i| {
            let (more, of) = self.leaves_that_hold(i, wanted, values);
            (holds + more, all + of)
        })
    }

    /// The explanation as JSON; the schema is described in `docs/why.md`.
    pub fn json(&self, explanation: &Explanation) -> Value {
        json!({
            "matches": explanation.matches,
            "tree": self.node_json(0, explanation),
        })
    }

    fn node_json(&self, at: usize, explanation: &Explanation) -> Value {
        let (Some(node), Some(outcome)) = (self.nodes().get(at), explanation.nodes.get(at)) else {
            return Value::Null;
        };
        let mut object = Map::new();
        object.insert("kind".into(), json!(node.kind.name()));
        object.insert("text".into(), json!(node.text));
        object.insert("value".into(), json!(outcome.value));
        object.insert("settled_before".into(), json!(outcome.is_settled));
        object.insert("killed".into(), json!(explanation.killed_by == Some(at)));
        if node.kind == Kind::Leaf {
            object.insert("no_value".into(), json!(outcome.is_null));
            object.insert("runs_as".into(), json!(node.bound));
            object.insert("compared_with".into(), json!(node.constants));
            let operands = outcome.operands.iter();
            let operands: Vec<Value> =
                operands.map(|o| json!({ "expression": o.text, "value": o.value })).collect();
            object.insert("values".into(), Value::Array(operands));
        } else {
            let terms = node.below.iter().map(|&i| self.node_json(i, explanation)).collect();
            object.insert("terms".into(), Value::Array(terms));
        }
        Value::Object(object)
    }
}

impl Kind {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::And => "and",
            Kind::Or => "or",
            Kind::Not => "not",
            Kind::Leaf => "condition",
        }
    }
}
