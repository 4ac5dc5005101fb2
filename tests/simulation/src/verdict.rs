//! After a quiet time and two sweeps: every tenant is as defined, every operation has ended.

use tenancy::provision::two_resources::{DATABASE, Resources, SERVICE};
use tenancy::records::{DefinitionObject, Operation, Phase, RecordName, Status};
use tenancy::store::{ObjectMeta, ObjectReader as _, document};
use tenancy::tenant::{self, Definition, TenantId};

use crate::schedule::{Schedule, now_or_never};
use crate::witness::Invariant;

impl Schedule {
    /// Asserts it of every tenant.
    pub(crate) fn as_defined(&self) {
        for tenant in &self.tenants {
            if let Err(what) = self.judge(tenant) {
                self.world.lock().breach(Invariant::Converges, format!("{tenant}: {what}"));
            }
            for operation in self.operations(tenant) {
                if !operation.outcome.is_final() {
                    let what = format!("{tenant}: {:?} {} is {:?}", operation.kind, operation.id, operation.outcome);
                    self.world.lock().breach(Invariant::OperationsEnd, what);
                }
            }
        }
    }

    /// Whether a tenant's tombstone has not come to its time.
    pub(crate) fn some_grace_is_running(&self) -> bool {
        let now = self.world.lock().now;
        let running = |status: Status| status.tombstone.is_some_and(|tombstone| tombstone.destroy_after > now);
        self.tenants.iter().any(|tenant| self.status(tenant).is_some_and(running))
    }

    fn status(&self, tenant: &TenantId) -> Option<Status> {
        let name = RecordName::status(tenant);
        let status = now_or_never(document::read_json::<Status>(self.buckets.records.as_ref(), &name)).flatten();
        status.map(|status| status.value)
    }

    fn judge(&self, tenant: &TenantId) -> Result<(), String> {
        let status = self.status(tenant);
        let real = self.world.lock().witness.cloud.real(tenant);
        match self.live_definitions(tenant).as_slice() {
            [] => self.without_definition(tenant, status.as_ref(), &real),
            [only] => self.with_definition(tenant, only, status.as_ref().ok_or("nobody looked at it")?, &real),
            several => {
                let status = status.ok_or("nobody looked at it")?;
                // A conflict that no person made is ours to mend.
                let waits = status.phase == Phase::Invalid && self.world.lock().witness.is_conflicting(tenant);
                let names: Vec<_> = several.iter().map(|meta| meta.name.as_str()).collect();
                if waits { Ok(()) } else { Err(format!("it is {names:?} and {:?}", status.phase)) }
            }
        }
    }

    /// Gone, or held by the breaker or its own protection.
    fn without_definition(&self, tenant: &TenantId, status: Option<&Status>, real: &Resources) -> Result<(), String> {
        let excused = self.world.lock().witness.is_excused(tenant);
        match status {
            None if real.is_empty() || excused => Ok(()),
            None => Err(format!("it is gone and left {:?}", real.keys())),
            Some(status)
                if status.phase == Phase::Held && (status.terms.protection || may_hold_something(status, real)) =>
            {
                Ok(())
            }
            Some(status) => Err(format!("its definition is gone and it is {:?}: {status:?}", status.phase)),
        }
    }

    fn with_definition(
        &self,
        tenant: &TenantId,
        stored: &ObjectMeta,
        status: &Status,
        real: &Resources,
    ) -> Result<(), String> {
        let phase = status.phase;
        let Some(definition) = self.parsed(stored) else {
            return if phase == Phase::Invalid { Ok(()) } else { Err(format!("it is invalid and {phase:?}")) };
        };
        if definition.spec.suspend.unwrap_or_default() {
            return if phase == Phase::Suspended { Ok(()) } else { Err(format!("it is suspended and {phase:?}")) };
        }
        if real.get(DATABASE).is_some_and(|have| have["instance"] != instance(&definition)) {
            let held = phase == Phase::Held && status.hold.is_some();
            let is_known = held || self.world.lock().witness.may_have_drifted(tenant);
            let what = || format!("its database would be replaced and it is {phase:?}: {status:?}");
            return if is_known { Ok(()) } else { Err(what()) };
        }
        // What it waits for was done by a run that could not save it.
        if phase == Phase::Held && status.hold.is_some() && self.world.lock().witness.may_have_drifted(tenant) {
            return Ok(());
        }
        if phase != Phase::Ready || status.in_doubt {
            return Err(format!("it is {phase:?}: {status:?}"));
        }
        let most = definition.spec.runtime.and_then(|runtime| runtime.scaling?.max_instances);
        let have = real.get(SERVICE).and_then(|service| service["scaling"]["max_instances"].as_u64());
        if have == most.map(u64::from) || self.world.lock().witness.may_have_drifted(tenant) {
            return Ok(());
        }
        Err(format!("its service has at most {have:?} instances, not {most:?}"))
    }

    fn parsed(&self, stored: &ObjectMeta) -> Option<Definition> {
        let object = DefinitionObject::parse(&stored.name)?;
        let source = now_or_never(self.buckets.definitions.read(&stored.name)).flatten()?.value;
        tenant::parse(&source, object.format).ok()
    }

    fn operations(&self, tenant: &TenantId) -> Vec<Operation> {
        let records = self.buckets.records.as_ref();
        let listed = now_or_never(records.list(&RecordName::operations_prefix(tenant), None, 1000));
        let listed = listed.map(|page| page.items).unwrap_or_default();
        let names = listed.iter().filter(|meta| RecordName::operation_of(tenant, &meta.name).is_some());
        names
            .filter_map(|meta| now_or_never(document::read_json::<Operation>(records, &meta.name)).flatten())
            .map(|operation| operation.value)
            .collect()
    }
}

/// Whether the breaker has reason to hold it: a first run that failed may have made something, as far as anybody can know.
fn may_hold_something(status: &Status, real: &Resources) -> bool {
    status.in_doubt || !real.is_empty()
}

/// The platform names an instance after its tier.
fn instance(definition: &Definition) -> String {
    let asked = definition.spec.database.as_ref().and_then(|database| database.tier.as_deref());
    format!("{}-1", if asked == Some("premium") { "premium" } else { "shared" })
}
