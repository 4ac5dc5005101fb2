//! A file per behaviour.

mod store_contract;
