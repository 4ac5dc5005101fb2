use super::*;
use crate::clock::{Clock, SystemClock};
use crate::plugins::{MemoryBuckets, MemoryDirectory};

fn resolver(directory: &MemoryDirectory) -> Resolver {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Resolver::new(Arc::new(directory.clone()), PluginLists::new(Arc::new(MemoryBuckets::new(&clock))))
}

fn wanted(list: &str) -> Plugins {
    Plugins::List(parse_plugin_list(list.as_bytes()).unwrap())
}

fn locked(lock: &Lock) -> Vec<String> {
    lock.plugins().iter().map(|plugin| format!("{} {} {}", plugin.name, plugin.version, plugin.required)).collect()
}

#[tokio::test]
async fn a_lock_has_the_lists_order_exact_versions_and_the_bytes_that_were_seen() {
    let directory = MemoryDirectory::default();
    for (plugin, version) in [("shop", "1.0"), ("shop", "2.0"), ("mail", "5.1")] {
        directory.publish(plugin, version);
    }
    let list = wanted("[{name: shop, version: '1.0', required: true}, {name: mail}, {name: gone}]");
    let first = resolver(&directory).resolve(&list, &Lock::default()).await.unwrap();
    assert_eq!(locked(&first.lock), ["shop 1.0 true", "mail 5.1 false"]);
    let left_out: Vec<_> = first.left_out.iter().map(|plugin| (plugin.name.as_str(), plugin.result)).collect();
    assert_eq!(left_out, [("gone", PluginResult::NotFound)]);

    // What is locked keeps its bytes, whatever lies there by now; who is required may change.
    let seen = LockedPlugin { sha256: crate::digest::Digest::of(b"as seen"), ..first.lock.plugins()[0].clone() };
    let known = Lock::new(vec![seen.clone()]).unwrap();
    let again = resolver(&directory).resolve(&wanted("[{name: shop, version: '1.0'}]"), &known).await.unwrap();
    assert_eq!(again.lock.plugins(), [LockedPlugin { required: false, ..seen }]);
}

#[tokio::test]
async fn a_directory_that_is_away_is_no_answer_for_anybody() {
    let directory = MemoryDirectory::default();
    directory.is_away(true);
    let error = resolver(&directory).resolve(&wanted("[{name: gone}]"), &Lock::default()).await.unwrap_err();
    assert!(error.retryable(), "{error}");
    directory.is_away(false);
    let required = wanted("[{name: gone, required: true}]");
    let error = resolver(&directory).resolve(&required, &Lock::default()).await.unwrap_err();
    assert_eq!((error.retryable(), error.reason()), (false, "NoSuchPlugin"));
}
