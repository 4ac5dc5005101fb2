//! The server put together: opened, started, stopped.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::Access;
use crate::events::{Deliveries, Outbox, Redelivery, Subscription};
use crate::faults::Faults;
use crate::json::Api;
use crate::store::{BucketDir, BucketName, Error, Store};
use crate::{OWN_FOLDER, grpc, json, serve};

/// What to serve, and where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder that holds everything; created if missing.
    pub root: PathBuf,
    /// Where to listen; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// Buckets that exist from the start; those that are there already keep their content and get these settings.
    pub buckets: Vec<Bucket>,
    /// Who hears of changes from the start.
    pub subscriptions: Vec<Subscription>,
    /// How unacknowledged events are sent again.
    pub redelivery: Redelivery,
}

impl Settings {
    /// An empty server in `root` on a free port of 127.0.0.1.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            buckets: Vec::new(),
            subscriptions: Vec::new(),
            redelivery: Redelivery::default(),
        }
    }
}

/// A bucket to be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: BucketName,
    /// Whether overwritten and deleted versions are kept.
    pub versioning: bool,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process serves the folder.
    #[error("{} is in use by another sandbox: stop it, or choose another folder.", .0.display())]
    InUse(PathBuf),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}. Choose another port.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The HTTP client for events cannot be made.
    #[error("cannot send events: {0}")]
    Client(#[from] reqwest::Error),
    /// The folder cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A running server. Dropped without [`Sandbox::stop`] it goes on until the runtime ends.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    faults: Arc<Faults>,
    outbox: Arc<Outbox>,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Held as long as the folder is ours.
    _lock: File,
}

impl Sandbox {
    /// Loads the folder, listens, and serves in the background of the current tokio runtime.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let own = settings.root.join(OWN_FOLDER);
        let lock = lock(&own)?;
        let unbound = |source| StartError::Listen { address: settings.listen, source };
        let listener = TcpListener::bind(settings.listen).await.map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let base_url = format!("http://{address}");
        let dir = BucketDir::new(own.clone());
        dir.prepare()?;
        let (outbox, entries) = Outbox::open(dir.clone(), own.join("outbox"), base_url.clone())?;
        let outbox = Arc::new(outbox);
        let store = Arc::new(Store::open(&settings.root, dir, Arc::clone(&outbox))?);
        for bucket in settings.buckets {
            ensure(&store, &bucket)?;
        }
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let deliveries = Deliveries::new(Arc::clone(&outbox), settings.redelivery, stop.clone())?;
        tasks.spawn(deliveries.run(entries));
        let faults = Arc::new(Faults::default());
        let access = Access::new(store, Arc::clone(&faults));
        let router = grpc::router(access.clone()).merge(json::router(Api { access, base_url }));
        tasks.spawn(serve::serve(listener, router, stop.clone()));
        for subscription in settings.subscriptions {
            outbox.subscribe(subscription);
        }
        Ok(Self { address, faults, outbox, stop, tasks, _lock: lock })
    }

    /// `http://HOST:PORT`, without a slash at the end.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on `url` hears of changes in `bucket`; what it did not acknowledge before a restart comes first.
    pub fn subscribe(&self, bucket: BucketName, url: String) {
        self.outbox.subscribe(Subscription { bucket, url });
    }

    /// The faults to inject.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Stops: requests that are under way get a moment, events stay on disk for the next start.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn lock(own: &Path) -> Result<File, StartError> {
    for folder in [own.to_owned(), own.join("outbox")] {
        fs::create_dir_all(&folder).map_err(|source| io_error(&folder, source))?;
    }
    let path = own.join("lock");
    let file = File::create(&path).map_err(|source| io_error(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(own.to_owned())),
        Err(TryLockError::Error(source)) => Err(io_error(&path, source)),
    }
}

fn io_error(path: &Path, source: io::Error) -> StartError {
    StartError::Store(Error::Io { path: path.to_owned(), source })
}

fn ensure(store: &Store, wanted: &Bucket) -> Result<(), Error> {
    match store.bucket(&wanted.name) {
        Err(Error::NoSuchBucket(name)) => store.create_bucket(name, wanted.versioning).map(drop),
        Err(e) => Err(e),
        Ok(bucket) if bucket.record().versioning != wanted.versioning => {
            bucket.set_versioning(wanted.versioning).map(drop)
        }
        Ok(_) => Ok(()),
    }
}
