//! The sweep: find what is behind and hand out tasks

fn main() {}
