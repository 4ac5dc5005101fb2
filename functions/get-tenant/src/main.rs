//! GET /tenants, one tenant, its operations

fn main() {}
