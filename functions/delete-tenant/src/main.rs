//! DELETE /tenants/{id}

fn main() {}
