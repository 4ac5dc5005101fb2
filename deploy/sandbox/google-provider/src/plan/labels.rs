//! Labels: what the configuration says (`labels`), with the provider's own (`terraform_labels`), with those of others
//! (`effective_labels`: the ones the cloud knows).

use crate::value::{Fields, Value};

/// The label the real provider puts on what it creates, unless `add_terraform_attribution_label` is false.
const ATTRIBUTION: &str = "goog-terraform-provisioned";

/// How labels come about, by the provider's configuration.
#[derive(Clone, Debug, Default)]
pub struct Labelling {
    /// On every resource.
    pub default_labels: Fields,
    /// Whether a creation is marked as Terraform's.
    pub attribution: bool,
}

impl Labelling {
    pub(super) fn plan(&self, prior: &Value, planned: &mut Fields) {
        let own = match planned.get("labels") {
            Some(Value::Unknown) => {
                planned.insert("terraform_labels".to_owned(), Value::Unknown);
                planned.insert("effective_labels".to_owned(), Value::Unknown);
                return;
            }
            Some(Value::Map(own)) => own.clone(),
            _ => Fields::new(),
        };
        let before = |name: &str| prior.get(name).fields().cloned().unwrap_or_default();
        let (before_terraform, before_effective) = (before("terraform_labels"), before("effective_labels"));
        let mut terraform = self.default_labels.clone();
        terraform.extend(own);
        let marked = if prior.is_null() { self.attribution } else { before_terraform.contains_key(ATTRIBUTION) };
        if marked {
            terraform.insert(ATTRIBUTION.to_owned(), "true".into());
        }
        let mut effective: Fields =
            before_effective.into_iter().filter(|(name, _)| !before_terraform.contains_key(name)).collect();
        effective.extend(terraform.clone());
        planned.insert("terraform_labels".to_owned(), Value::Map(terraform));
        planned.insert("effective_labels".to_owned(), Value::Map(effective));
    }
}

/// Lays the labels that the cloud knows into a state: of its own labels Terraform sees those it set before.
pub fn seen(state: &mut Fields, prior: &Value, cloud: &Value) {
    let known = cloud.fields().cloned().unwrap_or_default();
    for name in ["labels", "terraform_labels"] {
        let value = match prior.get(name) {
            Value::Map(before) => Value::Map(
                known
                    .iter()
                    .filter(|(label, _)| before.contains_key(*label))
                    .map(|(label, value)| (label.clone(), value.clone()))
                    .collect(),
            ),
            _ => Value::Null,
        };
        state.insert(name.to_owned(), value);
    }
    state.insert("effective_labels".to_owned(), Value::Map(known));
}
