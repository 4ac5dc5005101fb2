//! The choice alone, case by case.

use jiff::Timestamp;

use super::*;
use crate::digest::Digest;
use crate::records::{AppliedRecord, DeletionRequest, DeletionTerms, RetryRecord, Tombstone};
use crate::store::Generation;
use crate::tenant::DeletionPolicy;

const NOW: i64 = 1_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

fn generation(number: u64) -> Generation {
    Generation::new(number).unwrap()
}

fn ready() -> Status {
    let mut status = Status::new(tenant("acme"));
    status.phase = Phase::Ready;
    status.observed_generation = Some(generation(1));
    let operation = crate::operation::OperationId::from(ulid::Ulid::nil());
    status.applied = Some(AppliedRecord {
        generation: generation(1),
        digest: Digest::of(b"one"),
        at: at(-10),
        operation,
        image: None,
        module: None,
    });
    status
}

#[expect(clippy::unnecessary_wraps, reason = "stands beside `None` in tables of cases")]
fn with(change: impl FnOnce(&mut Status)) -> Option<Status> {
    let mut status = ready();
    change(&mut status);
    Some(status)
}

/// One that ends so many seconds from now, of a definition of this generation.
fn tombstone(ends: i64, vanished: Option<u64>) -> Tombstone {
    Tombstone { since: at(-9), destroy_after: at(ends), generation: vanished.map(generation), approval: None }
}

/// `defined`: generation and digest of a valid definition, or none.
fn choose(defined: Option<(u64, &str)>, status: impl Into<Option<Status>>) -> Action {
    choose_when(defined, status.into().as_ref(), |_| {})
}

fn choose_when(
    defined: Option<(u64, &str)>,
    status: Option<&Status>,
    change: impl FnOnce(&mut Situation<'_>),
) -> Action {
    let parsed = crate::tenant::parse(definition("acme", "").as_bytes(), Format::Yaml).unwrap();
    let intended = defined.map_or(Intended::Absent, |(number, digest)| Intended::Valid {
        generation: generation(number),
        definition: &parsed,
        digest: Some(Digest::of(digest.as_bytes())),
        move_refused: false,
        repin: false,
        other_module: false,
    });
    let mut situation = Situation {
        intended,
        last_definition: None,
        status,
        interrupted: None,
        deletions_held: false,
        insist: false,
        plugin_list: ListSeen::NotLooked,
        now: at(0),
    };
    change(&mut situation);
    decide(&situation, &Platform::parse(PLATFORM).unwrap())
}

#[test]
fn a_definition_that_is_there() {
    let retry =
        |seconds| RetryRecord { failures: 1, wanted: Digest::of(b"one"), not_before: at(seconds), inconclusive: false };
    let doubt = |status: &mut Status| status.in_doubt = true;
    for (case, defined, status, expected) in vec![
        ("never seen", (1, "one"), None, Action::Apply(Why::New)),
        ("as defined", (1, "one"), with(|_| {}), Action::Noop(Idle::AsDefined)),
        ("renders to the same", (2, "one"), with(|_| {}), Action::Acknowledge),
        ("changed", (2, "two"), with(|_| {}), Action::Apply(Why::Changed)),
        ("the platform changed", (1, "two"), with(|_| {}), Action::Apply(Why::Changed)),
        ("in doubt", (1, "one"), with(doubt), Action::Apply(Why::Unfinished)),
        ("never applied", (1, "one"), with(|s| s.applied = None), Action::Apply(Why::New)),
        ("due again later", (1, "one"), with(|s| s.retry = Some(retry(5))), Action::Noop(Idle::Backoff)),
        ("due again", (1, "one"), with(|s| s.retry = Some(retry(-5))), Action::Apply(Why::Unfinished)),
        ("changed during backoff", (2, "two"), with(|s| s.retry = Some(retry(5))), Action::Apply(Why::Changed)),
        ("drift check due", (1, "one"), with(|s| s.applied.as_mut().unwrap().at = at(-130_000)), Action::CheckDrift),
        ("put back", (2, "one"), with(|s| s.tombstone = Some(tombstone(9, None))), Action::Restore),
    ] {
        assert_eq!(choose(Some(defined), status), expected, "{case}");
    }
}

#[test]
fn a_definition_that_is_not_there() {
    let grace = Action::Tombstone { destroy_after: at(86_400) };
    let terms = |policy, protection| DeletionTerms { policy, protection };
    for (case, status, expected) in [
        ("never seen", None, Action::Noop(Idle::Unknown)),
        ("vanished", with(|_| {}), grace),
        ("grace", with(|s| s.tombstone = Some(tombstone(1, None))), Action::Noop(Idle::Grace)),
        ("over", with(|s| s.tombstone = Some(tombstone(-1, None))), Action::Destroy(Cause::Vanished)),
        (
            "retained",
            with(|s| {
                s.tombstone = Some(tombstone(-1, None));
                s.terms = terms(DeletionPolicy::Retain, false);
            }),
            Action::Forget(Cause::Vanished),
        ),
        ("protected", with(|s| s.terms = terms(DeletionPolicy::Delete, true)), Action::Hold(HoldReason::Protected)),
        ("nothing made", with(|s| s.applied = None), Action::Forget(Cause::NothingMade)),
    ] {
        assert_eq!(choose(None, status), expected, "{case}");
    }
}

#[test]
fn a_deletion_stands_until_the_definition_is_written_again() {
    let asked = with(|status| {
        let by = Principal("ada@example.com".to_owned());
        status.deletion = Some(DeletionRequest { at: at(-1), by, generation: Some(generation(1)), force: false });
    });
    assert_eq!(choose(Some((1, "one")), asked.clone()), Action::Destroy(Cause::Requested));
    assert_eq!(choose(None, asked.clone()), Action::Destroy(Cause::Requested));
    assert_eq!(choose(Some((2, "one")), asked.clone()), Action::Restore);
    let beside = |situation: &mut Situation<'_>| situation.intended = Intended::Conflict(&[]);
    assert_eq!(choose_when(None, asked.as_ref(), beside), Action::Reject, "one of them is another");
}

#[test]
fn a_definition_that_came_and_went_unnoticed_has_a_grace_of_its_own() {
    let (vanished, newer) = (generation(3), generation(5));
    let status = with(|s| s.tombstone = Some(tombstone(-1, Some(3))));
    let choose = |last| choose_when(None, status.as_ref(), |situation| situation.last_definition = last);
    assert_eq!(choose(Some(vanished)), Action::Destroy(Cause::Vanished));
    assert_eq!(choose(None), Action::Destroy(Cause::Vanished), "the bucket keeps no old ones");
    assert_eq!(choose(Some(newer)), Action::Tombstone { destroy_after: at(86_400) });
}

#[test]
fn an_interrupted_operation_is_settled_before_anything_else() {
    let operation = crate::operation::OperationId::from(ulid::Ulid::nil());
    let action = choose_when(None, Some(&ready()), |situation| situation.interrupted = Some(operation));
    assert_eq!(action, Action::Recover(operation));
}

#[test]
fn the_breaker_holds_what_would_be_destroyed() {
    let status = with(|s| s.tombstone = Some(tombstone(-1, None)));
    let action = choose_when(None, status.as_ref(), |situation| situation.deletions_held = true);
    assert_eq!(action, Action::Hold(HoldReason::Breaker));
}

#[test]
fn who_insists_does_not_wait() {
    let wanted = Digest::of(b"one");
    let status =
        with(|s| s.retry = Some(RetryRecord { failures: 9, wanted, not_before: at(3600), inconclusive: false }));
    let action = choose_when(Some((1, "one")), status.as_ref(), |situation| situation.insist = true);
    assert_eq!(action, Action::Apply(Why::Unfinished));
}
