//! A visit to the museum: each defect is planted, and seeds are run until a promise breaks.

use super::run::{Options, Stage, run};
use shared::museum::Defect;

/// How a planted defect was caught.
#[derive(Debug, Clone)]
pub struct Caught {
    /// By the check of which promise.
    pub by: &'static str,
    /// After how many runs.
    pub runs: u64,
    /// The seed that showed it.
    pub seed: u64,
}

/// Plants a defect and runs seeds from this one on; none if it is not caught within so many runs.
#[must_use]
pub fn visit(stage: &mut Stage, defect: Defect, first: u64, most: u64) -> Option<Caught> {
    for seed in first..first + most {
        let options = Options { defect: Some(defect), ..Options::default() };
        if let Err(failure) = run(stage, seed, options) {
            return Some(Caught { by: failure.broken.name, runs: seed - first + 1, seed });
        }
    }
    None
}
