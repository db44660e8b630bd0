//! The roster of a session in memory, ready to be searched at each key press.

use shared::id::{OrgId, PersonId};
use shared::person::Person;
use shared::phone::Book;
use shared::session::SessionRow;
use std::collections::{BTreeMap, BTreeSet};

/// Most people that are listed at once: more would be slow to paint, and nobody reads them.
pub const LISTED_MAX: usize = 60;

/// One line of the roster.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Who.
    pub person: Person,
    /// The name of the person's org.
    pub org_name: String,
    /// Somebody else here has the same name.
    pub namesake: bool,
    /// Name and number in lower case.
    name_key: String,
    number_key: String,
}

/// Everybody who is expected at a session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    /// In order of org and name.
    pub lines: Vec<Line>,
}

impl Roster {
    /// The roster of a session's audience, walk-ins included.
    #[must_use]
    pub fn new<'a>(book: &Book, session: &SessionRow, walk_ins: impl Iterator<Item = &'a Person>) -> Self {
        let audience = book.audience(session);
        let expected = book.people.values().filter(|person| audience.contains(&person.org));
        let mut people: BTreeMap<PersonId, &Person> = walk_ins.map(|person| (person.id, person)).collect();
        people.extend(expected.map(|person| (person.id, person)));
        let mut names: BTreeMap<&str, u32> = BTreeMap::new();
        for person in people.values() {
            *names.entry(person.name.as_str()).or_default() += 1;
        }
        let line = |person: &&Person| Line {
            person: (*person).clone(),
            org_name: org_name(book, person.org),
            namesake: names.get(person.name.as_str()).is_some_and(|n| *n > 1),
            name_key: person.name.to_lowercase(),
            number_key: person.staff_no.as_deref().unwrap_or_default().to_lowercase(),
        };
        let mut lines: Vec<Line> = people.values().map(line).collect();
        lines.sort_by(|a, b| {
            (&a.org_name, &a.number_key, &a.name_key).cmp(&(&b.org_name, &b.number_key, &b.name_key))
        });
        Self { lines }
    }

    /// The places of those who match and are wanted, the best first, and how many there are in all.
    #[must_use]
    pub fn find(&self, query: &str, wanted: impl Fn(&Line) -> bool) -> (Vec<usize>, usize) {
        let query = query.trim().to_lowercase();
        let mut found: Vec<(u8, usize)> = Vec::new();
        for (place, line) in self.lines.iter().enumerate() {
            if let Some(rank) = line.rank(&query).filter(|_| wanted(line)) {
                found.push((rank, place));
            }
        }
        found.sort_unstable();
        let all = found.len();
        (found.into_iter().take(LISTED_MAX).map(|(_, place)| place).collect(), all)
    }

    /// The orgs of the lines, each once.
    #[must_use]
    pub fn orgs(&self) -> BTreeSet<OrgId> {
        self.lines.iter().map(|line| line.person.org).collect()
    }
}

impl Line {
    /// How well the query fits: 0 best, none not at all.
    fn rank(&self, query: &str) -> Option<u8> {
        if query.is_empty() || self.name_key.starts_with(query) {
            return Some(0);
        }
        let tail = self.person.phone_tail.as_deref().unwrap_or_default();
        if self.number_key == query || tail == query {
            return Some(1);
        }
        if self.name_key.contains(query) {
            return Some(2);
        }
        // One digit is in every second number.
        let long = query.len() >= 2;
        (long && (self.number_key.contains(query) || tail.starts_with(query))).then_some(3)
    }
}

/// The name of an org, or nothing where it was never pulled.
#[must_use]
pub fn org_name(book: &Book, org: OrgId) -> String {
    book.orgs.get(&org).map(|org| org.name.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u128, name: &str, staff_no: &str, tail: &str) -> Person {
        Person {
            id: PersonId::from_u128(n),
            name: name.to_owned(),
            org: OrgId::from_u128(1),
            staff_no: (!staff_no.is_empty()).then(|| staff_no.to_owned()),
            phone_tail: (!tail.is_empty()).then(|| tail.to_owned()),
        }
    }

    fn roster() -> Roster {
        let mut book = Book::default();
        for (n, name, no, tail) in [
            (1, "陈志", "100002", "8464"),
            (2, "陈志", "100003", "5173"),
            (3, "韩宝光", "A100004", ""),
            (4, "宝志强", "", "1000"),
        ] {
            let person = person(n, name, no, tail);
            book.people.insert(person.id, person);
        }
        let session: SessionRow = serde_json::from_value(serde_json::json!({
            "id": "00000000-0000-0000-0000-000000000009", "org": "00000000-0000-0000-0000-000000000001",
            "campaign": "00000000-0000-0000-0000-000000000001", "activity": "lecture", "title": "t",
            "starts_ms": 0, "state": "open"
        }))
        .unwrap();
        Roster::new(&book, &session, std::iter::empty())
    }

    fn names(query: &str) -> Vec<String> {
        let roster = roster();
        let (places, all) = roster.find(query, |_| true);
        assert_eq!(places.len(), all);
        places.iter().map(|place| roster.lines[*place].person.name.clone()).collect()
    }

    #[test]
    fn by_name_number_and_tail() {
        assert_eq!(names("宝"), ["宝志强", "韩宝光"], "a beginning before a middle");
        assert_eq!(names("a100004"), ["韩宝光"], "any case");
        assert_eq!(names("5173"), ["陈志"]);
        assert_eq!(names("1000").first().map(String::as_str), Some("宝志强"), "a whole tail before parts");
        assert_eq!(names(" 陈志 ").len(), 2);
        assert_eq!(names("nobody"), Vec::<String>::new());
    }

    #[test]
    fn namesakes_are_known() {
        let roster = roster();
        let count = roster.lines.iter().filter(|line| line.namesake).count();
        assert_eq!(count, 2);
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        let mut roster = roster();
        let line = roster.lines[0].clone();
        roster.lines = vec![line; 5_000];
        let (places, all) = roster.find("", |_| true);
        assert_eq!((places.len(), all), (LISTED_MAX, 5_000));
    }
}
