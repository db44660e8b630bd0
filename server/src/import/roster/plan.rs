//! What a file changes in a roster, decided without a database.

use super::person::{Entry, Has, quoted_no, read};
use crate::fault::{Fault, Faults};
use crate::import::table::{Table, loose, quoted};
use shared::id::OrgId;
use shared::import::{ImportCounts, What};
use std::collections::{BTreeMap, HashMap};

/// An org that a line may put a person in: the one imported for, or a workshop below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) org_id: i64,
    pub(crate) id: OrgId,
    pub(crate) code: String,
    pub(crate) name: String,
}

/// Where the persons of a file may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// The org that the import is for; an empty workshop means it.
    pub(crate) top: Place,
    /// The workshops below it.
    pub(crate) below: Vec<Place>,
}

impl Places {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.top).chain(&self.below)
    }
}

/// A person of the roster as it stands, or stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) person_id: i64,
    pub(crate) entry: Entry,
}

/// What a file is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) places: Places,
    /// Who is on the rosters.
    pub(crate) known: Vec<Known>,
    /// Who was on one of them and is on none now, the last to leave first.
    pub(crate) former: Vec<Known>,
    /// Staff numbers of the same union outside of these places → where.
    pub(crate) elsewhere: BTreeMap<String, String>,
}

/// What happens to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) what: What,
    /// Of the file; none of who left.
    pub(crate) line: Option<usize>,
    /// As the roster has it; none of somebody new.
    pub(crate) from: Option<Known>,
    /// As it will have it; none of who left.
    pub(crate) to: Option<Entry>,
}

/// What is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) counts: ImportCounts,
}

/// A person of the file, with its line.
struct Wanted {
    line: usize,
    entry: Entry,
}

/// Who somebody is to an import: by staff number, or by name and org where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    No(String),
    Name(String, i64),
}

impl Entry {
    fn key(&self) -> Key {
        self.staff_no.clone().map_or_else(|| self.by_name(), Key::No)
    }

    fn by_name(&self) -> Key {
        Key::Name(self.name.clone(), self.org_id)
    }
}

/// Decides what a file changes. `whole`: who is on the rosters and not in the file has left.
///
/// # Errors
/// One fault per bad line of the file.
pub(crate) fn plan(table: &Table, standing: &Standing, whole: bool) -> Result<Plan, Faults> {
    if table.lines.is_empty() {
        return Err(Faults::one(0, Fault::new("文件里没有人员", "the file holds no persons")));
    }
    let (wanted, mut faults) = wanted(table, &standing.places);
    let has = Has::of(&table.has);
    let mut matcher = Matcher::new(standing);
    let found = matcher.find(&wanted, &mut faults);
    faults.close()?;
    let mut plan = Plan::default();
    for (Wanted { line, entry }, found) in wanted.into_iter().zip(found) {
        let to = match found {
            Some((known, _)) => has.filled(entry, &known.entry),
            None => entry,
        };
        let what = match found {
            None => What::Added,
            Some((_, true)) => What::Returned,
            Some((known, false)) if to == known.entry => {
                plan.counts.same += 1;
                continue;
            }
            Some((known, false)) if to.org_id != known.entry.org_id => What::Moved,
            Some(_) => What::Changed,
        };
        plan.counts.count(what);
        let from = found.map(|(known, _)| known.clone());
        plan.steps.push(Step { what, line: Some(line), from, to: Some(to) });
    }
    if whole {
        for left in matcher.unclaimed() {
            plan.counts.count(What::Left);
            plan.steps.push(Step { what: What::Left, line: None, from: Some(left.clone()), to: None });
        }
    }
    Ok(plan)
}

/// Everybody in the file, and what is wrong with its lines.
fn wanted(table: &Table, places: &Places) -> (Vec<Wanted>, Faults) {
    let names = Names::new(places);
    let mut faults = Faults::default();
    let mut first: HashMap<Key, usize> = HashMap::with_capacity(table.lines.len());
    let mut wanted = Vec::with_capacity(table.lines.len());
    for line in &table.lines {
        let said = read(line);
        let mut entry = said.entry;
        let place = names.find(places, &said.workshop);
        // Of a line without a name, or with a wrong workshop and no number, the key says nothing.
        let keyed = entry.staff_no.is_some() || (place.is_ok() && !entry.name.is_empty());
        match place {
            Ok(place) => entry.org_id = place.org_id,
            Err(fault) => faults.add(line.number, fault),
        }
        for fault in said.faults {
            faults.add(line.number, fault);
        }
        if keyed && let Some(before) = first.get(&entry.key()) {
            faults.add(line.number, twice(&entry, *before));
        } else if keyed {
            first.insert(entry.key(), line.number);
        }
        wanted.push(Wanted { line: line.number, entry });
    }
    (wanted, faults)
}

fn twice(entry: &Entry, before: usize) -> Fault {
    match quoted_no(entry) {
        Some(no) => Fault::new(
            format!("工号 {no} 与第 {before} 行重复"),
            format!("staff number {no} stands on line {before} already"),
        ),
        None => Fault::new(
            format!("与第 {before} 行同名同车间，需要工号才能分清"),
            format!("same name and workshop as line {before}: staff numbers are needed to tell them apart"),
        ),
    }
}

/// What a workshop may be called → the workshops that are called so.
struct Names<'a>(HashMap<String, Vec<&'a Place>>);

impl<'a> Names<'a> {
    fn new(places: &'a Places) -> Self {
        let mut names: HashMap<String, Vec<&Place>> = HashMap::new();
        for place in &places.below {
            names.entry(loose(&place.name)).or_default().push(place);
        }
        for place in places.all() {
            names.insert(loose(&place.code), vec![place]);
        }
        names.entry(loose(&places.top.name)).or_insert_with(|| vec![&places.top]);
        Self(names)
    }

    fn find(&self, places: &'a Places, called: &str) -> Result<&'a Place, Fault> {
        if called.is_empty() {
            return Ok(&places.top);
        }
        let shown = quoted(called);
        match self.0.get(&loose(called)).map(Vec::as_slice) {
            Some([place]) => Ok(place),
            Some(several) => Err(Fault::new(
                format!("有 {} 个车间都叫“{shown}”，请写编码", several.len()),
                format!("{} workshops are called \"{shown}\": write the code", several.len()),
            )),
            None => Err(Fault::new(
                format!("{} 下没有车间“{shown}”", places.top.name),
                format!("no workshop \"{shown}\" below {}", places.top.code),
            )),
        }
    }
}

/// Finds the persons of a file among those who are known, each at most once.
struct Matcher<'s> {
    standing: &'s Standing,
    known: HashMap<Key, usize>,
    former: HashMap<Key, usize>,
    claimed: Vec<bool>,
}

impl<'s> Matcher<'s> {
    fn new(standing: &'s Standing) -> Self {
        let index = |all: &[Known]| {
            let mut index = HashMap::with_capacity(all.len());
            for (at, known) in all.iter().enumerate() {
                index.entry(known.entry.key()).or_insert(at);
            }
            index
        };
        Self {
            standing,
            known: index(&standing.known),
            former: index(&standing.former),
            claimed: vec![false; standing.known.len()],
        }
    }

    fn claim(&mut self, key: &Key) -> Option<&'s Known> {
        let at = self.known.get(key).copied()?;
        let claimed = self.claimed.get_mut(at).filter(|claimed| !**claimed)?;
        *claimed = true;
        self.standing.known.get(at)
    }

    fn unclaimed(&self) -> impl Iterator<Item = &'s Known> {
        let both = self.standing.known.iter().zip(&self.claimed);
        both.filter(|(_, claimed)| !**claimed).map(|(known, _)| known)
    }

    /// For each person who it is, and whether one who comes back.
    fn find(&mut self, wanted: &[Wanted], faults: &mut Faults) -> Vec<Option<(&'s Known, bool)>> {
        let mut found: Vec<Option<&Known>> = wanted.iter().map(|one| self.claim(&one.entry.key())).collect();
        self.numbered(wanted, &mut found);
        let namesakes: HashMap<Key, &Known> = self
            .unclaimed()
            .filter(|known| known.entry.staff_no.is_some())
            .map(|known| (known.entry.by_name(), known))
            .collect();
        wanted
            .iter()
            .zip(found)
            .map(|(Wanted { line, entry }, found)| {
                if let Some(known) = found {
                    return Some((known, false));
                }
                if entry.staff_no.is_none() && namesakes.contains_key(&entry.by_name()) {
                    faults.add(*line, needs_number());
                }
                if let Some(place) = entry.staff_no.as_ref().and_then(|no| self.standing.elsewhere.get(no)) {
                    faults.add(*line, taken(entry, place));
                }
                let at = self.former.remove(&entry.key())?;
                Some((self.standing.former.get(at)?, true))
            })
            .collect()
    }

    /// Who was known by name and workshop alone, and has a number now.
    fn numbered(&mut self, wanted: &[Wanted], found: &mut [Option<&'s Known>]) {
        let mut alike: HashMap<Key, usize> = HashMap::new();
        let open = |one: &Wanted, found: &Option<&Known>| found.is_none() && one.entry.staff_no.is_some();
        for (one, _) in wanted.iter().zip(found.iter()).filter(|(one, found)| open(one, found)) {
            *alike.entry(one.entry.by_name()).or_default() += 1;
        }
        for (one, found) in wanted.iter().zip(found.iter_mut()) {
            let key = one.entry.by_name();
            if open(one, found) && alike.get(&key) == Some(&1) {
                *found = self.claim(&key);
            }
        }
    }
}

fn needs_number() -> Fault {
    Fault::new(
        "同车间已有同名、有工号的人，需要工号才能分清",
        "somebody of this name and workshop has a staff number: it is needed to tell them apart",
    )
}

fn taken(entry: &Entry, place: &str) -> Fault {
    let no = quoted_no(entry).unwrap_or_default();
    Fault::new(
        format!("工号 {no} 已在 {place} 的花名册上"),
        format!("staff number {no} is on the roster of {place}"),
    )
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
