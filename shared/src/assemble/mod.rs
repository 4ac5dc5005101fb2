//! assembling
