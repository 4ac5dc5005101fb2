//! POST /tenants

fn main() {}
