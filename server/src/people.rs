//! `/api/v1/sessions/{id}/attendance`: everybody expected at a session, and everybody of whom something
//! was recorded there, as the caller may see them; with a reason, what is masked. The export shows the
//! same list.

use crate::App;
use crate::access::{Caller, Reader};
use crate::db::corrupt;
use crate::extract::{Json as Body, Path, Query};
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use crate::sight::{self, Names, Persons};
use crate::{audit, ledger, org, sessions};
use axum::Json;
use axum::extract::State;
use rusqlite::{Connection, Result, Row};
use serde_json::json;
use shared::attendance::{Attendance, AttendanceRow, Standing};
use shared::audit::Act;
use shared::id::{OrgId, PersonId};
use shared::person::Person;
use shared::problem::Code;
use shared::session::SessionRow;
use shared::sight::{May, RevealRequest, Revealed, masked_row, reason};
use shared::wire::{AttendanceItem, Page};
use std::collections::{BTreeMap, HashMap};

/// Answers with a page of people: the present first, then by name and staff number. Filters:
/// `present` (true or false), `q` (part of what is shown of name and staff number: what is masked is not
/// found either).
///
/// # Errors
/// `bad_value`, `not_found` where the session is not the caller's, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    Reader(caller): Reader,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> std::result::Result<Json<Page<AttendanceItem>>, Refusal> {
    let (paging, present) = (Paging::read(&params)?, params.yes_no("present")?);
    let q = params.get("q").map(str::to_lowercase);
    let page = sight::read(&app, &caller, May::Figures, None, move |conn, sight, _| {
        let (session_id, item) = sessions::find(conn, sight, &id)?;
        let mut people = People::new(conn, &sight.names).of(session_id, &item.session)?;
        people.retain(|item| present.is_none_or(|present| item.row.present == present));
        people.retain(|item| q.as_deref().is_none_or(|q| item.person.as_ref().is_some_and(|p| says(p, q))));
        Ok(paging.cut(people))
    });
    page.await.map(Json)
}

/// Shows those who administer the session what is masked of its people, or of one of them; the reason is
/// in the audit.
///
/// # Errors
/// `bad_value` for a reason, `not_found` where the session or the person in it is not the caller's, or as
/// [`sight::read`].
pub async fn reveal(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Body(asked): Body<RevealRequest>,
) -> std::result::Result<Json<Revealed>, Refusal> {
    let why = reason(&asked.reason).ok_or_else(Refusal::reason)?;
    let session = id.clone();
    let found = sight::read(&app, &caller, May::Manage, None, move |conn, sight, now_ms| {
        let (session_id, item) = sessions::find(conn, sight, &id)?;
        let mut people = People::new(conn, &sight.names).of(session_id, &item.session)?;
        people.retain(|item| asked.person.is_none_or(|person| item.row.person == person));
        let persons: Vec<Person> =
            people.into_iter().filter(|item| !item.masked).filter_map(|item| item.person).collect();
        if asked.person.is_some() && persons.is_empty() {
            return Err(Code::NotFound.into());
        }
        Ok((now_ms, persons))
    });
    let (at_ms, persons) = found.await?;
    let detail = json!({ "session": session, "person": asked.person, "rows": persons.len(), "reason": why });
    let (account_id, detail) = (Some(caller.account_id), detail.to_string());
    // Without the note nothing is shown.
    let noted = app.db.write::<_, Refusal, _>(move |conn| {
        Ok(audit::add(conn, audit::New { at_ms, account_id, act: Act::Reveal, detail: &detail })?)
    });
    noted.await?;
    Ok(Json(Revealed { persons }))
}

fn says(person: &Person, part: &str) -> bool {
    let texts = [Some(&person.name), person.staff_no.as_ref()];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(part))
}

/// Reads people of sessions, and remembers who they are from one session to the next.
pub(crate) struct People<'c> {
    conn: &'c Connection,
    names: &'c Names,
    /// How the people of an org are shown, as far as it was asked for.
    shown: HashMap<i64, Persons>,
    known: HashMap<i64, Known>,
    /// For a person who stands for others, the rows of the others.
    others: Option<HashMap<i64, Vec<i64>>>,
}

#[derive(Clone)]
struct Known {
    id: PersonId,
    origin: String,
    person: Option<Person>,
    org_id: Option<i64>,
    org_name: String,
}

impl<'c> People<'c> {
    pub(crate) fn new(conn: &'c Connection, names: &'c Names) -> Self {
        Self { conn, names, shown: HashMap::new(), known: HashMap::new(), others: None }
    }

    /// Everybody of a session, each once, by what of them is shown: nothing of what is masked tells in
    /// the order either.
    pub(crate) fn of(&mut self, session_id: i64, session: &SessionRow) -> Result<Vec<AttendanceItem>> {
        let mut recorded = self.recorded(session_id)?;
        for person_id in ledger::expected(self.conn, session)? {
            recorded.entry(person_id).or_insert(None);
        }
        let host_id = org::find(self.conn, session.org)?;
        let mut people = Vec::with_capacity(recorded.len());
        for (person_id, found) in recorded {
            let known = self.person(person_id)?;
            // Of somebody expected and never mentioned, the row says nothing.
            let blank = || (Attendance::default().row(known.id, Standing::Expected, None), false);
            let (row, walk_in) = found.unwrap_or_else(blank);
            // Somebody of a roster is for those to see who see that roster; whoever was added on the spot,
            // for those who see the session.
            let of = if known.origin == "roster" { known.org_id } else { host_id };
            let how = of.map_or(Ok(Persons::Foreign), |org_id| self.how(org_id))?;
            let clear = how == Persons::Clear;
            people.push(AttendanceItem {
                person: known.person.map(|person| self.names.show(person, how)),
                org_name: if how == Persons::Foreign { String::new() } else { known.org_name },
                walk_in,
                row: if clear { row } else { masked_row(row) },
                masked: !clear,
            });
        }
        people.sort_by(|a, b| order(a).cmp(&order(b)));
        Ok(people)
    }

    fn how(&mut self, org_id: i64) -> Result<Persons> {
        if let Some(known) = self.shown.get(&org_id) {
            return Ok(*known);
        }
        let how = self.names.of(self.conn, org_id)?;
        self.shown.insert(org_id, how);
        Ok(how)
    }

    /// Rows of the session: by the person who stands, what is shown and whether it is a walk-in.
    fn recorded(&self, session_id: i64) -> Result<BTreeMap<i64, Option<(AttendanceRow, bool)>>> {
        let mut found = self.conn.prepare_cached(
            "SELECT person_id, row_json, standing FROM attendance
             WHERE session_id = ?1 AND shown = 1 AND row_json IS NOT NULL",
        )?;
        let read = found.query_map([session_id], |row| {
            let json: String = row.get(1)?;
            let shown: AttendanceRow = serde_json::from_str(&json).map_err(corrupt)?;
            let standing: String = row.get(2)?;
            Ok((row.get(0)?, Some((shown, standing == "walk_in"))))
        })?;
        read.collect()
    }

    fn person(&mut self, person_id: i64) -> Result<Known> {
        if let Some(known) = self.known.get(&person_id) {
            return Ok(known.clone());
        }
        let mut known = load(self.conn, person_id)?;
        // What a roster says of somebody wins over what was typed in on the spot.
        if known.origin != "roster" {
            for other in self.others()?.get(&person_id).cloned().unwrap_or_default() {
                let other = load(self.conn, other)?;
                if other.origin == "roster" {
                    let id = known.id;
                    let person = other.person.map(|person| Person { id, ..person });
                    known = Known { id, person, ..other };
                    break;
                }
            }
        }
        self.known.insert(person_id, known.clone());
        Ok(known)
    }

    fn others(&mut self) -> Result<&HashMap<i64, Vec<i64>>> {
        if self.others.is_none() {
            let mut others: HashMap<i64, Vec<i64>> = HashMap::new();
            let sql =
                "SELECT stands_id, person_id FROM person WHERE stands_id <> person_id ORDER BY person_id";
            let mut found = self.conn.prepare_cached(sql)?;
            let mut rows = found.query([])?;
            while let Some(row) = rows.next()? {
                others.entry(row.get(0)?).or_default().push(row.get(1)?);
            }
            self.others = Some(others);
        }
        Ok(self.others.get_or_insert_default())
    }
}

fn order(item: &AttendanceItem) -> (bool, bool, Option<&str>, Option<&str>, PersonId) {
    let person = item.person.as_ref();
    let staff_no = person.and_then(|person| person.staff_no.as_deref());
    // Whoever nobody knows yet comes after those with a name.
    (
        !item.row.present,
        person.is_none(),
        person.map(|person| person.name.as_str()),
        staff_no,
        item.row.person,
    )
}

fn load(conn: &Connection, person_id: i64) -> Result<Known> {
    let mut found = conn.prepare_cached(
        "SELECT person.id, person.origin, person.name, person.staff_no, person.phone_tail, org.id, org.name,
             org.org_id
         FROM person LEFT JOIN org ON org.org_id = person.org_id WHERE person.person_id = ?1",
    )?;
    found.query_row([person_id], known)
}

fn known(row: &Row<'_>) -> Result<Known> {
    let id = PersonId::from_bytes(row.get(0)?);
    let name: Option<String> = row.get(2)?;
    let org: Option<[u8; 16]> = row.get(5)?;
    let (staff_no, phone_tail) = (row.get(3)?, row.get(4)?);
    let person = name.zip(org).map(|(name, org)| Person {
        id,
        name,
        org: OrgId::from_bytes(org),
        staff_no,
        phone_tail,
    });
    Ok(Known {
        id,
        origin: row.get(1)?,
        person,
        org_id: row.get(7)?,
        org_name: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
    })
}
