//! The provider: what Terraform asks, answered from schemas, plans and the cloud.

mod ephemeral;
mod resource;
mod state;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use crate::cloud::{Cloud, CloudError, Fault, Operation, Pattern, field_text};
use crate::plan::{Labelling, Settings, Step, plan, replaced};
use crate::schema::{BadSchema, Catalogue, ProviderName, Schema};
use crate::value::{Fields, Value};

/// What went wrong, in words for the person at the terminal.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem(pub String);

impl From<CloudError> for Problem {
    fn from(error: CloudError) -> Self {
        Self(error.to_string())
    }
}

/// A plan for one resource.
#[derive(Debug)]
pub struct Planned {
    /// What it will be.
    pub value: Value,
    /// The changes that replace it.
    pub replaced: Vec<Vec<Step>>,
}

/// A provider, from its start to its end.
pub struct Provider {
    pub(crate) catalogue: Catalogue,
    folder: Option<PathBuf>,
    configured: OnceLock<Configured>,
}

/// What is known once Terraform has configured us.
pub(crate) struct Configured {
    cloud: Option<Cloud>,
    settings: Settings,
    project: Option<String>,
    region: Option<String>,
}

impl Provider {
    /// A provider that answers as `name` and keeps its cloud in `folder`.
    pub fn new(name: ProviderName, folder: Option<PathBuf>) -> Result<Self, BadSchema> {
        Ok(Self { catalogue: Catalogue::load(name)?, folder, configured: OnceLock::new() })
    }

    /// Takes the provider's configuration; opens the cloud.
    pub fn configure(&self, config: &Value) -> Result<(), Problem> {
        let cloud = match (&self.folder, self.catalogue.of) {
            (_, ProviderName::Random) => None,
            (Some(folder), ProviderName::Google) => Some(Cloud::open(folder.clone())?),
            (None, ProviderName::Google) => {
                return Err(Problem(
                    "this is the sandbox provider: set SANDBOX_CLOUD_DIR to the folder that is its cloud".into(),
                ));
            }
        };
        // A second configuration in one process would be the same one.
        self.configured.get_or_init(|| Configured::new(cloud, config));
        Ok(())
    }

    /// The state of a resource as stored by any version, in today's shape.
    pub fn upgrade(&self, kind: &str, stored: Value) -> Result<Value, Problem> {
        Ok(crate::schema::conform(&self.resource(kind)?.block, stored))
    }

    /// Plans a resource; a null proposal is a removal.
    pub fn plan(&self, kind: &str, prior: &Value, proposed: &Value) -> Result<Planned, Problem> {
        let schema = self.resource(kind)?;
        let unset = Settings::default();
        let settings = self.configured.get().map_or(&unset, |configured| &configured.settings);
        let value = plan(&schema.block, settings, prior, proposed);
        let replaced = replaced(&schema.block, prior, &value);
        Ok(Planned { value, replaced })
    }

    /// The state that an import begins with: what the id says, to be read from the cloud next.
    pub fn import(&self, kind: &str, id: &str) -> Result<Value, Problem> {
        let schema = self.resource(kind)?;
        let Some(captured) = schema.import.iter().find_map(|form| form.capture(id)) else {
            return Err(Problem(format!("Import id {id:?} doesn't match any of the accepted formats of {kind}")));
        };
        let mut fields: Fields = captured.into_iter().map(|(name, text)| (name, text.into())).collect();
        self.complete_from_settings(schema, &mut fields);
        Ok(crate::schema::conform(&schema.block, Value::Map(fields)))
    }

    fn resource(&self, kind: &str) -> Result<&Schema, Problem> {
        let unknown =
            || Problem(format!("the sandbox provider has no resource type {kind}: add it to its schema folder"));
        self.catalogue.resources.get(kind).ok_or_else(unknown)
    }

    fn configured(&self) -> Result<&Configured, Problem> {
        self.configured.get().ok_or_else(|| Problem("the provider is not configured".into()))
    }

    fn cloud(&self) -> Result<&Cloud, Problem> {
        self.configured()?.cloud.as_ref().ok_or_else(|| Problem("this provider has no cloud".into()))
    }

    /// Fills in the provider's project and region where a name needs them and nothing else says them.
    fn complete_from_settings(&self, schema: &Schema, fields: &mut Fields) {
        let Some(configured) = self.configured.get() else {
            return;
        };
        for (name, default) in &configured.settings.defaults {
            if schema.block.attributes.contains_key(name)
                && fields.get(name).is_none_or(|value| *value == Value::Null || *value == Value::Unknown)
            {
                fields.insert(name.clone(), default.clone());
            }
        }
    }

    /// Waits and fails as the cloud's fault rules want it.
    async fn meet(&self, kind: &str, op: Operation, name: &str) -> Result<Fault, Problem> {
        let fault = self.cloud()?.fault(kind, op, name)?;
        if fault.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
        }
        match fault.error {
            Some(message) => Err(Problem(message)),
            None => Ok(fault),
        }
    }
}

impl Configured {
    fn new(cloud: Option<Cloud>, config: &Value) -> Self {
        let mut defaults = Fields::new();
        for name in ["project", "region", "zone"] {
            if let Some(value) = config.get(name).as_str() {
                defaults.insert(name.to_owned(), value.into());
            }
        }
        if let Some(policy) = config.get("deletion_policy").as_str() {
            defaults.insert("deletion_policy".to_owned(), policy.into());
        }
        let text = |name: &str| config.get(name).as_str().map(str::to_owned);
        let labelling = Labelling {
            default_labels: config.get("default_labels").fields().cloned().unwrap_or_default(),
            attribution: config.get("add_terraform_attribution_label").as_bool().unwrap_or(true),
        };
        Self { cloud, project: text("project"), region: text("region"), settings: Settings { defaults, labelling } }
    }
}

/// The name a form gives to these fields.
fn name(kind: &str, form: &Pattern, fields: &Fields) -> Result<String, Problem> {
    form.render(|field| field_text(fields, field)).ok_or_else(|| {
        let missing: Vec<_> = form.fields().filter(|field| field_text(fields, field).is_none()).collect();
        Problem(format!("{kind}: {}: required field is not set", missing.join(", ")))
    })
}
