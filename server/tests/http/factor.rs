//! The second factor: set up, asked for at every way in, taken once, switched off.

use crate::world::{Answer, CITY, HOUR, NOW, OTHER_PLANT, PASSWORD, PLANT, SHOP, World, create, outcomes};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::access::grant::Role;
use totp_rs::{Algorithm, Builder, Secret};

const STEP: i64 = 30_000;

/// What an app shows at this time.
pub(crate) fn shown(secret: &str, now_ms: i64) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .build()
        .unwrap();
    totp.generate(u64::try_from(now_ms / 1_000).unwrap()).to_string()
}

/// Sets it up with the code of now; gives the secret and the recovery codes.
pub(crate) async fn enrol(world: &World, login: &str, now_ms: i64) -> (String, Vec<String>) {
    let token = format!("login-{login}");
    let begun = world.post("/api/v1/me/factor", &token, &json!({})).await.ok();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let code = json!({ "code": shown(&secret, now_ms) });
    let codes = world.post("/api/v1/me/factor/confirm", &token, &code).await.ok()["codes"].clone();
    (secret, serde_json::from_value(codes).unwrap())
}

async fn log_in(world: &World, login: &str, code: Option<&str>) -> Answer {
    let body = json!({ "login": login, "password": PASSWORD, "code": code });
    world.post("/api/v1/login", "none", &body).await
}

async fn details(world: &World, act: &str) -> Vec<Value> {
    let page = world.ask(Method::GET, &format!("/api/v1/audit?act={act}"), "login-admin").await.ok();
    let detail = |item: &Value| serde_json::from_str(item["detail"].as_str().unwrap()).unwrap();
    page["items"].as_array().unwrap().iter().map(detail).collect()
}

#[tokio::test]
async fn once_it_is_on_a_password_alone_lets_nobody_in() {
    let world = World::new().await;
    let begun = world.post("/api/v1/me/factor", "login-admin", &json!({})).await.ok();
    assert!(begun["url"].as_str().unwrap().starts_with("otpauth://totp/Jiangdao:admin?secret="));
    log_in(&world, "admin", None).await.ok();
    let wrong = world.post("/api/v1/me/factor/confirm", "login-admin", &json!({ "code": "000000" })).await;
    assert_eq!(wrong.code(), "second_factor_wrong", "nothing is on by a wrong code");
    let (secret, codes) = enrol(&world, "admin", NOW).await;
    assert_eq!(codes.len(), 8);
    let me = world.ask(Method::GET, "/api/v1/me", "login-admin").await.ok();
    assert_eq!((me["factor_ms"].as_i64(), me["recovery_left"].as_u64()), (Some(NOW), Some(8)));
    assert_eq!(world.post("/api/v1/me/factor", "login-admin", &json!({})).await.code(), "bad_value");
    for none in [None, Some(""), Some(" ")] {
        let asked = log_in(&world, "admin", none).await;
        assert_eq!((asked.code(), asked.status), ("second_factor_needed", StatusCode::UNAUTHORIZED));
    }
    assert_eq!(log_in(&world, "admin", Some("123")).await.code(), "second_factor_wrong");
    // That which confirmed it was taken then; the next one is taken once.
    assert_eq!(log_in(&world, "admin", Some(&shown(&secret, NOW))).await.code(), "second_factor_wrong");
    world.at(NOW + HOUR);
    let next = shown(&secret, NOW + HOUR);
    log_in(&world, "admin", Some(&next)).await.ok();
    assert_eq!(log_in(&world, "admin", Some(&next)).await.code(), "second_factor_wrong");
    // A wrong password says nothing of a second factor.
    let body = json!({ "login": "admin", "password": "wrong", "code": next });
    assert_eq!(world.post("/api/v1/login", "none", &body).await.code(), "bad_credentials");
    // Nobody else is asked.
    log_in(&world, "zhang", None).await.ok();
    assert_eq!(details(&world, "factor_on").await, [json!({ "login": "admin" })]);
    assert_eq!(details(&world, "login").await[1]["factor"], "app");
    let refused = details(&world, "login_refused").await;
    assert_eq!(refused.iter().filter(|one| one["factor"] == "wrong").count(), 3, "{refused:?}");
    let all = world.ask(Method::GET, "/api/v1/audit", "login-admin").await.ok().to_string();
    for hidden in [&secret, &next, &codes[0]] {
        assert!(!all.contains(hidden.as_str()), "no secret in the audit");
    }
}

#[tokio::test]
async fn clocks_may_differ_by_a_step_and_no_more() {
    let world = World::new().await;
    let (secret, _) = enrol(&world, "admin", NOW).await;
    let now = NOW + HOUR;
    world.at(now);
    for off in [-2, 2] {
        let code = shown(&secret, now + off * STEP);
        assert_eq!(log_in(&world, "admin", Some(&code)).await.code(), "second_factor_wrong", "{off}");
    }
    for off in [-1, 0, 1] {
        log_in(&world, "admin", Some(&shown(&secret, now + off * STEP))).await.ok();
    }
    // Of a step before the last one that was taken, though it would be in time.
    let before = shown(&secret, now);
    assert_eq!(log_in(&world, "admin", Some(&before)).await.code(), "second_factor_wrong");
}

#[tokio::test]
async fn a_recovery_code_lets_in_once() {
    let world = World::new().await;
    let (_, codes) = enrol(&world, "admin", NOW).await;
    log_in(&world, "admin", Some(&codes[0])).await.ok();
    assert_eq!(log_in(&world, "admin", Some(&codes[0])).await.code(), "second_factor_wrong");
    log_in(&world, "admin", Some(&codes[1].to_uppercase().replace('-', ""))).await.ok();
    let me = world.ask(Method::GET, "/api/v1/me", "login-admin").await.ok();
    assert_eq!(me["recovery_left"], 6);
    assert_eq!(details(&world, "login").await[0]["factor"], "recovery");
}

#[tokio::test]
async fn codes_are_not_found_by_trying() {
    let world = World::new().await;
    let (secret, _) = enrol(&world, "admin", NOW).await;
    // Being asked counts as well: it tells that the password is right.
    assert_eq!(log_in(&world, "admin", None).await.code(), "second_factor_needed");
    for n in 0..5 {
        let code = log_in(&world, "admin", Some(&format!("00000{n}"))).await;
        assert_eq!(code.code(), "second_factor_wrong");
    }
    world.at(NOW + 1_000);
    let right = shown(&secret, NOW + STEP);
    assert_eq!(log_in(&world, "admin", Some(&right)).await.code(), "too_many");
    // Nor by changing the password between two tries.
    let change = json!({ "old": PASSWORD, "new": PASSWORD });
    assert_eq!(world.post("/api/v1/me/password", "login-admin", &change).await.code(), "too_many");
    world.at(NOW + 2_000);
    log_in(&world, "admin", Some(&right)).await.ok();
    assert_eq!(log_in(&world, "admin", Some("000000")).await.code(), "second_factor_wrong", "anew");
}

#[tokio::test]
async fn a_code_that_came_to_nothing_is_not_used_up() {
    let world = World::new().await;
    let (secret, _) = enrol(&world, "admin", NOW).await;
    world.push(&[create(1, 1, PLANT)]).await;
    world.at(NOW + STEP);
    let code = shown(&secret, NOW + STEP);
    let foreign = json!({ "login": "admin", "password": PASSWORD, "code": code, "replica": crate::world::replica_id(1) });
    assert_eq!(world.post("/api/v1/login", "none", &foreign).await.code(), "replica_foreign");
    log_in(&world, "admin", Some(&code)).await.ok();
}

#[tokio::test]
async fn a_link_sets_a_password_and_leaves_it_on() {
    let world = World::new().await;
    world.account("zhao", PLANT, Role::Viewer).await;
    let (secret, _) = enrol(&world, "zhao", NOW).await;
    let listed = world.ask(Method::GET, "/api/v1/accounts?q=zhao", "login-admin").await.ok();
    let item = &listed["items"][0];
    assert_eq!((&item["factor"], &item["may_reset"]), (&json!(true), &json!(true)));
    let link = format!("/api/v1/accounts/{}/link", item["id"].as_str().unwrap());
    let made = world.post(&link, "login-admin", &json!({})).await.ok();
    let token = made["path"].as_str().unwrap().strip_prefix("/desk/enter#").unwrap().to_owned();
    let enter = |code: Option<String>| {
        let body = json!({ "token": token, "password": "three walls of brick", "code": code });
        let world = &world;
        async move { world.post("/api/v1/enter", "", &body).await }
    };
    world.at(NOW + STEP);
    assert_eq!(enter(None).await.code(), "second_factor_needed");
    assert_eq!(enter(Some("000000".to_owned())).await.code(), "second_factor_wrong");
    enter(Some(shown(&secret, NOW + STEP))).await.ok();
    let login = json!({ "login": "zhao", "password": "three walls of brick" });
    assert_eq!(world.post("/api/v1/login", "none", &login).await.code(), "second_factor_needed");
}

#[tokio::test]
async fn a_link_for_a_phone_is_no_way_around_it() {
    let world = World::new().await;
    let id = world.ask(Method::GET, "/api/v1/accounts?q=zhang", "login-admin").await.ok()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = format!("/api/v1/accounts/{id}/link");
    let before = world.post(&link, "login-admin", &json!({})).await.ok();
    let token = before["path"].as_str().unwrap().strip_prefix("/join/again#").unwrap().to_owned();
    enrol(&world, "zhang", NOW).await;
    let join = json!({ "invite": token, "replica": crate::world::replica_id(8) });
    assert_eq!(world.post("/api/v1/join", "", &join).await.code(), "invite_ended");
    let after = world.post(&link, "login-admin", &json!({})).await.ok();
    assert!(after["path"].as_str().unwrap().starts_with("/desk/enter#"), "{after}");
}

#[tokio::test]
async fn it_goes_off_with_password_and_code_or_by_who_may_give_links() {
    let world = World::new().await;
    world.account("manager", PLANT, Role::Manager).await;
    world.account("other", OTHER_PLANT, Role::Manager).await;
    world.account("second", CITY, Role::Admin).await;
    let (secret, codes) = enrol(&world, "manager", NOW).await;
    let end = |password: &'static str, code: String| {
        let (world, body) = (&world, json!({ "password": password, "code": code }));
        async move { world.post("/api/v1/me/factor/end", "login-manager", &body).await }
    };
    world.at(NOW + STEP);
    assert_eq!(end("wrong", shown(&secret, NOW + STEP)).await.code(), "bad_credentials");
    assert_eq!(end(PASSWORD, "000000".to_owned()).await.code(), "second_factor_wrong");
    end(PASSWORD, codes[0].clone()).await.ok();
    assert_eq!(end(PASSWORD, codes[1].clone()).await.code(), "not_found");
    log_in(&world, "manager", None).await.ok();
    // Others': as with links, and never one's own.
    world.at(NOW + 2 * STEP);
    for login in ["manager", "zhang", "admin"] {
        enrol(&world, login, NOW + 2 * STEP).await;
    }
    let reset = |who: &'static str, whose: &'static str| {
        let world = &world;
        async move {
            let found =
                world.ask(Method::GET, &format!("/api/v1/accounts?q={whose}"), "login-second").await.ok();
            let id = found["items"][0]["id"].as_str().unwrap().to_owned();
            world.post(&format!("/api/v1/accounts/{id}/factor/end"), who, &json!({})).await
        }
    };
    assert_eq!(reset("login-other", "zhang").await.code(), "not_found");
    assert_eq!(reset("login-zhang", "zhang").await.code(), "forbidden");
    assert_eq!(reset("login-manager", "manager").await.code(), "forbidden", "one's own");
    assert_eq!(reset("login-manager", "admin").await.code(), "not_found");
    reset("login-manager", "zhang").await.ok();
    assert_eq!(reset("login-manager", "zhang").await.code(), "not_found");
    reset("login-second", "admin").await.ok();
    reset("login-second", "manager").await.ok();
    for login in ["manager", "zhang", "admin"] {
        log_in(&world, login, None).await.ok();
    }
    assert_eq!(world.number("SELECT count(*) FROM second_factor").await, 0);
    assert_eq!(world.number("SELECT count(*) FROM recovery_code").await, 0);
    assert_eq!(details(&world, "factor_off").await.len(), 4);
}

#[tokio::test]
async fn where_it_is_demanded_managers_without_it_can_only_set_it_up() {
    let world = World::new().await;
    world.account("manager", PLANT, Role::Manager).await;
    let demand = json!({ "key": "second_factor", "value": true });
    world.post("/api/v1/settings", "login-admin", &demand).await.ok();
    let ask = |path: &'static str| world.ask(Method::GET, path, "login-manager");
    for path in ["/api/v1/orgs", "/api/v1/coverage", "/api/v1/accounts", "/api/v1/imports"] {
        let refused = ask(path).await;
        assert_eq!((refused.code(), refused.status.as_u16()), ("second_factor_missing", 403), "{path}");
    }
    assert_eq!(
        world.post("/api/v1/settings", "login-admin", &demand).await.code(),
        "second_factor_missing",
        "also of who has set it"
    );
    // What is recorded comes in, and goes out; who only records is not concerned.
    assert_eq!(outcomes(&world.push_as("manager", Some(5), &[create(1, 1, SHOP)]).await.ok()), ["ok"]);
    let scope = format!("org:{}", crate::world::org_id(PLANT));
    assert_eq!(world.pull_from("manager", &scope, 0).await["scopes"][0]["scope"], scope);
    world.ask(Method::GET, "/api/v1/orgs", "login-zhang").await.ok();
    assert_eq!(log_in(&world, "manager", None).await.ok()["enrol"], true);
    assert_eq!(ask("/api/v1/login").await.ok()["enrol"], true);
    assert_eq!(ask("/api/v1/me").await.ok()["demanded"], true);
    enrol(&world, "manager", NOW).await;
    ask("/api/v1/orgs").await.ok();
    assert_eq!(ask("/api/v1/login").await.ok().get("enrol"), None);
    assert_eq!(log_in(&world, "zhang", None).await.ok().get("enrol"), None);
}
