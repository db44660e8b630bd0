//! Nobody works out a figure about fewer than five: an attacker asks everything that may be asked, while
//! answers come (docs/decisions/0010-withholding.md).

mod attacker;

use crate::small_city::{City, NOON};
use attacker::{Deed, play};
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::publication::SETTLED_AFTER_MS;

fn n(of: &Value) -> Option<u64> {
    of["scores"]["understood"]["n"].as_u64()
}

async fn counts(city: &City, session: &str) -> (Option<u64>, u64) {
    let one = city.get(&format!("/sessions/{session}")).await;
    (n(&one), one["totals"]["responses"].as_u64().unwrap())
}

#[tokio::test]
async fn a_figure_grows_by_five_or_not_at_all() {
    let mut city = City::new();
    let session = city.session("g1", "lecture", "大课", json!({})).await;
    city.respond(&session, &[[5, 1, 1]; 4]).await;
    assert_eq!(counts(&city, &session).await, (None, 4));
    // Nobody looked at five or six: seven are published as one.
    city.respond(&session, &[[4, 1, 1]; 2]).await;
    city.respond(&session, &[[4, 1, 1]]).await;
    assert_eq!(counts(&city, &session).await, (Some(7), 7));
    for more in 1..5 {
        city.respond(&session, &[[1, 1, 1]]).await;
        assert_eq!(counts(&city, &session).await, (Some(7), 7 + more));
        let g1 = city.get("/coverage?org=g1").await;
        assert_eq!((n(&g1), g1["responses"].as_u64()), (Some(7), Some(7 + more)));
    }
    city.respond(&session, &[[1, 1, 1]]).await;
    // The page of the branch publishes as well as that of the session.
    let g1 = city.get("/coverage?org=g1").await;
    assert_eq!(
        g1["scores"]["understood"],
        json!({ "n": 12, "mean": 37.0 / 12.0, "counts": [5, 0, 0, 3, 4] })
    );
    assert_eq!(counts(&city, &session).await, (Some(12), 12));
}

#[tokio::test]
async fn each_question_has_its_own_five() {
    let mut city = City::new();
    let session = city.session("g1", "lecture", "大课", json!({})).await;
    // A mark beyond the scale is no answer.
    city.respond(&session, &[[5, 3, 1], [5, 3, 1], [5, 3, 1], [5, 3, 1], [5, 9, 1]]).await;
    let scores = &city.get(&format!("/sessions/{session}")).await["scores"];
    assert_eq!((&scores["understood"]["n"], &scores["absorbed"]), (&json!(5), &json!(null)));
    assert!(scores.as_object().unwrap().contains_key("absorbed"), "withheld, not unasked");
}

#[tokio::test]
async fn what_is_left_of_small_sessions_counts_together_after_a_week() {
    let mut city = City::new();
    let (in_w1, in_w2, in_g2) = (
        city.session("w1", "study", "一车间", json!({})).await,
        city.session("w2", "study", "二车间", json!({ "starts_ms": NOON + 1000 })).await,
        city.session("w3", "study", "三车间", json!({})).await,
    );
    for session in [&in_w1, &in_w2, &in_g2] {
        city.respond(session, &[[2, 2, 2]; 3]).await;
    }
    assert_eq!(n(&city.get("/coverage").await), None);
    city.pass(SETTLED_AFTER_MS + 1000);
    // Neither of the workshops alone; of the other union there are too few.
    assert_eq!(n(&city.get("/coverage").await), Some(6));
    let g1 = city.get("/coverage?org=g1").await;
    assert_eq!(n(&g1), Some(6));
    assert!(g1["children"].as_array().unwrap().iter().all(|child| n(child).is_none()), "{g1}");
    assert_eq!(n(&city.get("/coverage?org=w1").await), None);
    assert_eq!(n(&city.get(&format!("/coverage?to_ms={}", NOON + 1000)).await), None);
    assert_eq!(n(&city.get(&format!("/coverage?to_ms={}", NOON + 1001)).await), Some(6));
    assert_eq!(counts(&city, &in_w1).await, (None, 3));
}

#[tokio::test]
async fn the_export_shows_what_the_page_shows() {
    let mut city = City::new();
    let session = city.session("g1", "lecture", "大课", json!({})).await;
    city.respond(&session, &[[5, 1, 1]; 5]).await;
    // Nobody has looked at a page: the file publishes.
    assert_eq!(city.raw("admin", "/exports/coverage.xlsx?org=g1", None).await.0, 200);
    city.respond(&session, &[[1, 1, 1]; 4]).await;
    assert_eq!(city.raw("admin", "/exports/coverage.xlsx?org=g1", None).await.0, 200);
    let g1 = city.get("/coverage?org=g1").await;
    assert_eq!(g1["scores"]["understood"], json!({ "n": 5, "mean": 5.0, "counts": [0, 0, 0, 0, 5] }));
}

#[tokio::test]
async fn what_was_published_stays_with_its_session_whatever_it_is_one_with() {
    let mut city = City::new();
    let one = city.session("g1", "lecture", "大课", json!({})).await;
    let two = city.session("g1", "lecture", "又一次", json!({})).await;
    city.respond(&one, &[[5, 1, 1]; 3]).await;
    city.respond(&two, &[[4, 1, 1]; 5]).await;
    let alias = city.push("a", vec![("session_alias", "", json!({ "a": one, "b": two }))]).await;
    assert_eq!(counts(&city, &two).await, (Some(5), 8));
    city.push("a", vec![("void", "", json!({ "targets": [alias[0]] }))]).await;
    assert_eq!(counts(&city, &one).await, (None, 3));
    assert_eq!(counts(&city, &two).await, (Some(5), 5));
    city.respond(&one, &[[5, 1, 1]; 2]).await;
    assert_eq!(n(&city.get("/coverage?org=g1").await), Some(10));
}

fn deed() -> impl Strategy<Value = Deed> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        12 => (place(), 1..4_usize, any::<u8>()).prop_map(|(at, n, asked)| Deed::Answer(at, n, asked)),
        6 => any::<u64>().prop_map(Deed::Ask),
        1 => (place(), place()).prop_map(|(a, b)| Deed::Unite(a, b)),
        1 => place().prop_map(Deed::Part),
        1 => (place(), place()).prop_map(|(session, org)| Deed::Move(session, org)),
        1 => Just(Deed::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_questions_in_any_order_tell_of_fewer_than_five(deeds in prop::collection::vec(deed(), 60..110)) {
        play(&deeds)?;
    }
}
