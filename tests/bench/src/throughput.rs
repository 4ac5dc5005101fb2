//! Twenty creates at once with four Terraform processes allowed, against twenty bare applies four at a time.

use std::time::{Duration, Instant};

use end_to_end::{ControlPlane, definition};
use futures::StreamExt as _;
use futures::future::join_all;

use crate::bare::Bare;
use crate::figure::{Figure, median};

const TENANTS: usize = 20;
const AT_ONCE: usize = 4;
const ROUNDS: usize = 3;

pub(crate) async fn measure() -> Figure {
    let plane = ControlPlane::start().await;
    plane.create(&definition("warm-up", "")).await;
    let (mut api, mut bare) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let began = Instant::now();
        join_all((0..TENANTS).map(|number| ready(&plane, format!("api-{round}-{number}")))).await;
        api.push(began.elapsed());
        bare.push(by_hand(&plane, round).await);
    }
    let (api, bare) = (median(api).as_secs_f64(), median(bare).as_secs_f64());
    let ratio = bare / api;
    let told = format!("{ratio:.2}× ({api:.1} s against {bare:.1} s, medians of {ROUNDS} rounds), all Ready");
    let what = "throughput of 20 creates at once, 4 Terraform processes, against 20 bare applies 4 at a time";
    Figure::new(what, "≥ 0.9×", told, ratio >= 0.9)
}

async fn ready(plane: &ControlPlane, id: String) {
    let made = plane.create(&definition(&id, "")).await;
    assert!(made.status.is_success(), "{}", made.text);
    plane.until_phase(&id, "Ready").await;
}

async fn by_hand(plane: &ControlPlane, round: usize) -> Duration {
    let mut prepared = Vec::new();
    for number in 0..TENANTS {
        prepared.push(Bare::prepare(plane, "warm-up", &format!("bare-{round}-{number}")).await);
    }
    let began = Instant::now();
    let applies = prepared.iter_mut().map(|bare| bare.apply(3));
    futures::stream::iter(applies).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    began.elapsed()
}
