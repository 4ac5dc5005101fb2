//! Every endpoint: what can be asked and what is answered. The routes themselves are in [`router`](crate::http::router); a
//! test holds the two together.

use crate::http::problem::{Kind, kinds};

/// One method at one address.
pub(super) struct Endpoint {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    /// The function that serves it.
    pub(super) function: &'static str,
    pub(super) summary: &'static str,
    pub(super) parameters: &'static [&'static str],
    pub(super) body: Option<Body>,
    pub(super) answers: &'static [Answer],
    pub(super) problems: &'static [&'static [&'static Kind]],
}

impl Endpoint {
    /// Whether somebody asks who calls.
    pub(super) fn is_guarded(&self) -> bool {
        self.function != "every function"
    }
}

/// Who calls is not known, or may not.
pub(super) const GUARDED: &[&Kind] = &[kinds::UNAUTHENTICATED, kinds::FORBIDDEN, kinds::DEPENDENCY_FAILED];

/// What a request carries.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// A definition, YAML or JSON.
    Definition,
    /// Anything a sender of events or tasks makes of this schema.
    Json(&'static str),
}

/// One way to be answered without a problem.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) what: &'static str,
    pub(super) content: Content,
    pub(super) headers: &'static [&'static str],
}

/// What an answer carries.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Nothing,
    /// This schema, as JSON or YAML, whichever is accepted.
    Negotiated(&'static str),
    /// This schema, as JSON.
    Json(&'static str),
    /// Text.
    Text,
    /// A definition's bytes as they were written.
    Source,
}

use Content::{Json, Negotiated, Nothing, Source, Text};

const fn answer(status: u16, what: &'static str, content: Content, headers: &'static [&'static str]) -> Answer {
    Answer { status, what, content, headers }
}

const TENANT_PATH: &[&Kind] = &[kinds::INVALID_TENANT_ID];
const OPERATION_PATH: &[&Kind] = &[kinds::INVALID_TENANT_ID, kinds::INVALID_OPERATION_ID];
const NEGOTIATED: &[&Kind] = &[kinds::NOT_ACCEPTABLE];
const PARAMETERS: &[&Kind] = &[kinds::INVALID_PARAMETER];
const PAGED: &[&Kind] = &[kinds::INVALID_PARAMETER, kinds::INVALID_PAGE_TOKEN];
const MATCHED: &[&Kind] = &[kinds::INVALID_PRECONDITION, kinds::PRECONDITION_FAILED];
const BODY: &[&Kind] = &[kinds::MALFORMED_BODY, kinds::BODY_TOO_LARGE, kinds::BODY_TOO_SLOW];
const SUBMITTED: &[&Kind] = &[kinds::MALFORMED_DEFINITION, kinds::UNSUPPORTED_MEDIA_TYPE, kinds::INVALID_DEFINITION];
const TENANT: &[&Kind] = &[kinds::TENANT_NOT_FOUND];
const READS: &[&Kind] =
    &[kinds::INTERNAL, kinds::STORE_UNUSABLE, kinds::RECORD_CORRUPT, kinds::STORE_UNAVAILABLE, kinds::BUSY];
const RUNS: &[&Kind] = &[
    kinds::TENANT_CROWDED,
    kinds::CONFLICTING_DEFINITIONS,
    kinds::HELD,
    kinds::MISCONFIGURED,
    kinds::APPLY_FAILED,
    kinds::WORKSPACE_LOCKED,
    kinds::INTERRUPTED,
];
const DELIVERED: &[&Kind] = &[
    kinds::BODY_TOO_SLOW,
    kinds::INTERNAL,
    kinds::WORKSPACE_LOCKED,
    kinds::INTERRUPTED,
    kinds::BUSY,
    kinds::STORE_UNAVAILABLE,
    kinds::DEPENDENCY_FAILED,
];

const PREVIEW: Answer = answer(200, "With `dryRun=true`: what would be done.", Negotiated("Preview"), &[]);
const ACCEPTED: Answer = answer(
    202,
    "It goes on: follow the operation. Because `Prefer: respond-async` was sent, another run on the tenant is under way, or this process was asked to stop in the middle of the run.",
    Negotiated("OperationReference"),
    &["Location", "Preference-Applied"],
);

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "post",
        path: "/tenants",
        id: "createTenant",
        function: "create-tenant",
        summary: "Store a new definition and make the tenant it describes.",
        parameters: &["dryRun", "prefer"],
        body: Some(Body::Definition),
        answers: &[answer(201, "Stored and applied.", Negotiated("Tenant"), &["Location", "ETag"]), PREVIEW, ACCEPTED],
        problems: &[BODY, SUBMITTED, PARAMETERS, NEGOTIATED, &[kinds::ALREADY_EXISTS], RUNS, READS],
    },
    Endpoint {
        method: "get",
        path: "/tenants",
        id: "listTenants",
        function: "get-tenant",
        summary: "List tenants by name, their status in short.",
        parameters: &["limit", "pageToken", "phase", "drifted"],
        body: None,
        answers: &[answer(
            200,
            "A page. It may be short, even empty, although more follows.",
            Negotiated("TenantList"),
            &[],
        )],
        problems: &[PAGED, NEGOTIATED, READS],
    },
    Endpoint {
        method: "get",
        path: "/fleet",
        id: "getFleet",
        function: "get-tenant",
        summary: "Read the fleet in numbers: by phase, condition, image, module and project, what is slow, and what is held and why.",
        parameters: &[],
        body: None,
        answers: &[answer(200, "The fleet.", Negotiated("Fleet"), &[])],
        problems: &[PARAMETERS, NEGOTIATED, READS],
    },
    Endpoint {
        method: "get",
        path: "/fleet/drift",
        id: "listDrift",
        function: "get-tenant",
        summary: "List what of the fleet is not what was applied: resources and attributes, never values.",
        parameters: &["limit", "pageToken"],
        body: None,
        answers: &[answer(
            200,
            "A page of tenants that drifted. It may be short, even empty, although more follows.",
            Negotiated("DriftList"),
            &[],
        )],
        problems: &[PAGED, NEGOTIATED, READS],
    },
    Endpoint {
        method: "get",
        path: "/tenants/{id}",
        id: "getTenant",
        function: "get-tenant",
        summary: "Read one tenant: its definition and what is known of it.",
        parameters: &["id"],
        body: None,
        answers: &[answer(200, "The tenant.", Negotiated("Tenant"), &["ETag"])],
        problems: &[TENANT_PATH, PARAMETERS, NEGOTIATED, TENANT, &[kinds::CONFLICTING_DEFINITIONS], READS],
    },
    Endpoint {
        method: "put",
        path: "/tenants/{id}",
        id: "updateTenant",
        function: "update-tenant",
        summary: "Store another definition of a tenant and apply it. One that changes nothing starts no run.",
        parameters: &["id", "dryRun", "ifMatch", "prefer"],
        body: Some(Body::Definition),
        answers: &[
            answer(
                200,
                "Stored and applied; with `dryRun=true`, what would be done.",
                Negotiated("TenantOrPreview"),
                &["ETag"],
            ),
            ACCEPTED,
        ],
        problems: &[
            TENANT_PATH,
            BODY,
            SUBMITTED,
            PARAMETERS,
            MATCHED,
            NEGOTIATED,
            TENANT,
            &[kinds::NAME_MISMATCH],
            RUNS,
            READS,
        ],
    },
    Endpoint {
        method: "post",
        path: "/tenants/{id}/approvals",
        id: "approve",
        function: "update-tenant",
        summary: "Let exactly the held plan of this digest through, once and for a limited time; or the held deletion of this digest.",
        parameters: &["id", "prefer"],
        body: Some(Body::Json("Approval")),
        answers: &[answer(200, "Applied, or destroyed.", Negotiated("Tenant"), &["ETag"]), ACCEPTED],
        problems: &[TENANT_PATH, BODY, PARAMETERS, NEGOTIATED, TENANT, &[kinds::NOT_HELD], RUNS, READS],
    },
    Endpoint {
        method: "post",
        path: "/tenants/{id}/plugins/upgrade",
        id: "upgradePlugins",
        function: "update-tenant",
        summary: "Resolve the plugins wanted as `latest` anew, and install what is newer.",
        parameters: &["id", "prefer"],
        body: None,
        answers: &[answer(200, "Installed, or nothing was newer.", Negotiated("Tenant"), &["ETag"]), ACCEPTED],
        problems: &[TENANT_PATH, PARAMETERS, NEGOTIATED, TENANT, RUNS, READS],
    },
    Endpoint {
        method: "delete",
        path: "/tenants/{id}",
        id: "deleteTenant",
        function: "delete-tenant",
        summary: "Destroy a tenant now: its resources (or, with `deletionPolicy: Retain`, only the knowledge of them), its workspace, its definition.",
        parameters: &["id", "dryRun", "force", "ifMatch", "prefer"],
        body: None,
        answers: &[
            answer(
                200,
                "Gone; with `dryRun=true`, what would be destroyed.",
                Negotiated("OperationReferenceOrPreview"),
                &[],
            ),
            ACCEPTED,
        ],
        problems: &[TENANT_PATH, PARAMETERS, MATCHED, NEGOTIATED, TENANT, &[kinds::DELETION_PROTECTED], RUNS, READS],
    },
    Endpoint {
        method: "post",
        path: "/tenants/{id}/undelete",
        id: "undelete",
        function: "update-tenant",
        summary: "Write the last definition of a tenant again that was deleted or whose definition vanished, and make it so. `status.restored` says where the export of a destroyed database lies.",
        parameters: &["id", "prefer"],
        body: None,
        answers: &[answer(200, "There again.", Negotiated("Tenant"), &["ETag"]), ACCEPTED],
        problems: &[
            TENANT_PATH,
            PARAMETERS,
            NEGOTIATED,
            TENANT,
            &[kinds::ALREADY_EXISTS, kinds::NOTHING_KEPT],
            RUNS,
            READS,
        ],
    },
    Endpoint {
        method: "get",
        path: "/tenants/{id}/definitions",
        id: "listDefinitions",
        function: "get-tenant",
        summary: "List the generations of a definition the bucket has, newest first; of a deleted tenant too.",
        parameters: &["id"],
        body: None,
        answers: &[answer(200, "All of them.", Negotiated("DefinitionList"), &[])],
        problems: &[TENANT_PATH, PARAMETERS, NEGOTIATED, TENANT, READS],
    },
    Endpoint {
        method: "get",
        path: "/tenants/{id}/definitions/{generation}",
        id: "getDefinition",
        function: "get-tenant",
        summary: "Read a definition as it was at one generation, byte for byte.",
        parameters: &["id", "generation", "ifNoneMatch"],
        body: None,
        answers: &[
            answer(200, "The definition.", Source, &["ETag"]),
            answer(304, "The caller has it.", Nothing, &["ETag"]),
        ],
        problems: &[
            &[kinds::INVALID_TENANT_ID, kinds::INVALID_GENERATION, kinds::GENERATION_NOT_FOUND],
            PARAMETERS,
            TENANT,
            READS,
        ],
    },
    Endpoint {
        method: "get",
        path: "/tenants/{id}/operations",
        id: "listOperations",
        function: "get-tenant",
        summary: "List what was done to a tenant, newest first; to a deleted one too.",
        parameters: &["id", "limit", "pageToken"],
        body: None,
        answers: &[answer(200, "A page.", Negotiated("OperationList"), &[])],
        problems: &[TENANT_PATH, PAGED, NEGOTIATED, TENANT, &[kinds::CONFLICTING_DEFINITIONS], READS],
    },
    Endpoint {
        method: "get",
        path: "/tenants/{id}/operations/{operation}",
        id: "getOperation",
        function: "get-tenant",
        summary: "Read one operation. Ask again until its outcome is final.",
        parameters: &["id", "operation"],
        body: None,
        answers: &[answer(200, "The operation.", Negotiated("Operation"), &[])],
        problems: &[OPERATION_PATH, PARAMETERS, NEGOTIATED, &[kinds::OPERATION_NOT_FOUND], READS],
    },
    Endpoint {
        method: "get",
        path: "/tenants/{id}/operations/{operation}/log",
        id: "getOperationLog",
        function: "get-tenant",
        summary: "Read what an operation's run said, redacted.",
        parameters: &["id", "operation"],
        body: None,
        answers: &[answer(200, "The log.", Text, &[])],
        problems: &[OPERATION_PATH, PARAMETERS, &[kinds::LOG_NOT_FOUND, kinds::LOG_NOT_KEPT], READS],
    },
    Endpoint {
        method: "post",
        path: "/events",
        id: "receiveEvent",
        function: "definition-changed",
        summary: "Take an event of the definitions bucket: a CloudEvent (binary or structured) or a pushed Pub/Sub notification.",
        parameters: &[],
        body: Some(Body::Json("Event")),
        answers: &[
            answer(202, "The tenant it names wants a run, which was handed on.", Nothing, &[]),
            answer(204, "Nothing to do, or nothing that another delivery would change.", Nothing, &[]),
        ],
        problems: &[DELIVERED],
    },
    Endpoint {
        method: "post",
        path: "/assets",
        id: "receiveAsset",
        function: "definition-changed",
        summary: "Take a message of a Cloud Asset feed: the tenant its labels name is checked for drift soon.",
        parameters: &[],
        body: Some(Body::Json("Event")),
        answers: &[
            answer(202, "A check was handed on.", Nothing, &[]),
            answer(204, "The change was ours, or is about no tenant.", Nothing, &[]),
        ],
        problems: &[DELIVERED],
    },
    Endpoint {
        method: "post",
        path: "/tasks",
        id: "receiveTask",
        function: "reconcile-tenant",
        summary: "Reconcile the tenant a task names: the task as JSON, or as Pub/Sub pushes it.",
        parameters: &[],
        body: Some(Body::Json("TaskDelivery")),
        answers: &[answer(204, "Done, or recorded so that another delivery would change nothing.", Nothing, &[])],
        problems: &[DELIVERED],
    },
    Endpoint {
        method: "post",
        path: "/sweep",
        id: "sweep",
        function: "check-drift",
        summary: "Look at every tenant once and hand out a task for each that is behind.",
        parameters: &[],
        body: None,
        answers: &[answer(200, "What was found.", Negotiated("SweepReport"), &[])],
        problems: &[PARAMETERS, NEGOTIATED, &[kinds::MISCONFIGURED], READS],
    },
    Endpoint {
        method: "get",
        path: "/healthz",
        id: "health",
        function: "every function",
        summary: "Whether the process serves.",
        parameters: &[],
        body: None,
        answers: &[answer(200, "It does.", Json("Health"), &[])],
        problems: &[&[kinds::INTERNAL]],
    },
    Endpoint {
        method: "get",
        path: "/openapi.json",
        id: "openapi",
        function: "every function",
        summary: "This document.",
        parameters: &[],
        body: None,
        answers: &[answer(200, "An OpenAPI 3.1 document.", Json("Document"), &[])],
        problems: &[&[kinds::INTERNAL]],
    },
];
