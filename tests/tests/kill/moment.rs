//! When it happens: at any time, or in the midst of what a crash is most dangerous to. Seen from
//! outside, in the files alone: a connection to the database would hold locks and change the course.

use super::dice::Dice;
use crate::harness::Done;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// The longest that is waited for what may not happen.
const AT_MOST: Duration = Duration::from_millis(400);

#[derive(Debug, Clone, Copy)]
enum Moment {
    Any,
    /// A commit has just come through: it is on its way to the phones.
    Commit,
    /// Pages are being written to the log.
    Log,
    /// Pages are being moved from the log into the main file.
    Checkpoint,
}

/// A commit without its receipts is the rarest to hit, and is aimed at most often.
const MOMENTS: [Moment; 5] = [Moment::Any, Moment::Commit, Moment::Commit, Moment::Log, Moment::Checkpoint];

/// Lets the load run for a random while, and then until a random thing is under way.
pub(super) fn wait(data: &Path, dice: &mut Dice) {
    std::thread::sleep(Duration::from_micros(dice.between(20_000, 300_000)));
    let moment = dice.pick(&MOMENTS).copied().unwrap_or(Moment::Any);
    if matches!(moment, Moment::Any) {
        return;
    }
    let before = sign(data, moment);
    let started = Instant::now();
    while sign(data, moment) == before && started.elapsed() < AT_MOST {
        // Not slept: the moment may be shorter than the shortest sleep.
        std::thread::yield_now();
    }
    // Not only its beginning.
    let more = Duration::from_micros(dice.between(0, 500));
    let seen = Instant::now();
    while seen.elapsed() < more {
        std::hint::spin_loop();
    }
}

/// Something that is another as soon as it has begun.
#[derive(PartialEq)]
enum Sign {
    None,
    Commits([u8; 4]),
    Touched(SystemTime),
}

fn sign(data: &Path, moment: Moment) -> Sign {
    let touched = |file: &str| {
        let touched = data.join(file).metadata().and_then(|metadata| metadata.modified());
        touched.map_or(Sign::None, Sign::Touched)
    };
    match moment {
        Moment::Any => Sign::None,
        Moment::Commit => commits(data).map_or(Sign::None, Sign::Commits),
        Moment::Log => touched("jiangdao.db-wal"),
        Moment::Checkpoint => touched("jiangdao.db"),
    }
}

/// The index of the log counts the commits in its third word (SQLite's "WAL-index format").
fn commits(data: &Path) -> Done<[u8; 4]> {
    let mut head = [0; 12];
    File::open(data.join("jiangdao.db-shm"))?.read_exact(&mut head)?;
    Ok([head[8], head[9], head[10], head[11]])
}
