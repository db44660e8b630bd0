//! The order of the lines of the overview.

use shared::coverage::{Covered, Line};
use std::cmp::Ordering;

/// What a column of the overview shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Column {
    /// The org, by code.
    #[default]
    Org,
    /// Sessions held.
    Held,
    /// Sessions planned.
    Planned,
    /// Person-times.
    Attended,
    /// Distinct people.
    People,
    /// Attendance rate.
    Rate,
    /// Share of grassroots unions covered.
    Orgs,
    /// Share of workshops covered.
    Workshops,
    /// Responses.
    Responses,
    /// Mean of the first, second or third question.
    Score(u8),
    /// Still on phones.
    Phones,
}

impl Column {
    /// Every column with its word in the address.
    const WORDS: [(Self, &'static str); 13] = [
        (Self::Org, "org"),
        (Self::Held, "held"),
        (Self::Planned, "planned"),
        (Self::Attended, "attended"),
        (Self::People, "people"),
        (Self::Rate, "rate"),
        (Self::Orgs, "orgs"),
        (Self::Workshops, "workshops"),
        (Self::Responses, "responses"),
        (Self::Score(0), "score1"),
        (Self::Score(1), "score2"),
        (Self::Score(2), "score3"),
        (Self::Phones, "phones"),
    ];

    fn value(self, line: &Line, questions: &[String]) -> Option<f64> {
        let count = |n: u64| Some(to_f64(n));
        match self {
            Self::Org => None,
            Self::Held => count(line.sessions.held),
            Self::Planned => count(line.sessions.planned),
            Self::Attended => count(line.attended),
            Self::People => count(line.people),
            Self::Rate => line.rate,
            Self::Orgs => share(line.orgs),
            Self::Workshops => share(line.workshops),
            Self::Responses => count(line.responses),
            Self::Score(place) => {
                let question = questions.get(usize::from(place))?;
                line.scores.get(question)?.as_ref().map(|score| score.mean)
            }
            Self::Phones => count(line.still_on_phones.check_ins + line.still_on_phones.responses),
        }
    }
}

/// Counts of people and sessions are far below what a float holds exactly.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
#[must_use]
pub fn to_f64(count: u64) -> f64 {
    count as f64
}

/// The covered share; none where there is nothing to cover.
#[must_use]
pub fn share(covered: Covered) -> Option<f64> {
    (covered.all > 0).then(|| to_f64(covered.covered) / to_f64(covered.all))
}

/// A column and a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub column: Column,
    /// The largest first.
    pub falling: bool,
}

impl Sort {
    /// From its word in the address; the usual order where that is none.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (falling, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
        let known = Column::WORDS.into_iter().find(|(_, known)| *known == word);
        known.map(|(column, _)| Self { column, falling }).unwrap_or_default()
    }

    /// Its word in the address.
    #[must_use]
    pub fn text(self) -> String {
        let word = Column::WORDS
            .into_iter()
            .find(|(column, _)| *column == self.column)
            .map_or("org", |(_, word)| word);
        if self.falling { format!("-{word}") } else { word.to_owned() }
    }

    /// The order after a click on the head of a column: figures begin with the largest.
    #[must_use]
    pub fn after_click(self, column: Column) -> Self {
        let falling = if self.column == column { !self.falling } else { column != Column::Org };
        Self { column, falling }
    }

    /// Puts lines in order. The line of the org itself stays last, lines without a figure come
    /// before it, whichever the direction.
    pub fn apply(self, lines: &mut [Line], questions: &[String]) {
        lines.sort_by(|a, b| {
            a.own
                .cmp(&b.own)
                .then_with(|| self.order(a, b, questions))
                .then_with(|| a.org.code.cmp(&b.org.code))
        });
    }

    fn order(self, a: &Line, b: &Line, questions: &[String]) -> Ordering {
        let turn = |order: Ordering| if self.falling { order.reverse() } else { order };
        if self.column == Column::Org {
            return turn(a.org.code.cmp(&b.org.code));
        }
        match (self.column.value(a, questions), self.column.value(b, questions)) {
            (Some(a), Some(b)) => turn(a.total_cmp(&b)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::coverage::{Sessions, StillOnPhones};
    use shared::id::OrgId;
    use shared::org::{Level, Org};
    use std::collections::BTreeMap;

    fn line(code: &str, held: u64, rate: Option<f64>, own: bool) -> Line {
        let org = Org {
            id: OrgId::from_u128(1),
            code: code.into(),
            name: code.into(),
            level: Level::Town,
            parent: None,
        };
        Line {
            org,
            own,
            sessions: Sessions { held, planned: 0 },
            led_by_leaders: 0,
            attended: 0,
            walk_ins: 0,
            people: 0,
            expected: 0,
            rate,
            orgs: Covered::default(),
            workshops: Covered::default(),
            responses: 0,
            scores: BTreeMap::new(),
            still_on_phones: StillOnPhones::default(),
        }
    }

    fn codes(sort: &str) -> String {
        let mut lines = vec![
            line("o", 9, Some(0.9), true),
            line("b", 2, None, false),
            line("a", 2, Some(0.1), false),
            line("c", 5, Some(0.5), false),
        ];
        Sort::parse(sort).apply(&mut lines, &[]);
        lines.iter().map(|line| line.org.code.as_str()).collect()
    }

    #[test]
    fn the_line_of_the_org_itself_stays_last() {
        assert_eq!(codes("org"), "abco");
        assert_eq!(codes("-org"), "cbao");
        assert_eq!(codes("-held"), "cabo");
        assert_eq!(codes("held"), "abco");
    }

    #[test]
    fn what_is_unknown_comes_after_what_is_known() {
        assert_eq!(codes("rate"), "acbo");
        assert_eq!(codes("-rate"), "cabo");
    }

    #[test]
    fn words_and_columns_are_one_to_one() {
        for (column, word) in Column::WORDS {
            assert_eq!(Sort::parse(word), Sort { column, falling: false });
            assert_eq!(Sort { column, falling: true }.text(), format!("-{word}"));
        }
        assert_eq!(Sort::parse("-what"), Sort::default());
        let first = Sort::default().after_click(Column::Rate);
        assert_eq!(first.text(), "-rate");
        assert_eq!(first.after_click(Column::Rate).text(), "rate");
    }
}
