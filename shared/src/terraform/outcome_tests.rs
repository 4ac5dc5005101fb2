use serde_json::json;

use super::*;
use crate::provision::LockHolder;
use crate::redact::Redactor;
use crate::store::{Generation, StoreError};

fn operation() -> OperationId {
    "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
}

fn said(errors: &[(&str, &str)]) -> Transcript {
    let mut transcript = Transcript::new(Redactor::default());
    for (summary, detail) in errors {
        let diagnostic = json!({"severity": "error", "summary": summary, "detail": detail});
        transcript.line(&json!({"@message": "m", "type": "diagnostic", "diagnostic": diagnostic}).to_string());
    }
    transcript
}

fn outcome(exit: (bool, bool), errors: &[(&str, &str)], facts: Facts) -> &'static str {
    let exit = Exit { success: exit.0, stopped: exit.1, killed: false };
    match judge(operation(), exit, said(errors), facts, Aftermath::default()) {
        Ok(_) => "applied",
        Err(ProvisionError::Fenced { .. }) => "fenced",
        Err(ProvisionError::Guarded { .. }) => "guarded",
        Err(ProvisionError::Interrupted { .. }) => "interrupted",
        Err(ProvisionError::Locked(_)) => "locked",
        Err(ProvisionError::Store(_)) => "store",
        Err(ProvisionError::Failed { transient: true, .. }) => "later",
        Err(ProvisionError::Failed { transient: false, .. }) => "failed",
        Err(ProvisionError::NotApproved { .. } | ProvisionError::Misconfigured(_)) => "impossible",
    }
}

fn holder() -> LockHolder {
    LockHolder { who: "jo".into(), since: "now".into(), lock: Generation::new(1).unwrap() }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { reason: "503".into() }
}

#[test]
fn the_first_reason_that_explains_the_rest() {
    let (failed, stopped, fine) = ((false, false), (false, true), (true, false));
    let orphan = || vec![ResourceAddress::new("a.b")];
    let guard = [(GUARD[0], "Resource a.b has lifecycle.prevent_destroy set")];
    let cases = [
        (outcome(fine, &[], Facts::default()), "applied"),
        (outcome((true, true), &[], Facts::default()), "applied"),
        (outcome(failed, &[], Facts::default()), "failed"),
        (outcome(stopped, &[("execution halted", "")], Facts::default()), "interrupted"),
        (outcome(stopped, &[], Facts { fenced: true, ..Facts::default() }), "fenced"),
        (outcome(stopped, &[], Facts { orphaned: orphan(), ..Facts::default() }), "guarded"),
        (outcome(failed, &guard, Facts::default()), "guarded"),
        (outcome(failed, &[], Facts { held_by: Some(holder()), ..Facts::default() }), "locked"),
        (outcome(failed, &[], Facts { store: Some(unavailable()), ..Facts::default() }), "store"),
    ];
    for (number, (came, expected)) in cases.into_iter().enumerate() {
        assert_eq!(came, expected, "case {number}");
    }
}

#[test]
fn what_may_succeed_later() {
    let cases = [
        (
            "Error, failed to create instance: googleapi: Error 409: Operation failed because another operation was already in progress., operationInProgress",
            "later",
        ),
        ("googleapi: Error 429: Quota exceeded for quota metric 'Write requests'", "later"),
        ("googleapi: Error 403: Too many operations, rateLimitExceeded", "later"),
        ("Error 503: The service is currently unavailable., backendError", "later"),
        ("read tcp 10.0.0.1:443: connection reset by peer", "later"),
        ("net/http: TLS handshake timeout", "later"),
        ("The plugin6.(*GRPCProvider).ApplyResourceChange request was cancelled.", "later"),
        ("The plugin returned an unexpected error from plugin6.(*GRPCProvider).ReadResource: rpc error: EOF", "later"),
        (
            "Unrecognized remote plugin message: \nFailed to read any lines from plugin's stdout\nThis usually means",
            "later",
        ),
        ("plugin exited before we could connect", "later"),
        ("Request cancelled", "later"),
        ("Unrecognized remote plugin message: usage: provider\nThis usually means", "failed"),
        ("googleapi: Error 409: already exists", "failed"),
        ("googleapi: Error 403: permission denied", "failed"),
        ("Invalid value for variable", "failed"),
    ];
    for (detail, expected) in cases {
        assert_eq!(outcome((false, false), &[("Error", detail)], Facts::default()), expected, "{detail}");
    }
    let mixed = [("Error", "Error 503"), ("Error", "permission denied")];
    assert_eq!(outcome((false, false), &mixed, Facts::default()), "failed", "one that stays fails the next run too");
    let died =
        [("Request cancelled", "The plugin6.(*GRPCProvider).ApplyResourceChange request was cancelled."), mixed[1]];
    assert_eq!(outcome((false, false), &died, Facts::default()), "later", "what else it said may come of that");
}

#[test]
fn who_was_killed_said_nothing_of_what_it_was_asked_for() {
    for (killed, expected) in [(true, true), (false, false)] {
        let exit = Exit { success: false, stopped: false, killed };
        let ended = judge(operation(), exit, said(&[]), Facts::default(), Aftermath::default());
        assert!(matches!(ended, Err(ProvisionError::Failed { transient, .. }) if transient == expected), "{ended:?}");
    }
}

#[test]
fn the_guard_names_what_it_protects_once() {
    let errors = said(&[
        (GUARD[0], "Resource b.x[\"k\"] has lifecycle.prevent_destroy set, but"),
        (GUARD[0], "Resource a.x has lifecycle.prevent_destroy set, but"),
        (GUARD[1], "Resource instance a.x has prevent_destroy set, but"),
        ("another", "Resource c.x has no luck"),
    ]);
    let names: Vec<String> = guarded(&errors.errors).iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a.x", "b.x[\"k\"]"]);
}
