//! Lays a schema on a value: every attribute and block present, nothing else, sets sorted, numbers numbers.

use serde_json::Number;

use super::{Block, NestedBlock, Nesting, Type};
use crate::value::{Fields, Value};

/// The value with exactly the block's attributes and blocks. Unknown and null stay what they are.
pub fn conform(block: &Block, value: Value) -> Value {
    let Value::Map(mut given) = value else {
        return value;
    };
    let mut fields = Fields::new();
    for (name, attribute) in &block.attributes {
        let value = given.remove(name).unwrap_or(Value::Null);
        fields.insert(name.clone(), of_type(&attribute.ty, value));
    }
    for (name, nested) in &block.blocks {
        let value = given.remove(name).unwrap_or(Value::Null);
        fields.insert(name.clone(), nested_value(nested, value));
    }
    Value::Map(fields)
}

/// A block with nothing set.
pub fn empty(block: &Block) -> Value {
    conform(block, Value::Map(Fields::new()))
}

fn nested_value(nested: &NestedBlock, value: Value) -> Value {
    match (nested.nesting, value) {
        (_, Value::Unknown) => Value::Unknown,
        (Nesting::Single, value) => conform(&nested.block, value),
        (nesting, Value::List(elements)) => {
            let elements = elements.into_iter().map(|element| conform(&nested.block, element)).collect();
            Value::List(if nesting == Nesting::Set { sorted(elements) } else { elements })
        }
        // No blocks are an empty list: Terraform refuses null here.
        _ => Value::List(Vec::new()),
    }
}

fn of_type(ty: &Type, value: Value) -> Value {
    match (ty, value) {
        (Type::Number, Value::String(text)) => text.parse::<Number>().map_or(Value::Null, Value::Number),
        (Type::String, Value::Number(number)) => Value::String(number.to_string()),
        (Type::String, Value::Bool(flag)) => Value::String(flag.to_string()),
        (Type::List(of), Value::List(elements)) => {
            Value::List(elements.into_iter().map(|element| of_type(of, element)).collect())
        }
        (Type::Set(of), Value::List(elements)) => {
            Value::List(sorted(elements.into_iter().map(|element| of_type(of, element)).collect()))
        }
        (Type::Map(of), Value::Map(fields)) => {
            Value::Map(fields.into_iter().map(|(name, value)| (name, of_type(of, value))).collect())
        }
        (Type::Object(types), Value::Map(mut fields)) => Value::Map(
            types
                .iter()
                .map(|(name, of)| (name.clone(), of_type(of, fields.remove(name).unwrap_or(Value::Null))))
                .collect(),
        ),
        (_, value) => value,
    }
}

fn sorted(mut elements: Vec<Value>) -> Vec<Value> {
    elements.sort_by_cached_key(|element| serde_json::Value::from(element).to_string());
    elements
}
