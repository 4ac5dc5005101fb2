//! Lays the provider out for Terraform: a filesystem mirror, and the CLI configuration that names it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The registries whose addresses Terraform and `OpenTofu` expand `hashicorp/google` to.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];
/// Type and version of what we stand in for.
const PROVIDERS: [(&str, &str); 2] = [("google", "7.45.0"), ("random", "3.9.0")];

/// Installs the provider binary under `into` and answers the path of the CLI configuration to run Terraform with
/// (`TF_CLI_CONFIG_FILE`). The configuration allows no other source, so nothing touches the network.
///
/// Terraform's lock files hold a hash of the binary: after installing another one, delete `.terraform.lock.hcl`.
pub fn install(provider_binary: &Path, into: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(into)?;
    let into = into.canonicalize()?;
    let mirror = into.join("mirror");
    for registry in REGISTRIES {
        for (provider, version) in PROVIDERS {
            let folder = mirror.join(registry).join("hashicorp").join(provider).join(version).join(platform());
            fs::create_dir_all(&folder)?;
            place(provider_binary, &folder.join(format!("terraform-provider-{provider}_v{version}_x5")))?;
        }
    }
    let config = into.join("terraform.rc");
    let text = format!(
        "disable_checkpoint = true\n\nprovider_installation {{\n  filesystem_mirror {{\n    path = {}\n  }}\n}}\n",
        serde_json::Value::from(mirror.to_string_lossy())
    );
    fs::write(&config, text)?;
    Ok(config)
}

/// Links where it can, copies where it must. Replaced by a rename, since the old one may be running.
fn place(binary: &Path, target: &Path) -> io::Result<()> {
    let staged = target.with_extension(format!("{}", std::process::id()));
    if fs::hard_link(binary, &staged).is_err() {
        fs::copy(binary, &staged)?;
    }
    // Renaming one link of a file onto another does nothing, not even remove the first.
    fs::remove_file(target).or_else(
        |error| {
            if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
        },
    )?;
    fs::rename(&staged, target)
}

/// Terraform's name for this platform.
fn platform() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}_{architecture}")
}
