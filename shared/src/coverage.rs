//! Roll-up (汇总): what the figures of the desk mean (docs/glossary.md, "Figures"), as arithmetic
//! over what the tables say. The page, the export and the API show what this computes, once.
//!
//! Counts of the children, the line of the org itself (本级) included, add up to the parent's;
//! people, devices, rates and scores do not.

mod roll;

pub use roll::Roll;

use crate::feedback::WITHHOLD_BELOW;
use crate::org::Org;
use crate::session::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Figures of one branch, with the same for each child and for the org itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Everything that was committed up to here is in it, ms.
    pub as_of_ms: i64,
    /// The branch.
    #[serde(flatten)]
    pub line: Line,
    /// Its children by code, and the line of the org itself where anything hangs on it.
    pub children: Vec<Line>,
    /// The branch's weeks with a session that is held, the earliest first.
    #[serde(default)]
    pub weeks: Vec<Week>,
}

/// The figures of one week of a branch, Monday first, of sessions that began in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Week {
    /// Monday 00:00 +08:00, ms.
    pub starts_ms: i64,
    /// Sessions held.
    pub held: u64,
    /// Person-times.
    pub attended: u64,
    /// Distinct persons present in this week.
    pub people: u64,
}

/// The figures of one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Whose figures.
    pub org: Org,
    /// True for 本级: only what hangs on the org itself.
    #[serde(default)]
    pub own: bool,
    /// Sessions.
    pub sessions: Sessions,
    /// Of those held, with a lecturer who belongs to the leadership (班子成员).
    #[serde(default)]
    pub led_by_leaders: u64,
    /// Person-times: sum over held sessions of the greater of persons present and headcount.
    pub attended: u64,
    /// Of the persons present, those added on the spot, counted per session.
    pub walk_ins: u64,
    /// Distinct persons present.
    pub people: u64,
    /// Sum over held sessions of their expected.
    pub expected: u64,
    /// Roster persons present / expected, over held sessions with a roster; null without one.
    pub rate: Option<f64>,
    /// Grassroots unions.
    pub orgs: Covered,
    /// Workshops.
    pub workshops: Covered,
    /// Responses that arrived.
    pub responses: u64,
    /// Per rating question; null where withheld.
    pub scores: BTreeMap<String, Option<Score>>,
    /// Declared at closing and not arrived.
    pub still_on_phones: StillOnPhones,
}

/// How many sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sessions {
    /// Not cancelled, and someone present, or a headcount, or closed.
    pub held: u64,
    /// Not cancelled and not held (yet).
    pub planned: u64,
}

/// How many of all are covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Covered {
    /// With a held session in the branch, or a person of its roster present anywhere.
    pub covered: u64,
    /// All.
    pub all: u64,
}

/// The marks given to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// How many answered.
    pub n: u64,
    /// Their mean.
    pub mean: f64,
    /// How many gave 1, 2, 3 …
    pub counts: Vec<u64>,
}

/// What phones declared and the server has not got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StillOnPhones {
    /// Check-ins.
    pub check_ins: u64,
    /// Responses.
    pub responses: u64,
    /// Phones that declared more than arrived.
    pub devices: u64,
}

/// What the tables say of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFigures {
    /// When it starts, ms.
    pub starts_ms: i64,
    /// Where it stands.
    pub state: State,
    /// A lecturer of it belongs to the leadership.
    pub led: bool,
    /// Persons present whom somebody knows, walk-ins included.
    pub present: u32,
    /// Of these, walk-ins.
    pub walk_ins: u32,
    /// Of these, persons of the audience's roster.
    pub roster_present: u32,
    /// The headcount, where somebody counted.
    pub headcount: Option<u32>,
    /// Its own expected, where it has one.
    pub expected: Option<u32>,
    /// How many the audience's roster had when it began.
    pub roster: u32,
    /// Responses that arrived.
    pub responses: u32,
    /// Check-ins declared and not arrived.
    pub missing_check_ins: u32,
    /// Responses declared and not arrived.
    pub missing_responses: u32,
}

impl SessionFigures {
    /// Not cancelled, and someone present, or a headcount, or closed.
    #[must_use]
    pub fn held(&self) -> bool {
        let happened =
            self.present > 0 || self.headcount.is_some_and(|n| n > 0) || self.state == State::Closed;
        self.state != State::Cancelled && happened
    }

    /// Person-times.
    #[must_use]
    pub fn attended(&self) -> u32 {
        self.present.max(self.headcount.unwrap_or(0))
    }

    /// Its own figure, else the audience's roster; none without either.
    #[must_use]
    pub fn expected(&self) -> Option<u32> {
        self.expected.or((self.roster > 0).then_some(self.roster))
    }
}

/// The scores of published answers, blocks added up; null where there are none.
#[must_use]
pub fn published<'a>(
    blocks: impl IntoIterator<Item = (&'a String, &'a Vec<u64>)>,
) -> BTreeMap<String, Option<Score>> {
    let least = u64::from(WITHHOLD_BELOW);
    let mut counts: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (question, marks) in blocks {
        let sum = counts.entry(question).or_default();
        sum.resize(sum.len().max(marks.len()), 0);
        for (place, n) in marks.iter().enumerate() {
            sum[place] += n;
        }
    }
    let shown = |counts| Some(score(counts)).filter(|score| score.n >= least);
    counts.into_iter().map(|(question, counts)| (question.to_owned(), shown(counts))).collect()
}

pub(crate) fn score(counts: Vec<u64>) -> Score {
    let n: u64 = counts.iter().sum();
    let total: u64 = counts.iter().zip(1..).map(|(count, mark): (&u64, u64)| count * mark).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    let mean = total as f64 / n.max(1) as f64;
    Score { n, mean, counts }
}
