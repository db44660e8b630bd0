//! The description of the routes is true: it tells of every route and of none that is not there, and what real
//! requests are answered fits it.

use crate::guard;
use crate::world::{CITY, NOW, PLANT, World, change, check_in, create, org_id, session_id, walk_in};
use axum::http::Method;
use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn description(world: &World) -> Value {
    world.ask(Method::GET, "/api/v1/openapi.json", "none").await.ok()
}

#[tokio::test]
async fn every_route_is_told_of_and_nothing_else() {
    let world = World::new().await;
    let told = description(&world).await;
    let told: BTreeSet<String> = told["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let there: BTreeSet<String> =
        guard::routes().iter().map(|(method, path)| format!("{method} {path}")).collect();
    assert_eq!(there.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new(), "routes without a word");
    assert_eq!(told.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "no route of the server");
}

/// Every schema of the description, in which no field may stand that it does not tell of.
struct Shapes {
    schemas: Schemas,
    compiler: Compiler,
}

impl Shapes {
    fn new(told: &Value) -> Self {
        let mut document = told.clone();
        for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            if schema["properties"].is_object() {
                schema["additionalProperties"] = json!(false);
            }
        }
        let mut compiler = Compiler::new();
        compiler.add_resource("http://test/openapi.json", document).unwrap();
        Self { schemas: Schemas::new(), compiler }
    }

    fn at(&mut self, pointer: &str) -> SchemaIndex {
        let place = format!("http://test/openapi.json#{pointer}");
        self.compiler.compile(&place, &mut self.schemas).unwrap_or_else(|error| panic!("{pointer}: {error}"))
    }

    fn fits(&mut self, pointer: &str, value: &Value) -> Result<(), String> {
        let index = self.at(pointer);
        self.schemas.validate(value, index).map_err(|error| format!("{pointer}: {error:#}"))
    }
}

/// A part of a pointer.
fn token(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

fn answer_of(method: &str, path: &str) -> String {
    format!("/paths/{}/{method}/responses/200/content/application~1json/schema", token(path))
}

#[tokio::test]
async fn what_is_answered_is_as_told() {
    let world = World::new().await;
    let told = description(&world).await;
    let mut shapes = Shapes::new(&told);
    // Every shape can be read, and each that is named is there.
    for name in told["components"]["schemas"].as_object().unwrap().keys() {
        shapes.at(&format!("/components/schemas/{name}"));
    }
    let mut session = create(1, 1, PLANT);
    session["body"]["set"]["lecturers"] = json!([{ "name": "讲", "team": "团" }]);
    let mark = change(
        9,
        "mark",
        Some(1),
        json!({ "person": crate::world::person_id(2), "field": "status", "value": "late" }),
    );
    let close =
        change(10, "session_close", Some(1), json!({ "declared": { "check_ins": 3, "responses": 1 } }));
    let batch =
        [session, check_in(2, 1, 1), check_in(3, 1, 2), walk_in(4, 1, 90), check_in(5, 1, 90), mark, close];
    let pushed = world.push_as("admin", Some(1), &batch).await.ok();
    shapes.fits(&answer_of("post", "/api/v1/push"), &pushed).unwrap();
    let one = session_id(1);
    let token_new = json!({ "name": "夜里汇总", "org": "P", "days": 30 });
    let made = world.post("/api/v1/me/tokens", "login-admin", &token_new).await.ok();
    shapes.fits(&answer_of("post", "/api/v1/me/tokens"), &made).unwrap();
    let pull = json!({ "proto": 1, "epoch": null, "scopes": [{ "scope": format!("org:{}", org_id(CITY)), "cursor": 0 }] });
    let pulled = world.post("/api/v1/pull", "login-admin", &pull).await.ok();
    shapes.fits(&answer_of("post", "/api/v1/pull"), &pulled).unwrap();
    let mut wrong = Vec::new();
    for (path, asked) in [
        ("/api/v1/health", "/api/v1/health".to_owned()),
        ("/api/v1/login", "/api/v1/login".to_owned()),
        ("/api/v1/coverage", "/api/v1/coverage?org=C".to_owned()),
        ("/api/v1/sessions", "/api/v1/sessions".to_owned()),
        ("/api/v1/sessions/{id}", format!("/api/v1/sessions/{one}")),
        ("/api/v1/sessions/{id}/attendance", format!("/api/v1/sessions/{one}/attendance")),
        ("/api/v1/orgs", "/api/v1/orgs".to_owned()),
        ("/api/v1/campaigns", "/api/v1/campaigns".to_owned()),
        ("/api/v1/me", "/api/v1/me".to_owned()),
        ("/api/v1/me/tokens", "/api/v1/me/tokens".to_owned()),
        ("/api/v1/settings", "/api/v1/settings".to_owned()),
        ("/api/v1/exports/jobs", "/api/v1/exports/jobs".to_owned()),
        ("/api/v1/report/template", "/api/v1/report/template".to_owned()),
        ("/api/v1/imports", "/api/v1/imports".to_owned()),
        ("/api/v1/accounts", "/api/v1/accounts".to_owned()),
        ("/api/v1/audit", "/api/v1/audit".to_owned()),
    ] {
        let answer = world.ask(Method::GET, &asked, "login-admin").await.ok();
        wrong.extend(shapes.fits(&answer_of("get", path), &answer).err());
    }
    let refused = world.ask(Method::GET, "/api/v1/sessions/none", "login-admin").await;
    wrong.extend(shapes.fits("/components/schemas/Problem", &refused.body).err());
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What does not fit is noticed.
    assert!(shapes.fits("/components/schemas/Problem", &json!({ "type": "x" })).is_err());
    assert!(shapes.fits("/components/schemas/Org", &json!(null)).is_err());
}

#[tokio::test]
async fn the_page_for_people_has_no_script() {
    let world = World::new().await;
    let (headers, page) = world.text("/api/v1/docs").await;
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/html"));
    for (_, path) in guard::routes() {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
    }
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("http://"));
}

#[tokio::test]
async fn a_read_token_reads_until_its_end_and_is_told_once() {
    let world = World::new().await;
    let new = |name: &str, org: &str, days: u32| json!({ "name": name, "org": org, "days": days });
    let path = "/api/v1/me/tokens";
    for (body, status) in [
        (new("", "P", 30), 400),
        (new("a", "P", 0), 400),
        (new("a", "P", 367), 400),
        (new("a", "O", 30), 404),
    ] {
        assert_eq!(world.post(path, "login-zhang", &body).await.status, status, "{body}");
    }
    let made = world.post(path, "login-zhang", &new("夜里汇总", "P", 366)).await.ok();
    let token = made["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("jdr_") && token.len() == 68, "{token}");
    world.ask(Method::GET, "/api/v1/coverage", &token).await.ok();
    let list = world.ask(Method::GET, path, "login-zhang").await.ok();
    let item = &list["items"][0];
    assert_eq!(
        (&item["name"], &item["org"], &item["used_ms"]),
        (&json!("夜里汇总"), &json!("P"), &json!(NOW))
    );
    assert!(!list.to_string().contains(&token), "it is told once");
    let kept = "SELECT count(*) FROM read_token WHERE instr(CAST(token_hash AS TEXT), 'jdr_') > 0 OR length(token_hash) <> 32";
    assert_eq!(world.number(kept).await, 0, "kept as a hash");
    // Of another's account it is neither seen nor ended.
    let end = format!("{path}/{}/end", item["id"].as_str().unwrap());
    assert_eq!(world.post(&end, "login-admin", &json!({})).await.status, 404);
    // It is worth what its maker may see, no more.
    world.end_grants("zhang", NOW).await;
    assert_eq!(world.ask(Method::GET, "/api/v1/coverage", &token).await.status, 403);
    let other = world.post(path, "login-admin", &new("b", "C", 1)).await.ok();
    let other = other["token"].as_str().unwrap();
    world.ask(Method::GET, "/api/v1/coverage", other).await.ok();
    world.at(NOW + 24 * 3_600_000);
    assert_eq!(world.ask(Method::GET, "/api/v1/coverage", other).await.code(), "login_expired");
    world.post(&end, "login-zhang", &json!({})).await.ok();
    assert_eq!(world.ask(Method::GET, "/api/v1/coverage", &token).await.code(), "login_expired");
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'read_token'").await, 3);
}
