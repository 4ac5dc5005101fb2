//! The tenants.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use ulid::Ulid;

/// What goes wrong.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The request is answered with a problem.
    Problem { status: u16, reason: &'static str, retry_after: Option<u64> },
    /// The request is answered by something else than the API.
    Raw { status: u16, body: &'static str },
    /// The operation fails.
    Operation { reason: &'static str, message: &'static str },
}

#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) generation: u64,
    pub(crate) source: String,
    pub(crate) media_type: String,
    pub(crate) updated: String,
}

#[derive(Default)]
pub(crate) struct Tenant {
    /// Every generation, oldest first.
    pub(crate) definitions: Vec<Definition>,
    pub(crate) live: bool,
    pub(crate) phase: &'static str,
    /// As the API tells of them; null without.
    pub(crate) plugins: Value,
    /// Newest last.
    pub(crate) operations: Vec<Operation>,
}

pub(crate) struct Operation {
    pub(crate) document: Value,
    pub(crate) ended: Value,
    pub(crate) looks: u32,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) tenants: BTreeMap<String, Tenant>,
    pub(crate) faults: BTreeMap<String, VecDeque<Fault>>,
    pub(crate) requests: Vec<String>,
    pub(crate) token: Option<&'static str>,
    pub(crate) protected: Vec<&'static str>,
    pub(crate) held: Vec<&'static str>,
    pub(crate) page: Option<usize>,
    counter: u64,
}

impl State {
    fn tick(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Writes a definition and begins the operation that makes it so.
    pub(crate) fn store(&mut self, name: &str, source: String, media_type: &str, kind: &str) -> String {
        let generation = self.tick();
        let definition =
            Definition { generation, source, media_type: media_type.to_owned(), updated: time(generation) };
        let tenant = self.tenants.entry(name.to_owned()).or_default();
        tenant.definitions.push(definition);
        tenant.live = true;
        tenant.phase = "Ready";
        self.operation(name, kind, Some(generation), None)
    }

    /// Begins an operation.
    pub(crate) fn operation(&mut self, name: &str, kind: &str, of: Option<u64>, fault: Option<&Fault>) -> String {
        let at = self.tick();
        let id = Ulid::from_parts(1_767_323_040_000 + at * 1000, u128::from(at)).to_string();
        let document = json!({
            "id": id, "tenant": name, "kind": kind, "principal": "ci@example.com", "trigger": "Api",
            "trace": format!("{at:032x}"), "definitionGeneration": of, "outcome": "Running", "requested": time(at),
            "steps": [{ "at": time(at), "what": "changing resources" }],
        });
        let mut ended = document.clone();
        ended["finished"] = time(at + 7).into();
        let action = match kind {
            "Create" => "create",
            "Delete" => "delete",
            _ => "update",
        };
        if let Some(Fault::Operation { reason, message }) = fault {
            ended["outcome"] = "Failed".into();
            ended["reason"] = (*reason).into();
            ended["message"] = (*message).into();
        } else {
            ended["outcome"] = "Succeeded".into();
            if matches!(kind, "Create" | "Update") {
                ended["revision"] = format!("{name}-site-{at:05}-abc").into();
            }
            ended["changes"] = json!([
                { "address": "google_cloud_run_v2_service.site", "action": action },
                { "address": "google_sql_database.site", "action": action },
            ]);
        }
        let tenant = self.tenants.entry(name.to_owned()).or_default();
        tenant.operations.push(Operation { document, ended, looks: 0 });
        id
    }

    /// The fault that the next write of a tenant meets.
    pub(crate) fn next_fault(&mut self, name: &str) -> Option<Fault> {
        self.faults.get_mut(name)?.pop_front()
    }

    pub(crate) fn live(&self, name: &str) -> Option<&Tenant> {
        self.tenants.get(name).filter(|tenant| tenant.live)
    }
}

/// A fixed day, a second a tick.
pub(crate) fn time(tick: u64) -> String {
    format!("2026-01-02T03:{:02}:{:02}Z", 4 + tick / 60, tick % 60)
}
