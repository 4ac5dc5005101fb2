//! min ≤ max, where the definition gives both. Where it gives one, the platform's settings have the other: see
//! [`super::check_against`].

use super::{Node, Problem, Reason};

pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    let Some(scaling) = root.find("/spec/runtime/scaling") else { return };
    let of = |key| scaling.get(key).and_then(|node| Some((node, node.whole_number()?)));
    if let (Some((place, min)), Some((_, max))) = (of("minInstances"), of("maxInstances"))
        && min > max
    {
        problems.push(above(min, max).at(place.at));
    }
}

/// min > max, without a place.
pub(super) fn above(min: u64, max: u64) -> Problem {
    let message = format!("minInstances is {min}, which is more than maxInstances, {max}");
    let pointer = "/spec/runtime/scaling/minInstances".to_owned();
    Problem::new(Reason::MinAboveMax, pointer, message).suggesting("raise maxInstances or lower minInstances")
}
