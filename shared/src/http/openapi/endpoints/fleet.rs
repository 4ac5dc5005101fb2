//! The endpoints that are about all tenants at once.

use super::Content::Negotiated;
use super::{Endpoint, NEGOTIATED, PAGED, PARAMETERS, READS, answer};
use crate::http::problem::kinds;

pub(super) const ENDPOINTS: &[Endpoint] = &[
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
        path: "/fleet/rollout",
        id: "getRollout",
        function: "get-tenant",
        summary: "Read how a change of the platform reaches the fleet: the rollout under way, or the last one.",
        parameters: &[],
        body: None,
        answers: &[answer(200, "The rollout, as the last sweep counted it.", Negotiated("Rollout"), &[])],
        problems: &[PARAMETERS, NEGOTIATED, &[kinds::ROLLOUT_NOT_FOUND], READS],
    },
    Endpoint {
        method: "post",
        path: "/fleet/rollout/{order}",
        id: "orderRollout",
        function: "update-tenant",
        summary: "Pause the rollout, let it go on, end it where it is, or take back what it did. Workers heed it at once; what was begun on a tenant is finished.",
        parameters: &["order"],
        body: None,
        answers: &[answer(200, "Written down.", Negotiated("Rollout"), &[])],
        problems: &[PARAMETERS, NEGOTIATED, &[kinds::ROLLOUT_NOT_FOUND, kinds::ROLLOUT_REFUSED], READS],
    },
];
