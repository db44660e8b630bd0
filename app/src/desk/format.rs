//! Figures and times as text.

use super::words;
use shared::stamp::{DAY_MS, HOUR_MS, civil};
use shared::text::Lang;

/// Written where there is no figure.
pub const NONE: &str = "—";

/// A count with commas: `12,345`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as `87.5%`; a dash without one. Only what is complete shows as 100.0%.
#[must_use]
pub fn percent(share: Option<f64>) -> String {
    let Some(share) = share.filter(|share| share.is_finite()) else { return NONE.to_owned() };
    if (0.9995..1.0).contains(&share) {
        return "99.9%".to_owned();
    }
    format!("{:.1}%", share * 100.0)
}

/// A mean mark as `4.37`.
#[must_use]
pub fn mean(mean: f64) -> String {
    format!("{mean:.2}")
}

/// A moment as `2025-11-22 09:05`, +08:00.
#[must_use]
pub fn moment(ms: i64) -> String {
    let (year, month, day, hour, minute) = civil(ms);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// The time of day as `09:05`, +08:00.
#[must_use]
pub fn clock(ms: i64) -> String {
    let (_, _, _, hour, minute) = civil(ms);
    format!("{hour:02}:{minute:02}")
}

/// How long ago something was, roughly; what seems to lie ahead (the clocks differ) is now.
#[must_use]
pub fn ago(since_ms: i64, lang: Lang) -> String {
    let whole = |unit_ms: i64| u64::try_from(since_ms / unit_ms).unwrap_or(0);
    let (words, n) = match since_ms {
        ..60_000 => return words::AGO_NOW.get(lang).to_owned(),
        60_000..HOUR_MS => (words::AGO_MINUTES, whole(60_000)),
        HOUR_MS..DAY_MS => (words::AGO_HOURS, whole(HOUR_MS)),
        _ => (words::AGO_DAYS, whole(DAY_MS)),
    };
    words.with(lang, &[&count(n)])
}

/// From when to when, the second date only where it is another.
#[must_use]
pub fn span(starts_ms: i64, ends_ms: Option<i64>) -> String {
    let start = moment(starts_ms);
    match ends_ms {
        None => start,
        Some(end) if civil(end).0 == civil(starts_ms).0 && start.get(..10) == moment(end).get(..10) => {
            format!("{start}–{}", clock(end))
        }
        Some(end) => format!("{start} – {}", moment(end)),
    }
}

/// The word for a stable tag of a session; the tag itself where this version knows none.
#[must_use]
pub fn session_tag(tag: &str, lang: Lang) -> String {
    match tag {
        "time_suspect" => words::TAG_TIME_SUSPECT.get(lang).to_owned(),
        "after_close" => words::TAG_AFTER_CLOSE.get(lang).to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_commas() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn only_what_is_complete_is_a_hundred() {
        assert_eq!(percent(None), "—");
        assert_eq!(percent(Some(0.875)), "87.5%");
        assert_eq!(percent(Some(1.0)), "100.0%");
        assert_eq!(percent(Some(0.99999)), "99.9%");
        assert_eq!(percent(Some(f64::NAN)), "—");
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let nine = 1_763_740_800_000 + 9 * 3_600_000;
        assert_eq!(moment(nine), "2025-11-22 09:00");
        assert_eq!(span(nine, None), "2025-11-22 09:00");
        assert_eq!(span(nine, Some(nine + 5_400_000)), "2025-11-22 09:00–10:30");
        assert_eq!(span(nine, Some(nine + 86_400_000)), "2025-11-22 09:00 – 2025-11-23 09:00");
    }

    #[test]
    fn how_long_ago_is_told_roughly() {
        let says = |ms| ago(ms, Lang::Zh);
        assert_eq!((says(-5_000), says(59_999)), ("刚刚".to_owned(), "刚刚".to_owned()));
        assert_eq!((says(60_000), says(HOUR_MS - 1)), ("1 分钟前".to_owned(), "59 分钟前".to_owned()));
        assert_eq!((says(HOUR_MS), says(DAY_MS - 1)), ("1 小时前".to_owned(), "23 小时前".to_owned()));
        assert_eq!(says(DAY_MS * 1_234), "1,234 天前");
    }
}
