//! The main job: from a tap without signal to a figure at the desk.

use super::city::{MORNING_MS, UNION};
use super::{City, Handset, Way, made};
use crate::harness::Done;
use serde_json::Value;
use shared::id::{PersonId, SessionId};
use shared::phone::Event;
use shared::wire::Scope;
use uuid::Uuid;

fn new_session() -> SessionId {
    Uuid::now_v7().into()
}

/// The first people of the roster, as the phone has it.
fn people(handset: &Handset, n: usize) -> Vec<PersonId> {
    handset.phone.book().people.keys().copied().take(n).collect()
}

#[tokio::test]
async fn check_in_on_one_phone_and_feedback_on_another_meet_at_the_desk() -> Done {
    let city = City::new("two-phones")?;
    let org = city.org(UNION)?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    let mut li = Handset::new(&city, "li").await?;
    assert_eq!(zhang.phone.book().people.len(), 200, "the roster was pulled");

    // Zhang makes the session and checks people in, without signal.
    zhang.way = Way::Cut;
    let id = new_session();
    zhang.record(&city, id, vec![made::session(org, "车间宣讲", MORNING_MS)]).await?;
    let here = people(&zhang, 30);
    for person in &here {
        zhang.record(&city, id, vec![made::check_in(*person)]).await?;
    }
    let guest: PersonId = Uuid::now_v7().into();
    zhang.record(&city, id, made::walk_in(guest, org, "买买提·艾力").into()).await?;
    zhang.sync(&city).await?;
    assert_eq!(zhang.unsent().await?, 33, "nothing left the phone without signal");
    assert_eq!(zhang.phone.session(id).map(|view| view.rows.totals.attended), Some(31));

    // The phone dies and comes back; then there is signal.
    let mut zhang = zhang.killed().await?;
    zhang.way = Way::Clear;
    zhang.sync(&city).await?;
    assert_eq!(zhang.unsent().await?, 0);

    // Li takes answers to the same session.
    li.sync(&city).await?;
    assert!(li.phone.session(id).is_some(), "the session came to the other phone");
    for n in 0..6 {
        li.record(&city, id, vec![made::response(3 + n % 3, "食堂")]).await?;
    }
    li.sync(&city).await?;
    zhang.record(&city, id, vec![made::close(31, 0)]).await?;
    li.record(&city, id, vec![made::close(0, 6)]).await?;
    zhang.sync(&city).await?;
    li.sync(&city).await?;

    // The desk.
    let token = city.token("admin").await?;
    let coverage = city.read(&token, &format!("/api/v1/coverage?org={UNION}")).await?;
    assert_eq!(coverage["sessions"]["held"], 1);
    assert_eq!((coverage["attended"].as_u64(), coverage["people"].as_u64()), (Some(31), Some(31)));
    assert_eq!(coverage["walk_ins"], 1);
    assert_eq!((coverage["expected"].as_u64(), coverage["rate"].as_f64()), (Some(200), Some(30.0 / 200.0)));
    assert_eq!(coverage["responses"], 6);
    assert_eq!(coverage["scores"]["understood"]["n"], 6);
    assert_eq!(coverage["scores"]["understood"]["mean"].as_f64(), Some(4.0));
    assert_eq!(coverage["still_on_phones"]["check_ins"], 0);
    let item = city.read(&token, &format!("/api/v1/sessions/{id}")).await?;
    assert_eq!((item["state"].as_str(), item["totals"]["attended"].as_u64()), (Some("closed"), Some(31)));
    let present =
        city.read(&token, &format!("/api/v1/sessions/{id}/attendance?present=true&size=100")).await?;
    assert_eq!(present["total"], 31);
    let items = present["items"].as_array().ok_or("items")?;
    let guest = items.iter().find(|item| item["walk_in"] == true);
    assert_eq!(guest.map(|item| &item["who"]["name"]), Some(&Value::from("买买提·艾力")), "{present}");

    // Both phones show what the desk shows, and have nothing left to send.
    for handset in [&zhang, &li] {
        assert_eq!(handset.unsent().await?, 0);
        let view = handset.phone.session(id).ok_or("the phone has the session")?;
        assert_eq!((view.rows.totals.attended, view.rows.totals.responses), (31, 6));
    }
    Ok(())
}

#[tokio::test]
async fn two_phones_on_one_session_come_to_the_same_rows() -> Done {
    let city = City::new("same-rows")?;
    let org = city.org(UNION)?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    let mut li = Handset::new(&city, "li").await?;
    let id = new_session();
    zhang.record(&city, id, vec![made::session(org, "联合场次", MORNING_MS)]).await?;
    zhang.sync(&city).await?;
    li.sync(&city).await?;
    // Both without signal, an hour apart in their clocks, on overlapping people.
    (zhang.way, li.way) = (Way::Cut, Way::Cut);
    li.ahead_ms = 3_600_000;
    let who = people(&zhang, 20);
    let mut of_zhang = Vec::new();
    for person in &who[..15] {
        of_zhang.extend(zhang.record(&city, id, vec![made::check_in(*person)]).await?);
    }
    for person in &who[10..] {
        li.record(&city, id, vec![made::check_in(*person)]).await?;
    }
    zhang.record(&city, id, vec![made::void(&of_zhang[9..12])]).await?;
    li.record(&city, id, vec![made::headcount(18)]).await?;
    (zhang.way, li.way) = (Way::Clear, Way::Clear);
    for _ in 0..2 {
        zhang.sync(&city).await?;
        li.sync(&city).await?;
    }
    let of = |handset: &Handset| handset.phone.session(id).map(|view| view.rows);
    let (a, b) = (of(&zhang).ok_or("rows")?, of(&li).ok_or("rows")?);
    assert_eq!(a, b);
    // 20 people, less the one whose only check-in was voided; of two others a second one stands.
    assert_eq!(a.totals.attended, 19);
    let token = city.token("admin").await?;
    let desk = city.read(&token, &format!("/api/v1/sessions/{id}")).await?;
    assert_eq!(desk["totals"]["attended"], 19);
    Ok(())
}

#[tokio::test]
async fn a_lost_answer_doubles_nothing() -> Done {
    let city = City::new("lost-answer")?;
    let org = city.org(UNION)?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    let id = new_session();
    zhang.way = Way::AnswerLost;
    zhang.record(&city, id, vec![made::session(org, "断网", MORNING_MS)]).await?;
    for person in people(&zhang, 10) {
        zhang.record(&city, id, vec![made::check_in(person)]).await?;
    }
    for _ in 0..7 {
        zhang.record(&city, id, vec![made::response(5, "")]).await?;
    }
    zhang.sync(&city).await?;
    assert!(zhang.unsent().await? > 0, "without a receipt all stays");
    zhang.way = Way::Clear;
    zhang.sync(&city).await?;
    assert_eq!(zhang.unsent().await?, 0);
    let token = city.token("admin").await?;
    let coverage = city.read(&token, &format!("/api/v1/coverage?org={UNION}")).await?;
    assert_eq!((coverage["attended"].as_u64(), coverage["responses"].as_u64()), (Some(10), Some(7)));
    Ok(())
}

#[tokio::test]
async fn what_closing_declared_and_did_not_arrive_is_shown() -> Done {
    let city = City::new("still-on-phones")?;
    let org = city.org(UNION)?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    let id = new_session();
    let mut bodies = vec![made::session(org, "申报", MORNING_MS)];
    bodies.extend(people(&zhang, 3).into_iter().map(made::check_in));
    bodies.push(made::close(5, 4));
    zhang.record(&city, id, bodies).await?;
    zhang.sync(&city).await?;
    let token = city.token("admin").await?;
    let coverage = city.read(&token, "/api/v1/coverage").await?;
    let still = &coverage["still_on_phones"];
    assert_eq!(
        (still["check_ins"].as_u64(), still["responses"].as_u64(), still["devices"].as_u64()),
        (Some(2), Some(4), Some(1))
    );
    let children = coverage["children"].as_array().ok_or("children")?;
    let sum: u64 = children.iter().filter_map(|child| child["still_on_phones"]["check_ins"].as_u64()).sum();
    assert_eq!(sum, 2, "the children add up");
    Ok(())
}

#[tokio::test]
async fn an_organiser_of_elsewhere_is_held_and_told() -> Done {
    let city = City::new("elsewhere")?;
    let org = city.org(UNION)?;
    let mut wang = Handset::new(&city, "wang").await?;
    assert!(!wang.phone.identity().granted.contains(&Scope::Org(org).to_string()));
    let id = new_session();
    wang.record(&city, id, vec![made::session(org, "别处", MORNING_MS)]).await?;
    wang.sync(&city).await?;
    assert_eq!(wang.unsent().await?, 0, "a held change jams nothing");
    assert_eq!(wang.phone.safety().held, 1);
    assert_eq!(wang.phone.held().first().map(|held| held.code.as_str()), Some("not_permitted"));
    let token = city.token("admin").await?;
    assert_eq!(city.read(&token, "/api/v1/held").await?["total"], 1);
    assert_eq!(city.read(&token, "/api/v1/coverage").await?["sessions"]["held"], 0);
    Ok(())
}

#[tokio::test]
async fn signing_out_keeps_unsent_work_and_still_sends_it() -> Done {
    let city = City::new("sign-out")?;
    let org = city.org(UNION)?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    zhang.way = Way::Cut;
    let id = new_session();
    zhang.record(&city, id, vec![made::session(org, "交接", MORNING_MS)]).await?;
    zhang.step(&city, Event::SignedOut).await?;
    let mut zhang = zhang.killed().await?;
    assert_eq!(zhang.unsent().await?, 1);
    zhang.way = Way::Clear;
    zhang.sync(&city).await?;
    assert_eq!(zhang.unsent().await?, 0, "the push token outlives signing out");
    Ok(())
}

#[tokio::test]
async fn a_workshop_that_moves_is_expected_elsewhere() -> Done {
    let city = City::new("moved")?;
    let org = city.org(UNION)?;
    let mut zhang = Handset::new(&city, "zhang").await?;
    let id = new_session();
    zhang.record(&city, id, vec![made::session(org, "全厂", MORNING_MS)]).await?;
    zhang.sync(&city).await?;
    let token = city.token("admin").await?;
    let expected = async || -> Done<(Value, Value)> {
        let item = city.read(&token, &format!("/api/v1/sessions/{id}")).await?;
        let list = city.read(&token, &format!("/api/v1/sessions/{id}/attendance")).await?;
        Ok((item["roster_expected"].clone(), list["total"].clone()))
    };
    assert_eq!(expected().await?, (Value::from(200), Value::from(200)));
    // 36 of the 200 belong to this workshop.
    let moved = "code,name,level,parent\n130302-001-01,机加车间,workshop,130302-002\n";
    let mut conn = server::db::connect(city.folder.path()).map_err(|fault| fault.to_string())?;
    let import =
        |conn: &rusqlite::Connection| server::import::org::import(conn, "moved.csv", moved.as_bytes());
    server::db::transaction(&mut conn, import).map_err(|rejection| rejection.to_string())?;
    assert_eq!(expected().await?, (Value::from(164), Value::from(164)), "the figure and the list agree");
    Ok(())
}
