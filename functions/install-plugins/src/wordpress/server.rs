//! The site on a port of this machine, in a fresh process: nothing is left of the files before, and no visitor can reach it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::SiteError;
use super::php::{Group, Php};

/// Ports tried: between finding a free one and listening somebody else may take it.
const ATTEMPTS: usize = 5;
/// A server that does not listen by then never will.
const PATIENCE: Duration = Duration::from_secs(10);
/// Lines of its log that are kept.
const LINES: usize = 50;

/// Within one process WordPress is compiled once; the next process begins with nothing.
const CACHED: [&str; 3] = ["opcache.enable=1", "opcache.enable_cli=1", "opcache.revalidate_freq=0"];

/// A server; killed when dropped.
pub(crate) struct Server {
    _group: Group,
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<VecDeque<String>>>,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) async fn start(php: &Php) -> Result<Self, SiteError> {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.and_then(|free| free.local_addr());
            let address = free.map_err(|error| SiteError::NoServer(error.to_string()))?;
            let folder = php.folder.clone().into_os_string();
            let mut arguments: Vec<OsString> = CACHED.iter().flat_map(|set| ["-d".into(), set.into()]).collect();
            arguments.extend(["-S".into(), address.to_string().into(), "-t".into(), folder]);
            let mut group = php.start(&arguments)?;
            let log = Arc::new(Mutex::new(VecDeque::new()));
            if let Some(stderr) = group.child.stderr.take() {
                tokio::spawn(keep(stderr, Arc::clone(&log)));
            }
            if listens(&mut group, address).await {
                return Ok(Self { _group: group, address, log });
            }
            said = last(&log, |_| true).unwrap_or_default();
        }
        Err(SiteError::NoServer(said))
    }

    /// The last error that PHP logged: it says why a page is broken, and in which file.
    pub(crate) fn last_error(&self) -> Option<String> {
        let line = last(&self.log, |line| line.contains("PHP Fatal error") || line.contains("PHP Parse error"))?;
        let error = line.split_once("PHP ").map_or(line.as_str(), |(_, error)| error);
        Some(error.to_owned())
    }
}

async fn listens(group: &mut Group, address: SocketAddr) -> bool {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < deadline {
        if TcpStream::connect(address).await.is_ok() {
            return true;
        }
        if !matches!(group.child.try_wait(), Ok(None)) {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

async fn keep(stderr: tokio::process::ChildStderr, log: Arc<Mutex<VecDeque<String>>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Ok(mut log) = log.lock() {
            if log.len() == LINES {
                log.pop_front();
            }
            log.push_back(line);
        }
    }
}

fn last(log: &Mutex<VecDeque<String>>, fits: impl Fn(&str) -> bool) -> Option<String> {
    log.lock().ok()?.iter().rev().find(|line| fits(line)).cloned()
}
