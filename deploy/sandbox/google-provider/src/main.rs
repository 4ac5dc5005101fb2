//! A Terraform provider that stands in for hashicorp/google and hashicorp/random

fn main() {}
