//! The tenants API over HTTP: one method a request, typed answers, one error type.

mod client;
mod error;
mod follow;
mod retry;
mod wire;

pub(crate) use client::{Api, Submitted};
pub(crate) use error::ApiError;
pub(crate) use follow::follow;
pub(crate) use retry::next_wait;
pub(crate) use wire::{
    DriftedTenant, Fleet, PluginOutcome, Preview, Problem, Received, Rollout, Shares, TenantDocument, TenantItem,
    TenantPlugins,
};
