//! The control plane's module: by Terraform's own measures, through a whole life, and against policies that are held over
//! everything it makes.

mod contract;
mod identities;
mod life;
mod module;
mod policies;
mod resources;
mod routes;
