//! The requests of every released version, replayed byte for byte; and some of a version that
//! does not exist yet.

use super::{Golden, LATER, folder_of, parsed, text};
use crate::harness::Done;
use crate::whole::City;
use serde_json::{Value, json};
use std::path::Path;

/// The pushes in the order in which they are replayed.
const PUSHES: [&str; 3] = ["push_losses", "push", "push_responses"];

/// The results of one push after the other, each as it was told.
pub(super) type Told = Vec<(&'static str, Vec<Value>)>;

/// Sends the pushes of a folder, changed or as they are.
pub(super) async fn replay(
    city: &City,
    folder: &Path,
    bearer: &str,
    change: impl Fn(String) -> Done<String>,
) -> Done<Told> {
    let mut told = Vec::new();
    for name in PUSHES {
        let body = change(text(folder, name)?)?;
        let sent: Value = serde_json::from_str(&body)?;
        let answer = city.post("/api/v1/push", bearer, body).await?;
        assert_eq!(
            (answer.status, answer.json),
            (200, true),
            "{}, {name}: {}",
            folder.display(),
            answer.body
        );
        let answer: Value = serde_json::from_str(&answer.body)?;
        assert_eq!(answer["batch"], sent["batch"], "{name}");
        told.push((name, answer["results"].as_array().ok_or("no results")?.clone()));
    }
    Ok(told)
}

/// Of every result `st` and `code` alone: a place in the log is each server's own.
pub(super) fn expected(told: &Told) -> Value {
    let word = |result: &Value| match result.get("code") {
        Some(code) => json!({"st": result["st"], "code": code}),
        None => json!({"st": result["st"]}),
    };
    let words = |results: &Vec<Value>| results.iter().map(word).collect::<Value>();
    told.iter().map(|(name, results)| ((*name).to_owned(), words(results))).collect()
}

/// What the same server answers when all of it comes again.
fn again(mut told: Told) -> Told {
    for result in told.iter_mut().flat_map(|(_, results)| results) {
        if result["st"] == "ok" {
            result["st"] = json!("dup");
        }
    }
    told
}

/// What staff see of all that came in.
async fn figures(city: &City) -> Done<String> {
    let token = city.token("admin").await?;
    let mut all = vec![city.read(&token, "/api/v1/coverage?org=golden-0").await?];
    let sessions = city.read(&token, "/api/v1/sessions?size=100").await?;
    for session in sessions["items"].as_array().ok_or("no sessions")? {
        let id = session["id"].as_str().ok_or("no id")?;
        all.push(city.read(&token, &format!("/api/v1/sessions/{id}")).await?);
        all.push(city.read(&token, &format!("/api/v1/sessions/{id}/attendance?size=100")).await?);
    }
    all.push(city.read(&token, "/api/v1/held").await?["total"].clone());
    // The org above has another id in every city.
    Ok(Value::Array(all).to_string().replace(&city.org("130302")?.to_string(), "above"))
}

/// Logs in with the bytes of the old version; what came of it by the names that it knew.
async fn log_in(
    city: &City,
    folder: &Path,
    change: impl Fn(String) -> Done<String>,
) -> Done<(String, String)> {
    let answer = city.post("/api/v1/login", "", change(text(folder, "login")?)?).await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer: Value = serde_json::from_str(&answer.body)?;
    let word = |name: &str| answer[name].as_str().filter(|word| !word.is_empty()).map(str::to_owned);
    Ok((word("token").ok_or("no token")?, word("push_token").ok_or("no push token")?))
}

/// The old pull is answered for every org that it asks for.
async fn pull(city: &City, folder: &Path, token: &str, change: impl Fn(String) -> Done<String>) -> Done {
    let answer = city.post("/api/v1/pull", token, change(text(folder, "pull")?)?).await?;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer: Value = serde_json::from_str(&answer.body)?;
    let scopes = |of: &Value| -> Vec<String> {
        let all = of["scopes"].as_array().into_iter().flatten();
        let all = all.filter_map(|part| part["scope"].as_str()).filter(|scope| scope.starts_with("org:"));
        all.map(str::to_owned).collect()
    };
    let asked = scopes(&parsed(folder, "pull")?);
    assert!(!asked.is_empty(), "it asks for an org");
    assert_eq!(scopes(&answer), asked);
    Ok(())
}

/// The losses that the server has noted.
fn losses(city: &City) -> Done<Vec<String>> {
    let conn = city.database()?;
    let mut found = conn.prepare("SELECT kind FROM device_loss ORDER BY kind")?;
    Ok(found.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The losses that the pushes of a folder tell of.
fn reported(folder: &Path) -> Done<Vec<String>> {
    let mut kinds = Vec::new();
    for name in PUSHES {
        let push = parsed(folder, name)?;
        let all = push["losses"].as_array().into_iter().flatten();
        kinds.extend(all.filter_map(|loss| loss["kind"].as_str().map(str::to_owned)));
    }
    kinds.sort();
    Ok(kinds)
}

/// As the bytes lie there.
#[expect(clippy::unnecessary_wraps, reason = "it stands where others may fail")]
fn unchanged(body: String) -> Done<String> {
    Ok(body)
}

/// With fields that nobody knows, in every object at every level.
fn with_more(body: String) -> Done<String> {
    fn more(value: &mut Value) {
        match value {
            Value::Array(all) => all.iter_mut().for_each(more),
            Value::Object(fields) => {
                fields.values_mut().for_each(more);
                fields.insert("of_later".to_owned(), json!({"deep": [1, null, {"新": "字段"}]}));
            }
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_str(&body)?;
    more(&mut value);
    Ok(value.to_string())
}

#[tokio::test]
async fn the_requests_of_every_version_are_taken() -> Done {
    for golden in Golden::all()? {
        let (version, folder) = (&golden.version, &golden.folder);
        let city = golden.city("golden-bytes")?;
        let (token, push_token) = log_in(&city, folder, unchanged).await?;
        let told = replay(&city, folder, &push_token, unchanged).await?;
        assert_eq!(expected(&told), parsed(folder, "expected")?, "{version}");
        assert_eq!(losses(&city)?, reported(folder)?, "{version}: staff are told of every loss");
        pull(&city, folder, &token, unchanged).await?;
        let seen = figures(&city).await?;
        let repeated = replay(&city, folder, &push_token, unchanged).await?;
        assert_eq!(repeated, again(told), "{version}: a repeat is known as one");
        assert_eq!(figures(&city).await?, seen, "{version}: a repeat changes nothing");

        // The same with fields of a later version, on a server that has none of it.
        let city = golden.city("golden-more")?;
        let (token, push_token) = log_in(&city, folder, with_more).await?;
        let told = replay(&city, folder, &push_token, with_more).await?;
        assert_eq!(expected(&told), parsed(folder, "expected")?, "{version}: unknown fields are left aside");
        pull(&city, folder, &token, with_more).await?;
        assert_eq!(figures(&city).await?, seen, "{version}: unknown fields change nothing");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_later_version_sends_is_taken_or_held() -> Done {
    let golden = Golden::read("0.1.0".to_owned())?;
    let (city, folder) = (golden.city("golden-later")?, folder_of(LATER));
    let (token, push_token) = log_in(&city, &folder, unchanged).await?;
    let told = replay(&city, &folder, &push_token, unchanged).await?;
    assert_eq!(expected(&told), parsed(&folder, "expected")?);
    pull(&city, &folder, &token, unchanged).await?;
    assert_eq!(replay(&city, &folder, &push_token, unchanged).await?, again(told));
    assert_eq!(losses(&city)?, ["emptied", "other"], "a loss that nobody knows yet is noted as one");
    Ok(())
}
