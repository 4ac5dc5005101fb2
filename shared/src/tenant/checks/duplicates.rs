//! What stands twice in a list.

use std::collections::BTreeMap;

use super::{Node, Problem, Reason, quoted};

/// Domains know no upper and lower case (RFC 4343).
pub(super) fn domains(root: &Node, problems: &mut Vec<Problem>) {
    let domains = root.find("/spec/customDomains").map(Node::items).unwrap_or_default();
    let named = domains.iter().enumerate().filter_map(|(at, item)| Some((at, item, item.text()?.to_ascii_lowercase())));
    for (at, item, first, name) in twice(named) {
        let message = format!("{} is already item {} of the list", quoted(&name), first + 1);
        let problem = Problem::new(Reason::DuplicateDomain, format!("/spec/customDomains/{at}"), message);
        problems.push(problem.at(item.at).suggesting("remove one of them"));
    }
}

pub(super) fn plugins(root: &Node, problems: &mut Vec<Problem>) {
    let plugins = root.find("/spec/plugins").map(Node::items).unwrap_or_default();
    let named = plugins.iter().enumerate().filter_map(|(at, item)| {
        let name = item.get("name")?;
        Some((at, name, name.text()?.to_owned()))
    });
    for (at, name, first, slug) in twice(named) {
        let message = format!("the plugin {} is already item {} of the list", quoted(&slug), first + 1);
        let problem = Problem::new(Reason::DuplicatePlugin, format!("/spec/plugins/{at}/name"), message);
        problems.push(problem.at(name.at).suggesting("remove one of them"));
    }
}

/// Items whose name another has before them: index, item, the first one's index, the name.
fn twice<'a>(named: impl Iterator<Item = (usize, &'a Node, String)>) -> Vec<(usize, &'a Node, usize, String)> {
    let mut first = BTreeMap::new();
    named
        .filter_map(|(at, item, name)| match first.get(&name) {
            Some(before) => Some((at, item, *before, name)),
            None => {
                first.insert(name, at);
                None
            }
        })
        .collect()
}
