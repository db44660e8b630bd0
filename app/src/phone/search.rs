//! The roster of a session in memory, ready to be searched at each key press.

mod key;
mod pinyin;
#[cfg(test)]
mod tests;

use key::{Key, Term};
use shared::id::{OrgId, PersonId};
use shared::person::Person;
use shared::person_code::PersonCode;
use shared::phone::Book;
use shared::session::SessionRow;
use shared::sheet::{self, Entry};
use std::collections::BTreeMap;

/// Most people that are listed at once: more would be slow to paint, and nobody reads them.
pub const LISTED_MAX: usize = 60;

/// Most people that are shown to somebody who looks for himself.
pub const SELF_MAX: usize = 6;

/// One line of the roster.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who.
    pub person: Person,
    /// The name of the person's org.
    pub org_name: String,
    /// Somebody else here has the same name.
    pub namesake: bool,
    /// On no roster: added on the spot.
    pub walk_in: bool,
    /// The number on the sign-in sheet, from 1; 0 of a walk-in.
    pub number: u32,
    key: Key,
}

/// Everybody who is expected at a session, and the walk-ins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    /// In the order of the sign-in sheet; walk-ins last.
    pub lines: Vec<Line>,
    /// How many of them are on the sheet.
    pub expected: usize,
    /// The orgs of the lines with their names, by name.
    pub orgs: Vec<(OrgId, String)>,
    /// For each org the codes of itself and of all above it.
    codes: BTreeMap<OrgId, Vec<String>>,
}

impl Roster {
    /// The roster of a session's audience, walk-ins included.
    #[must_use]
    pub fn new<'a>(book: &Book, session: &SessionRow, walk_ins: impl Iterator<Item = &'a Person>) -> Self {
        let audience = book.audience(session);
        let expected =
            |person: &Person| audience.contains(&person.org) && book.people.contains_key(&person.id);
        let mut people: BTreeMap<PersonId, &Person> = walk_ins.map(|person| (person.id, person)).collect();
        people.extend(book.people.values().filter(|p| expected(p)).map(|person| (person.id, person)));
        let mut names: BTreeMap<&str, u32> = BTreeMap::new();
        for person in people.values() {
            *names.entry(person.name.as_str()).or_default() += 1;
        }
        let line = |person: &&Person| Line {
            person: (*person).clone(),
            org_name: org_name(book, person.org),
            namesake: names.get(person.name.as_str()).is_some_and(|n| *n > 1),
            walk_in: !expected(person),
            number: 0,
            key: Key::of(person),
        };
        let mut lines: Vec<Line> = people.values().map(line).collect();
        lines.sort_by(|a, b| a.walk_in.cmp(&b.walk_in).then_with(|| sheet::order(a.entry(), b.entry())));
        let mut roster = Self { lines, ..Self::default() };
        for (line, number) in roster.lines.iter_mut().filter(|line| !line.walk_in).zip(1..) {
            line.number = number;
            roster.expected += 1;
        }
        roster.take_orgs(book);
        roster
    }

    fn take_orgs(&mut self, book: &Book) {
        let named: BTreeMap<OrgId, &String> =
            self.lines.iter().map(|line| (line.person.org, &line.org_name)).collect();
        self.orgs = named.into_iter().map(|(org, name)| (org, name.clone())).collect();
        self.orgs.sort_by(|a, b| a.1.cmp(&b.1));
        for (org, _) in &self.orgs {
            let mut codes = Vec::new();
            let mut next = book.orgs.get(org);
            // A tree that were a ring would not end.
            while let Some(org) = next.filter(|_| codes.len() < 20) {
                codes.push(org.code.clone());
                next = org.parent.and_then(|parent| book.orgs.get(&parent));
            }
            self.codes.insert(*org, codes);
        }
    }

    /// The places of those who match and are wanted, the best first, and how many there are in all.
    #[must_use]
    pub fn find(&self, query: &str, wanted: impl Fn(&Line) -> bool) -> (Vec<usize>, usize) {
        let terms: Vec<Term> = query.split_whitespace().map(Term::of).collect();
        let mut found: Vec<(u8, usize)> = Vec::new();
        for (place, line) in self.lines.iter().enumerate() {
            if let Some(rank) = line.rank(&terms).filter(|_| wanted(line)) {
                found.push((rank, place));
            }
        }
        found.sort_unstable();
        let all = found.len();
        (found.into_iter().take(LISTED_MAX).map(|(_, place)| place).collect(), all)
    }

    /// For people who look for themselves: the places of a few who fit a name, its sound, a whole number or phone
    /// tail; and whether there are more. Nobody before two characters: the roster is not for everybody to read.
    #[must_use]
    pub fn find_self(&self, query: &str) -> (Vec<usize>, bool) {
        let terms: Vec<Term> = query.split_whitespace().map(Term::of).collect();
        if terms.is_empty() || !terms.iter().all(Term::is_long) {
            return (Vec::new(), false);
        }
        let fits = |line: &Line| line.rank(&terms).filter(|rank| *rank <= key::SELF);
        let mut found: Vec<(u8, usize)> =
            self.lines.iter().enumerate().filter_map(|(place, line)| Some((fits(line)?, place))).collect();
        found.sort_unstable();
        let more = found.len() > SELF_MAX;
        (found.into_iter().take(SELF_MAX).map(|(_, place)| place).collect(), more)
    }

    /// Those on the sheet, in its order.
    pub fn on_sheet(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().take(self.expected)
    }

    /// Tells this sheet from that of another roster.
    #[must_use]
    pub fn check(&self) -> String {
        sheet::check(self.on_sheet().map(|line| line.person.id))
    }

    /// Whom a scanned or typed code names; several where a bare number fits several.
    #[must_use]
    pub fn by_code(&self, text: &str) -> Vec<&Line> {
        let Some(code) = PersonCode::read(text) else { return Vec::new() };
        let codes = |org| self.codes.get(&org).into_iter().flatten().map(String::as_str);
        self.lines.iter().filter(|line| code.names(&line.person, codes(line.person.org))).collect()
    }

    /// The line of a person.
    #[must_use]
    pub fn line(&self, person: PersonId) -> Option<&Line> {
        self.lines.iter().find(|line| line.person.id == person)
    }
}

impl Line {
    fn entry(&self) -> Entry<'_> {
        Entry { org_name: &self.org_name, person: &self.person }
    }

    /// How well every term fits, the worst of them: 0 best, none where one does not fit.
    fn rank(&self, terms: &[Term]) -> Option<u8> {
        let mut worst = 0;
        for term in terms {
            // A workshop tells namesakes apart, and is the last thing that a term may mean.
            let org = || (term.is_long() && self.org_name.contains(term.text())).then_some(key::ORG);
            worst = worst.max(self.key.rank(term, self.person.phone_tail.as_deref()).or_else(org)?);
        }
        Some(worst)
    }
}

/// The name of an org, or nothing where it was never pulled.
#[must_use]
pub fn org_name(book: &Book, org: OrgId) -> String {
    book.orgs.get(&org).map(|org| org.name.clone()).unwrap_or_default()
}
