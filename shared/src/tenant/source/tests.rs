//! Types of unquoted words, positions, and that both languages give one tree.

use serde_json::json;

use super::*;

fn tree(source: &str, format: Format) -> Node {
    let source = read(source.as_bytes(), format);
    assert_eq!(source.problems, []);
    source.root.unwrap()
}

#[test]
fn unquoted_words_are_what_the_core_schema_says() {
    for (word, expected) in [
        ("~", json!(null)),
        ("null", json!(null)),
        ("NULL", json!(null)),
        ("true", json!(true)),
        ("False", json!(false)),
        ("tRue", json!("tRue")),
        ("NO", json!("NO")),
        ("yes", json!("yes")),
        ("on", json!("on")),
        ("010", json!(10)),
        ("0o10", json!(8)),
        ("0x1F", json!(31)),
        ("0x", json!("0x")),
        ("-7", json!(-7)),
        ("+7", json!(7)),
        ("1e3", json!(1000)),
        ("1.5", json!(1.5)),
        (".5", json!(0.5)),
        ("1.", json!(1)),
        (".", json!(".")),
        ("-", json!("-")),
        ("1e", json!("1e")),
        ("1.2.3", json!("1.2.3")),
        ("12:30:45", json!("12:30:45")),
        ("1_000", json!("1_000")),
        ("2026-01-01", json!("2026-01-01")),
        ("18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
        ("99999999999999999999", json!(1e20)),
        ("inf", json!("inf")),
        ("nan", json!("nan")),
        ("\"010\"", json!("010")),
        ("'true'", json!("true")),
    ] {
        // Not at the start of a line, where '-' alone opens a list.
        let source = if word == "-" { "a: '-'".to_owned() } else { format!("a: {word}") };
        assert_eq!(tree(&source, Format::Yaml).get("a").unwrap().to_json(), expected, "{word}");
    }
    for word in [".inf", "-.INF", ".nan", "1e999", "0xFFFFFFFFFFFFFFFFFF"] {
        let source = read(format!("a: {word}").as_bytes(), Format::Yaml);
        assert_eq!(source.problems.first().map(|problem| problem.reason), Some(Reason::InvalidValue), "{word}");
    }
}

#[test]
fn json_is_the_same_tree_in_both_languages() {
    let source = r#"{"a": [1, -2.5, 1e2, true, null, "x\n\"y\"", "é"], "b/c": {"": {}, "d": []}}"#;
    let (json, yaml) = (tree(source, Format::Json), tree(source, Format::Yaml));
    assert_eq!(json.to_json(), yaml.to_json());
    let expected: serde_json::Value = serde_json::from_str(source).unwrap();
    assert_eq!(json.to_json()["a"][5], expected["a"][5]);
    for pointer in ["/a", "/a/0", "/a/1", "/a/5", "/a/6", "/b~1c", "/b~1c/d"] {
        assert_eq!(
            json.find_entry(pointer).map(|(key, node)| (key, node.at)),
            yaml.find_entry(pointer).map(|(key, node)| (key, node.at)),
            "{pointer}"
        );
    }
}

#[test]
fn json_that_yaml_does_not_read() {
    let source = "{\n\t\"a\":\t\"\\ud83d\\ude00\\/\",\r\n\t\"b\" : 1 }";
    let root = tree(source, Format::Json);
    assert_eq!(root.to_json(), json!({"a": "😀/", "b": 1}));
    assert_eq!(root.find("/b").unwrap().at, Position { line: 3, column: 8 });
}

#[test]
fn columns_count_characters() {
    for format in [Format::Json, Format::Yaml] {
        let root = tree(r#"{"ä😀": "ü", "b": 1}"#, format);
        assert_eq!(root.find("/b").unwrap().at, Position { line: 1, column: 18 }, "{format:?}");
    }
}

#[test]
fn block_mappings_start_at_their_first_key() {
    let root = tree("a:\n  b:\n    c: 1\n  d:\n    - e: 1\n", Format::Yaml);
    for (pointer, line, column) in [("", 1, 1), ("/a", 2, 3), ("/a/b", 3, 5), ("/a/d/0", 5, 7), ("/a/d", 5, 5)] {
        assert_eq!(root.find(pointer).unwrap().at, Position { line, column }, "{pointer}");
    }
}

#[test]
fn shown_text_is_short_and_tame() {
    assert_eq!(quoted("a\"b\\c\n\u{1b}[0m\u{202e}"), r#""a\"b\\c\n\u{1b}[0m\u{202e}""#);
    assert_eq!(quoted(&"x".repeat(61)).chars().count(), 63);
    assert!(!quoted(&"x".repeat(60)).contains('…'));
}
