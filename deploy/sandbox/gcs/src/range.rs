//! The `Range` header of a read (RFC 9110, section 14.1.2), one range only.

use crate::store::Error;

/// What a reader asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteRange {
    /// From a byte to a byte, both included; `None`: to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

impl ByteRange {
    /// Reads a header's value. What is not one range of bytes is ignored, as the RFC allows.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
        let (first, last) = (first.trim(), last.trim());
        if first.is_empty() {
            return last.parse().ok().map(Self::Last);
        }
        let first = first.parse().ok()?;
        if last.is_empty() {
            return Some(Self::From(first, None));
        }
        let last = last.parse().ok()?;
        (first <= last).then_some(Self::From(first, Some(last)))
    }

    /// Start and end (excluded) within content of this size.
    pub(crate) fn within(self, size: u64) -> Result<(u64, u64), Error> {
        let (start, end) = match self {
            Self::From(first, last) => (first, last.map_or(size, |last| last.saturating_add(1).min(size))),
            Self::Last(count) => (size.saturating_sub(count), size),
        };
        if start < end { Ok((start, end)) } else { Err(Error::UnsatisfiableRange { size }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_become_ranges_of_bytes() {
        let cases = [
            ("bytes=0-3", Some(Ok((0, 4)))),
            ("bytes=4-", Some(Ok((4, 10)))),
            ("bytes=4-99", Some(Ok((4, 10)))),
            ("bytes=-3", Some(Ok((7, 10)))),
            ("bytes=-99", Some(Ok((0, 10)))),
            ("bytes=10-", Some(Err(()))),
            ("bytes=-0", Some(Err(()))),
            ("bytes=5-2", None),
            ("bytes=0-1,4-5", None),
            ("lines=1-2", None),
        ];
        for (header, expected) in cases {
            let got = ByteRange::parse(header).map(|range| range.within(10).map_err(drop));
            assert_eq!(got, expected, "{header}");
        }
    }
}
