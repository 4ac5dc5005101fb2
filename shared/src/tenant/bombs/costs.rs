//! What each costs: the processor time of the test's own thread and the memory that it asks for, so a machine under load
//! changes neither.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::super::{parse, parse_plugin_list};
use super::*;

/// What a refusal may cost: the promise of a release build, and what a debug build needs for the same work.
const TIME: Duration = if cfg!(debug_assertions) { Duration::from_secs(1) } else { Duration::from_millis(50) };
const MEMORY: u64 = 50 << 20;

#[test]
fn bombs_are_refused_at_once() {
    // What is made once in a process is not theirs.
    let _ = parse(HEAD.as_bytes(), Format::Yaml);
    let mut too_dear = Vec::new();
    for Bomb { what, format, source } in all() {
        assert!(source.len() <= MAX_BYTES, "{what} is refused for its size alone");
        let cost = cost(|| {
            let problems = parse(source.as_bytes(), format).expect_err(what);
            assert!(problems.iter().count() <= 201, "{what}");
            assert!(parse_plugin_list(source.as_bytes()).is_err(), "{what}");
        });
        if cost.time > TIME * 2 || cost.memory > MEMORY {
            too_dear.push(format!("{what} ({format:?}): {:?} and {} KiB", cost.time, cost.memory >> 10));
        }
    }
    assert_eq!(too_dear, Vec::<String>::new());
}

#[test]
fn more_than_may_be_is_refused_for_its_size() {
    for source in [filled("", "- 1\n", "").repeat(2), "a".repeat(64 << 20)] {
        let cost = cost(|| assert!(parse(source.as_bytes(), Format::Yaml).is_err()));
        assert!(cost.time < TIME && cost.memory < 1 << 20, "{:?}, {} bytes", cost.time, cost.memory);
    }
}

/// What the work of this thread cost.
struct Cost {
    time: Duration,
    /// The most that was held at one time, in bytes.
    memory: u64,
}

fn cost(work: impl FnOnce()) -> Cost {
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap());
    let begun = now();
    let held = allocation_counter::measure(work);
    Cost { time: now().saturating_sub(begun), memory: held.bytes_max }
}
