//! What a power cut leaves: both files of the database as they are at one moment.
//!
//! Copied one after the other from a running server they would be of two moments, and a checkpoint
//! in between would tear them apart. So the whole process is stopped first. What has been handed to
//! the system counts as written: neither this nor `kill -9` shows whether it was flushed as well.

use crate::harness::{Done, PATIENCE, is_stopped, signal};
use std::path::Path;
use std::time::{Duration, Instant};

/// A process that stands still until this is dropped.
struct Halt(u32);

impl Halt {
    fn new(id: u32) -> Done<Self> {
        signal("-STOP", id)?;
        let halt = Self(id);
        let started = Instant::now();
        while !is_stopped(id) {
            if started.elapsed() > PATIENCE {
                return Err(format!("process {id} does not stand still").into());
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(halt)
    }
}

impl Drop for Halt {
    fn drop(&mut self) {
        // If this fails, the process has ended, and whoever asks it next will say so.
        let _ = signal("-CONT", self.0);
    }
}

/// Copies the database of a process, and tells how many receipts had been given by then.
pub(super) fn copy(id: u32, data: &Path, to: &Path, receipts: impl Fn() -> usize) -> Done<usize> {
    std::fs::create_dir_all(to)?;
    let halt = Halt::new(id)?;
    for file in ["jiangdao.db", "jiangdao.db-wal"] {
        std::fs::copy(data.join(file), to.join(file))?;
    }
    // Answers that were sent before the halt are still being read: they have to be kept as well.
    std::thread::sleep(Duration::from_millis(2));
    let given = receipts();
    drop(halt);
    Ok(given)
}
