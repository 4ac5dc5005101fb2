//! `sandbox-gcs`: serves the stand-in until it is interrupted.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use sandbox_gcs::{Bucket, BucketName, Redelivery, Sandbox, Settings, StartError, Subscription};
use tracing_subscriber::EnvFilter;

/// A stand-in for Google Cloud Storage, for this machine only: it asks nobody who they are.
#[derive(Parser)]
struct Arguments {
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
}

fn bucket(text: &str) -> Result<Bucket, String> {
    let (name, versioning) = text
        .strip_suffix("+versions")
        .map_or((text, false), |name| (name, true));
    Ok(Bucket {
        name: bucket_name(name)?,
        versioning,
    })
}

fn subscription(text: &str) -> Result<Subscription, String> {
    let (bucket, url) = text.split_once('=').ok_or("write BUCKET=URL")?;
    Ok(Subscription {
        bucket: bucket_name(bucket)?,
        url: url.to_owned(),
    })
}

fn bucket_name(text: &str) -> Result<BucketName, String> {
    text.parse()
        .map_err(|e: sandbox_gcs::StoreError| e.to_string())
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "not started");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), StartError> {
    let Arguments {
        root,
        listen,
        buckets,
        subscriptions,
    } = arguments;
    let settings = Settings {
        root,
        listen,
        buckets,
        subscriptions,
        redelivery: Redelivery::default(),
    };
    let sandbox = Sandbox::start(settings).await?;
    tracing::info!(endpoint = sandbox.endpoint(), "serving");
    // Where signals cannot be waited for, there is nothing to wait for.
    let _ = tokio::signal::ctrl_c().await;
    sandbox.stop().await;
    Ok(())
}
