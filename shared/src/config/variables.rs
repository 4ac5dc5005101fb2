//! Every variable the programs read, and what it is for. `docs/configuration.md` is made from this list.

use std::fmt::Write as _;

/// One variable of the environment.
#[derive(Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is for, one line.
    pub what: &'static str,
    /// What it is without being set.
    pub default: Absent,
    /// Which programs read it.
    pub used_by: &'static str,
}

/// What it means that a variable is not set.
#[derive(Debug, PartialEq, Eq)]
pub enum Absent {
    /// The program does not start.
    Refused,
    /// This value is taken.
    Default(&'static str),
    /// What it is for does not happen.
    Off,
}

macro_rules! variables {
    ($($ident:ident $name:literal $used_by:ident $default:expr, $what:literal;)*) => {
        $(
            #[doc = $what]
            pub const $ident: &Variable = &Variable { name: $name, what: $what, default: $default, used_by: $used_by };
        )*

        /// All of them, in the order of the reference.
        pub const ALL: &[&Variable] = &[$($ident),*];
    };
}

const EVERY: &str = "every function";
const FLEET: &str = "every function but get-tenant";
const WORKERS: &str = "create-, update-, delete- and reconcile-tenant";
const INSTALL: &str = "install-plugins";

variables! {
    PORT "PORT" EVERY Absent::Default("8080"), "Port to listen on; 0 takes any free one.";
    HOST "AIPRESS_HOST" EVERY Absent::Default("0.0.0.0"), "Address to listen on.";
    GRACE "AIPRESS_GRACE_SECONDS" EVERY Absent::Default("2"),
        "Seconds that requests under way may take after SIGTERM before their runs are interrupted.";
    DRAIN "AIPRESS_DRAIN_SECONDS" EVERY Absent::Default("7"),
        "Seconds that interrupted runs have to save their state and answer. Cloud Run kills 10 s after SIGTERM.";
    CONNECTIONS "AIPRESS_CONNECTIONS" EVERY Absent::Default("1000"),
        "Connections at a time; more wait until one ends. Cloud Run sends an instance at most 1,000 requests at once.";
    HEAD "AIPRESS_HEAD_SECONDS" EVERY Absent::Default("30"),
        "Seconds that a connection may be without a request's head, from its beginning or from the last answer; then it is closed.";
    BODY "AIPRESS_BODY_SECONDS" EVERY Absent::Default("30"),
        "Seconds from a request's head until its body must be there; then it is answered 408 and the connection is closed.";
    LOG "AIPRESS_LOG" EVERY Absent::Default("info"), "What is logged: a level, or directives such as `info,tenancy=debug`.";
    PROJECT "AIPRESS_PROJECT" EVERY Absent::Off,
        "Project whose traces log lines name, as Cloud Logging wants it; without it they name the trace alone.";
    OTLP "OTEL_EXPORTER_OTLP_ENDPOINT" EVERY Absent::Off,
        "Base URL of a collector that spans are sent to (OTLP over HTTP, at `/v1/traces`); docs/telemetry.md.";
    OTLP_TRACES "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" EVERY Absent::Off, "The same as a whole URL; counts before the other.";
    LAMBDA "AWS_LAMBDA_RUNTIME_API" EVERY Absent::Off, "Set by Lambda: requests come from its runtime API, not from a socket.";
    AUTH "AIPRESS_AUTH" EVERY Absent::Refused,
        "How callers are known. `iam`: Cloud Run has verified their token. `oidc`: it is verified here. `none`: nobody is asked; for loopback addresses only.";
    CALLERS "AIPRESS_CALLERS" EVERY Absent::Off,
        "Who may call: e-mail addresses, subjects, `*@DOMAIN`, separated by commas; with `iam` also `*`, whoever Cloud Run lets in. Needed with `iam` and `oidc`. Where events, tasks and sweeps arrive, it names their sender.";
    ISSUER "AIPRESS_AUTH_ISSUER" EVERY Absent::Default("https://accounts.google.com"), "Issuer of tokens, with `oidc`.";
    AUDIENCES "AIPRESS_AUTH_AUDIENCES" EVERY Absent::Off, "Audiences of tokens, separated by commas; needed with `oidc`.";
    SERVICE "K_SERVICE" EVERY Absent::Off, "Set by Cloud Run; without it, `iam` is refused.";
    DEFINITIONS "AIPRESS_DEFINITIONS_BUCKET" EVERY Absent::Refused, "Bucket of the definitions; versioned.";
    RECORDS "AIPRESS_RECORDS_BUCKET" EVERY Absent::Refused, "Bucket of status records, leases and operations.";
    ENDPOINT "AIPRESS_STORAGE_ENDPOINT" EVERY Absent::Off, "URL of a storage sandbox, spoken to without credentials; otherwise Google's own.";
    PLATFORM "AIPRESS_PLATFORM" FLEET Absent::Refused, "Path of the platform settings (YAML).";
    PROCESS "K_REVISION" FLEET Absent::Default("local"), "Set by Cloud Run: the revision, by which leases name their holder.";
    TASKS_TOPIC "AIPRESS_TASKS_TOPIC" FLEET Absent::Off,
        "Pub/Sub topic that tasks for reconcile-tenant are published to, `projects/PROJECT/topics/TOPIC`. definition-changed and check-drift need it; without it, the others carry on in their own process what a request does not wait for.";
    PUBSUB_ENDPOINT "AIPRESS_PUBSUB_ENDPOINT" FLEET Absent::Off, "URL of a Pub/Sub emulator, spoken to without credentials; otherwise Google's own.";
    STATE "AIPRESS_STATE_BUCKET" WORKERS Absent::Refused, "Bucket of Terraform's state and locks.";
    MODULE "AIPRESS_MODULE" WORKERS Absent::Refused, "Folder of the root module, `terraform/tenant`.";
    WORK "AIPRESS_WORK" WORKERS Absent::Refused, "Folder for run folders; made if it is not there, emptied by nobody else.";
    TERRAFORM "TERRAFORM_BIN" WORKERS Absent::Default("terraform"), "`terraform` or `tofu`, 1.11 or newer: a path, or a name found in PATH.";
    CLI_CONFIG "TF_CLI_CONFIG_FILE" WORKERS Absent::Off, "Terraform's own configuration: where providers are installed from.";
    LOCK_FILE "AIPRESS_LOCK_FILE" WORKERS Absent::Off, "Dependency lock file that providers are held to; without one, `terraform init` makes its own.";
    PREPARED "AIPRESS_PREPARED" WORKERS Absent::Off, "Folder that an image build initialised; where it still fits, no `terraform init` runs at start.";
    STAGE_JOB "AIPRESS_STAGE_JOB" WORKERS Absent::Off,
        "Cloud Run job that stages plugin bundles, `projects/P/locations/R/jobs/J`; without one no plugin is installed, and the tenant says so.";
    DIRECTORY "AIPRESS_PLUGIN_DIRECTORY" WORKERS Absent::Default("https://api.wordpress.org"),
        "URL of the plugin directory's API.";
    DOWNLOADS "AIPRESS_PLUGIN_DOWNLOADS" WORKERS Absent::Default("https://downloads.wordpress.org"),
        "URL of the plugin directory's archives.";
    PATH "PATH" WORKERS Absent::Off, "Handed to Terraform, and searched for it.";
    HOME "HOME" WORKERS Absent::Off, "Handed to Terraform.";
    TMPDIR "TMPDIR" WORKERS Absent::Off, "Handed to Terraform.";
    INSTALL_REQUEST "AIPRESS_INSTALL_REQUEST" INSTALL Absent::Off, "Address of the request, where no argument names it.";
    SITE "AIPRESS_SITE" INSTALL Absent::Default("/var/www/html"), "Folder of a WordPress of its own, over the site's database; its plugins are replaced.";
    SECRET_FILE "AIPRESS_SECRET_FILE" INSTALL Absent::Off, "File with the password of the site's database. WordPress reads it; here it is read so that nothing a plugin says repeats it.";
    PHP "AIPRESS_PHP" INSTALL Absent::Default("php"), "PHP's command-line program: a path, or a name found in PATH.";
    BUNDLES "AIPRESS_BUNDLES" INSTALL Absent::Default("/tmp/aipress-bundles"), "Folder for archives and bundles on their way; may be emptied between runs.";
    STEP_SECONDS "AIPRESS_STEP_SECONDS" INSTALL Absent::Default("60"), "Seconds that the activation of one plugin may take.";
    PROBE_SECONDS "AIPRESS_PROBE_SECONDS" INSTALL Absent::Default("30"), "Seconds that one answer of the site may take.";
    SITE_WAIT "AIPRESS_SITE_WAIT_SECONDS" INSTALL Absent::Default("300"), "Seconds to wait for another run on the same site.";
}

/// Variables whose names begin so are handed to Terraform as they are: its provider's own settings.
pub const PASSED: [&str; 2] = ["GOOGLE_", "SANDBOX_"];

/// Of those handed on, the ones whose values must appear in no log.
pub const SECRET: [&str; 2] = ["GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN"];

/// The reference, Markdown.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\nEvery variable the functions read. Made from `shared/src/config/variables.rs`; a test holds the \
         two together\n(`UPDATE=1 cargo test -p tenancy config` rewrites this file). A program with a missing or wrong \
         variable says so, for all of\nthem at once, and exits with 1 before it serves.\n\n\
         | variable | for | when not set | read by |\n| --- | --- | --- | --- |\n",
    );
    for Variable { name, what, default, used_by } in ALL {
        let default = match default {
            Absent::Refused => "the program does not start".to_owned(),
            Absent::Default(value) => format!("`{value}`"),
            Absent::Off => "–".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "| `{name}` | {what} | {default} | {used_by} |");
    }
    let passed = PASSED.map(|prefix| format!("`{prefix}*`")).join(" and ");
    let _ = write!(
        text,
        "\nVariables named {passed} are handed to Terraform unchanged, for its provider. It gets no other variable.\n"
    );
    text
}
