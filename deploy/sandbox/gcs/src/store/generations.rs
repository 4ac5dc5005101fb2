//! Hands out generations: microseconds since 1970, but always more than the last one, across restarts and clock changes.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::disk::{self, BucketDir};
use super::{Error, Generation};

/// So much is reserved on disk at once: one minute, so that it is written once a minute.
const RESERVED: i64 = 60_000_000;

/// The allocator; one for all buckets.
#[derive(Debug)]
pub(crate) struct Generations {
    dir: BucketDir,
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    last: i64,
    reserved: i64,
}

impl Generations {
    /// Goes on behind everything an earlier process may have handed out. `dir` lends its `tmp`.
    pub(crate) fn open(dir: BucketDir, file: PathBuf) -> Result<Self, Error> {
        let reserved = disk::read_json(&file)?.unwrap_or(0);
        Ok(Self { dir, file, state: Mutex::new(State { last: reserved, reserved }) })
    }

    /// A number larger than all before it.
    pub(crate) fn next(&self, now: Timestamp) -> Result<Generation, Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = now.as_microsecond().max(state.last + 1);
        if next > state.reserved {
            let reserved = next + RESERVED;
            self.dir.replace_json(&self.file, &reserved)?;
            state.reserved = reserved;
        }
        state.last = next;
        Ok(Generation::new(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_across_a_restart_and_a_clock_that_goes_back() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let dir = BucketDir::new(folder.path().to_owned());
            dir.prepare().unwrap();
            Generations::open(dir, folder.path().join("generation")).unwrap()
        };
        let now = Timestamp::from_microsecond(1_000_000_000).unwrap();
        let first = open();
        let (a, b) = (first.next(now).unwrap(), first.next(now).unwrap());
        let earlier = Timestamp::from_microsecond(5).unwrap();
        let (c, d) = (first.next(earlier).unwrap(), open().next(earlier).unwrap());
        assert!(a.get() == 1_000_000_000 && a < b && b < c && c < d, "{a} {b} {c} {d}");
    }
}
