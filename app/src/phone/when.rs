//! Dates and times as people read and type them, always those of +08:00.

use shared::stamp::{DAY_MS, HOUR_MS, ZONE_MS, civil, day_ms};
use shared::text::Lang;

/// `09:05`
#[must_use]
pub fn time(ms: i64) -> String {
    let (_, _, _, hour, minute) = civil(ms);
    format!("{hour:02}:{minute:02}")
}

/// `11月22日 周六`, `Sat 22 Nov`.
#[must_use]
pub fn day(ms: i64, lang: Lang) -> String {
    const ZH: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
    const EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, month, day, _, _) = civil(ms);
    // 1 January 1970 was a Thursday.
    let weekday = (ms.saturating_add(ZONE_MS).div_euclid(DAY_MS) + 3).rem_euclid(7);
    let weekday = usize::try_from(weekday).unwrap_or(0);
    let name = |names: &[&'static str], place: usize| names.get(place).copied().unwrap_or_default();
    match lang {
        Lang::Zh => format!("{month}月{day}日 周{}", name(&ZH, weekday)),
        Lang::En => {
            let month = usize::try_from(month).unwrap_or(1).saturating_sub(1);
            format!("{} {day} {}", name(&EN, weekday), name(&MONTHS, month))
        }
    }
}

/// The day, named where it is near, and the time.
#[must_use]
pub fn moment(ms: i64, now_ms: i64, lang: Lang) -> String {
    let away = (day_ms(ms) - day_ms(now_ms)) / DAY_MS;
    let near = match away {
        -1 => Some(lang.pick("昨天", "yesterday")),
        0 => Some(lang.pick("今天", "today")),
        1 => Some(lang.pick("明天", "tomorrow")),
        _ => None,
    };
    match near {
        Some(near) => format!("{near} {}", time(ms)),
        None => format!("{} {}", day(ms, lang), time(ms)),
    }
}

/// How long ago, roughly.
#[must_use]
pub fn ago(ms: i64, now_ms: i64, lang: Lang) -> String {
    let minutes = (now_ms - ms).max(0) / 60_000;
    match minutes {
        0 => lang.pick("刚刚", "just now").to_owned(),
        1..60 => format!("{minutes}{}", lang.pick(" 分钟前", " min ago")),
        60..1440 => format!("{}{}", minutes / 60, lang.pick(" 小时前", " h ago")),
        _ => format!("{}{}", minutes / 1440, lang.pick(" 天前", " days ago")),
    }
}

/// As a browser's field for date and time wants it: `2025-11-22T09:05`.
#[must_use]
pub fn to_field(ms: i64) -> String {
    let (year, month, day, hour, minute) = civil(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}")
}

/// What such a field says, ms UTC; none where it says nothing that exists.
#[must_use]
pub fn from_field(text: &str) -> Option<i64> {
    let (date, clock) = text.trim().split_once('T')?;
    let mut parts = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let mut parts = clock.split(':').map(str::parse::<i64>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    let fits = (1970..=2099).contains(&year) && (0..24).contains(&hour) && (0..60).contains(&minute);
    if !fits || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let ms = days(year, month, day) * DAY_MS + hour * HOUR_MS + minute * 60_000 - ZONE_MS;
    // 31 April would come out as 1 May.
    (civil(ms).2 == u32::try_from(day).ok()?).then_some(ms)
}

/// Days from 1 January 1970 to a date, counted in eras of 400 years that begin on a 1 March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2025-11-22 00:00 +08:00, a Saturday.
    const MIDNIGHT: i64 = 1_763_740_800_000;

    #[test]
    fn fields_go_there_and_back() {
        for ms in [
            0,
            MIDNIGHT,
            MIDNIGHT + 9 * HOUR_MS + 300_000,
            951_782_400_000,
            4_000_000_000_000 / 60_000 * 60_000,
        ] {
            assert_eq!(from_field(&to_field(ms)), Some(ms));
        }
        assert_eq!(from_field("2025-11-22T00:00:30"), Some(MIDNIGHT));
    }

    #[test]
    fn what_does_not_exist_is_refused() {
        for text in
            ["", "2025-11-22", "2025-02-30T10:00", "2025-13-01T10:00", "2025-01-01T25:00", "x-y-zTa:b"]
        {
            assert_eq!(from_field(text), None, "{text}");
        }
    }

    #[test]
    fn near_days_have_names() {
        assert_eq!(moment(MIDNIGHT, MIDNIGHT + 1, Lang::Zh), "今天 00:00");
        assert_eq!(moment(MIDNIGHT - 1, MIDNIGHT, Lang::En), "yesterday 23:59");
        assert_eq!(moment(MIDNIGHT, MIDNIGHT + 9 * DAY_MS, Lang::Zh), "11月22日 周六 00:00");
        assert_eq!(day(MIDNIGHT, Lang::En), "Sat 22 Nov");
    }

    #[test]
    fn ages_are_rough() {
        assert_eq!(ago(0, 59_000, Lang::Zh), "刚刚");
        assert_eq!(ago(0, 3_599_000, Lang::En), "59 min ago");
        assert_eq!(ago(0, 49 * HOUR_MS, Lang::Zh), "2 天前");
        assert_eq!(ago(5, 0, Lang::Zh), "刚刚");
    }
}
