//! Bad input gets one clear refusal with a stable code, and nothing is lost or stored by halves.

use super::city::{CAMPAIGN, MORNING_MS, UNION};
use super::{City, Handset, made};
use crate::harness::Done;
use axum::body::Body;
use axum::http::{Request, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use uuid::Uuid;

fn push(changes: &Value) -> Value {
    json!({"proto": 1, "app": "0.1.0", "batch": Uuid::new_v4(), "replica": Uuid::new_v4(), "epoch": null,
           "wall_ms": MORNING_MS, "pending": 1, "changes": changes})
}

fn session(org: &str, seq: u64) -> Value {
    json!({"id": Uuid::now_v7(), "seq": seq, "v": 1, "kind": "session_set", "session": Uuid::now_v7(),
           "wall_ms": MORNING_MS, "offset_ms": 0, "heard_ms": 0, "after": null,
           "body": {"set": {"org": org, "campaign": CAMPAIGN, "activity": "lecture", "title": "宣讲",
                            "starts_ms": MORNING_MS}}})
}

async fn refused(city: &City, request: Request<Body>, status: u16, code: &str) -> Done {
    let answer = city.send(request).await?;
    let body: Value =
        serde_json::from_str(&answer.body).map_err(|_| format!("no problem: {}", answer.body))?;
    assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{body}");
    assert!(answer.json && body["title"].is_string() && body["detail"].is_string());
    assert_eq!(body["status"], status);
    assert!(body["retry"].is_boolean());
    Ok(())
}

fn request(path: &str, token: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
}

#[tokio::test]
async fn every_bad_body_has_its_refusal() -> Done {
    let city = City::new("bad-bodies")?;
    let token = city.token("zhang").await?;
    let path = "/api/v1/push";
    for body in ["", "{", "[]", "{\"proto\":1}", "null", "\u{feff}{}"] {
        refused(&city, request(path, &token).body(Body::from(body))?, 400, "malformed").await?;
    }
    let text = Request::post(path).header(header::CONTENT_TYPE, "text/plain");
    let text = text.header(header::AUTHORIZATION, format!("Bearer {token}"));
    refused(&city, text.body(Body::from("{}"))?, 415, "not_json").await?;
    let ten_megabytes = "x".repeat(10 * 1024 * 1024);
    refused(&city, request(path, &token).body(Body::from(ten_megabytes.clone()))?, 413, "too_large").await?;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..8 {
        bomb.write_all(ten_megabytes.as_bytes())?;
    }
    let bomb = bomb.finish()?;
    assert!(bomb.len() < 1024 * 1024, "small on the wire, 80 MB inflated");
    let request_of =
        |body: Vec<u8>| request(path, &token).header(header::CONTENT_ENCODING, "gzip").body(Body::from(body));
    refused(&city, request_of(bomb)?, 413, "too_large").await?;
    let many: Vec<Value> = (1..=501).map(|seq| json!({"seq": seq})).collect();
    refused(&city, request(path, &token).body(Body::from(push(&json!(many)).to_string()))?, 413, "too_large")
        .await?;
    let answer = city.send(request_of(b"not gzip at all".to_vec())?).await?;
    assert_eq!(answer.status, 400, "{}", answer.body);
    let held: i64 = city.database()?.query_row("SELECT count(*) FROM held", [], |row| row.get(0))?;
    let log: i64 = city.database()?.query_row("SELECT count(*) FROM change", [], |row| row.get(0))?;
    assert_eq!((held, log), (0, 0), "a refused body leaves nothing");
    Ok(())
}

#[tokio::test]
async fn nobody_gets_in_without_a_login_of_their_own() -> Done {
    let city = City::new("logins")?;
    let wrong = json!({"login": "zhang", "password": "wrong", "replica": null, "device": null});
    let unknown = json!({"login": "nobody", "password": "wrong", "replica": null, "device": null});
    for body in [wrong, unknown] {
        refused(
            &city,
            request("/api/v1/login", "").body(Body::from(body.to_string()))?,
            401,
            "bad_credentials",
        )
        .await?;
    }
    let body = || Body::from(push(&json!([])).to_string());
    refused(&city, request("/api/v1/push", "of nobody").body(body())?, 401, "login_expired").await?;
    refused(&city, Request::get("/api/v1/coverage").body(Body::empty())?, 401, "login_expired").await?;
    refused(&city, Request::get("/api/v1/nothing").body(Body::empty())?, 404, "not_found").await?;
    refused(&city, Request::put("/api/v1/push").body(Body::empty())?, 405, "method_not_allowed").await?;
    Ok(())
}

#[tokio::test]
async fn a_replica_of_another_account_is_refused_and_nothing_stored() -> Done {
    let city = City::new("foreign")?;
    let zhang = Handset::new(&city, "zhang").await?;
    let token = city.token("wang").await?;
    let mut body = push(&json!([session(&city.org("130303-001")?.to_string(), 1)]));
    body["replica"] = json!(zhang.phone.identity().replica);
    refused(
        &city,
        request("/api/v1/push", &token).body(Body::from(body.to_string()))?,
        403,
        "replica_foreign",
    )
    .await?;
    let log: i64 = city.database()?.query_row("SELECT count(*) FROM change", [], |row| row.get(0))?;
    assert_eq!(log, 0);
    Ok(())
}

#[tokio::test]
async fn a_desk_of_another_site_cannot_write() -> Done {
    let city = City::new("csrf")?;
    let login = json!({"login": "admin", "password": super::city::PASSWORD, "cookie": true});
    let post = |path: &str| {
        Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::HOST, "127.0.0.1:8080")
    };
    let (head, _) = {
        use tower::ServiceExt;
        let own = post("/api/v1/login").header(header::ORIGIN, "http://127.0.0.1:8080");
        city.router.clone().oneshot(own.body(Body::from(login.to_string()))?).await?.into_parts()
    };
    let cookie = head.headers.get(header::SET_COOKIE).ok_or("no cookie")?.to_str()?.to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
    let body = || Body::from(push(&json!([])).to_string());
    let foreign =
        post("/api/v1/push").header(header::COOKIE, &cookie).header(header::ORIGIN, "http://evil.example");
    refused(&city, foreign.body(body())?, 403, "origin_foreign").await?;
    let without = post("/api/v1/push").header(header::COOKIE, &cookie);
    refused(&city, without.body(body())?, 403, "origin_foreign").await?;
    let own =
        post("/api/v1/push").header(header::COOKIE, &cookie).header(header::ORIGIN, "http://127.0.0.1:8080");
    assert_eq!(city.send(own.body(body())?).await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn one_bad_change_stops_no_other() -> Done {
    let city = City::new("poison")?;
    let token = city.token("zhang").await?;
    let org = city.org(UNION)?.to_string();
    let good = session(&org, 1);
    let mut later = session(&org, 2);
    later["kind"] = json!("session_split");
    let mut newer = session(&org, 3);
    newer["v"] = json!(9);
    let mut odd = session(&org, 4);
    odd["body"]["set"]["starts_ms"] = json!("tomorrow");
    let last = session(&org, 6);
    let changes = json!([good, later, newer, odd, "rubbish", {"seq": 5}, last]);
    let answer = city.post("/api/v1/push", &token, push(&changes).to_string()).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let told: Vec<(&str, Option<&str>)> = answer["results"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|r| (r["st"].as_str().unwrap_or_default(), r["code"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("ok", None),
            ("held", Some("unknown_kind")),
            ("held", Some("unknown_version")),
            ("held", Some("unparseable")),
            ("held", Some("unparseable")),
            ("held", Some("unparseable")),
            ("ok", None)
        ]
    );
    assert_eq!(answer["have"], 6, "held ones count: they are here");
    let again = city.post("/api/v1/push", &token, push(&json!([changes[0], changes[6]])).to_string()).await?;
    let again: Value = serde_json::from_str(&again.body)?;
    assert_eq!(again["results"][0]["st"], "dup");
    assert_eq!(again["results"][0]["seq"], answer["results"][0]["seq"]);
    Ok(())
}

#[tokio::test]
async fn the_same_id_with_other_content_is_held_and_the_first_stands() -> Done {
    let city = City::new("clash")?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    let id = Uuid::now_v7().into();
    zhang.record(&city, id, vec![made::session(city.org(UNION)?, "第一", MORNING_MS)]).await?;
    zhang.sync(&city).await?;
    let raw: String = city.database()?.query_row("SELECT raw FROM change", [], |row| row.get(0))?;
    let token = city.token("zhang").await?;
    let mut other: Value = serde_json::from_str(&raw)?;
    other["body"]["set"]["title"] = json!("第二");
    let answer = city.post("/api/v1/push", &token, push(&json!([other])).to_string()).await?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    assert_eq!(
        (answer["results"][0]["st"].as_str(), answer["results"][0]["code"].as_str()),
        (Some("held"), Some("id_clash"))
    );
    zhang.sync(&city).await?;
    assert_eq!(zhang.phone.session(id).map(|view| view.session.title), Some("第一".to_owned()));
    Ok(())
}
