//! Rosters (花名册) as a file: names with staff number, workshop and the last four digits of a phone.
//! Whoever the file leaves out stays, unless it is said to be the whole roster.

mod person;
mod plan;
mod standing;

pub use person::COLUMNS;

use super::answer::{Ready, good, token};
use super::table::{self, Table};
use crate::commands::account::no_org;
use crate::fault::{Faults, Rejection};
use crate::{ledger, org};
use person::Entry;
use plan::{Place, Plan, Standing, Step};
use rusqlite::Connection;
use shared::id::{OrgId, PersonId};
use shared::import::{Field, FieldChange, ImportAnswer, ImportChange, ImportCounts, NO, What, YES};
use shared::person::Person;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Row of the org that it is for.
    pub(crate) org_id: i64,
    /// It is the whole roster: who is not in it has left.
    pub(crate) whole: bool,
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it.
pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Table, Faults> {
    table::read(bytes, sheet, &COLUMNS)
}

/// Compares a file with the rosters as they stand, and decides what is to be written.
///
/// # Errors
/// A fault of the store; inside, one fault per bad line of the file.
pub(crate) fn prepare(
    conn: &Connection,
    asked: Asked,
    (bytes, table): (&[u8], &Table),
) -> rusqlite::Result<Result<(Ready<Plan>, ImportAnswer), Faults>> {
    let standing = standing::read(conn, asked.org_id)?;
    let plan = match plan::plan(table, &standing, asked.whole) {
        Ok(plan) => plan,
        Err(faults) => return Ok(Err(faults)),
    };
    let token = token("roster", bytes, &(asked, &table.sheet, &standing));
    let answer = good(table, plan.counts, changes(&plan, &standing), &token);
    Ok(Ok((Ready { plan, token }, answer)))
}

/// Writes what was decided, in the transaction that the connection is in and that it was decided in.
/// The first roster that an org gets holds for all its sessions; whoever comes later was not there before.
///
/// # Errors
/// A fault of the store.
pub(crate) fn apply(conn: &Connection, asked: Asked, plan: &Plan, now_ms: i64) -> rusqlite::Result<()> {
    let had_roster = standing::had_roster(conn)?;
    let mut ids: HashMap<i64, OrgId> = HashMap::new();
    let mut moved = BTreeSet::new();
    for step in &plan.steps {
        let Some(to) = &step.to else {
            if let Some(left) = &step.from {
                crate::person::take_off_roster(conn, left.person_id, left.entry.org_id, now_ms)?;
                moved.insert(left.person_id);
            }
            continue;
        };
        let (id, from_ms) = match &step.from {
            Some(known) => (crate::person::id_of(conn, known.person_id)?, now_ms),
            None if had_roster.contains(&to.org_id) => (PersonId::from(Uuid::now_v7()), now_ms),
            None => (PersonId::from(Uuid::now_v7()), 0),
        };
        let org = match ids.get(&to.org_id) {
            Some(org) => *org,
            None => *ids.entry(to.org_id).or_insert(org::id_of(conn, to.org_id)?),
        };
        let Entry { name, staff_no, phone_tail, org_id, employment, member } = to.clone();
        let person = Person { id, name, org, staff_no, phone_tail };
        let (person_id, joined) = crate::person::put_on_roster(conn, &person, org_id, from_ms)?;
        crate::person::set_terms(conn, person_id, employment.as_deref(), member)?;
        if joined {
            moved.insert(person_id);
        }
    }
    tracing::debug!(org_id = asked.org_id, moved = moved.len(), "a roster was imported");
    ledger::roster_changed(conn, &moved)
}

/// Takes a file in, in the transaction that the connection is in, without a preview.
///
/// # Errors
/// One line per bad line of the file, or a fault of the database; nothing was written that the
/// caller may commit.
pub fn import(
    conn: &Connection,
    code: &str,
    file: &str,
    bytes: &[u8],
    now_ms: i64,
) -> Result<ImportCounts, Rejection> {
    let org_id = org::find_code(conn, code)?.ok_or_else(|| no_org(code))?;
    let asked = Asked { org_id, whole: false };
    let refused = |faults: Faults| faults.rejection(file);
    let table = read(bytes, None).map_err(refused)?;
    let (Ready { plan, .. }, answer) = prepare(conn, asked, (bytes, &table))?.map_err(refused)?;
    apply(conn, asked, &plan, now_ms)?;
    Ok(answer.counts)
}

/// Each step as it is told.
fn changes(plan: &Plan, standing: &Standing) -> Vec<ImportChange> {
    let places: HashMap<i64, &Place> = standing.places.all().map(|place| (place.org_id, place)).collect();
    let place = |org_id: i64| places.get(&org_id).map(|place| place.name.clone()).unwrap_or_default();
    let change = |step: &Step| {
        let from = step.from.as_ref().map(|known| &known.entry);
        let shown = step.to.as_ref().or(from)?;
        let fields = match (from, &step.to) {
            (Some(from), Some(to)) => differences(from, to, &place),
            _ => Vec::new(),
        };
        Some(ImportChange {
            what: step.what,
            line: step.line.map(super::answer::wide),
            key: shown.staff_no.clone(),
            name: shown.name.clone(),
            place: place(shown.org_id),
            fields,
        })
    };
    // Who leaves and what changes is looked at before the many who are only new.
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| match step.what {
        What::Left => 0,
        What::Moved => 1,
        What::Changed => 2,
        What::Returned => 3,
        What::Added => 4,
    });
    steps.into_iter().filter_map(change).collect()
}

fn differences(from: &Entry, to: &Entry, place: &impl Fn(i64) -> String) -> Vec<FieldChange> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let yes = |member: Option<bool>| member.map_or("", |yes| if yes { YES } else { NO }).to_owned();
    let pairs = [
        (Field::Name, from.name.clone(), to.name.clone()),
        (Field::StaffNo, text(&from.staff_no), text(&to.staff_no)),
        (Field::Workshop, place(from.org_id), place(to.org_id)),
        (Field::PhoneTail, text(&from.phone_tail), text(&to.phone_tail)),
        (Field::Employment, text(&from.employment), text(&to.employment)),
        (Field::Member, yes(from.member), yes(to.member)),
    ];
    let differ = pairs.into_iter().filter(|(_, from, to)| from != to);
    differ.map(|(field, from, to)| FieldChange { field, from, to }).collect()
}
