use std::collections::BTreeSet;

use proptest::prelude::*;
use ulid::Ulid;

use super::*;
use crate::records::{DeletionRequest, Principal};

const RETENTION: Retention = Retention { log_days: 90, audit_days: 400, graveyard_days: 30 };

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn days_ago(days: u32) -> Timestamp {
    now() - SignedDuration::from_hours(24 * i64::from(days))
}

fn id(number: usize) -> OperationId {
    OperationId::from(Ulid::from_parts(1_000, number.try_into().unwrap()))
}

fn listed(number: usize, what: Belonging, days: u32) -> Listed {
    let name = ObjectName::new(format!("{number} {what:?}")).unwrap();
    Listed { name, generation: Generation::new(1).unwrap(), written: days_ago(days) }
}

/// An operation all of whose objects are so old.
fn whole(number: usize, days: u32) -> OfOperation {
    let belongings = [Belonging::ErroredState, Belonging::Record, Belonging::Log, Belonging::Variables];
    OfOperation { id: id(number), objects: belongings.map(|what| (what, listed(number, what, days))).to_vec() }
}

/// What goes of a tenant, by operation and kind.
fn goes(
    operations: &[OfOperation],
    is_gone: bool,
    status: Option<&Status>,
    outcome: impl Fn(OperationId) -> Option<Outcome>,
) -> BTreeSet<(OperationId, Belonging)> {
    let mut old_enough = OldEnough::of(now(), RETENTION, is_gone);
    operations.iter().cloned().for_each(|operation| old_enough.add(operation));
    let mut gone = BTreeSet::new();
    for operation in old_enough.end() {
        let id = operation.id;
        let chosen = not_needed(operation, outcome(id), status);
        let record = chosen.iter().position(|(what, _)| *what == Belonging::Record);
        assert!(record.is_none_or(|at| at + 1 == chosen.len()), "a record goes last");
        gone.extend(chosen.into_iter().map(|(what, _)| (id, what)));
    }
    gone
}

fn all_but_the_record(number: usize) -> BTreeSet<(OperationId, Belonging)> {
    [Belonging::Log, Belonging::Variables, Belonging::ErroredState].map(|what| (id(number), what)).into()
}

fn everything(number: usize) -> BTreeSet<(OperationId, Belonging)> {
    all_but_the_record(number).into_iter().chain([(id(number), Belonging::Record)]).collect()
}

fn status(change: impl FnOnce(&mut Status)) -> Status {
    let mut status = Status::new("acme".parse().unwrap());
    change(&mut status);
    status
}

/// The oldest of a tenant's operations, followed by as many young ones as are spared.
fn one_old(days: u32) -> Vec<OfOperation> {
    [whole(0, days)].into_iter().chain((1..=NEWEST).map(|number| whole(number, 0))).collect()
}

#[test]
fn what_goes_by_age() {
    let nothing = BTreeSet::new();
    for (days, expected) in [
        (0, nothing.clone()),
        (89, nothing.clone()),
        (90, all_but_the_record(0)),
        (399, all_but_the_record(0)),
        (400, everything(0)),
        (5_000, everything(0)),
    ] {
        let live = status(|_| {});
        let found = goes(&one_old(days), false, Some(&live), |_| Some(Outcome::Succeeded));
        assert_eq!(found, expected, "{days} days");
    }
}

#[test]
fn what_stays_whatever_its_age() {
    let log = BTreeSet::from([(id(0), Belonging::Log)]);
    let named = |change: fn(&mut Status)| status(change);
    for (why, status) in [
        ("a destroy runs with its variables", named(|status| status.variables = Some(id(0)))),
        ("it is the last one", named(|status| status.operation = Some(id(0)))),
        ("it waits for its turn", named(|status| status.queued = Some(id(0)))),
        ("the cloud may be anything", named(|status| status.in_doubt = true)),
        ("the cloud may hold what no state knows of", named(|status| status.unsaved = true)),
    ] {
        let found = goes(&one_old(5_000), false, Some(&status), |_| Some(Outcome::Failed));
        assert_eq!(found, log, "{why}");
    }
    // A deletion that was asked for needs what the status names, and nothing else.
    let deleting = status(|status| {
        let by = Principal("ada@example.com".to_owned());
        status.deletion = Some(DeletionRequest { at: now(), by, generation: None, force: false });
    });
    let found = goes(&one_old(5_000), false, Some(&deleting), |_| Some(Outcome::Succeeded));
    assert_eq!(found, everything(0));
    for outcome in [Outcome::Queued, Outcome::Running] {
        assert_eq!(goes(&one_old(5_000), false, None, |_| Some(outcome)), BTreeSet::new(), "{outcome:?}");
    }
}

#[test]
fn the_newest_records_stay_while_the_tenant_is_there() {
    let operations: Vec<_> = (0..NEWEST + 2).map(|number| whole(number, 5_000)).collect();
    let records = |gone: &BTreeSet<(OperationId, Belonging)>| {
        gone.iter().filter(|(_, what)| *what == Belonging::Record).map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let done = |_| Some(Outcome::Succeeded);
    assert_eq!(records(&goes(&operations, false, None, done)), [id(0), id(1)]);
    assert_eq!(records(&goes(&operations, true, None, done)).len(), NEWEST + 2, "nobody is there");
}

#[test]
fn a_record_outlives_what_belongs_to_it() {
    let mut old = whole(0, 5_000);
    old.objects.retain(|(what, _)| *what != Belonging::Log);
    old.objects.push((Belonging::Log, listed(0, Belonging::Log, 3)));
    let found = goes(&[old], true, None, |_| Some(Outcome::Succeeded));
    assert_eq!(found, [Belonging::Variables, Belonging::ErroredState].map(|what| (id(0), what)).into());
    // What has no record any more is nobody's.
    let mut orphan = whole(1, 5_000);
    orphan.objects.retain(|(what, _)| *what != Belonging::Record);
    assert_eq!(goes(&[orphan], true, None, |_| None), all_but_the_record(1));
}

#[test]
fn exports_outlive_the_record_that_names_them() {
    for (days, record, export) in [(29, false, false), (30, true, false), (59, true, false), (60, true, true)] {
        let listed = listed(0, Belonging::Record, days);
        assert_eq!(was_kept_long_enough(&listed, false, &RETENTION, now()), record, "{days} days");
        assert_eq!(was_kept_long_enough(&listed, true, &RETENTION, now()), export, "{days} days");
    }
}

fn operation() -> impl Strategy<Value = (Vec<(Belonging, u32)>, Option<Outcome>)> {
    let age = || proptest::option::weighted(0.8, 0_u32..900);
    let outcome = proptest::sample::select(vec![
        Outcome::Queued,
        Outcome::Running,
        Outcome::Succeeded,
        Outcome::Failed,
        Outcome::Interrupted,
    ]);
    (age(), age(), age(), age(), outcome).prop_map(|(errored, record, log, variables, outcome)| {
        let kinds = [
            (Belonging::ErroredState, errored),
            (Belonging::Record, record),
            (Belonging::Log, log),
            (Belonging::Variables, variables),
        ];
        let objects = kinds.into_iter().filter_map(|(what, age)| Some((what, age?))).collect();
        (objects, record.map(|_| outcome))
    })
}

proptest! {
    /// Nothing that is needed ever goes, and everything else does.
    #[test]
    fn exactly_what_nobody_needs_goes(
        drawn in proptest::collection::vec(operation(), 0..60),
        is_gone: bool,
        variables in proptest::option::of(0_usize..60),
        waits in proptest::option::of(0_usize..60),
        in_doubt in proptest::bool::weighted(0.2),
        unsaved in proptest::bool::weighted(0.1),
    ) {
        let status = (!is_gone).then(|| status(|status| {
            (status.variables, status.queued) = (variables.map(id), waits.map(id));
            (status.in_doubt, status.unsaved) = (in_doubt, unsaved);
        }));
        let objects = |number: usize, of: &[(Belonging, u32)]| of.iter().map(|(what, days)| (*what, listed(number, *what, *days))).collect();
        let operations: Vec<_> = drawn.iter().enumerate()
            .map(|(number, (of, _))| OfOperation { id: id(number), objects: objects(number, of) })
            .filter(|operation| !operation.objects.is_empty())
            .collect();
        let outcome = |of: OperationId| drawn.iter().enumerate().find(|(number, _)| id(*number) == of).and_then(|(_, (_, outcome))| *outcome);
        let gone = goes(&operations, is_gone, status.as_ref(), outcome);

        for (number, (of, outcome)) in drawn.iter().enumerate() {
            let has_record = |(of, _): &(Vec<(Belonging, u32)>, Option<Outcome>)| of.iter().any(|(what, _)| *what == Belonging::Record);
            let younger = drawn[number + 1..].iter().filter(|other| has_record(other)).count();
            let doubt = !is_gone && (in_doubt || unsaved);
            let named = !is_gone && [variables, waits].contains(&Some(number));
            let open = outcome.is_some_and(|outcome| !outcome.is_final());
            let whole = of.iter().all(|(what, days)| *what == Belonging::Record || *days >= 90);
            for (what, days) in of {
                let expected = !open && match what {
                    Belonging::Log => *days >= 90,
                    Belonging::Variables | Belonging::ErroredState => *days >= 90 && !doubt && !named,
                    Belonging::Record => {
                        *days >= 400 && whole && !doubt && !named && (is_gone || younger >= NEWEST)
                    }
                };
                prop_assert_eq!(gone.contains(&(id(number), *what)), expected, "{} {:?} {} days", number, what, days);
            }
        }
    }
}
