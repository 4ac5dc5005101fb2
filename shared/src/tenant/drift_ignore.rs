//! Differences that somebody decided to live with.

use serde::{Deserialize, Serialize};

/// Which differences are no drift. In both patterns `*` stands for any characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DriftIgnore {
    /// Addresses of resources within the module, such as `google_cloud_run_v2_service.*`.
    pub resource: String,
    /// Dotted paths of attributes, such as `template.0.annotations.*`; empty: the resource is not watched at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
}

impl DriftIgnore {
    /// Whether this is about a resource.
    pub fn names(&self, address: &str) -> bool {
        fits(&self.resource, address)
    }

    /// Whether a difference in this attribute is no drift; also where a whole block around it is named.
    pub fn covers(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|pattern| {
            fits(pattern, attribute) || attribute.match_indices('.').any(|(end, _)| fits(pattern, &attribute[..end]))
        })
    }
}

/// Whether `text` is what `pattern` says, `*` being any characters. Linear in each star's part: a pattern from outside
/// cannot make it slow.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, expected) in [
            ("google_sql_user.site", "google_sql_user.site", true),
            ("google_sql_user.site", "google_sql_user.site2", false),
            ("google_sql_*", "google_sql_user.site", true),
            ("*", "", true),
            ("*.site", "google_sql_user.site", true),
            ("google_*_iam_member.*[\"a\"]", "google_x_iam_member.y[\"a\"]", true),
            ("a*a", "a", false),
            ("a*b*c", "a-c-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("**x**", "abcx", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_block_covers_what_is_in_it() {
        let rule = DriftIgnore { resource: "*".to_owned(), attributes: vec!["template.0.annotations".to_owned()] };
        assert!(rule.covers("template.0.annotations"));
        assert!(rule.covers("template.0.annotations.run.googleapis.com/client"));
        assert!(!rule.covers("template.0.annotation"));
        assert!(!rule.covers("template.0"), "a whole block that differs is more than what is ignored");
    }
}
