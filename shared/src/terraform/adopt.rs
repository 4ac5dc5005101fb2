//! Resources that exist although no state speaks of them: which may be taken over, and by what each is known to be the
//! tenant's own. Pure.
//!
//! A run that dies between making a resource and saving its state leaves one behind; the next run is told that it exists
//! already. What the tenant's labels are on is its own, and what cannot be labelled is known by its name, which holds the
//! tenant's id and nothing another tenant's could be.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::planfile::ResourceChange;
use crate::provision::{Diagnostic, ResourceAddress};
use crate::tenant::TenantId;

/// The labels that the module puts on what can be labelled.
const TENANT: &str = "aipress-tenant";
const MANAGED_BY: (&str, &str) = ("managed-by", "aipress");

/// What clouds say of a name that is taken, in lower case.
const EXISTS: [&str; 5] =
    ["already exists", "alreadyexists", "database exists", "already own it", "bucket name is not available"];

/// By what a resource is known to be a tenant's.
#[derive(Debug, Clone, Copy)]
enum Owner {
    /// By its labels.
    Labels,
    /// By this attribute, which reads so with the id for `{tenant}`.
    Name(&'static str, &'static str),
    /// By this attribute, which begins so: a folder of the tenant's, or one within it.
    Within(&'static str, &'static str),
}

/// How resources of one type are taken over.
struct Rule {
    kind: &'static str,
    /// The import id, of planned attributes.
    id: &'static str,
    owner: Owner,
}

/// Import ids: the providers' documentation of each resource.
const RULES: [Rule; 8] = [
    Rule {
        kind: "google_cloud_run_v2_service",
        id: "projects/{project}/locations/{location}/services/{name}",
        owner: Owner::Labels,
    },
    Rule {
        kind: "google_cloud_run_v2_job",
        id: "projects/{project}/locations/{location}/jobs/{name}",
        owner: Owner::Labels,
    },
    Rule { kind: "google_secret_manager_secret", id: "projects/{project}/secrets/{secret_id}", owner: Owner::Labels },
    Rule { kind: "google_storage_bucket", id: "{project}/{name}", owner: Owner::Labels },
    Rule {
        kind: "google_service_account",
        id: "projects/{project}/serviceAccounts/{account_id}@{project}.iam.gserviceaccount.com",
        owner: Owner::Name("account_id", "wp-{tenant}"),
    },
    Rule {
        kind: "google_sql_database",
        id: "projects/{project}/instances/{instance}/databases/{name}",
        owner: Owner::Name("name", "wp-{tenant}"),
    },
    Rule {
        kind: "google_sql_user",
        id: "{project}/{instance}/{host}/{name}",
        owner: Owner::Name("name", "wp-{tenant}"),
    },
    Rule {
        kind: "google_storage_managed_folder",
        id: "{bucket}/{name}",
        owner: Owner::Within("name", "tenants/{tenant}/plugins/"),
    },
];

/// A resource to be taken over, if it turns out to be the tenant's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) address: ResourceAddress,
    /// By what the provider finds it.
    pub(super) id: String,
}

/// Resources whose names were taken.
pub(super) fn taken(errors: &[Diagnostic]) -> BTreeSet<ResourceAddress> {
    let says_so = |error: &&Diagnostic| {
        let text = format!("{}\n{}", error.summary, error.detail).to_ascii_lowercase();
        EXISTS.iter().any(|said| text.contains(said))
    };
    errors.iter().filter(says_so).filter_map(|error| error.address.clone()).collect()
}

/// How this planned creation would be a takeover instead; `None` for a type without a rule, and where the plan does not
/// know the name.
pub(super) fn candidate(planned: &ResourceChange) -> Option<Candidate> {
    let rule = rule(planned)?;
    let mut id = String::new();
    let mut rest = rule.id;
    while let Some((before, (field, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        id.push_str(before);
        id.push_str(planned.change.after[field].as_str().filter(|value| !value.is_empty())?);
        rest = after;
    }
    id.push_str(rest);
    Some(Candidate { address: ResourceAddress::new(&planned.address), id })
}

/// The configuration file that takes these over.
pub(super) fn imports(candidates: &[Candidate]) -> String {
    let blocks: Vec<Value> =
        candidates.iter().map(|candidate| json!({"to": candidate.address.as_str(), "id": candidate.id})).collect();
    json!({ "import": blocks }).to_string()
}

/// Whether what was found is the tenant's own; otherwise why not, for people.
pub(super) fn is_own(found: &ResourceChange, tenant: &TenantId) -> Result<(), String> {
    let Some(rule) = rule(found) else { return Err("resources of its type are not taken over".to_owned()) };
    let before = &found.change.before;
    match rule.owner {
        Owner::Labels => {
            let labels = [&before["effective_labels"], &before["labels"]].into_iter().find(|labels| labels.is_object());
            let label = |name: &str| labels.and_then(|labels| labels[name].as_str());
            match (label(TENANT), label(MANAGED_BY.0)) {
                (Some(owner), Some(by)) if owner == tenant.as_str() && by == MANAGED_BY.1 => Ok(()),
                (Some(owner), _) if owner != tenant.as_str() => Err(format!("its label {TENANT} is '{owner}'")),
                _ => Err(format!("it lacks the labels {TENANT}={tenant} and {}={}", MANAGED_BY.0, MANAGED_BY.1)),
            }
        }
        Owner::Name(attribute, form) => {
            let expected = form.replace("{tenant}", tenant.as_str());
            match before[attribute].as_str() {
                Some(name) if name == expected => Ok(()),
                _ => Err(format!("its {attribute} is not '{expected}'")),
            }
        }
        Owner::Within(attribute, form) => {
            let expected = form.replace("{tenant}", tenant.as_str());
            match before[attribute].as_str() {
                Some(name) if name.starts_with(&expected) => Ok(()),
                _ => Err(format!("its {attribute} is not within '{expected}'")),
            }
        }
    }
}

/// What is said of a resource that exists and was not taken over.
pub(super) fn left_alone(address: &ResourceAddress, why: &str) -> Diagnostic {
    Diagnostic {
        summary: format!("{address} exists already and was left alone: {why}"),
        detail: format!(
            "Remove or rename what exists, or hand it over to the tenant (labels {TENANT}, {}); then apply again.",
            MANAGED_BY.0
        ),
        address: Some(address.clone()),
    }
}

fn rule(resource: &ResourceChange) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.kind == resource.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(kind: &str, values: &Value) -> ResourceChange {
        let change = json!({"actions": ["create"], "before": values, "after": values});
        serde_json::from_value(json!({"address": format!("{kind}.site"), "type": kind, "change": change})).unwrap()
    }

    #[test]
    fn every_guarded_type_can_be_taken_over_and_is_found_by_its_id() {
        let cases = [
            (
                "google_sql_database",
                json!({"project": "p", "instance": "i", "name": "wp-acme-shop"}),
                "projects/p/instances/i/databases/wp-acme-shop",
            ),
            (
                "google_sql_user",
                json!({"project": "p", "instance": "i", "host": "%", "name": "wp-acme-shop"}),
                "p/i/%/wp-acme-shop",
            ),
            (
                "google_secret_manager_secret",
                json!({"project": "p", "secret_id": "wp-acme-shop-db", "effective_labels": own()}),
                "projects/p/secrets/wp-acme-shop-db",
            ),
            (
                "google_storage_bucket",
                json!({"project": "p", "name": "p-acme-shop-media", "effective_labels": own()}),
                "p/p-acme-shop-media",
            ),
            (
                "google_cloud_run_v2_service",
                json!({"project": "p", "location": "l", "name": "wp-acme-shop", "labels": own()}),
                "projects/p/locations/l/services/wp-acme-shop",
            ),
            (
                "google_service_account",
                json!({"project": "p", "account_id": "wp-acme-shop"}),
                "projects/p/serviceAccounts/wp-acme-shop@p.iam.gserviceaccount.com",
            ),
            (
                "google_storage_managed_folder",
                json!({"bucket": "b", "name": "tenants/acme-shop/plugins/"}),
                "b/tenants/acme-shop/plugins/",
            ),
        ];
        for (kind, values, id) in &cases {
            let found = resource(kind, values);
            assert_eq!(candidate(&found).unwrap().id, *id);
            assert_eq!(is_own(&found, &"acme-shop".parse().unwrap()), Ok(()), "{kind}");
            assert!(is_own(&found, &"acme".parse().unwrap()).is_err(), "{kind} of another tenant");
        }
        for kind in super::super::STATEFUL_TYPES {
            assert!(cases.iter().any(|(known, ..)| *known == kind), "{kind}");
        }
    }

    fn own() -> Value {
        json!({"aipress-tenant": "acme-shop", "managed-by": "aipress", "team": "growth"})
    }

    #[test]
    fn what_is_not_surely_the_tenants_is_not() {
        let acme = "acme".parse().unwrap();
        let labelled = |labels: Value| {
            is_own(&resource("google_storage_bucket", &json!({"name": "b", "effective_labels": labels})), &acme)
        };
        let lacks = "it lacks the labels aipress-tenant=acme and managed-by=aipress";
        assert_eq!(labelled(json!({"aipress-tenant": "acme", "managed-by": "aipress"})), Ok(()));
        assert_eq!(labelled(json!({"aipress-tenant": "acme"})).unwrap_err(), lacks);
        assert_eq!(labelled(json!({"managed-by": "aipress"})).unwrap_err(), lacks);
        assert_eq!(labelled(json!(null)).unwrap_err(), lacks);
        assert_eq!(
            labelled(json!({"aipress-tenant": "globex", "managed-by": "aipress"})).unwrap_err(),
            "its label aipress-tenant is 'globex'"
        );
        assert!(is_own(&resource("google_project", &json!({})), &acme).is_err());
        assert_eq!(candidate(&resource("google_project", &json!({"name": "p"}))), None);
        assert_eq!(candidate(&resource("google_storage_bucket", &json!({"name": "b"}))), None, "not all is known");
    }

    #[test]
    fn what_clouds_say_of_a_name_that_is_taken() {
        let error = |summary: &str, address: Option<&str>| Diagnostic {
            summary: summary.to_owned(),
            detail: String::new(),
            address: address.map(ResourceAddress::new),
        };
        let errors = [
            error("Error creating Secret: googleapi: Error 409: Secret [x] already exists.", Some("a.secret")),
            error("googleapi: Error 409: Your previous request … and you already own it., conflict", Some("a.bucket")),
            error("Error 1007: Can't create database 'x'; database exists", Some("a.database")),
            error("Error 409: The instance has an operation in progress., operationInProgress", Some("a.user")),
            error("already exists", None),
        ];
        let found: Vec<String> = taken(&errors).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["a.bucket", "a.database", "a.secret"]);
    }

    #[test]
    fn imports_are_a_configuration_file() {
        let address = ResourceAddress::new("google_storage_managed_folder.plugins[0]");
        let text = imports(&[Candidate { address, id: "b/tenants/acme/plugins/".to_owned() }]);
        insta::assert_snapshot!(text, @r#"{"import":[{"id":"b/tenants/acme/plugins/","to":"google_storage_managed_folder.plugins[0]"}]}"#);
    }
}
