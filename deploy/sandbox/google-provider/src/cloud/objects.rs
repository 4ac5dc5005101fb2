//! Objects as files: a creation is exclusive, a write atomic, and what cannot be read is an error.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json};

use super::{CloudError, digest};
use crate::value::{Fields, Value};

/// Where the file keeps what is no attribute: a sealed payload, a counter.
const OWN: &str = "_sandbox";
/// A file name holds 255 bytes; what is longer ends in its digest.
const LONGEST: usize = 200;
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// The folder of all objects.
#[derive(Clone, Debug)]
pub struct Cloud {
    pub(super) root: PathBuf,
}

/// One object as the cloud knows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Its attributes and blocks; nothing in here is null.
    pub fields: Fields,
    /// What the sandbox itself remembers about it.
    pub own: Map<String, Json>,
}

impl Cloud {
    /// A cloud in an existing folder.
    pub fn open(root: PathBuf) -> Result<Self, CloudError> {
        let cloud = Self { root };
        cloud.check()?;
        Ok(cloud)
    }

    /// The object of that type and unique name; none when there is none.
    pub fn read(&self, kind: &str, name: &str) -> Result<Option<Object>, CloudError> {
        let path = self.path(kind, name);
        match fs::read_to_string(&path) {
            Ok(text) => parse(&path, &text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // A missing file is a missing object only in a cloud that is there.
                self.check()?;
                Ok(None)
            }
            Err(error) => Err(CloudError::io(path)(error)),
        }
    }

    /// Makes an object that must not exist.
    pub fn create(&self, kind: &str, name: &str, object: &Object) -> Result<(), CloudError> {
        let path = self.path(kind, name);
        let written = self.temporary(&path, object)?;
        // A link fails when its name is taken: the file appears whole or not at all.
        let linked = fs::hard_link(&written, &path);
        fs::remove_file(&written).map_err(CloudError::io(&written))?;
        linked.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => CloudError::Exists { name: name.to_owned() },
            _ => CloudError::io(path)(error),
        })
    }

    /// Replaces an object, or makes it.
    pub fn write(&self, kind: &str, name: &str, object: &Object) -> Result<(), CloudError> {
        let path = self.path(kind, name);
        let written = self.temporary(&path, object)?;
        fs::rename(&written, &path).map_err(CloudError::io(path))
    }

    /// Removes an object; one that is gone is no error.
    pub fn remove(&self, kind: &str, name: &str) -> Result<(), CloudError> {
        let path = self.path(kind, name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(CloudError::io(path)(error)),
            _ => self.check(),
        }
    }

    /// Removes the objects of a type whose unique names begin so.
    pub fn remove_within(&self, kind: &str, prefix: &str) -> Result<(), CloudError> {
        let folder = self.root.join(kind);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(CloudError::io(folder)(error)),
        };
        let prefix = encode(prefix);
        for entry in entries {
            let entry = entry.map_err(CloudError::io(&folder))?;
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                fs::remove_file(entry.path()).map_err(CloudError::io(entry.path()))?;
            }
        }
        Ok(())
    }

    /// Whether a bucket contains anything.
    pub fn bucket_is_empty(&self, bucket: &str) -> Result<bool, CloudError> {
        let path = self.root.join("objects").join(encode(bucket));
        match fs::read_dir(&path) {
            Ok(mut entries) => Ok(entries.next().is_none()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(CloudError::io(path)(error)),
        }
    }

    /// Removes what a bucket contains.
    pub fn empty_bucket(&self, bucket: &str) -> Result<(), CloudError> {
        let path = self.root.join("objects").join(encode(bucket));
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(CloudError::io(path)(error)),
            _ => Ok(()),
        }
    }

    fn path(&self, kind: &str, name: &str) -> PathBuf {
        self.root.join(kind).join(encode(name) + ".json")
    }

    fn check(&self) -> Result<(), CloudError> {
        fs::read_dir(&self.root).map(drop).map_err(CloudError::io(&self.root))
    }

    fn temporary(&self, path: &Path, object: &Object) -> Result<PathBuf, CloudError> {
        let folder = path.parent().unwrap_or(&self.root);
        // The folder of a type is made on demand; the root is not: a lost cloud must not look like an empty one.
        match fs::create_dir(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(CloudError::io(folder)(error));
            }
            _ => {}
        }
        write_temporary(folder, render(object).as_bytes()).map_err(CloudError::io(folder))
    }
}

/// Writes a file nobody else writes, in the folder it is to be moved within.
pub(super) fn write_temporary(folder: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(format!(".{}-{:016x}", std::process::id(), rand::random::<u64>()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    file.write_all(content)?;
    Ok(path)
}

fn encode(name: &str) -> String {
    let encoded = utf8_percent_encode(name, NAME).to_string();
    if encoded.len() <= LONGEST { encoded } else { format!("{}~{}", &encoded[..LONGEST - 20], &digest(name)[..16]) }
}

fn parse(path: &Path, text: &str) -> Result<Object, CloudError> {
    let malformed = |problem: String| CloudError::Malformed { path: path.to_owned(), problem };
    let json: Json = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
    let Json::Object(mut fields) = json else {
        return Err(malformed("it is not an object".into()));
    };
    let own = match fields.remove(OWN) {
        Some(Json::Object(own)) => own,
        _ => Map::new(),
    };
    Ok(Object { fields: Value::from(Json::Object(fields)).into_fields(), own })
}

fn render(object: &Object) -> String {
    let mut json: Map<String, Json> = object
        .fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), without_nulls(value)))
        .collect();
    if !object.own.is_empty() {
        json.insert(OWN.to_owned(), Json::Object(object.own.clone()));
    }
    format!("{:#}\n", Json::Object(json))
}

fn without_nulls(value: &Value) -> Json {
    match value {
        Value::Map(fields) => Json::Object(
            fields
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect(),
        ),
        Value::List(elements) => Json::Array(elements.iter().map(without_nulls).collect()),
        other => Json::from(other),
    }
}
