//! How Terraform finds and trusts us: a socket of our own, a certificate made for it, and one line on standard output.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::UnixListener;
use tokio_rustls::TlsAcceptor;

use super::grpc;
use crate::provider::Provider;

/// Terraform connects at once; a parent that died never will.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why serving ended early.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No certificate could be made.
    #[error("no certificate can be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate was not taken.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// Socket, standard output or connection.
    #[error("the connection to Terraform failed: {0}")]
    Io(#[from] io::Error),
    /// Nobody came.
    #[error("Terraform did not connect")]
    Alone,
}

/// Serves one Terraform, from the handshake until its connection ends. `sockets` is a folder for the socket.
pub async fn serve(provider: Provider, sockets: &Path) -> Result<(), ServeError> {
    let (certificate, acceptor) = certificate()?;
    let socket = Socket(sockets.join(format!("provider-{}-{:08x}", std::process::id(), rand::random::<u32>())));
    let listener = UnixListener::bind(&socket.0)?;
    announce(&socket.0, &certificate)?;
    let (stream, _) = tokio::time::timeout(PATIENCE, listener.accept()).await.map_err(|_| ServeError::Alone)??;
    drop(socket);
    let stream = acceptor.accept(stream).await?;
    grpc::serve(stream, Arc::new(provider)).await;
    Ok(())
}

/// A socket's file goes as soon as it has been used, or serving fails.
struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap_or_default();
    }
}

fn certificate() -> Result<(String, TlsAcceptor), ServeError> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let der = made.cert.der().clone();
    let text = STANDARD_NO_PAD.encode(&der);
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(io::Error::other)?;
    Ok((text, TlsAcceptor::from(Arc::new(config(der, key)?))))
}

/// Terraform offers a client certificate on P-521, which ring does not know; it does not insist.
fn config(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}

/// go-plugin's line: its own version, the protocol's, network, address, transport, certificate.
fn announce(socket: &Path, certificate: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "1|6|unix|{}|grpc|{certificate}", socket.display())?;
    out.flush()
}
