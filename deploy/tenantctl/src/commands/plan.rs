//! `plan`: what applying definitions would change.

use std::fmt::Write as _;
use std::path::PathBuf;

use futures::{StreamExt as _, stream};
use serde::Serialize;
use serde_json::Value;
use tenancy::provision::ChangeAction;
use tenancy::tenant::TenantId;

use super::{Context, definitions};
use crate::api::{ApiError, Preview, Received};
use crate::exit::{Exit, Failure, count};
use crate::files::Defined;
use crate::output::{Output, Tone};

/// What applying one definition would do.
#[derive(Serialize)]
struct Planned {
    tenant: TenantId,
    file: String,
    /// Whether the tenant would be created.
    new: bool,
    /// The API's answer.
    #[serde(flatten)]
    raw: Value,
    #[serde(skip)]
    preview: Preview,
}

pub(super) async fn run(paths: &[PathBuf], parallel: u8, context: &Context<'_>) -> Result<Exit, Failure> {
    let defined = definitions(paths)?;
    let asked = stream::iter(defined).map(|defined| one(defined, context)).buffered(usize::from(parallel));
    let answers: Vec<Result<Planned, (TenantId, ApiError)>> = asked.collect().await;
    let (plans, failed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    let plans: Vec<Planned> = plans.into_iter().flatten().collect();
    let failed: Vec<(TenantId, ApiError)> = failed.into_iter().filter_map(Result::err).collect();
    if plans.is_empty()
        && let [_] = failed.as_slice()
    {
        return failed.into_iter().next().map_or(Ok(Exit::Ok), |(_, error)| Err(error.into()));
    }
    context.output.show(&serde_json::json!({ "items": plans }), || text(&plans, context.output))?;
    for (tenant, error) in &failed {
        context.output.complain(&format!("{tenant}: {error}"));
    }
    context.output.note(&format!("{} planned, nothing was changed", count(plans.len(), "tenant")));
    Ok(if failed.is_empty() { Exit::Ok } else { Exit::Partial })
}

async fn one(defined: Defined, context: &Context<'_>) -> Result<Planned, (TenantId, ApiError)> {
    let Defined { tenant, path, format, source } = defined;
    let (new, answer) = match context.api.preview_update(&tenant, &source, format).await {
        Err(error) if error.is("TENANT_NOT_FOUND") => (true, context.api.preview_create(&source, format).await),
        answer => (false, answer),
    };
    let Received { mut raw, value: preview } = answer.map_err(|error| (tenant.clone(), error))?;
    // Said once, by us.
    raw.as_object_mut().and_then(|members| members.remove("tenant"));
    Ok(Planned { tenant, file: path, new, raw, preview })
}

fn text(plans: &[Planned], output: &Output) -> String {
    let mut text = String::new();
    for plan in plans {
        let is_new = if plan.new { " (new)" } else { "" };
        let _ = writeln!(text, "{}{is_new}: {}", plan.tenant, plan.preview.changes);
        for change in plan.preview.changes.changes() {
            let (sign, tone) = sign(change.action);
            let _ = writeln!(text, "  {}", output.tinted(tone, &format!("{sign} {}", change.address)));
        }
        if plan.preview.held {
            let digest = plan.preview.digest.map(|digest| format!(" of {digest}")).unwrap_or_default();
            let line = format!("  ! would be held: it destroys data and needs an approval{digest}");
            let _ = writeln!(text, "{}", output.tinted(Tone::Bad, &line));
        }
    }
    text
}

const fn sign(action: ChangeAction) -> (&'static str, Tone) {
    match action {
        ChangeAction::Create => ("+", Tone::Good),
        ChangeAction::Import => ("<", Tone::Good),
        ChangeAction::Update => ("~", Tone::Note),
        ChangeAction::Replace => ("±", Tone::Bad),
        ChangeAction::Delete => ("-", Tone::Bad),
        ChangeAction::Forget => (">", Tone::Note),
    }
}
