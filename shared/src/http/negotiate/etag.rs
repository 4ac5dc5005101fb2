//! Entity tags (RFC 9110 §8.8.3, §13.1). A tenant's tag is its definition's generation in quotes.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, header};

use crate::http::problem::{Problem, kinds};
use crate::store::Generation;
use crate::tenants::IfMatch;

/// A definition's entity tag.
pub fn entity_tag(generation: Generation) -> String {
    format!("\"{generation}\"")
}

/// The definitions a request with `If-Match` is meant for; without the header, whichever is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// No header, or `*`.
    Any,
    /// One of these. May be empty: the caller has seen none that we gave out.
    OneOf(Vec<Generation>),
}

/// No store gives this generation out: GCS counts in 63 bits.
const NONE: u64 = u64::MAX;

impl Expected {
    /// What to ask for first.
    pub fn first(&self) -> IfMatch {
        match self {
            Self::Any => IfMatch::Any,
            Self::OneOf(known) => {
                known.first().copied().or(Generation::new(NONE)).map_or(IfMatch::Any, IfMatch::Generation)
            }
        }
    }

    /// What to ask for after the first was refused because `current` is there; `None` if that was not expected either.
    pub fn instead(&self, current: Generation) -> Option<IfMatch> {
        match self {
            Self::OneOf(known) if known.contains(&current) => Some(IfMatch::Generation(current)),
            Self::Any | Self::OneOf(_) => None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Expected {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if_match(&parts.headers)
    }
}

fn if_match(headers: &HeaderMap) -> Result<Expected, Problem> {
    if !headers.contains_key(header::IF_MATCH) {
        return Ok(Expected::Any);
    }
    let malformed = || {
        let detail = "If-Match is '*' or entity tags as GET answers them in ETag, such as \"1712345678901234\"";
        Problem::new(kinds::INVALID_PRECONDITION, detail)
    };
    match tags(headers, &header::IF_MATCH).ok_or_else(malformed)? {
        Tags::Any => Ok(Expected::Any),
        // A tag we never gave out, or a weak one, is of no definition: the comparison must be strong.
        Tags::These(tags) => {
            let known = |tag: &Tag| if tag.weak { None } else { Generation::new(tag.opaque.parse().ok()?) };
            Ok(Expected::OneOf(tags.iter().filter_map(known).collect()))
        }
    }
}

/// Whether `If-None-Match` names this tag: then the caller has it already. One that cannot be read names nothing.
pub fn none_match(headers: &HeaderMap, tag: &str) -> bool {
    match tags(headers, &header::IF_NONE_MATCH) {
        Some(Tags::Any) => true,
        // The comparison is weak: `W/` does not matter.
        Some(Tags::These(tags)) => tags.iter().any(|known| tag.trim_matches('"') == known.opaque),
        None => false,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Tags {
    Any,
    These(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    opaque: String,
}

/// `None`: not there, or not what the RFC's grammar allows.
fn tags(headers: &HeaderMap, name: &http::HeaderName) -> Option<Tags> {
    let values: Option<Vec<&str>> = headers.get_all(name).iter().map(|value| value.to_str().ok()).collect();
    let text = values?.join(",");
    if text.trim() == "*" {
        return Some(Tags::Any);
    }
    // Our tags hold digits, and a comma inside another's tag would only make that one unreadable.
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let tags: Vec<Tag> = parts.map(tag).collect::<Option<_>>()?;
    (!tags.is_empty()).then_some(Tags::These(tags))
}

fn tag(text: &str) -> Option<Tag> {
    let (weak, quoted) = text.strip_prefix("W/").map_or((false, text), |rest| (true, rest));
    let opaque = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let fits = opaque.bytes().all(|b| b == 0x21 || (0x23..=0x7e).contains(&b));
    fits.then(|| Tag { weak, opaque: opaque.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(value: &str) -> Option<Expected> {
        if_match(&[(header::IF_MATCH, value.parse().unwrap())].into_iter().collect()).ok()
    }

    #[test]
    fn if_match_is_read_strictly() {
        let of = |numbers: &[u64]| {
            Some(Expected::OneOf(numbers.iter().filter_map(|number| Generation::new(*number)).collect()))
        };
        for (value, wanted) in [
            ("*", Some(Expected::Any)),
            ("\"7\"", of(&[7])),
            ("\"7\", \"8\"", of(&[7, 8])),
            ("\"seven\"", of(&[])),
            ("\"0\"", of(&[])),
            ("W/\"7\"", of(&[])),
            ("7", None),
            ("\"7", None),
            ("", None),
            (",", None),
            ("\"7\" \"8\"", None),
            ("*, \"7\"", None),
        ] {
            assert_eq!(expected(value), wanted, "{value}");
        }
        assert_eq!(if_match(&HeaderMap::new()).unwrap(), Expected::Any);
    }

    #[test]
    fn a_tag_of_nothing_matches_nothing() {
        let nothing = Expected::OneOf(Vec::new());
        assert_eq!(nothing.first(), IfMatch::Generation(Generation::new(NONE).unwrap()));
        assert_eq!(nothing.instead(Generation::new(7).unwrap()), None);
    }

    #[test]
    fn if_none_match_compares_weakly() {
        for (value, known) in
            [("\"7\"", true), ("W/\"7\"", true), ("*", true), ("\"8\", \"7\"", true), ("\"8\"", false), ("7", false)]
        {
            let headers = [(header::IF_NONE_MATCH, value.parse().unwrap())].into_iter().collect();
            assert_eq!(none_match(&headers, "\"7\""), known, "{value}");
        }
    }
}
