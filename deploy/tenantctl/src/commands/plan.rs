//! `plan`: what applying definitions, or syncing a range of history, would change.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use futures::{StreamExt as _, stream};
use serde::Serialize;
use serde_json::{Value, json};
use tenancy::provision::{ChangeAction, ChangeSummary};
use tenancy::tenant::TenantId;

use super::changed::{Looked, look};
use super::{Context, definitions};
use crate::api::{ApiError, Preview, Received};
use crate::args::RangeArguments;
use crate::exit::{Exit, Failure, count};
use crate::files::{Defined, check};
use crate::output::{Output, Tone, code};
use crate::work::changed::TenantFile;

/// What is to become of one tenant.
enum Wish {
    Put(Defined),
    Delete(TenantFile),
}

/// What one wish would do.
#[derive(Serialize)]
struct Planned {
    tenant: TenantId,
    file: String,
    intent: Intent,
    /// The API's answer.
    #[serde(flatten)]
    raw: Value,
    #[serde(skip)]
    preview: Preview,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
enum Intent {
    Create,
    Update,
    Delete,
}

pub(super) async fn run(
    paths: &[PathBuf],
    range: &RangeArguments,
    parallel: u8,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let wishes = wishes(paths, range, context).await?;
    let asked = stream::iter(wishes).map(|wish| one(wish, context)).buffered(usize::from(parallel));
    let answers: Vec<Result<Planned, (TenantId, ApiError)>> = asked.collect().await;
    let (plans, failed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    let plans: Vec<Planned> = plans.into_iter().flatten().collect();
    let mut failed: Vec<(TenantId, ApiError)> = failed.into_iter().filter_map(Result::err).collect();
    if plans.is_empty()
        && failed.len() == 1
        && let Some((_, error)) = failed.pop()
    {
        return Err(error.into());
    }
    let shown = || if context.output.markdown() { markdown(&plans, &failed) } else { text(&plans, context.output) };
    context.output.show(&json!({ "items": plans }), shown)?;
    for (tenant, error) in &failed {
        context.output.complain(&format!("{tenant}: {error}"));
    }
    context.output.note(&format!("{} planned, nothing was changed", count(plans.len(), "tenant")));
    Ok(if failed.is_empty() { Exit::Ok } else { Exit::Partial })
}

/// The files that are named, or what a range of history changes.
async fn wishes(paths: &[PathBuf], range: &RangeArguments, context: &Context<'_>) -> Result<Vec<Wish>, Failure> {
    if range.from.is_none() {
        return Ok(definitions(paths)?.into_iter().map(Wish::Put).collect());
    }
    let Looked { files, changed, .. } = look(range, context.output).await?;
    let number = files.len();
    let defined = check(files).map_err(|problems| Failure::Definitions { problems, files: number })?;
    let concerned: BTreeSet<TenantId> =
        changed.added.iter().chain(&changed.modified).map(|file| file.tenant.clone()).collect();
    let puts = defined.into_iter().filter(|defined| concerned.contains(&defined.tenant)).map(Wish::Put);
    Ok(puts.chain(changed.deleted.into_iter().map(Wish::Delete)).collect())
}

async fn one(wish: Wish, context: &Context<'_>) -> Result<Planned, (TenantId, ApiError)> {
    let (tenant, file, intent, answer) = match wish {
        Wish::Put(Defined { tenant, path, format, source }) => {
            let (intent, answer) = match context.api.preview_update(&tenant, &source, format).await {
                Err(error) if error.is("TENANT_NOT_FOUND") => {
                    (Intent::Create, context.api.preview_create(&source, format).await)
                }
                answer => (Intent::Update, answer),
            };
            (tenant, path, intent, answer)
        }
        Wish::Delete(TenantFile { tenant, file }) => {
            let answer = match context.api.preview_delete(&tenant).await {
                Err(error) if error.is("TENANT_NOT_FOUND") => Ok(nothing()),
                answer => answer,
            };
            (tenant, file, Intent::Delete, answer)
        }
    };
    let Received { mut raw, value: preview } = answer.map_err(|error| (tenant.clone(), error))?;
    // Said once, by us.
    raw.as_object_mut().and_then(|members| members.remove("tenant"));
    Ok(Planned { tenant, file, intent, raw, preview })
}

/// One that is gone already.
fn nothing() -> Received<Preview> {
    let value = Preview { changes: ChangeSummary::default(), held: false, digest: None };
    Received { raw: json!({ "changes": [], "held": false }), value }
}

impl Intent {
    const fn in_words(self) -> &'static str {
        match self {
            Self::Create => " (new)",
            Self::Update => "",
            Self::Delete => " (deleted with its data)",
        }
    }
}

/// A comment on a pull request: what destroys data stands first and unfolded.
fn markdown(plans: &[Planned], failed: &[(TenantId, ApiError)]) -> String {
    let mut text = String::new();
    if plans.is_empty() && failed.is_empty() {
        text.push_str("No tenant is concerned.\n");
    }
    for (tenant, error) in failed {
        let _ = writeln!(text, "- :x: **{tenant}** cannot be planned: {}", code(error.to_string()));
    }
    let destroys = |plan: &&Planned| plan.preview.held || matches!(plan.intent, Intent::Delete);
    for plan in plans.iter().filter(destroys).chain(plans.iter().filter(|plan| !destroys(plan))) {
        let changes = &plan.preview.changes;
        let sign = if destroys(&plan) { ":warning: " } else { "" };
        let _ = writeln!(text, "- {sign}**{}**{}: {changes}", plan.tenant, plan.intent.in_words());
        if plan.preview.held {
            let digest = plan.preview.digest.map(|digest| format!(" of `{digest}`")).unwrap_or_default();
            let _ = writeln!(text, "  **Would be held**: it destroys data and needs an approval{digest}.");
        }
        if !changes.is_empty() {
            let _ = write!(text, "  <details><summary>{}</summary>\n\n  ```diff\n", escaped(&plan.file));
            for change in changes.changes() {
                let _ = writeln!(text, "  {} {}", diff_sign(change.action), change.address);
            }
            text.push_str("  ```\n\n  </details>\n");
        }
    }
    text
}

/// A path within HTML.
fn escaped(path: &str) -> String {
    path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(['\n', '\r'], " ")
}

/// What colours a line of a diff.
const fn diff_sign(action: ChangeAction) -> char {
    match action {
        ChangeAction::Create | ChangeAction::Import => '+',
        ChangeAction::Update | ChangeAction::Forget => '!',
        ChangeAction::Replace | ChangeAction::Delete => '-',
    }
}

fn text(plans: &[Planned], output: &Output) -> String {
    let mut text = String::new();
    for plan in plans {
        let _ = writeln!(text, "{}{}: {}", plan.tenant, plan.intent.in_words(), plan.preview.changes);
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
