//! The choices of a rollout, case by case.

use jiff::Timestamp;

use super::release::tests::release;
use super::*;
use crate::digest::Digest;
use crate::platform;
use crate::records::{Phase, PinSummary, Principal, Status, StatusSummary};
use RolloutState::{Aborted, Done, Halted, Paused, Running, Undoing, Undone};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn settings() -> platform::Rollout {
    platform::Rollout {
        waves: vec![0.1, 1.0],
        soak_seconds: 60,
        failure_share: 0.1,
        failure_most: 5,
        ..platform::Rollout::default()
    }
}

/// From 'one' to 'two', in its wave of so many.
fn rollout(state: RolloutState, wave: usize) -> Rollout {
    let first = Rollout::toward(None, &release("one"), &settings(), at(0));
    let over = Rollout { state: Done, ..first };
    Rollout { state, wave, ..Rollout::toward(Some(&over), &release("two"), &settings(), at(0)) }
}

/// movable, moving, healthy, failed
fn wave(movable: usize, moving: usize, healthy: usize, failed: usize) -> WaveTally {
    WaveTally { movable, moving, healthy, failed, ..WaveTally::default() }
}

fn tally(waves: [WaveTally; 3]) -> Tally {
    Tally { waves: waves.to_vec(), ..Tally::default() }
}

#[test]
fn what_comes_next() {
    let nothing = wave(0, 0, 0, 0);
    let halt = |failed, of| Step::Halt { failed, of };
    for (told, wave_now, soaking, waves, expected) in [
        ("no canaries: on at once", 0, None, [nothing, wave(9, 0, 0, 0), wave(90, 0, 0, 0)], Step::NextWave),
        ("a canary has not had its turn", 0, None, [wave(1, 0, 0, 0), nothing, nothing], Step::Stay),
        ("it is being applied", 0, None, [wave(0, 1, 0, 0), nothing, nothing], Step::Stay),
        ("it is well: from now on it has to stay so", 0, None, [wave(0, 0, 1, 0), nothing, nothing], Step::Soak),
        ("not yet for long enough", 0, Some(41), [wave(0, 0, 1, 0), nothing, nothing], Step::Stay),
        ("for long enough", 0, Some(40), [wave(0, 0, 1, 0), nothing, nothing], Step::NextWave),
        ("who falls behind holds nobody up", 0, Some(40), [wave(1, 0, 1, 0), nothing, nothing], Step::NextWave),
        ("the canary failed", 0, None, [wave(0, 0, 0, 1), nothing, nothing], halt(1, 1)),
        ("it failed while it had to stay well", 0, Some(41), [wave(0, 0, 0, 1), nothing, nothing], halt(1, 1)),
        ("the first wave is not through", 1, None, [nothing, wave(3, 0, 6, 0), wave(9, 0, 0, 0)], Step::Stay),
        ("a tenth may fail", 1, None, [nothing, wave(0, 0, 9, 1), wave(9, 0, 0, 0)], Step::Soak),
        ("more may not", 1, None, [nothing, wave(3, 0, 8, 1), wave(9, 0, 0, 0)], halt(1, 9)),
        ("of many no more than so many", 2, None, [nothing, wave(0, 0, 90, 3), wave(0, 9, 90, 3)], halt(6, 186)),
        ("the last wave", 2, Some(40), [nothing, wave(0, 0, 9, 0), wave(0, 0, 90, 0)], Step::Finish),
        ("nothing to do at all", 2, None, [nothing, nothing, nothing], Step::Finish),
    ] {
        let rollout = Rollout { soaking: soaking.map(at), ..rollout(Running, wave_now) };
        assert_eq!(advance(&rollout, &tally(waves), &settings(), at(100)), expected, "{told}");
    }
    for state in [Paused, Halted, Aborted, Undone, Done] {
        let broken = tally([wave(0, 0, 0, 9), nothing, nothing]);
        assert_eq!(advance(&rollout(state, 0), &broken, &settings(), at(100)), Step::Stay, "{state:?}");
    }
    let waits = rollout(Paused, 0);
    assert_eq!(advance(&waits, &tally([nothing; 3]), &settings(), at(0)), Step::Finish, "it has nothing to begin");
    let by = Some(Principal("ada".to_owned()));
    assert_eq!(advance(&Rollout { by, ..waits }, &tally([nothing; 3]), &settings(), at(0)), Step::Stay);
    let going = |undoable, awaiting, stuck| {
        let tally = Tally { undoable, awaiting, stuck, ..Tally::default() };
        advance(&rollout(Undoing, 1), &tally, &settings(), at(0))
    };
    assert_eq!([going(1, 0, 1), going(0, 1, 1)], [Step::Stay, Step::Stay]);
    assert_eq!([going(0, 0, 0), going(0, 0, 2)], [Step::Undone { stuck: 0 }, Step::Undone { stuck: 2 }]);
}

#[test]
fn an_empty_fleet_is_done_in_one_look_and_what_somebody_forgave_does_not_halt_again() {
    let begun = Rollout::toward(None, &release("one"), &settings(), at(0));
    assert_eq!(begun.clone().advanced(Tally::of(&begun), &settings(), at(0)).state, Done);
    let broken = tally([wave(0, 0, 0, 1), wave(9, 0, 0, 0), wave(90, 0, 0, 0)]);
    let halted = rollout(Running, 0).advanced(broken.clone(), &settings(), at(10));
    assert_eq!((halted.state, halted.changed), (Halted, at(10)));
    let resumed = halted.ordered(Order::Resume, &Principal("ada".to_owned()), release("two").module, at(20)).unwrap();
    assert_eq!((resumed.state, resumed.forgiven), (Running, 1));
    let on = resumed.advanced(broken, &settings(), at(30));
    assert_eq!((on.state, on.soaking), (Running, Some(at(30))));
}

#[test]
fn where_a_change_of_the_platform_leads() {
    let toward = |known: &Rollout, image| Rollout::toward(Some(known), &release(image), &settings(), at(50));
    for (state, image, expected) in [
        (Running, "two", (2, Running, 1)),
        (Running, "three", (2, Running, 0)),
        (Halted, "three", (2, Running, 0)),
        (Paused, "three", (2, Paused, 0)),
        (Undoing, "three", (2, Undoing, 1)),
        (Undone, "two", (2, Undone, 1)),
        (Undone, "three", (3, Running, 0)),
        (Aborted, "three", (3, Running, 0)),
        (Done, "three", (3, Running, 0)),
    ] {
        let next = toward(&rollout(state, 1), image);
        assert_eq!((next.number, next.state, next.wave), expected, "{state:?} toward {image}");
    }
    assert_eq!(toward(&rollout(Done, 1), "three").before, Some(release("two")));
    assert_eq!(toward(&rollout(Halted, 1), "three").before, Some(release("one")), "of the same rollout");
    let by_hand = platform::Rollout { automatic: false, ..settings() };
    assert_eq!(Rollout::toward(None, &release("one"), &by_hand, at(0)).state, Paused);
}

#[test]
fn what_can_be_asked_of_a_rollout() {
    let ask = |state, order| {
        let asked = rollout(state, 1).ordered(order, &Principal("ada".to_owned()), release("two").module, at(9));
        asked.map(|asked| asked.state)
    };
    for state in [Running, Paused, Halted, Aborted, Undoing, Undone, Done] {
        let answers = [Order::Pause, Order::Resume, Order::Abort, Order::Undo].map(|order| ask(state, order).ok());
        let expected = match state {
            Running | Paused | Halted => [Some(Paused), Some(Running), Some(Aborted), Some(Undoing)],
            Aborted => [None, Some(Running), Some(Aborted), Some(Undoing)],
            Undoing => [None, None, Some(Aborted), Some(Undoing)],
            Undone => [None, Some(Running), None, Some(Undone)],
            Done => [None, None, None, Some(Undoing)],
        };
        assert_eq!(answers, expected, "{state:?}");
    }
    for (module, waits) in [(release("two").module, false), (Digest::of(b"other"), true)] {
        let undoing = rollout(Halted, 1).ordered(Order::Undo, &Principal("ada".to_owned()), module, at(9)).unwrap();
        assert_eq!(undoing.reason.contains("as soon as workers hold the module of before"), waits, "{undoing:?}");
    }
}

#[test]
fn who_goes_back_with_which_module() {
    let (before, gone, new) = (release("one").module, Digest::of(b"gone"), Digest::of(b"new"));
    let mut rollout = rollout(Undoing, 1);
    rollout.target.module = new;
    let named = |module| Named { target: rollout.target.digest(), module };
    let moved = |back| {
        let status = Status { phase: Phase::Ready, ..Status::new("acme".parse().unwrap()) };
        let digest = rollout.target.digest();
        let release = Some(PinSummary { digest, applied: true, canary: false, rollout: Some(2), back });
        StatusSummary { release, ..StatusSummary::from(&status) }
    };
    for (held, back, turn, expected) in [
        (before, Some(before), true, (1, 0, 0)),
        (new, Some(before), false, (0, 1, 0)),
        (new, Some(gone), false, (0, 0, 1)),
        (before, Some(gone), false, (0, 0, 1)),
        (before, None, false, (0, 0, 0)),
    ] {
        let mut tally = Tally::of(&rollout);
        assert_eq!(tally.count(&"acme".parse().unwrap(), &moved(back), &rollout, named(held)), turn, "{held} {back:?}");
        assert_eq!((tally.undoable, tally.awaiting, tally.stuck), expected, "{held} {back:?}");
    }
}

#[test]
fn whose_turn_it_is() {
    let tenant = "acme".parse().unwrap();
    let pin = |image: &str, rollout, before: Option<&str>| Pin {
        release: release(image),
        applied: true,
        rollout,
        before: before.map(release),
    };
    let module = release("two").module;
    let course = |state, wave, canary, pin: &Pin| rollout(state, wave).course(&tenant, canary, pin, module);
    let (old, moved) = (pin("one", None, None), pin("two", Some(2), Some("one")));
    assert_eq!(course(Running, 0, true, &old), Course::Forward(2));
    assert_eq!(course(Running, 0, false, &old), Course::Stay, "a later wave");
    assert_eq!(course(Running, 2, false, &old), Course::Forward(2));
    assert_eq!(course(Running, 2, false, &moved), Course::Stay);
    assert_eq!(course(Done, 0, false, &old), Course::Forward(2), "a straggler");
    for state in [Paused, Halted, Aborted, Undone] {
        assert_eq!([course(state, 2, true, &old), course(state, 2, true, &moved)], [Course::Stay; 2], "{state:?}");
    }
    assert_eq!([course(Undoing, 2, true, &old), course(Undoing, 0, true, &moved)], [Course::Stay, Course::Back]);
    let earlier = pin("one", Some(1), Some("zero"));
    assert_eq!(course(Undoing, 2, true, &earlier), Course::Stay, "moved by another rollout");
    let other = rollout(Running, 2).course(&tenant, true, &old, Digest::of(b"other"));
    assert_eq!(other, Course::Stay, "this worker has another module than the target");
}

#[test]
fn how_a_tenant_stands() {
    let rollout = rollout(Running, 1);
    let target = release("two").digest();
    let stands = |phase, inconclusive, pin: Option<(&str, bool, Option<u64>)>| {
        let status = Status { phase, ..Status::new("acme".parse().unwrap()) };
        let release = pin.map(|(image, applied, number)| PinSummary {
            digest: release(image).digest(),
            applied,
            canary: false,
            rollout: number,
            back: number.map(|_| release("one").module),
        });
        standing(&StatusSummary { release, inconclusive, ..StatusSummary::from(&status) }, &rollout, target)
    };
    for (phase, inconclusive, pin, expected) in [
        (Phase::Ready, false, None, None),
        (Phase::Tombstoned, false, Some(("one", true, None)), None),
        (Phase::Ready, false, Some(("one", true, None)), Some(Standing::Movable)),
        (Phase::Failed, false, Some(("one", true, None)), Some(Standing::Waiting)),
        (Phase::Failed, false, Some(("one", false, Some(2))), Some(Standing::Movable)),
        (Phase::Suspended, false, Some(("one", true, None)), Some(Standing::Waiting)),
        (Phase::Ready, false, Some(("two", true, None)), Some(Standing::There)),
        (Phase::Failed, false, Some(("two", true, Some(1))), Some(Standing::There)),
        (Phase::Applying, false, Some(("two", false, Some(2))), Some(Standing::Moving)),
        (Phase::Failed, true, Some(("two", false, Some(2))), Some(Standing::Moving)),
        (Phase::Failed, false, Some(("two", false, Some(2))), Some(Standing::Failed)),
        (Phase::Held, false, Some(("two", false, Some(2))), Some(Standing::Failed)),
        (Phase::Held, false, Some(("two", true, Some(2))), Some(Standing::Healthy)),
        (Phase::Ready, false, Some(("two", true, Some(2))), Some(Standing::Healthy)),
        (Phase::Applying, false, Some(("two", true, Some(2))), Some(Standing::Healthy)),
        (Phase::Suspended, false, Some(("two", false, Some(2))), Some(Standing::Healthy)),
    ] {
        assert_eq!(stands(phase, inconclusive, pin), expected, "{phase:?} {pin:?}");
    }
}
