//! Whose time is over, and whose is not.

use super::*;
use crate::small_city::City;
use crate::{db, person};
use serde_json::json;
use uuid::Uuid;

const MONTH: i64 = MONTH_MS;

#[tokio::test]
async fn only_who_is_gone_from_rosters_and_sessions_for_so_long_is_erased() {
    let mut city = City::new();
    let one = city.session("w1", "lecture", "第一场", json!({})).await;
    city.check_in(&one, &["101", "102"]).await;
    let (guest, twin) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    let added = |id: &str, name: &str| json!({ "person": { "id": id, "name": name, "org": city.org("w1") } });
    let (guest_add, twin_add) = (added(&guest, "来宾"), added(&twin, "丙又名"));
    // The twin is somebody who is still on a roster.
    let alias = json!({ "a": twin, "b": city.person("103") });
    let facts = vec![
        ("person_add", one.as_str(), guest_add),
        ("person_add", one.as_str(), twin_add),
        ("person_alias", "", alias),
    ];
    city.push("yi", facts).await;
    let left = city.person("102");
    city.pass(1_000);
    let (conn, now) = (city.conn(), city.now());
    let person_id = person::find(&conn, left.parse().unwrap()).unwrap().unwrap();
    let entry = person::entries(&conn, person_id).unwrap()[0];
    person::take_off_roster(&conn, person_id, entry.org_id, now).unwrap();
    let due = |at_ms| due(&conn, 3, at_ms).unwrap();
    assert_eq!(due(now + 2 * MONTH), []);
    let mut wanted: Vec<PersonId> = vec![guest.parse().unwrap(), left.parse().unwrap()];
    let mut found = due(now + 4 * MONTH);
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    // Nothing is set: nothing happens.
    city.pass(4 * MONTH);
    assert_eq!(once(&city.app()).await.unwrap(), 0);
    let mut conn = city.conn();
    db::transaction(&mut conn, |c| set(c, Some(3), now)).unwrap();
    assert_eq!(setting::retention_months(&conn).unwrap(), Some(3));
    assert_eq!(once(&city.app()).await.unwrap(), wanted.len());
    assert_eq!(once(&city.app()).await.unwrap(), 0, "they are erased");
    assert!(erase::is_erased(&conn, guest.parse().unwrap()).unwrap());
    assert!(!erase::is_erased(&conn, twin.parse().unwrap()).unwrap());
    let noted = "SELECT count(*) FROM audit WHERE act IN ('erasure', 'setting')";
    let noted: i64 = conn.query_row(noted, [], |row| row.get(0)).unwrap();
    assert_eq!(noted, 2);
    db::transaction(&mut conn, |c| set(c, None, now)).unwrap();
    assert_eq!(setting::retention_months(&conn).unwrap(), None);
}

#[test]
fn months_are_typed_as_a_number_or_off() {
    assert_eq!(read("off").unwrap(), None);
    assert_eq!(read("36").unwrap(), Some(36));
    for word in ["0", "-1", "", "1201", "three", "1.5"] {
        assert!(read(word).is_err(), "{word}");
    }
}
