//! `MessagePack` as Terraform's protocol lays it out.
//!
//! Unknown is an extension value of any type (type 12 carries refinements, which are hints and are dropped). A number that
//! is not whole travels as decimal text: a 64-bit float would not be the same number on Terraform's 512-bit side.

use rmpv::{Utf8String, Value as Pack};
use serde_json::Number;

use super::Value;

/// The bytes are no value: what was found.
#[derive(Debug, thiserror::Error)]
#[error("a value from Terraform cannot be read: {0}")]
pub struct Unreadable(String);

impl Value {
    /// Reads one value; no bytes at all are `Null`.
    pub fn from_msgpack(mut bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.is_empty() {
            return Ok(Self::Null);
        }
        let pack = rmpv::decode::read_value(&mut bytes).map_err(|error| Unreadable(error.to_string()))?;
        from_pack(pack)
    }

    /// Writes one value.
    pub fn to_msgpack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to memory cannot fail.
        rmpv::encode::write_value(&mut bytes, &to_pack(self)).unwrap_or_default();
        bytes
    }
}

fn from_pack(pack: Pack) -> Result<Value, Unreadable> {
    Ok(match pack {
        Pack::Nil => Value::Null,
        Pack::Ext(..) => Value::Unknown,
        Pack::Boolean(flag) => Value::Bool(flag),
        Pack::Integer(whole) => Value::Number(match (whole.as_u64(), whole.as_i64()) {
            (Some(number), _) => number.into(),
            (None, number) => number.unwrap_or_default().into(),
        }),
        Pack::F32(number) => float(f64::from(number))?,
        Pack::F64(number) => float(number)?,
        Pack::String(text) => {
            Value::String(text.into_str().ok_or_else(|| Unreadable("text that is not UTF-8".into()))?)
        }
        Pack::Binary(_) => {
            return Err(Unreadable("binary, which no type in our schema uses".into()));
        }
        Pack::Array(elements) => Value::List(elements.into_iter().map(from_pack).collect::<Result<_, _>>()?),
        Pack::Map(fields) => Value::Map(fields.into_iter().map(field).collect::<Result<_, _>>()?),
    })
}

fn field((name, value): (Pack, Pack)) -> Result<(String, Value), Unreadable> {
    match name {
        Pack::String(name) if name.is_str() => Ok((name.into_str().unwrap_or_default(), from_pack(value)?)),
        other => Err(Unreadable(format!("a field named {other}"))),
    }
}

fn float(number: f64) -> Result<Value, Unreadable> {
    Number::from_f64(number).map(Value::Number).ok_or_else(|| Unreadable(format!("the number {number}")))
}

fn to_pack(value: &Value) -> Pack {
    match value {
        Value::Null => Pack::Nil,
        Value::Unknown => Pack::Ext(0, vec![0]),
        Value::Bool(flag) => Pack::Boolean(*flag),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(whole), _) => Pack::from(whole),
            (_, Some(whole)) => Pack::from(whole),
            _ => Pack::String(Utf8String::from(number.to_string())),
        },
        Value::String(text) => Pack::String(Utf8String::from(text.as_str())),
        Value::List(elements) => Pack::Array(elements.iter().map(to_pack).collect()),
        Value::Map(fields) => {
            Pack::Map(fields.iter().map(|(name, value)| (Pack::from(name.as_str()), to_pack(value))).collect())
        }
    }
}
