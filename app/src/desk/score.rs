//! The rating questions of the default form: what they are called, and how marks are shown.

use super::Desk;
use super::format;
use super::sort::to_f64;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::coverage::Score;
use shared::form::{Kind, default_form};
use shared::text::{Bilingual, Lang, Msg};
use std::collections::BTreeMap;

/// A question as columns and figures name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its stable name.
    pub id: String,
    /// What it is called in a column.
    pub short: Bilingual,
    /// What it asks.
    pub text: Bilingual,
    /// Its highest mark.
    pub scale: u8,
}

/// The three questions, in the order of the form.
#[must_use]
pub fn questions() -> Vec<Asked> {
    let rating = |question: shared::form::Question| match question.kind {
        Kind::Rating { scale } => {
            Some(Asked { id: question.id, short: question.short, text: question.text, scale })
        }
        _ => None,
    };
    default_form().questions.into_iter().filter_map(rating).collect()
}

/// One bar per mark: its mark, how many gave it, and its height in hundredths of the highest.
#[must_use]
pub fn bars(score: &Score, scale: u8) -> Vec<(usize, u64, u32)> {
    let marks = usize::from(scale).max(score.counts.len());
    let most = score.counts.iter().copied().max().unwrap_or(0).max(1);
    (0..marks)
        .map(|place| {
            let count = score.counts.get(place).copied().unwrap_or(0);
            (place + 1, count, height(count, most))
        })
        .collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 100")]
fn height(count: u64, most: u64) -> u32 {
    (to_f64(count) / to_f64(most) * 100.0).round().clamp(0.0, 100.0) as u32
}

/// The bars in words, for who does not see them.
#[must_use]
pub fn bars_in_words(bars: &[(usize, u64, u32)], lang: Lang) -> String {
    let word = |(mark, count, _): &(usize, u64, u32)| {
        words::SCORE_BAR.with(lang, &[&mark.to_string(), &format::count(*count)])
    };
    let all: Vec<String> = bars.iter().map(word).collect();
    words::SCORE_BARS.with(lang, &[&all.join(words::COMMA.get(lang))])
}

/// All questions side by side.
#[component]
pub fn Scores(
    /// Per question; none where withheld.
    scores: BTreeMap<String, Option<Score>>,
    /// Responses in all: none is another thing than too few.
    responses: u64,
) -> impl IntoView {
    let without = if responses == 0 { words::SCORE_NONE } else { words::SCORE_WITHHELD };
    let card = move |asked: Asked| {
        let score = scores.get(&asked.id).cloned().flatten();
        view! { <ScoreCard asked=asked score=score without=without /> }
    };
    view! {
        <section class="scores" aria-labelledby="scores-title">
            <h2 id="scores-title">{t(words::SCORES)}</h2>
            <div class="score-row">{questions().into_iter().map(card).collect_view()}</div>
        </section>
    }
}

#[component]
fn ScoreCard(asked: Asked, score: Option<Score>, without: Msg) -> impl IntoView {
    let desk = Desk::here();
    let Asked { short, text, scale, .. } = asked;
    let scored = score.map(|score| {
        let shown = bars(&score, scale);
        let (mean, n) = (format::mean(score.mean), format::count(score.n));
        view! {
            <p class="score-mean"><strong>{mean}</strong>" "<span class="quiet">{move || words::SCORE_N.with(desk.lang(), &[&n])}</span></p>
            <Bars bars=shown />
        }
    });
    let withheld = scored.is_none().then(|| view! { <p class="quiet">{t(without)}</p> });
    view! {
        <div class="card score">
            <h3>{move || short.get(desk.lang()).to_owned()}</h3>
            <p class="quiet score-text">{move || text.get(desk.lang()).to_owned()}</p>
            {scored}
            {withheld}
        </div>
    }
}

#[component]
fn Bars(bars: Vec<(usize, u64, u32)>) -> impl IntoView {
    let desk = Desk::here();
    let said = bars.clone();
    let bar = |(mark, count, height): (usize, u64, u32)| {
        view! {
            <span class="bar">
                <span class="bar-count">{format::count(count)}</span>
                <span class="bar-room"><span class="bar-fill" style=format!("height:{height}%")></span></span>
                <span class="bar-mark">{move || words::MARK.with(desk.lang(), &[&mark.to_string()])}</span>
            </span>
        }
    };
    view! {
        <div class="bars" role="img" aria-label=move || bars_in_words(&said, desk.lang())>
            {bars.into_iter().map(bar).collect_view()}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_questions_of_the_notice() {
        let ids: Vec<String> = questions().into_iter().map(|asked| asked.id).collect();
        assert_eq!(ids, ["understood", "absorbed", "usable"]);
    }

    #[test]
    fn bars_reach_from_nothing_to_the_highest() {
        let score = Score { n: 6, mean: 4.5, counts: vec![0, 0, 1, 0, 5] };
        let bars = bars(&score, 5);
        assert_eq!(bars.first(), Some(&(1, 0, 0)));
        assert_eq!(bars.get(2), Some(&(3, 1, 20)));
        assert_eq!(bars.get(4), Some(&(5, 5, 100)));
        let words = bars_in_words(&bars, Lang::Zh);
        assert!(words.contains("3 分 1 份") && words.contains("5 分 5 份"), "{words}");
        let none = Score { n: 0, mean: 0.0, counts: Vec::new() };
        assert_eq!(super::bars(&none, 5).len(), 5);
    }
}
