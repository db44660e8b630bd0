//! What a seed makes of a run: how many phones, what people do, which faults come when.

use fastrand::Rng;

/// Something that goes wrong at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The machine loses its power, and comes back.
    Crash,
    /// A copy of the data is put aside; with a backup it is the backup.
    Copy,
    /// The data are put back to a copy; another life begins.
    Restore,
    /// Somebody copies an old file over the data: the same life goes on.
    PutBack,
    KillTab,
    SecondTab,
    Foreground,
    StoreAborts,
    StoreFull,
    StoreClosed,
    LoseFlush,
    Wipe,
    WipeAll,
    Clone,
    MarkBack,
    Switch,
    EndGrant,
    LoseLogin,
    Poison,
    Oversize,
    OtherContent,
    NewerVersion,
    ClockJump,
    Swap,
    Weeks,
}

const FAULTS: [(Fault, u32); 25] = [
    (Fault::Crash, 4),
    (Fault::Copy, 6),
    (Fault::Restore, 4),
    (Fault::PutBack, 1),
    (Fault::KillTab, 10),
    (Fault::SecondTab, 7),
    (Fault::Foreground, 5),
    (Fault::StoreAborts, 4),
    (Fault::StoreFull, 2),
    (Fault::StoreClosed, 3),
    (Fault::LoseFlush, 4),
    (Fault::Wipe, 2),
    (Fault::WipeAll, 1),
    (Fault::Clone, 3),
    (Fault::MarkBack, 2),
    (Fault::Switch, 5),
    (Fault::EndGrant, 2),
    (Fault::LoseLogin, 3),
    (Fault::Poison, 3),
    (Fault::Oversize, 1),
    (Fault::OtherContent, 2),
    (Fault::NewerVersion, 2),
    (Fault::ClockJump, 4),
    (Fault::Swap, 4),
    (Fault::Weeks, 1),
];

/// How often calls go wrong, per thousand.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Net {
    pub(super) drop: u32,
    pub(super) reply_lost: u32,
    pub(super) doubled: u32,
    pub(super) late: u32,
    pub(super) cut: u32,
    pub(super) portal: u32,
    pub(super) refused: u32,
    pub(super) odd: u32,
    pub(super) crash: u32,
}

/// A run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) devices: usize,
    /// How many changes people make at least.
    pub(super) changes: usize,
    /// How long people are at work, ms.
    pub(super) span_ms: i64,
    pub(super) net: Net,
    pub(super) faults: Vec<(i64, Fault)>,
    /// The server has a backup.
    pub(super) backup: bool,
    /// At the end pulls are withheld until the outboxes are empty.
    pub(super) push_first: bool,
    /// Rows of one pull.
    pub(super) page: u32,
}

impl Plan {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let devices = 2 + [0, 0, 0, 1, 1, 2, 3, 4, 6][rng.usize(..9)];
        let changes = rng.usize(50..70);
        let span_ms = [10_000, 20_000, 60_000, 120_000][rng.usize(..4)];
        let mut rate = |most: u32| if rng.bool() { rng.u32(0..=most) } else { 0 };
        let net = Net {
            drop: rate(200),
            reply_lost: rate(200),
            doubled: rate(150),
            late: rate(80),
            cut: rate(80),
            portal: rate(120),
            refused: rate(120),
            odd: rate(150),
            crash: rate(40),
        };
        let faults = faults(rng, span_ms);
        let (backup, push_first) = (rng.bool(), rng.u32(..4) == 0);
        let page = if rng.u32(..4) == 0 { 5 } else { 1_000 };
        Self { devices, changes, span_ms, net, faults, backup, push_first, page }
    }
}

/// From five to twelve of them; some runs see a few kinds only, and those more often.
fn faults(rng: &mut Rng, span_ms: i64) -> Vec<(i64, Fault)> {
    let mut kinds: Vec<(Fault, u32)> = FAULTS.to_vec();
    if rng.bool() {
        rng.shuffle(&mut kinds);
        kinds.truncate(5);
    }
    let sum: u32 = kinds.iter().map(|(_, weight)| weight).sum();
    let count = rng.usize(5..=12);
    let mut pick = |_| {
        let mut place = rng.u32(..sum);
        let found = kinds.iter().find(|(_, weight)| {
            let hit = place < *weight;
            place = place.wrapping_sub(*weight);
            hit
        });
        (rng.i64(0..span_ms), found.map_or(Fault::KillTab, |(fault, _)| *fault))
    };
    let mut faults: Vec<(i64, Fault)> = (0..count).map(&mut pick).collect();
    faults.sort_unstable_by_key(|(at_ms, _)| *at_ms);
    faults
}
