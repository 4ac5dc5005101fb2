//! Whatever Terraform, a provider or a damaged bucket may say: read without a panic, held within bounds, and without the
//! secrets that are known.

mod locks;

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::adopt;
use super::drift::drift;
use super::module::Module;
use super::planfile::PlanFile;
use super::sensitive::{texts_of_state, without_sensitive};
use super::state::orphaned_stateful;
use super::transcript::Transcript;
use super::*;
use crate::provision::RunEvent;
use crate::redact::Redactor;

const SECRET: &str = "kan4rie/g3heim+9=";

/// Words that mean something to whoever reads Terraform's output, and the secret in every dress.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "@message",
        "@level",
        "type",
        "planned_change",
        "resource_drift",
        "apply_start",
        "apply_complete",
        "apply_errored",
        "diagnostic",
        "outputs",
        "version",
        "change",
        "hook",
        "resource",
        "addr",
        "action",
        "create",
        "delete",
        "replace",
        "noop",
        "importing",
        "elapsed_seconds",
        "severity",
        "error",
        "warning",
        "summary",
        "detail",
        "address",
        "sensitive",
        "value",
        "google_sql_database.site",
        "google_sql_database",
        "resources",
        "mode",
        "managed",
        "name",
        "site",
        "instances",
        "attributes",
        "sensitive_attributes",
        "get_attr",
        "index",
        "module",
        "module.old",
        "resource_changes",
        "resource_drift",
        "actions",
        "before",
        "after",
        "after_unknown",
        "replace_paths",
        "previous_address",
        "Error 409: already exists",
        "password",
        "Bearer",
    ];
    let secret = ["kan4rie/g3heim+9=", "kan4rie%2Fg3heim%2B9%3D", "a2FuNHJpZS9nM2hlaW0rOT0", "a kan4rie/g3heim+9= b"];
    prop_oneof![
        6 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(secret.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        3 => word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            2 => prop::collection::vec((word(), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A message with everything a message can have, each part whatever it may be.
fn message() -> impl Strategy<Value = Value> {
    (word(), word(), value(), value(), value(), value()).prop_map(|(kind, said, change, hook, diagnostic, outputs)| {
        let resource = json!({"addr": said});
        let change = if change.is_null() { json!({"resource": resource, "action": "create"}) } else { change };
        let hook = if hook.is_null() { json!({"resource": resource, "action": "delete", "elapsed_seconds": 1e300}) } else { hook };
        let diagnostic = if diagnostic.is_null() {
            json!({"severity": "error", "summary": said, "detail": said.repeat(50), "address": "a.b"})
        } else {
            diagnostic
        };
        let outputs = if outputs.is_object() { outputs } else { json!({"x": {"sensitive": false, "value": [{"y": said}]}}) };
        json!({"@message": said, "type": kind, "change": change, "hook": hook, "diagnostic": diagnostic, "outputs": outputs})
    })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => message().prop_map(|message| message.to_string()),
        2 => value().prop_map(|value| value.to_string()),
        1 => any::<String>(),
        1 => (message(), any::<prop::sample::Index>()).prop_map(|(message, at)| {
            let text = message.to_string();
            text[..text.floor_char_boundary(at.index(text.len()))].to_owned()
        }),
    ]
}

fn holds_no_secret(text: &str) {
    for form in [SECRET, "kan4rie%2Fg3heim%2B9%3D", "a2FuNHJpZS9nM2hlaW0rOT0"] {
        assert!(!text.contains(form), "{form} in {text}");
    }
}

/// Output, of which every fifth line is on the other stream.
fn is_taken<'l>(lines: impl Iterator<Item = &'l str>) {
    let mut transcript = Transcript::new(Redactor::new([SECRET]));
    let mut log = 0;
    for (at, line) in lines.enumerate() {
        for event in if at % 5 == 4 { transcript.noise(line) } else { transcript.line(line) } {
            if let RunEvent::Log(text) = event {
                log += text.len();
                assert!(!text.contains(|c: char| c.is_control() && c != '\t'));
                holds_no_secret(&text);
            }
        }
    }
    assert!(log <= 1 << 20);
    holds_no_secret(&Value::Object(transcript.outputs.clone()).to_string());
    let _ = (transcript.planned().to_string(), transcript.done().to_string(), adopt::taken(&transcript.errors));
    let errors = transcript.into_errors();
    assert!(!errors.is_empty() && errors.len() <= 50);
    for error in errors {
        assert!(error.summary.chars().count() <= 10_001);
        holds_no_secret(&error.summary);
        holds_no_secret(&error.detail);
    }
}

/// Hand-made lines that once were worth a thought.
const SEEDS: [&str; 11] = [
    "",
    "null",
    "{}",
    r#"{"@message": "\ud800"}"#,
    r#"{"@message": "m", "type": "apply_complete", "hook": {"resource": {"addr": ""}, "elapsed_seconds": -1}}"#,
    r#"{"@message": "m", "type": "apply_complete", "hook": {"resource": {"addr": "a"}, "elapsed_seconds": 1e308}}"#,
    r#"{"@message": "m", "type": "outputs", "outputs": {"a": {"sensitive": "false", "value": 1}, "b": null}}"#,
    r#"{"@message": "m", "type": "diagnostic", "diagnostic": {"severity": "error", "summary": "", "address": ""}}"#,
    r#"{"@message": "kan4rie/g3heim+9=", "type": "planned_change", "change": {"resource": {"addr": "a.b"}, "action": ""}}"#,
    "\u{1b}[31mkan4rie\u{8}/g3heim+9=\u{1b}[0m",
    "kan4rie/g3h\u{7}eim+9=",
];

#[test]
fn seeds_are_taken() {
    for seed in SEEDS {
        is_taken(std::iter::once(seed));
        is_taken(SEEDS.into_iter().chain([seed; 5]));
    }
}

/// Most lines of a case; on the average there are half as many.
const LINES: u32 = 40;

/// Twice as many lines in all as other properties have inputs.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(LINES / 4), ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_output_is_taken_within_bounds_and_without_secrets(lines in prop::collection::vec(line(), 0..LINES as usize)) {
        is_taken(lines.iter().map(String::as_str));
    }
}

proptest! {
    #[test]
    fn any_text_is_redacted_once_and_for_all(text in any::<String>(), parts in prop::collection::vec(word(), 0..12)) {
        let redactor = Redactor::new([SECRET]);
        let once = redactor.redact(&format!("{text}{}", parts.concat()));
        holds_no_secret(&once);
        prop_assert_eq!(redactor.redact(&once), once);
    }

    #[test]
    fn any_state_is_looked_into(state in value(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let module = Module::read(Path::new("../terraform/tenant"), &STATEFUL_TYPES.map(str::to_owned).into()).unwrap();
        let resources = json!({"version": 4, "resources": [state]});
        for state in [state.to_string().into_bytes(), resources.to_string().into_bytes(), bytes] {
            let _ = orphaned_stateful(&state, &module);
            let without = without_sensitive(Bytes::from(state));
            prop_assert!(texts_of_state(&without).is_empty());
        }
    }

    #[test]
    fn any_plan_is_read(before in value(), after in value(), unknown in value(), whole in value()) {
        let change = json!({"actions": ["update"], "before": before, "after": after, "after_unknown": unknown});
        let resource = json!({"address": "google_sql_database.site", "type": "google_sql_database", "change": change});
        let plan = json!({"resource_changes": [resource], "resource_drift": [resource]});
        for text in [plan.to_string(), whole.to_string()] {
            let Ok(plan) = PlanFile::parse(&text) else { continue };
            prop_assert_eq!(plan.digest(), PlanFile::parse(&text).unwrap().digest());
            let _ = drift(&plan);
            for resource in &plan.resource_changes {
                let _ = (adopt::candidate(resource), adopt::is_own(resource, &"acme".parse().unwrap()));
            }
        }
    }
}
