//! What a newcomer sees first: where everything is, and what to try next.

use std::fmt;
use std::path::Path;

/// Where everything is.
pub(crate) struct Welcome<'a> {
    /// `http://HOST:PORT` of the API.
    pub(crate) api: &'a str,
    /// `http://HOST:PORT` of the storage stand-in.
    pub(crate) storage: &'a str,
    /// Everything that is kept.
    pub(crate) root: &'a Path,
    /// Example definitions that were just uploaded.
    pub(crate) examples: usize,
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { api, storage, root, examples } = self;
        let root = root.display();
        writeln!(f, "\n  Tenants as code, on this machine\n")?;
        writeln!(f, "    API        {api}        (OpenAPI: {api}/openapi.json)")?;
        writeln!(f, "    storage    {storage}        bucket {}", crate::cloud::DEFINITIONS)?;
        writeln!(f, "    kept in    {root}  (the cloud's resources: {root}/cloud, a file each)")?;
        if *examples > 0 {
            writeln!(f, "\n  {examples} example tenants were uploaded and are being made.")?;
        }
        let server = if *api == "http://127.0.0.1:8080" { String::new() } else { format!(" --server {api}") };
        writeln!(f, "\n  Try, in another terminal:\n")?;
        writeln!(f, "    target/debug/tenantctl{server} list")?;
        writeln!(f, "    curl {api}/tenants/acme")?;
        writeln!(f, "    curl -X POST {api}/tenants -H 'Content-Type: application/yaml' --data-binary @my-site.yaml")?;
        writeln!(
            f,
            "    curl --data-binary @my-site.yaml \\\n      \
             '{storage}/upload/storage/v1/b/{}/o?uploadType=media&name=tenants/my-site.yaml'",
            crate::cloud::DEFINITIONS
        )?;
        writeln!(
            f,
            "\n  The README's walk-through goes on from here. Ctrl-C stops it; the next start finds everything.\n"
        )
    }
}
