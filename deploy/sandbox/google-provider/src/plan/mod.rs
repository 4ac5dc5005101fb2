//! Planning: what a resource will be, decided from what it was and what Terraform proposes. Pure, and the same twice:
//! Terraform plans again while it applies.

mod labels;
mod replace;
#[cfg(test)]
mod tests;

pub use labels::{Labelling, seen as seen_labels};
pub use replace::{Step, replaced};

use crate::schema::{Attribute, Block, NestedBlock, Nesting};
use crate::value::{Fields, Value};

/// What the provider's own configuration adds to a plan.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Defaults for `project`, `region`, `zone` and `location`-like attributes that say nothing.
    pub defaults: Fields,
    /// How labels come about.
    pub labelling: Labelling,
}

/// The planned value of a resource. `prior` is null at a creation.
pub fn plan(block: &Block, settings: &Settings, prior: &Value, proposed: &Value) -> Value {
    let planned = planned_block(block, prior, proposed);
    let Value::Map(mut fields) = planned else {
        return planned;
    };
    for (name, default) in &settings.defaults {
        // What the configuration leaves out is what the provider says, and known while planning.
        if fields.get(name) == Some(&Value::Unknown) && proposed.get(name).is_null() {
            fields.insert(name.clone(), default.clone());
        }
    }
    if block.attributes.contains_key("effective_labels") {
        settings.labelling.plan(prior, &mut fields);
    }
    Value::Map(fields)
}

fn planned_block(block: &Block, prior: &Value, proposed: &Value) -> Value {
    let Value::Map(proposed) = proposed else {
        return proposed.clone();
    };
    let of = |name: &String| proposed.get(name).unwrap_or(&Value::Null);
    let attributes = block
        .attributes
        .iter()
        .map(|(name, attribute)| (name.clone(), planned_attribute(attribute, prior, name, of(name))));
    let blocks =
        block.blocks.iter().map(|(name, nested)| (name.clone(), planned_blocks(nested, prior.get(name), of(name))));
    Value::Map(attributes.chain(blocks).collect())
}

fn planned_attribute(attribute: &Attribute, prior: &Value, name: &str, proposed: &Value) -> Value {
    if attribute.flags.write_only {
        return Value::Null;
    }
    match (proposed, &attribute.default) {
        (Value::Null, Some(default)) => default.clone(),
        (Value::Null, None) if attribute.flags.computed && prior.is_null() => Value::Unknown,
        (Value::Null, None) if attribute.flags.computed => prior.get(name).clone(),
        // `{}` in the configuration of what was never set is no change, as in the real provider.
        (given, _) if given.is_empty() && !prior.is_null() && prior.get(name).is_null() => Value::Null,
        (given, _) => given.clone(),
    }
}

fn planned_blocks(nested: &NestedBlock, prior: &Value, proposed: &Value) -> Value {
    match (nested.nesting, proposed) {
        (_, Value::Unknown) => Value::Unknown,
        (Nesting::Single, proposed) => planned_block(&nested.block, prior, proposed),
        (_, Value::List(elements)) if elements.is_empty() && nested.computed => match prior {
            Value::List(_) => prior.clone(),
            _ => Value::List(Vec::new()),
        },
        (nesting, Value::List(elements)) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(at, element)| planned_block(&nested.block, before(nesting, prior, at, element), element))
                .collect(),
        ),
        _ => Value::List(Vec::new()),
    }
}

/// The element that an element was: by place in a list, by content in a set.
fn before<'a>(nesting: Nesting, prior: &'a Value, at: usize, element: &Value) -> &'a Value {
    let found = match nesting {
        Nesting::Set => prior.elements().iter().find(|prior| *prior == element),
        _ => prior.elements().get(at),
    };
    found.unwrap_or(&Value::Null)
}
