//! Embeds the pages anew when they were built anew.
#![allow(clippy::print_stdout)] // this is how a build script speaks to cargo

fn main() {
    println!("cargo::rerun-if-changed=dist");
}
