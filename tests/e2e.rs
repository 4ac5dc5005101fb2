//! A file per behaviour.
