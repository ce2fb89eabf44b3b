//! Boolean programs over atoms, without negation: NOT is moved down to the atoms.
//!
//! A row is kept only where a rule is true, so that null needs no place of its own: `NOT x` is
//! true where `x` is false, and whether null counts as false is a matter of the atom alone (see
//! [`Ask`]).

use rustc_hash::FxHashMap;

/// What is asked of an atom that is true, false or null in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Ask {
    /// Is it true?
    True,
    /// Is it not true?
    NotTrue,
    /// Is it false: neither true nor null?
    False,
    /// Is it true or null?
    NotFalse,
}

/// Number of a node.
pub(crate) type NodeId = u32;

/// Number of an atom.
pub(crate) type AtomId = u32;

/// A node of a program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// Holds for all rows, or for none.
    Constant(bool),
    /// Asks an atom.
    Atom(AtomId, Ask),
    /// All hold.
    And(Box<[NodeId]>),
    /// One holds.
    Or(Box<[NodeId]>),
}

/// The nodes of all rules; the same node is there once.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    list: Vec<Node>,
    ids: FxHashMap<Node, NodeId>,
}

impl Nodes {
    /// The node of a number.
    pub(crate) fn get(&self, id: NodeId) -> &Node {
        self.list.get(id as usize).unwrap_or(&Node::Constant(false))
    }

    /// The number of a node.
    pub(crate) fn add(&mut self, node: Node) -> NodeId {
        if let Some(&id) = self.ids.get(&node) {
            return id;
        }
        let id = NodeId::try_from(self.list.len()).unwrap_or(NodeId::MAX);
        self.list.push(node.clone());
        self.ids.insert(node, id);
        id
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// All of these (`all`), or one of these.
    pub(crate) fn join(&mut self, all: bool, terms: Vec<NodeId>) -> NodeId {
        let mut flat = Vec::with_capacity(terms.len());
        for term in terms {
            match self.get(term) {
                Node::Constant(value) if *value == all => {}
                Node::Constant(_) => return self.add(Node::Constant(!all)),
                Node::And(below) if all => flat.extend_from_slice(below),
                Node::Or(below) if !all => flat.extend_from_slice(below),
                _ => flat.push(term),
            }
        }
        let mut seen = rustc_hash::FxHashSet::default();
        flat.retain(|&term| seen.insert(term));
        match flat.as_slice() {
            [] => self.add(Node::Constant(all)),
            [one] => *one,
            _ if all => self.add(Node::And(flat.into())),
            _ => self.add(Node::Or(flat.into())),
        }
    }

    /// Calls `f` with every atom under a node.
    pub(crate) fn visit(&self, node: NodeId, f: &mut dyn FnMut(AtomId)) {
        match self.get(node) {
            Node::Constant(_) => {}
            Node::Atom(atom, _) => f(*atom),
            Node::And(below) | Node::Or(below) => below.iter().for_each(|&n| self.visit(n, f)),
        }
    }

    /// Sorts the terms of every node by a key.
    pub(crate) fn reorder<K: Ord>(&mut self, key: impl Fn(NodeId) -> K) {
        for node in &mut self.list {
            if let Node::And(below) | Node::Or(below) = node {
                below.sort_by_key(|&id| key(id));
            }
        }
    }

    /// Forgets how to find nodes, once all are there.
    pub(crate) fn freeze(&mut self) {
        self.ids = FxHashMap::default();
        self.list.shrink_to_fit();
    }
}
