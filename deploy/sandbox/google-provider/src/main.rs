//! A Terraform provider that stands in for hashicorp/google and hashicorp/random; see the library.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use sandbox_google_provider::provider::Provider;
use sandbox_google_provider::schema::ProviderName;
use sandbox_google_provider::{install, rpc};

/// What go-plugin tells a plugin, so that nobody starts one by hand.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

const USAGE: &str = "This is a Terraform provider: Terraform starts it.\n\n\
    sandbox-google-provider --install DIR   lay it out in DIR and print the CLI configuration to use\n";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let done = match arguments.as_slice() {
        [flag, into] if flag == "--install" => lay_out(Path::new(into)),
        [] if variable(COOKIE.0).is_some_and(|value| value == COOKIE.1) => serve(),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the only place to say it")]
            {
                eprintln!("{error}");
            }
            ExitCode::FAILURE
        }
    }
}

fn lay_out(into: &Path) -> Result<(), Box<dyn Error>> {
    let config = install(&std::env::current_exe()?, into)?;
    #[expect(clippy::print_stdout, reason = "the answer to the person who asked")]
    {
        println!("{}", config.display());
    }
    Ok(())
}

fn serve() -> Result<(), Box<dyn Error>> {
    let started_as = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let started_as = started_as.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = match started_as {
        random if random.starts_with("terraform-provider-random") => ProviderName::Random,
        _ => ProviderName::Google,
    };
    let provider = Provider::new(name, variable("SANDBOX_CLOUD_DIR").map(PathBuf::from))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(rpc::serve(provider, &std::env::temp_dir()))?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this binary is its own program, started by Terraform")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
