//! Object names, and back: which object holds what of which tenant. Part of the contract with people, who read buckets
//! too.

use std::cmp::Ordering;

use crate::operation::OperationId;
use crate::platform::{ProjectId, Tier};
use crate::store::ObjectName;
use crate::tenant::{Format, TenantId};

const DEFINITIONS: &str = "tenants/";
const EXTENSIONS: [(&str, Format); 3] = [("yaml", Format::Yaml), ("yml", Format::Yaml), ("json", Format::Json)];

/// An object of the definitions bucket that is a tenant's definition: `tenants/{id}.yaml`, `.yml` or `.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionObject {
    /// Whose definition.
    pub tenant: TenantId,
    /// How it is written.
    pub format: Format,
    /// The object.
    pub name: ObjectName,
}

impl DefinitionObject {
    /// Every definition's object name begins so.
    pub const PREFIX: &str = DEFINITIONS;

    /// What an object's name says; `None` for anything that is no tenant's definition, which everybody ignores.
    pub fn parse(name: &ObjectName) -> Option<Self> {
        let (stem, extension) = name.as_str().strip_prefix(DEFINITIONS)?.rsplit_once('.')?;
        let (_, format) = EXTENSIONS.into_iter().find(|(known, _)| *known == extension)?;
        Some(Self { tenant: stem.parse().ok()?, format, name: name.clone() })
    }

    /// The object that a definition in this format is written to.
    pub fn of(tenant: &TenantId, format: Format) -> Self {
        let extension = match format {
            Format::Yaml => "yaml",
            Format::Json => "json",
        };
        Self {
            tenant: tenant.clone(),
            format,
            name: ObjectName::of_parts(format_args!("{DEFINITIONS}{tenant}.{extension}")),
        }
    }

    /// Every object that could hold a tenant's definition.
    pub fn candidates(tenant: &TenantId) -> [Self; 3] {
        EXTENSIONS.map(|(extension, format)| Self {
            tenant: tenant.clone(),
            format,
            name: ObjectName::of_parts(format_args!("{DEFINITIONS}{tenant}.{extension}")),
        })
    }

    /// A prefix that holds every definition object of one tenant, and of it alone: ids have no dot.
    pub fn prefix(tenant: &TenantId) -> String {
        format!("{DEFINITIONS}{tenant}.")
    }
}

/// Every bucket lists by object name, where an id is followed by a dot: `acme-shop.yaml` comes before `acme.yaml`.
pub(crate) fn listing_order(one: &TenantId, other: &TenantId) -> Ordering {
    let as_listed = |tenant: &TenantId| tenant.as_str().bytes().chain([b'.']).collect::<Vec<u8>>();
    as_listed(one).cmp(&as_listed(other))
}

/// What an object is of the operation that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Belonging {
    /// Its record: who asked, what was done, how it ended.
    Record,
    /// What was said meanwhile.
    Log,
    /// What it ran with.
    Variables,
    /// The state that it could not save.
    ErroredState,
}

impl Belonging {
    const ENDINGS: [(&str, Self); 4] = [
        ("json", Self::Record),
        ("log", Self::Log),
        ("variables.json", Self::Variables),
        ("errored.tfstate", Self::ErroredState),
    ];
}

/// Names in the records bucket.
#[derive(Debug, Clone, Copy)]
pub struct RecordName;

impl RecordName {
    /// What is of the fleet as a whole begins so.
    pub const FLEET_PREFIX: &str = "fleet/";

    /// Every status record's name begins so.
    pub const STATUS_PREFIX: &str = "status/";

    /// A tenant's status.
    pub fn status(tenant: &TenantId) -> ObjectName {
        ObjectName::of_parts(format_args!("status/{tenant}.json"))
    }

    /// Whose status an object is.
    pub fn tenant_of_status(name: &ObjectName) -> Option<TenantId> {
        name.as_str().strip_prefix(Self::STATUS_PREFIX)?.strip_suffix(".json")?.parse().ok()
    }

    /// Every tenant's lease's name begins so.
    pub const LEASES_PREFIX: &str = "leases/";

    /// Whose lease an object is.
    pub fn tenant_of_lease(name: &ObjectName) -> Option<TenantId> {
        name.as_str().strip_prefix(Self::LEASES_PREFIX)?.strip_suffix(".json")?.parse().ok()
    }

    /// A tenant's lease.
    pub fn lease(tenant: &TenantId) -> ObjectName {
        ObjectName::of_parts(format_args!("leases/{tenant}.json"))
    }

    /// One of the slots of a database instance.
    pub fn slot(database: &Tier, number: usize) -> ObjectName {
        ObjectName::of_parts(format_args!("slots/{}/{}/{number}.json", database.project, database.instance))
    }

    /// The runs that were begun in a project lately.
    pub fn rate(project: &ProjectId) -> ObjectName {
        ObjectName::of_parts(format_args!("rates/{project}.json"))
    }

    /// Every operation of one tenant begins so.
    pub fn operations_prefix(tenant: &TenantId) -> String {
        format!("operations/{tenant}/")
    }

    /// One operation's record.
    pub fn operation(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("operations/{tenant}/{operation}.json"))
    }

    /// Which operation an object records; `None` for logs and leftovers beside it.
    pub fn operation_of(tenant: &TenantId, name: &ObjectName) -> Option<OperationId> {
        name.as_str().strip_prefix(&Self::operations_prefix(tenant))?.strip_suffix(".json")?.parse().ok()
    }

    /// To which operation of a tenant an object belongs, and as what; `None` for what is nobody's.
    pub fn belonging(tenant: &TenantId, name: &ObjectName) -> Option<(OperationId, Belonging)> {
        let (operation, ending) = name.as_str().strip_prefix(&Self::operations_prefix(tenant))?.split_once('.')?;
        let (_, belonging) = Belonging::ENDINGS.into_iter().find(|(known, _)| *known == ending)?;
        Some((operation.parse().ok()?, belonging))
    }

    /// One operation's redacted log.
    pub fn operation_log(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("operations/{tenant}/{operation}.log"))
    }

    /// The variables one operation ran with.
    pub fn operation_variables(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("operations/{tenant}/{operation}.variables.json"))
    }

    /// Everything that is kept of one tenant's deletions begins so.
    pub fn graveyard_prefix(tenant: &TenantId) -> String {
        format!("graveyard/{tenant}/")
    }

    /// What was deleted by one operation.
    pub fn graveyard(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("graveyard/{tenant}/{operation}/record.json"))
    }

    /// By which operation a tenant was deleted, if the object is the record of that.
    pub fn graveyard_of(tenant: &TenantId, name: &ObjectName) -> Option<OperationId> {
        name.as_str().strip_prefix(&Self::graveyard_prefix(tenant))?.strip_suffix("/record.json")?.parse().ok()
    }

    /// The last definition of a deleted tenant.
    pub fn graveyard_definition(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("graveyard/{tenant}/{operation}/definition"))
    }

    /// The last state of a deleted tenant.
    pub fn graveyard_state(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("graveyard/{tenant}/{operation}/state.tfstate"))
    }

    /// What stands in for the export of a deleted tenant's database.
    pub fn graveyard_export(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("graveyard/{tenant}/{operation}/database.json"))
    }

    /// Whether an object of a graveyard stands in for an export.
    pub fn is_graveyard_export(name: &ObjectName) -> bool {
        name.as_str().ends_with("/database.json")
    }

    /// Whether deletions are held for the whole fleet.
    pub fn breaker() -> ObjectName {
        ObjectName::of_parts(format_args!("fleet/breaker.json"))
    }

    /// How many tenants are where.
    pub fn occupancy() -> ObjectName {
        ObjectName::of_parts(format_args!("fleet/occupancy.json"))
    }

    /// The rollout under way, or the last one.
    pub fn rollout() -> ObjectName {
        ObjectName::of_parts(format_args!("fleet/rollout.json"))
    }

    /// The module that workers hold.
    pub fn module() -> ObjectName {
        ObjectName::of_parts(format_args!("fleet/module.json"))
    }

    /// How far the sweeps have come with what was kept long enough.
    pub fn retention() -> ObjectName {
        ObjectName::of_parts(format_args!("fleet/retention.json"))
    }

    /// The state a run could not save.
    pub fn errored_state(tenant: &TenantId, operation: OperationId) -> ObjectName {
        ObjectName::of_parts(format_args!("operations/{tenant}/{operation}.errored.tfstate"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_objects_are_definitions() {
        for (name, expected) in [
            ("tenants/acme.yaml", Some(("acme", Format::Yaml))),
            ("tenants/acme.yml", Some(("acme", Format::Yaml))),
            ("tenants/acme.json", Some(("acme", Format::Json))),
            ("tenants/acme.txt", None),
            ("tenants/acme", None),
            ("tenants/.yaml", None),
            ("tenants/Acme.yaml", None),
            ("tenants/sub/acme.yaml", None),
            ("tenants/acme.yaml.bak", None),
            ("acme.yaml", None),
        ] {
            let parsed = DefinitionObject::parse(&ObjectName::new(name).unwrap());
            let found = parsed.as_ref().map(|object| (object.tenant.as_str(), object.format));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn what_belongs_to_an_operation() {
        let tenant: TenantId = "acme".parse().unwrap();
        let operation: OperationId = "01KDVWVMG0000000000000000A".parse().unwrap();
        for (name, expected) in [
            (RecordName::operation(&tenant, operation), Some(Belonging::Record)),
            (RecordName::operation_log(&tenant, operation), Some(Belonging::Log)),
            (RecordName::operation_variables(&tenant, operation), Some(Belonging::Variables)),
            (RecordName::errored_state(&tenant, operation), Some(Belonging::ErroredState)),
            (ObjectName::new(format!("operations/acme/{operation}.notes.txt")).unwrap(), None),
            (ObjectName::new("operations/acme/notes.json").unwrap(), None),
            (ObjectName::new(format!("operations/acme-shop/{operation}.json")).unwrap(), None),
        ] {
            let found = RecordName::belonging(&tenant, &name);
            assert_eq!(found, expected.map(|belonging| (operation, belonging)), "{name}");
        }
    }

    #[test]
    fn a_tenants_prefix_holds_no_other_tenant() {
        let prefix = DefinitionObject::prefix(&"acme".parse().unwrap());
        assert!("tenants/acme.yaml".starts_with(&prefix));
        assert!(!"tenants/acme-shop.yaml".starts_with(&prefix));
    }
}
