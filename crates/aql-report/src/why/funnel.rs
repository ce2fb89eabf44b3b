//! Where the events of a run went: how many reached each part of a condition, and how many got
//! past it.

use aql_event::EventBatch;
use arrow_buffer::BooleanBuffer;
use serde_json::{Value, json};

use super::tree::{Explainer, Kind};

/// Counts over the events of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funnel {
    /// Events.
    pub events: u64,
    /// Per part, in the order of [`Explainer::nodes`].
    pub nodes: Vec<NodeCount>,
}

/// Counts of one part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeCount {
    /// Events for which all terms before it in the groups of AND around it hold. The alternatives
    /// of an OR are all reached by the same events.
    pub reached: u64,
    /// Of these, events for which it holds.
    pub passed: u64,
    /// Of those that reached it, events without the value that it asks about.
    pub no_value: u64,
    /// Events of the whole run for which it holds, whatever came before.
    pub alone: u64,
}

impl Funnel {
    /// Adds the counts of another part of the same run.
    pub fn add(&mut self, other: &Funnel) {
        self.events += other.events;
        for (node, more) in self.nodes.iter_mut().zip(&other.nodes) {
            node.reached += more.reached;
            node.passed += more.passed;
            node.no_value += more.no_value;
            node.alone += more.alone;
        }
    }

    /// Events that satisfy the whole condition.
    pub fn matches(&self) -> u64 {
        self.nodes.first().map_or(0, |node| node.passed)
    }
}

impl Explainer {
    /// A funnel that no event has gone through.
    pub fn empty_funnel(&self) -> Funnel {
        Funnel { events: 0, nodes: vec![NodeCount::default(); self.nodes().len()] }
    }

    /// Counts the events of a batch.
    pub fn count(&self, events: &EventBatch) -> Funnel {
        let rows = events.num_rows();
        let truths: Vec<BooleanBuffer> =
            self.outcomes(events).into_iter().map(|c| c.truth).collect();
        let mut funnel = self.empty_funnel();
        funnel.events = rows as u64;
        self.count_node(0, &BooleanBuffer::new_set(rows), events, &truths, &mut funnel);
        funnel
    }

    fn count_node(
        &self,
        at: usize,
        reached: &BooleanBuffer,
        events: &EventBatch,
        truths: &[BooleanBuffer],
        funnel: &mut Funnel,
    ) {
        let (Some(node), Some(truth)) = (self.nodes().get(at), truths.get(at)) else { return };
        let no_value = node.leaf.as_ref().map_or(0, |leaf| {
            let null = leaf.sql.evaluate_condition(events).null;
            null.map_or(0, |null| (&null & reached).count_set_bits())
        });
        if let Some(count) = funnel.nodes.get_mut(at) {
            *count = NodeCount {
                reached: reached.count_set_bits() as u64,
                passed: (reached & truth).count_set_bits() as u64,
                no_value: no_value as u64,
                alone: truth.count_set_bits() as u64,
            };
        }
        let mut left = reached.clone();
        for &below in &node.below {
            self.count_node(below, &left, events, truths, funnel);
            if let (Kind::And, Some(truth)) = (node.kind, truths.get(below)) {
                left = &left & truth;
            }
        }
    }

    /// The part at which the last events were lost; nothing if some got through, or none came.
    pub fn died_at(&self, funnel: &Funnel) -> Option<usize> {
        let passed = |at: usize| funnel.nodes.get(at).map_or(0, |n| n.passed);
        let reached = |at: usize| funnel.nodes.get(at).map_or(0, |n| n.reached);
        if passed(0) > 0 || funnel.events == 0 {
            return None;
        }
        let mut at = 0;
        while let Some(node) = self.nodes().get(at).filter(|node| node.kind == Kind::And) {
            match node.below.iter().find(|&&i| reached(i) > 0 && passed(i) == 0) {
                Some(&below) => at = below,
                None => break,
            }
        }
        Some(at)
    }

    /// The funnel as JSON; the schema is described in `docs/why.md`.
    pub fn funnel_json(&self, funnel: &Funnel) -> Value {
        json!({
            "events": funnel.events,
            "matches": funnel.matches(),
            "tree": self.funnel_node_json(0, funnel),
        })
    }

    fn funnel_node_json(&self, at: usize, funnel: &Funnel) -> Value {
        let (Some(node), Some(count)) = (self.nodes().get(at), funnel.nodes.get(at)) else {
            return Value::Null;
        };
        let mut value = json!({
            "kind": node.kind.name(),
            "text": node.text,
            "reached": count.reached,
            "passed": count.passed,
            "alone": count.alone,
            "died_here": self.died_at(funnel) == Some(at),
        });
        if let Some(object) = value.as_object_mut() {
            if node.kind == Kind::Leaf {
                object.insert("no_value".into(), json!(count.no_value));
                object.insert("runs_as".into(), json!(node.bound));
                object.insert("compared_with".into(), json!(node.constants));
            } else {
                let terms = node.below.iter().map(|&i| self.funnel_node_json(i, funnel)).collect();
                object.insert("terms".into(), Value::Array(terms));
            }
        }
        value
    }
}
