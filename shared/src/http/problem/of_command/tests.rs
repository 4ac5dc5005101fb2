use std::time::Duration;

use serde_json::Value;

use super::{Problem, retry_later};
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::provision::{Change, ChangeAction, Diagnostic, LockHolder, ResourceAddress};
use crate::records::Hold;
use crate::store::{Generation, ObjectName, StoreError};
use crate::tenant::{Problem as DefinitionProblem, Reason, TenantId};
use crate::tenants::CommandError;

fn acme() -> TenantId {
    "acme".parse().unwrap()
}

fn operation() -> OperationId {
    "01KDVDNA000000000000000001".parse().unwrap()
}

fn object(name: &str) -> ObjectName {
    ObjectName::new(name).unwrap()
}

fn hold() -> Hold {
    let address = ResourceAddress::new("google_sql_database.site");
    let digest = Digest::of(b"plan");
    let changes = [Change { address, action: ChangeAction::Replace }].into_iter().collect();
    Hold { digest, wanted: Digest::of(b"wanted"), changes, since: jiff::Timestamp::UNIX_EPOCH, approval: None }
}

/// One of every kind, with its name.
fn errors() -> Vec<(&'static str, CommandError)> {
    let invalid = DefinitionProblem::new(Reason::MinAboveMax, "/spec/runtime/scaling".to_owned(), "4 > 3".to_owned());
    let lock = Generation::new(7).unwrap();
    let holder = LockHolder { who: "ann@laptop".to_owned(), since: "2026-01-01".to_owned(), lock };
    let diagnostic = Diagnostic {
        summary: "Error creating Service".to_owned(),
        detail: "quota exceeded".to_owned(),
        address: Some(ResourceAddress::new("google_cloud_run_v2_service.site")),
    };
    let failed = |retried| CommandError::Failed {
        message: "Error creating Service".to_owned(),
        diagnostics: vec![diagnostic.clone()],
        operation: operation(),
        retried,
    };
    vec![
        ("invalid", CommandError::Invalid(invalid.into())),
        ("already_exists", CommandError::AlreadyExists(acme())),
        ("not_found", CommandError::NotFound(acme())),
        ("nothing_kept", CommandError::NothingKept { tenant: acme(), days: 90 }),
        ("name_mismatch", CommandError::NameMismatch { asked: acme(), named: "other".parse().unwrap() }),
        ("stale", CommandError::Stale { current: lock }),
        ("conflict", CommandError::Conflict { names: vec![object("tenants/acme.json"), object("tenants/acme.yaml")] }),
        ("protected", CommandError::Protected(acme())),
        ("held", CommandError::Held { hold: Box::new(hold()), operation: operation() }),
        ("not_held", CommandError::NotHeld { tenant: acme(), asked: Digest::of(b"old"), waits: Some(hold().digest) }),
        ("failed", failed(false)),
        ("failed_and_retried", failed(true)),
        ("locked", CommandError::Locked(holder)),
        ("crowded", CommandError::Crowded { tenant: acme(), retry_after: Duration::from_secs(5) }),
        ("busy", CommandError::Busy { retry_after: Duration::from_millis(200) }),
        ("misconfigured", CommandError::Misconfigured("the module is gone".to_owned())),
        ("store_lost_race", StoreError::PreconditionFailed { name: object("status/acme.json") }.into()),
        (
            "store_unusable",
            StoreError::Unusable { bucket: "records".to_owned(), reason: "permission denied".to_owned() }.into(),
        ),
        ("store_unavailable", StoreError::Unavailable { reason: "503".to_owned() }.into()),
        ("store_corrupt", StoreError::Corrupt { name: object("status/acme.json"), reason: "line 1".to_owned() }.into()),
        ("store_page_token", StoreError::InvalidPageToken.into()),
    ]
}

#[test]
fn every_error_has_its_document() {
    for (name, error) in errors() {
        let retryable = error.retryable();
        let problem = Problem::of_command(error, Some(&acme()));
        let document = problem.document("/tenants/acme");
        let retry_after = problem.0.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        // A client that is told to come back is told that it helps, and nobody else is.
        assert_eq!(retry_after.is_some(), problem.kind().comes_back(), "{name}");
        if name != "store_lost_race" {
            assert_eq!(document["retryable"], Value::from(retryable), "{name}");
        }
        insta::assert_snapshot!(name, format!("{document:#}\nRetry-After: {}", retry_after.unwrap_or_default()));
    }
}

#[test]
fn who_sends_events_comes_back_only_when_that_can_help() {
    let come_back: Vec<&str> =
        errors().into_iter().filter(|(_, error)| retry_later(error).is_some()).map(|(name, _)| name).collect();
    assert_eq!(
        come_back,
        ["locked", "crowded", "busy", "misconfigured", "store_lost_race", "store_unusable", "store_unavailable"]
    );
}
