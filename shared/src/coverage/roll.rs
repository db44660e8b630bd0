//! The adding up. Every session adds to exactly one line: of the child in whose branch it is held, or of
//! the org itself. The branch's figures are the sum of its lines, so that counts add up by their making.

use super::{Coverage, Covered, Line, Score, SessionFigures, Sessions, StillOnPhones, Week, published};
use crate::crowd::{Crowd, unpack};
use crate::id::OrgId;
use crate::org::{Level, Org};
use crate::session::State;
use crate::stamp::week_ms;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The figures of a branch while they are added up. Orgs are named by their places in the list that it
/// was made with.
#[derive(Debug)]
pub struct Roll {
    orgs: Vec<Org>,
    root: Org,
    /// Place of the parent of each org, where that is in the branch.
    parents: Vec<Option<usize>>,
    /// Line of each org that is in the branch; the last one is that of the root itself.
    line_of: Vec<Option<usize>>,
    /// Whose lines they are.
    lines: Vec<(usize, Sum)>,
    covered: Vec<bool>,
    weeks: BTreeMap<i64, (Week, Crowd)>,
    /// What counts for the branch alone: pools that lie in no single line.
    across: Marks,
}

/// Question → how many gave 1, 2, 3 …
type Marks = BTreeMap<String, Vec<u64>>;

/// The sum of a line.
#[derive(Debug, Clone, Default)]
struct Sum {
    sessions: Sessions,
    led: u64,
    attended: u64,
    walk_ins: u64,
    expected: u64,
    /// Roster persons present, and how many were expected, at sessions with a roster.
    rate: (u64, u64),
    responses: u64,
    missing: (u64, u64),
    people: Crowd,
    phones: BTreeSet<i64>,
    marks: Marks,
}

impl Roll {
    /// Nothing of the branch below `root` yet; none if that is not among the orgs, which may be more.
    #[must_use]
    pub fn new(orgs: Vec<Org>, root: OrgId) -> Option<Self> {
        let places: HashMap<OrgId, usize> = orgs.iter().enumerate().map(|(at, org)| (org.id, at)).collect();
        let top = *places.get(&root)?;
        let root = orgs.get(top)?.clone();
        let parents: Vec<Option<usize>> =
            orgs.iter().map(|org| org.parent.and_then(|id| places.get(&id).copied())).collect();
        let mut children: Vec<usize> =
            (0..orgs.len()).filter(|at| *at != top && parents.get(*at) == Some(&Some(top))).collect();
        children.sort_by(|a, b| orgs.get(*a).map(|org| &org.code).cmp(&orgs.get(*b).map(|org| &org.code)));
        let mut line_of = vec![None; orgs.len()];
        for (line, at) in children.iter().enumerate() {
            line_of[*at] = Some(line);
        }
        line_of[top] = Some(children.len());
        for at in 0..orgs.len() {
            hang(&parents, &mut line_of, at);
        }
        let lines = children.into_iter().chain([top]).map(|at| (at, Sum::default())).collect();
        let covered = vec![false; orgs.len()];
        let (weeks, across) = (BTreeMap::new(), Marks::new());
        Some(Self { orgs, root, parents, line_of, lines, covered, weeks, across })
    }

    fn line(&mut self, org: usize) -> Option<&mut Sum> {
        let line = self.line_of.get(org).copied().flatten()?;
        self.lines.get_mut(line).map(|(_, sum)| sum)
    }

    /// Whether sessions of this org are the branch's.
    #[must_use]
    pub fn has(&self, org: usize) -> bool {
        self.line_of.get(org).is_some_and(Option::is_some)
    }

    /// Adds a session of an org, and whoever was present there, packed. Of another branch's it adds nothing.
    pub fn session(&mut self, org: usize, figures: &SessionFigures, present: &[u8]) {
        let held = figures.held();
        let line = self.line_of.get(org).copied().flatten();
        let Some((_, sum)) = line.and_then(|line| self.lines.get_mut(line)) else { return };
        sum.session(figures, held);
        if !held {
            return;
        }
        let starts_ms = week_ms(figures.starts_ms);
        let (week, crowd) = self.weeks.entry(starts_ms).or_default();
        week.starts_ms = starts_ms;
        week.held += 1;
        week.attended += u64::from(figures.attended());
        for person in unpack(present) {
            sum.people.add(person);
            crowd.add(person);
        }
        self.cover(org);
    }

    /// Says that a held session, wherever it was, had a person of this org's roster.
    pub fn reached(&mut self, org: usize) {
        if self.has(org) {
            self.cover(org);
        }
    }

    /// What covers an org covers those above it.
    fn cover(&mut self, org: usize) {
        let mut next = Some(org);
        while let Some(at) = next.filter(|at| self.covered.get(*at) == Some(&false)) {
            self.covered[at] = true;
            next = self.parents.get(at).copied().flatten();
        }
    }

    /// Adds published marks of one session of an org; none at all says that the question was answered.
    pub fn marks(&mut self, org: usize, question: &str, marks: impl IntoIterator<Item = u64>) {
        if let Some(sum) = self.line(org) {
            add(&mut sum.marks, question, marks);
        }
    }

    /// Adds published marks that count together or not at all (`shared::publication`), of sessions of these
    /// orgs: all of them must have been let through.
    pub fn pool(&mut self, orgs: &[usize], question: &str, marks: impl IntoIterator<Item = u64>) {
        let mut lines = orgs.iter().map(|org| self.line_of.get(*org).copied().flatten());
        let Some(Some(first)) = lines.next() else { return };
        let mut one = true;
        for line in lines {
            match line {
                None => return,
                Some(line) => one = one && line == first,
            }
        }
        match self.lines.get_mut(first).filter(|_| one) {
            Some((_, sum)) => add(&mut sum.marks, question, marks),
            None => add(&mut self.across, question, marks),
        }
    }

    /// Says that a phone has something of a session of this org that did not arrive.
    pub fn on_phone(&mut self, org: usize, phone: i64) {
        if let Some(sum) = self.line(org) {
            sum.phones.insert(phone);
        }
    }

    /// The figures of the branch: everything that was committed up to `as_of_ms` is in them.
    #[must_use]
    pub fn finish(self, as_of_ms: i64) -> Coverage {
        let Self { orgs, root, line_of, lines, covered, weeks, across, .. } = self;
        let mut counted = vec![(Covered::default(), Covered::default()); lines.len()];
        for (at, org) in orgs.iter().enumerate() {
            let Some(line) = line_of.get(at).copied().flatten() else { continue };
            let Some((unions, workshops)) = counted.get_mut(line) else { continue };
            let of = match org.level {
                Level::Grassroots => unions,
                Level::Workshop => workshops,
                _ => continue,
            };
            of.all += 1;
            of.covered += u64::from(covered.get(at) == Some(&true));
        }
        let mut whole = Sum { marks: across, ..Sum::default() };
        let mut both = (Covered::default(), Covered::default());
        let last = lines.len().saturating_sub(1);
        let mut children = Vec::with_capacity(lines.len());
        for (place, ((at, sum), (unions, workshops))) in lines.into_iter().zip(counted).enumerate() {
            whole.join(&sum);
            both.0.add(unions);
            both.1.add(workshops);
            let own = place == last;
            let Some(org) = orgs.get(at) else { continue };
            let line = sum.line(org.clone(), own, (unions, workshops));
            if !own || !line.is_empty() {
                children.push(line);
            }
        }
        let weeks = weeks.into_values().map(|(week, crowd)| Week { people: crowd.count(), ..week });
        Coverage { as_of_ms, line: whole.line(root, false, both), children, weeks: weeks.collect() }
    }
}

/// Finds the line of an org by going up; those above it that are passed get it as well.
fn hang(parents: &[Option<usize>], line_of: &mut [Option<usize>], at: usize) {
    let mut way = Vec::new();
    let mut next = Some(at);
    while let Some(here) = next.filter(|here| line_of[*here].is_none() && !way.contains(here)) {
        way.push(here);
        next = parents.get(here).copied().flatten();
    }
    let line = next.and_then(|above| line_of.get(above).copied().flatten());
    for here in way {
        line_of[here] = line;
    }
}

fn add(sums: &mut Marks, question: &str, marks: impl IntoIterator<Item = u64>) {
    if !sums.contains_key(question) {
        sums.insert(question.to_owned(), Vec::new());
    }
    let Some(sum) = sums.get_mut(question) else { return };
    for (place, n) in marks.into_iter().enumerate() {
        if place >= sum.len() {
            sum.resize(place + 1, 0);
        }
        sum[place] += n;
    }
}

impl Covered {
    fn add(&mut self, other: Self) {
        self.covered += other.covered;
        self.all += other.all;
    }
}

impl Sum {
    fn session(&mut self, figures: &SessionFigures, held: bool) {
        self.responses += u64::from(figures.responses);
        self.missing.0 += u64::from(figures.missing_check_ins);
        self.missing.1 += u64::from(figures.missing_responses);
        if !held {
            self.sessions.planned += u64::from(figures.state != State::Cancelled);
            return;
        }
        let expected = u64::from(figures.expected().unwrap_or(0));
        self.sessions.held += 1;
        self.led += u64::from(figures.led);
        self.attended += u64::from(figures.attended());
        self.walk_ins += u64::from(figures.walk_ins);
        self.expected += expected;
        // Only sessions with a roster: elsewhere nobody knows who of the expected came.
        if figures.roster > 0 {
            self.rate.0 += u64::from(figures.roster_present);
            self.rate.1 += expected;
        }
    }

    fn join(&mut self, other: &Self) {
        self.sessions.held += other.sessions.held;
        self.sessions.planned += other.sessions.planned;
        self.led += other.led;
        self.attended += other.attended;
        self.walk_ins += other.walk_ins;
        self.expected += other.expected;
        self.rate = (self.rate.0 + other.rate.0, self.rate.1 + other.rate.1);
        self.responses += other.responses;
        self.missing = (self.missing.0 + other.missing.0, self.missing.1 + other.missing.1);
        self.people.join(&other.people);
        self.phones.extend(&other.phones);
        for (question, marks) in &other.marks {
            add(&mut self.marks, question, marks.iter().copied());
        }
    }

    fn line(&self, org: Org, own: bool, (orgs, workshops): (Covered, Covered)) -> Line {
        let scores: BTreeMap<String, Option<Score>> = published(&self.marks);
        Line {
            org,
            own,
            sessions: self.sessions,
            led_by_leaders: self.led,
            attended: self.attended,
            walk_ins: self.walk_ins,
            people: self.people.count(),
            expected: self.expected,
            rate: share(self.rate),
            orgs,
            workshops,
            responses: self.responses,
            scores,
            still_on_phones: StillOnPhones {
                check_ins: self.missing.0,
                responses: self.missing.1,
                devices: u64::try_from(self.phones.len()).unwrap_or(u64::MAX),
            },
        }
    }
}

fn share((part, whole): (u64, u64)) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^52")]
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl Line {
    /// Nothing hangs on it, and it counts as nothing.
    fn is_empty(&self) -> bool {
        self.sessions == Sessions::default()
            && self.orgs.all == 0
            && self.workshops.all == 0
            && self.responses == 0
            && self.still_on_phones == StillOnPhones::default()
    }
}

#[cfg(test)]
mod tests;
