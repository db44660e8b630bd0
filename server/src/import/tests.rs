//! Imports against the tables: what phones get, what history keeps, all or nothing.

use super::{org, roster};
use crate::feed::{self, Key, Where};
use crate::small_city::{City, HOUR, NOON, ORGS};
use crate::{db, org as orgs};
use rusqlite::Connection;
use serde_json::json;
use shared::import::ImportCounts;
use std::collections::BTreeSet;

/// (code of the org, from, until) of one person, in order.
fn entries(conn: &Connection, staff_no: &str) -> Vec<(String, i64, Option<i64>)> {
    let sql = "SELECT org.code, from_ms, until_ms FROM roster_entry JOIN person USING (person_id)
               JOIN org ON org.org_id = roster_entry.org_id WHERE staff_no = ?1 ORDER BY from_ms, until_ms";
    let mut found = conn.prepare(sql).unwrap();
    let read = found.query_map([staff_no], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    read.collect::<Result<_, _>>().unwrap()
}

fn one<T: rusqlite::types::FromSql>(conn: &Connection, sql: &str) -> T {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn the_same_files_again_change_nothing() {
    let city = City::new();
    let mut conn = city.conn();
    let before = feed::last_seq(&conn).unwrap();
    let done = db::transaction(&mut conn, |conn| org::import(conn, "o.csv", ORGS.as_bytes())).unwrap();
    assert_eq!(done, ImportCounts { same: 11, ..ImportCounts::default() });
    let done = city.roster("g1", crate::small_city::G1);
    assert_eq!(done, ImportCounts { same: 5, ..ImportCounts::default() });
    assert_eq!(feed::last_seq(&conn).unwrap(), before, "phones are told nothing");
}

#[test]
fn who_moves_leaves_the_old_roster_and_joins_the_new_one() {
    let city = City::new();
    let conn = city.conn();
    let before = feed::last_seq(&conn).unwrap();
    let now = city.pass(HOUR);
    let done = city.roster(
        "g1",
        "姓名,工号,车间,手机\n阿依古丽,101,二车间,13800001234\n丙,103,一车间,\n新人,104,一车间,\n",
    );
    assert_eq!(done, ImportCounts { added: 1, moved: 1, same: 1, ..ImportCounts::default() });
    assert_eq!(entries(&conn, "101"), [("w1".to_owned(), 0, Some(now)), ("w2".to_owned(), now, None)]);
    assert_eq!(entries(&conn, "102"), [("w1".to_owned(), 0, None)], "the file leaves 102 out: it stays");
    assert_eq!(entries(&conn, "104"), [("w1".to_owned(), now, None)], "not there before the import");
    let kept: String = one(&conn, "SELECT name || phone_tail FROM person WHERE staff_no = '101'");
    assert_eq!(kept, "阿依古丽1234");

    let person: [u8; 16] = one(&conn, "SELECT id FROM person WHERE staff_no = '101'");
    let key = Key::Person(shared::id::PersonId::from_bytes(person)).to_string();
    let top = orgs::find_code(&conn, "g1").unwrap().unwrap();
    let rows = feed::rows(&conn, Where::Org(top), before, 100).unwrap();
    let told: Vec<bool> =
        rows.iter().filter(|row| row.key.to_string() == key).map(|row| row.deleted).collect();
    assert_eq!(told, [true, false], "gone from the old workshop first, then there in the new one");
    assert_eq!(rows.len(), 3, "nobody else is told of");
}

#[test]
fn no_more_than_four_digits_of_a_phone_reach_the_disk() {
    let city = City::new();
    city.roster("g1", "姓名,工号,车间,手机\n丙,103,一车间,13987654321\n");
    drop(city.conn());
    for entry in std::fs::read_dir(city.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"1398765" || part == b"9876543"));
    }
}

#[test]
fn a_bad_file_imports_nothing() {
    let city = City::new();
    let mut conn = city.conn();
    let before = (feed::last_seq(&conn).unwrap(), one::<i64>(&conn, "SELECT count(*) FROM person"));
    let bad = "姓名,工号,车间\n好人,900,一车间\n坏人,901,没有的车间\n";
    let import = db::transaction(&mut conn, |conn| roster::import(conn, "g1", "r.csv", bad.as_bytes(), NOON));
    assert_eq!(import.unwrap_err().lines.len(), 1);
    let none = db::transaction(&mut conn, |conn| roster::import(conn, "zz", "r.csv", bad.as_bytes(), NOON));
    assert!(none.unwrap_err().lines[0].contains("zz"));
    let after = (feed::last_seq(&conn).unwrap(), one::<i64>(&conn, "SELECT count(*) FROM person"));
    assert_eq!(before, after);
}

#[test]
fn the_demo_files_are_read_whole() {
    let folder = crate::test::Folder::new();
    let mut empty = db::connect(folder.path()).unwrap();
    let orgs = include_bytes!("../../../tests/data/orgs.csv");
    let gb18030 = include_bytes!("../../../tests/data/roster-200-gb18030.csv");
    let utf8 = include_bytes!("../../../tests/data/roster-5000.csv");
    db::transaction(&mut empty, |conn| {
        assert_eq!(org::import(conn, "orgs.csv", orgs)?.added, 755);
        assert_eq!(roster::import(conn, "130302-001", "g.csv", gb18030, NOON)?.added, 200);
        let done = roster::import(conn, "130302-001", "u.csv", utf8, NOON)?;
        assert_eq!(
            done,
            ImportCounts { added: 4_800, same: 200, ..ImportCounts::default() },
            "the two files agree sign by sign"
        );
        Ok::<_, crate::fault::Rejection>(())
    })
    .unwrap();
    let rare: i64 = one(&empty, "SELECT count(*) FROM person WHERE name = '阿依古丽·艾山'");
    assert!(rare > 0);
}

/// Keys of a scope that are there after all its rows above the cursor, as a phone would have them.
fn pulled(conn: &Connection, code: &str, mut held: BTreeSet<String>, cursor: i64) -> BTreeSet<String> {
    let org_id = orgs::find_code(conn, code).unwrap().unwrap();
    for row in feed::rows(conn, Where::Org(org_id), cursor, 1_000).unwrap() {
        let key = row.key.to_string();
        if row.deleted {
            held.remove(&key)
        } else {
            held.insert(key)
        };
    }
    held
}

#[test]
fn a_branch_that_moves_leaves_phones_above_it_and_comes_to_others() {
    let city = City::new();
    let mut conn = city.conn();
    let cursor = feed::last_seq(&conn).unwrap();
    let before = |conn: &Connection, code: &str| pulled(conn, code, BTreeSet::new(), 0);
    let (city_rows, d1, d2) = (before(&conn, "c"), before(&conn, "d1"), before(&conn, "d2"));
    let moved = "code,name,level,parent\ng1,一厂,grassroots,d2\n";
    db::transaction(&mut conn, |conn| org::import(conn, "o.csv", moved.as_bytes())).unwrap();
    let gone: BTreeSet<String> =
        before(&conn, "g1").into_iter().filter(|key| !key.starts_with("campaign")).collect();
    let gone: BTreeSet<String> = gone.into_iter().filter(|key| !key.starts_with("form")).collect();
    assert_eq!(gone.len(), 3 + 5, "three orgs and five people");
    assert_eq!(pulled(&conn, "c", city_rows.clone(), cursor), city_rows, "the city has them as before");
    assert_eq!(pulled(&conn, "d1", d1.clone(), cursor), d1.difference(&gone).cloned().collect());
    assert_eq!(pulled(&conn, "d2", d2.clone(), cursor), d2.union(&gone).cloned().collect());
    assert_eq!(before(&conn, "d2"), d2.union(&gone).cloned().collect(), "a phone that begins now");
}

#[tokio::test]
async fn a_roster_that_comes_later_is_expected_at_sessions_before_it() {
    let mut city = City::new();
    let s = city.session("g0", "lecture", "先讲课", json!({})).await;
    let path = format!("/sessions/{s}");
    assert_eq!(city.get(&path).await["roster_expected"], json!(null));
    city.pass(HOUR);
    city.roster("g0", "姓名,工号\n子,1\n丑,2\n");
    assert_eq!(city.get(&path).await["roster_expected"], json!(2));
    // The second import of an org is about now: who comes then was not there before.
    city.pass(HOUR);
    city.roster("g0", "姓名,工号\n寅,3\n");
    assert_eq!(city.get(&path).await["roster_expected"], json!(2));
    city.check_in(&s, &["1", "3"]).await;
    let item = city.get(&path).await;
    assert_eq!((&item["totals"]["attended"], &item["roster_present"]), (&json!(2), &json!(1)));
}

/// Carries a file out as the desk does; whole: who is not in it has left.
fn carry(city: &City, code: &str, text: &str, whole: bool) -> ImportCounts {
    let mut conn = city.conn();
    db::transaction(&mut conn, |conn| {
        let table = roster::read(text.as_bytes(), None).unwrap();
        let asked = roster::Asked { org_id: orgs::find_code(conn, code)?.unwrap(), whole };
        let (ready, answer) = roster::prepare(conn, asked, (text.as_bytes(), &table))?.unwrap();
        roster::apply(conn, asked, &ready.plan, city.now())?;
        Ok::<_, rusqlite::Error>(answer.counts)
    })
    .unwrap()
}

#[tokio::test]
async fn past_figures_stay_when_somebody_leaves_and_comes_back() {
    let mut city = City::new();
    let s = city.session("g1", "lecture", "先讲课", json!({})).await;
    let path = format!("/sessions/{s}");
    city.check_in(&s, &["101", "201"]).await;
    let figures = |item: &serde_json::Value| {
        (
            item["roster_expected"].as_u64(),
            item["roster_present"].as_u64(),
            item["totals"]["attended"].as_u64(),
        )
    };
    assert_eq!(figures(&city.get(&path).await), (Some(5), Some(2), Some(2)));
    let left = city.pass(HOUR);
    let rest = "姓名,工号,车间\n丙,103,一车间\n丁,201,二车间\n戊,202,二车间\n";
    let counts = carry(&city, "g1", rest, true);
    assert_eq!(counts, ImportCounts { left: 2, same: 3, ..ImportCounts::default() });
    assert_eq!(figures(&city.get(&path).await), (Some(5), Some(2), Some(2)), "the past is as it was");
    let later = json!({ "starts_ms": city.now() });
    let after = format!("/sessions/{}", city.session("g1", "lecture", "后讲课", later).await);
    assert_eq!(figures(&city.get(&after).await).0, Some(3));
    let conn = city.conn();
    assert_eq!(entries(&conn, "101"), [("w1".to_owned(), 0, Some(left))]);
    // Who comes back is the same person, with an entry of its own.
    let back = city.pass(HOUR);
    let counts = carry(&city, "g1", "姓名,工号,车间\n阿依古丽·艾山,101,二车间\n", false);
    assert_eq!(counts, ImportCounts { returned: 1, ..ImportCounts::default() });
    assert_eq!(entries(&conn, "101"), [("w1".to_owned(), 0, Some(left)), ("w2".to_owned(), back, None)]);
    assert_eq!(one::<i64>(&conn, "SELECT count(*) FROM person WHERE staff_no = '101'"), 1);
    assert_eq!(figures(&city.get(&path).await), (Some(5), Some(2), Some(2)));
}

/// Everything that rosters say of people now, and nothing of when.
fn people(conn: &Connection) -> Vec<String> {
    let sql = "SELECT org.code || '|' || name || '|' || ifnull(staff_no, '') || '|' || ifnull(phone_tail, '')
                   || '|' || ifnull(employment, '') || '|' || ifnull(member, '')
               FROM roster_entry JOIN person USING (person_id) JOIN org ON org.org_id = roster_entry.org_id
               WHERE until_ms IS NULL ORDER BY 1";
    let sql = sql.replace("name ||", "person.name ||");
    let mut found = conn.prepare(&sql).unwrap();
    found.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_last_file_says_how_it_is_whatever_was_imported_before() {
    use proptest::prelude::*;
    use std::fmt::Write as _;
    let person = (0_u32..12, 0_u32..6, 0_u32..3, prop::option::of(0_u32..9_999), 0_u32..3);
    let file = prop::collection::vec(person, 1..10).prop_map(|people| {
        let mut text = "姓名,工号,班组,手机,用工形式\n".to_owned();
        let mut seen = BTreeSet::new();
        for (no, name, place, phone, terms) in people {
            if seen.insert(no) {
                let phone = phone.map(|n| format!("1380000{n:04}")).unwrap_or_default();
                let (place, terms) =
                    (["", "一车间", "w2"][place as usize], ["", "在职", "派遣"][terms as usize]);
                writeln!(text, "人{name},{},{place},{phone},{terms}", 900 + no).unwrap();
            }
        }
        text
    });
    proptest!(ProptestConfig::with_cases(24), |(first in file.clone(), second in file)| {
        let (one, other) = (City::new(), City::new());
        carry(&one, "g1", &first, true);
        one.pass(HOUR);
        carry(&one, "g1", &second, true);
        carry(&other, "g1", &second, true);
        prop_assert_eq!(people(&one.conn()), people(&other.conn()));
        let before = feed::last_seq(&one.conn()).unwrap();
        one.pass(HOUR);
        prop_assert!(carry(&one, "g1", &second, true).is_nothing());
        prop_assert_eq!(feed::last_seq(&one.conn()).unwrap(), before, "phones are told nothing");
    });
}

#[test]
fn another_union_below_keeps_its_own_roster() {
    let city = City::new();
    // g1 and g2 stand below d1; their people are not the district's.
    let counts = carry(&city, "d1", "姓名,工号\n区里的人,101\n", true);
    assert_eq!(counts, ImportCounts { added: 1, ..ImportCounts::default() });
    let bad = roster::read("姓名,工号\n某人,201\n".as_bytes(), None).unwrap();
    let conn = city.conn();
    let asked = roster::Asked { org_id: orgs::find_code(&conn, "w1").unwrap().unwrap(), whole: false };
    let faults = roster::prepare(&conn, asked, (b"", &bad)).unwrap().unwrap_err();
    assert!(faults.rejection("r").to_string().contains("工号 201 已在 二车间 的花名册上"));
}
