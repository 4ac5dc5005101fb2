//! A plugin list kept in an object of its own: option B of `spec.plugins`, held to the very rules of option A.

use std::collections::BTreeMap;

use super::problem::{Problem, Problems, Reason};
use super::source::{self, Content, Entry, Node, Position, Source};
use super::{API_VERSION, Definition, Format, KIND, Plugin, Plugins, checks, schema};

/// Where the list stands in a definition.
const PLACE: &str = "/spec/plugins";

/// Reads and checks a list of plugins, YAML (of which JSON is a part). All problems are reported at once, each with its
/// place in the list's own source; pointers begin at the list.
pub fn parse_plugin_list(source: &[u8]) -> Result<Vec<Plugin>, Problems> {
    let Source { root, mut problems } = source::read(source, Format::Yaml);
    let Some(root) = root else { return Err(Problems::sorted(problems)) };
    if !matches!(root.content, Content::Sequence(_)) {
        let message = "a plugin list is a list of plugins, as in spec.plugins of a definition";
        problems.push(Problem::whole(Reason::WrongType, message.to_owned()));
        return Err(Problems::sorted(problems));
    }
    let definition = definition_around(root);
    let value = definition.to_json();
    schema::check(&definition, &value, &mut problems);
    checks::check(&definition, &mut problems);
    for problem in &mut problems {
        if let Some(within) = problem.pointer.strip_prefix(PLACE) {
            problem.pointer = within.to_owned();
        }
    }
    if let Some(problems) = Problems::in_document_order(problems) {
        return Err(problems);
    }
    let refused = |message: String| Problems::from(Problem::whole(Reason::InvalidValue, message));
    // The schema allows nothing that the type refuses; a test holds the two together.
    let definition: Definition =
        serde_json::from_value(value).map_err(|error| refused(format!("does not fit a plugin list: {error}")))?;
    match definition.spec.plugins {
        Some(Plugins::List(list)) => Ok(list),
        None | Some(Plugins::Reference(_)) => Ok(Vec::new()),
    }
}

/// A definition that is valid if its plugins are: so schema and checks are asked as they are for option A.
fn definition_around(list: Node) -> Node {
    let text = |text: &str| Content::Scalar(source::Scalar::Text(text.to_owned()));
    let name = mapping([("name", text("plugin-list"))]);
    let spec = Content::Mapping(BTreeMap::from([("plugins".to_owned(), Entry { key_at: list.at, value: list })]));
    node(mapping([("apiVersion", text(API_VERSION)), ("kind", text(KIND)), ("metadata", name), ("spec", spec)]))
}

fn mapping<const N: usize>(entries: [(&str, Content); N]) -> Content {
    let entry =
        |(key, content): (&str, Content)| (key.to_owned(), Entry { key_at: Position::START, value: node(content) });
    Content::Mapping(entries.into_iter().map(entry).collect())
}

fn node(content: Content) -> Node {
    Node { at: Position::START, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_option_a_is() {
        let list =
            parse_plugin_list(b"- name: woocommerce\n  version: \"9.4.1\"\n  required: true\n- name: hello-dolly\n");
        let list = list.unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].name.as_str(), list[0].required), ("woocommerce", Some(true)));
        assert_eq!(list[1].version, None);
        assert_eq!(parse_plugin_list(b"[]"), Ok(Vec::new()));
    }

    #[test]
    fn every_problem_stands_where_it_is_in_the_list() {
        let source = "- name: Woo Commerce\n- name: one\n  verion: \"1.0\"\n- name: one\n  version: ^9\n";
        let problems = parse_plugin_list(source.as_bytes()).unwrap_err();
        insta::assert_snapshot!(problems);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for source in ["", "plugins: []", "{pluginsYamlGcsUri: gs://a-b/c}", "one", "- [", "--- []\n--- []\n"] {
            assert!(parse_plugin_list(source.as_bytes()).is_err(), "{source}");
        }
    }
}
