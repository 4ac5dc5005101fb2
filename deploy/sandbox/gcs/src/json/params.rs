//! Query parameters and path segments as types of the store.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use http::HeaderMap;
use http::request::Parts;

use crate::store::{Error, Generation, ListQuery, PageToken, Preconditions, Target};

use super::failure::Refused;

/// The query of a request.
#[derive(Debug, Default)]
pub(super) struct Params(HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let query = Query::<HashMap<String, String>>::from_request_parts(parts, state).await;
        query.map(|Query(map)| Self(map)).map_err(|e| Error::Invalid(e.body_text()).into())
    }
}

impl Params {
    /// A parameter's text; empty counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A parameter as a value.
    pub(super) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, Error> {
        let parse =
            |text: &str| text.parse().map_err(|_| Error::Invalid(format!("Invalid value for {name}: '{text}'")));
        self.text(name).map(parse).transpose()
    }

    /// A switch: `true` or not.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.text(name) == Some("true")
    }

    /// The preconditions of the JSON API.
    pub(super) fn preconditions(&self) -> Result<Preconditions, Error> {
        Ok(Preconditions {
            generation_is: self.value("ifGenerationMatch")?,
            generation_is_not: self.value("ifGenerationNotMatch")?,
            metageneration_is: self.value("ifMetagenerationMatch")?,
            metageneration_is_not: self.value("ifMetagenerationNotMatch")?,
        })
    }

    /// The same for the source of a copy.
    pub(super) fn source_preconditions(&self) -> Result<Preconditions, Error> {
        Ok(Preconditions {
            generation_is: self.value("ifSourceGenerationMatch")?,
            generation_is_not: self.value("ifSourceGenerationNotMatch")?,
            metageneration_is: self.value("ifSourceMetagenerationMatch")?,
            metageneration_is_not: self.value("ifSourceMetagenerationNotMatch")?,
        })
    }

    /// The generation that parameter `name` asks for.
    pub(super) fn generation(&self, name: &str) -> Result<Option<Generation>, Error> {
        Ok(self.value(name)?.map(Generation::new))
    }

    /// The object a request is about.
    pub(super) fn target(&self, object: &str) -> Result<Target, Error> {
        Ok(Target {
            name: object.parse()?,
            generation: self.generation("generation")?,
            preconditions: self.preconditions()?,
        })
    }

    /// What is to be listed.
    pub(super) fn listing(&self) -> Result<ListQuery, Error> {
        for unsupported in ["matchGlob", "filter"] {
            if self.text(unsupported).is_some() {
                return Err(Error::Invalid(format!(
                    "This server has no '{unsupported}': list by prefix and delimiter."
                )));
            }
        }
        let text = |name| self.text(name).unwrap_or_default().to_owned();
        Ok(ListQuery {
            prefix: text("prefix"),
            delimiter: text("delimiter"),
            include_trailing_delimiter: self.is_set("includeTrailingDelimiter"),
            start: text("startOffset"),
            end: text("endOffset"),
            versions: self.is_set("versions"),
            page_size: self.value("maxResults")?.unwrap_or(0),
            token: PageToken::decode(self.text("pageToken").unwrap_or_default())?,
        })
    }
}

/// The preconditions of the XML API, which are headers.
pub(super) fn xml_preconditions(headers: &HeaderMap) -> Result<Preconditions, Error> {
    let value = |name: &str| {
        let parse = |value: &http::HeaderValue| {
            let number = value.to_str().ok().and_then(|text| text.parse().ok());
            number.ok_or_else(|| Error::Invalid(format!("Invalid value for {name}: {value:?}")))
        };
        headers.get(name).map(parse).transpose()
    };
    Ok(Preconditions {
        generation_is: value("x-goog-if-generation-match")?,
        generation_is_not: None,
        metageneration_is: value("x-goog-if-metageneration-match")?,
        metageneration_is_not: None,
    })
}
