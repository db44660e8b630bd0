//! The small city that every run begins with.

use rusqlite::Connection;
use server::access::account;
use server::access::grant::{self, Role};
use server::{campaign, db, form, org, person};
use shared::campaign::Campaign;
use shared::id::{AccountId, CampaignId, Epoch, OrgId, PersonId};
use shared::org::Level;
use shared::person::Person;

/// 2026-03-02 09:00 +08:00, a Monday.
pub(super) const MORNING_MS: i64 = 1_772_413_200_000;
/// The campaign of every session.
pub(super) const CAMPAIGN: CampaignId = CampaignId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0009);
/// People of each roster.
pub(super) const PEOPLE: u128 = 8;

/// An account of the city.
pub(super) struct Account {
    pub(super) id: AccountId,
    pub(super) login: &'static str,
    /// Its row.
    pub(super) row: i64,
    /// The unions (0, 1) that it may record in.
    pub(super) unions: &'static [usize],
    role: Role,
    org: usize,
}

const fn account(n: i64, login: &'static str, unions: &'static [usize], role: Role, org: usize) -> Account {
    Account { id: AccountId::from_u128(0xA0 + n as u128), login, row: n, unions, role, org }
}

/// Orgs: 0 the city, 1 and 2 the two unions, 3 a workshop of the first.
pub(super) const ORGS: [OrgId; 4] =
    [OrgId::from_u128(0x10), OrgId::from_u128(0x11), OrgId::from_u128(0x12), OrgId::from_u128(0x13)];

pub(super) const ACCOUNTS: [Account; 5] = [
    account(1, "zhang", &[0], Role::Organizer, 1),
    account(2, "li", &[0], Role::Organizer, 1),
    account(3, "wang", &[1], Role::Organizer, 2),
    account(4, "zhao", &[0, 1], Role::Manager, 0),
    account(5, "sun", &[1], Role::Organizer, 2),
];

/// The org of a union.
pub(super) const fn union(n: usize) -> OrgId {
    ORGS[n + 1]
}

/// A person of a union's roster.
pub(super) const fn roster(union: usize, n: u128) -> PersonId {
    PersonId::from_u128(0x2_0000 + (union as u128) * 0x100 + n)
}

/// The data that each run is copied from.
pub(super) struct Template {
    pub(super) data: Connection,
    pub(super) epoch: Epoch,
    /// Statements that fill a database anew from one beside it, called `template`.
    pub(super) reset: String,
}

impl Template {
    pub(super) fn new() -> Self {
        let mut data = db::memory().map_err(|fault| fault.to_string()).unwrap();
        let epoch = Epoch::from(uuid::Uuid::from_u128(0xE0));
        db::transaction(&mut data, |c| fill(c, epoch)).unwrap();
        let reset = reset(&data);
        Self { data, epoch, reset }
    }
}

fn reset(data: &Connection) -> String {
    let mut found = data
        .prepare(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
        )
        .unwrap();
    let tables = found.query_map([], |row| row.get::<_, String>(0)).unwrap();
    // Tables were made after those that they refer to.
    let tables: Vec<String> = tables.map(Result::unwrap).collect();
    let empty: String = tables.iter().rev().map(|table| format!("DELETE FROM main.{table};")).collect();
    let fill = |table: &String| format!("INSERT INTO main.{table} SELECT * FROM template.{table};");
    let fill: String = tables.iter().map(fill).collect();
    // What keeps the audit from being emptied would keep it from being begun anew.
    let mut found = data.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").unwrap();
    let triggers = found.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let free: String =
        triggers.map(|name| format!("DROP TRIGGER IF EXISTS main.{};", name.unwrap())).collect();
    format!("BEGIN; {free} {empty} {fill} COMMIT;")
}

fn fill(c: &Connection, epoch: Epoch) -> rusqlite::Result<()> {
    db::begin_epoch(c, epoch)?;
    form::put(c, &shared::form::default_form())?;
    campaign::put(c, &Campaign::new(CAMPAIGN, "四进宣讲".to_owned(), None), 0)?;
    let orgs = [
        ("C", "市总工会", Level::City, None),
        ("A", "甲厂工会", Level::Grassroots, Some(0)),
        ("B", "乙厂工会", Level::Grassroots, Some(0)),
        ("A1", "一车间", Level::Workshop, Some(1)),
    ];
    for (n, (code, name, level, parent)) in orgs.into_iter().enumerate() {
        let parent_id = match parent {
            Some(parent) => org::find(c, ORGS[parent])?,
            None => None,
        };
        org::put(c, org::Put { id: ORGS[n], code, name, level, parent_id })?;
    }
    for who in &ACCOUNTS {
        let new = account::New { login: who.login, name: who.login, password_hash: "none" };
        let row = account::add_as(c, who.id, new, MORNING_MS)?;
        assert_eq!(row, Some(who.row), "accounts are numbered in their order");
        let org_id = org::find(c, ORGS[who.org])?.unwrap_or_default();
        grant::add(c, who.row, org_id, who.role, 0)?;
    }
    for union_n in 0..2 {
        for n in 0..PEOPLE {
            // The first half of the first union works in its workshop.
            let org = if union_n == 0 && n < PEOPLE / 2 { ORGS[3] } else { union(union_n) };
            let person = Person {
                id: roster(union_n, n),
                name: format!("工人{union_n}{n}"),
                org,
                staff_no: Some(format!("{union_n}{n:03}")),
                phone_tail: None,
            };
            let org_id = org::find(c, org)?.unwrap_or_default();
            person::put_on_roster(c, &person, org_id, 0)?;
        }
    }
    Ok(())
}
