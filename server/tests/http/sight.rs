//! What viewers and lecturers see, and what is shown for a reason.

use crate::world::{
    CITY, HOUR, NOW, OTHER_PLANT, PLANT, SHOP, World, change, check_in, create, id, org_id, person_id,
    session_id, walk_in,
};
use axum::http::Method;
use serde_json::{Value, json};
use server::access::grant::Role;

async fn get(world: &World, login: &str, path: &str) -> Value {
    world.ask(Method::GET, &format!("/api/v1{path}"), &format!("login-{login}")).await.ok()
}

async fn code(world: &World, login: &str, path: &str) -> String {
    let answer = world.ask(Method::GET, &format!("/api/v1{path}"), &format!("login-{login}")).await;
    answer.code().to_owned()
}

/// A session of the shop where three of the roster and a visitor came, one with a note.
async fn held() -> World {
    let world = World::new().await;
    world
        .write(|c| {
            c.execute("UPDATE person SET name = '王小芳', phone_tail = '9753' WHERE staff_no = '0001'", [])
        })
        .await;
    let note = json!({ "person": person_id(2), "field": "note", "value": "职工3代签" });
    world
        .push(&[
            create(1, 1, SHOP),
            check_in(2, 1, 1),
            check_in(3, 1, 2),
            walk_in(4, 1, 90),
            check_in(5, 1, 90),
            change(6, "mark", Some(1), note),
        ])
        .await;
    world.account("viewer", CITY, Role::Viewer).await;
    world.account("wang", PLANT, Role::Manager).await;
    world
}

fn attendance() -> String {
    format!("/sessions/{}/attendance", session_id(1))
}

/// name, staff number, tail, note of everybody, in the order of the list.
fn people(page: &Value) -> Vec<[String; 4]> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let one = |item: &Value| {
        let who = &item["who"];
        [text(&who["name"]), text(&who["staff_no"]), text(&who["phone_tail"]), text(&item["note"])]
    };
    page["items"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn a_viewer_reads_the_branch_with_names_masked() {
    let world = held().await;
    let seen = get(&world, "viewer", &attendance()).await;
    let first: Vec<[String; 4]> = people(&seen).into_iter().take(3).collect();
    let line = |name: &str, staff_no: &str| [name, staff_no, "-", "-"].map(str::to_owned);
    assert_eq!(first, [line("王**", "****"), line("职**", "****"), line("访***", "-")]);
    assert!(seen["items"].as_array().unwrap().iter().all(|item| item["masked"] == true));
    // What is masked is not found either: a search would tell it piece by piece.
    for q in ["%E7%8E%8B%E5%B0%8F", "0001", "9753"] {
        let found = get(&world, "viewer", &format!("{}?q={q}", attendance())).await;
        assert_eq!(found["total"], 0, "{q}");
    }
    assert_eq!(get(&world, "viewer", "/coverage").await["attended"], 3);
    assert_eq!(get(&world, "viewer", "/sessions").await["total"], 1);
    assert_eq!(get(&world, "viewer", "/orgs").await["total"], 4);
    for path in
        ["/roster", "/roster/counts", "/closings", "/held", "/devices", "/accounts", "/invitations", "/audit"]
    {
        assert_eq!(code(&world, "viewer", path).await, "forbidden", "{path}");
    }
    assert_eq!(get(&world, "viewer", "/imports").await, json!({ "orgs": false, "roster": false }));
    assert_eq!(get(&world, "viewer", "/login").await["may"], json!(["sessions", "figures"]));
    assert_eq!(get(&world, "viewer", "/login").await["granted"], json!([]));
}

#[tokio::test]
async fn who_records_sees_names_and_nobody_sees_tails() {
    let world = held().await;
    for login in ["zhang", "wang", "admin"] {
        let seen = get(&world, login, &attendance()).await;
        let all = people(&seen);
        let line = |all: [&str; 4]| all.map(str::to_owned);
        assert!(all.contains(&line(["王小芳", "0001", "-", "-"])), "{login}: {all:?}");
        assert!(all.contains(&line(["职工2", "0002", "-", "职工3代签"])), "{login}: {all:?}");
        assert_eq!(get(&world, login, &format!("{}?q=9753", attendance())).await["total"], 0);
        let roster = get(&world, login, "/roster?q=0001").await;
        assert_eq!(roster["items"][0]["name"], "王小芳");
        assert_eq!(roster["items"][0]["phone_tail"], Value::Null);
        // Who knows a tail finds whose it is; nobody finds it out digit by digit.
        assert_eq!(get(&world, login, "/roster?q=9753").await["total"], 1);
        assert_eq!(get(&world, login, "/roster?q=975").await["total"], 0);
    }
}

#[tokio::test]
async fn a_roster_of_others_is_not_read_by_expecting_it() {
    let world = held().await;
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    // A session of one's own, where the roster of another union is expected, and checked in.
    let mut session = create(40, 2, OTHER_PLANT);
    session["body"]["set"]["audience"] = json!([org_id(SHOP), org_id(OTHER_PLANT)]);
    let changes = [session, check_in(41, 2, 1), walk_in(42, 2, 91)];
    world.push_as("li", Some(7), &changes).await.ok();
    let path = format!("/sessions/{}/attendance", session_id(2));
    let seen = people(&get(&world, "li", &path).await);
    assert!(seen.contains(&["王**", "****", "-", "-"].map(str::to_owned)), "{seen:?}");
    let page = get(&world, "li", &path).await;
    let where_from: Vec<&Value> =
        page["items"].as_array().unwrap().iter().map(|item| &item["org_name"]).collect();
    assert!(!where_from.contains(&&json!("S")), "nor is it said whose they are: {where_from:?}");
    assert!(seen.iter().any(|one| one[0] == "访客91"), "their own visitor: {seen:?}");
    assert!(!seen.iter().any(|one| one[0].starts_with("职工")), "{seen:?}");
    let city = people(&get(&world, "admin", &path).await);
    assert!(city.iter().any(|one| one[0] == "王小芳"), "{city:?}");
}

#[tokio::test]
async fn what_is_masked_is_shown_for_a_reason_that_is_noted() {
    let world = held().await;
    let path = format!("/api/v1{}/reveal", attendance());
    let ask = |login: &'static str, body: Value| {
        let (world, path) = (&world, &path);
        async move { world.post(path, &format!("login-{login}"), &body).await }
    };
    for body in [json!({ "reason": "" }), json!({ "reason": " 查 " }), json!({ "reason": "长".repeat(201) })]
    {
        assert_eq!(ask("wang", body).await.code(), "bad_value");
    }
    assert_eq!(ask("wang", json!({})).await.code(), "malformed");
    for login in ["viewer", "zhang"] {
        assert_eq!(ask(login, json!({ "reason": "核对人员" })).await.code(), "forbidden", "{login}");
    }
    let person = |n| json!({ "reason": "核对人员", "person": person_id(n) });
    assert_eq!(ask("wang", person(77)).await.code(), "not_found");
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'reveal'").await, 0);
    let all = ask("wang", json!({ "reason": "核对人员" })).await.ok();
    assert_eq!(all["persons"].as_array().unwrap().len(), 7);
    assert_eq!(all["persons"][0]["phone_tail"], "9753");
    let one = ask("wang", person(1)).await.ok();
    assert_eq!((one["persons"].as_array().unwrap().len(), &one["persons"][0]["name"]), (1, &json!("王小芳")));
    let noted = get(&world, "admin", "/audit?act=reveal").await;
    let details: Vec<Value> = noted["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| serde_json::from_str(item["detail"].as_str().unwrap()).unwrap())
        .collect();
    let want = |person: Value, rows: u8| json!({ "session": session_id(1), "person": person, "rows": rows, "reason": "核对人员" });
    assert_eq!(details, [want(json!(person_id(1)), 1), want(Value::Null, 7)]);
    assert_eq!(noted["items"][0]["login"], "wang");
    assert!(!noted.to_string().contains("9753"));
}

/// The id of an account.
async fn account(world: &World, login: &'static str) -> String {
    let bytes: [u8; 16] = world
        .write(move |c| c.query_row("SELECT id FROM account WHERE login = ?1", [login], |row| row.get(0)))
        .await;
    uuid::Uuid::from_bytes(bytes).to_string()
}

/// Says who speaks at a session.
fn speakers(n: u128, session: u128, accounts: &[&str]) -> Value {
    let all: Vec<Value> =
        accounts.iter().map(|account| json!({ "account": account, "name": "宣讲员" })).collect();
    change(n, "session_set", Some(session), json!({ "set": { "lecturers": all } }))
}

#[tokio::test]
async fn a_lecturer_sees_the_sessions_at_which_they_speak_and_nobody_there() {
    let world = held().await;
    world.account("bai", PLANT, Role::Lecturer).await;
    let bai = account(&world, "bai").await;
    world.push(&[create(20, 2, SHOP), speakers(21, 1, &[&bai])]).await;
    // Somewhere else they speak too, but have no right there.
    world.push_as("admin", Some(8), &[create(22, 3, OTHER_PLANT), speakers(23, 3, &[&bai])]).await.ok();
    let listed = get(&world, "bai", "/sessions").await;
    assert_eq!((&listed["total"], &listed["items"][0]["id"]), (&json!(1), &json!(session_id(1))));
    assert_eq!(get(&world, "bai", &format!("/sessions?org={}", org_id(SHOP))).await["total"], 1);
    assert_eq!(code(&world, "bai", &format!("/sessions?org={}", org_id(OTHER_PLANT))).await, "not_found");
    let one = get(&world, "bai", &format!("/sessions/{}", session_id(1))).await;
    assert_eq!((&one["totals"]["attended"], &one["starts_ms"]), (&json!(3), &json!(NOW - HOUR)));
    assert!(!one.to_string().contains("王小芳") && !one.to_string().contains(&person_id(1)));
    for n in [2, 3, 99] {
        assert_eq!(code(&world, "bai", &format!("/sessions/{}", session_id(n))).await, "not_found", "{n}");
    }
    let closed =
        ["/orgs", "/coverage", "/roster", "/closings", "/exports/attendance.xlsx", "/exports/coverage.xlsx"];
    for path in closed.iter().map(|path| (*path).to_owned()).chain([attendance()]) {
        assert_eq!(code(&world, "bai", &path).await, "forbidden", "{path}");
    }
    let may = get(&world, "bai", "/login").await;
    assert_eq!(may["may"], json!(["sessions"]));
    assert_eq!(may["granted"], json!([format!("session:{}", session_id(1))]));
    // Named no more, or not entitled any more, they see nothing of it.
    world.push(&[speakers(24, 1, &[])]).await;
    assert_eq!(get(&world, "bai", "/sessions").await["total"], 0);
    world.push(&[speakers(25, 1, &[&bai])]).await;
    world.end_grants("bai", NOW).await;
    assert_eq!(code(&world, "bai", "/sessions").await, "forbidden");
    assert_eq!(get(&world, "bai", "/login").await["may"], Value::Null);
}

#[tokio::test]
async fn a_lecturer_reads_marks_once_five_have_answered() {
    let world = held().await;
    world.account("bai", PLANT, Role::Lecturer).await;
    let bai = account(&world, "bai").await;
    world.push(&[speakers(21, 1, &[&bai])]).await;
    let mut n = 0;
    let mut respond = || {
        n += 1;
        let body = json!({ "form": shared::form::DEFAULT_FORM, "version": 1, "via": "phone", "answers": { "understood": 4 } });
        json!({ "id": uuid::Uuid::from_u128(0x4000_8000_0000_0000_0000 + n), "seq": null, "v": 1,
            "kind": "response", "session": session_id(1), "wall_ms": 0, "offset_ms": 0, "heard_ms": 0, "after": null, "body": body })
    };
    let path = format!("/sessions/{}", session_id(1));
    let four: Vec<Value> = (0..4).map(|_| respond()).collect();
    world.push_as("zhang", None, &four).await.ok();
    let one = get(&world, "bai", &path).await;
    assert_eq!((&one["totals"]["responses"], &one["scores"]), (&json!(4), &json!({ "understood": null })));
    world.push_as("zhang", None, &[respond()]).await.ok();
    let one = get(&world, "bai", &path).await;
    assert_eq!(one["scores"]["understood"], json!({ "n": 5, "mean": 4.0, "counts": [0, 0, 0, 5] }));
    // The list says how many, and not what.
    assert_eq!(get(&world, "bai", "/sessions").await["items"][0]["scores"], Value::Null);
}

#[tokio::test]
async fn a_lecturers_phone_gets_a_session_and_its_totals_alone() {
    let world = held().await;
    world.account("bai", PLANT, Role::Lecturer).await;
    let bai = account(&world, "bai").await;
    world.push(&[speakers(21, 1, &[&bai]), create(22, 2, SHOP)]).await;
    let scope = format!("session:{}", session_id(1));
    let first = world.pull_from("bai", &scope, 0).await;
    assert_eq!(first["granted"], json!([scope]));
    let keys = |answer: &Value| -> Vec<String> {
        let rows = answer["scopes"][0]["rows"].as_array().unwrap();
        rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&first), ["totals".to_owned(), scope.clone()]);
    for part in [person_id(1), "王小芳".to_owned(), "访客".to_owned()] {
        assert!(!first.to_string().contains(&part), "{part}");
    }
    // Only what is newer comes again.
    let cursor = first["scopes"][0]["cursor"].as_u64().unwrap();
    world.push(&[check_in(23, 1, 3)]).await;
    assert_eq!(keys(&world.pull_from("bai", &scope, cursor).await), ["totals"]);
    // Neither the org nor another session.
    for other in [format!("org:{}", org_id(PLANT)), format!("session:{}", session_id(2))] {
        assert_eq!(world.pull_from("bai", &other, 0).await["scopes"], json!([]), "{other}");
    }
    // A session that moves out of the branch is gone, and back when it comes back.
    let to = |n, org| change(n, "session_set", Some(1), json!({ "set": { "org": org_id(org) } }));
    world.push_as("admin", Some(8), &[to(30, OTHER_PLANT)]).await.ok();
    let gone = world.pull_from("bai", &scope, cursor).await;
    assert_eq!((&gone["granted"], &gone["scopes"]), (&json!([]), &json!([])));
    let mut back = to(31, PLANT);
    back["wall_ms"] = json!(NOW);
    world.push_as("admin", Some(8), &[back]).await.ok();
    assert_eq!(keys(&world.pull_from("bai", &scope, 0).await), ["totals".to_owned(), scope.clone()]);
    world.end_grants("bai", NOW).await;
    let gone = world.pull_from("bai", &scope, 0).await;
    assert_eq!((&gone["granted"], &gone["scopes"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn two_sessions_that_are_one_are_granted_once() {
    let world = held().await;
    world.account("bai", PLANT, Role::Lecturer).await;
    let bai = account(&world, "bai").await;
    let alias = change(23, "session_alias", None, json!({ "a": session_id(1), "b": session_id(2) }));
    world.push(&[create(20, 2, SHOP), speakers(21, 2, &[&bai]), alias]).await;
    assert_eq!(get(&world, "bai", "/login").await["granted"], json!([format!("session:{}", session_id(1))]));
    assert_eq!(get(&world, "bai", "/sessions").await["total"], 1);
    let void = change(24, "void", None, json!({ "targets": [id(23)] }));
    world.push(&[void]).await;
    assert_eq!(get(&world, "bai", "/login").await["granted"], json!([format!("session:{}", session_id(2))]));
}

#[tokio::test]
async fn who_records_no_more_and_only_speaks_gives_the_names_up() {
    let world = held().await;
    let zhang = account(&world, "zhang").await;
    world.push(&[speakers(21, 1, &[&zhang])]).await;
    let scope = format!("session:{}", session_id(1));
    let whole = world.pull_from("zhang", &scope, 0).await;
    let cursor = whole["scopes"][0]["cursor"].clone();
    world.end_grants("zhang", NOW + 1).await;
    let add = "INSERT INTO role_grant (account_id, org_id, role, from_ms)
               SELECT account_id, org_id, 'lecturer', until_ms FROM role_grant
               WHERE account_id = (SELECT account_id FROM account WHERE login = 'zhang')";
    world.write(move |c| c.execute(add, [])).await;
    world.at(NOW + HOUR);
    let asked = |cursor: &Value| json!({ "proto": 1, "epoch": null, "scopes": [{ "scope": scope, "cursor": cursor, "at_ms": NOW }] });
    let left_out = world.post("/api/v1/pull", "login-zhang", &asked(&cursor)).await.ok();
    assert_eq!((&left_out["granted"], &left_out["scopes"]), (&json!([scope]), &json!([])));
    let anew = world.post("/api/v1/pull", "login-zhang", &asked(&json!(0))).await.ok();
    assert_eq!(anew["scopes"][0]["rows"].as_array().unwrap().len(), 2);
}
