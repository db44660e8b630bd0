//! When the phone pulls, and what about.

use super::Call;
use crate::id::{Epoch, SessionId};
use crate::wire::Scope;
use std::collections::BTreeMap;

/// While the app is open it asks this often.
const EVERY_MS: i64 = 30_000;
/// Of a session whose page is open, this often: what a second organiser records there is seen meanwhile.
const WATCHED_EVERY_MS: i64 = 7_000;

/// Where pulling stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Pulling {
    pub(super) flying: Option<Flying>,
    /// Rows are being stored.
    pub(super) storing: bool,
    pub(super) not_before_ms: i64,
    /// When every scope is asked for again; before that, only the watched one.
    pub(super) all_due_ms: i64,
    /// The session whose page is open.
    pub(super) watched: Option<SessionId>,
    pub(super) failures: u32,
    /// Our own 401: waits for a login.
    pub(super) paused: bool,
}

/// A question on its way.
#[derive(Debug, Clone)]
pub(super) struct Flying {
    pub(super) call: Call,
    pub(super) sent_ms: i64,
    /// The token that it went with.
    pub(super) bearer: String,
    /// The life of the server's data that was known then.
    pub(super) epoch: Option<Epoch>,
    /// Where each scope was asked from.
    pub(super) asked: BTreeMap<Scope, u64>,
    /// Every scope was asked for, and not the watched one alone.
    pub(super) all: bool,
}

impl Pulling {
    pub(super) fn try_now(&mut self, now_ms: i64) {
        self.failures = 0;
        self.plan_all(now_ms);
    }

    /// The next question is about everything, at this time.
    pub(super) fn plan_all(&mut self, at_ms: i64) {
        self.not_before_ms = at_ms;
        self.all_due_ms = at_ms;
    }

    /// After an answer: when to ask next, and what about.
    pub(super) fn plan_next(&mut self, all: bool, again: bool, now_ms: i64) {
        if again {
            self.plan_all(now_ms);
            return;
        }
        if all {
            self.all_due_ms = now_ms + EVERY_MS;
        }
        let watched_ms = self.watched.map_or(i64::MAX, |_| now_ms + WATCHED_EVERY_MS);
        self.not_before_ms = self.all_due_ms.min(watched_ms);
    }

    /// Another page is open.
    pub(super) fn watch(&mut self, session: Option<SessionId>, now_ms: i64) {
        self.watched = session;
        if session.is_some() && self.failures == 0 {
            self.not_before_ms = self.not_before_ms.min(now_ms);
        }
    }

    /// A clock that was set back must not make anything wait longer than it was to.
    pub(super) fn clock_went_back(&mut self, back_ms: i64) {
        self.not_before_ms = self.not_before_ms.saturating_sub(back_ms);
        self.all_due_ms = self.all_due_ms.saturating_sub(back_ms);
    }

    /// Something went up: look soon at what became of it.
    pub(super) fn try_soon(&mut self, now_ms: i64) {
        if self.failures == 0 {
            let at_ms = now_ms + super::push::GATHER_MS;
            self.not_before_ms = self.not_before_ms.min(at_ms);
            self.all_due_ms = self.all_due_ms.min(at_ms);
        }
    }

    pub(super) fn resume(&mut self, now_ms: i64) {
        self.paused = false;
        self.try_now(now_ms);
    }

    pub(super) fn ended(&mut self) {
        self.storing = false;
    }

    /// What is on its way is for another tab to ask again.
    pub(super) fn forget_flying(&mut self) {
        self.flying = None;
    }

    pub(super) fn back_off(&mut self, now_ms: i64, dice: &[u8; 16], retry_after_s: Option<u32>) {
        self.flying = None;
        self.storing = false;
        self.failures = self.failures.saturating_add(1);
        self.not_before_ms = now_ms + super::push::wait_ms(self.failures, dice, retry_after_s);
    }
}
