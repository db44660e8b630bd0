//! Closing codes: they declare until the phone's own closing is here, and then count no more.

use crate::world::{
    Answer, HOUR, NOW, OTHER_PLANT, SHOP, World, change, check_in, create, id, org_id, outcomes, session_id,
};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::access::grant::Role;
use shared::closing::{ALPHABET, Closing};
use shared::session::Declared;

const DAY: i64 = 24 * HOUR;

fn code(session: u128, check_ins: u32, responses: u32) -> String {
    Closing::new(session_id(session).parse().unwrap(), Declared { check_ins, responses }).code()
}

fn close(n: u128, session: u128, check_ins: u32, responses: u32) -> Value {
    let declared = json!({ "declared": { "check_ins": check_ins, "responses": responses } });
    change(n, "session_close", Some(session), declared)
}

impl World {
    async fn type_in(&self, login: &str, code: &str) -> Answer {
        self.post("/api/v1/closings", &format!("login-{login}"), &json!({ "code": code })).await
    }

    /// As a stranger to the plan would: small letters, in groups.
    async fn told(&self, session: u128, check_ins: u32, responses: u32) -> Value {
        let typed = shared::closing::grouped(&code(session, check_ins, responses)).to_lowercase();
        self.type_in("zhang", &typed).await.ok()
    }

    async fn get(&self, login: &str, path: &str) -> Value {
        self.ask(Method::GET, &format!("/api/v1{path}"), &format!("login-{login}")).await.ok()
    }

    /// What is declared for the session, by its totals.
    async fn declared(&self, session: u128) -> Value {
        self.get("admin", &format!("/sessions/{}", session_id(session))).await["totals"]["declared"].clone()
    }

    /// Check-ins, responses and devices that the roll-up misses.
    async fn missing(&self) -> [u64; 3] {
        let still = self.get("admin", "/coverage").await["still_on_phones"].clone();
        ["check_ins", "responses", "devices"].map(|what| still[what].as_u64().unwrap())
    }
}

fn declares(check_ins: u32, responses: u32) -> Value {
    json!({ "check_ins": check_ins, "responses": responses })
}

#[tokio::test]
async fn a_code_declares_until_the_phone_does() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    let item = world.told(1, 3, 2).await;
    assert_eq!((&item["told"], &item["login"]), (&json!("counted"), &json!("zhang")));
    assert_eq!(item["declared"], declares(3, 2));
    assert_eq!(item["session"]["id"], session_id(1));
    assert_eq!(item["session"]["org_name"], "S");
    assert_eq!(world.declared(1).await, declares(3, 2));
    assert_eq!(world.missing().await, [3, 2, 1]);
    // Nothing of what people see of the session itself is changed by it.
    assert_eq!(item["session"]["state"], "open");
    let totals = &world.rows("zhang", &format!("session:{}", session_id(1))).await["totals"];
    assert_eq!(totals["declared"], declares(3, 2), "phones are told as well");

    // A part of the data comes, then the rest; at no time more is missing than was declared.
    world.push(&[check_in(2, 1, 1), check_in(3, 1, 2)]).await;
    assert_eq!(world.missing().await, [1, 2, 1]);
    world.push(&[check_in(4, 1, 3), close(5, 1, 3, 2)]).await;
    assert_eq!(world.declared(1).await, declares(3, 2), "replaced, not added");
    assert_eq!(world.missing().await, [0, 2, 1]);
    let listed = world.get("zhang", "/closings").await;
    assert_eq!((&listed["total"], &listed["items"][0]["told"]), (&json!(1), &json!("arrived")));
    // Told again afterwards, it is known to have arrived.
    assert_eq!(world.told(1, 3, 2).await["told"], "arrived");
    assert_eq!(world.declared(1).await, declares(3, 2));
}

#[tokio::test]
async fn a_code_that_comes_after_its_closing_adds_nothing() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP), check_in(2, 1, 1), close(3, 1, 1, 0)]).await;
    assert_eq!(world.told(1, 1, 0).await["told"], "arrived");
    assert_eq!(world.declared(1).await, declares(1, 0));
    assert_eq!(world.missing().await, [0, 0, 0]);
}

#[tokio::test]
async fn typed_twice_it_changes_nothing() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    let first = world.told(1, 3, 0).await;
    world.at(NOW + HOUR);
    assert_eq!(world.told(1, 3, 0).await, first);
    assert_eq!(world.type_in("admin", &code(1, 3, 0)).await.ok(), first, "by whomever");
    assert_eq!(world.told(9, 3, 0).await, world.told(9, 3, 0).await, "also while it waits");
    assert_eq!(world.declared(1).await, declares(3, 0));
    assert_eq!(world.number("SELECT count(*) FROM closing").await, 2);
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'closing'").await, 2);
}

#[tokio::test]
async fn a_session_made_without_signal_is_waited_for() {
    let world = World::new().await;
    let item = world.told(1, 2, 1).await;
    assert_eq!((&item["told"], &item["session"]), (&json!("waiting"), &Value::Null));
    assert_eq!(world.missing().await, [0, 0, 0]);
    let listed = world.get("admin", "/closings").await;
    assert_eq!(listed["total"], 1, "whoever is above can ask after it: {listed}");
    assert_eq!(world.get("zhang", "/closings").await["items"][0]["told"], "waiting");
    world.push(&[create(1, 1, SHOP)]).await;
    assert_eq!(world.declared(1).await, declares(2, 1));
    assert_eq!(world.missing().await, [2, 1, 1]);
    assert_eq!(world.get("zhang", "/closings").await["items"][0]["session"]["id"], session_id(1));
    world.push(&[check_in(2, 1, 1), check_in(3, 1, 2), close(4, 1, 2, 1)]).await;
    assert_eq!(world.declared(1).await, declares(2, 1));
    assert_eq!(world.missing().await, [0, 1, 1]);
}

#[tokio::test]
async fn what_two_people_typed_while_it_waited_counts_once() {
    let world = World::new().await;
    for login in ["zhang", "admin"] {
        assert_eq!(world.type_in(login, &code(1, 2, 1)).await.ok()["told"], "waiting");
    }
    assert_eq!(world.number("SELECT count(*) FROM closing").await, 2);
    world.push(&[create(1, 1, SHOP)]).await;
    assert_eq!((world.declared(1).await, world.missing().await), (declares(2, 1), [2, 1, 1]));
    world.push(&[check_in(2, 1, 1), check_in(3, 1, 2), close(4, 1, 2, 1)]).await;
    assert_eq!((world.declared(1).await, world.missing().await), (declares(2, 1), [0, 1, 1]));
}

#[tokio::test]
async fn all_at_once_is_not_doubled_either() {
    let world = World::new().await;
    world.told(1, 2, 0).await;
    let all = [create(1, 1, SHOP), check_in(2, 1, 1), check_in(3, 1, 2), close(4, 1, 2, 0)];
    world.push(&all).await;
    assert_eq!(world.declared(1).await, declares(2, 0));
    assert_eq!(world.missing().await, [0, 0, 0]);
    assert_eq!(world.get("zhang", "/closings").await["items"][0]["told"], "arrived");
}

#[tokio::test]
async fn every_closing_of_a_phone_settles_its_own_code() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    world.told(1, 2, 0).await;
    world.told(1, 3, 0).await;
    // Whether one phone closed twice or two phones once cannot be told: until then, both count.
    assert_eq!(world.declared(1).await, declares(5, 0));
    world.push(&[check_in(2, 1, 1), check_in(3, 1, 2), close(4, 1, 2, 0)]).await;
    assert_eq!(world.declared(1).await, declares(5, 0));
    world.push(&[check_in(5, 1, 3), close(6, 1, 3, 0)]).await;
    assert_eq!(world.declared(1).await, declares(3, 0), "the phone's last word alone");
    assert_eq!(world.missing().await, [0, 0, 0]);
}

#[tokio::test]
async fn several_phones_close_one_session() {
    let world = World::new().await;
    world.account("li", SHOP, Role::Organizer).await;
    world.push(&[create(1, 1, SHOP)]).await;
    world.told(1, 2, 4).await;
    world.told(1, 1, 0).await;
    assert_eq!((world.declared(1).await, world.missing().await), (declares(3, 4), [3, 4, 2]));
    world.push(&[check_in(2, 1, 1), check_in(3, 1, 2), close(4, 1, 2, 4)]).await;
    assert_eq!((world.declared(1).await, world.missing().await), (declares(3, 4), [1, 4, 2]));
    let other = [check_in(11, 1, 3), close(12, 1, 1, 0)];
    assert_eq!(outcomes(&world.push_as("li", Some(2), &other).await.ok()), ["ok", "ok"]);
    assert_eq!((world.declared(1).await, world.missing().await), (declares(3, 4), [0, 4, 1]));
}

#[tokio::test]
async fn a_closing_that_was_taken_back_still_stands_for_its_code() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    world.told(1, 2, 0).await;
    let void = change(3, "void", Some(1), json!({ "targets": [id(2)] }));
    world.push(&[close(2, 1, 2, 0), void]).await;
    assert_eq!(world.declared(1).await, declares(0, 0));
}

#[tokio::test]
async fn of_two_that_are_one_the_code_goes_along() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP), create(2, 2, SHOP)]).await;
    world.told(2, 4, 0).await;
    let alias = change(3, "session_alias", None, json!({ "a": session_id(1), "b": session_id(2) }));
    world.push(&[alias]).await;
    assert_eq!((world.declared(1).await, world.missing().await), (declares(4, 0), [4, 0, 1]));
    // Told only now, by the id that the phone knows; shown is the one that stands.
    assert_eq!(world.told(2, 5, 0).await["session"]["id"], session_id(1));
    assert_eq!(world.declared(1).await, declares(9, 0));
    world.push(&[close(4, 2, 4, 0), close(5, 2, 5, 0)]).await;
    assert_eq!(world.declared(1).await, declares(5, 0));
}

#[tokio::test]
async fn sessions_of_others_are_refused() {
    let world = World::new().await;
    world.account("li", OTHER_PLANT, Role::Manager).await;
    world.account("wang", SHOP, Role::Viewer).await;
    world.push(&[create(1, 1, SHOP)]).await;
    for login in ["li", "wang"] {
        let refused = world.type_in(login, &code(1, 3, 0)).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"), "{login}");
        let path = format!("/api/v1/closings/{}", code(1, 3, 0));
        assert_eq!(world.ask(Method::GET, &path, &format!("login-{login}")).await.code(), "forbidden");
    }
    let by_push = world.post("/api/v1/closings", "push-zhang", &json!({ "code": code(1, 3, 0) })).await;
    assert_eq!(by_push.code(), "forbidden");
    // Told before the session is known, it waits; but it never counts for somebody else's session.
    assert_eq!(world.type_in("li", &code(2, 3, 0)).await.ok()["told"], "waiting");
    world.push(&[create(2, 2, SHOP)]).await;
    assert_eq!(world.declared(2).await, declares(0, 0));
    assert_eq!(world.missing().await, [0, 0, 0]);
    assert_eq!(world.type_in("zhang", &code(2, 3, 0)).await.ok()["told"], "counted");
    assert_eq!(world.declared(2).await, declares(3, 0), "once");
    let of_li = world.get("li", "/closings").await;
    assert_eq!((&of_li["total"], &of_li["items"][0]["told"]), (&json!(1), &json!("waiting")));
}

#[tokio::test]
async fn garbage_is_refused_and_said_to_be() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    let right = code(1, 3, 2);
    for place in 0..right.len() {
        let mut wrong = right.clone().into_bytes();
        let next = ALPHABET.iter().position(|known| *known == wrong[place]).unwrap() + 1;
        wrong[place] = ALPHABET[next % ALPHABET.len()];
        let wrong = String::from_utf8(wrong).unwrap();
        assert_eq!(world.type_in("zhang", &wrong).await.code(), "closing_wrong", "{wrong}");
    }
    for wrong in ["", "7K3M", "结束码", &"0".repeat(12), &"9".repeat(4_000)] {
        let refused = world.type_in("zhang", wrong).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "closing_wrong"), "{wrong}");
    }
    let malformed = world.post("/api/v1/closings", "login-zhang", &json!({ "kode": right })).await;
    assert_eq!(malformed.code(), "malformed");
    assert_eq!(world.number("SELECT count(*) FROM closing").await, 0);
}

#[tokio::test]
async fn of_several_that_fit_one_is_chosen() {
    let world = World::new().await;
    let twin = 1 + 0x1000_0000;
    world.push(&[create(1, 1, SHOP), create(2, twin, SHOP)]).await;
    assert_eq!(code(1, 3, 2), code(twin, 3, 2));
    let refused = world.type_in("zhang", &code(1, 3, 2)).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "closing_ambiguous"));
    let detail = refused.body["detail"].as_str().unwrap();
    for session in [1, twin] {
        assert!(detail.contains(&session_id(session)), "{detail}");
    }
    let look = world.get("zhang", &format!("/closings/{}", code(1, 3, 2))).await;
    assert_eq!(look["sessions"].as_array().unwrap().len(), 2);
    assert_eq!((&look["declared"], &look["typed"]), (&declares(3, 2), &Value::Null));
    let ask = |session| json!({ "code": code(1, 3, 2), "session": session_id(session) });
    let none = world.post("/api/v1/closings", "login-zhang", &ask(5)).await;
    assert_eq!(none.code(), "not_found");
    let item = world.post("/api/v1/closings", "login-zhang", &ask(twin)).await.ok();
    assert_eq!(item["session"]["id"], session_id(twin));
    assert_eq!((world.declared(1).await, world.declared(twin).await), (declares(0, 0), declares(3, 2)));
}

#[tokio::test]
async fn sessions_that_take_no_code_are_named() {
    let world = World::new().await;
    let cancel = change(3, "session_set", Some(1), json!({ "set": { "state": "cancelled" } }));
    world.push(&[create(1, 1, SHOP), create(2, 2, SHOP), cancel]).await;
    let refused = world.type_in("zhang", &code(1, 3, 2)).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::CONFLICT, "closing_unfit"));
    assert!(refused.body["detail"].as_str().unwrap().contains(&session_id(1)));
    for (at_ms, fits) in [(89 * DAY, true), (91 * DAY, false), (-6 * DAY, true), (-9 * DAY, false)] {
        world.at(NOW + at_ms);
        let answer =
            world.ask(Method::GET, &format!("/api/v1/closings/{}", code(2, 1, 1)), "login-zhang").await;
        assert_eq!(answer.status == StatusCode::OK, fits, "{at_ms}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_it_would_do_can_be_seen_before() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    let look = world.get("zhang", &format!("/closings/{}", code(1, 3, 2).to_lowercase())).await;
    assert_eq!(look["code"], code(1, 3, 2));
    assert_eq!(look["sessions"][0]["title"], "宣讲");
    assert_eq!(world.number("SELECT count(*) FROM closing").await, 0);
    let none = world.get("zhang", &format!("/closings/{}", code(7, 3, 2))).await;
    assert_eq!(none["sessions"], json!([]));
    world.told(1, 3, 2).await;
    let again = world.get("zhang", &format!("/closings/{}", code(1, 3, 2))).await;
    assert_eq!(again["typed"]["told"], "counted");
    let elsewhere = world.get("admin", &format!("/closings?org={}", org_id(OTHER_PLANT))).await;
    assert_eq!(elsewhere["total"], 0);
}
