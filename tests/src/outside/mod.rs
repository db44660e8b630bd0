//! Bytes from outside: for every reader of them one function that gives it an input and holds what
//! comes of it against a promise (docs/security.md, "Outside bytes"). The test program
//! `tests/outside.rs` gives them the files of `tests/corpus` and thousands of mutations of these;
//! the programs in `fuzz/` give them what libFuzzer thinks of.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken promise ends the program that looks for it"
)]

mod backup;
mod city;
mod closing;
mod dice;
pub mod make;
mod phone;
mod push;
mod request;
mod rescue;
mod seed;
mod table;

pub use backup::{backup, segment};
pub use closing::closing;
pub use dice::Dice;
pub use phone::phone;
pub use push::push;
pub use request::request;
pub use rescue::{rescue, rescue_file, rescue_locked, sealed};
pub use seed::{corpus, seeds};
pub use table::table;

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// The first number of every mutation.
const SEED: u64 = 20_261_123;
/// An input that takes longer is a fault.
const WITHIN: Duration = Duration::from_secs(5);
/// What takes longer than this is given up, and the program with it.
const HANGS: Duration = Duration::from_secs(40);
const MIB: usize = 1024 * 1024;

/// A reader of bytes from outside.
pub struct Target {
    /// Its name; its seeds lie in `tests/corpus` under it.
    pub name: &'static str,
    /// Gives it an input; panics where the promise is broken.
    pub check: fn(&[u8]),
    /// Makes an input out of the seeds.
    pub mutate: fn(&mut Dice, &[Vec<u8>]) -> Vec<u8>,
    /// Mutations in one run.
    pub rounds: u64,
    /// Most bytes that one input may take beside those that were taken before it.
    pub most_bytes: usize,
}

const fn target(name: &'static str, check: fn(&[u8]), rounds: u64, most_mib: usize) -> Target {
    Target { name, check, mutate: Dice::mutated, rounds, most_bytes: most_mib * MIB }
}

/// Every reader.
pub const TARGETS: [Target; 11] = [
    target("push", push, 350, 24),
    target("request", request, 700, 48),
    Target { mutate: table::mutated, ..target("table", table, 400, 48) },
    target("segment", segment, 500, 16),
    target("backup", backup, 60, 16),
    target("rescue", rescue, 200, 24),
    target("rescue_file", rescue_file, 400, 8),
    target("rescue_locked", rescue_locked, 60, 24),
    target("sealed", sealed, 1_000, 4),
    target("closing", closing, 1_200, 4),
    target("phone", phone, 500, 16),
];

/// How the memory of this program is measured, bytes. What SQLite allocates is not in it.
#[derive(Clone, Copy)]
pub struct Memory {
    /// What is taken now.
    pub now: fn() -> usize,
    /// The peak is looked for from here on.
    pub reset: fn(),
    /// The most that was taken since.
    pub peak: fn() -> usize,
}

/// One input alone: `target:seed:index`, as a failure prints it.
const ONE: &str = "JIANGDAO_OUTSIDE";
/// So many times as many mutations.
const TIMES: &str = "JIANGDAO_OUTSIDE_TIMES";

/// Gives a reader its seeds and their mutations. Says what it took.
///
/// # Panics
/// A promise is broken, or an input takes too long or too much. The message names the input.
#[must_use]
pub fn run(target: &Target, memory: Memory) -> String {
    let seeds = seeds(target.name);
    let bytes: Vec<Vec<u8>> = seeds.iter().map(|(_, bytes)| bytes.clone()).collect();
    let mut run =
        Run { target, memory, watch: watch(), began: Instant::now(), slowest: Duration::ZERO, most: 0 };
    let mutation = |run: &mut Run<'_>, seed: u64, index: u64| {
        let input = (target.mutate)(&mut Dice::new(seed, index), &bytes);
        run.one(&format!("{}:{seed}:{index}", target.name), &input);
    };
    // What is set up once is no input's.
    (target.check)(b"");
    if let Ok(one) = std::env::var(ONE) {
        let parts: Vec<&str> = one.split(':').collect();
        let [name, seed, index] = parts[..] else { panic!("{ONE} is target:seed:index, not {one}") };
        if name == target.name {
            mutation(&mut run, seed.parse().expect("a seed"), index.parse().expect("an index"));
        }
        return run.told();
    }
    for (name, input) in &seeds {
        run.one(name, input);
    }
    let times: u64 = std::env::var(TIMES).map_or(1, |times| times.parse().expect("a number"));
    for index in 0..target.rounds.saturating_mul(times) {
        mutation(&mut run, SEED, index);
    }
    city::end();
    run.told()
}

struct Run<'t> {
    target: &'t Target,
    memory: Memory,
    watch: Sender<String>,
    began: Instant,
    slowest: Duration,
    most: usize,
}

impl Run<'_> {
    fn one(&mut self, label: &str, input: &[u8]) {
        let _ = self.watch.send(label.to_owned());
        let before = (self.memory.now)();
        (self.memory.reset)();
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(|| (self.target.check)(input)));
        let (took, most) = (began.elapsed(), (self.memory.peak)().saturating_sub(before));
        self.slowest = self.slowest.max(took);
        self.most = self.most.max(most);
        let mut wrong = String::new();
        if done.is_err() {
            wrong.push_str(" breaks the promise (see above)");
        }
        if took > WITHIN {
            let _ = write!(wrong, " takes {took:?}, more than {WITHIN:?}");
        }
        if most > self.target.most_bytes {
            let _ = write!(wrong, " takes {most} bytes, more than {}", self.target.most_bytes);
        }
        assert!(wrong.is_empty(), "{label}{wrong}; {}", kept(label, input));
    }

    fn told(&self) -> String {
        let Self { target, began, slowest, most, .. } = self;
        let took = began.elapsed().as_secs_f32();
        format!("{} in {took:.1} s: at most {slowest:?} and {} KiB for one input", target.name, most / 1024)
    }
}

/// Where an input is kept, and how it is given again.
fn kept(label: &str, input: &[u8]) -> String {
    let path: PathBuf = std::env::temp_dir().join(format!("outside-{}", label.replace(['/', ':'], "-")));
    match std::fs::write(&path, input) {
        Ok(()) => {
            format!("it lies at {}; again: {ONE}={label} cargo test -p tests --test outside", path.display())
        }
        Err(error) => format!("it could not be kept: {error}"),
    }
}

/// Ends the program where an input never ends, and names it: nothing else could.
fn watch() -> Sender<String> {
    let (send, hear) = channel::<String>();
    std::thread::spawn(move || {
        let mut label = "the setting up".to_owned();
        loop {
            match hear.recv_timeout(HANGS) {
                Ok(next) => label = next,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    eprintln!("{label} hangs; again: {ONE}={label} cargo test -p tests --test outside");
                    std::process::exit(101);
                }
            }
        }
    });
    send
}
