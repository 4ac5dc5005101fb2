//! `GET /tenants/{id}/operations…`: what was done to a tenant, newest first, and what was said meanwhile.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use crate::http::negotiate::{
    Accepts, NoParameters, OperationPath, OperationsParameters, PageMark, Reply, TenantPath, page_token,
};
use crate::http::problem::{Problem, kinds};
use crate::http::resource::{ListResource, OperationResource};
use crate::tenants::{CommandError, OperationLog, Queries};

pub(super) async fn operations(
    State(queries): State<Queries>,
    TenantPath(tenant): TenantPath,
    accepts: Accepts,
    OperationsParameters { limit, before }: OperationsParameters,
) -> Result<Reply, Problem> {
    let part = queries.operations(&tenant, before, limit).await;
    let part = part.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    let items: Vec<_> = part.items.into_iter().map(OperationResource::from).collect();
    let next_page_token = part.next.map(|next| page_token(PageMark::of_operations(&tenant), next));
    Ok(accepts.reply(StatusCode::OK, ListResource { items, next_page_token }))
}

pub(super) async fn operation(
    State(queries): State<Queries>,
    OperationPath(tenant, id): OperationPath,
    accepts: Accepts,
    NoParameters: NoParameters,
) -> Result<Reply, Problem> {
    let found = queries.operation(&tenant, id).await.map_err(|error| Problem::of_command(error, Some(&tenant)))?;
    let Some(operation) = found else {
        let detail = format!("tenant '{tenant}' has no operation {id}");
        return Err(Problem::new(kinds::OPERATION_NOT_FOUND, detail).with("tenant", tenant).with("operation", id));
    };
    Ok(accepts.reply(StatusCode::OK, OperationResource::from(operation)))
}

pub(super) async fn log(
    State(queries): State<Queries>,
    OperationPath(tenant, id): OperationPath,
    NoParameters: NoParameters,
) -> Result<Response, Problem> {
    let failed = |error: CommandError| Problem::of_command(error, Some(&tenant));
    let log = match queries.operation_log(&tenant, id).await.map_err(failed)? {
        OperationLog::Kept(log) => log,
        OperationLog::None => {
            let detail =
                format!("operation {id} of '{tenant}' has no log; a run's log is kept from its first seconds on");
            return Err(Problem::new(kinds::LOG_NOT_FOUND, detail).with("tenant", tenant).with("operation", id));
        }
        OperationLog::NoLonger { days } => {
            let detail = format!(
                "the log of operation {id} of '{tenant}' was kept for {days} days and is gone; what was done, by whom and how \
                 it ended is still in the operation's record"
            );
            let problem = Problem::new(kinds::LOG_NOT_KEPT, detail).with("tenant", tenant).with("operation", id);
            return Err(problem.with("keptDays", days));
        }
    };
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, log).into_response())
}
