//! Days of +08:00 as the query bar and the address speak of them.

use shared::stamp::{DAY_MS, ZONE_MS, civil, day_ms};
use std::fmt;
use std::str::FromStr;

/// A calendar day of +08:00, kept as the moment at which it begins, ms UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

/// The text was not a date as `2025-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadDay;

impl Day {
    /// The day in which a moment lies.
    #[must_use]
    pub fn of(moment_ms: i64) -> Self {
        Self(day_ms(moment_ms))
    }

    /// When it begins, ms UTC.
    #[must_use]
    pub fn start_ms(self) -> i64 {
        self.0
    }

    /// The first moment that is no longer in it, ms UTC.
    #[must_use]
    pub fn end_ms(self) -> i64 {
        self.0.saturating_add(DAY_MS)
    }

    /// The Monday of its week.
    #[must_use]
    pub fn monday(self) -> Self {
        // The first of January 1970 was a Thursday: three days after a Monday.
        let days = self.0.saturating_add(ZONE_MS).div_euclid(DAY_MS);
        Self(self.0.saturating_sub((days + 3).rem_euclid(7) * DAY_MS))
    }

    /// The first day of its month.
    #[must_use]
    pub fn month(self) -> Self {
        let (_, _, day, _, _) = civil(self.0);
        Self(self.0.saturating_sub((i64::from(day) - 1) * DAY_MS))
    }

    /// The first day of its year.
    #[must_use]
    pub fn year(self) -> Self {
        let (year, _, _, _, _) = civil(self.0);
        Self::from_civil(year, 1, 1).unwrap_or(self)
    }

    /// The day with this date, if the calendar has it.
    fn from_civil(year: i64, month: u32, day: u32) -> Option<Self> {
        if !(1970..=2100).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        // Years that begin on a 1 March put the leap day last.
        let shifted = if month <= 2 { year - 1 } else { year };
        let era = shifted.div_euclid(400);
        let of_era = shifted.rem_euclid(400);
        let month_index = i64::from(if month > 2 { month - 3 } else { month + 9 });
        let of_year = (153 * month_index + 2) / 5 + i64::from(day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        let found = Self(days * DAY_MS - ZONE_MS);
        // A 30 February comes out as another day, and is none.
        let (y, m, d, _, _) = civil(found.0);
        ((y, m, d) == (year, month, day)).then_some(found)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, _, _) = civil(self.0);
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        let mut parts = text.split('-');
        let mut next = |digits: usize| {
            let part = parts.next().filter(|p| p.len() == digits && p.bytes().all(|b| b.is_ascii_digit()));
            part.and_then(|p| p.parse::<u32>().ok()).ok_or(BadDay)
        };
        let (year, month, day) = (next(4)?, next(2)?, next(2)?);
        if parts.next().is_some() {
            return Err(BadDay);
        }
        Self::from_civil(i64::from(year), month, day).ok_or(BadDay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_and_its_text_are_one() {
        for text in ["1970-01-01", "2000-02-29", "2024-12-31", "2025-11-22", "2100-03-01"] {
            assert_eq!(day(text).to_string(), text);
        }
        assert_eq!(day("2025-11-22").start_ms(), 1_763_740_800_000);
        assert_eq!(day("2025-11-22").end_ms(), day("2025-11-23").start_ms());
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "2025", "2025-02-30", "2025-2-3", "2025-13-01", "2025-11-22-1", "20a5-11-22", "0000-00-00"]
        {
            assert_eq!(text.parse::<Day>(), Err(BadDay), "{text}");
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        assert_eq!(day("2025-11-22").monday(), day("2025-11-17"));
        assert_eq!(day("2025-11-17").monday(), day("2025-11-17"));
        assert_eq!(day("2025-11-16").monday(), day("2025-11-10"));
        assert_eq!(day("2025-11-22").month(), day("2025-11-01"));
        assert_eq!(day("2025-11-22").year(), day("2025-01-01"));
    }
}
