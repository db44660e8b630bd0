//! The simulator on the command line; `cargo xtask sim` and `cargo xtask test` call it.

use shared::museum::Defect;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tests::sim::{INVARIANTS, Options, REQUIRED, Reached, Stage, city, measure, pages, run, visit};

/// Half of the time of a run went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
sim --seed S                       one run, with its history
sim --first F --seeds N            so many runs from this seed on
sim --first F --minutes M          as many as fit
sim --restore N                    backs up and restores so many changes, and tells how long that took
sim --city N --data DIR [--seed S] fills an empty folder with a city of so many attendances
sim --pages --data DIR             how long the desk's pages take on it
sim --museum                       every planted defect must be caught
 with --commit WORD                printed with every failure";

/// One run in so many has the server's database in a file.
const FILE_EVERY: u64 = 250;
/// One run in so many is run twice: the same seed must give the same history.
const TWICE_EVERY: u64 = 200;
/// A planted defect has to be caught within so many runs.
const VISIT_MOST: u64 = 4_000;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let place = args.iter().position(|arg| arg == name)?;
        args.get(place + 1).cloned()
    };
    let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
    let commit = value("--commit").unwrap_or_else(|| "unknown".to_owned());
    if args.iter().any(|arg| arg == "--museum") {
        return museum();
    }
    let data = value("--data").map(PathBuf::from);
    if let (Some(attendances), Some(data)) = (number("--city"), &data) {
        city(attendances, data, number("--seed"));
        pages(data);
        return ExitCode::SUCCESS;
    }
    if let (true, Some(data)) = (args.iter().any(|arg| arg == "--pages"), &data) {
        pages(data);
        return ExitCode::SUCCESS;
    }
    if let Some(changes) = number("--restore") {
        let folder = folder(0);
        measure(changes, &folder);
        // What stays behind lies below the system's own folder for such things.
        let _ = std::fs::remove_dir_all(folder);
        return ExitCode::SUCCESS;
    }
    if let Some(seed) = number("--seed") {
        return one(seed, &commit, args.iter().any(|arg| arg == "--file"));
    }
    let first = number("--first").unwrap_or(0);
    match (number("--seeds"), number("--minutes")) {
        (Some(seeds), _) => many(first, Some(seeds), None, &commit),
        (None, Some(minutes)) => many(first, None, Some(Duration::from_secs(minutes * 60)), &commit),
        (None, None) => {
            eprintln!("{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn folder(n: usize) -> PathBuf {
    std::env::temp_dir().join(format!("jiangdao-sim-{}-{n}", std::process::id()))
}

fn one(seed: u64, commit: &str, file: bool) -> ExitCode {
    let mut stage = Stage::new(folder(0));
    let options = Options { trace: true, file, ..Options::default() };
    match run(&mut stage, seed, options) {
        Ok(report) => {
            report.trace.iter().for_each(|line| println!("{line}"));
            println!(
                "seed {seed} of {commit}: every promise kept; {} changes, {} faults, {:?}, history {:016x}",
                report.changes, report.faults, report.took, report.hash
            );
            ExitCode::SUCCESS
        }
        Err(failure) => {
            failure.trace.iter().for_each(|line| println!("{line}"));
            println!("seed {seed} of {commit}: {}: {}", failure.broken.name, failure.broken.detail);
            ExitCode::FAILURE
        }
    }
}

/// What all threads have found so far.
#[derive(Default)]
struct Found {
    runs: u64,
    changes: u64,
    faults: u64,
    fewest: Option<(usize, usize)>,
    micros: Vec<u32>,
    reached: Reached,
    failures: Vec<String>,
}

fn many(first: u64, seeds: Option<u64>, time: Option<Duration>, commit: &str) -> ExitCode {
    let began = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(first);
    let stop = AtomicBool::new(false);
    let found = Mutex::new(Found::default());
    let last = seeds.map_or(u64::MAX, |seeds| first.saturating_add(seeds));
    std::thread::scope(|scope| {
        for n in 0..threads {
            let (next, stop, found) = (&next, &stop, &found);
            scope.spawn(move || {
                let mut stage = Stage::new(folder(n));
                while !stop.load(Ordering::Relaxed) && time.is_none_or(|time| began.elapsed() < time) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last {
                        break;
                    }
                    if !look(&mut stage, seed, commit, found) {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
        tell_progress(began, seeds, time, &found, &stop);
    });
    let found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    conclude(first, began.elapsed(), commit, found)
}

/// Runs a seed, and some of them twice; false if a promise was broken.
fn look(stage: &mut Stage, seed: u64, commit: &str, found: &Mutex<Found>) -> bool {
    let options = Options { file: seed.is_multiple_of(FILE_EVERY), ..Options::default() };
    let outcome = run(stage, seed, options);
    let again = (seed % TWICE_EVERY == 1).then(|| run(stage, seed, options));
    let mut found = found.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let failure = match (&outcome, &again) {
        (Err(failure), _) | (_, Some(Err(failure))) => {
            Some(format!("{}: {}", failure.broken.name, failure.broken.detail))
        }
        (Ok(one), Some(Ok(other))) if one.hash != other.hash => {
            Some(format!("another history: {:016x}, then {:016x}", one.hash, other.hash))
        }
        _ => None,
    };
    if let Some(why) = failure {
        found.failures.push(format!("seed {seed} of {commit}: {why}"));
        return false;
    }
    if let Ok(report) = outcome {
        found.runs += 1;
        found.changes += report.changes as u64;
        found.faults += report.faults as u64;
        let this = (report.changes, report.faults);
        let fewest = found.fewest.get_or_insert(this);
        *fewest = (fewest.0.min(this.0), fewest.1.min(this.1));
        found.micros.push(u32::try_from(report.took.as_micros()).unwrap_or(u32::MAX));
        found.reached.add(&report.reached);
    }
    true
}

fn tell_progress(
    began: Instant,
    seeds: Option<u64>,
    time: Option<Duration>,
    found: &Mutex<Found>,
    stop: &AtomicBool,
) {
    let mut told = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(100));
        let runs = found.lock().map_or(0, |found| found.runs);
        let ended =
            seeds.is_some_and(|seeds| runs >= seeds) || time.is_some_and(|time| began.elapsed() >= time);
        if ended || stop.load(Ordering::Relaxed) {
            return;
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            let rate = runs as f64 / began.elapsed().as_secs_f64();
            eprintln!("{runs} runs, {rate:.0} a second");
        }
    }
}

fn conclude(first: u64, took: Duration, commit: &str, mut found: Found) -> ExitCode {
    found.micros.sort_unstable();
    let micros = |part: usize| found.micros.get(found.micros.len() * part / 100).copied().unwrap_or(0);
    println!(
        "commit {commit}: {} runs from seed {first}, {:.1} minutes",
        found.runs,
        took.as_secs_f64() / 60.0
    );
    let (changes, faults) = found.fewest.unwrap_or_default();
    println!(
        "{} changes, {} planned faults (never fewer than {changes} and {faults} in a run); \
         a run takes {:.1} ms in the median, {:.1} at 99 %",
        found.changes,
        found.faults,
        f64::from(micros(50)) / 1_000.0,
        f64::from(micros(99)) / 1_000.0
    );
    for line in &found.failures {
        println!("{line}\n  again, with its history: cargo xtask sim --seed N");
    }
    let missing = found.reached.missing();
    let enough = found.runs >= 2_000;
    if enough {
        missing.iter().for_each(|what| println!("never happened: {what}"));
    }
    let failed = found.failures.len() + if enough { missing.len() } else { 0 };
    let passed = INVARIANTS.len() + if enough { REQUIRED.len() - missing.len() } else { 0 };
    finish(passed, failed)
}

fn museum() -> ExitCode {
    let began = Instant::now();
    let next = AtomicU64::new(0);
    let caught = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for n in 0..threads {
            let (next, caught) = (&next, &caught);
            scope.spawn(move || {
                let mut stage = Stage::new(folder(n));
                loop {
                    let place = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or(usize::MAX);
                    let Some(defect) = Defect::ALL.get(place) else { return };
                    let by = visit(&mut stage, *defect, 0, VISIT_MOST);
                    let mut caught = caught.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    caught.insert(*defect, by);
                }
            });
        }
    });
    let caught = caught.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    for (defect, by) in &caught {
        match by {
            Some(by) => println!("{defect:?}: caught by {} in run {}", by.by, by.runs),
            None => println!("{defect:?}: NOT caught in {VISIT_MOST} runs"),
        }
    }
    println!("{} exhibits, {:.1} s", caught.len(), began.elapsed().as_secs_f32());
    let missed = caught.values().filter(|by| by.is_none()).count();
    finish(caught.len() - missed, missed)
}

/// The last line, as cargo's own test programs write it.
fn finish(passed: usize, failed: usize) -> ExitCode {
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {passed} passed; {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
