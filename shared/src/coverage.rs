//! Roll-up (汇总): what the figures of the desk mean (docs/glossary.md, "Figures"), as arithmetic
//! over what the tables say. The page, the export and the API show what this computes, once.
//!
//! Counts of the children, the line of the org itself (本级) included, add up to the parent's;
//! people, devices, rates and scores do not.

use crate::feedback::WITHHOLD_BELOW;
use crate::id::OrgId;
use crate::org::{Level, Org};
use crate::session::State;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
#[derive(Debug, Clone, PartialEq)]
pub struct SessionFigures {
    /// The org that holds it.
    pub org: OrgId,
    /// Where it stands.
    pub state: State,
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
    /// Question that somebody answered → how many published answers gave 1, 2, 3 …
    pub marks: BTreeMap<String, Vec<u64>>,
    /// Check-ins declared and not arrived.
    pub missing_check_ins: u32,
    /// Responses declared and not arrived.
    pub missing_responses: u32,
    /// The phones (by the server's own number) that these are on.
    pub missing_on: Vec<i64>,
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

/// Published answers of several sessions that count together or not at all (`shared::publication`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// The orgs that hold these sessions.
    pub orgs: BTreeSet<OrgId>,
    /// The question.
    pub question: String,
    /// How many gave 1, 2, 3 …
    pub marks: Vec<u64>,
}

/// Everything that the figures of a branch are made of.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The branch: its root and all below, in any order.
    pub orgs: Vec<Org>,
    /// The sessions of the branch that the filters let through.
    pub sessions: Vec<SessionFigures>,
    /// The pools all of whose sessions are among them.
    pub pools: Vec<Pool>,
    /// (org of the session, person) of everyone present at a held session of the branch.
    pub present: Vec<(OrgId, i64)>,
    /// Orgs of the branch with a person of their own roster present at a held session anywhere.
    pub reached: BTreeSet<OrgId>,
}

/// The figures of the branch below `root`; none if `root` is not among the orgs.
#[must_use]
pub fn coverage(input: &Input, root: OrgId, as_of_ms: i64) -> Option<Coverage> {
    let tree = Tree::new(input);
    let top = tree.orgs.get(&root)?;
    let all = tree.branch(root);
    let own = BTreeSet::from([root]);
    let mut children: Vec<Line> = tree
        .children(root)
        .into_iter()
        .map(|child| line(input, &tree, child, &tree.branch(child.id), false))
        .collect();
    children.sort_by(|a, b| a.org.code.cmp(&b.org.code));
    let own_line = line(input, &tree, top, &own, true);
    if !own_line.is_empty() {
        children.push(own_line);
    }
    let line = line(input, &tree, top, &all, false);
    Some(Coverage { as_of_ms, line, children })
}

impl Line {
    /// Nothing hangs on it, and it counts as nothing.
    fn is_empty(&self) -> bool {
        self.sessions == Sessions::default() && self.orgs.all == 0 && self.workshops.all == 0
    }
}

struct Tree<'a> {
    orgs: BTreeMap<OrgId, &'a Org>,
    below: BTreeMap<OrgId, Vec<&'a Org>>,
    covered: BTreeSet<OrgId>,
}

impl<'a> Tree<'a> {
    fn new(input: &'a Input) -> Self {
        let mut below: BTreeMap<OrgId, Vec<&Org>> = BTreeMap::new();
        for org in &input.orgs {
            if let Some(parent) = org.parent {
                below.entry(parent).or_default().push(org);
            }
        }
        let orgs: BTreeMap<OrgId, &Org> = input.orgs.iter().map(|org| (org.id, org)).collect();
        let held = input.sessions.iter().filter(|session| session.held()).map(|session| session.org);
        // An org is covered by anything that covers one below it: what covers goes up the tree.
        let mut covered = BTreeSet::new();
        for start in held.chain(input.reached.iter().copied()) {
            let mut next = Some(start);
            while let Some(id) = next.filter(|id| covered.insert(*id)) {
                next = orgs.get(&id).and_then(|org| org.parent);
            }
        }
        Self { orgs, below, covered }
    }

    fn children(&self, of: OrgId) -> Vec<&'a Org> {
        self.below.get(&of).cloned().unwrap_or_default()
    }

    /// The org and all below it.
    fn branch(&self, root: OrgId) -> BTreeSet<OrgId> {
        let mut all = BTreeSet::from([root]);
        let mut open = vec![root];
        while let Some(org) = open.pop() {
            for child in self.below.get(&org).into_iter().flatten() {
                if all.insert(child.id) {
                    open.push(child.id);
                }
            }
        }
        all
    }
}

/// How many orgs of a level there are among these, and how many of them are covered.
fn covered(tree: &Tree<'_>, of: &BTreeSet<OrgId>, level: Level) -> Covered {
    let mut sum = Covered::default();
    for org in of.iter().filter_map(|id| tree.orgs.get(id)).filter(|org| org.level == level) {
        sum.all += 1;
        sum.covered += u64::from(tree.covered.contains(&org.id));
    }
    sum
}

fn line(input: &Input, tree: &Tree<'_>, org: &Org, of: &BTreeSet<OrgId>, own: bool) -> Line {
    let here: Vec<&SessionFigures> = input.sessions.iter().filter(|s| of.contains(&s.org)).collect();
    let held: Vec<&SessionFigures> = here.iter().copied().filter(|s| s.held()).collect();
    let sum = |of: fn(&SessionFigures) -> u32| held.iter().map(|s| u64::from(of(s))).sum::<u64>();
    let planned = here.iter().filter(|s| !s.held() && s.state != State::Cancelled).count();
    let people: BTreeSet<i64> =
        input.present.iter().filter(|(org, _)| of.contains(org)).map(|(_, person)| *person).collect();
    Line {
        org: org.clone(),
        own,
        sessions: Sessions { held: count(held.len()), planned: count(planned) },
        attended: sum(SessionFigures::attended),
        walk_ins: sum(|s| s.walk_ins),
        people: count(people.len()),
        expected: sum(|s| s.expected().unwrap_or(0)),
        rate: rate(&held),
        orgs: covered(tree, of, Level::Grassroots),
        workshops: covered(tree, of, Level::Workshop),
        responses: here.iter().map(|s| u64::from(s.responses)).sum(),
        scores: scores(&here, &input.pools, of),
        still_on_phones: still_on_phones(&here),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Only sessions with a roster: elsewhere nobody knows who of the expected came.
fn rate(held: &[&SessionFigures]) -> Option<f64> {
    let with_roster = held.iter().filter(|s| s.roster > 0);
    let (present, expected) = with_roster.fold((0_u64, 0_u64), |(present, expected), s| {
        (present + u64::from(s.roster_present), expected + u64::from(s.expected().unwrap_or(0)))
    });
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    (expected > 0).then(|| present as f64 / expected as f64)
}

fn scores(here: &[&SessionFigures], pools: &[Pool], of: &BTreeSet<OrgId>) -> BTreeMap<String, Option<Score>> {
    let whole = pools.iter().filter(|pool| pool.orgs.is_subset(of)).map(|pool| (&pool.question, &pool.marks));
    published(here.iter().flat_map(|session| &session.marks).chain(whole))
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

fn score(counts: Vec<u64>) -> Score {
    let n: u64 = counts.iter().sum();
    let total: u64 = counts.iter().zip(1..).map(|(count, mark): (&u64, u64)| count * mark).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    let mean = total as f64 / n.max(1) as f64;
    Score { n, mean, counts }
}

fn still_on_phones(here: &[&SessionFigures]) -> StillOnPhones {
    let devices: BTreeSet<i64> = here.iter().flat_map(|s| s.missing_on.iter().copied()).collect();
    StillOnPhones {
        check_ins: here.iter().map(|s| u64::from(s.missing_check_ins)).sum(),
        responses: here.iter().map(|s| u64::from(s.missing_responses)).sum(),
        devices: count(devices.len()),
    }
}
