//! Between the cloud's view of an object and Terraform's: the cloud does not know what is local to the state, and of labels
//! the state holds three sets.

use crate::cloud::Object;
use crate::plan::seen_labels;
use crate::schema::{Schema, conform};
use crate::value::{Fields, Value};

const LABELS: &str = "labels";

/// The state of an object, given what the state was before (null when it is new to Terraform).
pub(super) fn state(schema: &Schema, object: &Object, prior: &Value) -> Value {
    let mut given = object.fields.clone();
    let labels = given.remove(LABELS).unwrap_or(Value::Null);
    let mut fields = conform(&schema.block, Value::Map(given)).into_fields();
    for (name, attribute) in &schema.block.attributes {
        if attribute.flags.write_only {
            fields.insert(name.clone(), Value::Null);
        } else if attribute.flags.local {
            let value = match prior.get(name) {
                Value::Null => attribute.default.as_ref().or(attribute.server.as_ref()).unwrap_or(&Value::Null),
                known => known,
            };
            fields.insert(name.clone(), value.clone());
        }
    }
    if has_labels(schema) {
        seen_labels(&mut fields, prior, &labels);
    }
    Value::Map(fields)
}

/// What the cloud is told of a state.
pub(super) fn object(schema: &Schema, state: &Value) -> Object {
    let mut fields: Fields = state.fields().cloned().unwrap_or_default();
    fields.retain(|name, _| {
        schema.block.attributes.get(name).is_none_or(|attribute| !attribute.flags.local && !attribute.flags.write_only)
    });
    if has_labels(schema) {
        fields.remove("terraform_labels");
        let effective = fields.remove("effective_labels").unwrap_or(Value::Null);
        fields.insert(LABELS.to_owned(), effective);
    }
    Object { fields, ..Object::default() }
}

fn has_labels(schema: &Schema) -> bool {
    schema.block.attributes.contains_key("effective_labels")
}
