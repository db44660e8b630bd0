use crate::world::{Answer, HOUR, NOW, SHOP, World, check_in, create, id, outcomes, replica_id, session_id};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use rusqlite::types::ValueRef;
use serde_json::{Value, json};
use server::access::grant::Role;
use shared::form::DEFAULT_FORM;
use shared::phone::numbered;
use shared::rescue::FILE_MAX_BYTES;
use shared::sealed::{Key, hex, place, stored};
use shared::stamp::day_ms;
use uuid::Uuid;

fn answered(n: u128) -> Value {
    let id = Uuid::from_u128(0xaaaa_bbbb_cccc_4ddd_8eee_0000_0000_0000 + n);
    json!({
        "id": id.to_string(), "seq": null, "v": 1, "kind": "response", "session": session_id(1),
        "wall_ms": day_ms(NOW), "offset_ms": 0, "heard_ms": 0, "after": null,
        "body": { "form": DEFAULT_FORM.to_string(), "version": 1, "via": "phone", "answers": { "understood": 5 } },
    })
}

/// What a phone of this account could not send.
fn part(login: &str, replica: u128, changes: &[Value], responses: &[Value]) -> Value {
    json!({
        "account": { "id": id(0x9000 + replica), "login": login, "name": login },
        "push_token": format!("push-{login}"),
        "replicas": [{ "replica": replica_id(replica), "changes": changes }], "responses": responses,
    })
}

fn content(parts: &[Value]) -> Vec<u8> {
    json!({ "v": 1, "app": "0.1.0", "made_ms": NOW, "parts": parts }).to_string().into_bytes()
}

fn sealed(world: &World, content: &[u8]) -> Vec<u8> {
    seal::seal(&world.app.rescue.public(), content).unwrap()
}

async fn bring(world: &World, token: &str, file: Vec<u8>) -> Answer {
    let request = Request::post("/api/v1/rescue")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/octet-stream");
    world.send(request.body(Body::from(file)).unwrap()).await
}

/// Everything that the database holds, but for logins of the desk.
async fn everything(world: &World) -> String {
    let all = world.write(|c| {
        let mut tables = c.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?;
        let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut text = String::new();
        for name in names {
            let mut found = c.prepare(&format!("SELECT * FROM \"{name}\""))?;
            let columns = found.column_count();
            let mut rows = found.query([])?;
            while let Some(row) = rows.next()? {
                text += &format!("\n{name}");
                for column in 0..columns {
                    text += &match row.get_ref(column)? {
                        ValueRef::Text(words) => format!(" {}", String::from_utf8_lossy(words)),
                        other => format!(" {other:?}"),
                    };
                }
            }
        }
        Ok(text)
    });
    all.await
}

#[tokio::test]
async fn a_file_goes_in_once_under_its_author() {
    let world = World::new().await;
    // The device had told of three unsent, and was not heard of since.
    let told = json!({ "proto": 1, "app": "0.1.0", "batch": id(9), "replica": replica_id(1), "epoch": null,
        "wall_ms": NOW, "pending": 3, "changes": [] });
    world.post("/api/v1/push", "push-zhang", &told).await.ok();
    world.at(NOW + HOUR);
    let changes = [create(1, 1, SHOP), check_in(2, 1, 1), check_in(3, 1, 2)];
    let responses: Vec<Value> = (1..=5).map(answered).collect();
    let file = sealed(&world, &content(&[part("zhang", 1, &changes, &responses)]));
    let first = bring(&world, "login-admin", file.clone()).await.ok();
    assert_eq!(first, json!({ "taken": 8, "dup": 0, "held": 0, "refused": [] }));
    let author = "SELECT count(*) FROM change JOIN replica USING (replica_id) JOIN account USING (account_id)
                  WHERE login = 'zhang' AND state = 'taken'";
    assert_eq!(world.number(author).await, 3);
    assert_eq!(world.number("SELECT present FROM session").await, 2);
    assert_eq!(world.number("SELECT response FROM session").await, 5);
    assert_eq!(world.number("SELECT pending FROM replica").await, 0);
    assert_eq!(world.number("SELECT last_seen_ms FROM replica").await, NOW, "no contact of the device");
    let before = world.number("SELECT value FROM counter").await;
    let again = bring(&world, "login-admin", file).await.ok();
    assert_eq!(again, json!({ "taken": 0, "dup": 8, "held": 0, "refused": [] }));
    assert_eq!(world.number("SELECT value FROM counter").await, before, "nothing new was given out");
    // The phone has a connection again, and sends what it still has.
    let own = world.push(&changes).await;
    assert_eq!((outcomes(&own), own["have"].as_u64()), (vec!["dup".to_owned(); 3], Some(3)));
    assert_eq!(outcomes(&world.push_as("zhang", None, &responses).await.ok()), ["dup"; 5]);
    assert_eq!(world.number("SELECT present FROM session").await, 2);
}

#[tokio::test]
async fn what_is_imported_of_responses_leaves_no_trace_of_who_and_when() {
    let world = World::new().await;
    world.push(&[create(1, 1, SHOP)]).await;
    world.at(NOW + HOUR);
    let file = sealed(&world, &content(&[part("zhang", 1, &[], &[answered(1), answered(2)])]));
    assert_eq!(bring(&world, "login-admin", file).await.ok()["taken"], 2);
    let all = everything(&world).await;
    let lines = |about: &str| all.lines().filter(|line| line.starts_with(about)).collect::<Vec<_>>();
    assert_eq!(lines("response ").len(), 2);
    let detail = json!({ "login": "zhang", "changes": 0 });
    let noted = format!("audit Integer(1) Integer({}) Integer(2) rescue {detail} Blob(", NOW + HOUR);
    let audit = lines("audit ");
    assert!(audit.len() == 1 && audit[0].starts_with(&noted), "{audit:?}: and the hash of that");
    // The moment stands nowhere else.
    let moment = (NOW + HOUR).to_string();
    let told: Vec<&str> =
        all.lines().filter(|line| line.contains(&moment) && !line.starts_with("audit ")).collect();
    assert_eq!(told, [""; 0]);
}

#[tokio::test]
async fn a_part_that_proves_nothing_stays_out_and_the_others_go_in() {
    let world = World::new().await;
    world.account("li", SHOP, Role::Organizer).await;
    world.push(&[create(1, 1, SHOP)]).await;
    let mut unknown = part("wang", 3, &[check_in(2, 1, 1)], &[answered(1)]);
    unknown["push_token"] = json!("a token of another server");
    // Its second replica is zhang's: nothing of the first one stays either.
    let mut foreign = part("li", 2, &[check_in(3, 1, 2)], &[]);
    let zhangs = json!({ "replica": replica_id(1), "changes": [check_in(4, 1, 3)] });
    foreign["replicas"].as_array_mut().unwrap().push(zhangs);
    let good = part("zhang", 1, &[check_in(5, 1, 4)], &[]);
    let file = sealed(&world, &content(&[unknown, foreign, good]));
    for taken in [(1, 0), (0, 1)] {
        let answer = bring(&world, "login-admin", file.clone()).await.ok();
        assert_eq!((answer["taken"].as_u64(), answer["dup"].as_u64()), (Some(taken.0), Some(taken.1)));
        let refused = json!([
            { "login": "wang", "count": 2, "code": "rescue_unproven" },
            { "login": "li", "count": 2, "code": "replica_foreign" },
        ]);
        assert_eq!(answer["refused"], refused);
    }
    assert_eq!(world.number("SELECT count(*) FROM change").await, 2);
    assert_eq!(world.number("SELECT count(*) FROM replica").await, 1);
    assert_eq!(world.number("SELECT count(*) FROM response").await, 0);
}

#[tokio::test]
async fn staff_bring_files_and_nobody_else() {
    let world = World::new().await;
    let file = sealed(&world, &content(&[part("zhang", 1, &[create(1, 1, SHOP)], &[])]));
    for (token, code) in
        [("login-zhang", "forbidden"), ("push-admin", "forbidden"), ("none", "login_expired")]
    {
        assert_eq!(bring(&world, token, file.clone()).await.code(), code, "{token}");
    }
    let cookie = |origin: &'static str, kind: &'static str| {
        let request = Request::post("/api/v1/rescue")
            .header(header::HOST, "127.0.0.1:8080")
            .header(header::ORIGIN, origin)
            .header(header::COOKIE, "jiangdao=desk")
            .header(header::CONTENT_TYPE, kind);
        request.body(Body::from(file.clone())).unwrap()
    };
    world
        .write(|c| {
            let hash: [u8; 32] =
                sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new_with_prefix("desk")).into();
            c.execute(
                "INSERT INTO login (token_hash, account_id, kind, created_ms, ends_ms)
                 SELECT ?1, account_id, 'cookie', 0, ?2 FROM account WHERE login = 'admin'",
                (hash, i64::MAX),
            )
        })
        .await;
    let octets = "application/octet-stream";
    let foreign = world.send(cookie("http://elsewhere.example", octets)).await;
    assert_eq!(foreign.code(), "origin_foreign");
    for form in ["text/plain", "multipart/form-data"] {
        assert_eq!(world.send(cookie("http://127.0.0.1:8080", form)).await.code(), "not_json", "{form}");
    }
    assert_eq!(world.send(cookie("http://127.0.0.1:8080", "application/json")).await.code(), "bad_value");
    assert_eq!(world.number("SELECT count(*) FROM change").await, 0);
    assert_eq!(world.send(cookie("http://127.0.0.1:8080", octets)).await.ok()["taken"], 1);
}

#[tokio::test]
async fn a_file_that_was_changed_or_cut_anywhere_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let file = sealed(
        &world,
        &content(&[part("zhang", 1, &[create(1, 1, SHOP), check_in(2, 1, 1)], &[answered(1)])]),
    );
    let before = everything(&world).await;
    let mut codes = std::collections::BTreeMap::<String, usize>::new();
    for at in 0..file.len() {
        // Each time another bit, so that all of them have their turn.
        let mut flipped = file.clone();
        flipped[at] ^= 1 << (at % 8);
        for damaged in [flipped, file[..at].to_vec()] {
            let answer = bring(&world, "login-admin", damaged).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "at {at}: {:?}", answer.body);
            *codes.entry(answer.code().to_owned()).or_default() += 1;
        }
    }
    let longer = [file.as_slice(), b"\n"].concat();
    assert_eq!(bring(&world, "login-admin", longer).await.code(), "rescue_damaged");
    assert_eq!(codes.keys().collect::<Vec<_>>(), ["rescue_damaged", "rescue_foreign"], "{codes:?}");
    // Only where the damage is in the line that says for which key it is.
    assert!(codes["rescue_foreign"] < 150, "{codes:?}");
    assert_eq!(everything(&world).await, before);
    assert_eq!(bring(&world, "login-admin", file).await.ok()["taken"], 3, "and the whole one goes in");
}

#[tokio::test]
async fn every_other_file_is_refused_in_its_own_words() {
    let (world, other) = (World::new().await, World::new().await);
    let parts = [part("zhang", 1, &[create(1, 1, SHOP)], &[])];
    let newer = br#"{"v":3,"parts":{"not":"as now"}}"#;
    let inflated = [b"[".as_slice(), &vec![b' '; shared::rescue::CONTENT_MAX_BYTES]].concat();
    let before = everything(&world).await;
    for (file, code) in [
        (sealed(&other, &content(&parts)), "rescue_foreign"),
        (sealed(&world, newer), "rescue_newer"),
        (sealed(&world, b"[]"), "rescue_damaged"),
        (sealed(&world, &inflated), "rescue_too_large"),
        (vec![0; FILE_MAX_BYTES + 1], "rescue_too_large"),
        (content(&parts), "rescue_damaged"),
        (Vec::new(), "rescue_damaged"),
    ] {
        let answer = bring(&world, "login-admin", file).await;
        assert_eq!(answer.code(), code);
    }
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn phones_hear_of_the_key_when_they_log_in_and_pull() {
    let world = World::new().await;
    let key = world.app.rescue.public();
    let login = json!({ "login": "zhang", "password": crate::world::PASSWORD, "replica": replica_id(1) });
    assert_eq!(world.post("/api/v1/login", "", &login).await.ok()["rescue_key"], json!(key));
    assert_eq!(world.pull_from("zhang", "org:none", 0).await["rescue_key"], json!(key));
    assert!(key.starts_with("age1"));
}

/// What a locked phone of zhang can give: its store as it is stored, and its key as it is sealed to a server.
fn locked(world: &World, account: &str, rows: &[(&str, String, Value)]) -> Value {
    let key = Key::of(&[7; 32]).unwrap();
    let spare = json!({ "account": account, "key": hex(key.bytes()) }).to_string();
    let rows: Vec<Value> = rows
        .iter()
        .enumerate()
        .map(|(n, (table, name, value))| {
            let nonce = [u8::try_from(n).unwrap(); 24];
            // The outbox keeps a seq before each change.
            let plain = match (*table, value["seq"].as_u64()) {
                ("outbox", Some(seq)) => numbered(seq, value.to_string().as_bytes()),
                _ => value.to_string().into_bytes(),
            };
            json!([table, name, hex(&stored(&key, &nonce, &place(table, name), &plain))])
        })
        .collect();
    json!({ "spare": hex(&sealed(world, spare.as_bytes())), "rows": rows })
}

/// The store of zhang's phone with these changes in its outbox.
async fn store(world: &World, changes: &[Value]) -> (String, Vec<(&'static str, String, Value)>) {
    let account = world
        .write(|c| {
            c.query_row("SELECT id FROM account WHERE login = 'zhang'", [], |row| {
                let bytes: [u8; 16] = row.get(0)?;
                Ok(Uuid::from_bytes(bytes).to_string())
            })
        })
        .await;
    let identity = json!({
        "account": { "id": account, "login": "zhang", "name": "张" }, "replica": replica_id(1),
        "token": "", "push_token": "push-zhang", "epoch": null,
    });
    let mut rows = vec![("meta", "identity".to_owned(), identity), ("meta", "next_seq".to_owned(), json!(9))];
    rows.extend(
        changes.iter().map(|change| ("outbox", change["id"].as_str().unwrap().to_owned(), change.clone())),
    );
    (account, rows)
}

#[tokio::test]
async fn a_phone_that_stayed_locked_gives_what_it_has() {
    let world = World::new().await;
    world.account("li", SHOP, Role::Manager).await;
    let (account, rows) = store(&world, &[create(1, 1, SHOP), check_in(2, 1, 1), check_in(3, 1, 2)]).await;
    let content = |locked: &Value| {
        json!({ "v": 2, "app": "0.1.0", "made_ms": NOW, "parts": [], "locked": [locked] })
            .to_string()
            .into_bytes()
    };
    let good = locked(&world, &account, &rows);
    let answer = bring(&world, "login-li", sealed(&world, &content(&good))).await.ok();
    assert_eq!(answer, json!({ "taken": 3, "dup": 0, "held": 0, "refused": [] }));
    assert_eq!(world.number("SELECT present FROM session").await, 2);
    let again = bring(&world, "login-li", sealed(&world, &content(&good))).await.ok();
    assert_eq!((&again["taken"], &again["dup"]), (&json!(0), &json!(3)));
    // A row that was changed or put elsewhere, a key of somebody else's store, and one that is none.
    let mut changed = good.clone();
    let bytes = changed["rows"][2][2].as_str().unwrap().replace(['0', '1'], "2");
    changed["rows"][2][2] = json!(bytes);
    let mut swapped = good.clone();
    swapped["rows"][2][1] = json!(id(99));
    let other = locked(&world, &id(77), &rows);
    let mut no_key = good.clone();
    no_key["spare"] = json!("00ff");
    for bad in [changed, swapped, other, no_key] {
        let answer = bring(&world, "login-li", sealed(&world, &content(&bad))).await;
        assert_eq!(answer.code(), "rescue_damaged", "{bad}");
    }
    assert_eq!(world.number("SELECT present FROM session").await, 2);
}

#[tokio::test]
async fn whoever_forgot_the_pin_gets_the_key_of_the_own_store_alone() {
    let world = World::new().await;
    let (account, _) = store(&world, &[]).await;
    let ask = |token: &'static str, spare: &str| {
        let body = json!({ "spare": spare });
        let world = &world;
        async move { world.post("/api/v1/unlock", token, &body).await }
    };
    let own = locked(&world, &account, &[]);
    let own = own["spare"].as_str().unwrap();
    assert_eq!(ask("login-zhang", own).await.ok(), json!({ "key": hex(&[7; 32]) }));
    assert_eq!(ask("login-admin", own).await.code(), "forbidden");
    assert_eq!(ask("push-zhang", own).await.code(), "forbidden");
    assert_eq!(ask("login-zhang", "00").await.code(), "rescue_damaged");
    assert_eq!(ask("login-zhang", "no hex").await.code(), "rescue_damaged");
    let other = World::new().await;
    let foreign = locked(&other, &account, &[]);
    assert_eq!(ask("login-zhang", foreign["spare"].as_str().unwrap()).await.code(), "rescue_foreign");
    assert_eq!(world.number("SELECT count(*) FROM audit WHERE act = 'unlock'").await, 1);
}
