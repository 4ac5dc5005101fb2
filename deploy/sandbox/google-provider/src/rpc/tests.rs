use prost::Message as _;
use serde_json::json;
use tempfile::TempDir;

use super::answer::{Status, answer};
use super::messages::{
    ChangeRequest, ConfigRequest, Diagnostics, DynamicValue, ImportRequest, ImportResponse, PlanResponse,
    SchemaResponse, Selector,
};
use crate::provider::Provider;
use crate::schema::ProviderName;
use crate::value::Value;

#[expect(clippy::unnecessary_wraps, reason = "prost's fields are optional")]
fn dynamic(json: serde_json::Value) -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: Value::from(json).to_msgpack(), json: Vec::new() })
}

fn google() -> (TempDir, Provider) {
    let folder = TempDir::new().unwrap();
    let provider = Provider::new(ProviderName::Google, Some(folder.path().to_owned())).unwrap();
    (folder, provider)
}

async fn configure(provider: &Provider) -> Diagnostics {
    let request = ConfigRequest { type_name: "1.11.4".into(), config: dynamic(json!({"project": "p", "region": "r"})) };
    Diagnostics::decode(&answer(provider, "ConfigureProvider", &request.encode_to_vec()).await.unwrap()[..]).unwrap()
}

#[tokio::test]
async fn the_schema_is_what_the_files_say() {
    let (_folder, provider) = google();
    let schema = SchemaResponse::decode(&answer(&provider, "GetProviderSchema", &[]).await.unwrap()[..]).unwrap();
    assert!(schema.capabilities.unwrap().get_provider_schema_optional);
    assert!(schema.ephemeral.contains_key("google_secret_manager_secret_version"));
    let user = schema.resources["google_sql_user"].clone();
    assert_eq!(user.version, 1);
    let block = user.block.unwrap();
    let password = block.attributes.iter().find(|attribute| attribute.name == "password_wo").unwrap();
    assert!(password.optional && password.write_only && !password.computed && password.ty == b"\"string\"");
    let policy = block.block_types.iter().find(|nested| nested.type_name == "password_policy").unwrap();
    assert_eq!((policy.nesting, policy.min_items, policy.max_items), (2, 0, 1));
}

#[tokio::test]
async fn without_a_cloud_nothing_is_configured() {
    for folder in [None, Some("/nonexistent/cloud".into())] {
        let provider = Provider::new(ProviderName::Google, folder).unwrap();
        assert_eq!(configure(&provider).await.diagnostics.len(), 1);
    }
    let random = Provider::new(ProviderName::Random, None).unwrap();
    assert_eq!(configure(&random).await.diagnostics, []);
}

#[tokio::test]
async fn a_plan_names_what_replaces() {
    let (_folder, provider) = google();
    configure(&provider).await;
    let state = |instance: &str| json!({"name": "d", "instance": instance, "project": "p", "id": "i", "charset": "c", "collation": "c", "self_link": "s", "deletion_policy": "DELETE"});
    let request = ChangeRequest {
        type_name: "google_sql_database".into(),
        prior: dynamic(state("a")),
        wanted: dynamic(state("b")),
        config: dynamic(state("b")),
    };
    let response =
        PlanResponse::decode(&answer(&provider, "PlanResourceChange", &request.encode_to_vec()).await.unwrap()[..])
            .unwrap();
    assert!(response.legacy);
    let steps = &response.requires_replace[0].steps;
    assert_eq!(steps[0].selector, Some(Selector::AttributeName("instance".into())));
}

#[tokio::test]
async fn an_import_takes_the_forms_of_the_real_one() {
    let (_folder, provider) = google();
    configure(&provider).await;
    let import = async |kind: &str, id: &str| {
        let request = ImportRequest { type_name: kind.into(), id: id.into() };
        let response = ImportResponse::decode(
            &answer(&provider, "ImportResourceState", &request.encode_to_vec()).await.unwrap()[..],
        )
        .unwrap();
        let state = response.imported.into_iter().next().and_then(|imported| imported.state);
        state
            .map(|state| Value::from_msgpack(&state.msgpack).unwrap())
            .ok_or_else(|| response.diagnostics[0].summary.clone())
    };
    for (kind, id, attribute, value) in [
        ("google_sql_database", "projects/x/instances/i/databases/d", "project", "x"),
        ("google_sql_database", "i/d", "project", "p"),
        ("google_sql_user", "x/i/%/wp-acme", "host", "%"),
        ("google_secret_manager_secret", "projects/x/secrets/s", "secret_id", "s"),
        ("google_secret_manager_secret_version", "projects/x/secrets/s/versions/3", "version", "3"),
        (
            "google_secret_manager_secret_iam_member",
            "projects/x/secrets/s roles/r user:u",
            "secret_id",
            "projects/x/secrets/s",
        ),
        ("google_storage_bucket", "x/b", "name", "b"),
        ("google_storage_bucket", "b", "name", "b"),
        ("google_storage_bucket_iam_member", "b/b roles/r user:u", "bucket", "b"),
        (
            "google_service_account",
            "projects/x/serviceAccounts/a@x.iam.gserviceaccount.com",
            "email",
            "a@x.iam.gserviceaccount.com",
        ),
        ("google_cloud_run_v2_service", "projects/x/locations/l/services/s", "location", "l"),
    ] {
        assert_eq!(import(kind, id).await.unwrap().get(attribute), &value.into(), "{kind} {id}");
    }
    assert!(
        import("google_sql_database", "a b").await.unwrap_err().contains("doesn't match any of the accepted formats")
    );
    assert!(import("google_nothing", "a").await.unwrap_err().contains("no resource type google_nothing"));
}

#[tokio::test]
async fn what_is_not_understood_is_said() {
    let (_folder, provider) = google();
    assert_eq!(answer(&provider, "CallFunction", &[]).await, Err(Status::Unimplemented));
    assert_eq!(answer(&provider, "PlanResourceChange", &[0xff]).await, Err(Status::InvalidArgument));
    let binary = ConfigRequest {
        type_name: String::new(),
        config: Some(DynamicValue { msgpack: vec![0xc4, 0x01, 0x00], json: Vec::new() }),
    };
    assert_eq!(answer(&provider, "ConfigureProvider", &binary.encode_to_vec()).await, Err(Status::InvalidArgument));
}
