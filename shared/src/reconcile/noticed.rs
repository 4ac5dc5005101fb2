//! What of a plan's differences is drift: all but what the platform or the definition says is none. Pure.

use crate::provision::{ChangeAction, DriftItem};
use crate::tenant::DriftIgnore;

/// What is left under these rules. A resource that is gone or would be replaced is drift unless a rule ignores all of it.
pub(super) fn noticed(found: Vec<DriftItem>, platform: &[DriftIgnore], own: &[DriftIgnore]) -> Vec<DriftItem> {
    found.into_iter().filter_map(|item| left_of(item, platform.iter().chain(own))).collect()
}

fn left_of<'a>(mut item: DriftItem, rules: impl Iterator<Item = &'a DriftIgnore>) -> Option<DriftItem> {
    for rule in rules {
        if !rule.names(item.address.as_str()) {
            continue;
        }
        if rule.attributes.is_empty() {
            return None;
        }
        if item.action == ChangeAction::Update {
            item.attributes.retain(|attribute| !rule.covers(attribute));
            if item.attributes.is_empty() {
                return None;
            }
        }
    }
    Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::ResourceAddress;

    fn item(action: ChangeAction, attributes: &[&str]) -> DriftItem {
        let attributes = attributes.iter().map(|path| (*path).to_owned()).collect();
        DriftItem { address: ResourceAddress::new("google_cloud_run_v2_service.site"), action, attributes }
    }

    fn rule(resource: &str, attributes: &[&str]) -> DriftIgnore {
        let attributes = attributes.iter().map(|path| (*path).to_owned()).collect();
        DriftIgnore { resource: resource.to_owned(), attributes }
    }

    #[test]
    fn what_a_rule_leaves() {
        use ChangeAction::{Create, Update};
        let client = rule("google_cloud_run_v2_service.*", &["client*", "template.0.annotations"]);
        let all = rule("*.site", &[]);
        for (case, found, rules, expected) in [
            ("no rule", item(Update, &["client"]), vec![], Some(vec!["client"])),
            ("all of it", item(Update, &["client", "client_version"]), vec![client.clone()], None),
            ("a part of it", item(Update, &["client", "ingress"]), vec![client.clone()], Some(vec!["ingress"])),
            ("another resource", item(Update, &["client"]), vec![rule("other.*", &["*"])], Some(vec!["client"])),
            ("two rules", item(Update, &["client", "ingress"]), vec![client.clone(), rule("*", &["ingress"])], None),
            ("gone", item(Create, &[]), vec![client.clone()], Some(vec![])),
            ("gone, and not watched", item(Create, &[]), vec![client, all], None),
        ] {
            let left = noticed(vec![found], &rules[..rules.len() / 2], &rules[rules.len() / 2..]).pop();
            let left = left.as_ref().map(|item| item.attributes.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(left, expected, "{case}");
        }
    }
}
