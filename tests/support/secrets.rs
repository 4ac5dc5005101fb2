//! Secrets that are looked for: in every form they travel in, in all that is kept, in all that processes are started with.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::pubsub::base64;

/// A secret as it stands, in base64, in a URL and in JSON.
pub fn forms_of_secret(secret: &str) -> BTreeSet<String> {
    let escaped = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    let in_json = serde_json::Value::from(secret).to_string();
    [
        secret.to_owned(),
        base64(secret.as_bytes()).trim_end_matches('=').to_owned(),
        base64(secret.as_bytes()).trim_end_matches('=').replace('+', "-").replace('/', "_"),
        secret.bytes().map(escaped).collect(),
        in_json.trim_matches('"').to_owned(),
    ]
    .into()
}

/// Notes what every process of this machine was started with, again and again: its `cmdline`, its `environ`.
pub async fn watch_processes(seen: &mut BTreeSet<String>, what: &[&str]) {
    loop {
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            for what in what {
                let Ok(list) = std::fs::read(process.path().join(what)) else { continue };
                seen.insert(String::from_utf8_lossy(&list).replace('\0', " "));
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Every file, with what is in it.
pub struct Kept(Vec<(PathBuf, Vec<u8>)>);

impl Kept {
    /// All that lies below a folder.
    pub fn below(folder: &Path) -> Self {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(content) = std::fs::read(&path) {
                    found.push((path, content));
                }
            }
        }
        Self(found)
    }

    /// Leaves out files where a secret may be: its owner put it there.
    pub fn forget(&mut self, may_hold: impl Fn(&Path) -> bool) {
        self.0.retain(|(file, _)| !may_hold(file));
    }

    /// The files that hold a text.
    pub fn holding(&self, text: &str) -> Vec<&PathBuf> {
        let finder = memchr::memmem::Finder::new(text);
        self.0.iter().filter(|(_, content)| finder.find(content).is_some()).map(|(path, _)| path).collect()
    }
}
