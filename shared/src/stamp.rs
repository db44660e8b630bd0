//! When a change took effect, and the order that follows from it (docs/sync.md, "Time").

use crate::id::ChangeId;
use serde::{Deserialize, Serialize};

/// Milliseconds of one hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of one day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Days and weeks are those of +08:00, all year.
pub const ZONE_MS: i64 = 8 * HOUR_MS;

/// The place of a change in the one order that everybody uses: `(eff_ms, id)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Milliseconds since the epoch, UTC, at which the change counts as made.
    pub eff_ms: i64,
    /// The change; decides between two of the same millisecond.
    pub id: ChangeId,
}

impl Stamp {
    /// Before every real stamp: what a pulled row says is older than every change laid on top.
    pub const PULLED: Self = Self { eff_ms: i64::MIN, id: ChangeId::from_u128(0) };
}

/// What a phone said about the moment at which it made a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The phone's own clock, ms.
    pub wall_ms: i64,
    /// Server time less phone time, as last measured, ms.
    pub offset_ms: i64,
    /// The latest server time that the phone knew, ms; 0 if none.
    pub heard_ms: i64,
}

/// What the server knows when it stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// When the change came in, ms.
    pub recv_ms: i64,
    /// The highest `eff_ms` so far of a lower seq of the same replica.
    pub previous_ms: Option<i64>,
    /// The `eff_ms` of the change that this one names as `after`, if it is known.
    pub after_ms: Option<i64>,
}

/// `eff_ms`, and whether the claimed time had to be clamped (tag `time_suspect`).
///
/// `eff_ms = max(clamp(wall + offset, heard, recv), previous, after + 1)`, where the clamp keeps
/// to the upper bound if the bounds cross. Total: no claim, however absurd, overflows.
#[must_use]
pub fn stamp(claim: Claim, bounds: Bounds) -> (i64, bool) {
    let claimed = claim.wall_ms.saturating_add(claim.offset_ms);
    let clamped = claimed.max(claim.heard_ms).min(bounds.recv_ms);
    let eff_ms = [bounds.previous_ms, bounds.after_ms.map(|ms| ms.saturating_add(1))]
        .into_iter()
        .flatten()
        .fold(clamped, i64::max);
    (eff_ms, clamped != claimed)
}

/// The start, in UTC milliseconds, of the +08:00 day in which the moment lies.
#[must_use]
pub fn day_ms(moment_ms: i64) -> i64 {
    let local = moment_ms.saturating_add(ZONE_MS);
    local.div_euclid(DAY_MS).saturating_mul(DAY_MS).saturating_sub(ZONE_MS)
}

/// The start, in UTC milliseconds, of the +08:00 week in which the moment lies; weeks begin on Monday.
#[must_use]
pub fn week_ms(moment_ms: i64) -> i64 {
    // Day 0 of the epoch was a Thursday.
    let days = moment_ms.saturating_add(ZONE_MS).div_euclid(DAY_MS);
    let monday = days.saturating_sub((days + 3).rem_euclid(7));
    monday.saturating_mul(DAY_MS).saturating_sub(ZONE_MS)
}

/// Calendar date and time of day in +08:00 as (year, month, day, hour, minute).
#[must_use]
pub fn civil(moment_ms: i64) -> (i64, u32, u32, u32, u32) {
    let local = moment_ms.saturating_add(ZONE_MS);
    let days = local.div_euclid(DAY_MS);
    let minutes = local.rem_euclid(DAY_MS) / 60_000;
    // Days to a date by counting in eras of 400 years that begin on a 1 March.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let small = |n: i64| u32::try_from(n).unwrap_or(0);
    (year, small(month), small(day), small(minutes / 60), small(minutes % 60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bounds(recv_ms: i64) -> Bounds {
        Bounds { recv_ms, previous_ms: None, after_ms: None }
    }

    fn claim(wall_ms: i64, offset_ms: i64, heard_ms: i64) -> Claim {
        Claim { wall_ms, offset_ms, heard_ms }
    }

    #[test]
    fn an_honest_time_is_kept() {
        assert_eq!(stamp(claim(1_000, -40, 900), bounds(2_000)), (960, false));
    }

    #[test]
    fn a_clock_ahead_or_behind_is_clamped_and_said() {
        assert_eq!(stamp(claim(9_000, 0, 900), bounds(2_000)), (2_000, true));
        assert_eq!(stamp(claim(10, 0, 900), bounds(2_000)), (900, true));
    }

    #[test]
    fn the_upper_bound_wins_where_the_bounds_cross() {
        assert_eq!(stamp(claim(10, 0, 5_000), bounds(2_000)), (2_000, true));
    }

    #[test]
    fn never_before_what_it_followed() {
        let bounds = Bounds { recv_ms: 2_000, previous_ms: Some(1_500), after_ms: Some(1_500) };
        assert_eq!(stamp(claim(1_000, 0, 0), bounds), (1_501, false));
    }

    #[test]
    fn days_are_those_of_the_zone() {
        // 2025-11-22 00:00 +08:00 is 2025-11-21 16:00 UTC.
        let midnight = 1_763_740_800_000;
        assert_eq!(day_ms(midnight), midnight);
        assert_eq!(day_ms(midnight - 1), midnight - DAY_MS);
        assert_eq!(civil(midnight + 9 * HOUR_MS + 5 * 60_000), (2025, 11, 22, 9, 5));
        assert_eq!(civil(0), (1970, 1, 1, 8, 0));
        // 2025-11-22 was a Saturday.
        let monday = midnight - 5 * DAY_MS;
        assert_eq!([monday, midnight, monday + 7 * DAY_MS - 1].map(week_ms), [monday; 3]);
        assert_eq!(week_ms(monday - 1), monday - 7 * DAY_MS);
        assert_eq!(civil(951_782_400_000), (2000, 2, 29, 8, 0));
    }

    proptest! {
        #[test]
        fn total_and_bracketed(wall in any::<i64>(), offset in any::<i64>(), heard in any::<i64>(),
                               recv in 0i64..=4_102_444_800_000, prev in proptest::option::of(any::<i64>()),
                               after in proptest::option::of(any::<i64>())) {
            let bounds = Bounds { recv_ms: recv, previous_ms: prev, after_ms: after };
            let (eff, _) = stamp(claim(wall, offset, heard), bounds);
            let floor = heard.min(recv);
            prop_assert!(eff >= floor);
            let ceiling = [Some(recv), prev, after.map(|a| a.saturating_add(1))].into_iter().flatten().max();
            prop_assert!(Some(eff) <= ceiling);
            let _ = (day_ms(wall), week_ms(wall));
        }
    }
}
