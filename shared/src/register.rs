//! A value of which the last writer's stands, with all that it replaced.

use crate::id::ChangeId;
use crate::stamp::Stamp;
use serde::{Deserialize, Serialize};

/// One written value: when, what, and whether a void took it out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written<T> {
    /// Where it stands in the common order.
    pub at: Stamp,
    /// The value.
    pub value: T,
    /// Taken out by a `void`; stays for the history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voided: bool,
}

/// The law: the last by `(eff_ms, id)` among those not voided stands. Writing is commutative,
/// associative and idempotent, and so is voiding; neither depends on the order of arrival.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Register<T> {
    /// Sorted by stamp.
    all: Vec<Written<T>>,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<T: Clone> Register<T> {
    /// Adds a value. The same stamp again changes nothing, but that a voided one stays voided.
    pub fn write(&mut self, at: Stamp, value: T, voided: bool) {
        match self.all.binary_search_by(|written| written.at.cmp(&at)) {
            Ok(found) => self.all[found].voided |= voided,
            Err(place) => self.all.insert(place, Written { at, value, voided }),
        }
    }

    /// Takes out what this change wrote; says whether it wrote anything here.
    pub fn void(&mut self, id: ChangeId) -> bool {
        let mut found = false;
        for written in self.all.iter_mut().filter(|written| written.at.id == id) {
            written.voided = true;
            found = true;
        }
        found
    }

    /// What stands.
    #[must_use]
    pub fn last(&self) -> Option<&Written<T>> {
        self.all.iter().rev().find(|written| !written.voided)
    }

    /// The value that stands.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.last().map(|written| &written.value)
    }

    /// Everything ever written, in the common order.
    pub fn history(&self) -> impl DoubleEndedIterator<Item = &Written<T>> {
        self.all.iter()
    }

    /// Puts another value in the place of each that was ever written; when each was written stays.
    pub fn rewrite(&mut self, with: impl Fn(&T) -> T) {
        for written in &mut self.all {
            written.value = with(&written.value);
        }
    }

    /// True where nothing was ever written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Takes in all that another one holds.
    pub fn join(&mut self, other: &Self) {
        for written in &other.all {
            self.write(written.at, written.value.clone(), written.voided);
        }
    }
}
