//! Answers.

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

use super::state::{State, Tenant};

pub(super) fn json(status: u16, body: &Value) -> Response {
    answer(status, "application/json", body.to_string(), &[])
}

pub(super) fn answer(status: u16, kind: &str, body: String, headers: &[(&str, String)]) -> Response {
    let mut response = Response::builder().status(status).header("content-type", kind);
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(body)).unwrap()
}

pub(super) fn problem(status: u16, reason: &str, detail: &str, more: Value) -> Response {
    let mut body = json!({
        "type": format!("https://aipress.io/problems/{}", reason.to_lowercase().replace('_', "-")),
        "title": "A kind of problem", "status": status, "detail": detail, "reason": reason, "retryable": status >= 500,
    });
    if let Value::Object(more) = more {
        body.as_object_mut().unwrap().extend(more);
    }
    answer(status, "application/problem+json", body.to_string(), &[])
}

pub(super) fn no_tenant(name: &str) -> Response {
    problem(404, "TENANT_NOT_FOUND", &format!("there is no tenant '{name}'"), json!({}))
}

pub(super) fn tenant(name: &str, tenant: &Tenant) -> Value {
    let definition = tenant.definitions.last();
    let mut document = json!({
        "apiVersion": "aipress.io/v1alpha1", "kind": "Tenant",
        "metadata": {
            "name": name, "displayName": "A tenant", "labels": { "team": "growth" },
            "generation": definition.map(|definition| definition.generation),
            "updated": definition.map(|definition| definition.updated.clone()),
        },
        "spec": {},
        "status": {
            "tenant": name, "phase": tenant.phase,
            "observedGeneration": definition.map(|definition| definition.generation),
            "conditions": [
                { "type": "Ready", "status": "True", "reason": "Serving", "message": "the site serves",
                  "lastTransitionTime": "2026-01-02T03:04:05Z" },
                { "type": "Drifted", "status": "False", "reason": "NoDrift", "message": "",
                  "lastTransitionTime": "2026-01-02T03:04:05Z" },
            ],
            "outputs": { "url": format!("https://{name}.example.app") },
        },
    });
    if !tenant.plugins.is_null() {
        document["status"]["plugins"] = tenant.plugins.clone();
    }
    document
}

pub(super) fn fleet(state: &State) -> Value {
    let count = |phase: &str| state.tenants.values().filter(|tenant| tenant.live && tenant.phase == phase).count();
    let phases: Vec<(&str, usize)> = ["Ready", "Failed", "Held"].map(|phase| (phase, count(phase))).to_vec();
    let phases: serde_json::Map<String, Value> = phases
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(phase, count)| (phase.to_owned(), count.into()))
        .collect();
    let tenants = state.tenants.values().filter(|tenant| tenant.live).count();
    let held = state.tenants.iter().filter(|(_, tenant)| tenant.phase == "Held");
    let held: Vec<Value> = held.map(|(name, _)| json!({ "tenant": name, "reason": "WouldDestroyData" })).collect();
    json!({
        "tenants": tenants, "phases": phases,
        "conditions": { "Ready": { "True": count("Ready"), "False": tenants - count("Ready") } },
        "images": { "counts": { "registry.example/wordpress-runtime:6.8": tenants - 1 }, "others": 1 },
        "modules": { "counts": {}, "others": 0 },
        "projects": { "counts": { "tenants-eu": tenants }, "others": 0 },
        "drifted": 1,
        "slowest": state.tenants.keys().take(2).map(|name| json!({ "tenant": name, "seconds": 75, "at": "2026-01-02T03:04:05Z" })).collect::<Vec<_>>(),
        "held": held,
        "links": { "self": "/fleet", "drift": "/fleet/drift", "tenants": "/tenants" },
    })
}

pub(super) fn rollout(state: &str, reason: &str) -> Value {
    let wave = |healthy: usize, failed: usize, movable: usize| {
        json!({
            "tenants": healthy + failed + movable, "there": 0, "movable": movable, "waiting": 0, "moving": 0,
            "healthy": healthy, "failed": failed,
        })
    };
    let mut waves = [wave(2, 0, 0), wave(10, 0, 0), wave(42, 3, 35), wave(0, 0, 408)];
    for (wave, share) in waves.iter_mut().skip(1).zip([0.02, 0.1, 1.0]) {
        wave["share"] = share.into();
    }
    // Workers hold the module that is taken back.
    let (undoable, awaiting) = if state == "Undoing" { (0, 57) } else { (57, 0) };
    let release = |image: &str, module: &str| {
        json!({
            "image": format!("registry.example/wordpress-runtime:{image}"),
            "module": module, "resources": {"cpu": "1", "memory": "512Mi"},
            "scaling": {"minInstances": 0, "maxInstances": 3},
        })
    };
    json!({
        "number": 2, "state": state, "reason": reason, "by": (state == "Undoing").then_some("ada@example.com"),
        "began": "2026-01-02T03:04:05Z", "changed": "2026-01-02T04:04:05Z", "wave": 2,
        "target": release("6.9", "sha256:00"), "before": release("6.8", "sha256:ff"),
        "waves": waves, "total": wave(54, 3, 443), "undoable": undoable, "awaiting": awaiting, "stuck": 0,
        "links": { "self": "/fleet/rollout", "fleet": "/fleet" },
    })
}

pub(super) fn item(name: &str, tenant: &Tenant) -> Value {
    json!({
        "name": name, "phase": tenant.phase, "updated": "2026-01-02T03:04:05Z",
        "observedGeneration": tenant.definitions.last().map(|definition| definition.generation),
        "appliedGeneration": tenant.definitions.last().map(|definition| definition.generation),
        "drifted": if name == "beta" { 2 } else { 0 },
        "url": format!("https://{name}.example.app"),
        "reason": (tenant.phase == "Failed").then_some("ApplyFailed"),
    })
}
