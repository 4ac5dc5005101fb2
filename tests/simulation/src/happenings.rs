//! What can happen while a schedule is busy.

use std::sync::Arc;

use jiff::SignedDuration;
use rand::RngExt as _;
use tenancy::reconcile::Insist;
use tenancy::records::{DefinitionObject, Trigger};
use tenancy::store::{NewObject, ObjectMeta, ObjectReader as _, ObjectStore as _, Precondition};
use tenancy::tenant::{Format, TenantId};
use tenancy::tenants::Wait;

use crate::bucket::Which;
use crate::definitions;
use crate::requests::{Request, answered, caller};
use crate::schedule::{Schedule, now_or_never};
use crate::tally::Happening;
use crate::world::State;

impl Schedule {
    pub(crate) fn something_happens(&mut self) -> std::io::Result<()> {
        match self.draw(0, 100) {
            0..16 => self.upload(),
            16..21 => self.remove(),
            21..45 => self.request(),
            45..60 => _ = self.deliver_event(),
            60..72 => _ = self.deliver_task(),
            72..78 => self.sweep(),
            78..82 => self.change_outside(),
            82..89 => self.kill()?,
            89..91 => self.stop()?,
            91..95 => self.freeze_or_thaw(),
            95..98 => {
                let seconds = i64::try_from(self.draw(1, 60)).unwrap_or_default();
                self.pass_time(SignedDuration::from_secs(seconds));
            }
            98 => self.pass_time(SignedDuration::from_secs(700)),
            _ => self.pass_time(SignedDuration::from_secs(4_000)),
        }
        Ok(())
    }

    /// A person writes over the definition that is there; seldom they put another one beside it.
    fn upload(&self) {
        let tenant = self.drawn_tenant();
        let (source, beside) = {
            let mut world = self.world.lock();
            (definitions::draw(&mut world.random, &tenant), world.chance(30))
        };
        let mut live = self.live_definitions(&tenant);
        let name = match live.first() {
            Some(first) if !beside => first.name.clone(),
            Some(_) => DefinitionObject::of(&tenant, Format::Json).name,
            None => DefinitionObject::of(&tenant, Format::Yaml).name,
        };
        let before = live.iter().position(|meta| meta.name == name).map(|at| live.remove(at));
        let when = before.as_ref().map_or(Precondition::Absent, |live| Precondition::Matches(live.generation));
        let object = NewObject { body: source.clone().into(), ..NewObject::default() };
        if let Some(generation) = now_or_never(self.buckets.definitions.write(&name, object, when)) {
            let mut world = self.world.lock();
            world.happened(Happening::Definition);
            world.tell(format_args!("somebody uploads {name}: {source}"));
            if !live.is_empty() {
                world.definition_conflicts(&tenant);
            }
            world.changes(Which::Definitions, &name, before);
            world.definition_written(&name, generation);
        }
    }

    fn remove(&self) {
        let live = self.live_definitions(&self.drawn_tenant());
        if live.is_empty() {
            return;
        }
        let live = live[self.draw(0, live.len())].clone();
        if now_or_never(self.buckets.definitions.delete(&live.name, live.generation)).is_some() {
            let mut world = self.world.lock();
            world.happened(Happening::Definition);
            world.tell(format_args!("somebody removes {}", live.name));
            world.changes(Which::Definitions, &live.name, Some(live.clone()));
            world.definition_removed(&live.name);
        }
    }

    /// A tenant's definition objects, as a person sees them.
    pub(crate) fn live_definitions(&self, tenant: &TenantId) -> Vec<ObjectMeta> {
        let look = |object: DefinitionObject| now_or_never(self.buckets.definitions.stat(&object.name)).flatten();
        DefinitionObject::candidates(tenant).into_iter().filter_map(look).collect()
    }

    fn request(&self) {
        let tenant = self.drawn_tenant();
        let Some(process) = self.drawn_process() else { return };
        let (commands, world) = (process.commands.clone(), Arc::clone(&self.world));
        let wait = if self.draw(0, 3) == 0 { Wait::No } else { Wait::ForResult };
        let request = Request::draw(&mut self.world.lock(), &self.buckets.records, &tenant);
        let what = format!("{} {tenant}", request.verb());
        {
            let mut world = self.world.lock();
            world.happened(Happening::Request);
            world.tell(format_args!("somebody asks {} to {what}", process.id));
        }
        let open = request.announce(&self.world, &tenant);
        process.begin(async move {
            let refused = request.ask(&commands, &tenant, wait).await;
            drop(open);
            answered(&world, &what, refused);
        });
    }

    fn deliver_event(&self) -> bool {
        let Some(tenant) = self.delivered(Happening::Event, |world| &mut world.events) else { return false };
        let Some(process) = self.drawn_process() else { return false };
        let (watcher, world) = (process.watcher.clone(), Arc::clone(&self.world));
        self.world.lock().tell(format_args!("an event of {tenant} reaches {}", process.id));
        process.begin(async move {
            let noticed = watcher.notice(&tenant).await;
            if noticed.is_err() {
                world.lock().events.push(tenant);
            }
            answered(&world, "event", noticed.err());
        });
        true
    }

    /// Delivers one of the tasks that wait; `false` if none does.
    pub(crate) fn deliver_task(&self) -> bool {
        let Some(tenant) = self.delivered(Happening::Task, |world| &mut world.tasks) else { return false };
        let Some(process) = self.drawn_process() else { return false };
        let (reconciler, world) = (process.reconciler.clone(), Arc::clone(&self.world));
        self.world.lock().tell(format_args!("a task of {tenant} reaches {}", process.id));
        process.begin(async move {
            let done = reconciler.reconcile(&caller(Trigger::Task), &tenant, Insist::No).await;
            answered(&world, "task", done.err());
        });
        true
    }

    /// One of what waits to be delivered: any of them, and sometimes it will come again, or is lost.
    fn delivered(&self, what: Happening, waiting: impl Fn(&mut State) -> &mut Vec<TenantId>) -> Option<TenantId> {
        let world = &mut *self.world.lock();
        let many = waiting(world).len();
        if many == 0 {
            return None;
        }
        let drawn = world.random.random_range(0..many);
        let (twice, lost) = (world.chance(150), world.faults.before > 0 && world.chance(150));
        let tenant = waiting(world).remove(drawn);
        if lost {
            world.happened(Happening::Lost);
            return None;
        }
        world.happened(what);
        if twice {
            world.happened(Happening::Doubled);
            waiting(world).push(tenant.clone());
        }
        Some(tenant)
    }

    fn sweep(&self) {
        let Some(process) = self.drawn_process() else { return };
        let (sweeper, world) = (process.sweeper.clone(), Arc::clone(&self.world));
        {
            let mut world = self.world.lock();
            world.happened(Happening::Sweep);
            world.tell(format_args!("{} sweeps", process.id));
        }
        process.begin(async move { answered(&world, "sweep", sweeper.sweep().await.err()) });
    }

    fn change_outside(&self) {
        let tenant = self.drawn_tenant();
        self.world.lock().change_outside(&tenant);
    }

    fn kill(&mut self) -> std::io::Result<()> {
        if !self.processes.is_empty() {
            let killed = self.processes.remove(self.draw(0, self.processes.len()));
            {
                let mut world = self.world.lock();
                world.happened(Happening::Kill);
                world.tell(format_args!("{} is killed", killed.id));
                world.skews.remove(&killed.id);
            }
            drop(killed);
        }
        if self.processes.is_empty() || self.draw(0, 2) == 0 {
            self.start_process()?;
        }
        Ok(())
    }

    /// A process goes on that was frozen; where none is, one is frozen.
    fn freeze_or_thaw(&self) {
        let thawed = self.world.lock().frozen.pop_first();
        if let Some(process) = thawed {
            self.world.lock().tell(format_args!("{process} goes on"));
        } else if let Some(process) = self.drawn_process() {
            self.world.lock().freeze(process.id);
        }
    }

    /// Asked to stop, a process goes on for a while; another one takes the requests.
    fn stop(&mut self) -> std::io::Result<()> {
        if let Some(process) = self.drawn_process() {
            {
                let mut world = self.world.lock();
                world.happened(Happening::Stop);
                world.tell(format_args!("{} is asked to stop", process.id));
            }
            process.shutdown.cancel();
            process.go_on();
        }
        self.start_process()
    }
}
