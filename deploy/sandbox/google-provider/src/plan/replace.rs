//! Which changes replace a resource: the paths of what is new and may not change in place.

use crate::schema::{Block, NestedBlock, Nesting};
use crate::value::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An attribute or block of that name.
    Name(String),
    /// The element of a list at that place.
    At(i64),
}

/// The paths that differ and force a new resource; none at a creation.
pub fn replaced(block: &Block, prior: &Value, planned: &Value) -> Vec<Vec<Step>> {
    let mut paths = Vec::new();
    if !prior.is_null() && !planned.is_null() {
        walk(block, prior, planned, &[], &mut paths);
    }
    paths
}

fn walk(block: &Block, prior: &Value, planned: &Value, at: &[Step], paths: &mut Vec<Vec<Step>>) {
    let path = |name: &String| [at, &[Step::Name(name.clone())]].concat();
    for (name, attribute) in &block.attributes {
        if attribute.flags.force_new && prior.get(name) != planned.get(name) {
            paths.push(path(name));
        }
    }
    for (name, nested) in &block.blocks {
        walk_blocks(nested, prior.get(name), planned.get(name), &path(name), paths);
    }
}

fn walk_blocks(nested: &NestedBlock, prior: &Value, planned: &Value, at: &[Step], paths: &mut Vec<Vec<Step>>) {
    let (before, after) = (prior.elements(), planned.elements());
    if nested.nesting != Nesting::List || before.len() != after.len() {
        // Elements of a set have no path of their own; a path must exist on both sides.
        if nested.force_new && prior != planned {
            paths.push(at.to_vec());
        }
        return;
    }
    for (index, (before, after)) in (0..).zip(before.iter().zip(after)) {
        walk(&nested.block, before, after, &[at, &[Step::At(index)]].concat(), paths);
    }
}
