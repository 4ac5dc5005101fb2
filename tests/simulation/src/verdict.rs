//! After a quiet time and two sweeps: every tenant is as defined, every operation has ended.

use std::sync::Arc;

use tenancy::records::{DefinitionObject, Operation, Phase, RecordName, Status};
use tenancy::store::{ObjectReader as _, document};
use tenancy::tenant::{self, Format, TenantId};

use crate::cloud::{DATABASE, Resources, SERVICE};
use crate::process::Buckets;
use crate::schedule::now_or_never;
use crate::witness::Invariant;
use crate::world::World;

/// Asserts it of every tenant.
pub(crate) fn as_defined(world: &Arc<World>, buckets: &Buckets, tenants: &[TenantId]) {
    let verdict = Verdict { world, buckets };
    for tenant in tenants {
        if let Err(what) = verdict.of(tenant) {
            world.lock().breach(Invariant::Converges, format!("{tenant}: {what}"));
        }
        for operation in verdict.operations(tenant) {
            if !operation.outcome.is_final() {
                let what = format!("{tenant}: {:?} {} is {:?}", operation.kind, operation.id, operation.outcome);
                world.lock().breach(Invariant::OperationsEnd, what);
            }
        }
    }
}

struct Verdict<'a> {
    world: &'a Arc<World>,
    buckets: &'a Buckets,
}

impl Verdict<'_> {
    fn of(&self, tenant: &TenantId) -> Result<(), String> {
        let status =
            now_or_never(document::read_json::<Status>(self.buckets.records.as_ref(), &RecordName::status(tenant)));
        let status = status.flatten().map(|status| status.value);
        let real = self.world.lock().witness.cloud.resources.get(tenant).cloned().unwrap_or_default();
        let name = DefinitionObject::of(tenant, Format::Yaml).name;
        match now_or_never(self.buckets.definitions.read(&name)).flatten() {
            None => self.without_definition(tenant, status.as_ref(), &real),
            Some(source) => self.with_definition(tenant, &source.value, status.as_ref(), &real),
        }
    }

    /// Gone, or held by the breaker or its own protection.
    fn without_definition(&self, tenant: &TenantId, status: Option<&Status>, real: &Resources) -> Result<(), String> {
        let Some(status) = status else { return Ok(()) };
        if status.phase == Phase::Held && (real.contains_key(DATABASE) || self.world.lock().witness.is_tainted(tenant))
        {
            return Ok(());
        }
        Err(format!("its definition is gone and it is {:?}: {status:?}", status.phase))
    }

    fn with_definition(
        &self,
        tenant: &TenantId,
        source: &[u8],
        status: Option<&Status>,
        real: &Resources,
    ) -> Result<(), String> {
        let status = status.ok_or("nobody looked at it")?;
        let phase = status.phase;
        let Ok(definition) = tenant::parse(source, Format::Yaml) else {
            return if phase == Phase::Invalid { Ok(()) } else { Err(format!("it is invalid and {phase:?}")) };
        };
        if definition.spec.suspend.unwrap_or_default() {
            return if phase == Phase::Suspended { Ok(()) } else { Err(format!("it is suspended and {phase:?}")) };
        }
        // The platform names an instance after its tier.
        let asked = definition.spec.database.as_ref().and_then(|database| database.tier.as_deref());
        let instance = format!("{}-1", if asked == Some("premium") { "premium" } else { "shared" });
        if real.get(DATABASE).is_some_and(|have| have["instance"] != instance) {
            let held = phase == Phase::Held && status.hold.is_some();
            let what = || format!("its database would be replaced and it is {phase:?}: {status:?}");
            return if held { Ok(()) } else { Err(what()) };
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
