//! A stand-in for Google Cloud Storage that real clients accept.
