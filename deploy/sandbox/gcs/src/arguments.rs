//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use sandbox_gcs::{Bucket, BucketName, Redelivery, Settings, Subscription};

/// A stand-in for Google Cloud Storage, for this machine only: it asks nobody who they are.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The folder that holds the buckets.
    #[arg(long)]
    root: PathBuf,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9023")]
    listen: SocketAddr,
    /// Buckets to create; end the name with `+versions` to keep overwritten and deleted objects.
    #[arg(long = "bucket", value_name = "NAME", num_args = 1.., value_parser = bucket)]
    buckets: Vec<Bucket>,
    /// Post events about a bucket to a URL.
    #[arg(long = "subscribe", value_name = "BUCKET=URL", num_args = 1.., value_parser = subscription)]
    subscriptions: Vec<Subscription>,
    /// Milliseconds until an event that was not acknowledged is sent again; they double each time.
    #[arg(long, value_name = "MS", default_value_t = 10_000)]
    redelivery_min: u64,
    /// The longest wait between two attempts, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 600_000)]
    redelivery_max: u64,
}

impl From<Arguments> for Settings {
    fn from(arguments: Arguments) -> Self {
        Self {
            root: arguments.root,
            listen: arguments.listen,
            buckets: arguments.buckets,
            subscriptions: arguments.subscriptions,
            redelivery: Redelivery {
                min: Duration::from_millis(arguments.redelivery_min),
                max: Duration::from_millis(arguments.redelivery_max),
                ..Redelivery::default()
            },
        }
    }
}

fn bucket(text: &str) -> Result<Bucket, String> {
    let (name, versioning) = match text.strip_suffix("+versions") {
        Some(name) => (name, true),
        None => (text, false),
    };
    Ok(Bucket { name: bucket_name(name)?, versioning })
}

fn subscription(text: &str) -> Result<Subscription, String> {
    let (bucket, url) = text.split_once('=').ok_or("write BUCKET=URL")?;
    Ok(Subscription { bucket: bucket_name(bucket)?, url: url.to_owned() })
}

fn bucket_name(text: &str) -> Result<BucketName, String> {
    text.parse().map_err(|e: sandbox_gcs::StoreError| e.to_string())
}
