//! What is sent and answered, as JSON Schema. The definition's is the schema the product itself checks with.

use serde_json::{Map, Value, json};

use super::words::{count, flag, list, object, one_of, page_of, text, time, to};
use crate::tenant::SCHEMA;

/// Schemas by name.
pub(super) fn schemas() -> Value {
    let mut schemas = Map::new();
    for group in [ids(), tenants(), fleet(), statuses(), plugins(), operations(), deliveries(), problems()] {
        if let Value::Object(group) = group {
            schemas.extend(group);
        }
    }
    schemas.insert("Definition".to_owned(), definition());
    schemas.into()
}

/// Embedded, a schema has neither a dialect nor an address of its own.
fn definition() -> Value {
    // The text is part of the program, and a test reads it.
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap_or_default();
    if let Some(members) = schema.as_object_mut() {
        members.remove("$schema");
        members.remove("$id");
    }
    schema
}

fn ids() -> Value {
    json!({
        "TenantId": {"type": "string", "minLength": 3, "maxLength": 26, "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"},
        "OperationId": {"type": "string", "description": "A ULID.", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"},
        "Generation": {"type": "integer", "minimum": 1, "description": "Grows with every write of a definition."},
        "Digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "Link": {"type": "string", "format": "uri-reference"},
    })
}

fn tenants() -> Value {
    let links = object(&[("self", to("Link")), ("operations", to("Link")), ("definitions", to("Link"))]);
    let metadata = object(&[
        ("name", to("TenantId")),
        ("displayName?", text()),
        ("labels?", json!({"type": "object", "additionalProperties": {"type": "string"}})),
        ("generation?", to("Generation")),
        ("updated?", time()),
    ]);
    let definition = object(&[
        ("generation", to("Generation")),
        ("updated", time()),
        ("mediaType", one_of(&["application/yaml", "application/json"])),
        ("links", object(&[("self", to("Link"))])),
    ]);
    let mut drift = drift_members();
    drift.extend([("name", to("TenantId")), ("links", links.clone())]);
    let mut summary = summary_members();
    summary.extend([("name", to("TenantId")), ("updated", time()), ("links", links.clone())]);
    json!({
        "Tenant": object(&[
            ("apiVersion", json!({"const": crate::tenant::API_VERSION})),
            ("kind", json!({"const": crate::tenant::KIND})),
            ("metadata", metadata),
            ("spec?", json!({"$ref": "#/components/schemas/Definition/properties/spec"})),
            ("status?", to("Status")),
            ("links", links),
        ]),
        "TenantSummary": object(&summary),
        "TenantList": page_of("TenantSummary"),
        "DriftList": {"type": "object", "required": ["items"], "properties": {
            "items": list(&object(&drift)), "nextPageToken": text(),
        }},
        "DefinitionGeneration": definition,
        "DefinitionList": page_of("DefinitionGeneration"),
        "TenantOrPreview": {"oneOf": [to("Tenant"), to("Preview")]},
        "OperationReferenceOrPreview": {"oneOf": [to("OperationReference"), to("Preview")]},
    })
}

fn fleet() -> Value {
    let counts = || json!({"type": "object", "additionalProperties": count()});
    let shares = object(&[("counts", counts()), ("others", count())]);
    let slow = object(&[("tenant", to("TenantId")), ("seconds", count()), ("at", time())]);
    let held = object(&[("tenant", to("TenantId")), ("reason", text())]);
    json!({
        "Fleet": object(&[
            ("tenants", count()),
            ("phases", counts()),
            ("conditions", json!({"type": "object", "additionalProperties": counts()})),
            ("images", shares.clone()),
            ("modules", shares.clone()),
            ("projects", shares),
            ("drifted", count()),
            ("slowest", list(&slow)),
            ("held", list(&held)),
            ("links", object(&[("self", to("Link")), ("drift", to("Link")), ("tenants", to("Link"))])),
        ]),
    })
}

fn summary_members() -> Vec<(&'static str, Value)> {
    vec![
        ("phase", to("Phase")),
        ("observedGeneration?", to("Generation")),
        ("appliedGeneration?", to("Generation")),
        ("appliedAt?", time()),
        ("applySeconds?", count()),
        ("image?", text()),
        ("module?", to("Digest")),
        ("conditions?", json!({"type": "object", "additionalProperties": one_of(&["True", "False", "Unknown"])})),
        ("held?", text()),
        ("retryNotBefore?", time()),
        ("pluginsNotBefore?", time()),
        ("pluginList?", object(&[("address", text()), ("generation?", to("Generation"))])),
        ("destroyAfter?", time()),
        ("deletionRequested?", flag()),
        ("queued?", flag()),
        ("driftChecked?", time()),
        ("drifted?", count()),
        ("driftConfirmed?", count()),
        ("driftSuspected?", time()),
        ("operation?", to("OperationId")),
        ("place?", text()),
        ("url?", text()),
        ("reason?", text()),
    ]
}

fn drift_members() -> Vec<(&'static str, Value)> {
    let finding = object(&[
        ("address", text()),
        ("action", to("ChangeAction")),
        ("attributes", list(&text())),
        ("firstSeen", time()),
        ("sightings", count()),
    ]);
    vec![("checked", time()), ("found", list(&finding)), ("lastClean?", time())]
}

fn statuses() -> Value {
    let kinds = ["Ready", "DefinitionValid", "Placed", "Applied", "Held", "Drifted", "Tombstoned", "PluginsInstalled"];
    let applied = object(&[
        ("generation", to("Generation")),
        ("digest", to("Digest")),
        ("at", time()),
        ("operation", to("OperationId")),
        ("image?", text()),
        ("module?", to("Digest")),
    ]);
    let deletion = object(&[
        ("at", time()),
        ("by", text()),
        ("generation", json!({"type": ["integer", "null"]})),
        ("force?", flag()),
    ]);
    let export = object(&[("job", text()), ("uri", text()), ("finished", flag())]);
    let restored = object(&[("at", time()), ("from", to("OperationId")), ("export?", text())]);
    let given = object(&[("by", text()), ("at", time()), ("expires", time())]);
    let hold = object(&[
        ("digest", to("Digest")),
        ("wanted", to("Digest")),
        ("changes", to("Changes")),
        ("since", time()),
        ("approval?", given.clone()),
    ]);
    json!({
        "Phase": one_of(&[
            "Pending", "Applying", "Ready", "Invalid", "Failed", "Held", "Suspended", "Tombstoned", "Deleting",
        ]),
        "Condition": object(&[
            ("type", one_of(&kinds)),
            ("status", one_of(&["True", "False", "Unknown"])),
            ("reason", text()),
            ("message", text()),
            ("lastTransitionTime", time()),
            ("observedGeneration?", to("Generation")),
        ]),
        "Status": object(&[
            ("tenant", to("TenantId")),
            ("phase", to("Phase")),
            ("conditions", list(&to("Condition"))),
            ("observedGeneration?", to("Generation")),
            ("inDoubt?", flag()),
            ("unsaved?", flag()),
            ("placement?", placement()),
            ("applied?", applied),
            ("outputs?", json!({"type": "object", "additionalProperties": true})),
            ("variables?", to("OperationId")),
            ("terms", object(&[("policy", one_of(&["Delete", "Retain"])), ("protection", flag())])),
            ("plugins?", to("Plugins")),
            ("upgrade?", object(&[("at", time()), ("by", text())])),
            ("drift?", object(&drift_members())),
            ("driftSuspected?", time()),
            ("tombstone?", object(&[("since", time()), ("destroyAfter", time()), ("approval?", given)])),
            ("deletion?", deletion),
            ("export?", export),
            ("restored?", restored),
            ("hold?", hold),
            ("retry?", object(&[("failures", count()), ("wanted", to("Digest")), ("notBefore", time()), ("inconclusive?", flag())])),
            ("operation?", to("OperationId")),
            ("queued?", to("OperationId")),
            ("epoch?", count()),
        ]),
    })
}

fn placement() -> Value {
    let database = object(&[("instance", text()), ("connectionName", text()), ("project", text())]);
    object(&[
        ("project", text()),
        ("region", text()),
        ("tier", text()),
        ("tierByDefault?", flag()),
        ("database", database),
    ])
}

fn plugins() -> Value {
    let locked = object(&[
        ("name", text()),
        ("version", text()),
        ("sha256", to("Digest")),
        ("source", text()),
        ("required", flag()),
    ]);
    let results = [
        "staged",
        "applied",
        "unchanged",
        "removed",
        "not-found",
        "checksum-mismatch",
        "unsafe-archive",
        "version-mismatch",
        "activation-failed",
        "timeout",
        "unhealthy-reverted",
        "skipped",
    ];
    let result = object(&[
        ("name", text()),
        ("from?", text()),
        ("to?", text()),
        ("sha256?", to("Digest")),
        ("required", flag()),
        ("result", one_of(&results)),
        ("message?", text()),
        ("ms", count()),
    ]);
    let failure = object(&[
        ("failures", count()),
        ("reason", text()),
        ("message", text()),
        ("failsTenant", flag()),
        ("notBefore", time()),
    ]);
    json!({
        "PluginLock": list(&locked),
        "Plugins": object(&[
            ("wanted", json!({"$ref": "#/components/schemas/Definition/properties/spec/properties/plugins"})),
            ("digest", to("Digest")),
            ("list?", to("Generation")),
            ("lock?", to("PluginLock")),
            ("lockDigest?", to("Digest")),
            ("resolved", time()),
            ("settled?", to("Digest")),
            ("running?", to("PluginLock")),
            ("bundle?", to("Digest")),
            ("trial?", object(&[("previous", to("PluginLock")), ("refused?", text())])),
            ("results?", list(&result)),
            ("failure?", failure),
        ]),
    })
}

fn operations() -> Value {
    let links = object(&[("self", to("Link")), ("tenant", to("Link")), ("log", to("Link"))]);
    json!({
        "ChangeAction": one_of(&["create", "update", "replace", "delete", "import", "forget"]),
        "Changes": list(&object(&[("address", text()), ("action", to("ChangeAction"))])),
        "Diagnostic": object(&[("summary", text()), ("detail?", text()), ("address?", text())]),
        "Operation": object(&[
            ("id", to("OperationId")),
            ("tenant", to("TenantId")),
            ("kind", one_of(&["Create", "Update", "Delete", "DriftCheck", "DriftCorrection", "Forget", "InstallPlugins"])),
            ("principal", text()),
            ("trigger", one_of(&["Api", "Event", "Sweep", "Task"])),
            ("definitionGeneration?", to("Generation")),
            ("trace?", text()),
            ("epoch?", count()),
            ("outcome", one_of(&["Queued", "Running", "Succeeded", "Failed", "Interrupted"])),
            ("requested", time()),
            ("finished?", time()),
            ("steps", list(&object(&[("at", time()), ("what", text())]))),
            ("lock?", to("Generation")),
            ("revision?", text()),
            ("changes?", to("Changes")),
            ("reason?", text()),
            ("message?", text()),
            ("diagnostics?", list(&to("Diagnostic"))),
            ("links", links),
        ]),
        "OperationList": page_of("Operation"),
        "OperationReference": object(&[
            ("tenant", to("TenantId")),
            ("operation?", to("OperationId")),
            ("finished", flag()),
            ("links", object(&[("operation?", to("Link")), ("tenant", to("Link"))])),
        ]),
        "Preview": object(&[
            ("tenant", to("TenantId")),
            ("summary", text()),
            ("changes", to("Changes")),
            ("digest", to("Digest")),
            ("held", flag()),
        ]),
    })
}

fn deliveries() -> Value {
    let reasons = [
        "changed",
        "vanished",
        "deletion",
        "queued",
        "interrupted",
        "retry",
        "tombstone",
        "plugins",
        "pluginList",
        "driftCheck",
    ];
    let due = object(&[("tenant", to("TenantId")), ("reason", one_of(&reasons))]);
    let behind = json!({"type": "object", "propertyNames": one_of(&reasons), "additionalProperties": count()});
    let pruned = ["visited", "logs", "variables", "erroredStates", "records", "graveyard"].map(|what| (what, count()));
    let pruned = object(&pruned);
    let priority = one_of(&["change", "recovery", "upkeep"]);
    let task = object(&[("tenant", to("TenantId")), ("priority?", priority), ("traceparent?", text())]);
    json!({
        "Approval": object(&[("digest", to("Digest"))]),
        "Event": {"description": "Whatever the sender sends; what is no event is acknowledged and logged."},
        "Task": task,
        "TaskDelivery": {"anyOf": [to("Task"), object(&[("message", object(&[("data", text())]))])]},
        "SweepReport": object(&[
            ("definitions", count()),
            ("tenants", count()),
            ("vanished", count()),
            ("deletionsHeld", flag()),
            ("behind", behind),
            ("due", list(&due)),
            ("postponed", count()),
            ("notHandedOn", count()),
            ("pruned", pruned),
        ]),
        "Health": object(&[("status", json!({"const": "ok"}))]),
        "Document": {"type": "object", "required": ["openapi", "info", "paths"], "additionalProperties": true},
    })
}

fn problems() -> Value {
    let error = object(&[
        ("pointer", text()),
        ("line?", count()),
        ("column?", count()),
        ("reason", text()),
        ("message", text()),
        ("suggestion?", text()),
    ]);
    let mut problem = object(&[
        ("type", json!({"type": "string", "format": "uri"})),
        ("title", text()),
        ("status", json!({"type": "integer", "minimum": 400, "maximum": 599})),
        ("detail", text()),
        ("instance", to("Link")),
        ("reason", one_of(&crate::http::problem::ALL.iter().map(|kind| kind.reason).collect::<Vec<_>>())),
        ("retryable", flag()),
        ("errors?", list(&to("DefinitionProblem"))),
    ]);
    problem["additionalProperties"] = json!(true);
    problem["description"] = json!("RFC 9457. Each variable of the message is a member of its own.");
    json!({"DefinitionProblem": error, "Problem": problem})
}
