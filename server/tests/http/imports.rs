//! Files of orgs and rosters at the desk: who may bring them, what is shown, what is carried out.

use crate::world::{Answer, CITY, HOUR, NOW, OTHER_PLANT, PLANT, SHOP, World};
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use server::access::grant::Role;
use shared::import::FILE_MAX_BYTES;

const ROSTER: &str = "姓名,工号,班组,手机\n职工1,0001,S,13800138001\n新人,0100,S,\n";

async fn bring(world: &World, login: &str, path: &str, file: &[u8]) -> Answer {
    let request = Request::post(format!("/api/v1/imports/{path}"))
        .header(header::AUTHORIZATION, format!("Bearer login-{login}"))
        .header(header::CONTENT_TYPE, "application/octet-stream");
    world.send(request.body(Body::from(file.to_vec())).unwrap()).await
}

/// A city with a manager of the plant ("wang") beside its organizer and the admin.
async fn world() -> World {
    let world = World::new().await;
    world.account("wang", PLANT, Role::Manager).await;
    world
}

async fn roster(world: &World, login: &str, path: &str) -> Answer {
    world.ask(Method::GET, &format!("/api/v1/roster{path}"), &format!("login-{login}")).await
}

fn counts(answer: &Value) -> [u64; 6] {
    ["added", "changed", "moved", "returned", "left", "same"]
        .map(|what| answer["counts"][what].as_u64().unwrap())
}

#[tokio::test]
async fn a_roster_is_shown_first_and_then_carried_out() {
    let world = world().await;
    let shown = bring(&world, "wang", "roster?org=P&whole=true", ROSTER.as_bytes()).await.ok();
    assert_eq!((shown["done"].clone(), shown["faults"].clone()), (json!(false), json!([])));
    assert_eq!(counts(&shown), [1, 1, 0, 0, 5, 0]);
    assert_eq!(
        (shown["changes"][0]["what"].clone(), shown["changes"][0]["line"].clone()),
        (json!("left"), json!(null))
    );
    let changed = &shown["changes"][5];
    assert_eq!(changed["fields"], json!([{ "field": "phone_tail", "from": "", "to": "8001" }]));
    assert!(!shown.to_string().contains("138001"), "no more of a phone than four digits is sent back");
    assert_eq!(
        world.number("SELECT count(*) FROM roster_entry WHERE until_ms IS NULL").await,
        6,
        "only shown"
    );
    assert_eq!(world.number("SELECT count(*) FROM audit").await, 0);
    world.at(NOW + HOUR);
    let confirm = format!("roster?org=P&whole=true&confirm={}", shown["token"].as_str().unwrap());
    let done = bring(&world, "wang", &confirm, ROSTER.as_bytes()).await.ok();
    assert_eq!(
        (done["done"].clone(), done["token"].clone(), done["counts"].clone()),
        (json!(true), json!(null), shown["counts"].clone())
    );
    let listed = roster(&world, "wang", "?org=P").await.ok();
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!((names, listed["total"].as_u64()), (vec!["职工1", "新人"], Some(2)));
    assert_eq!(world.number("SELECT count(*) FROM roster_entry").await, 7, "who left keeps the past");
    let noted = world
        .write(|c| c.query_row("SELECT act || detail FROM audit", [], |row| row.get::<_, String>(0)))
        .await;
    assert!(
        noted.starts_with("import_roster{") && noted.contains("\"left\":5") && !noted.contains("职工"),
        "{noted}"
    );
    // Done is done: the same again would change nothing, and is another preview's business.
    assert_eq!(bring(&world, "wang", &confirm, ROSTER.as_bytes()).await.code(), "import_changed");
    let again = bring(&world, "wang", "roster?org=P&whole=true", ROSTER.as_bytes()).await.ok();
    assert_eq!(counts(&again), [0, 0, 0, 0, 0, 2]);
}

#[tokio::test]
async fn what_changed_since_the_preview_is_not_carried_out() {
    let world = world().await;
    let shown = bring(&world, "wang", "roster?org=P", ROSTER.as_bytes()).await.ok();
    let token = shown["token"].as_str().unwrap().to_owned();
    let confirm = |query: &str| format!("roster?org=P{query}&confirm={token}");
    let other = ROSTER.replace("新人", "别人");
    assert_eq!(bring(&world, "wang", &confirm(""), other.as_bytes()).await.code(), "import_changed");
    assert_eq!(
        bring(&world, "wang", &confirm("&whole=true"), ROSTER.as_bytes()).await.code(),
        "import_changed"
    );
    let elsewhere = format!("roster?org=S&confirm={token}");
    assert_eq!(bring(&world, "wang", &elsewhere, ROSTER.as_bytes()).await.code(), "import_changed");
    let bad = "姓名,工号\n,0001\n";
    assert_eq!(bring(&world, "wang", &confirm(""), bad.as_bytes()).await.code(), "import_changed");
    world.write(|c| c.execute("UPDATE person SET phone_tail = '0000' WHERE staff_no = '0006'", [])).await;
    assert_eq!(bring(&world, "wang", &confirm(""), ROSTER.as_bytes()).await.code(), "import_changed");
    assert_eq!(world.number("SELECT count(*) FROM roster_entry").await, 6);
    assert_eq!(world.number("SELECT count(*) FROM audit").await, 0);
}

#[tokio::test]
async fn every_bad_line_is_told_in_both_languages() {
    let world = world().await;
    let bad = "花名册\n姓名,工号,车间,电话\n,1,S,\n甲,2,没有,13800138000\n乙,2,,12345\n";
    let shown = bring(&world, "wang", "roster?org=P", bad.as_bytes()).await.ok();
    assert_eq!(
        (shown["token"].clone(), shown["rows"].clone(), counts(&shown)),
        (json!(null), json!(3), [0; 6])
    );
    let lines: Vec<u64> =
        shown["faults"].as_array().unwrap().iter().map(|fault| fault["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5]);
    assert_eq!(
        (shown["faults"][0]["zh"].clone(), shown["faults"][0]["en"].clone()),
        (json!("没有姓名"), json!("no name"))
    );
    assert!(!shown.to_string().contains("13800138000"));
    let png = bring(&world, "wang", "roster?org=P", b"\x89PNG\r\n\x1a\n\0\0").await.ok();
    assert_eq!((png["faults"][0]["line"].clone(), png["token"].clone()), (json!(null), json!(null)));
    let large = bring(&world, "wang", "roster?org=P", &vec![b'x'; FILE_MAX_BYTES + 1]).await;
    assert_eq!(large.code(), "import_too_large");
}

#[tokio::test]
async fn managers_bring_the_rosters_of_their_own_branch() {
    let world = world().await;
    world.account("viewer", CITY, Role::Viewer).await;
    let file = ROSTER.as_bytes();
    for (login, path, code) in [
        ("wang", "roster?org=O", "not_found"),
        ("wang", "roster?org=C", "not_found"),
        ("wang", "roster?org=none", "not_found"),
        ("wang", "roster", "bad_value"),
        ("wang", "roster?org=P&whole=perhaps", "bad_value"),
        ("zhang", "roster?org=P", "forbidden"),
        ("viewer", "roster?org=P", "forbidden"),
        ("nobody", "roster?org=P", "login_expired"),
        ("wang", "orgs", "forbidden"),
        ("zhang", "orgs", "forbidden"),
    ] {
        assert_eq!(bring(&world, login, path, file).await.code(), code, "{login} {path}");
    }
    bring(&world, "wang", "roster?org=S", file).await.ok();
    bring(&world, "admin", "roster?org=O", "姓名\n甲\n".as_bytes()).await.ok();
    // Rights are those of now, also at the second step.
    let shown = bring(&world, "wang", "roster?org=P", file).await.ok();
    world.end_grants("wang", NOW).await;
    let confirm = format!("roster?org=P&confirm={}", shown["token"].as_str().unwrap());
    assert_eq!(bring(&world, "wang", &confirm, file).await.code(), "forbidden");
    let rights = |login: &'static str| world.ask(Method::GET, "/api/v1/imports", login);
    assert_eq!(rights("login-admin").await.ok(), json!({ "roster": true, "orgs": true }));
    assert_eq!(rights("login-wang").await.ok(), json!({ "roster": false, "orgs": false }));
    assert_eq!(rights("push-admin").await.code(), "forbidden");
}

#[tokio::test]
async fn with_a_cookie_it_takes_a_page_of_ours() {
    let world = world().await;
    world
        .write(|c| {
            let hash: [u8; 32] = <sha2::Sha256 as sha2::Digest>::digest("desk").into();
            c.execute(
                "INSERT INTO login (token_hash, account_id, kind, created_ms, ends_ms)
                 SELECT ?1, account_id, 'cookie', 0, ?2 FROM account WHERE login = 'admin'",
                (hash, i64::MAX),
            )
        })
        .await;
    let send = async |origin: Option<&'static str>, kind: &'static str| {
        let mut request = Request::post("/api/v1/imports/roster?org=P")
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::COOKIE, "jiangdao=desk")
            .header(header::CONTENT_TYPE, kind);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        world.send(request.body(Body::from(ROSTER)).unwrap()).await
    };
    let (own, octets) = (Some("http://127.0.0.1:8080"), "application/octet-stream");
    assert_eq!(send(Some("http://elsewhere.example"), octets).await.code(), "origin_foreign");
    assert_eq!(send(None, octets).await.code(), "origin_foreign");
    assert_eq!(send(own, "text/plain").await.code(), "not_json");
    assert_eq!(send(own, "application/json").await.code(), "bad_value");
    assert_eq!(send(own, octets).await.ok()["rows"], 2);
}

#[tokio::test]
async fn the_tree_grows_and_never_shrinks() {
    let world = world().await;
    let file = "编码,名称,级别,上级\nN,新厂,基层工会,C\nS,机修车间,车间,O\n".as_bytes();
    let shown = bring(&world, "admin", "orgs", file).await.ok();
    assert_eq!(counts(&shown), [1, 0, 1, 0, 0, 0]);
    let parent = json!({ "field": "parent", "from": "P P", "to": "O O" });
    assert_eq!(shown["changes"][0]["fields"][1], parent);
    let confirm = format!("orgs?confirm={}", shown["token"].as_str().unwrap());
    assert_eq!(bring(&world, "admin", &confirm, file).await.ok()["done"], true);
    assert_eq!(world.number("SELECT count(*) FROM org").await, 5);
    let ring = "编码,名称,级别,上级\nP,厂,基层工会,P\n".as_bytes();
    let shown = bring(&world, "admin", "orgs", ring).await.ok();
    assert!(shown["faults"][0]["zh"].as_str().unwrap().contains("绕回了自己"));
    // The shop's people went along.
    let counted = roster(&world, "admin", "/counts").await.ok();
    let of = |org: u128| {
        let id = crate::world::org_id(org);
        let found = counted.as_array().unwrap().iter().find(|count| count["org"] == id.as_str()).unwrap();
        (found["own"].as_u64().unwrap(), found["all"].as_u64().unwrap())
    };
    assert_eq!((of(CITY), of(PLANT), of(OTHER_PLANT), of(SHOP)), ((0, 6), (0, 0), (0, 6), (6, 6)));
    assert_eq!(roster(&world, "wang", "/counts").await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn rosters_are_seen_by_those_who_record() {
    let world = world().await;
    world.account("viewer", CITY, Role::Viewer).await;
    assert_eq!(roster(&world, "viewer", "").await.code(), "forbidden");
    assert_eq!(roster(&world, "zhang", "?org=O").await.code(), "not_found");
    let page = roster(&world, "zhang", "?size=2&page=2").await.ok();
    assert_eq!((page["total"].as_u64(), page["items"][0]["staff_no"].as_str()), (Some(6), Some("0003")));
    assert_eq!(
        (page["items"][0]["org_name"].as_str(), page["items"][0]["from_ms"].as_i64()),
        (Some("S"), Some(0))
    );
    for (q, total) in [("工4", 1), ("0005", 1), ("职工", 6), ("%", 0)] {
        let q = q.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        assert_eq!(roster(&world, "zhang", &format!("?q={q}")).await.ok()["total"], total);
    }
}
