//! The figures of a small city, counted by hand (docs/glossary.md, "Figures").

use crate::small_city::{City, HOUR, NOON};
use serde_json::{Value, json};
use uuid::Uuid;

/// Smaller than every id of a roster, so that it stands when it is one with somebody.
const GUEST: &str = "00000000-0000-7000-8000-000000000001";

/// Sessions of the city: in g1 with a walk-in and a headcount, in w1, in d1 for people of g3, in g2
/// cancelled, in g3 planned, in g2 closed.
async fn city() -> City {
    let mut city = City::new();
    let s1 = city.session("g1", "lecture", "大课", json!({})).await;
    city.check_in(&s1, &["101", "102"]).await;
    let guest = json!({ "id": GUEST, "name": "客人", "org": city.org("g1") });
    let guest_id = guest["id"].clone();
    let (third, counted) = (city.person("103"), json!({ "count": 10 }));
    city.push(
        "b",
        vec![
            ("person_add", &s1, json!({ "person": guest })),
            ("check_in", &s1, json!({ "person": guest_id, "method": "tap" })),
            ("mark", &s1, json!({ "person": third, "field": "status", "value": "excused" })),
            ("headcount", &s1, counted),
        ],
    )
    .await;
    city.respond(&s1, &[[5, 1, 1], [5, 1, 1], [4, 1, 1], [4, 1, 1], [3, 1, 1]]).await;

    let s2 = city.session("w1", "study", "车间学习", json!({})).await;
    city.check_in(&s2, &["101", "201"]).await;
    city.respond(&s2, &[[1, 1, 1], [1, 1, 1], [1, 1, 1]]).await;

    let audience = json!({ "audience": [city.org("g3")] });
    let s3 = city.session("d1", "lecture", "区里请三厂", audience).await;
    city.check_in(&s3, &["401"]).await;

    let s4 = city.session("g2", "lecture", "取消了", json!({})).await;
    city.check_in(&s4, &["301"]).await;
    city.push("a", vec![("session_set", &s4, json!({ "set": { "state": "cancelled" } }))]).await;

    city.session("g3", "lecture", "计划中", json!({ "state": "planned", "starts_ms": NOON + 48 * HOUR }))
        .await;

    let s6 = city.session("g2", "lecture", "关了", json!({})).await;
    city.respond(&s6, &[[2, 2, 2]; 5]).await;
    let declared = json!({ "declared": { "check_ins": 4, "responses": 6 } });
    city.push("c", vec![("session_close", &s6, declared)]).await;
    city
}

fn child<'a>(coverage: &'a Value, code: &str) -> &'a Value {
    let children = coverage["children"].as_array().unwrap();
    children.iter().find(|line| line["org"]["code"] == code).unwrap_or_else(|| panic!("no line {code}"))
}

/// held, planned, attended, walk-ins, people, expected.
fn sums(line: &Value) -> [u64; 6] {
    let number = |value: &Value| value.as_u64().unwrap();
    let sessions = &line["sessions"];
    [
        &sessions["held"],
        &sessions["planned"],
        &line["attended"],
        &line["walk_ins"],
        &line["people"],
        &line["expected"],
    ]
    .map(number)
}

fn reached(line: &Value) -> [u64; 4] {
    let (orgs, workshops) = (&line["orgs"], &line["workshops"]);
    [&orgs["covered"], &orgs["all"], &workshops["covered"], &workshops["all"]]
        .map(|value| value.as_u64().unwrap())
}

#[tokio::test]
async fn a_small_city_adds_up_as_counted_by_hand() {
    let city = city().await;
    let d1 = city.get("/coverage?org=d1").await;
    // Headcount 10 beats three present; the cancelled session counts nowhere; 丙 is excused and
    // stays expected: 5 + 3 + 2 + 2.
    assert_eq!(sums(&d1), [4, 0, 13, 1, 5, 12]);
    assert_eq!(d1["rate"], json!(4.0 / 12.0));
    // w2 by 丁, who was at w1's session; w3's only person was at a cancelled one.
    assert_eq!(reached(&d1), [2, 2, 2, 3]);
    assert_eq!(d1["still_on_phones"], json!({ "check_ins": 4, "responses": 1, "devices": 1 }));
    assert_eq!(sums(child(&d1, "g1")), [2, 0, 12, 1, 4, 8]);
    assert_eq!(child(&d1, "g1")["rate"], json!(3.0 / 8.0));
    assert_eq!(sums(child(&d1, "g2")), [1, 0, 0, 0, 0, 2]);
    assert_eq!(reached(child(&d1, "g2")), [1, 1, 0, 1]);
    let own = child(&d1, "d1");
    assert_eq!((sums(own), &own["own"]), ([1, 0, 1, 0, 1, 2], &json!(true)));

    let top = city.get("/coverage").await;
    assert_eq!(top["org"]["code"], "c");
    assert_eq!(sums(&top), [4, 1, 13, 1, 5, 12]);
    // g3 and w4 by 辛, who was at d1's session; nobody went to g0.
    assert_eq!(reached(&top), [3, 4, 3, 4]);
    assert_eq!(reached(child(&top, "d2")), [1, 1, 1, 1]);
    assert_eq!(sums(child(&top, "d2")), [0, 1, 0, 0, 0, 0]);
}

#[tokio::test]
async fn counts_of_the_children_add_up_to_the_parent() {
    let city = city().await;
    for org in ["c", "d1", "d2", "g1", "g2"] {
        let coverage = city.get(&format!("/coverage?org={org}")).await;
        let children = coverage["children"].as_array().unwrap();
        for field in [
            "/sessions/held",
            "/sessions/planned",
            "/attended",
            "/walk_ins",
            "/expected",
            "/orgs/all",
            "/orgs/covered",
            "/workshops/covered",
            "/workshops/all",
            "/responses",
            "/still_on_phones/check_ins",
            "/still_on_phones/responses",
        ] {
            let of = |line: &Value| line.pointer(field).unwrap().as_u64().unwrap();
            // A union's own line has no unions below it, though the union itself is one.
            if org.starts_with('g') && field.starts_with("/orgs") {
                continue;
            }
            assert_eq!(children.iter().map(of).sum::<u64>(), of(&coverage), "{field} of {org}");
        }
    }
}

#[tokio::test]
async fn scores_of_few_are_withheld_and_in_no_sum() {
    let city = city().await;
    let g1 = city.get("/coverage?org=g1").await;
    let five = json!({ "n": 5, "mean": 4.2, "counts": [0, 0, 1, 2, 2] });
    // Three answered in w1. In a sum they would be what is left of it without g1's own.
    assert_eq!((&g1["scores"]["understood"], &g1["responses"]), (&five, &json!(8)));
    assert_eq!(child(&g1, "w1")["scores"]["understood"], json!(null));
    assert_eq!(child(&g1, "g1")["scores"]["understood"], five);
    let d1 = city.get("/coverage?org=d1").await;
    assert_eq!(child(&d1, "g2")["scores"]["usable"]["mean"], json!(2.0));
    assert_eq!((&d1["responses"], &d1["scores"]["understood"]["n"]), (&json!(13), &json!(10)));
    let w1 = city.get("/coverage?org=w1").await;
    assert_eq!(w1["scores"]["understood"], json!(null));
}

#[tokio::test]
async fn whose_phones_have_something_is_told_to_who_may_remind_them() {
    let city = city().await;
    let board = city.get("/coverage/phones").await;
    let one = &board["items"][0];
    assert_eq!(
        (&board["total"], &one["title"], &one["org_name"]),
        (&json!(1), &json!("关了"), &json!("二厂"))
    );
    assert_eq!((&one["check_ins"], &one["responses"], &one["name"]), (&json!(4), &json!(1), &json!("admin")));
    assert_eq!(one["since_ms"], NOON);
    assert_eq!(city.get("/coverage/phones?org=g1").await["total"], 0);
    assert_eq!(city.ask("yi", "/coverage/phones?org=g2").await.0, 404);
    let told = city.get("/coverage").await;
    assert_eq!(told["still_on_phones"], json!({ "check_ins": 4, "responses": 1, "devices": 1 }));
}

#[tokio::test]
async fn weeks_and_sessions_led_by_leaders_are_told() {
    let mut city = city().await;
    let led = json!({ "lecturers": [{ "name": "书记", "leader": true }], "starts_ms": NOON + 7 * 24 * HOUR });
    let session = city.session("g1", "lecture", "书记讲", led).await;
    city.push("a", vec![("headcount", &session, json!({ "count": 7 }))]).await;
    let told = city.get("/coverage").await;
    assert_eq!((&told["led_by_leaders"], &child(&told, "d1")["led_by_leaders"]), (&json!(1), &json!(1)));
    let weeks = told["weeks"].as_array().unwrap();
    let of = |at: usize| {
        [&weeks[at]["held"], &weeks[at]["attended"], &weeks[at]["people"]].map(|n| n.as_u64().unwrap())
    };
    assert_eq!((weeks.len(), of(0), of(1)), (2, [4, 13, 5], [1, 7, 0]));
    assert_eq!(weeks[0]["starts_ms"], shared::stamp::week_ms(NOON));
}

#[tokio::test]
async fn filters_choose_the_sessions() {
    let city = city().await;
    let study = city.get("/coverage?activity=study").await;
    assert_eq!(sums(&study), [1, 0, 2, 0, 2, 3]);
    let before = city.get(&format!("/coverage?to_ms={NOON}")).await;
    assert_eq!(sums(&before), [0; 6]);
    let later = city.get(&format!("/coverage?from_ms={}", NOON + HOUR)).await;
    assert_eq!(sums(&later), [0, 1, 0, 0, 0, 0]);
    let other = city.get(&format!("/coverage?campaign={}", Uuid::nil())).await;
    assert_eq!(sums(&other), [0; 6]);
    let own = city.get(&format!("/coverage?campaign={}&org={}", city.campaign, city.org("w1"))).await;
    assert_eq!(sums(&own), [1, 0, 2, 0, 2, 3]);

    let sessions = city.get("/sessions?org=d1&size=2").await;
    assert_eq!((&sessions["total"], sessions["items"].as_array().unwrap().len()), (&json!(5), 2));
    let first = &city.get("/sessions").await["items"][0];
    assert_eq!((&first["title"], &first["org_name"]), (&json!("计划中"), &json!("三厂")));
    let lecture = &city.get("/sessions?org=g1&activity=lecture").await["items"][0];
    assert_eq!((&lecture["roster_expected"], &lecture["roster_present"]), (&json!(5), &json!(2)));
    assert_eq!(lecture["totals"]["attended"], 10);
}

#[tokio::test]
async fn nobody_sees_beyond_the_own_branch() {
    let city = city().await;
    let (status, orgs) = city.ask("yi", "/orgs").await;
    assert_eq!((status, &orgs["total"]), (200, &json!(3)));
    assert_eq!(city.ask("yi", "/coverage").await.1["org"]["code"], "g1");
    assert_eq!(city.ask("yi", "/sessions").await.1["total"], 2);
    let foreign = city.get("/sessions?org=g2").await["items"][0]["id"].as_str().unwrap().to_owned();
    for path in [
        "/coverage?org=d1".to_owned(),
        "/orgs?org=c".to_owned(),
        "/sessions?org=g2".to_owned(),
        "/sessions?org=nowhere".to_owned(),
        format!("/sessions/{foreign}"),
        format!("/sessions/{foreign}/attendance"),
        "/exports/attendance.xlsx?org=g2".to_owned(),
    ] {
        let (status, problem) = city.ask("yi", &path).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{path}");
    }
    for path in
        ["/coverage?from_ms=x", "/sessions?page=0", "/sessions?size=101", "/orgs?level=king", "/sessions/1"]
    {
        let (status, problem) = city.ask("yi", path).await;
        assert_eq!((status, &problem["code"]), (400, &json!("bad_value")), "{path}");
    }
    assert_eq!(city.ask("nobody", "/coverage").await.0, 401);
}

#[tokio::test]
async fn the_list_of_people_holds_everybody_expected_and_everybody_recorded() {
    let city = city().await;
    let id =
        city.get("/sessions?org=g1&activity=lecture").await["items"][0]["id"].as_str().unwrap().to_owned();
    let people = city.get(&format!("/sessions/{id}/attendance")).await;
    let names = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["who"]["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&people), ["客人", "阿依古丽·艾山", "𬱟伟", "丁", "丙", "戊"]);
    let guest = &people["items"][0];
    assert_eq!((&guest["walk_in"], &guest["org_name"]), (&json!(true), &json!("一厂")));
    let absent = city.get(&format!("/sessions/{id}/attendance?present=false")).await;
    assert_eq!(names(&absent), ["丁", "丙", "戊"]);
    assert_eq!(absent["items"][1]["status"], "excused");
    let found = city.get(&format!("/sessions/{id}/attendance?q=20")).await;
    assert_eq!(names(&found), ["丁", "戊"]);
}

#[tokio::test]
async fn a_walk_in_who_is_found_on_the_roster_counts_once_and_has_the_name_of_the_roster() {
    let mut city = city().await;
    let fourth = city.person("201");
    city.push("a", vec![("person_alias", "", json!({ "a": GUEST, "b": fourth }))]).await;
    let g1 = city.get("/coverage?org=g1").await;
    assert_eq!(sums(&g1), [2, 0, 12, 0, 3, 8]);
    assert_eq!(g1["rate"], json!(4.0 / 8.0));
    assert_eq!(reached(&g1), [1, 1, 2, 2]);
    let lecture = &city.get("/sessions?org=g1&activity=lecture").await["items"][0];
    let people = city.get(&format!("/sessions/{}/attendance", lecture["id"].as_str().unwrap())).await;
    let items = people["items"].as_array().unwrap();
    let one = items.iter().find(|item| item["person"] == GUEST).unwrap();
    assert_eq!(
        (&one["who"]["name"], &one["walk_in"], &one["present"]),
        (&json!("丁"), &json!(false), &json!(true))
    );
    assert_eq!(items.len(), 5, "{people}");
}

#[tokio::test]
async fn a_session_recorded_twice_counts_once() {
    let mut city = city().await;
    let lecture =
        city.get("/sessions?org=g1&activity=lecture").await["items"][0]["id"].as_str().unwrap().to_owned();
    let double = city.session("g1", "lecture", "又录了一次", json!({})).await;
    city.check_in(&double, &["102", "103"]).await;
    city.respond(&double, &[[5, 5, 5]]).await;
    let declared = json!({ "declared": { "check_ins": 3, "responses": 1 } });
    city.push("a", vec![("session_close", &double, declared)]).await;
    let apart = city.get("/coverage?org=g1").await;
    city.push("a", vec![("session_alias", "", json!({ "a": lecture, "b": double }))]).await;
    let once = city.get("/coverage?org=g1").await;
    assert_eq!((sums(&apart)[0], sums(&once)[0]), (3, 2));
    // 101, 102, 103 and the guest are fewer than the headcount of ten; the study adds 201.
    assert_eq!(sums(&once), [2, 0, 12, 1, 5, 8]);
    // The one answer to the double waits for four more.
    assert_eq!((&once["responses"], &once["scores"]["understood"]["n"]), (&json!(9), &json!(5)));
    assert_eq!(once["still_on_phones"], json!({ "check_ins": 1, "responses": 0, "devices": 1 }));
    assert_eq!(city.get(&format!("/sessions/{double}")).await["id"], json!(lecture), "found by either id");
}
