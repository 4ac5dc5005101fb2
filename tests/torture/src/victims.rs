//! Who is killed: processes found by their parents, as the system lists them.

use std::collections::{BTreeMap, HashMap, HashSet};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use rand::RngExt as _;
use rand::rngs::StdRng;

/// What a kill is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Aim {
    /// The process that serves; its children live on for a while, as they do where nobody ends them too.
    Function,
    /// Every Terraform process.
    Terraform,
    /// Every provider.
    Provider,
    /// Everything that works on plugins.
    Installer,
    /// All of them at once, as a container ends.
    All,
}

impl Aim {
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        let all = [Self::Function, Self::Terraform, Self::Provider, Self::Installer, Self::All, Self::All, Self::All];
        all[random.random_range(0..all.len())]
    }
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The one that serves.
    Function,
    /// Terraform.
    Terraform,
    /// One of its providers.
    Provider,
    /// `install-plugins`, or a site's own of it.
    Installer,
}

impl Kind {
    /// By the name that the system has of it, at most 15 bytes.
    fn of(name: &str) -> Option<Self> {
        match name {
            "terraform" => Some(Self::Terraform),
            "install-plugins" | "torture-site" => Some(Self::Installer),
            name if name.starts_with("terraform-provi") => Some(Self::Provider),
            _ => None,
        }
    }
}

/// One process as the system lists it.
#[derive(Debug, Clone)]
struct Listed {
    id: i32,
    parent: i32,
    name: String,
}

/// What works below a process, orphans of its earlier lives included.
#[derive(Debug, Default)]
pub(crate) struct Family {
    known: HashSet<i32>,
}

impl Family {
    /// Who would be killed now. The function is a victim only while something is at work.
    pub(crate) fn victims(&mut self, function: u32, aim: Aim) -> Vec<(i32, Kind)> {
        let function = i32::try_from(function).unwrap_or_default();
        let below = self.below(function);
        let serving = if below.is_empty() { Vec::new() } else { vec![(function, Kind::Function)] };
        let only = |kind| below.iter().copied().filter(|(_, other)| *other == kind).collect();
        match aim {
            Aim::Function => serving,
            Aim::Terraform => only(Kind::Terraform),
            Aim::Provider => only(Kind::Provider),
            Aim::Installer => only(Kind::Installer),
            Aim::All => [serving, below].concat(),
        }
    }

    /// Whether anything of it still runs beside the function itself.
    pub(crate) fn is_at_work(&mut self, function: u32) -> bool {
        !self.below(i32::try_from(function).unwrap_or_default()).is_empty()
    }

    /// Tenants for which two Terraform processes run below the process that serves: both could save.
    pub(crate) fn doubles(function: u32) -> Vec<String> {
        let function = i32::try_from(function).unwrap_or_default();
        let mut tenants: BTreeMap<String, usize> = BTreeMap::new();
        // A child of Terraform's that is about to become a provider still has its parent's name.
        let own = |listed: &&Listed| listed.parent == function && Kind::of(&listed.name) == Some(Kind::Terraform);
        for tenant in list().iter().filter(own).filter_map(|listed| works_for(listed.id)) {
            *tenants.entry(tenant).or_default() += 1;
        }
        tenants.into_iter().filter(|(_, processes)| *processes > 1).map(|(tenant, _)| tenant).collect()
    }

    fn below(&mut self, function: i32) -> Vec<(i32, Kind)> {
        let all = list();
        let parents: HashMap<i32, i32> = all.iter().map(|listed| (listed.id, listed.parent)).collect();
        let known = &self.known;
        let belongs = |listed: &Listed| {
            known.contains(&listed.id) || descends(listed.parent, &parents, |id| id == function || known.contains(&id))
        };
        let found: Vec<(i32, Kind)> = all
            .iter()
            .filter_map(|listed| Some((listed, Kind::of(&listed.name)?)))
            .filter(|(listed, _)| belongs(listed))
            .map(|(listed, kind)| (listed.id, kind))
            .collect();
        self.known = found.iter().map(|(id, _)| *id).collect();
        found
    }
}

/// Kills without a warning; answers with who was there to be killed.
pub(crate) fn kill(victims: Vec<(i32, Kind)>) -> Vec<Kind> {
    let killed = victims.into_iter().filter(|(id, _)| signal::kill(Pid::from_raw(*id), Signal::SIGKILL).is_ok());
    killed.map(|(_, kind)| kind).collect()
}

fn descends(mut at: i32, parents: &HashMap<i32, i32>, from: impl Fn(i32) -> bool) -> bool {
    while at > 1 {
        if from(at) {
            return true;
        }
        at = parents.get(&at).copied().unwrap_or_default();
    }
    false
}

/// The tenant whose run's folder a process is in: `TENANT-OPERATION-RANDOM`.
fn works_for(id: i32) -> Option<String> {
    let folder = std::fs::read_link(format!("/proc/{id}/cwd")).ok()?;
    let name = folder.file_name()?.to_str()?;
    Some(name.rsplitn(3, '-').nth(2)?.to_owned())
}

/// Every process of this machine that is no zombie.
fn list() -> Vec<Listed> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter_map(read).collect()
}

fn read(id: i32) -> Option<Listed> {
    // `1234 (name) S 1 …`: the name may hold spaces and brackets.
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (head, rest) = stat.rsplit_once(") ")?;
    let name = head.split_once(" (")?.1.to_owned();
    let mut fields = rest.split(' ');
    let (state, parent) = (fields.next()?, fields.next()?.parse().ok()?);
    (state != "Z").then_some(Listed { id, parent, name })
}
