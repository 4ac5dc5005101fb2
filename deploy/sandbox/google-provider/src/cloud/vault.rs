//! Secret payloads at rest: AES-256-GCM under a key in `vault.key`, which only its owner may read.
//!
//! A secret's payload must come back (an ephemeral resource reads it), so it is encrypted. A database password must not, so a
//! salted digest of it is all that is kept.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::objects::write_temporary;
use super::{Cloud, CloudError, digest};

/// An encrypted payload, as text: nonce and ciphertext in base64.
#[derive(Debug, PartialEq, Eq)]
pub struct Sealed(pub String);

impl Cloud {
    /// Encrypts the payload of the object `name`, and for that object only.
    pub fn seal(&self, name: &str, payload: &str) -> Result<Sealed, CloudError> {
        let refused = || CloudError::Sealed { name: name.to_owned() };
        let nonce: [u8; NONCE_LEN] = rand::random();
        let mut bytes = payload.as_bytes().to_vec();
        self.key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name), &mut bytes)
            .map_err(|_| refused())?;
        Ok(Sealed(STANDARD.encode([&nonce[..], &bytes].concat())))
    }

    /// Decrypts what [`Cloud::seal`] made for the same object.
    pub fn unseal(&self, name: &str, sealed: &Sealed) -> Result<String, CloudError> {
        let refused = || CloudError::Sealed { name: name.to_owned() };
        let bytes = STANDARD.decode(&sealed.0).map_err(|_| refused())?;
        let (nonce, payload) = bytes.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let mut payload = payload.to_vec();
        let opened = self.key()?.open_in_place(nonce, Aad::from(name), &mut payload).map_err(|_| refused())?;
        String::from_utf8(opened.to_vec()).map_err(|_| refused())
    }

    fn key(&self) -> Result<LessSafeKey, CloudError> {
        let path = self.root.join("vault.key");
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.make_key()?;
                fs::read(&path).map_err(CloudError::io(&path))?
            }
            read => read.map_err(CloudError::io(&path))?,
        };
        let key = UnboundKey::new(&AES_256_GCM, &bytes);
        key.map(LessSafeKey::new).map_err(|_| CloudError::Malformed { path, problem: "a key has 32 bytes".into() })
    }

    /// Two processes may come here at once: the link that comes second fails, and its key was never used.
    fn make_key(&self) -> Result<(), CloudError> {
        let path = self.root.join("vault.key");
        let written = write_temporary(&self.root, &rand::random::<[u8; 32]>()).map_err(CloudError::io(&path))?;
        fs::set_permissions(&written, fs::Permissions::from_mode(0o600)).map_err(CloudError::io(&path))?;
        let linked = fs::hard_link(&written, &path);
        fs::remove_file(&written).map_err(CloudError::io(&written))?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(CloudError::io(path)(error)),
            _ => Ok(()),
        }
    }
}

/// What is kept of a password: a salt and the digest of both, `salt$hex`.
pub(crate) fn password_digest(password: &str) -> String {
    let salt = format!("{:032x}", rand::random::<u128>());
    let digest = digest(&format!("{salt}{password}"));
    format!("{salt}${digest}")
}

/// Whether a digest, as a database user's file keeps it, was made from this password.
pub fn is_password(password: &str, stored: &str) -> bool {
    stored.split_once('$').is_some_and(|(salt, hex)| digest(&format!("{salt}{password}")) == hex)
}
