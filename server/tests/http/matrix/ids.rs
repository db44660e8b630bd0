//! Ids of another branch, and ids that nobody has, wherever a route takes one. Nothing of the other branch
//! comes back, nothing there changes, and what is there is refused like what is not.

use super::places::{City, Place, text};
use crate::guard;
use crate::world::{Answer, NOW, World, change, id, org_id, person_id, replica_id, session_id};
use axum::body::Body;
use axum::http::{Method, Request, header};
use fastrand::Rng;
use serde_json::{Value, json};
use server::access::grant::Role;

const SEED: u64 = 20_251_122;
/// Rounds over every route, per role.
const ROUNDS: usize = 12;

/// Routes whose refusal may tell that something is there: who types a closing code in is told that it is
/// another union's, since the code was told to the wrong people (docs/sync.md, "The closing code").
const TOLD: [&str; 2] = ["/api/v1/closings", "/api/v1/closings/{code}"];

/// Ids of a kind at the other plant and at the city.
struct Pool {
    /// What in a path or a body names such an id.
    noun: &'static str,
    there: Vec<String>,
}

fn pools(city: &City) -> Vec<Pool> {
    let foreign = [Place::Sibling, Place::Parent];
    let of = |noun, pick: &dyn Fn(Place) -> String| Pool { noun, there: foreign.map(pick).to_vec() };
    let thing = |at: Place| city.things[at as usize].clone();
    vec![
        of("org", &|at| org_id(at.org())),
        of("session", &|at| session_id(at.session())),
        of("person", &|at| person_id(at.person())),
        of("account", &|at| thing(at).account),
        of("waiting", &|at| thing(at).waiting),
        of("grant", &|at| thing(at).grant),
        of("invitation", &|at| thing(at).invitation),
        of("replica", &|at| replica_id(at.replica())),
        of("held", &|at| thing(at).held),
        of("code", &|at| thing(at).code),
    ]
}

/// What the id in a path is of.
fn noun(path: &str) -> &'static str {
    let nouns = [
        ("/confirm", "waiting"),
        ("/accounts/", "account"),
        ("/grants/", "grant"),
        ("/invitations/", "invitation"),
        ("/sessions/", "session"),
        ("/devices/", "replica"),
        ("/held/", "held"),
        ("/closings/", "code"),
    ];
    nouns.iter().find(|(part, _)| path.contains(part)).map_or("org", |(_, noun)| noun)
}

/// An id of the same form that nothing has.
fn nobodys(rng: &mut Rng, known: &str) -> String {
    if known.bytes().all(|byte| byte.is_ascii_digit()) {
        return rng.u32(1_000_000..2_000_000_000).to_string();
    }
    let mut bytes = known.as_bytes().to_vec();
    // The last twelve digits tell ids of this city apart; so many others are nobody's.
    for byte in bytes.iter_mut().rev().take(10) {
        *byte = b"0123456789abcdef"[rng.usize(..16)];
    }
    let drawn = String::from_utf8(bytes).unwrap();
    if drawn == known { nobodys(rng, known) } else { drawn }
}

/// Damages an id in one way or another.
fn damaged(rng: &mut Rng, known: &str) -> String {
    match rng.u8(..5) {
        0 => known.to_uppercase(),
        1 => known[..rng.usize(..known.len())].to_owned(),
        2 => format!("{known}0"),
        3 => known.replace('-', ""),
        _ => format!("%00{}", known.chars().rev().collect::<String>()),
    }
}

/// A request of a route that names one id wherever it takes one.
fn request(rng: &mut Rng, (method, path): &(Method, String), known: &str) -> Request<Body> {
    let filled: Vec<&str> =
        path.split('/').map(|part| if part.starts_with('{') { known } else { part }).collect();
    let named = ["org", "session", "campaign", "parent", "q", "login"][rng.usize(..6)];
    let octets = path.contains("/imports/") || path.ends_with("/rescue");
    let by_org = octets || path.contains("/exports/");
    let named = if by_org { "org" } else { named };
    let query = if *method == Method::GET || by_org { format!("?{named}={known}") } else { String::new() };
    let body = if octets { "姓名\n新人\n".to_owned() } else { body(rng, path, known).to_string() };
    let kind = if octets { "octet-stream" } else { "json" };
    let body = if *method == Method::GET { Body::empty() } else { Body::from(body) };
    Request::builder()
        .method(method)
        .uri(format!("{}{query}", filled.join("/")))
        .header(header::AUTHORIZATION, "Bearer login-me")
        .header(header::CONTENT_TYPE, format!("application/{kind}"))
        .body(body)
        .unwrap()
}

fn body(rng: &mut Rng, path: &str, known: &str) -> Value {
    if path.ends_with("/push") {
        return pushing(rng, known);
    }
    if path.ends_with("/pull") {
        let scope = |noun: &str| json!({ "scope": format!("{noun}:{known}"), "cursor": 0 });
        return json!({ "proto": 1, "epoch": null, "scopes": [scope("org"), scope("session")] });
    }
    let deed = ["revoke", "lost", "found"][rng.usize(..3)];
    json!({
        "reason": "核对人员", "person": known, "org": known, "code": known, "session": known, "invite": known,
        "token": known, "password": "three walls of brick", "replica": replica_id(950), "device": "机",
        "login": format!("new-{}", rng.u32(..)), "name": "新", "role": "viewer", "uses": 1, "days": 7,
        "accept": rng.bool(), "deed": deed,
    })
}

/// Changes about this id, whatever it is of; some under the replica of somebody else.
fn pushing(rng: &mut Rng, known: &str) -> Value {
    let n = 10_000 + u128::from(rng.u32(..1_000_000_000));
    let own = session_id(1);
    let all = [
        ("check_in", own.as_str(), json!({ "person": known, "method": "tap" })),
        ("check_in", known, json!({ "person": person_id(1), "method": "tap" })),
        ("mark", own.as_str(), json!({ "person": known, "field": "note", "value": "问" })),
        ("void", known, json!({ "targets": [known] })),
        ("person_alias", "", json!({ "a": person_id(1), "b": known })),
        ("session_alias", "", json!({ "a": own, "b": known })),
        ("session_set", known, json!({ "set": { "title": "改", "org": org_id(Place::Own.org()) } })),
        ("session_set", own.as_str(), json!({ "set": { "audience": [known] } })),
        ("session_set", own.as_str(), json!({ "set": { "org": known } })),
        (
            "person_add",
            own.as_str(),
            json!({ "person": { "id": known, "name": "来人", "org": org_id(Place::Own.org()) } }),
        ),
    ];
    let changes = (n..).zip(all).map(|(n, (kind, session, body))| {
        let mut change = change(n, kind, None, body);
        change["seq"] = Value::Null;
        change["session"] = if session.is_empty() { Value::Null } else { json!(session) };
        change
    });
    let replica = if rng.u8(..4) == 0 { known.to_owned() } else { replica_id(80) };
    let changes: Vec<Value> = changes
        .zip(1_u64..)
        .map(|(mut change, seq)| {
            change["seq"] = json!(seq);
            change
        })
        .collect();
    json!({ "proto": 1, "app": "t", "batch": id(9), "replica": replica, "epoch": null, "wall_ms": NOW,
        "pending": 0, "changes": changes })
}

/// Everything of the other branch that somebody could have changed.
async fn others(world: &World) -> Vec<String> {
    const PARTS: [&str; 7] = [
        "SELECT json_array(org_id, account_id, role, from_ms, until_ms) FROM role_grant
         WHERE org_id IN (SELECT org_id FROM org WHERE code IN ('O', 'C')) ORDER BY role_grant_id",
        "SELECT json_array(account_id, state) FROM joiner ORDER BY account_id",
        "SELECT json_array(invitation_id, org_id, ends_ms, used) FROM invitation
         WHERE org_id IN (SELECT org_id FROM org WHERE code IN ('O', 'C')) ORDER BY invitation_id",
        "SELECT json_array(replica_id, lost_ms) FROM replica
         WHERE account_id IN (SELECT account_id FROM account WHERE login IN ('who-mkO', 'who-mkC')) ORDER BY replica_id",
        "SELECT json_array(hex(held_id)) FROM held_decision ORDER BY held_id",
        "SELECT json_array(row_json, totals_json, state_json) FROM session
         WHERE org_id IN (SELECT org_id FROM org WHERE code IN ('O', 'C')) ORDER BY session_id",
        "SELECT json_array(name, staff_no, phone_tail, stands_id IS NULL OR stands_id = person_id) FROM person
         WHERE org_id IN (SELECT org_id FROM org WHERE code IN ('O', 'C')) AND origin = 'roster' ORDER BY person_id",
    ];
    world
        .write(|c| {
            let mut all = Vec::new();
            for part in PARTS {
                let mut found = c.prepare(part)?;
                let rows = found.query_map([], |row| row.get::<_, String>(0))?;
                all.extend(rows.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(all)
        })
        .await
}

fn outcome(answer: &Answer) -> String {
    format!("{} {}", answer.status.as_u16(), answer.body["code"].as_str().unwrap_or_default())
}

/// Whether an answer tells of the other plant or of the city.
fn tells(answer: &Answer, path: &str) -> bool {
    let said = text(answer);
    // A file names the way to an org from the top, which those below it know.
    if path.contains("/exports/") {
        return ["mkO", "mkC", "nmO"].iter().any(|mark| said.contains(mark));
    }
    ["mkO", "mkC", "nmO", "nmC"].iter().any(|mark| said.contains(mark))
}

async fn try_all(role: Role) {
    let city = City::new(role).await;
    let (mut rng, pools) = (Rng::with_seed(SEED), pools(&city));
    let before = others(&city.world).await;
    let mut routes = guard::routes();
    // What ends the login that asks, and what waits longer with each wrong guess.
    routes
        .retain(|(method, path)| !(path == "/api/v1/login" && *method != Method::GET) && path != "/metrics");
    let mut wrong = Vec::new();
    for _ in 0..ROUNDS {
        for route in &routes {
            let wanted = noun(&route.1);
            let pool = match rng.u8(..4) {
                0 => &pools[rng.usize(..pools.len())],
                _ => pools.iter().find(|pool| pool.noun == wanted).unwrap(),
            };
            let known = &pool.there[rng.usize(..pool.there.len())];
            let state = rng.clone();
            let ask = |known: &str| city.world.send(request(&mut state.clone(), route, known));
            let (there, none) = (ask(known).await, ask(&nobodys(&mut rng, known)).await);
            let broken = ask(&damaged(&mut rng, known)).await;
            for answer in [&there, &none, &broken] {
                if tells(answer, &route.1) || answer.status.is_server_error() {
                    wrong.push(format!("{route:?} about a {} tells {}", pool.noun, text(answer)));
                }
            }
            let told = TOLD.contains(&route.1.as_str());
            if !there.status.is_success()
                && !told
                && outcome(&there) != outcome(&none)
                && !foreign_replica(&there)
            {
                let (there, none) = (outcome(&there), outcome(&none));
                wrong.push(format!(
                    "{route:?} about a {}: {there} where there is one, {none} where not",
                    pool.noun
                ));
            }
        }
    }
    // What was pushed is looked at, too.
    for path in ["/sessions", "/roster", "/held", "/devices", "/accounts", "/orgs", "/coverage"] {
        let answer = city.world.ask(Method::GET, &format!("/api/v1{path}"), "login-me").await;
        assert!(!tells(&answer, path), "{path}: {}", text(&answer));
    }
    let list = format!("/api/v1/sessions/{}/attendance", session_id(1));
    assert!(!tells(&city.world.ask(Method::GET, &list, "login-me").await, &list));
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "seed {SEED}, {}: {wrong:#?}", role.word());
    assert_eq!(others(&city.world).await, before, "{}", role.word());
}

/// A replica of somebody else's is said to be one: the phone needs to know (docs/sync.md, "Words").
fn foreign_replica(answer: &Answer) -> bool {
    answer.body["code"] == "replica_foreign"
}

#[tokio::test]
async fn ids_of_others_open_nothing_to_an_organizer() {
    try_all(Role::Organizer).await;
}

#[tokio::test]
async fn ids_of_others_open_nothing_to_a_lecturer() {
    try_all(Role::Lecturer).await;
}

#[tokio::test]
async fn ids_of_others_open_nothing_to_a_viewer() {
    try_all(Role::Viewer).await;
}

#[tokio::test]
async fn ids_of_others_open_nothing_to_a_manager() {
    try_all(Role::Manager).await;
}
