//! PUT /tenants/{id}

fn main() {}
