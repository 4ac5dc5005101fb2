//! What an unquoted YAML word is: the core schema of YAML 1.2 (chapter 10.3), so `NO` and `on` are text, `010` is ten.

use serde_json::Number;

use super::tree::Scalar;

/// A number that no JSON number holds: an infinity, not-a-number, or one out of range.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotANumber;

/// Decides an unquoted word.
pub(super) fn resolve(word: &str) -> Result<Scalar, NotANumber> {
    let written = || word.to_owned();
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Scalar::Null),
        "true" | "True" | "TRUE" => return Ok(Scalar::Bool { value: true, written: written() }),
        "false" | "False" | "FALSE" => return Ok(Scalar::Bool { value: false, written: written() }),
        _ => {}
    }
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(word, ".nan" | ".NaN" | ".NAN") {
        return Err(NotANumber);
    }
    match number(word, unsigned) {
        Some(value) => Ok(Scalar::Number { value: value?, written: written() }),
        None => Ok(Scalar::Text(written())),
    }
}

/// `None` if the word is no number at all.
fn number(word: &str, unsigned: &str) -> Option<Result<Number, NotANumber>> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = word.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|digit| digit.is_digit(radix))
        {
            return Some(u64::from_str_radix(digits, radix).map(Number::from).map_err(|_| NotANumber));
        }
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        let integer = word.parse::<i64>().map(Number::from).or_else(|_| unsigned_integer(word));
        return Some(integer.or_else(|NotANumber| float(word)));
    }
    is_float(unsigned).then(|| float(word))
}

fn unsigned_integer(word: &str) -> Result<Number, NotANumber> {
    word.parse::<u64>().map(Number::from).map_err(|_| NotANumber)
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

fn float(word: &str) -> Result<Number, NotANumber> {
    word.parse::<f64>().map_err(|_| NotANumber).and_then(whole_where_whole)
}

/// JSON Schema counts `1.0` as an integer, the typed definition does not: a whole number is made one here.
pub(super) fn whole_where_whole(value: f64) -> Result<Number, NotANumber> {
    /// The largest whole number up to which every whole number is a double (2^53).
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within 53 bits")]
        return Ok(Number::from(value as i64));
    }
    Number::from_f64(value).ok_or(NotANumber)
}
