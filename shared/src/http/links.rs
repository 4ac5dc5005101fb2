//! Addresses of resources: paths, as they stand in `Location` and in links. Ids are of characters that need no escaping.

use crate::operation::OperationId;
use crate::store::Generation;
use crate::tenant::TenantId;

pub(in crate::http) fn tenant(tenant: &TenantId) -> String {
    format!("/tenants/{tenant}")
}

pub(in crate::http) fn operations(tenant: &TenantId) -> String {
    format!("/tenants/{tenant}/operations")
}

pub(in crate::http) fn operation(tenant: &TenantId, operation: OperationId) -> String {
    format!("/tenants/{tenant}/operations/{operation}")
}

pub(in crate::http) fn log(tenant: &TenantId, operation: OperationId) -> String {
    format!("/tenants/{tenant}/operations/{operation}/log")
}

pub(in crate::http) fn definitions(tenant: &TenantId) -> String {
    format!("/tenants/{tenant}/definitions")
}

pub(in crate::http) fn definition(tenant: &TenantId, generation: Generation) -> String {
    format!("/tenants/{tenant}/definitions/{generation}")
}
