//! The commands, one file each: ask the API or the files, show the result, say how it ended.

mod apply;
mod approve;
mod changed;
mod delete;
mod drift;
mod fleet;
mod get;
mod history;
mod list;
mod logs;
mod plan;
mod rollback;
mod rollout;
mod sync;
mod top;
mod undelete;
mod upgrade_plugins;
mod validate;

use clap::CommandFactory as _;
use serde_json::Value;
use tenancy::tenant::SCHEMA;

use crate::api::Api;
use crate::args::{Arguments, Command, FollowArguments, Global};
use crate::exit::{Exit, Failure};
use crate::files::{Defined, collect};
use crate::output::{Output, print};
use crate::settings::Environment;
use crate::work::execute::Worker;
use crate::work::outcome::{Outcome, Report};
use crate::work::{Job, Source};

/// Items asked for at once: the most the API gives.
const PAGE: &str = "1000";

/// What a command that talks to the API works with.
struct Context<'a> {
    api: Api,
    output: &'a Output,
}

/// Does what was typed.
pub(crate) async fn run(arguments: Arguments, environment: Environment, output: &Output) -> Result<Exit, Failure> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Validate { paths } => validate::run(&paths, output),
        Command::Changed(range) => changed::run(&range, output).await,
        Command::Schema => Ok(print(SCHEMA).map(|()| Exit::Ok)?),
        Command::Completions { shell } => completions(shell),
        online => with_api(online, &context(&global, environment, output)?).await,
    }
}

async fn with_api(command: Command, context: &Context<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Plan { paths, range, parallel } => plan::run(&paths, &range, parallel, context).await,
        Command::Apply { paths, follow } => apply::run(&paths, &follow, context).await,
        Command::Get { tenant } => get::run(&tenant, context).await,
        Command::List { phase, drifted } => list::run(phase.as_deref(), drifted, context).await,
        Command::Fleet => fleet::run(context).await,
        Command::Top { every } => top::run(every, context).await,
        Command::Drift => drift::run(context).await,
        Command::Rollout { action } => rollout::run(action, context).await,
        Command::Delete { tenant, yes, force, follow } => delete::run(&tenant, yes, force, &follow, context).await,
        Command::Approve { tenant, digest, follow } => approve::run(&tenant, digest, &follow, context).await,
        Command::Undelete { tenant, follow } => undelete::run(&tenant, &follow, context).await,
        Command::History { tenant, definitions: true, .. } => history::definitions(&tenant, context).await,
        Command::History { tenant, limit, .. } => history::operations(&tenant, limit, context).await,
        Command::Logs { tenant, operation, follow } => logs::run(&tenant, operation, follow, context).await,
        Command::Rollback { tenant, to, follow } => rollback::run(&tenant, to, &follow, context).await,
        Command::UpgradePlugins { tenant, follow } => upgrade_plugins::run(&tenant, &follow, context).await,
        Command::Sync(arguments) => sync::run(&arguments, context).await,
        // `run` keeps these to itself: they need no API.
        Command::Validate { .. } | Command::Changed(_) | Command::Schema | Command::Completions { .. } => Ok(Exit::Ok),
    }
}

fn context<'a>(global: &Global, environment: Environment, output: &'a Output) -> Result<Context<'a>, Failure> {
    let token = environment.token(global)?;
    let api = Api::new(&global.server, token.as_ref(), global.request_timeout)?;
    Ok(Context { api, output })
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tenantctl", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}

/// Reads and checks definition files of the work tree.
fn definitions(paths: &[std::path::PathBuf]) -> Result<Vec<Defined>, Failure> {
    let files = collect(paths)?;
    let count = files.len();
    crate::files::check(files).map_err(|problems| Failure::Definitions { problems, files: count })
}

fn source(defined: &Defined) -> Source {
    Source { bytes: defined.source.clone(), format: defined.format }
}

impl Context<'_> {
    /// Every item of a paged list.
    async fn every_page(&self, path: &str, mut query: Vec<(&str, String)>) -> Result<Vec<Value>, Failure> {
        let mut items = Vec::new();
        query.push(("limit", PAGE.to_owned()));
        let filters = query.len();
        loop {
            let listed = self.api.page(path, &query).await?;
            items.extend(listed.items);
            let Some(token) = listed.next_page_token else { return Ok(items) };
            query.truncate(filters);
            query.push(("pageToken", token));
        }
    }

    async fn work(&self, jobs: Vec<Job>, follow: &FollowArguments) -> Vec<Outcome> {
        let worker = Worker { api: &self.api, follow, progress: self.output.progress() };
        worker.work(jobs).await
    }

    /// Shows what came of work, and says what went wrong.
    fn report(&self, report: &Report) -> Result<(), Failure> {
        self.output.show(report, || self.output.table(&report.table()))?;
        report.complaints().iter().for_each(|complaint| self.output.complain(complaint));
        self.output.note(&report.in_short());
        Ok(())
    }
}
