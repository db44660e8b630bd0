//! Numbered steps: what is done now, how long it took, what failed.

use crate::child::{Finished, Output, watch};
use crate::tree::Done;
use std::process::Command;
use std::time::Instant;

/// The steps of one command, in the order they are taken.
pub(crate) struct Steps {
    total: usize,
    taken: usize,
    started: Instant,
}

impl Steps {
    /// Announces how many steps there will be.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, taken: 0, started: Instant::now() }
    }

    fn next(&mut self, what: &str) -> String {
        self.taken += 1;
        format!("[{}/{}] {what}", self.taken, self.total)
    }

    /// Says that a step has nothing to do, and why.
    pub(crate) fn skip(&mut self, what: &str, why: &str) {
        let label = self.next(what);
        eprintln!("{label}: {why}");
    }

    /// Runs a program as a step; a failure prints what it said and ends the command.
    pub(crate) fn command(&mut self, what: &str, command: Command) -> Done {
        let finished = self.tried(what, command, Output::Kept)?;
        if finished.status.success() {
            return Ok(());
        }
        show(&finished);
        Err(format!("{what}: failed ({})", finished.status).into())
    }

    /// Runs a program as a step and hands back how it went, good or bad.
    pub(crate) fn tried(&mut self, what: &str, command: Command, output: Output) -> Done<Finished> {
        let label = self.next(what);
        eprintln!("{label} …");
        let started = Instant::now();
        let finished = watch(command, &label, output)?;
        let word = if finished.status.success() { "done" } else { "failed" };
        eprintln!("{label}: {word}, {:.1} s", started.elapsed().as_secs_f32());
        Ok(finished)
    }

    /// Seconds since the first step.
    pub(crate) fn seconds(&self) -> f32 {
        self.started.elapsed().as_secs_f32()
    }
}

/// Prints all that a program said, for the person who has to find out why it failed.
pub(crate) fn show(finished: &Finished) {
    for line in finished.out.iter().chain(&finished.err) {
        eprintln!("{line}");
    }
}
