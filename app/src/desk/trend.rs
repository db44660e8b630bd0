//! The trend by week, and the three ratings as shares: what is drawn of a branch's figures.

use super::Desk;
use super::drawing::Drawing;
use super::format;
use super::score::questions;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::chart::{Chart, Says, Series, bars, shares};
use shared::coverage::{Score, Week};
use shared::stamp::{DAY_MS, civil};
use shared::text::Lang;
use std::collections::BTreeMap;

const WEEK_MS: i64 = 7 * DAY_MS;
/// Most weeks of a drawing; the last ones, where there are more.
const WEEKS_MAX: usize = 53;

/// Every week from the first to the last, also those in which nothing was held.
#[must_use]
pub fn without_gaps(weeks: &[Week]) -> Vec<Week> {
    let mut all: Vec<Week> = Vec::new();
    for week in weeks.iter().rev() {
        while let Some(later) = all.last().filter(|later| later.starts_ms > week.starts_ms + WEEK_MS) {
            let starts_ms = later.starts_ms - WEEK_MS;
            if all.len() >= WEEKS_MAX {
                break;
            }
            all.push(Week { starts_ms, ..Week::default() });
        }
        if all.len() >= WEEKS_MAX {
            break;
        }
        all.push(*week);
    }
    all.reverse();
    all
}

fn day(ms: i64) -> String {
    let (_, month, day, ..) = civil(ms);
    format!("{month}-{day}")
}

/// Person-times by week, in words and as a drawing.
#[must_use]
pub fn trend(weeks: &[Week], lang: Lang) -> Chart {
    let weeks = without_gaps(weeks);
    let places: Vec<String> = weeks.iter().map(|week| day(week.starts_ms)).collect();
    let of = |what: fn(&Week) -> u64| weeks.iter().map(what).collect::<Vec<u64>>();
    let (attended, people) = (of(|week| week.attended), of(|week| week.people));
    let most = weeks.iter().max_by_key(|week| week.attended);
    let summary = most.map_or_else(
        || words::TREND_NONE.get(lang).to_owned(),
        |most| {
            let [n, sum, top] = [weeks.len() as u64, attended.iter().sum(), most.attended].map(format::count);
            words::TREND_SAYS.with(lang, &[&n, &sum, &day(most.starts_ms), &top])
        },
    );
    let says = Says { id: "trend", title: words::TREND.get(lang), summary: &summary };
    let series = [
        Series { name: words::ATTENDED.get(lang), values: &attended },
        Series { name: words::PEOPLE.get(lang), values: &people },
    ];
    bars(says, words::TREND_WEEK.get(lang), &places, &series)
}

/// The ratings of which something is published, as shares of the marks; none where nothing is.
#[must_use]
pub fn ratings(scores: &BTreeMap<String, Option<Score>>, lang: Lang) -> Option<Chart> {
    let asked = questions();
    let scale = asked.iter().map(|one| one.scale).max().unwrap_or(0);
    let marks: Vec<String> =
        (1..=scale).map(|mark| words::MARK_SHORT.with(lang, &[&mark.to_string()])).collect();
    let (mut rows, mut said) = (Vec::new(), Vec::new());
    for one in &asked {
        let Some(Some(score)) = scores.get(&one.id) else { continue };
        let name = one.short.get(lang);
        said.push(words::MARKS_SAYS.with(lang, &[name, &format::count(score.n), &format::mean(score.mean)]));
        rows.push((name.to_owned(), score.counts.clone()));
    }
    let summary = said.join(lang.pick("；", "; "));
    let says = Says { id: "ratings", title: words::MARKS_TITLE.get(lang), summary: &summary };
    (!rows.is_empty()).then(|| shares(says, words::MARKS_OF.get(lang), &marks, &rows))
}

/// The trend of a branch.
#[component]
pub fn Trend(
    /// Its weeks.
    weeks: Vec<Week>,
) -> impl IntoView {
    let desk = Desk::here();
    if weeks.is_empty() {
        return view! { <p class="quiet">{t(words::TREND_NONE)}</p> }.into_any();
    }
    let chart = Signal::derive(move || trend(&weeks, desk.lang()));
    view! { <Drawing chart=chart /> }.into_any()
}

/// The ratings of a branch as shares; nothing where nothing is published, which the scores say in words.
#[component]
pub fn Ratings(
    /// Per question; none where withheld.
    scores: BTreeMap<String, Option<Score>>,
) -> impl IntoView {
    let desk = Desk::here();
    ratings(&scores, Lang::Zh).map(|first| {
        let chart = Signal::derive(move || ratings(&scores, desk.lang()).unwrap_or_else(|| first.clone()));
        view! { <Drawing chart=chart /> }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(n: i64, attended: u64) -> Week {
        Week { starts_ms: 1_772_380_800_000 + n * WEEK_MS, held: 1, attended, people: attended }
    }

    #[test]
    fn weeks_without_a_session_are_drawn_as_such_and_only_the_last_year_is() {
        let all = without_gaps(&[week(0, 5), week(3, 9)]);
        assert_eq!(all.iter().map(|week| week.attended).collect::<Vec<_>>(), [5, 0, 0, 9]);
        assert_eq!(without_gaps(&[week(0, 5), week(900, 9)]).len(), WEEKS_MAX);
        assert_eq!(without_gaps(&[]), []);
        let chart = trend(&[week(0, 5), week(3, 9)], Lang::Zh);
        assert_eq!(chart.rows.len(), 4);
        assert!(chart.summary.contains("4 周") && chart.summary.contains("14 人次"), "{}", chart.summary);
    }

    #[test]
    fn what_is_withheld_is_not_drawn() {
        let score = Score { n: 5, mean: 4.2, counts: vec![0, 0, 1, 2, 2] };
        let scores = BTreeMap::from([("understood".to_owned(), Some(score)), ("usable".to_owned(), None)]);
        let chart = ratings(&scores, Lang::Zh).unwrap();
        assert_eq!(chart.rows, [["听得懂", "0", "0", "1", "2", "2"]]);
        assert!(ratings(&BTreeMap::from([("usable".to_owned(), None)]), Lang::Zh).is_none());
    }
}
