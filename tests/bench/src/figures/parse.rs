//! Parsing and validating a typical definition: syntax, schema, what a schema cannot say.

use std::hint::black_box;
use std::time::Instant;

use tenancy::tenant::{Format, parse};

use super::tenants::definition;
use crate::Failure;
use crate::figure::{Figure, Target, Unit};
use crate::sample::Sample;

const TIMES: usize = 5_000;

pub(super) fn measure() -> Result<Vec<Figure>, Failure> {
    let source = definition("globex", 10);
    for _ in 0..TIMES / 10 {
        parse(source.as_bytes(), Format::Yaml)?;
    }
    let mut micros = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        black_box(parse(black_box(source.as_bytes()), Format::Yaml)?);
        micros.push(began.elapsed().as_secs_f64() * 1e6);
    }
    let sample = Sample::of(micros).ok_or("nothing was measured")?;
    let note = format!("a definition of {} lines, {} bytes", source.lines().count(), source.len());
    let figure = Figure::new(
        "parse",
        "parse and validate a definition",
        sample.median(),
        Unit::Microseconds,
        Target::AtMost(100.0),
    );
    Ok(vec![figure.from(sample.spread()).noting(note)])
}
