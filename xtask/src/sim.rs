//! `sim`: the simulator of bad days, by hand for long runs and as a step of the tests.

use crate::child::{Output, cargo};
use crate::steps::{Steps, show};
use crate::tree::{Done, at, read_text, root, write};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Steps that [`build`] takes.
pub(crate) const BUILD_STEPS: usize = 1;
/// Seeds between two entries in the ledger.
const CHUNK: u64 = 2_000;
/// How long the seeds run in an ordinary test, minutes.
const TEST_MINUTES: u64 = 4;

/// Builds the simulator, optimised: it is the only build that can plant defects.
pub(crate) fn build(steps: &mut Steps) -> Done {
    let build =
        cargo(&["build", "--release", "--locked", "-p", "tests", "--features", "museum", "--bin", "sim"]);
    steps.command("building the simulator", build)
}

fn program() -> Command {
    let mut sim = Command::new(at("target/release").join(format!("sim{}", std::env::consts::EXE_SUFFIX)));
    sim.args(["--commit", &commit()]);
    sim
}

/// The museum: every planted defect must be caught.
pub(crate) fn museum() -> Command {
    let mut sim = program();
    sim.arg("--museum");
    sim
}

/// As many seeds as fit, other ones for every commit.
pub(crate) fn for_minutes() -> Command {
    let mut sim = program();
    let first = u64::from_str_radix(commit().get(..8).unwrap_or("0"), 16).unwrap_or(0) << 24;
    sim.args(["--first", &first.to_string(), "--minutes", &TEST_MINUTES.to_string()]);
    sim
}

/// `cargo xtask sim --seeds N`: until this commit has seen so many seeds in all, or one breaks a
/// promise. Any other words go to the simulator as they are.
pub(crate) fn sim(args: &[String]) -> Done {
    let mut steps = Steps::new(BUILD_STEPS);
    build(&mut steps)?;
    let ["--seeds", count] = args.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        let ended = program().args(args).status()?;
        return if ended.success() { Ok(()) } else { Err("the simulator found something".into()) };
    };
    let wanted: u64 = count.parse().map_err(|_| format!("--seeds takes a number, not `{count}`"))?;
    let mut ledger = Ledger::open()?;
    while ledger.seeds < wanted {
        let began = Instant::now();
        let seeds = CHUNK.min(wanted - ledger.seeds);
        let mut chunk = program();
        chunk.args(["--first", &ledger.seeds.to_string(), "--seeds", &seeds.to_string()]);
        let finished = crate::child::watch(chunk, "seeds", Output::Kept)?;
        if !finished.status.success() {
            show(&finished);
            return Err("a promise was broken".into());
        }
        ledger.add(seeds, began.elapsed().as_secs())?;
        println!("{}: {} of {wanted} seeds, {} minutes", commit(), ledger.seeds, ledger.seconds / 60);
    }
    println!("{}: {} seeds in {} minutes, none broke a promise", commit(), ledger.seeds, ledger.seconds / 60);
    Ok(())
}

/// `cargo xtask city --size N --data DIR [--seed S]`: a city of so many attendances in an empty folder,
/// through the intake, and how long the desk's pages take on it; `--pages --data DIR` that alone.
pub(crate) fn city(args: &[String]) -> Done {
    let mut steps = Steps::new(BUILD_STEPS);
    build(&mut steps)?;
    let words = args.iter().map(|word| if word == "--size" { "--city" } else { word.as_str() });
    let ended = program().args(words).status()?;
    if ended.success() { Ok(()) } else { Err("the city was not made".into()) }
}

/// How far a commit has come: seeds from 0 on without a broken promise, and the time that took.
struct Ledger {
    path: PathBuf,
    seeds: u64,
    seconds: u64,
}

impl Ledger {
    fn open() -> Done<Self> {
        let folder = at("target/sim");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(commit());
        let text = if path.exists() { read_text(&path)? } else { String::new() };
        let mut numbers = text.split_whitespace().map(|word| word.parse().unwrap_or(0));
        let (seeds, seconds) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        Ok(Self { path, seeds, seconds })
    }

    fn add(&mut self, seeds: u64, seconds: u64) -> Done {
        self.seeds += seeds;
        self.seconds += seconds;
        write(&self.path, format!("{} {}\n", self.seeds, self.seconds).as_bytes())
    }
}

/// The commit, with a word where the tree is not the same.
pub(crate) fn commit() -> String {
    let git = |args: &[&str]| {
        let said = Command::new("git").current_dir(root()).args(args).output().ok()?;
        said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
    };
    let hash = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "00000000-unknown".to_owned());
    let changed = git(&["status", "--porcelain"]).is_some_and(|lines| !lines.is_empty());
    if changed { format!("{hash}-changed") } else { hash }
}
