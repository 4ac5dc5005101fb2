//! Holds what the routes answer against what the document says of them. Undocumented members fail too.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::document::document;
use super::endpoints::ENDPOINTS;
use super::text;
use crate::http::tests::Answered;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// Fails the test where an answer is not what the document promises.
pub(in crate::http) fn answer(method: &Method, path: &str, answered: &Answered) {
    let Some(template) = template(path) else { return problem_only(answered, 404) };
    let method = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let operation = &DOCUMENT["paths"][template][&method];
    if operation.is_null() {
        return problem_only(answered, 405);
    }
    let status = answered.status.as_u16().to_string();
    let response = &operation["responses"][&status];
    assert!(!response.is_null(), "{method} {template} answers {status}, undocumented: {}", answered.body);
    for name in ["location", "etag", "preference-applied", "retry-after", "www-authenticate"] {
        let said =
            response["headers"].as_object().is_some_and(|said| said.keys().any(|said| said.eq_ignore_ascii_case(name)));
        assert!(said || answered.header(name).is_none(), "{method} {template} {status}: header {name} is undocumented");
    }
    let Some(content) = response["content"].as_object() else {
        assert_eq!(answered.body, "", "{method} {template} {status}");
        return;
    };
    let media = answered.header("content-type").unwrap().split(';').next().unwrap();
    assert!(content.contains_key(media), "{method} {template} {status}: {media} is undocumented");
    if media.ends_with("json") && !answered.body.is_empty() && !content[media]["schema"].is_null() {
        conforms(&content[media]["schema"], &answered.json());
    }
}

fn problem_only(answered: &Answered, status: u16) {
    assert_eq!(answered.status.as_u16(), status, "{}", answered.body);
    if !answered.body.is_empty() {
        conforms(&json!({"$ref": "#/components/schemas/Problem"}), &answered.json());
    }
}

fn template(path: &str) -> Option<&'static str> {
    // Nothing between two slashes is a parameter that is no good; nothing at the end is none.
    let fits = |template: &str| {
        template.split('/').count() == path.split('/').count()
            && !(template.ends_with('}') && path.ends_with('/'))
            && template.split('/').zip(path.split('/')).all(|(part, given)| part.starts_with('{') || part == given)
    };
    ENDPOINTS.iter().map(|endpoint| endpoint.path).find(|template| fits(template))
}

fn conforms(schema: &Value, answer: &Value) {
    let validator = validator(schema);
    let errors: Vec<String> =
        validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{schema}: {errors:#?}\n{answer:#}");
}

/// What holds an answer against a schema of the document: made once, for that takes far longer than an answer.
fn validator(schema: &Value) -> Arc<Validator> {
    static MADE: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let validator = made.entry(schema.to_string()).or_insert_with(|| {
        let mut whole = json!({"components": DOCUMENT["components"], "allOf": [schema]});
        close(&mut whole);
        Arc::new(jsonschema::validator_for(&whole).unwrap())
    });
    Arc::clone(validator)
}

/// Clients must bear new members; the tests must not.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("properties").is_some_and(Value::is_object) && members.get("type") == Some(&json!("object"))
            {
                members.entry("additionalProperties").or_insert(json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[test]
fn the_document_is_the_snapshot() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    #[expect(clippy::disallowed_methods, reason = "how a person asks for the snapshot to be rewritten")]
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, text()).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == text(),
        "shared/openapi.json is out of date: run the test with UPDATE=1 and look at the difference"
    );
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, at: &Value) {
        if let Some(reference) = at.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
        match at {
            Value::Object(members) => members.values().for_each(|value| walk(document, value)),
            Value::Array(items) => items.iter().for_each(|value| walk(document, value)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

#[tokio::test]
async fn what_is_described_is_there() {
    use crate::http::tests::World;
    let samples = [("{id}", "acme"), ("{operation}", "01KDVDNA000000000000000001"), ("{generation}", "7")];
    let world = World::new();
    for endpoint in ENDPOINTS {
        let path = samples.iter().fold(endpoint.path.to_owned(), |path, (name, sample)| path.replace(name, sample));
        let answered = world.send(endpoint.method.to_uppercase().parse().unwrap(), &path, "").await;
        let reason = if answered.status.is_client_error() { answered.reason() } else { String::new() };
        assert!(!["ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED"].contains(&reason.as_str()), "{} {path}", endpoint.method);
    }
}
