//! Nothing but tests: see `suite/`.
