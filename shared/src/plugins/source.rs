//! Where a file lies that a process fetches: on the web, in a bucket, on this machine.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::store::ObjectName;

/// A file's address: `https://…`, `gs://BUCKET/OBJECT` or `file:///…`. Without TLS only this machine is spoken to. It is kept
/// and shown wherever a lock is, so it holds no user and no password.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// On the web: the whole URL.
    Web(String),
    /// In a bucket.
    Object {
        /// The bucket.
        bucket: String,
        /// The object.
        name: ObjectName,
    },
    /// On this machine.
    File(PathBuf),
}

/// The text is no address of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no file's address: https://…, gs://BUCKET/OBJECT or file:///…")]
pub struct InvalidSource(pub(super) String);

/// Addresses of this machine, where a stand-in may answer without TLS.
const LOOPBACK: [&str; 3] = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];

impl FromStr for Source {
    type Err = InvalidSource;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidSource(text.to_owned());
        let plain = !text.is_empty() && text.len() <= 2048 && !text.chars().any(|c| c.is_control() || c == ' ');
        if !plain {
            return Err(invalid());
        }
        if names_a_user(text) {
            return Err(InvalidSource("(hidden: it names a user)".to_owned()));
        }
        if let Some(object) = text.strip_prefix("gs://") {
            let (bucket, name) = object.split_once('/').filter(|(bucket, _)| !bucket.is_empty()).ok_or_else(invalid)?;
            let name = ObjectName::new(name).map_err(|_| invalid())?;
            return Ok(Self::Object { bucket: bucket.to_owned(), name });
        }
        if let Some(path) = text.strip_prefix("file://").filter(|path| path.starts_with('/')) {
            return Ok(Self::File(path.into()));
        }
        let host = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        if host || LOOPBACK.iter().any(|here| text.starts_with(here)) {
            Ok(Self::Web(text.to_owned()))
        } else {
            Err(invalid())
        }
    }
}

/// `scheme://user…@host`.
pub(crate) fn names_a_user(text: &str) -> bool {
    let authority = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    authority.is_some_and(|authority| authority.contains('@'))
}

impl Source {
    /// For a message: without a query, which may hold a signature.
    pub fn told(&self) -> String {
        let mut text = self.to_string();
        if let (Self::Web(_), Some((before, _))) = (self, text.split_once('?')) {
            text.truncate(before.len());
        }
        text
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => f.write_str(url),
            Self::Object { bucket, name } => write!(f, "gs://{bucket}/{name}"),
            Self::File(path) => write!(f, "file://{}", path.display()),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = InvalidSource;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn addresses_that_are_and_are_not() {
        for good in [
            "https://downloads.wordpress.org/plugin/hello-dolly.1.7.2.zip",
            "http://127.0.0.1:8080/one.zip",
            "gs://artifacts/archives/one.zip",
            "file:///srv/one.zip",
        ] {
            assert_eq!(good.parse::<Source>().map(|source| source.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "one.zip",
            "http://plugins.example/one.zip",
            "https:///x",
            "gs://bucket",
            "gs:///x",
            "file://x",
            "https://a b/",
        ] {
            assert!(bad.parse::<Source>().is_err(), "{bad}");
        }
        for secret in
            ["https://ann:hunter2@mirror.example/one.zip", "https://hunter2@mirror.example", "gs://hunter2@b/o"]
        {
            assert!(!secret.parse::<Source>().unwrap_err().to_string().contains("hunter2"), "{secret}");
        }
        assert!("https://mirror.example/one@2.zip".parse::<Source>().is_ok());
        let signed: Source = "https://mirror.example/one.zip?X-Goog-Signature=hunter2".parse().unwrap();
        assert_eq!(signed.told(), "https://mirror.example/one.zip");
        assert_eq!("gs://b/what?.zip".parse::<Source>().unwrap().told(), "gs://b/what?.zip");
    }
}
