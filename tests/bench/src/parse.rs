//! A typical definition, parsed and validated.

use std::hint::black_box;
use std::time::Instant;

use tenancy::platform::Platform;
use tenancy::tenant::{self, Format};

use crate::figure::{Figure, median, millis};

const TYPICAL: &str = include_str!("../../../examples/tenants/globex.yaml");
const PLATFORM: &str = include_str!("../../../deploy/local/platform.yaml");
const TIMES: usize = 2000;

pub(crate) fn measure() -> Figure {
    let platform = Platform::parse(PLATFORM).unwrap();
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        let definition = tenant::parse(black_box(TYPICAL.as_bytes()), Format::Yaml).unwrap();
        tenant::check_against(&definition, &platform).unwrap();
        took.push(began.elapsed());
        black_box(definition);
    }
    let micros = millis(median(took)) * 1000.0;
    let what = format!("parse and validate a typical definition ({} bytes)", TYPICAL.len());
    Figure::new(what, "≤ 100 µs", format!("{micros:.0} µs (median of {TIMES})"), micros <= 100.0)
}
