//! The engine with a real Terraform on modules of built-in resources. Terraform must be in `PATH`.

mod applying;
pub(super) mod faulty;
mod fixture;
mod starting;
mod stopping;
mod takeover;
