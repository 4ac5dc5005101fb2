//! What a start does with the files an earlier process left, however it ended.

use std::collections::{BTreeMap, HashSet};

use super::disk::{self, BucketDir};
use super::{Error, ObjectName, Versions};

/// The index, out of the sidecar files.
pub(super) fn load_index(dir: &BucketDir) -> Result<BTreeMap<ObjectName, Versions>, Error> {
    let mut index = BTreeMap::new();
    for path in disk::entries(&dir.sidecars())? {
        if let Some(versions) = disk::read_json::<Versions>(&path)? {
            index.insert(versions.name.clone(), versions);
        }
    }
    Ok(index)
}

/// Removes content that no sidecar names, and rebuilds every live link: cheaper than finding out which is stale.
pub(super) fn clear_leftovers(dir: &BucketDir, index: &BTreeMap<ObjectName, Versions>) -> Result<(), Error> {
    let mut content = HashSet::new();
    let mut live = HashSet::new();
    for versions in index.values() {
        content.extend(versions.all().map(|object| dir.content(&object.name, object.generation)));
        live.extend(versions.live.as_ref().map(|object| dir.live(&object.name)));
    }
    for path in disk::entries(&dir.contents())? {
        if !content.contains(&path) {
            disk::remove(&path)?;
        }
    }
    for path in disk::entries(&dir.lives())? {
        if !live.contains(&path) {
            disk::remove(&path)?;
        }
    }
    for versions in index.values() {
        if let Some(object) = &versions.live {
            dir.relink(&object.name, Some(object.generation))?;
        }
    }
    Ok(())
}
