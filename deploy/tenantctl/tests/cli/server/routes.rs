//! Requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::json;
use tenancy::tenant::{Format, parse};

use super::answer::{answer, fleet, item, json, no_tenant, problem, rollout, tenant};
use super::state::{Fault, State};

type Query = BTreeMap<String, String>;

pub(super) async fn handle(
    extract::State(state): extract::State<Arc<Mutex<State>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = state.lock().unwrap();
    state.requests.push(format!("{method} {}", uri.path_and_query().unwrap()));
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if state.token.is_some_and(|token| given != Some(&format!("Bearer {token}"))) {
        return answer(401, "text/html", "<h1>Sign in</h1>".to_owned(), &[]);
    }
    let query: Query =
        uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('=')).map(own).collect();
    let parts: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let text = String::from_utf8(body.to_vec()).unwrap_or_default();
    let kind = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let dry = query.get("dryRun").is_some_and(|value| value == "true");
    match (method.as_str(), parts.as_slice()) {
        ("GET", ["tenants"]) => list(&state, &query),
        ("GET", ["fleet"]) => json(200, &fleet(&state)),
        ("GET", ["fleet", "rollout"]) => json(200, &rollout("Halted", "3 of 57 tenants that were moved are not well")),
        ("POST", ["fleet", "rollout", "undo"]) => json(200, &rollout("Undoing", "somebody took it back")),
        ("POST", ["fleet", "rollout", _]) => {
            problem(409, "ROLLOUT_REFUSED", "a rollout that is done cannot be asked to pause", json!({}))
        }
        ("GET", ["tenants", name]) => match state.live(name) {
            Some(found) => json(200, &tenant(name, found)),
            None => no_tenant(name),
        },
        ("GET", ["tenants", name, rest @ ..]) => read(&mut state, name, rest, &query),
        ("POST", ["tenants"]) => put(&mut state, None, &text, kind, None, dry),
        ("PUT", ["tenants", name]) => {
            let if_match = headers.get("if-match").and_then(|value| value.to_str().ok()).map(str::to_owned);
            put(&mut state, Some(name), &text, kind, if_match, dry)
        }
        ("POST", ["tenants", name, "plugins", "upgrade"]) => {
            if state.live(name).is_none() {
                return no_tenant(name);
            }
            let id = state.operation(name, "InstallPlugins", None, None);
            let location = format!("/tenants/{name}/operations/{id}");
            answer(202, "application/json", json!({}).to_string(), &[("location", location)])
        }
        ("DELETE", ["tenants", name]) => delete(&mut state, name, dry),
        _ => answer(404, "text/html", "<h1>Nothing here</h1>".to_owned(), &[]),
    }
}

fn own((key, value): (&str, &str)) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn list(state: &State, query: &Query) -> Response {
    if let Some(phase) = query.get("phase").filter(|phase| !["Ready", "Failed", "Held"].contains(&phase.as_str())) {
        let detail = format!("'phase' is '{phase}': unknown variant, expected one of Ready, Failed, Held");
        return problem(400, "INVALID_PARAMETER", &detail, json!({}));
    }
    let wanted = |name: &str, phase: &str| {
        query.get("phase").is_none_or(|wanted| wanted == phase)
            && query.get("drifted").is_none_or(|drifted| (drifted == "true") == (name == "beta"))
    };
    let from: usize = query.get("pageToken").and_then(|token| token.parse().ok()).unwrap_or_default();
    let page = state.page.unwrap_or(1000);
    let live = state.tenants.iter().filter(|(name, tenant)| tenant.live && wanted(name, tenant.phase));
    let items: Vec<_> = live.map(|(name, tenant)| item(name, tenant)).collect();
    let next = (from + page < items.len()).then(|| (from + page).to_string());
    json(200, &json!({ "items": items.iter().skip(from).take(page).collect::<Vec<_>>(), "nextPageToken": next }))
}

fn read(state: &mut State, name: &str, rest: &[&str], query: &Query) -> Response {
    let Some(tenant) = state.tenants.get_mut(name) else { return no_tenant(name) };
    match rest {
        ["operations"] => {
            let limit: usize = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
            let items: Vec<_> = tenant.operations.iter().rev().take(limit).map(|operation| &operation.ended).collect();
            json(200, &json!({ "items": items }))
        }
        ["operations", id, more @ ..] => {
            let Some(found) = tenant.operations.iter_mut().find(|operation| operation.document["id"] == **id) else {
                return problem(
                    404,
                    "OPERATION_NOT_FOUND",
                    &format!("tenant '{name}' has no operation {id}"),
                    json!({}),
                );
            };
            match more {
                [] => {
                    found.looks += 1;
                    json(200, if found.looks > 1 { &found.ended } else { &found.document })
                }
                _ if found.looks == 1 => problem(404, "LOG_NOT_FOUND", "the operation has no log yet", json!({})),
                _ => answer(200, "text/plain; charset=utf-8", format!("{name}: applying\n{name}: done\n"), &[]),
            }
        }
        ["definitions"] => {
            let items = tenant.definitions.iter().rev().map(|definition| {
                json!({ "generation": definition.generation, "updated": definition.updated, "mediaType": definition.media_type })
            });
            json(200, &json!({ "items": items.collect::<Vec<_>>() }))
        }
        ["definitions", generation] => {
            let found = tenant.definitions.iter().find(|definition| definition.generation.to_string() == **generation);
            match found {
                Some(found) => answer(200, &found.media_type, found.source.clone(), &[]),
                None => problem(404, "GENERATION_NOT_FOUND", "the bucket does not have it", json!({})),
            }
        }
        _ => no_tenant(name),
    }
}

fn put(state: &mut State, id: Option<&str>, text: &str, kind: &str, if_match: Option<String>, dry: bool) -> Response {
    let Some(format) = Format::of_media_type(kind) else {
        return problem(415, "UNSUPPORTED_MEDIA_TYPE", "send YAML or JSON", json!({}));
    };
    let name = match parse(text.as_bytes(), format) {
        Ok(definition) => definition.metadata.name.to_string(),
        Err(errors) => {
            return problem(422, "INVALID_DEFINITION", "problems; nothing was stored", json!({ "errors": errors }));
        }
    };
    let current =
        state.live(&name).and_then(|tenant| tenant.definitions.last()).map(|definition| definition.generation);
    match (id, current) {
        (None, Some(_)) => return problem(409, "ALREADY_EXISTS", &format!("tenant '{name}' exists"), json!({})),
        (Some(_), None) => return no_tenant(&name),
        _ => {}
    }
    let verb = if id.is_some() { "Update" } else { "Create" };
    if dry {
        let held = state.held.contains(&name.as_str());
        let action = if held { "replace" } else { &verb.to_lowercase() };
        let changes = json!([{ "address": "google_sql_database.site", "action": action }]);
        let digest = format!("sha256:{}", "0".repeat(64));
        return json(
            200,
            &json!({ "tenant": name, "summary": "", "changes": changes, "digest": digest, "held": held }),
        );
    }
    if let Some(seen) = if_match.filter(|seen| current.is_none_or(|current| *seen != format!("\"{current}\""))) {
        return problem(412, "PRECONDITION_FAILED", &format!("it is not at {seen} any more"), json!({}));
    }
    let fault = state.next_fault(&name);
    if let Some(refused) = refused(fault.as_ref()) {
        return refused;
    }
    let operation = match fault {
        Some(fault) => state.operation(&name, verb, current, Some(&fault)),
        None => state.store(&name, text.to_owned(), kind, verb),
    };
    accepted(&name, &operation)
}

fn delete(state: &mut State, name: &str, dry: bool) -> Response {
    if state.live(name).is_none() {
        return no_tenant(name);
    }
    if state.protected.contains(&name) {
        let detail = format!("tenant '{name}' is protected: set spec.deletionProtection to false first");
        return problem(409, "DELETION_PROTECTED", &detail, json!({}));
    }
    if dry {
        let changes = json!([{ "address": "google_sql_database.site", "action": "delete" }]);
        return json(200, &json!({ "tenant": name, "summary": "", "changes": changes, "held": false }));
    }
    let fault = state.next_fault(name);
    if let Some(refused) = refused(fault.as_ref()) {
        return refused;
    }
    let operation = state.operation(name, "Delete", None, fault.as_ref());
    if let Some(tenant) = state.tenants.get_mut(name) {
        tenant.live = false;
    }
    accepted(name, &operation)
}

fn refused(fault: Option<&Fault>) -> Option<Response> {
    match fault? {
        Fault::Problem { status, reason, retry_after } => {
            let mut response = problem(*status, reason, "as the test wants it", json!({}));
            if let Some(seconds) = retry_after {
                response.headers_mut().insert("retry-after", (*seconds).into());
            }
            Some(response)
        }
        Fault::Raw { status, body } => Some(answer(*status, "text/html", (*body).to_owned(), &[])),
        Fault::Operation { .. } => None,
    }
}

fn accepted(name: &str, operation: &str) -> Response {
    let location = format!("/tenants/{name}/operations/{operation}");
    let body = json!({ "tenant": name, "operation": operation, "finished": false });
    answer(202, "application/json", body.to_string(), &[("location", location)])
}
