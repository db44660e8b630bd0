//! One run: a seed makes a plan, the plan a day, and the day ends in a check.

use super::device::{Device, Flavour};
use super::plan::Plan;
use super::reached::Reached;
use super::server::Server;
use super::template::{ACCOUNTS, Template};
use super::world::{Broken, World};
use fastrand::Rng;
use rusqlite::Connection;
use shared::museum::{Defect, plant};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What a thread keeps from run to run.
pub struct Stage {
    template: Template,
    data: Option<Connection>,
    folder: PathBuf,
}

impl Stage {
    /// A stage with files, where a run wants them, below this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { template: Template::new(), data: None, folder }
    }
}

/// How a seed is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Keep the history.
    pub trace: bool,
    /// The defect that is planted.
    pub defect: Option<Defect>,
    /// The server's database lies in a file.
    pub file: bool,
}

/// A run that kept every promise.
#[derive(Debug)]
pub struct Report {
    /// Changes that people made.
    pub changes: usize,
    /// Planned faults; those of the network come on top.
    pub faults: usize,
    /// Depends on everything that happened: the same seed gives the same number.
    pub hash: u64,
    /// What happened at least once.
    pub reached: Reached,
    /// How long it took.
    pub took: Duration,
    /// The history, where it was asked for.
    pub trace: Vec<String>,
}

/// A run that broke a promise.
#[derive(Debug)]
pub struct Failure {
    /// The seed that repeats it.
    pub seed: u64,
    /// Which, and how.
    pub broken: Broken,
    /// The history, where it was asked for.
    pub trace: Vec<String>,
}

/// Runs a seed.
///
/// # Errors
/// The promise that was broken first.
pub fn run(stage: &mut Stage, seed: u64, options: Options) -> Result<Report, Box<Failure>> {
    let began = Instant::now();
    plant(options.defect);
    let mut rng = Rng::with_seed(seed);
    let plan = Plan::new(&mut rng);
    let folder = options.file.then(|| stage.folder.join(format!("{seed}")));
    let data = if options.file { None } else { stage.data.take() };
    let server = Server::new(&stage.template, data, folder);
    let mut world = World::new(rng, plan, server, options.trace);
    people_arrive(&mut world);
    // Weeks may pass in between; acts may find nobody to do them.
    let latest_ms = world.now_ms + 400 * shared::stamp::DAY_MS;
    world.begin_day();
    world.run_until(world.now_ms + world.plan.span_ms);
    while world.broken.is_none() && world.oracle.len() < world.plan.changes && world.now_ms < latest_ms {
        world.run_until(world.now_ms + 5_000);
    }
    if world.broken.is_none() {
        world.calm_down();
    }
    if world.broken.is_none() {
        world.check();
    }
    plant(None);
    world.mix(world.server.last_seq());
    let trace = world.take_trace();
    let (changes, faults, hash) = (world.made(), world.faults, world.hash());
    let broken = world.broken.take();
    let reached = world.reached;
    if let Some(data) = world.server.into_data() {
        stage.data = Some(data);
    }
    match broken {
        Some(broken) => Err(Box::new(Failure { seed, broken, trace })),
        None => Ok(Report { changes, faults, hash, reached, took: began.elapsed(), trace }),
    }
}

/// Who has which phone, how its clock goes, and which version of the app is on it.
fn people_arrive(world: &mut World) {
    for _ in 0..world.plan.devices {
        let mut device = Device::new(world.rng.usize(..ACCOUNTS.len()));
        let year_ms = 365 * shared::stamp::DAY_MS;
        match world.rng.u32(..8) {
            0 => {
                world.reached.note("clock: a year off");
                device.off_ms = if world.rng.bool() { year_ms } else { -year_ms };
            }
            1 | 2 => device.off_ms = world.rng.i64(-300_000..300_000),
            _ => {}
        }
        if world.rng.u32(..4) == 0 {
            world.reached.note("clock: drifts");
            device.drift_ppm = world.rng.i64(-2_000..2_000);
        }
        device.flavour = match world.rng.u32(..6) {
            0 => Flavour::Old,
            1 => Flavour::New,
            _ => Flavour::Current,
        };
        world.devices.push(device);
    }
}

impl World {
    pub(super) fn made(&self) -> usize {
        self.oracle.len()
    }
}
