//! The rows that the server keeps change by change, through the real push over SQLite, equal
//! `shared::fold` of the same changes; whatever the order, the batches and the repeats. And a
//! phone that pulls after every batch ends with what the snapshot holds.

use crate::world::{
    CITY, HOUR, NOW, OTHER_PLANT, PLANT, ROSTER, SHOP, World, change, id, org_id, person_id, session_id,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::attendance::Standing;
use shared::fold::{Memory, fold};
use shared::id::{OrgId, PersonId, SessionId};
use shared::merge::Stamped;
use shared::session::SessionRow;
use std::cell::Cell;
use std::collections::BTreeMap;

pub(crate) const SESSIONS: u128 = 3;
/// Whoever is above ROSTER is on no roster; one of the roster left it at `LEFT_MS`.
pub(crate) const PERSONS: u128 = ROSTER + 3;
const LEFT: u128 = ROSTER;
const LEFT_MS: i64 = NOW - 5 * HOUR;

/// A change without its number, its replica and its time.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    kind: &'static str,
    session: Option<u128>,
    body: Value,
    /// Places among the drafts, for a void.
    targets: Vec<prop::sample::Index>,
    replica: u128,
    wall_ms: i64,
    /// Sent again after this many batches.
    again: Option<usize>,
}

fn session() -> impl Strategy<Value = u128> {
    1..=SESSIONS
}

fn person() -> impl Strategy<Value = Value> {
    (1..=PERSONS).prop_map(|n| json!(person_id(n)))
}

type Part = (&'static str, Option<u128>, Value, Vec<prop::sample::Index>);

fn fact(kind: &'static str, body: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Part> {
    (session(), body).prop_map(move |(of, body)| (kind, Some(of), body, Vec::new())).boxed()
}

fn alias(kind: &'static str, most: u128, id: fn(u128) -> String) -> BoxedStrategy<Part> {
    (1..=most, 1..most)
        .prop_map(move |(a, by)| {
            let b = (a - 1 + by) % most + 1;
            (kind, None, json!({ "a": id(a), "b": id(b) }), Vec::new())
        })
        .boxed()
}

fn set() -> impl Strategy<Value = Value> {
    let org = prop::sample::select(vec![PLANT, SHOP, OTHER_PLANT]);
    let orgs = prop::collection::vec(prop::sample::select(vec![CITY, SHOP, OTHER_PLANT]), 0..2);
    prop_oneof![
        org.prop_map(|n| json!({ "org": org_id(n) })),
        orgs.prop_map(|all| json!({ "audience": all.into_iter().map(org_id).collect::<Vec<_>>() })),
        (4..7_i64).prop_map(|h| json!({ "starts_ms": NOW - h * HOUR })),
        "[a-c]".prop_map(|title| json!({ "title": title })),
        prop::sample::select(vec!["open", "closed", "cancelled"]).prop_map(|s| json!({ "state": s })),
        (0..9_u32).prop_map(|n| json!({ "expected": n })),
    ]
    .prop_map(|set| json!({ "set": set }))
}

fn part() -> impl Strategy<Value = Part> {
    let method = prop::sample::select(vec!["tap", "paper"]);
    let at = prop::option::of(NOW - 9 * HOUR..NOW);
    let check_in = (person(), method, at).prop_map(|(person, method, at_ms)| match at_ms {
        Some(at_ms) => json!({ "person": person, "method": method, "at_ms": at_ms }),
        None => json!({ "person": person, "method": method }),
    });
    let mark = (person(), any::<bool>(), 0..3_usize).prop_map(|(person, status, which)| {
        let value = if status {
            [json!("late"), json!("excused"), json!(null)]
        } else {
            [json!("甲"), json!("乙"), json!(null)]
        };
        json!({ "person": person, "field": if status { "status" } else { "note" }, "value": value[which] })
    });
    let add = (ROSTER..=PERSONS, "[x-z]").prop_map(
        |(n, name)| json!({ "person": { "id": person_id(n), "name": name, "org": org_id(PLANT) } }),
    );
    let close = (0..9_u32).prop_map(|n| json!({ "declared": { "check_ins": n, "responses": n } }));
    let targets = prop::collection::vec(any::<prop::sample::Index>(), 1..4);
    let of = prop::option::weighted(0.7, session());
    let void = (of, targets).prop_map(|(of, targets)| ("void", of, json!({}), targets));
    prop_oneof![
        8 => fact("check_in", check_in),
        2 => fact("mark", mark),
        3 => fact("person_add", add),
        1 => fact("headcount", (0..9_u32).prop_map(|n| json!({ "count": n }))),
        1 => fact("session_close", close),
        3 => fact("session_set", set()),
        1 => alias("session_alias", SESSIONS, session_id),
        2 => alias("person_alias", PERSONS, person_id),
        5 => void,
    ]
}

pub(crate) fn draft() -> impl Strategy<Value = Draft> {
    (part(), 1..=3_u128, NOW - 10 * HOUR..NOW + HOUR, prop::option::weighted(0.2, 1..5_usize)).prop_map(
        |((kind, session, body, targets), replica, wall_ms, again)| Draft {
            kind,
            session,
            body,
            targets,
            replica,
            wall_ms,
            again,
        },
    )
}

/// All changes in the order of their making: every session is made, the rest is anything.
pub(crate) fn changes(drafts: &[Draft]) -> Vec<(u128, Value, Option<usize>)> {
    let creates = (1..=SESSIONS).map(|n| {
        let set = json!({
            "org": org_id(SHOP), "campaign": id(7), "activity": "lecture", "title": "宣讲",
            "starts_ms": NOW - 4 * HOUR - i64::try_from(n).unwrap() * HOUR,
        });
        (1, change(n, "session_set", Some(n), json!({ "set": set })), None)
    });
    let number = |place: usize| SESSIONS + 1 + u128::try_from(place).unwrap();
    let rest = drafts.iter().enumerate().map(|(place, draft)| {
        let mut body = draft.body.clone();
        if draft.kind == "void" {
            // Rather changes of the session than any: those have an effect.
            let of: Vec<u128> = (0..drafts.len())
                .filter(|other| drafts[*other].session == draft.session && drafts[*other].kind != "void")
                .map(number)
                .collect();
            let pick = |index: &prop::sample::Index| if of.is_empty() { 1 } else { *index.get(&of) };
            body =
                json!({ "targets": draft.targets.iter().map(|index| id(pick(index))).collect::<Vec<_>>() });
        }
        let mut made = change(number(place), draft.kind, draft.session, body);
        made["wall_ms"] = json!(draft.wall_ms);
        (draft.replica, made, draft.again)
    });
    creates.chain(rest).collect()
}

/// What a phone has that applies every row that it is sent.
#[derive(Default)]
struct Phone {
    cursors: BTreeMap<String, u64>,
    rows: BTreeMap<(String, String), Value>,
}

fn scopes() -> Vec<String> {
    let sessions = (1..=SESSIONS).map(|n| format!("session:{}", session_id(n)));
    sessions.chain([format!("org:{}", org_id(CITY))]).collect()
}

impl Phone {
    async fn pull(&mut self, world: &World) {
        loop {
            let ask =
                |scope: &String| json!({ "scope": scope, "cursor": self.cursors.get(scope).unwrap_or(&0) });
            let asked: Vec<Value> = scopes().iter().map(ask).collect();
            let asked = json!({ "proto": 1, "epoch": null, "limit": 9, "scopes": asked });
            let answer = world.post("/api/v1/pull", "login-admin", &asked).await.ok();
            let pages = answer["scopes"].as_array().unwrap();
            for page in pages {
                self.take(page);
            }
            if pages.iter().all(|page| page["more"] == false) {
                break;
            }
        }
    }

    fn take(&mut self, page: &Value) {
        let scope = page["scope"].as_str().unwrap().to_owned();
        for row in page["rows"].as_array().unwrap() {
            let key = (scope.clone(), row["key"].as_str().unwrap().to_owned());
            if row["deleted"] == true {
                self.rows.remove(&key);
            } else {
                self.rows.insert(key, row["body"].clone());
            }
        }
        self.cursors.insert(scope, page["cursor"].as_u64().unwrap());
    }
}

/// Sends everything: consecutive changes of one replica together, some again later.
async fn send(world: &World, all: &[(u128, Value, Option<usize>)], most: usize, phone: &mut Phone) {
    let mut later: Vec<(usize, u128, Value)> = Vec::new();
    let mut rest = all;
    let mut round = 0;
    while let Some((replica, ..)) = rest.first() {
        let run = rest.iter().take(most).take_while(|(other, ..)| other == replica).count();
        let (now, then) = rest.split_at(run);
        rest = then;
        round += 1;
        let mut batch: Vec<Value> = now.iter().map(|(_, change, _)| change.clone()).collect();
        for (replica, change, again) in now {
            later.extend(again.map(|after| (round + after, *replica, change.clone())));
        }
        batch.extend(
            later.iter().filter(|(due, of, _)| *due <= round && of == replica).map(|(.., c)| c.clone()),
        );
        later.retain(|(due, of, _)| *due > round || of != replica);
        world.at(NOW + i64::try_from(round).unwrap());
        let answer = world.push_as("admin", Some(*replica), &batch).await.ok();
        for result in answer["results"].as_array().unwrap() {
            assert!(result["st"] == "ok" || result["st"] == "dup", "{result}");
        }
        phone.pull(world).await;
    }
}

/// What the log holds, with its stamps.
async fn logged(world: &World) -> Vec<Stamped> {
    let read = world.write(|c| {
        let mut found = c.prepare(
            "SELECT change.raw, change.eff_ms, change.tags, replica.id FROM change
             JOIN replica ON replica.replica_id = change.replica_id WHERE state = 'taken'",
        )?;
        let rows = found.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, [u8; 16]>(3)?))
        })?;
        rows.collect::<rusqlite::Result<Vec<_>>>()
    });
    let stamped = |(raw, eff_ms, tags, replica): (String, i64, String, [u8; 16])| Stamped {
        change: shared::change::parse(&serde_json::from_str(&raw).unwrap()).unwrap(),
        eff_ms,
        suspect: tags.contains("time_suspect"),
        replica: shared::id::ReplicaId::from_bytes(replica),
    };
    read.await.into_iter().map(stamped).collect()
}

/// Who persons of the roster are to a session.
fn standing(members: &[PersonId], row: &SessionRow) -> Option<Standing> {
    let org = |n: u128| -> OrgId { org_id(n).parse().unwrap() };
    let expects = if row.audience.is_empty() { vec![row.org] } else { row.audience.clone() };
    let covers = [CITY, PLANT, SHOP].iter().any(|n| expects.contains(&org(*n)));
    let of_roster = |n: &u128| members.contains(&person_id(*n).parse().unwrap());
    let on: Vec<u128> = (1..=ROSTER).filter(of_roster).collect();
    let then = |n: &u128| covers && (*n != LEFT || row.starts_ms < LEFT_MS);
    if on.iter().any(then) {
        return Some(Standing::Expected);
    }
    (!on.is_empty()).then_some(Standing::OffRoster)
}

/// Key → body of every row that the fold of these changes has in these scopes.
fn expected(memory: &Memory) -> (BTreeMap<(String, String), Value>, i64) {
    let mut all = BTreeMap::new();
    let mut roster_present = 0;
    for id in memory.session_ids() {
        let Some(session) = memory.rows(id, |_| None).session else { continue };
        let expected_one = Cell::new(false);
        let rows = memory.rows(id, |members| {
            let standing = standing(members, &session);
            expected_one.set(standing == Some(Standing::Expected));
            standing
        });
        let scope = format!("session:{id}");
        let org = format!("org:{}", org_id(CITY));
        all.insert((org, scope.clone()), serde_json::to_value(&rows.session).unwrap());
        all.insert((scope.clone(), "totals".into()), serde_json::to_value(rows.totals).unwrap());
        for (person, row) in &rows.attendance {
            all.insert((scope.clone(), format!("attendance:{person}")), serde_json::to_value(row).unwrap());
            let known = row.present
                && !row.tags.iter().any(|tag| ["off_roster", "person_unknown"].contains(&tag.wire()));
            roster_present += i64::from(known);
        }
        // Present, neither off the roster nor unknown: expected, or a walk-in.
        roster_present -= i64::from(rows.totals.walk_ins);
        for person in &rows.walk_ins {
            all.insert((scope.clone(), format!("walk_in:{person}")), Value::Null);
        }
    }
    (all, roster_present)
}

/// Without the content of walk-ins, which the fold of the rows does not hold, and without what
/// the org scope holds besides sessions.
fn comparable(rows: BTreeMap<(String, String), Value>) -> BTreeMap<(String, String), Value> {
    let mut rows = rows;
    rows.retain(|(scope, key), _| scope.starts_with("session:") || key.starts_with("session:"));
    for ((_, key), body) in &mut rows {
        if key.starts_with("walk_in:") {
            assert!(body["person"]["name"].is_string(), "{body}");
            *body = Value::Null;
        }
    }
    rows
}

async fn holds(drafts: Vec<Draft>, order: Vec<prop::sample::Index>, most: usize) {
    let world = World::new().await;
    world
        .write(|c| {
            let id: PersonId = person_id(LEFT).parse().unwrap();
            let person = server::person::find(c, id)?.unwrap();
            let org = server::org::find(c, org_id(SHOP).parse().unwrap())?.unwrap();
            server::person::take_off_roster(c, person, org, LEFT_MS)
        })
        .await;
    let mut all = changes(&drafts);
    for (place, index) in order.iter().enumerate().take(all.len()) {
        let other = index.index(all.len());
        all.swap(place, other);
    }
    let mut phone = Phone::default();
    send(&world, &all, most, &mut phone).await;
    let logged = logged(&world).await;
    assert_eq!(logged.len(), all.len());
    let (expected, roster_present) = expected(&fold(&logged));
    let mut snapshot = Phone::default();
    snapshot.pull(&world).await;
    assert_eq!(phone.rows, snapshot.rows, "pulled after every batch | pulled at once");
    assert_eq!(comparable(snapshot.rows), expected, "server | fold");
    assert_eq!(world.number("SELECT sum(roster_present) FROM session").await, roster_present);
    let ahead =
        world.number("SELECT count(*) FROM attendance WHERE shown = 0 AND row_json IS NOT NULL").await;
    assert_eq!(ahead, 0);
    let sessions: Vec<SessionId> = (1..=SESSIONS).map(|n| session_id(n).parse().unwrap()).collect();
    assert!(fold(&logged).session_ids().iter().all(|id| sessions.contains(id)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 10, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_server_keeps_what_the_fold_says(
        drafts in prop::collection::vec(draft(), 1..40),
        order in prop::collection::vec(any::<prop::sample::Index>(), 50),
        most in 1..12_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(holds(drafts, order, most));
    }
}
