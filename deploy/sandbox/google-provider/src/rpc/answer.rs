//! Which method does what: each decodes its request, asks the provider, and encodes what it says.

use prost::Message;

use super::messages::{
    ApplyResponse, AttributePath, ChangeRequest, ConfigRequest, Diagnostic, Diagnostics, DynamicValue, ImportRequest,
    ImportResponse, Imported, OpenResponse, PathStep, PlanResponse, ProviderDiagnostics, ReadRequest, Selector,
    UpgradeRequest, ValueResponse,
};
use super::schema_message;
use crate::plan::Step;
use crate::provider::{Problem, Provider};
use crate::value::Value;

/// A call that has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// We do not have that method.
    Unimplemented,
    /// The message cannot be read.
    InvalidArgument,
}

impl Status {
    /// gRPC's number for it.
    pub(super) fn code(self) -> u16 {
        match self {
            Self::InvalidArgument => 3,
            Self::Unimplemented => 12,
        }
    }

    pub(super) fn message(self) -> &'static str {
        match self {
            Self::InvalidArgument => "the message cannot be read",
            Self::Unimplemented => "not implemented",
        }
    }
}

/// Answers one call with an encoded message.
pub(super) async fn answer(provider: &Provider, method: &str, message: &[u8]) -> Result<Vec<u8>, Status> {
    Ok(match method {
        "GetProviderSchema" => schema_message::response(&provider.catalogue).encode_to_vec(),
        "ValidateProviderConfig" => ProviderDiagnostics::default().encode_to_vec(),
        "ValidateResourceConfig"
        | "ValidateDataResourceConfig"
        | "ValidateEphemeralResourceConfig"
        | "StopProvider"
        | "CloseEphemeralResource"
        | "RenewEphemeralResource" => Diagnostics::default().encode_to_vec(),
        "ConfigureProvider" => {
            let request: ConfigRequest = decode(message)?;
            let configured = provider.configure(&value(request.config)?);
            Diagnostics { diagnostics: diagnostics(configured.err()) }.encode_to_vec()
        }
        "UpgradeResourceState" => {
            let request: UpgradeRequest = decode(message)?;
            let json = request.raw_state.unwrap_or_default().json;
            let json: serde_json::Value = serde_json::from_slice(&json).map_err(|_| Status::InvalidArgument)?;
            one_value(provider.upgrade(&request.type_name, json.into())).encode_to_vec()
        }
        "ReadResource" => {
            let request: ReadRequest = decode(message)?;
            one_value(provider.read(&request.type_name, value(request.state)?).await).encode_to_vec()
        }
        "ReadDataSource" => {
            let request: ConfigRequest = decode(message)?;
            one_value(provider.read_data(&request.type_name, value(request.config)?)).encode_to_vec()
        }
        "PlanResourceChange" => plan(provider, decode(message)?)?.encode_to_vec(),
        "ApplyResourceChange" => apply(provider, decode(message)?).await?.encode_to_vec(),
        "ImportResourceState" => import(provider, decode(message)?).encode_to_vec(),
        "OpenEphemeralResource" => {
            let request: ConfigRequest = decode(message)?;
            let (result, problem) = split(provider.open(&request.type_name, value(request.config)?).await);
            OpenResponse { diagnostics: diagnostics(problem), result: result.map(|value| pack(&value)) }.encode_to_vec()
        }
        _ => return Err(Status::Unimplemented),
    })
}

fn plan(provider: &Provider, request: ChangeRequest) -> Result<PlanResponse, Status> {
    let (prior, proposed) = (value(request.prior)?, value(request.wanted)?);
    // The real provider says so too: it lets planned defaults stand where the configuration says nothing.
    let mut response = PlanResponse { legacy: true, ..PlanResponse::default() };
    match provider.plan(&request.type_name, &prior, &proposed) {
        Ok(planned) => {
            response.planned = Some(pack(&planned.value));
            response.requires_replace = planned.replaced.into_iter().map(path).collect();
        }
        Err(problem) => response.diagnostics = diagnostics(Some(problem)),
    }
    Ok(response)
}

async fn apply(provider: &Provider, request: ChangeRequest) -> Result<ApplyResponse, Status> {
    let (prior, planned, config) = (value(request.prior)?, value(request.wanted)?, value(request.config)?);
    let applied = provider.apply(&request.type_name, &prior, planned, &config).await;
    let (state, problem) = split(applied);
    // What failed has not changed: Terraform keeps what it knew.
    let state = pack(&state.unwrap_or(prior));
    Ok(ApplyResponse { state: Some(state), diagnostics: diagnostics(problem), legacy: true })
}

fn import(provider: &Provider, request: ImportRequest) -> ImportResponse {
    let (state, problem) = split(provider.import(&request.type_name, &request.id));
    let imported = state.map(|state| Imported { type_name: request.type_name, state: Some(pack(&state)) });
    ImportResponse { imported: imported.into_iter().collect(), diagnostics: diagnostics(problem) }
}

fn decode<M: Message + Default>(message: &[u8]) -> Result<M, Status> {
    M::decode(message).map_err(|_| Status::InvalidArgument)
}

fn value(dynamic: Option<DynamicValue>) -> Result<Value, Status> {
    let dynamic = dynamic.unwrap_or_default();
    if dynamic.json.is_empty() {
        return Value::from_msgpack(&dynamic.msgpack).map_err(|_| Status::InvalidArgument);
    }
    let json: serde_json::Value = serde_json::from_slice(&dynamic.json).map_err(|_| Status::InvalidArgument)?;
    Ok(json.into())
}

fn pack(value: &Value) -> DynamicValue {
    DynamicValue { msgpack: value.to_msgpack(), json: Vec::new() }
}

fn path(steps: Vec<Step>) -> AttributePath {
    let selector = |step| match step {
        Step::Name(name) => Selector::AttributeName(name),
        Step::At(index) => Selector::ElementKeyInt(index),
    };
    AttributePath { steps: steps.into_iter().map(|step| PathStep { selector: Some(selector(step)) }).collect() }
}

fn one_value(result: Result<Value, Problem>) -> ValueResponse {
    let (value, problem) = split(result);
    ValueResponse { value: value.map(|value| pack(&value)), diagnostics: diagnostics(problem) }
}

fn split<T>(result: Result<T, Problem>) -> (Option<T>, Option<Problem>) {
    match result {
        Ok(value) => (Some(value), None),
        Err(problem) => (None, Some(problem)),
    }
}

fn diagnostics(problem: Option<Problem>) -> Vec<Diagnostic> {
    let error = |Problem(summary)| Diagnostic { severity: 1, summary, detail: String::new(), attribute: None };
    problem.into_iter().map(error).collect()
}
