//! "Sometimes" assertions: what has to happen at least once in a long enough run of seeds, or the
//! simulator has not looked where it says it looks.

use std::collections::BTreeMap;

/// How often each thing happened.
#[derive(Debug, Clone, Default)]
pub struct Reached(BTreeMap<&'static str, u64>);

impl Reached {
    /// It happened.
    pub(super) fn note(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Adds what happened elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// How often.
    #[must_use]
    pub fn times(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// What never happened, of all that must.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        REQUIRED.iter().copied().filter(|what| self.times(what) == 0).collect()
    }

    /// All of it, for people.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|(what, times)| format!("{times:>10}  {what}"))
    }
}

/// Every fault, every branch of the receipt rule, and every state worth the name.
pub const REQUIRED: &[&str] = &[
    // The network.
    "net: request dropped",
    "net: reply dropped after the commit",
    "net: request doubled",
    "net: reply after the phone gave up",
    "net: reply cut short",
    "net: replies out of order",
    "net: portal 200",
    "net: portal 302",
    "net: portal 401",
    "net: portal 404",
    "net: results in another order",
    "net: results left out",
    "net: results told to come again",
    "net: words of a newer server",
    "net: reply of another batch",
    // The server.
    "server: 401",
    "server: 413",
    "server: 429",
    "server: 503",
    "server: 404 in JSON",
    "server: down",
    "server: crash before the commit",
    "server: crash after the commit",
    "server: restored to an older state",
    "server: restored from the last backup",
    "server: restored from an earlier round of the backup",
    "server: put back in the same life",
    "crash: reopened from db and wal as they lay there",
    "grant: ended midway",
    "session: closed, and facts come later",
    // The phone.
    "clock: a year off",
    "clock: jumped",
    "clock: drifts",
    "tab: killed before a commit",
    "tab: killed between commit and answer",
    "tab: killed with a push on its way",
    "tab: killed while pulling",
    "tab: killed while reading the store",
    "tab: second one opened",
    "tab: lead stolen",
    "tab: lead inherited",
    "tab: overtaken while it stored rows",
    "tab: worker swapped mid-push",
    "store: aborted",
    "store: full",
    "store: closed by the system, and tried twice",
    "store: last transactions lost",
    "store: wiped, its mark kept",
    "store: wiped with its mark",
    "store: profile cloned",
    "store: mark beside it rolled back",
    "account: switched",
    "account: another one's changes went up in the background",
    "outbox: poison",
    "outbox: oversized",
    "outbox: id of another change",
    "outbox: of a newer version",
    "client: old",
    "client: new",
    "time: weeks passed",
    // The receipt rule.
    "receipt: ok",
    "receipt: dup",
    "receipt: held",
    "receipt: retry",
    "receipt: none for this id",
    "receipt: status is not 200",
    "receipt: not JSON",
    "receipt: other batch",
    "receipt: unreadable",
    "receipt: for a call given up",
    // What follows.
    "replica: taken anew",
    "epoch: changes pushed again",
    "epoch: responses pushed again",
    "loss: emptied",
    "loss: rolled back",
    "loss: server behind",
    "fact: waited for its session",
    "fact: held for lack of a right",
    "fact: void of the unknown",
    "pull: reset",
    "pull: more than one page",
    "acked: dropped after its time",
    "calm: pulls withheld until the outboxes are empty",
];
