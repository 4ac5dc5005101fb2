//! A task names a tenant; make the cloud match its definition

fn main() {}
