//! Documents made to cost: what refusing the dearest of them takes.

use std::time::{Duration, Instant};

use tenancy::tenant::bombs::{self, Bomb};
use tenancy::tenant::{Format, parse};

use super::tenants::definition;
use crate::Failure;
use crate::figure::{Figure, Target, Unit};
use crate::memory::Watermark;
use crate::sample::Sample;

const TIMES: usize = 5;

pub(super) fn measure() -> Result<Vec<Figure>, Failure> {
    // What is made once in a process is not theirs.
    parse(definition("globex", 10).as_bytes(), Format::Yaml)?;
    let bombs = bombs::all();
    let memory = Watermark::here()?;
    let mut dearest: Option<(Sample, &'static str)> = None;
    for bomb in &bombs {
        let times = (0..TIMES).map(|_| refused(bomb)).collect::<Result<Vec<_>, _>>()?;
        let sample = Sample::of_durations(&times).ok_or("nothing was measured")?;
        if dearest.as_ref().is_none_or(|(most, _)| sample.median() > most.median()) {
            dearest = Some((sample, bomb.what));
        }
    }
    let peak = memory.above()?;
    let (sample, what) = dearest.ok_or("there are no such documents")?;
    let (time, held) = ("refuse the dearest of documents made to cost: time", "refuse documents made to cost: memory");
    let note = format!("'{what}', of {} documents", bombs.len());
    Ok(vec![
        Figure::new("bombs.time", time, sample.median(), Unit::Milliseconds, Target::AtMost(50.0))
            .from(sample.spread())
            .noting(note),
        Figure::new("bombs.memory", held, peak, Unit::Mebibytes, Target::AtMost(50.0))
            .noting("the peak over all of them, one after the other; what one leaves to the next counts too"),
    ])
}

fn refused(bomb: &Bomb) -> Result<Duration, Failure> {
    let began = Instant::now();
    let parsed = parse(bomb.source.as_bytes(), bomb.format);
    let took = began.elapsed();
    match parsed {
        Err(_) => Ok(took),
        Ok(_) => Err(format!("'{}' was not refused", bomb.what).into()),
    }
}
