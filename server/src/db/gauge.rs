//! What the writer counts of its own work, for whoever watches it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the classes of a commit's time, µs. A commit is a flush to the disk: some
/// milliseconds on a good one, tens on a slow or busy one; whatever takes a second is a fault.
pub const CLASSES_US: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 2_500_000, 10_000_000];

/// Counts since the start. Each is exact; read together they may be of moments next to each other.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    /// Commits by class of their time, the last one above every class.
    classes: [AtomicU64; CLASSES_US.len() + 1],
    sum_us: AtomicU64,
    jobs: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
}

/// A [`Gauge`] as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Jobs that wait for the writer now.
    pub queue: u64,
    /// Commits by class of their time ([`CLASSES_US`], and one above), those that failed left out.
    pub classes: Vec<u64>,
    /// Sum of their times, µs.
    pub sum_us: u64,
    /// Jobs in all commits that did not fail.
    pub jobs: u64,
    /// Commits that failed; nothing of them was stored.
    pub failed: u64,
    /// Jobs that were refused since too many waited.
    pub refused: u64,
}

impl Gauge {
    /// A commit of so many jobs took so long.
    pub(super) fn committed(&self, jobs: usize, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = CLASSES_US.partition_point(|end| *end < took_us);
        if let Some(count) = self.classes.get(class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
        self.jobs.fetch_add(u64::try_from(jobs).unwrap_or(0), Ordering::Relaxed);
    }

    /// A commit failed.
    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    /// A job was not taken.
    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts, with the length of the queue.
    pub(super) fn read(&self, queue: usize) -> Reading {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Reading {
            queue: u64::try_from(queue).unwrap_or(u64::MAX),
            classes: self.classes.iter().map(get).collect(),
            sum_us: get(&self.sum_us),
            jobs: get(&self.jobs),
            failed: get(&self.failed),
            refused: get(&self.refused),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_the_class_that_it_ends() {
        let gauge = Gauge::default();
        for took_us in [0, 500, 501, 10_000_000, 10_000_001] {
            gauge.committed(2, Duration::from_micros(took_us));
        }
        let read = gauge.read(7);
        assert_eq!((read.classes[0], read.classes[1]), (2, 1));
        assert_eq!((read.classes[11], read.classes[12]), (1, 1));
        assert_eq!((read.classes.iter().sum::<u64>(), read.jobs, read.queue), (5, 10, 7));
        assert_eq!(read.sum_us, 20_001_002);
    }
}
