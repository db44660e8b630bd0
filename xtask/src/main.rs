//! What a person or a build machine starts: `cargo xtask run`, `cargo xtask test`, `cargo xtask sim`.

mod axe;
mod bench;
mod browser;
mod bundle;
mod child;
mod compress;
mod gallery;
mod postbuild;
mod run;
mod shots;
mod sim;
mod steps;
mod test;
mod tools;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask run [-- ARGS]   install what is missing, build, serve on 127.0.0.1:8080
cargo xtask build           the same without serving
cargo xtask test [--all]    format, lints, builds and all tests, real browser included
cargo xtask sim --seeds N   simulate bad days until this commit has seen so many in all
cargo xtask sim --seed S    one of them, with its history
cargo xtask city --size N --data DIR
                            a city of so many attendances, and how long the desk's pages take on it
cargo xtask bench [phone]   measure, and write the tables of docs/benchmarks.md
cargo xtask shots           remake the pictures of the README
cargo xtask gallery         take pictures of every screen into target/gallery
cargo xtask postbuild       (called by Trunk) finish a built folder";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", args.as_slice()),
    };
    let outcome = match command {
        "run" => run::run(rest),
        "build" => run::build(),
        "test" => test::test(rest),
        "bench" => bench::bench(rest),
        "shots" => shots::shots(),
        "gallery" => gallery::gallery(),
        "sim" => sim::sim(rest),
        "city" => sim::city(rest),
        "postbuild" => postbuild::postbuild(),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        unknown => Err(format!("there is no command `{unknown}`\n{USAGE}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("xtask: {trouble}");
            ExitCode::FAILURE
        }
    }
}
