//! With feature `embed`: the built phone and desk go into the binary, so they must be there, and
//! a change of them must compile the server again.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=schema");
    if std::env::var_os("CARGO_FEATURE_EMBED").is_none() {
        return;
    }
    for folder in ["../target/dist/phone", "../target/dist/desk"] {
        println!("cargo::rerun-if-changed={folder}");
        if !Path::new(folder).join("index.html").is_file() {
            println!("cargo::error={folder} is not built: run `cargo xtask build`");
        }
    }
}
