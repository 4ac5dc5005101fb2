//! Properties that hold for any input: bytes, text of the two languages, a valid definition with something else in it, and
//! whole trees of the schema's own words.
//!
//! `PROPTEST_CASES` says how many inputs each property gets and `PROPTEST_RNG_SEED` which; `make fuzz` sets both. What once
//! failed is in `proptest-regressions` and is tried first.

use std::sync::Once;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;

const VALID: &str = include_str!("testdata/valid-full.yaml");
/// More memory than an input may cost, as a multiple of its size, beside what every input costs.
const MEMORY_FACTOR: u64 = 400;
const MEMORY_BASE: u64 = 1 << 20;

/// Hand-made inputs that once were worth a thought, in either language.
const SEEDS: [&str; 16] = [
    "",
    "\u{feff}",
    "---\n...\n---\n",
    "? \n: ",
    "- - - ? - :",
    "{? [}",
    "a: !!binary \"\n",
    "%TAG ! tag:x,2000:\n---\n!a",
    "\"\\ud800\"",
    "{\"a\":1e400}",
    "{\"a\":-0}",
    "a: |9\n b",
    "a:\u{85}b: \u{2028}c",
    "<<: {a: 1}",
    "\u{0}",
    "a: 'b''c\r\r\n",
];

/// Positions are inside the source and in order; no problem is without words.
fn hold_together(problems: &Problems, source: &[u8]) {
    let lines = source.split(|byte| matches!(byte, b'\n' | b'\r')).count();
    let places: Vec<_> = problems.iter().filter(|problem| problem.reason != Reason::TooLarge).collect();
    assert!(places.is_sorted_by_key(|problem| (problem.line.is_none(), problem.line, problem.column)));
    for problem in problems {
        assert!(!problem.message.is_empty());
        assert!(problem.line.is_none_or(|line| line >= 1 && usize::try_from(line).unwrap() <= lines + 1), "{problem}");
        assert!(problem.column.is_none_or(|column| column >= 1));
    }
}

/// Reads it as whatever it may be; what is a definition is itself again when written.
fn is_answered(source: &[u8]) {
    // What is made once in a process is nobody's.
    static MADE: Once = Once::new();
    MADE.call_once(|| assert!(parse(VALID.as_bytes(), Format::Yaml).is_ok()));
    let read = || {
        for format in [Format::Yaml, Format::Json] {
            match parse(source, format) {
                Ok(definition) => {
                    let json = serde_json::to_vec(&definition).unwrap();
                    assert_eq!(parse(&json, Format::Json).unwrap(), definition);
                }
                Err(problems) => {
                    hold_together(&problems, source);
                    assert!(!problems.to_string().contains("does not fit the definition"), "{problems}");
                }
            }
        }
        if let Err(problems) = parse_plugin_list(source) {
            hold_together(&problems, source);
        }
    };
    let held = allocation_counter::measure(read).bytes_max;
    let most = MEMORY_BASE + MEMORY_FACTOR * source.len() as u64;
    assert!(held <= most, "{held} bytes for {} of input", source.len());
}

#[test]
fn seeds_are_answered() {
    for seed in SEEDS {
        is_answered(seed.as_bytes());
        is_answered(format!("{VALID}{seed}").as_bytes());
        is_answered(format!("{seed}{VALID}").as_bytes());
    }
}

/// Words that mean something somewhere in a definition.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "apiVersion",
        "aipress.io/v1alpha1",
        "kind",
        "Tenant",
        "metadata",
        "name",
        "acme",
        "displayName",
        "labels",
        "spec",
        "runtime",
        "image",
        "environmentVariables",
        "WP_DEBUG",
        "SMTP_PASSWORD",
        "secretVariables",
        "projects/p/secrets/s/versions/3",
        "resources",
        "cpu",
        "1",
        "memory",
        "512Mi",
        "scaling",
        "minInstances",
        "maxInstances",
        "database",
        "tier",
        "standard",
        "customDomains",
        "www.acme.example",
        "plugins",
        "woocommerce",
        "version",
        "9.4.1",
        "required",
        "pluginsYamlGcsUri",
        "gs://bucket/object",
        "deletionPolicy",
        "Retain",
        "deletionProtection",
        "driftPolicy",
        "Correct",
        "driftIgnore",
        "resource",
        "attributes",
        "suspend",
        "<<",
        "~",
        "/",
    ];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "[ -~]{0,12}", 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, member)| places(member, &source::child(pointer, name), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| places(item, &format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

/// A valid definition in which one value is another.
fn definition_with(at: prop::sample::Index, other: Value) -> Value {
    let mut definition = serde_json::to_value(parse(VALID.as_bytes(), Format::Yaml).unwrap()).unwrap();
    let mut all = Vec::new();
    places(&definition, "", &mut all);
    *definition.pointer_mut(&all[at.index(all.len())]).unwrap() = other;
    definition
}

/// As a person and as a program would write it.
fn written(value: &Value) -> [String; 2] {
    [serde_yaml::to_string(value).unwrap(), serde_json::to_string_pretty(value).unwrap()]
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        is_answered(&bytes);
    }

    #[test]
    fn any_text_of_the_languages_is_answered(text in r#"[-\[\]{}:,?&*!|>'"%@`# \n\ta-c0-9.\\é]{0,120}"#) {
        is_answered(text.as_bytes());
    }

    #[test]
    fn a_definition_cut_and_mended_is_answered(
        cut in 0..VALID.len(),
        length in 0..40_usize,
        put in r#"[-\[\]{}:,?&*!|>'"%@# \na-c0-9.~é]{0,12}"#,
    ) {
        let (start, end) = (VALID.floor_char_boundary(cut), VALID.floor_char_boundary((cut + length).min(VALID.len())));
        is_answered(format!("{}{put}{}", &VALID[..start], &VALID[end..]).as_bytes());
    }

    #[test]
    fn a_definition_with_another_value_is_answered(at in any::<prop::sample::Index>(), other in value()) {
        for source in written(&definition_with(at, other)) {
            is_answered(source.as_bytes());
        }
    }

    #[test]
    fn any_tree_is_answered(tree in value()) {
        for source in written(&tree) {
            is_answered(source.as_bytes());
        }
    }

    /// Wherever a secret stands, the definition is refused, and what is said of it does not repeat the secret.
    #[test]
    fn a_secret_is_refused_and_not_repeated(
        at in any::<prop::sample::Index>(),
        secret in "(ghp_[A-Za-z0-9]{36}|AKIA[0-9A-Z]{16}|https://ann:[a-z0-9]{12}@acme\\.example/|SG\\.[A-Za-z0-9]{22}\\.[A-Za-z0-9]{43})",
        around in "[ a-z]{0,3}",
    ) {
        for source in written(&definition_with(at, format!("{around} {secret}").into())) {
            for format in [Format::Yaml, Format::Json] {
                let Err(problems) = parse(source.as_bytes(), format) else {
                    return Err(TestCaseError::fail(format!("accepted: {source}")));
                };
                prop_assert!(!problems.to_string().contains(&secret), "{}", problems);
            }
        }
    }
}
