//! How a definition is written, and how that is told from a media type or a file name.

use serde::{Deserialize, Serialize};

/// How a definition is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// YAML 1.2, one document, no anchors.
    Yaml,
    /// JSON, RFC 8259.
    Json,
}

impl Format {
    /// From a `Content-Type` or one media range of an `Accept`: parameters and case do not matter. `None` for a type that
    /// is neither YAML (RFC 9512 and what was used before it) nor JSON.
    pub fn of_media_type(text: &str) -> Option<Self> {
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (kind, subtype) = essence.split_once('/')?;
        match (kind, subtype) {
            ("application" | "text", "yaml" | "x-yaml" | "vnd.yaml") => Some(Self::Yaml),
            ("application" | "text", "json") => Some(Self::Json),
            ("application", other) if other.len() > 5 && other.ends_with("+yaml") => Some(Self::Yaml),
            ("application", other) if other.len() > 5 && other.ends_with("+json") => Some(Self::Json),
            _ => None,
        }
    }

    /// From a file or object name, by its extension: `.yaml`, `.yml` or `.json`, in lower case. `None` for another, and
    /// for a name that is nothing but an extension.
    pub fn of_file_name(name: &str) -> Option<Self> {
        let file = name.rsplit('/').next().unwrap_or_default();
        let (stem, extension) = file.rsplit_once('.')?;
        match extension {
            _ if stem.is_empty() => None,
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The media type to answer with.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Yaml => "application/yaml",
            Self::Json => "application/json",
        }
    }

    /// The extension of a new file, without a dot.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for yaml in ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "TEXT/YAML; charset=utf-8"] {
            assert_eq!(Format::of_media_type(yaml), Some(Format::Yaml), "{yaml}");
        }
        for json in ["application/json", " application/json;q=0.5", "application/vnd.aipress.tenant+json"] {
            assert_eq!(Format::of_media_type(json), Some(Format::Json), "{json}");
        }
        for other in ["", "yaml", "text/plain", "application/+json", "*/*", "image/yaml", "application/jsonp"] {
            assert_eq!(Format::of_media_type(other), None, "{other}");
        }
    }

    #[test]
    fn file_names() {
        for (name, expected) in [
            ("acme.yaml", Some(Format::Yaml)),
            ("tenants/acme.yml", Some(Format::Yaml)),
            ("acme.json", Some(Format::Json)),
            ("a.b/acme", None),
            (".yaml", None),
            ("acme.yaml~", None),
            ("acme.YAML", None),
            ("acme.txt", None),
        ] {
            assert_eq!(Format::of_file_name(name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_said_is_understood() {
        for format in [Format::Yaml, Format::Json] {
            assert_eq!(Format::of_media_type(format.media_type()), Some(format));
            assert_eq!(Format::of_file_name(&format!("acme.{}", format.extension())), Some(format));
        }
    }
}
