use crate::world::{
    CITY, HOUR, NOW, OTHER_PLANT, PLANT, SHOP, World, check_in, create, org_id, outcomes, replica_id,
};
use axum::http::Method;
use serde_json::{Value, json};
use server::access::grant::Role;

/// Makes an invitation; gives the token.
async fn invite(world: &World, who: &str, org: u128, uses: u32) -> String {
    let asked = json!({ "org": org_id(org), "uses": uses, "days": 7, "note": "早班" });
    let made = world.post("/api/v1/invitations", &format!("login-{who}"), &asked).await.ok();
    made["path"].as_str().unwrap().strip_prefix("/join#").unwrap().to_owned()
}

fn joining(token: &str, name: &str, replica: u128) -> Value {
    json!({ "invite": token, "name": name, "replica": replica_id(replica), "device": "Android Chrome" })
}

async fn join(world: &World, token: &str, name: &str, replica: u128) -> crate::world::Answer {
    world.post("/api/v1/join", "", &joining(token, name, replica)).await
}

async fn managed() -> World {
    let world = World::new().await;
    world.account("manager", PLANT, Role::Manager).await;
    world
}

#[tokio::test]
async fn an_invitation_for_one_lets_one_in_and_is_used_up_by_a_post_alone() {
    let world = managed().await;
    let token = invite(&world, "manager", SHOP, 1).await;
    assert_eq!(
        world.ask(Method::GET, &format!("/api/v1/join?invite={token}"), "").await.code(),
        "method_not_allowed"
    );
    assert_eq!(join(&world, &token, " ", 40).await.code(), "bad_value");
    let joined = join(&world, &token, "张三", 40).await.ok();
    assert_eq!(joined["granted"], json!([format!("org:{}", org_id(SHOP))]));
    assert_eq!((joined["account"]["name"].as_str(), joined.get("waits_for")), (Some("张三"), None));
    // The answer was lost on its way: the same phone comes again, for a while.
    let again = join(&world, &token, "张三", 40).await.ok();
    assert_eq!(again["account"], joined["account"]);
    assert_eq!(world.number("SELECT used FROM invitation").await, 1);
    assert_eq!(join(&world, &token, "李四", 41).await.code(), "invite_ended");
    world.at(NOW + HOUR);
    assert_eq!(join(&world, &token, "张三", 40).await.code(), "invite_ended");
    // It records at once.
    let mut facts = [create(1, 1, SHOP), check_in(2, 1, 1)];
    facts.iter_mut().for_each(|fact| fact["wall_ms"] = json!(NOW + HOUR));
    let push = again["push_token"].as_str().unwrap();
    let body = json!({ "proto": 1, "app": "t", "batch": replica_id(90), "replica": replica_id(40), "epoch": null,
        "wall_ms": NOW, "pending": 0, "changes": facts });
    assert_eq!(outcomes(&world.post("/api/v1/push", push, &body).await.ok()), ["ok", "ok"]);
    // Nobody logs in by a password that was never set.
    let login = json!({ "login": joined["account"]["login"], "password": "" });
    assert_eq!(world.post("/api/v1/login", "", &login).await.code(), "bad_credentials");
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act IN ('invite', 'join')").await, 2);
}

#[tokio::test]
async fn more_than_one_wait_until_somebody_confirms() {
    let world = managed().await;
    let token = invite(&world, "manager", SHOP, 2).await;
    let first = join(&world, &token, "张三", 40).await.ok();
    let second = join(&world, &token, "李四", 41).await.ok();
    assert_eq!(join(&world, &token, "王五", 42).await.code(), "invite_ended", "two were let in");
    for joined in [&first, &second] {
        assert_eq!(joined["granted"], json!([]), "no roster before that");
        assert!(joined["waits_for"].is_string());
    }
    let pull = json!({ "proto": 1, "epoch": null, "limit": 100,
        "scopes": [{ "scope": format!("org:{}", org_id(SHOP)), "cursor": 0 }] });
    let pulled = world.post("/api/v1/pull", first["token"].as_str().unwrap(), &pull).await.ok();
    assert_eq!((&pulled["granted"], &pulled["scopes"]), (&json!([]), &json!([])));
    let id = |joined: &Value| joined["account"]["id"].as_str().unwrap().to_owned();
    let confirm = |who: &'static str, joined: &Value, accept: bool| {
        let path = format!("/api/v1/accounts/{}/confirm", id(joined));
        let world = &world;
        async move { world.post(&path, who, &json!({ "accept": accept })).await }
    };
    assert_eq!(confirm("login-zhang", &first, true).await.code(), "forbidden");
    world.account("other", OTHER_PLANT, Role::Manager).await;
    assert_eq!(confirm("login-other", &first, true).await.code(), "not_found", "nor that anybody waits");
    let listed = world.ask(Method::GET, "/api/v1/accounts", "login-manager").await.ok();
    assert_eq!(
        listed["items"].as_array().unwrap().iter().filter(|item| item["waits_for"].is_string()).count(),
        2
    );
    assert!(listed["items"][0]["waits_for"].is_string(), "those who wait come first");
    confirm("login-manager", &first, true).await.ok();
    confirm("login-manager", &second, false).await.ok();
    assert_eq!(confirm("login-manager", &first, true).await.code(), "not_found", "nobody waits any more");
    let pulled = world.post("/api/v1/pull", first["token"].as_str().unwrap(), &pull).await.ok();
    assert_eq!(pulled["granted"], json!([format!("org:{}", org_id(SHOP))]));
    let pulled = world.post("/api/v1/pull", second["token"].as_str().unwrap(), &pull).await.ok();
    assert_eq!(pulled["granted"], json!([]));
}

#[tokio::test]
async fn an_invitation_ends_by_its_time_or_by_hand() {
    let world = managed().await;
    let token = invite(&world, "manager", SHOP, 5).await;
    let listed = world.ask(Method::GET, "/api/v1/invitations", "login-manager").await.ok();
    let item = &listed["items"][0];
    assert_eq!(
        (item["uses"].as_u64(), item["used"].as_u64(), item["note"].as_str()),
        (Some(5), Some(0), Some("早班"))
    );
    let end = format!("/api/v1/invitations/{}/end", item["id"].as_str().unwrap());
    world.account("other", OTHER_PLANT, Role::Manager).await;
    assert_eq!(world.post(&end, "login-other", &json!({})).await.code(), "not_found");
    world.post(&end, "login-manager", &json!({})).await.ok();
    assert_eq!(join(&world, &token, "张三", 40).await.code(), "invite_ended");
    let late = invite(&world, "manager", SHOP, 1).await;
    world.at(NOW + 7 * 24 * HOUR);
    assert_eq!(join(&world, &late, "张三", 40).await.code(), "invite_ended");
    let bad = json!({ "org": org_id(SHOP), "uses": 0 });
    assert_eq!(world.post("/api/v1/invitations", "login-manager", &bad).await.code(), "bad_value");
    let elsewhere = json!({ "org": org_id(OTHER_PLANT) });
    assert_eq!(world.post("/api/v1/invitations", "login-manager", &elsewhere).await.code(), "not_found");
    assert_eq!(world.post("/api/v1/invitations", "login-zhang", &elsewhere).await.code(), "forbidden");
}

#[tokio::test]
async fn staff_set_their_own_password_by_a_link_for_once() {
    let world = managed().await;
    let new = |login: &str, role: &str, org: u128| json!({ "login": login, "name": "赵姐", "role": role, "org": org_id(org) });
    let post = |who: &'static str, body: Value| {
        let world = &world;
        async move { world.post("/api/v1/accounts", who, &body).await }
    };
    assert_eq!(post("login-manager", new("zhao", "manager", CITY)).await.code(), "not_found");
    assert_eq!(post("login-manager", new("zhao", "admin", PLANT)).await.code(), "forbidden");
    assert_eq!(post("login-manager", new("zhao", "king", PLANT)).await.code(), "bad_value");
    assert_eq!(post("login-manager", new("zhang", "viewer", PLANT)).await.code(), "login_taken");
    assert_eq!(world.number("SELECT count(*) FROM account WHERE login = 'zhao'").await, 0, "all or nothing");
    let made = post("login-manager", new("zhao", "viewer", PLANT)).await.ok();
    let token = made["path"].as_str().unwrap().strip_prefix("/desk/enter#").unwrap().to_owned();
    let enter = |password: &'static str| {
        let (world, body) = (&world, json!({ "token": token, "password": password }));
        async move { world.post("/api/v1/enter", "", &body).await }
    };
    assert_eq!(enter("short").await.code(), "bad_value");
    assert_eq!(enter("password").await.code(), "bad_value");
    let entered = enter("three walls of brick").await;
    assert!(entered.headers["set-cookie"].to_str().unwrap().contains("HttpOnly"));
    assert_eq!(entered.ok()["account"]["login"], "zhao");
    assert_eq!(enter("three walls of brick").await.code(), "invite_ended");
    let login = json!({ "login": "zhao", "password": "three walls of brick" });
    world.post("/api/v1/login", "", &login).await.ok();
    // A new link ends every login of before once it is used; by whoever manages all that the account has.
    let id: String = world.ask(Method::GET, "/api/v1/accounts?q=zhao", "login-manager").await.ok()["items"]
        [0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = format!("/api/v1/accounts/{id}/link");
    assert_eq!(world.post(&link, "login-zhang", &json!({})).await.code(), "forbidden");
    world.post(&link, "login-manager", &json!({})).await.ok();
    let admin: String = world.ask(Method::GET, "/api/v1/accounts?q=admin", "login-admin").await.ok()["items"]
        [0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        world.post(&format!("/api/v1/accounts/{admin}/link"), "login-manager", &json!({})).await.code(),
        "not_found"
    );
}

#[tokio::test]
async fn a_grant_that_is_ended_takes_the_rows_off_and_leaves_the_way_up() {
    let world = managed().await;
    let accounts = world.ask(Method::GET, "/api/v1/accounts?q=zhang", "login-manager").await.ok();
    let grant = &accounts["items"][0]["grants"][0];
    assert_eq!((grant["role"].as_str(), grant["may_end"].as_bool()), (Some("organizer"), Some(true)));
    let end = format!("/api/v1/grants/{}/end", grant["id"]);
    assert_eq!(world.post(&end, "login-zhang", &json!({})).await.code(), "forbidden");
    world.post(&end, "login-manager", &json!({})).await.ok();
    let scope = format!("org:{}", org_id(PLANT));
    assert_eq!(world.pull_from("zhang", &scope, 0).await["granted"], json!([]));
    // What was made before is still taken.
    assert_eq!(outcomes(&world.push(&[create(1, 1, SHOP)]).await), ["ok"]);
    let mut late = check_in(2, 1, 1);
    late["wall_ms"] = json!(NOW + HOUR / 2);
    world.at(NOW + HOUR / 2);
    assert_eq!(outcomes(&world.push(&[late]).await), ["held not_permitted"]);
    let id = accounts["items"][0]["id"].as_str().unwrap();
    let give = format!("/api/v1/accounts/{id}/grants");
    let again = json!({ "role": "organizer", "org": org_id(SHOP), "until_ms": NOW + HOUR });
    assert_eq!(world.post(&give, "login-zhang", &again).await.code(), "forbidden");
    let past = json!({ "role": "organizer", "org": org_id(SHOP), "until_ms": NOW });
    assert_eq!(world.post(&give, "login-manager", &past).await.code(), "bad_value");
    world.post(&give, "login-manager", &again).await.ok();
    let granted = json!([format!("org:{}", org_id(SHOP))]);
    assert_eq!(world.pull_from("zhang", &scope, 0).await["granted"], granted);
    world.at(NOW + HOUR);
    assert_eq!(world.pull_from("zhang", &scope, 0).await["granted"], json!([]));
}

#[tokio::test]
async fn what_comes_from_a_lost_phone_is_held() {
    let world = managed().await;
    world.push(&[create(1, 1, SHOP)]).await;
    let deed = |who: &'static str, deed: &'static str| {
        let (world, path) = (&world, format!("/api/v1/devices/{}", replica_id(1)));
        async move { world.post(&path, who, &json!({ "deed": deed })).await }
    };
    assert_eq!(deed("login-zhang", "lost").await.code(), "forbidden");
    world.account("other", OTHER_PLANT, Role::Manager).await;
    assert_eq!(deed("login-other", "lost").await.code(), "not_found");
    assert_eq!(deed("login-manager", "burn").await.code(), "malformed");
    deed("login-manager", "lost").await.ok();
    assert_eq!(outcomes(&world.push(&[check_in(2, 1, 1)]).await), ["held not_permitted"]);
    let listed = world.ask(Method::GET, "/api/v1/devices", "login-manager").await.ok();
    assert_eq!(listed["items"][0]["lost_ms"], NOW);
    deed("login-manager", "found").await.ok();
    assert_eq!(outcomes(&world.push(&[check_in(3, 1, 2)]).await), ["ok"]);
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'device'").await, 2);
}
