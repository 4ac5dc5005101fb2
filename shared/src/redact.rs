//! Keeps secrets out of what programs that know them said: by known value, and by the shapes secrets come in.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::tenant::issued_secrets;

/// What stands where a secret stood.
const MASK: &str = "(redacted)";
/// Shorter values would mask half of every text.
const SHORTEST_SECRET: usize = 6;
/// What introduces a token or a password, in lower case. A name may go on before it: `DB_PASSWORD=`, `x-goog-signature=`.
const INTRODUCERS: [&str; 22] = [
    "bearer ",
    "authorization: basic ",
    "password=",
    "password = ",
    "password: ",
    "password\":",
    "password\\\":",
    "passwd=",
    "passphrase=",
    "secret=",
    "secret\":",
    "secret\\\":",
    "token=",
    "token = ",
    "token\":",
    "token\\\":",
    "api_key=",
    "apikey=",
    "api-key: ",
    "access_key=",
    "signature=",
    "private_key\":",
];
/// Google's access tokens begin so.
const ACCESS_TOKEN: &str = "ya29.";
/// What is escaped in a query (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const KEY_BEGIN: &str = "-----BEGIN ";
const KEY_MARK: &str = "PRIVATE KEY-----";

/// Masks secrets in text. Idempotent. Clones learn together: what is sensitive in the state of a run is masked in all that
/// the run says.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<BTreeSet<String>>>,
}

impl Redactor {
    /// One that knows these values.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let redactor = Self::default();
        redactor.learn(secrets);
        redactor
    }

    /// Another one that knows the same: what it learns stays with it.
    pub(crate) fn apart(&self) -> Self {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        Self { known: Arc::new(RwLock::new(known)) }
    }

    /// Masks these values from now on, and what they are in the encodings that errors quote requests in. A value of several
    /// lines is masked line by line too.
    pub(crate) fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            let parts = std::iter::once(secret).chain(secret.lines()).map(str::trim);
            for part in parts.filter(|part| part.len() >= SHORTEST_SECRET) {
                known.extend(encodings(part));
                known.insert(part.to_owned());
            }
        }
    }

    /// The text without its secrets.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // Longest first: a secret that holds another must go as a whole.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut known: Vec<&String> = known.iter().collect();
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in known {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        mask_tokens(&mask_passwords_in_urls(&mask_issued(&mask_private_keys(&text))))
    }
}

/// A secret as JSON, in a URL and in base64 write it.
fn encodings(secret: &str) -> [String; 4] {
    let quoted = serde_json::Value::from(secret).to_string();
    let in_json = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(&quoted).to_owned();
    let in_url = utf8_percent_encode(secret, RESERVED).to_string();
    [in_json, in_url, STANDARD_NO_PAD.encode(secret), URL_SAFE_NO_PAD.encode(secret)]
}

/// Masks what its issuer marked as a secret.
fn mask_issued(text: &str) -> String {
    let mut found = issued_secrets(text);
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let (mut masked, mut at) = (String::with_capacity(text.len()), 0);
    for range in found {
        if range.start >= at {
            masked.push_str(text.get(at..range.start).unwrap_or_default());
            masked.push_str(MASK);
        }
        at = at.max(range.end);
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    masked
}

/// Masks the password of `scheme://user:password@host`.
fn mask_passwords_in_urls(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let length =
            after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\\')).unwrap_or(after.len());
        let (authority, beyond) = after.split_at(length);
        match authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?, host))) {
            Some(((user, password), host)) if !password.is_empty() => {
                masked.extend([user, ":", MASK, "@", host]);
            }
            _ => masked.push_str(authority),
        }
        rest = beyond;
    }
    masked.push_str(rest);
    masked
}

/// Masks PEM private keys; one without an end is masked to the end of the text.
fn mask_private_keys(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(KEY_BEGIN) {
        let (before, block) = rest.split_at(begin);
        masked.push_str(before);
        let header_end = block[KEY_BEGIN.len()..].find("-----").map_or(block.len(), |at| at + KEY_BEGIN.len() + 5);
        let (header, body) = block.split_at(header_end);
        if !header.ends_with(KEY_MARK) {
            masked.push_str(header);
            rest = body;
            continue;
        }
        masked.push_str(MASK);
        rest = body.find(KEY_MARK).map_or("", |at| &body[at + KEY_MARK.len()..]);
    }
    masked.push_str(rest);
    masked
}

/// Masks the word after each introducer, and access tokens wherever they stand.
fn mask_tokens(text: &str) -> String {
    // ASCII lower case keeps every byte's place.
    let lower = text.to_ascii_lowercase();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let here = &lower[at..];
        let introducer = INTRODUCERS
            .iter()
            .find(|introducer| here.starts_with(**introducer) && !ends_in_address(&text[..at]))
            .map(|found| found.len());
        let token = here.starts_with(ACCESS_TOKEN).then_some(0);
        if let Some(skip) = introducer.or(token) {
            masked.push_str(&text[at..at + skip]);
            at += skip;
            at += mask_word(&text[at..], &mut masked);
        } else {
            let step = text[at..].chars().next().map_or(1, char::len_utf8);
            masked.push_str(&text[at..at + step]);
            at += step;
        }
    }
    masked
}

/// Whether the word that goes on here is a part of a resource's address: `TYPE.database_password: Creating...` holds no
/// password.
fn ends_in_address(before: &str) -> bool {
    before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-').ends_with('.')
}

/// Writes a mask for the word (or quoted text) that `rest` begins with; says how many bytes it stood for.
fn mask_word(rest: &str, masked: &mut String) -> usize {
    let opening = rest.find(|c: char| !matches!(c, ' ' | '"' | '\'' | '\\')).unwrap_or(rest.len());
    let quote = rest[..opening].chars().rev().find(|c| *c == '"' || *c == '\'');
    let ends = |c: char| quote.map_or(c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '&'), |q| c == q);
    let length = rest[opening..].find(ends).unwrap_or(rest.len() - opening);
    // The end of a quoted text within a quoted text has an escape of its own.
    let length = rest[opening..opening + length].trim_end_matches('\\').len();
    masked.push_str(&rest[..opening]);
    // An opening bracket is no value: what is in it has names of its own.
    if length > 0 && !rest[opening..].starts_with(['{', '[']) {
        masked.push_str(MASK);
    } else {
        masked.push_str(&rest[opening..opening + length]);
    }
    opening + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let redactor = Redactor::new(["s3cret-value", "s3cret-value-longer", "a/b+c=d\"e", "abc"]);
        let cases = [
            ("nothing to hide: über 7 × 9", "nothing to hide: über 7 × 9"),
            ("a s3cret-value here", "a (redacted) here"),
            ("s3cret-value-longer", "(redacted)"),
            ("abc is too short to be told from a word", "abc is too short to be told from a word"),
            ("Authorization: Bearer eyJh.bGci end", "Authorization: Bearer (redacted) end"),
            ("url?password=hunter2&x=1", "url?password=(redacted)&x=1"),
            (r#"{"password": "two words", "n": 1}"#, r#"{"password": "(redacted)", "n": 1}"#),
            ("Password: hunter2", "Password: (redacted)"),
            ("x_secret.database_password: Creating...", "x_secret.database_password: Creating..."),
            ("data.a.password: Read", "data.a.password: Read"),
            ("DB_PASSWORD=hunter2 admin_password: hunter2", "DB_PASSWORD=(redacted) admin_password: (redacted)"),
            ("got ya29.a0Af_x-y, retry", "got (redacted), retry"),
            ("k -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- t", "k (redacted) t"),
            ("cut -----BEGIN PRIVATE KEY-----\nMII", "cut (redacted)"),
            ("-----BEGIN CERTIFICATE-----\nMII", "-----BEGIN CERTIFICATE-----\nMII"),
            // The known value, as JSON, a URL and base64 write it.
            ("?x=a%2Fb%2Bc%3Dd%22e&y=1", "?x=(redacted)&y=1"),
            (r#"{"x": "a/b+c=d\"e"}"#, r#"{"x": "(redacted)"}"#),
            ("data: czNjcmV0LXZhbHVl", "data: (redacted)"),
            // In a request or an answer that an error quotes.
            (r#"body: {\"password\":\"hunter2\",\"n\":1}"#, r#"body: {\"password\":\"(redacted)\",\"n\":1}"#),
            (r#"{"access_token": "abc.def", "x": 1}"#, r#"{"access_token": "(redacted)", "x": 1}"#),
            (r#"{"token": {"kind": "x"}}"#, r#"{"token": {"kind": "x"}}"#),
            ("https://ann:hunter2@mirror.example/a.zip: 404", "https://ann:(redacted)@mirror.example/a.zip: 404"),
            ("https://mirror.example:8080/a@b.zip", "https://mirror.example:8080/a@b.zip"),
            ("GET /o?X-Goog-Signature=0a1b2c&n=1", "GET /o?X-Goog-Signature=(redacted)&n=1"),
            ("key AKIAIOSFODNN7EXAMPLE, says AWS", "key (redacted), says AWS"),
            ("ghp_0123456789abcdefghijABCDEFGHIJ0123: bad", "(redacted): bad"),
            ("client_secret=abc api_key=def", "client_secret=(redacted) api_key=(redacted)"),
        ];
        for (text, expected) in cases {
            assert_eq!(redactor.redact(text), expected);
            assert_eq!(redactor.redact(expected), expected, "idempotent");
        }
    }

    #[test]
    fn every_line_of_a_key_file_is_a_secret() {
        let redactor = Redactor::new(["line-one-of-it\nline-two-of-it\n"]);
        assert_eq!(redactor.redact("x line-two-of-it"), "x (redacted)");
    }
}
