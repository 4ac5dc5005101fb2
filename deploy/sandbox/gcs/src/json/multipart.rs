//! `multipart/related` bodies (RFC 2387): metadata, content and, from the official Rust crate, checksums behind it.

use bytes::Bytes;
use http::HeaderMap;

use crate::store::Error;

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its media type, if it says one.
    pub content_type: Option<String>,
    /// Its content.
    pub content: Bytes,
}

/// The boundary in a `Content-Type`.
pub(super) fn boundary(headers: &HeaderMap) -> Result<String, Error> {
    let header = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    header
        .unwrap_or_default()
        .split(';')
        .filter_map(|field| field.trim().split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim_matches(['"', '\'']).to_owned())
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Error::Invalid("The Content-Type of a multipart upload needs a boundary.".into()))
}

/// Splits a body. Lines end with CRLF or, from Python's email package, with LF alone; the first one decides.
pub(super) fn split(body: &Bytes, boundary: &str) -> Result<Vec<Part>, Error> {
    let bad = |what: &str| Error::Invalid(format!("Malformed multipart body: {what}."));
    let first = format!("--{boundary}");
    let start = find(body, first.as_bytes(), 0).ok_or_else(|| bad("no boundary"))?;
    let mut at = start + first.len();
    let line_end: &[u8] = if body[at..].starts_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let delimiter = [line_end, first.as_bytes()].concat();
    let blank = [line_end, line_end].concat();
    let mut parts = Vec::new();
    while !body[at..].starts_with(b"--") {
        let end = find(body, &delimiter, at).ok_or_else(|| bad("a part without an end"))?;
        // From the line end behind the boundary: a part without headers begins with the blank line.
        let head = find(body, &blank, at).filter(|head| *head < end);
        let head = head.ok_or_else(|| bad("a part without a blank line"))?;
        parts.push(Part {
            content_type: content_type(&body[at..head]),
            content: body.slice((head + blank.len()).min(end)..end),
        });
        at = end + delimiter.len();
    }
    Ok(parts)
}

fn content_type(head: &[u8]) -> Option<String> {
    String::from_utf8_lossy(head)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.trim().to_owned())
}

fn find(body: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let (&first, rest) = needle.split_first()?;
    let mut at = from;
    loop {
        at += body.get(at..)?.iter().position(|&byte| byte == first)?;
        if body[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &str) -> Result<Vec<(Option<String>, String)>, String> {
        let parts = split(&Bytes::copy_from_slice(body.as_bytes()), "b").map_err(|e| e.to_string())?;
        let text = |part: &Part| String::from_utf8(part.content.to_vec()).unwrap();
        Ok(parts.iter().map(|part| (part.content_type.clone(), text(part))).collect())
    }

    #[test]
    fn parts_are_cut_out_byte_by_byte() {
        let json = Some("application/json".to_owned());
        let three = "--b\r\nContent-Disposition: form-data\r\nContent-Type: application/json\r\n\r\n{}\r\n\
                     --b\r\n\r\na\r\n--\r\n\r\n\r\n--b\r\ncontent-type: application/json\r\n\r\n{1}\r\n--b--\r\n";
        assert_eq!(
            parts(three).unwrap(),
            [(json.clone(), "{}".into()), (None, "a\r\n--\r\n\r\n".into()), (json.clone(), "{1}".into())]
        );
        let python = "--b\nContent-Type: application/json\n\n{}\n--b\nContent-Type: text/x\n\nline\r\n\n--b--";
        assert_eq!(parts(python).unwrap(), [(json, "{}".into()), (Some("text/x".into()), "line\r\n".into())]);
        let empty = "--b\r\n\r\n{}\r\n--b\r\n\r\n\r\n--b--";
        assert_eq!(parts(empty).unwrap(), [(None, "{}".into()), (None, String::new())]);
        for broken in ["", "--b", "--b\r\n\r\nno end", "--b\r\nno blank\r\n--b--"] {
            parts(broken).unwrap_err();
        }
    }
}
