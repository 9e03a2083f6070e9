//! Rebuilds the crate when a migration is added: the embedding macro does not notice by itself.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
