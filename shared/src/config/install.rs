//! What `install-plugins` needs.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::variables as var;

/// How plugins are installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallConfig {
    /// Where the request is, unless an argument says it.
    pub request: Option<String>,
    /// A storage sandbox's URL; `None`: Google.
    pub endpoint: Option<String>,
    /// A WordPress of its own, over the site's database.
    pub site: PathBuf,
    /// The file with the password of its database, which PHP reads; here it is read so that nothing repeats it.
    pub secret: Option<PathBuf>,
    /// PHP's command-line program.
    pub php: PathBuf,
    /// Where archives and bundles lie on their way.
    pub bundles: PathBuf,
    /// What the activation of one plugin may take.
    pub step: Duration,
    /// What one answer of the site may take.
    pub probe: Duration,
    /// How long to wait for another run on the same site.
    pub wait: Duration,
}

impl InstallConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let [request, endpoint, secret] =
            [var::INSTALL_REQUEST, var::ENDPOINT, var::SECRET_FILE].map(|variable| reader.optional(variable));
        let secret = secret.map(PathBuf::from);
        let [site, php, bundles] =
            [var::SITE, var::PHP, var::BUNDLES].map(|variable| reader.text(variable).map(PathBuf::from));
        let [step, probe, wait] = [var::STEP_SECONDS, var::PROBE_SECONDS, var::SITE_WAIT]
            .map(|variable| reader.parsed(variable).map(Duration::from_secs));
        let (site, php, bundles) = (site?, php?, bundles?);
        Some(Self { request, endpoint, site, secret, php, bundles, step: step?, probe: probe?, wait: wait? })
    }
}
