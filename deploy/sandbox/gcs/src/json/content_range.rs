//! The `Content-Range` header of a part of a resumable upload
//! (<https://cloud.google.com/storage/docs/performing-resumable-uploads>).

use crate::store::{Error, Total};

/// Where a part belongs, and what is known of the whole. `None` as offset: the request only asks how far the upload
/// is. No header: the body is all there is.
pub(super) fn parse(header: Option<&str>) -> Result<(Option<u64>, Total), Error> {
    let Some(header) = header else {
        return Ok((Some(0), Total::EndsHere));
    };
    let bad = || Error::Invalid(format!("Failed to parse Content-Range header: '{header}'"));
    let rest = header.trim().strip_prefix("bytes").ok_or_else(bad)?;
    let (range, total) = rest.trim_start_matches([' ', '=']).split_once('/').ok_or_else(bad)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| bad());
    let total = if total == "*" { None } else { Some(number(total)?) };
    if range == "*" {
        return Ok((None, total.map_or(Total::Unknown, Total::Known)));
    }
    let (first, last) = range.split_once('-').ok_or_else(bad)?;
    let open_end = last == "*";
    if !open_end {
        number(last)?;
    }
    let total = match total {
        Some(total) => Total::Known(total),
        // The official Rust crate sends content of unknown length so, in one request.
        None if open_end => Total::EndsHere,
        None => Total::Unknown,
    };
    Ok((Some(number(first)?), total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_clients_send_is_understood() {
        let cases = [
            (None, Some((Some(0), Total::EndsHere))),
            (Some("bytes */*"), Some((None, Total::Unknown))),
            (Some("bytes */0"), Some((None, Total::Known(0)))),
            (Some("bytes 0-9/*"), Some((Some(0), Total::Unknown))),
            (Some("bytes 10-19/20"), Some((Some(10), Total::Known(20)))),
            (Some("bytes 10-*/*"), Some((Some(10), Total::EndsHere))),
            (Some("bytes 10-*/20"), Some((Some(10), Total::Known(20)))),
            (Some("bytes x-9/*"), None),
            (Some("bytes 0-x/*"), None),
            (Some("items 0-9/*"), None),
            (Some("bytes 0-9"), None),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(header).ok(), expected, "{header:?}");
        }
    }
}
