//! What follows from an item of the list of sessions, the same on the page and in the file.

use super::SessionItem;
use crate::session::State;

impl SessionItem {
    /// Roster persons present of those expected, for the list; the figures of one session come from
    /// the roll-up. None before it is held, nor where an expected was typed in and nobody of a roster
    /// came: then most likely there is no roster.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        let expected = self.roster_expected.filter(|expected| *expected > 0)?;
        let state = self.session.state;
        let held = state != State::Cancelled && (self.totals.attended > 0 || state == State::Closed);
        let by_hand = self.session.expected.is_some() && self.roster_present == 0;
        (held && !by_hand).then(|| f64::from(self.roster_present) / f64::from(expected))
    }

    /// Responses that phones declared and that have not arrived.
    #[must_use]
    pub fn missing_responses(&self) -> u32 {
        // Those that came by link are none of them.
        let by_link = self.via.map_or(0, |via| via.link);
        self.totals.declared.responses.saturating_sub(self.totals.responses.saturating_sub(by_link))
    }
}
