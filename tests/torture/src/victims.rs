//! Who is killed: processes found by their parents, as the system lists them.

use std::collections::{HashMap, HashSet};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What a kill is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// The process that serves; its children live on for a while, as they do where nobody ends them too.
    Function,
    /// Every Terraform process.
    Terraform,
    /// Every provider.
    Provider,
    /// All of them at once, as a container ends.
    All,
}

/// One process as the system lists it.
#[derive(Debug, Clone)]
struct Listed {
    id: i32,
    parent: i32,
    name: String,
}

/// Terraform and its providers below a process, orphans of its earlier lives included.
#[derive(Debug, Default)]
pub(crate) struct Family {
    known: HashSet<i32>,
}

impl Family {
    /// Kills what is aimed at, without a warning. Says how many processes that were.
    pub(crate) fn kill(&mut self, function: u32, aim: Aim) -> usize {
        let function = i32::try_from(function).unwrap_or_default();
        let below = self.below(function);
        let is_provider = |listed: &&Listed| listed.name.starts_with("terraform-provi");
        let (providers, terraforms): (Vec<&Listed>, Vec<&Listed>) = below.iter().partition(is_provider);
        let ids = |listed: &[&Listed]| listed.iter().map(|listed| listed.id).collect::<Vec<_>>();
        let aimed_at = match aim {
            Aim::Function => vec![function],
            Aim::Terraform => ids(&terraforms),
            Aim::Provider => ids(&providers),
            Aim::All => [vec![function], ids(&terraforms), ids(&providers)].concat(),
        };
        aimed_at.into_iter().filter(|id| kill(Pid::from_raw(*id), Signal::SIGKILL).is_ok()).count()
    }

    /// Whether anything of it still runs beside the function itself.
    pub(crate) fn is_at_work(&mut self, function: u32) -> bool {
        !self.below(i32::try_from(function).unwrap_or_default()).is_empty()
    }

    fn below(&mut self, function: i32) -> Vec<Listed> {
        let all = list();
        let parents: HashMap<i32, i32> = all.iter().map(|listed| (listed.id, listed.parent)).collect();
        let descends = |listed: &Listed| {
            let mut at = listed.parent;
            while at > 1 {
                if at == function || self.known.contains(&at) {
                    return true;
                }
                at = parents.get(&at).copied().unwrap_or_default();
            }
            false
        };
        let alive: HashSet<i32> = all.iter().map(|listed| listed.id).collect();
        let found: Vec<Listed> = all
            .iter()
            .filter(|listed| listed.name.starts_with("terraform"))
            .filter(|listed| self.known.contains(&listed.id) || descends(listed))
            .cloned()
            .collect();
        self.known.retain(|id| alive.contains(id));
        self.known.extend(found.iter().map(|listed| listed.id));
        found
    }
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
