//! The whole product on one machine, no cloud account

fn main() {}
