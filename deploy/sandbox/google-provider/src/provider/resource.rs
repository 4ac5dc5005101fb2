//! Resources: read, create, update, delete.

use super::{Problem, Provider, name, state};
use crate::cloud::{CloudError, Facts, Object, Operation};
use crate::kinds::{self, Change, Removal};
use crate::schema::{Existing, Schema, conform};
use crate::value::Value;

impl Provider {
    /// The state of a resource as the cloud has it now; null when it is gone.
    pub async fn read(&self, kind: &str, prior: Value) -> Result<Value, Problem> {
        let schema = self.resource(kind)?;
        let name = name(kind, &schema.object, &prior.clone().into_fields())?;
        self.meet(kind, Operation::Read, &name).await?;
        if schema.existing == Existing::Nothing {
            return Ok(prior);
        }
        let object = self.cloud()?.read(kind, &name)?;
        Ok(object.map_or(Value::Null, |object| state::state(schema, &object, &prior)))
    }

    /// Creates, updates or deletes; the state after it.
    pub async fn apply(&self, kind: &str, prior: &Value, planned: Value, config: &Value) -> Result<Value, Problem> {
        let schema = self.resource(kind)?;
        match (prior.is_null(), planned.is_null()) {
            (true, _) => self.create(schema, planned, config).await.map_err(|problem| said("creating", kind, &problem)),
            (false, true) => self.delete(schema, prior).await.map_err(|problem| said("deleting", kind, &problem)),
            (false, false) => {
                self.update(schema, prior, planned, config).await.map_err(|problem| said("updating", kind, &problem))
            }
        }
    }

    async fn create(&self, schema: &Schema, planned: Value, config: &Value) -> Result<Value, Problem> {
        let cloud = self.cloud()?;
        let mut local = planned;
        if let Value::Map(fields) = &mut local {
            self.complete_from_settings(schema, fields);
        }
        let mut change = Change {
            cloud,
            config,
            prior: &Value::Null,
            before: None,
            after: state::object(schema, &local),
            not_ready: None,
        };
        kinds::identify(&schema.name, &mut change)?;
        let name = self.complete(schema, &mut change, false)?;
        change.not_ready = self.meet(&schema.name, Operation::Create, &name).await?.not_ready;
        kinds::complete(&schema.name, &name, &mut change)?;
        match existing(schema, &local) {
            Existing::Nothing => kinds::act(&schema.name, &change)?,
            Existing::Refuse => cloud.create(&schema.name, &name, &change.after)?,
            Existing::Join => match cloud.create(&schema.name, &name, &change.after) {
                Err(CloudError::Exists { .. }) => {
                    // What is joined stays what it is; the next plan shows where it differs.
                    change.after = cloud.read(&schema.name, &name)?.unwrap_or(change.after);
                }
                created => created?,
            },
        }
        kinds::created(&schema.name, &change)?;
        Ok(after(schema, &change.after, local))
    }

    async fn update(&self, schema: &Schema, prior: &Value, planned: Value, config: &Value) -> Result<Value, Problem> {
        let cloud = self.cloud()?;
        let at = name(&schema.name, &schema.object, &prior.clone().into_fields())?;
        let fault = self.meet(&schema.name, Operation::Update, &at).await?;
        let Some(mut before) = cloud.read(&schema.name, &at)? else {
            return Err(CloudError::NotFound { name: at }.into());
        };
        before.fields = conform(&schema.block, Value::Map(before.fields)).into_fields();
        let mut change = Change {
            cloud,
            config,
            prior,
            before: Some(&before),
            after: state::object(schema, &planned),
            not_ready: fault.not_ready,
        };
        kinds::identify(&schema.name, &mut change)?;
        self.complete(schema, &mut change, true)?;
        kinds::complete(&schema.name, &at, &mut change)?;
        cloud.write(&schema.name, &at, &change.after)?;
        Ok(after(schema, &change.after, planned))
    }

    async fn delete(&self, schema: &Schema, prior: &Value) -> Result<Value, Problem> {
        let cloud = self.cloud()?;
        let fields = prior.clone().into_fields();
        let at = name(&schema.name, &schema.object, &fields)?;
        self.meet(&schema.name, Operation::Delete, &at).await?;
        if schema.existing == Existing::Nothing {
            return Ok(Value::Null);
        }
        match kinds::removal(&schema.name, &fields, cloud)? {
            Removal::Abandon => {}
            Removal::Delete => {
                cloud.remove(&schema.name, &at)?;
                for (kind, prefix) in kinds::contained(&schema.name, &at) {
                    cloud.remove_within(kind, &prefix)?;
                }
            }
            Removal::Disable => {
                if let Some(mut object) = cloud.read(&schema.name, &at)? {
                    object.fields.insert("enabled".to_owned(), false.into());
                    cloud.write(&schema.name, &at, &object)?;
                }
            }
        }
        Ok(Value::Null)
    }

    /// Fills in what the cloud makes up; the object's unique name.
    fn complete(&self, schema: &Schema, change: &mut Change<'_>, update: bool) -> Result<String, Problem> {
        let mut fields = std::mem::take(&mut change.after.fields);
        self.complete_from_settings(schema, &mut fields);
        // A unique name may hold what the cloud makes up, as an account's address does: names come last.
        Facts::names(&schema.block, &mut fields);
        let at = name(&schema.name, &schema.object, &fields)?;
        let id = name(&schema.name, &schema.id, &fields)?;
        fields.insert("id".to_owned(), id.into());
        Facts { name: &at, update }.complete(&schema.block, &mut fields);
        change.after.fields = fields;
        Ok(at)
    }
}

/// A resource may ask to join what exists, whatever its kind does by itself.
fn existing(schema: &Schema, planned: &Value) -> Existing {
    match planned.get("create_ignore_already_exists").as_bool() {
        Some(true) => Existing::Join,
        _ => schema.existing,
    }
}

/// The state after a change: what the cloud says, and what only the plan knows.
fn after(schema: &Schema, object: &Object, mut planned: Value) -> Value {
    if let Value::Map(fields) = &mut planned {
        for (name, attribute) in &schema.block.attributes {
            if attribute.flags.local && fields.get(name) == Some(&Value::Unknown) {
                fields.insert(name.clone(), attribute.server.clone().unwrap_or(Value::Null));
            }
        }
    }
    state::state(schema, object, &planned)
}

fn said(doing: &str, kind: &str, Problem(problem): &Problem) -> Problem {
    let noun: String = kind.trim_start_matches("google_").split('_').map(capitalised).collect();
    Problem(format!("Error {doing} {noun}: {problem}"))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
