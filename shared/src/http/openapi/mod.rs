//! The `OpenAPI` 3.1 document: [`endpoints`] says what can be asked and what is answered, [`schemas`] what both look like.
//! Every answer of the route tests is held against it, so it cannot say less or other than the code does.

mod document;
mod endpoints;
mod fleet;
mod schemas;
mod words;

use std::sync::LazyLock;

#[cfg(test)]
pub(in crate::http) mod check;

static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", document::document()));

/// The document: pretty JSON, keys sorted, one newline at the end.
pub fn text() -> &'static str {
    &TEXT
}
