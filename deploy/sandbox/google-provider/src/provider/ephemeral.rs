//! Data sources and ephemeral resources: what is asked for and not kept.

use super::{Configured, Problem, Provider};
use crate::cloud::{Operation, digest, project_number};
use crate::kinds;
use crate::schema::{Schema, conform};
use crate::value::{Fields, Value};

impl Provider {
    /// Reads a data source.
    pub fn read_data(&self, kind: &str, config: Value) -> Result<Value, Problem> {
        let schema = known(&self.catalogue.data, kind)?;
        let configured = self.configured()?;
        let mut fields = config.into_fields();
        match kind {
            "google_client_config" => client_config(configured, &mut fields),
            "google_project" => project(configured, &mut fields)?,
            "google_sql_database_instance" => instance(configured, &mut fields)?,
            "google_storage_project_service_account" => storage_agent(configured, &mut fields)?,
            _ => return Err(Problem(format!("the sandbox provider cannot read {kind}"))),
        }
        Ok(conform(&schema.block, Value::Map(fields)))
    }

    /// Opens an ephemeral resource.
    pub async fn open(&self, kind: &str, config: Value) -> Result<Value, Problem> {
        let schema = known(&self.catalogue.ephemeral, kind)?;
        let config = config.into_fields();
        let fields = match kind {
            "random_password" => kinds::generate_password(&config).map_err(Problem)?,
            "google_secret_manager_secret_version" => {
                let secret = config.get("secret").and_then(Value::as_str).unwrap_or_default();
                self.meet(kind, Operation::Open, secret).await?;
                kinds::open_secret(self.cloud()?, &config, self.configured()?.project.as_deref())?
            }
            _ => return Err(Problem(format!("the sandbox provider cannot open {kind}"))),
        };
        Ok(conform(&schema.block, Value::Map(fields)))
    }
}

fn known<'a>(schemas: &'a std::collections::BTreeMap<String, Schema>, kind: &str) -> Result<&'a Schema, Problem> {
    schemas.get(kind).ok_or_else(|| Problem(format!("the sandbox provider has no {kind}: add it to its schema folder")))
}

fn client_config(configured: &Configured, fields: &mut Fields) {
    let text = |value: &Option<String>| value.clone().map_or(Value::Null, Value::from);
    fields.insert("project".to_owned(), text(&configured.project));
    fields.insert("region".to_owned(), text(&configured.region));
    fields.insert("access_token".to_owned(), "sandbox-token".into());
    fields.insert("default_labels".to_owned(), Value::Map(configured.settings.labelling.default_labels.clone()));
    let (project, region) = (configured.project.as_deref(), configured.region.as_deref());
    let id =
        format!("projects/\"{}\"/regions/\"{}\"/zones/\"\"", project.unwrap_or_default(), region.unwrap_or_default());
    fields.insert("id".to_owned(), id.into());
}

/// Any project exists; what is said of it follows from its id.
fn project(configured: &Configured, fields: &mut Fields) -> Result<(), Problem> {
    let project = asked_for(configured, fields.get("project_id"))?;
    fields.insert("id".to_owned(), format!("projects/{project}").into());
    fields.insert("number".to_owned(), project_number(&project).into());
    fields.insert("name".to_owned(), project.as_str().into());
    fields.insert("org_id".to_owned(), project_number(&digest("organization")).into());
    fields.insert("project_id".to_owned(), project.into());
    Ok(())
}

/// Any instance exists, in the provider's region; its own identity follows from its name.
fn instance(configured: &Configured, fields: &mut Fields) -> Result<(), Problem> {
    let project = asked_for(configured, fields.get("project"))?;
    let name = fields.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let region = configured.region.as_deref().unwrap_or_default();
    let id = format!("projects/{project}/instances/{name}");
    let email = format!("p{}-{}@gcp-sa-cloud-sql.iam.gserviceaccount.com", project_number(&project), &digest(&id)[..6]);
    fields.insert("service_account_email_address".to_owned(), email.into());
    fields.insert("connection_name".to_owned(), format!("{project}:{region}:{name}").into());
    fields.insert("region".to_owned(), region.into());
    fields.insert("project".to_owned(), project.into());
    fields.insert("id".to_owned(), id.into());
    Ok(())
}

/// Cloud Storage's own identity in a project.
fn storage_agent(configured: &Configured, fields: &mut Fields) -> Result<(), Problem> {
    let project = asked_for(configured, fields.get("project"))?;
    let email = format!("service-{}@gs-project-accounts.iam.gserviceaccount.com", project_number(&project));
    fields.insert("member".to_owned(), format!("serviceAccount:{email}").into());
    fields.insert("id".to_owned(), email.as_str().into());
    fields.insert("email_address".to_owned(), email.into());
    fields.insert("project".to_owned(), project.into());
    Ok(())
}

/// The project that is named, else the provider's.
fn asked_for(configured: &Configured, named: Option<&Value>) -> Result<String, Problem> {
    let named = named.and_then(Value::as_str).map(str::to_owned);
    named.or_else(|| configured.project.clone()).ok_or_else(|| Problem("project: required field is not set".into()))
}
