use serde_json::json;

use super::super::transcript::Transcript;
use super::*;
use crate::provision::RunEvent;
use crate::redact::Redactor;

/// Captured from Terraform 1.11.4 on a module of built-in resources.
const CAPTURED: [(&str, &str); 4] = [
    ("replaced", include_str!("testdata/replaced.jsonl")),
    ("guarded", include_str!("testdata/guarded.jsonl")),
    ("failed", include_str!("testdata/failed.jsonl")),
    ("interrupted", include_str!("testdata/interrupted.jsonl")),
];

#[test]
fn what_terraform_really_said() {
    for (name, captured) in CAPTURED {
        let mut transcript = Transcript::new(Redactor::new(["canary"]));
        let mut told: Vec<String> =
            captured.lines().flat_map(|line| transcript.line(line)).map(|event| in_words(&event)).collect();
        told.push(format!("planned: {}", transcript.planned()));
        told.push(format!("done: {}", transcript.done()));
        told.push(format!("outputs: {:?}", transcript.outputs.keys().collect::<Vec<_>>()));
        told.extend(transcript.errors.iter().map(|error| format!("error: {error:?}")));
        insta::assert_snapshot!(name, told.join("\n"));
    }
}

fn in_words(event: &RunEvent) -> String {
    match event {
        RunEvent::Started(change) => format!("started: {} {}", change.action, change.address),
        RunEvent::Finished { change, elapsed } => {
            format!("finished: {} {} in {elapsed:?}", change.action, change.address)
        }
        RunEvent::Failed(change) => format!("failed: {} {}", change.action, change.address),
        RunEvent::Log(line) => format!("log: {line}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn unknown_and_broken_lines_are_text() {
    for line in ["panic: runtime error", "", "{}", "[1]", r#"{"@message": 7}"#, "\u{fffd}\u{fffd}"] {
        assert_eq!(parse(line), Line { text: line.to_owned(), message: Message::Other });
    }
    let unheard_of = [
        json!({"@message": "m", "type": "not_known_yet", "change": {"resource": {"addr": "a.b"}, "action": "create"}}),
        json!({"@message": "m", "type": "planned_change"}),
        json!({"@message": "m", "type": "apply_start", "hook": {"resource": {"addr": "a.b"}, "action": "transmute"}}),
        json!({"@message": "m"}),
    ];
    for line in unheard_of {
        assert_eq!(parse(&line.to_string()), Line { text: "m".to_owned(), message: Message::Other }, "{line}");
    }
}

#[test]
fn planned_changes_by_action() {
    use ChangeAction::{Create, Delete, Forget, Import, Replace, Update};
    let cases: [(&str, bool, &[ChangeAction]); 11] = [
        ("create", false, &[Create]),
        ("update", false, &[Update]),
        ("replace", false, &[Replace]),
        ("delete", false, &[Delete]),
        ("remove", false, &[Forget]),
        ("forget", false, &[Forget]),
        ("noop", false, &[]),
        ("move", false, &[]),
        ("read", false, &[]),
        ("import", true, &[Import]),
        ("update", true, &[Import, Update]),
    ];
    for (word, imported, expected) in cases {
        let mut change = json!({"resource": {"addr": "a.b"}, "action": word});
        if imported {
            change["importing"] = json!({"id": "x"});
        }
        let line = json!({"@message": "m", "type": "planned_change", "change": change}).to_string();
        let address = ResourceAddress::new("a.b");
        let expected = expected.iter().map(|action| Change { address: address.clone(), action: *action }).collect();
        assert_eq!(parse(&line).message, Message::Planned(expected), "{word}");
    }
}

#[test]
fn only_outputs_with_a_value_that_are_not_sensitive() {
    let line = json!({"@message": "m", "type": "outputs", "outputs": {
        "plain": {"sensitive": false, "type": "string", "value": "v"},
        "secret": {"sensitive": true, "type": "string", "value": "canary"},
        "unsaid": {"type": "string", "value": "canary"},
        "planned": {"sensitive": false, "action": "create"},
    }});
    let Message::Outputs(outputs) = parse(&line.to_string()).message else { panic!() };
    assert_eq!(Value::Object(outputs), json!({"plain": "v"}));
}

#[test]
fn a_log_has_an_end() {
    let mut transcript = Transcript::new(Redactor::default());
    let line = "x".repeat(1000);
    let logged: usize = (0..2000).flat_map(|_| transcript.noise(&line)).map(|event| format!("{event:?}").len()).sum();
    assert!(logged < 1_200_000, "{logged}");
    let errors = transcript.into_errors();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].detail.len() < 30_000);
}
