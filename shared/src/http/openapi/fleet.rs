//! The fleet and its rollout, as JSON Schema.

use serde_json::{Value, json};

use super::words::{count, flag, list, object, one_of, text, time, to};

pub(super) fn fleet() -> Value {
    let counts = || json!({"type": "object", "additionalProperties": count()});
    let shares = object(&[("counts", counts()), ("others", count())]);
    let slow = object(&[("tenant", to("TenantId")), ("seconds", count()), ("at", time())]);
    let held = object(&[("tenant", to("TenantId")), ("reason", text())]);
    let tally = || {
        vec![
            ("tenants", count()),
            ("there", count()),
            ("movable", count()),
            ("waiting", count()),
            ("moving", count()),
            ("healthy", count()),
            ("failed", count()),
        ]
    };
    let mut wave = tally();
    wave.push(("share?", json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1})));
    json!({
        "Fleet": object(&[
            ("tenants", count()),
            ("phases", counts()),
            ("conditions", json!({"type": "object", "additionalProperties": counts()})),
            ("images", shares.clone()),
            ("modules", shares.clone()),
            ("projects", shares),
            ("outdated", count()),
            ("drifted", count()),
            ("slowest", list(&slow)),
            ("held", list(&held)),
            ("links", object(&[("self", to("Link")), ("drift", to("Link")), ("rollout", to("Link")), ("tenants", to("Link"))])),
        ]),
        "Release": release(),
        "Rollout": object(&[
            ("number", json!({"type": "integer", "minimum": 1})),
            ("state", one_of(&["Running", "Paused", "Halted", "Aborted", "Undoing", "Undone", "Done"])),
            ("reason", text()),
            ("by?", text()),
            ("began", time()),
            ("changed", time()),
            ("target", to("Release")),
            ("before?", to("Release")),
            ("wave", count()),
            ("soaking?", time()),
            ("waves", list(&object(&wave))),
            ("total", object(&tally())),
            ("undoable", count()),
            ("awaiting", count()),
            ("stuck", count()),
            ("links", object(&[("self", to("Link")), ("fleet", to("Link"))])),
        ]),
    })
}

fn release() -> Value {
    let plugin = object(&[("name", text()), ("version?", text()), ("required?", flag())]);
    object(&[
        ("image", text()),
        ("resources", object(&[("cpu", text()), ("memory", text())])),
        ("scaling", object(&[("minInstances", count()), ("maxInstances", count())])),
        ("cronQueue?", text()),
        ("plugins?", list(&plugin)),
        ("module", to("Digest")),
    ])
}

/// The release a tenant has.
pub(super) fn pin() -> Value {
    object(&[("release", to("Release")), ("applied?", flag()), ("rollout?", count()), ("before?", to("Release"))])
}

/// The same in short.
pub(super) fn pin_summary() -> Value {
    object(&[
        ("digest", to("Digest")),
        ("applied?", flag()),
        ("canary?", flag()),
        ("rollout?", count()),
        ("back?", to("Digest")),
    ])
}
