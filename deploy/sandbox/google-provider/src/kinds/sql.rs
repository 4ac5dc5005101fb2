//! Database users: of a password only a salted digest is kept.

use super::Change;
use crate::cloud::password_digest;

const KEPT: &str = "password_sha256";

pub(super) fn complete(change: &mut Change<'_>) {
    change.keep_own();
    // The real provider sends the password at a creation, and later when its version changed.
    let sent =
        change.before.is_none() || change.prior.get("password_wo_version") != change.config.get("password_wo_version");
    if let Some(password) = change.config.get("password_wo").as_str().filter(|_| sent) {
        change.after.own.insert(KEPT.to_owned(), password_digest(password).into());
    }
}
