//! The OpenAPI document.

/// The document, pretty JSON.
pub fn text() -> &'static str {
    "{}\n"
}
