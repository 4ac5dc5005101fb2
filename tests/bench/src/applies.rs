//! A create and a guarded update through the API, each paired with a bare apply right after it.

use std::time::Instant;

use end_to_end::{ControlPlane, definition};

use crate::bare::Bare;
use crate::figure::{Figure, median, millis};

const PAIRS: usize = 15;

pub(crate) async fn measure() -> Vec<Figure> {
    let plane = ControlPlane::start().await;
    plane.create(&definition("warm-up", "")).await;
    let mut creates = Pairs::default();
    let mut updates = Pairs::default();
    for number in 0..PAIRS {
        let id = format!("api-{number}");
        let mut bare = Bare::prepare(&plane, "warm-up", &format!("bare-{number}")).await;
        let began = Instant::now();
        let made = plane.create(&definition(&id, "")).await;
        creates.api.push(began.elapsed());
        assert!(made.status.is_success(), "{}", made.text);
        creates.bare.push(bare.apply(3).await);

        let change = definition(&id, "runtime: {scaling: {maxInstances: 7}}");
        let began = Instant::now();
        let changed = plane.update(&id, &change).await;
        updates.api.push(began.elapsed());
        assert!(changed.status.is_success(), "{}", changed.text);
        updates.bare.push(bare.apply(7).await);
    }
    vec![creates.figure("create through the API"), updates.figure("guarded update through the API")]
}

#[derive(Default)]
struct Pairs {
    api: Vec<std::time::Duration>,
    bare: Vec<std::time::Duration>,
}

impl Pairs {
    fn figure(self, what: &str) -> Figure {
        let (api, bare) = (millis(median(self.api)), millis(median(self.bare)));
        let ratio = api / bare;
        let told = format!("{ratio:.2}× ({api:.0} ms against {bare:.0} ms, medians of {PAIRS} pairs)");
        Figure::new(format!("{what} against a bare `terraform apply`"), "≤ 1.10×", told, ratio <= 1.10)
    }
}
