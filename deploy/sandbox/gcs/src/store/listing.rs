//! Listing a bucket, page by page, in the byte order of names: a pure function of the index.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{Error, Generation, Object, ObjectName, Versions};

/// The cloud's limit for objects and prefixes on one page; also the default.
pub(super) const LARGEST_PAGE: usize = 1000;

/// What to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListQuery {
    /// Names start with it.
    pub prefix: String,
    /// Names that contain it behind the prefix are folded into one prefix up to it; empty: nothing is folded.
    pub delimiter: String,
    /// Names that end with the delimiter are listed as objects too.
    pub include_trailing_delimiter: bool,
    /// Names are at or behind this one.
    pub start: String,
    /// Names are before this one; empty: no end.
    pub end: String,
    /// Archived versions too, oldest first within a name.
    pub versions: bool,
    /// At most this many objects and prefixes; 0 or more than [`LARGEST_PAGE`] is [`LARGEST_PAGE`].
    pub page_size: usize,
    /// Where an earlier page ended.
    pub token: Option<PageToken>,
}

/// One page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Page {
    /// In order.
    pub objects: Vec<Arc<Object>>,
    /// In order.
    pub prefixes: Vec<String>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<PageToken>,
}

/// The last thing on a page; opaque on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PageToken {
    /// An object.
    Object(String, Generation),
    /// A prefix.
    Prefix(String),
}

impl PageToken {
    /// The text clients hand back.
    pub(crate) fn encode(&self) -> String {
        // Two strings and a number always become JSON.
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads what [`PageToken::encode`] wrote; empty text is no token.
    pub(crate) fn decode(text: &str) -> Result<Option<Self>, Error> {
        if text.is_empty() {
            return Ok(None);
        }
        let bad = || Error::Invalid(format!("'{text}' is not a page token of this server"));
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        serde_json::from_slice(&bytes).map(Some).map_err(|_| bad())
    }

    /// Whether what the token stands for, or something before it, covers this object.
    fn covers(&self, object: &Object) -> bool {
        let name = object.name.as_str();
        match self {
            Self::Object(last, generation) => (name, object.generation) <= (last.as_str(), *generation),
            Self::Prefix(last) => name.starts_with(last.as_str()) || name < last.as_str(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Object(name, _) | Self::Prefix(name) => name,
        }
    }
}

/// Cuts the page `query` asks for out of the index.
pub(super) fn page(index: &BTreeMap<ObjectName, Versions>, query: &ListQuery) -> Page {
    let size = match query.page_size {
        0 => LARGEST_PAGE,
        wanted => wanted.min(LARGEST_PAGE),
    };
    let mut page = Page::default();
    let mut last = None;
    for object in candidates(index, query) {
        let folded = fold(object.name.as_str(), query);
        if let Some(prefix) = &folded
            && page.prefixes.last() == Some(prefix)
        {
            continue;
        }
        if page.objects.len() + page.prefixes.len() >= size {
            page.next = last;
            return page;
        }
        if let Some(prefix) = folded {
            last = Some(PageToken::Prefix(prefix.clone()));
            page.prefixes.push(prefix);
        } else {
            last = Some(PageToken::Object(object.name.to_string(), object.generation));
            page.objects.push(Arc::clone(object));
        }
    }
    page
}

fn candidates<'a>(
    index: &'a BTreeMap<ObjectName, Versions>,
    query: &'a ListQuery,
) -> impl Iterator<Item = &'a Arc<Object>> {
    let after = query.token.as_ref().map_or("", PageToken::name);
    let from = query.prefix.as_str().max(&query.start).max(after);
    // The empty string is no object name, and sorts before all of them.
    let lower = from.parse().map_or(Bound::Unbounded, Bound::<ObjectName>::Included);
    index
        .range((lower, Bound::Unbounded))
        .take_while(|(name, _)| {
            let name = name.as_str();
            name.starts_with(&query.prefix) || name < query.prefix.as_str()
        })
        .take_while(|(name, _)| query.end.is_empty() || name.as_str() < query.end.as_str())
        .filter(|(name, _)| name.as_str().starts_with(&query.prefix))
        .flat_map(|(_, versions)| versions.all())
        .filter(|object| query.versions || object.archived.is_none())
        .filter(|object| !query.token.as_ref().is_some_and(|token| token.covers(object)))
}

/// The prefix a name is folded into, if it is.
fn fold(name: &str, query: &ListQuery) -> Option<String> {
    if query.delimiter.is_empty() {
        return None;
    }
    let rest = &name[query.prefix.len()..];
    let at = rest.find(&query.delimiter)?;
    let end = query.prefix.len() + at + query.delimiter.len();
    if query.include_trailing_delimiter && end == name.len() {
        return None;
    }
    Some(name[..end].to_owned())
}
