//! What has to happen to a site's plugins. Pure.

use tenancy::plugins::{Lock, LockedPlugin};

use crate::bundle::{Marker, PluginFile};

/// What one wanted plugin needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// As locked.
    pub(crate) plugin: LockedPlugin,
    /// Its main file in the new bundle.
    pub(crate) main: PluginFile,
    /// What to do.
    pub(crate) kind: StepKind,
}

/// What one wanted plugin needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepKind {
    /// Nothing: the same files, and active.
    Unchanged,
    /// Other files under an active plugin.
    Switch,
    /// It is not active.
    Activate,
}

/// Everything that has to happen, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// Active plugins that are not wanted.
    pub(crate) remove: Vec<PluginFile>,
    /// One for each wanted plugin, in the lock's order.
    pub(crate) steps: Vec<Step>,
}

impl Plan {
    /// Nothing has to happen.
    pub(crate) fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.steps.iter().all(|step| step.kind == StepKind::Unchanged)
    }
}

/// Compares what is active, on the files of `before`, with what is wanted. Fails with the plugin that the new bundle does not
/// hold, though its marker should name it.
pub(crate) fn plan<'a>(
    before: &Lock,
    wanted: &'a Lock,
    marker: Option<&Marker>,
    active: &[PluginFile],
) -> Result<Plan, &'a LockedPlugin> {
    let unwanted = |file: &&PluginFile| !wanted.plugins().iter().any(|plugin| plugin.name.as_str() == file.folder());
    let remove = active.iter().filter(unwanted).cloned().collect();
    let step = |plugin: &'a LockedPlugin| {
        let main = marker.and_then(|marker| marker.main(&plugin.name)).ok_or(plugin)?.clone();
        let same = before.get(&plugin.name).is_some_and(|b| b.version == plugin.version && b.sha256 == plugin.sha256);
        let kind = match (active.contains(&main), same) {
            (true, true) => StepKind::Unchanged,
            (true, false) => StepKind::Switch,
            (false, _) => StepKind::Activate,
        };
        Ok(Step { plugin: plugin.clone(), main, kind })
    };
    let steps = wanted.plugins().iter().map(step).collect::<Result<_, _>>()?;
    Ok(Plan { remove, steps })
}

#[cfg(test)]
mod tests {
    use tenancy::digest::Digest;

    use super::*;
    use crate::bundle::MarkedPlugin;

    fn locked(name: &str, version: &str) -> LockedPlugin {
        LockedPlugin {
            name: name.parse().unwrap(),
            version: version.parse().unwrap(),
            sha256: Digest::of(version.as_bytes()),
            source: "file:///x.zip".parse().unwrap(),
            required: false,
        }
    }

    fn lock(plugins: &[(&str, &str)]) -> Lock {
        Lock::new(plugins.iter().map(|(name, version)| locked(name, version)).collect()).unwrap()
    }

    fn marker(lock: &Lock) -> Marker {
        let plugins = lock.plugins().iter().map(|p| MarkedPlugin {
            name: p.name.clone(),
            version: p.version.clone(),
            sha256: p.sha256,
            main: file(p.name.as_str()),
        });
        Marker { digest: lock.bundle().unwrap(), plugins: plugins.collect(), files: 1 }
    }

    fn file(name: &str) -> PluginFile {
        PluginFile(format!("{name}/{name}.php"))
    }

    #[test]
    fn what_each_plugin_needs() {
        let before = lock(&[("same", "1"), ("newer", "1"), ("asleep", "1"), ("gone", "1")]);
        let wanted = lock(&[("new", "1"), ("same", "1"), ("newer", "2"), ("asleep", "1")]);
        let active = [file("gone"), file("newer"), file("same"), PluginFile("hello.php".to_owned())];
        let plan = plan(&before, &wanted, Some(&marker(&wanted)), &active).unwrap();
        assert_eq!(plan.remove, [file("gone"), PluginFile("hello.php".to_owned())]);
        let kinds: Vec<_> = plan.steps.iter().map(|step| (step.plugin.name.as_str(), step.kind)).collect();
        let expected = [
            ("new", StepKind::Activate),
            ("same", StepKind::Unchanged),
            ("newer", StepKind::Switch),
            ("asleep", StepKind::Activate),
        ];
        assert_eq!(kinds, expected);
        assert!(!plan.is_empty());
    }

    #[test]
    fn nothing_to_do_and_a_bundle_that_lacks_a_plugin() {
        let wanted = lock(&[("one", "1")]);
        assert!(plan(&wanted, &wanted, Some(&marker(&wanted)), &[file("one")]).unwrap().is_empty());
        assert!(plan(&Lock::default(), &Lock::default(), None, &[]).unwrap().is_empty());
        assert_eq!(plan(&wanted, &wanted, None, &[]), Err(&locked("one", "1")));
    }

    #[test]
    fn another_main_file_is_activated() {
        let wanted = lock(&[("one", "2")]);
        let old = PluginFile("one/old.php".to_owned());
        let plan = plan(&lock(&[("one", "1")]), &wanted, Some(&marker(&wanted)), &[old]).unwrap();
        assert_eq!((plan.remove.len(), plan.steps[0].kind), (0, StepKind::Activate));
    }
}
