//! A rescue file between the app's own core and the real server, without a browser.

use super::city::{MORNING_MS, UNION};
use super::{City, Handset, Way, made};
use crate::harness::Done;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use server::rescue::Key;
use shared::id::PersonId;
use shared::phone::{Opening, Phone, Table, Unsent, rescue_content, rescue_key};
use uuid::Uuid;

/// The file that a phone makes of these.
fn file(all: &[Unsent]) -> Done<Vec<u8>> {
    let key = rescue_key(all).ok_or("no key was heard")?;
    let content = rescue_content(all, Vec::new(), MORNING_MS, Uuid::new_v4().as_bytes());
    Ok(seal::seal(key, &serde_json::to_vec(&content)?)?)
}

async fn bring(city: &City, file: &[u8]) -> Done<Value> {
    let request = Request::post("/api/v1/rescue")
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::AUTHORIZATION, format!("Bearer {}", city.token("manager").await?))
        .body(Body::from(file.to_vec()))?;
    Ok(serde_json::from_str(&city.send(request).await?.body)?)
}

fn count(city: &City, sql: &str) -> Done<i64> {
    Ok(city.database()?.query_row(sql, [], |row| row.get(0))?)
}

#[tokio::test]
async fn two_phones_that_never_got_through_come_in_one_file_and_later_by_themselves() -> Done {
    let city = City::new("rescue")?;
    let org = city.org(UNION)?;
    let (mut zhang, mut li) = (Handset::new(&city, "zhang").await?, Handset::new(&city, "li").await?);
    let people: Vec<PersonId> = zhang.phone.book().people.keys().copied().take(40).collect();
    let id = Uuid::now_v7().into();
    (zhang.way, li.way) = (Way::Cut, Way::Cut);
    let mut bodies = vec![made::session(org, "救援", MORNING_MS)];
    bodies.extend(people.iter().map(|person| made::check_in(*person)));
    zhang.record(&city, id, bodies).await?;
    for n in 0..6 {
        zhang.record(&city, id, vec![made::response(5, &format!("答{n}"))]).await?;
    }
    // A few of the same people, seen at another door.
    li.record(&city, id, people.iter().take(3).map(|person| made::check_in(*person)).collect()).await?;
    zhang.sync(&city).await?;
    // After a restart, as by the page of one who has just opened it again.
    let zhang = zhang.killed().await?;
    let (zhangs, lis) = (zhang.phone.unsent(), li.phone.unsent());
    assert_eq!((zhangs.count(), lis.count()), (47, 3));
    let file = file(&[zhangs, lis])?;
    let first = bring(&city, &file).await?;
    assert_eq!(first, json!({ "taken": 50, "dup": 0, "held": 0, "refused": [] }));
    let again = bring(&city, &file).await?;
    assert_eq!(again, json!({ "taken": 0, "dup": 50, "held": 0, "refused": [] }));
    let authors = "SELECT group_concat(n) FROM (SELECT login || ' ' || count(*) AS n FROM change
                   JOIN replica USING (replica_id) JOIN account USING (account_id) GROUP BY login ORDER BY login)";
    let authors: String = city.database()?.query_row(authors, [], |row| row.get(0))?;
    assert_eq!(authors, "li 3,zhang 41");
    assert_eq!(count(&city, "SELECT present FROM session")?, 40);
    let seq = count(&city, "SELECT value FROM counter")?;
    for mut phone in [zhang, li] {
        phone.way = Way::Clear;
        phone.sync(&city).await?;
        assert_eq!(phone.unsent().await?, 0);
    }
    assert_eq!(count(&city, "SELECT count(*) FROM change")?, 44);
    assert_eq!(count(&city, "SELECT count(*) FROM response")?, 6);
    assert_eq!(count(&city, "SELECT value FROM counter")?, seq, "the phones' own pushes brought nothing new");
    Ok(())
}

#[tokio::test]
async fn memory_and_store_together_give_each_change_once() -> Done {
    use app::store::Store;
    let city = City::new("rescue-union")?;
    let org = city.org(UNION)?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    zhang.way = Way::Cut;
    let id = Uuid::now_v7().into();
    zhang.record(&city, id, vec![made::session(org, "救援", MORNING_MS), made::headcount(9)]).await?;
    let before = zhang.phone.clone();
    // Another tab goes on with the same store; the first one has not read it since.
    zhang.record(&city, id, vec![made::headcount(10)]).await?;
    zhang.record(&city, id, vec![made::response(4, "答")]).await?;
    let Opening::Ready(stored) = Phone::open(&zhang.store.load(&Table::ALL).await?, None, MORNING_MS) else {
        return Err("the store has no identity".into());
    };
    let all = before.unsent().with(stored.unsent());
    assert_eq!((before.unsent().count(), all.count()), (2, 4));
    let key = Key::load(city.folder.path()).map_err(|fault| fault.en)?.ok_or("no key")?;
    let content = server::rescue::open(&key, &file(&[all])?).map_err(|refusal| refusal.to_string())?;
    let numbers: Vec<Value> = content.parts[0].replicas[0]
        .changes
        .iter()
        .map(|change| Ok(serde_json::from_str::<Value>(change.get())?["seq"].clone()))
        .collect::<Done<_>>()?;
    assert_eq!(numbers, [json!(1), json!(2), json!(3)]);
    assert_eq!(content.parts[0].responses.len(), 1);
    Ok(())
}
