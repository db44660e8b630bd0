//! Public answering: by the link alone, once per id, and nothing is kept of who and when.

use crate::world::{Answer, HOUR, NOW, OTHER_PLANT, ROSTER, SHOP, World, change, create, session_id};
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use server::access::grant::Role;
use shared::answering::AFTER_CLOSING_MS;
use shared::form::default_form;
use shared::stamp::{DAY_MS, day_ms};
use std::collections::BTreeMap;
use uuid::Uuid;

fn link_of(session: u128) -> String {
    format!("/api/v1/sessions/{}/answering", session_id(session))
}

fn good() -> Value {
    json!({ "understood": 5, "absorbed": 4, "usable": 3, "help": "食堂" })
}

fn random() -> String {
    Uuid::new_v4().to_string()
}

impl World {
    async fn with_session() -> Self {
        let world = Self::new().await;
        world.push(&[create(1, 1, SHOP)]).await;
        world
    }

    async fn link(&self, login: &str, session: u128) -> Answer {
        self.post(&link_of(session), &format!("login-{login}"), &json!({})).await
    }

    /// The token of a session's link.
    async fn token(&self, session: u128) -> String {
        let link = self.link("zhang", session).await.ok();
        let path = link["path"].as_str().unwrap();
        let (page, token) = path.split_once('#').unwrap();
        assert_eq!(page, format!("/f/{}", session_id(session)));
        assert_eq!(token.len(), 64);
        token.to_owned()
    }

    /// As a browser without a login.
    async fn bare(&self, path: &str, body: &Value, headers: HeaderMap) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        request.headers_mut().unwrap().extend(headers);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    async fn answer(&self, token: &str, id: &str, answers: &Value) -> Answer {
        let body = json!({ "token": token, "id": id, "answers": answers });
        self.bare("/api/v1/answers", &body, HeaderMap::new()).await
    }

    async fn form(&self, token: &str, session: u128) -> Answer {
        let body = json!({ "token": token, "session": session_id(session) });
        self.bare("/api/v1/answers/form", &body, HeaderMap::new()).await
    }

    async fn close(&self, n: u128, session: u128) {
        let declared = json!({ "declared": { "check_ins": 0, "responses": 0 } });
        self.push(&[change(n, "session_close", Some(session), declared)]).await;
    }

    /// Every row of every table, by table.
    async fn rows_of_all(&self) -> BTreeMap<String, Vec<String>> {
        self.write(|conn| {
            let mut names = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
            let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            let mut all = BTreeMap::new();
            for name in names {
                let mut found = conn.prepare(&format!("SELECT * FROM \"{name}\""))?;
                let width = found.column_count();
                let mut rows = found.query([])?;
                let mut kept = Vec::new();
                while let Some(row) = rows.next()? {
                    let cells: Result<Vec<String>, _> =
                        (0..width).map(|at| row.get_ref(at).map(cell)).collect();
                    kept.push(cells?.join("|"));
                }
                all.insert(name, kept);
            }
            Ok(all)
        })
        .await
    }
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn whoever_has_the_link_answers_and_staff_see_how_many() {
    let world = World::with_session().await;
    let path = format!("/api/v1/sessions/{}/answering", session_id(1));
    assert_eq!(world.ask(Method::GET, &path, "login-zhang").await.ok(), json!({ "link": null }));
    let token = world.token(1).await;
    assert_eq!(world.token(1).await, token, "the same link for everybody");
    let shown = world.form(&token, 1).await.ok();
    assert_eq!(shown["session"]["title"], "宣讲");
    assert_eq!(shown["session"]["org_name"], "S");
    assert_eq!(shown["form"], serde_json::to_value(default_form()).unwrap());
    let id = shown["id"].as_str().unwrap();
    assert_eq!(Uuid::parse_str(id).unwrap().get_version_num(), 4);
    assert_ne!(world.form(&token, 1).await.ok()["id"], shown["id"], "one page, one id");
    assert_eq!(world.answer(&token, id, &good()).await.ok(), json!({ "st": "ok" }));
    assert_eq!(world.answer(&token, id, &good()).await.ok(), json!({ "st": "dup" }));
    let other = json!({ "understood": 1, "absorbed": 4, "usable": 3 });
    assert_eq!(world.answer(&token, id, &other).await.code(), "answer_wrong");
    assert_eq!(world.answer(&token, &random(), &other).await.ok(), json!({ "st": "ok" }));
    let link = world.ask(Method::GET, &path, "login-admin").await.ok()["link"].clone();
    let most = u64::try_from(ROSTER).unwrap() * 3;
    assert_eq!((link["answered"].as_u64(), link["most"].as_u64()), (Some(2), Some(most)));
    assert_eq!(link["ends_ms"], Value::Null);
    world.push_as("zhang", None, &[crate::response::answered(1, 1, 5)]).await.ok();
    let path = format!("/api/v1/sessions/{}", session_id(1));
    let item = world.ask(Method::GET, &path, "login-admin").await.ok();
    assert_eq!(item["via"], json!({ "phone": 1, "link": 2, "paper": 0 }));
    assert_eq!(item["totals"]["responses"], 3, "figures count all of them");
    assert_eq!(world.number("SELECT sum(n) FROM mark_count WHERE question = 'understood'").await, 3);
    // What a phone declared and did not send is missing all the same.
    let declared = json!({ "declared": { "check_ins": 0, "responses": 3 } });
    world.push(&[change(2, "session_close", Some(1), declared)]).await;
    let figures = world.ask(Method::GET, "/api/v1/coverage", "login-admin").await.ok();
    assert_eq!(figures["still_on_phones"]["responses"], 2);
    let listed = world.ask(Method::GET, "/api/v1/sessions", "login-admin").await.ok();
    assert_eq!(listed["items"][0]["via"]["link"], 2);
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'answering'").await, 1);
}

#[tokio::test]
async fn a_link_is_for_those_who_record_at_a_session_that_exists() {
    let world = World::with_session().await;
    world.account("li", OTHER_PLANT, Role::Organizer).await;
    world.account("wang", SHOP, Role::Viewer).await;
    assert_eq!(world.link("li", 1).await.code(), "not_found");
    assert_eq!(world.link("wang", 1).await.code(), "forbidden");
    assert_eq!(world.link("zhang", 2).await.code(), "not_found");
    assert_eq!(world.number("SELECT count(*) FROM answering").await, 0);
    world.token(1).await;
    assert_eq!(world.post(&format!("{}/end", link_of(1)), "login-li", &json!({})).await.code(), "not_found");
    let cancel = change(5, "session_set", Some(1), json!({ "set": { "state": "cancelled" } }));
    world.push(&[cancel]).await;
    assert_eq!(world.link("zhang", 1).await.code(), "answering_ended");
}

#[tokio::test]
async fn another_token_tells_and_takes_nothing() {
    let world = World::with_session().await;
    world.push(&[create(2, 2, SHOP)]).await;
    let (token, second) = (world.token(1).await, world.token(2).await);
    assert_ne!(token, second);
    for wrong in ["", "0", &"0".repeat(64), &token.to_uppercase(), &token[1..]] {
        let answer = world.form(wrong, 1).await;
        assert_eq!((answer.code(), answer.status), ("answering_ended", StatusCode::GONE));
        assert!(!answer.body.to_string().contains("宣讲"));
        assert_eq!(world.answer(wrong, &random(), &good()).await.code(), "answering_ended");
    }
    assert_eq!(world.form(&second, 1).await.code(), "answering_ended", "each session has its own");
    assert_eq!(world.number("SELECT count(*) FROM response").await, 0);
}

#[tokio::test]
async fn staff_end_it_and_begin_anew_with_another_token() {
    let world = World::with_session().await;
    let token = world.token(1).await;
    let id = random();
    world.answer(&token, &id, &good()).await.ok();
    let end = format!("{}/end", link_of(1));
    world.post(&end, "login-admin", &json!({})).await.ok();
    assert_eq!(world.post(&end, "login-admin", &json!({})).await.code(), "not_found");
    assert_eq!(world.form(&token, 1).await.code(), "answering_ended");
    assert_eq!(world.answer(&token, &random(), &good()).await.code(), "answering_ended");
    assert_eq!(world.answer(&token, &id, &good()).await.ok()["st"], "dup", "what came stays");
    assert_eq!(world.ask(Method::GET, &link_of(1), "login-zhang").await.ok()["link"], Value::Null);
    let anew = world.token(1).await;
    assert_ne!(anew, token);
    assert_eq!(world.answer(&token, &random(), &good()).await.code(), "answering_ended", "the old sheet");
    world.answer(&anew, &random(), &good()).await.ok();
}

#[tokio::test]
async fn seventy_two_hours_after_closing_it_is_over_until_the_session_is_opened_again() {
    let world = World::with_session().await;
    let token = world.token(1).await;
    world.close(2, 1).await;
    let closed_ms = world.number("SELECT closed_eff_ms FROM session").await;
    assert_eq!(world.link("zhang", 1).await.ok()["ends_ms"], closed_ms + AFTER_CLOSING_MS);
    world.at(closed_ms + AFTER_CLOSING_MS - 1);
    world.form(&token, 1).await.ok();
    world.answer(&token, &random(), &good()).await.ok();
    world.at(closed_ms + AFTER_CLOSING_MS);
    assert_eq!(world.form(&token, 1).await.code(), "answering_ended");
    assert_eq!(world.answer(&token, &random(), &good()).await.code(), "answering_ended");
    assert_eq!(world.link("zhang", 1).await.code(), "answering_ended");
    let open = change(3, "session_set", Some(1), json!({ "set": { "state": "open" } }));
    world.push(&[open]).await;
    assert_eq!(world.token(1).await, token, "it lives again");
    world.at(closed_ms + 2 * AFTER_CLOSING_MS);
    world.answer(&token, &random(), &good()).await.ok();
    let day = "SELECT count(*) FROM response WHERE day_ms % 86400000 <> 57600000";
    assert_eq!(world.number(day).await, 0, "days of +08:00");
    let last = world.number("SELECT max(day_ms) FROM response").await;
    assert_eq!(last, day_ms(closed_ms + 2 * AFTER_CLOSING_MS));
}

#[tokio::test]
async fn three_times_the_expected_answer_and_no_more() {
    let world = World::with_session().await;
    let expected = change(2, "session_set", Some(1), json!({ "set": { "expected": 2 } }));
    world.push(&[expected, create(3, 2, OTHER_PLANT)]).await;
    let token = world.token(1).await;
    // What came by a passed-round phone is not taken off.
    world.push_as("zhang", None, &[crate::response::answered(1, 1, 5)]).await.ok();
    let ids: Vec<String> = (0..6).map(|_| random()).collect();
    for id in &ids {
        world.answer(&token, id, &good()).await.ok();
    }
    assert_eq!(world.form(&token, 1).await.code(), "answering_ended");
    assert_eq!(world.answer(&token, &random(), &good()).await.code(), "answering_ended");
    assert_eq!(world.answer(&token, &ids[0], &good()).await.ok()["st"], "dup");
    let link = world.link("zhang", 1).await.ok();
    assert_eq!((link["answered"].as_u64(), link["most"].as_u64()), (Some(6), Some(6)), "staff see that");
    let more = change(4, "session_set", Some(1), json!({ "set": { "expected": 3 } }));
    world.push(&[more]).await;
    world.answer(&token, &random(), &good()).await.ok();
    assert_eq!(world.link("admin", 2).await.code(), "not_found", "not permitted there, so not a session");
}

#[tokio::test]
async fn without_a_roster_or_a_figure_there_is_a_bound_as_well() {
    let world = World::new().await;
    world.push_as("admin", Some(8), &[create(1, 1, OTHER_PLANT)]).await.ok();
    assert_eq!(world.link("admin", 1).await.ok()["most"], 900);
}

#[tokio::test]
async fn cookies_and_authorization_are_not_looked_at() {
    let world = World::with_session().await;
    let token = world.token(1).await;
    let logins = "SELECT count(*) + sum(created_ms) + sum(ends_ms % 1000) FROM login";
    let before = world.number(logins).await;
    for (name, value) in [
        (header::COOKIE, "jiangdao=1; __Host-jiangdao=2"),
        (header::AUTHORIZATION, "Bearer login-zhang"),
        (header::AUTHORIZATION, "Bearer nobody"),
        (header::AUTHORIZATION, "Basic x"),
        (header::ORIGIN, "https://elsewhere.example"),
    ] {
        let headers = HeaderMap::from_iter([(name, value.parse().unwrap())]);
        let body = json!({ "token": token, "id": random(), "answers": good() });
        let answer = world.bare("/api/v1/answers", &body, headers.clone()).await;
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
        assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
        assert_eq!(answer.ok(), json!({ "st": "ok" }), "{value}");
        let body = json!({ "token": token, "session": session_id(1) });
        world.bare("/api/v1/answers/form", &body, headers).await.ok();
    }
    assert_eq!(world.number(logins).await, before);
}

#[tokio::test]
async fn a_bad_answer_is_refused_with_the_name_of_its_question() {
    let world = World::with_session().await;
    let token = world.token(1).await;
    let form = "01980000-0000-7000-8000-000000000001";
    let mut bad = vec![
        (json!({}), "understood"),
        (json!({ "understood": 5, "absorbed": 6, "usable": 3 }), "absorbed"),
        (json!({ "understood": 5, "absorbed": 4, "usable": "3" }), "usable"),
        (json!({ "understood": 5, "absorbed": 4, "usable": 3, "help": "长".repeat(1_001) }), "help"),
        (json!({ "understood": 5, "absorbed": 4, "usable": 3, "phone": "139" }), "phone"),
    ];
    for (answers, question) in bad.drain(..) {
        let answer = world.answer(&token, &random(), &answers).await;
        assert_eq!((answer.code(), answer.status), ("answer_wrong", StatusCode::BAD_REQUEST));
        let detail = answer.body["detail"].as_str().unwrap();
        assert_eq!(detail.split(':').next(), Some(question), "{detail}");
    }
    let ask = |more: Value| {
        let mut body = json!({ "token": token, "id": random(), "answers": good() });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let world = &world;
        async move { world.bare("/api/v1/answers", &body, HeaderMap::new()).await }
    };
    assert_eq!(ask(json!({ "form": form, "version": 9 })).await.code(), "answer_wrong");
    assert_eq!(
        ask(json!({ "id": Uuid::now_v7() })).await.code(),
        "answer_wrong",
        "an id that tells the time"
    );
    assert_eq!(ask(json!({ "id": "x" })).await.code(), "malformed");
    assert_eq!(ask(json!({ "answers": [] })).await.code(), "malformed");
    assert_eq!(world.number("SELECT count(*) FROM response").await, 0);
    // What was left empty is not kept, and what a newer page says besides is passed over.
    let mut answers = good();
    answers["improve"] = json!("");
    answers["help"] = Value::Null;
    ask(json!({ "form": form, "version": 1, "answers": answers, "colour": "red" })).await.ok();
    let kept: Value = serde_json::from_str(
        &world
            .write(|c| c.query_row("SELECT answers FROM response", [], |row| row.get::<_, String>(0)))
            .await,
    )
    .unwrap();
    assert_eq!(kept, json!({ "understood": 5, "absorbed": 4, "usable": 3 }));
}

#[tokio::test]
async fn too_much_is_too_large() {
    let world = World::with_session().await;
    let token = world.token(1).await;
    for length in [17_000, 70_000] {
        let answers = json!({ "understood": 5, "absorbed": 4, "usable": 3, "help": "x".repeat(length) });
        let answer = world.answer(&token, &random(), &answers).await;
        assert_eq!((answer.code(), answer.status), ("too_large", StatusCode::PAYLOAD_TOO_LARGE));
    }
    assert_eq!(world.number("SELECT count(*) FROM response").await, 0);
}

#[tokio::test]
async fn one_link_that_is_asked_without_end_waits_and_no_other() {
    let world = World::with_session().await;
    world.push(&[create(2, 2, SHOP)]).await;
    let (token, second) = (world.token(1).await, world.token(2).await);
    for _ in 0..1_000 {
        world.form(&token, 1).await.ok();
    }
    let answer = world.form(&token, 1).await;
    assert_eq!((answer.code(), answer.body["retry"].as_bool()), ("too_many", Some(true)));
    assert_eq!(world.answer(&token, &random(), &good()).await.code(), "too_many");
    world.form(&second, 2).await.ok();
    world.at(NOW + 1_000);
    world.answer(&token, &random(), &good()).await.ok();
}

/// Tables may differ by the answer itself and by what its session then says; in nothing else.
#[tokio::test]
async fn an_answer_leaves_its_row_and_counts_and_nothing_else() {
    let world = World::with_session().await;
    let token = world.token(1).await;
    world.answer(&token, &random(), &good()).await.ok();
    let before = world.rows_of_all().await;
    world.at(NOW + 3 * HOUR);
    let id = random();
    world.answer(&token, &id, &good()).await.ok();
    let after = world.rows_of_all().await;
    let changed: Vec<&str> =
        after.iter().filter(|(name, rows)| before[*name] != **rows).map(|(name, _)| name.as_str()).collect();
    assert_eq!(changed, ["counter", "feed", "mark_count", "response", "rollup", "session"]);
    let all = after.values().flatten().cloned().collect::<Vec<_>>().join("\n");
    assert!(!all.contains(&(NOW + 3 * HOUR).to_string()), "no table says when it came");
    let hex = id.replace('-', "");
    let rows: Vec<&String> = after.values().flatten().filter(|row| row.contains(&hex)).collect();
    assert_eq!(rows.len(), 1, "the id stands in one row");
    let row: Vec<&str> = rows[0].split('|').collect();
    assert_eq!(row.len(), 7);
    assert!(row[2].contains(&day_ms(NOW + 3 * HOUR).to_string()) && DAY_MS == 86_400_000, "{row:?}");
    assert_eq!(row[3], "link");
    // Its shape is that of a response that came by a phone.
    world.push_as("zhang", None, &[crate::response::answered(1, 1, 5)]).await.ok();
    assert_eq!(world.number("SELECT count(DISTINCT day_ms || hex(form) || version) FROM response").await, 1);
}

#[tokio::test]
async fn the_page_is_a_shell_of_a_few_kilobytes() {
    let world = World::with_session().await;
    let token = world.token(1).await;
    let page = world.text(&format!("/f/{}", session_id(1))).await;
    assert_eq!(page.0[header::CACHE_CONTROL], "no-store");
    assert_eq!(page.0[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert!(!page.1.contains("宣讲") && !page.1.contains(&token));
    assert_eq!(page.1, world.text("/f/none").await.1, "nothing tells whether there is such a session");
    assert!(!page.1.contains("<script>") && !page.1.contains("style="), "the policy forbids inline ones");
    assert!(page.1.contains("<noscript>"));
    let mut bytes = page.1.len();
    for (end, kind) in [(".js", "text/javascript; charset=utf-8"), (".css", "text/css; charset=utf-8")] {
        let name = page.1.split('"').find(|part| part.starts_with("/f/") && part.ends_with(end)).unwrap();
        let file = world.text(name).await;
        assert_eq!(file.0[header::CONTENT_TYPE], kind);
        assert!(file.0[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"), "{name}");
        bytes += file.1.len();
    }
    assert!(bytes <= 23 * 1024, "{bytes} bytes");
}
