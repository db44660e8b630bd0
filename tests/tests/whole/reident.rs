//! Whose answer was it? Whoever has all files of the server (the database with its write-ahead log, the
//! backup, what was logged) and knows who checked in when, on which phone, tries to tell. It does no
//! better than chance, and the same tries find nearly everybody where the order of arrival is kept.

mod day;
mod measure;
mod trace;

use crate::harness::Done;
use day::Day;
use measure::{Outcome, outcome};

/// Days that are tried, each a server of its own.
const DAYS: u64 = 4;
/// Chance is measured by so many days on which the same files belong to people in another order.
const SHUFFLES: usize = 1_000;

/// The files of some days, as they are while answers come and after their order was forgotten.
async fn days(kept: bool) -> Done<Vec<Day>> {
    let mut days = Vec::new();
    for seed in 1..=DAYS {
        days.push(Day::new(seed, kept).await?);
    }
    Ok(days)
}

/// Each measure with the try that was best at it.
fn told(outcome: &Outcome) -> String {
    let measures = [&outcome.order, &outcome.persons, &outcome.phones];
    let says = measures.map(|one| format!("{:.3} by {} (chance {:.3})", one.best, one.by, one.chance));
    format!("of {} tries: order {}; persons {}; phones {}", outcome.tries, says[0], says[1], says[2])
}

#[tokio::test]
async fn an_answer_cannot_be_joined_to_a_person_a_phone_or_a_place_in_the_queue() -> Done {
    let days = days(false).await?;
    let after: Vec<_> = days.iter().map(|day| day.after.as_slice()).collect();
    let after = outcome(&days, &after, SHUFFLES);
    // The bound: the best of all tries, known only afterwards, does no better than the best of the same
    // tries on the luckiest of a thousand days on which there is nothing to find: p < 0.001 each.
    assert!(after.order.best <= after.order.chance, "{}", told(&after));
    assert!(after.persons.best <= after.persons.chance, "{}", told(&after));
    assert!(after.phones.best <= after.phones.chance, "{}", told(&after));
    assert!(after.tries >= 6, "there must be something to try: {}", told(&after));

    // That the tries are good ones shows on the same files a minute earlier.
    let before: Vec<_> = days.iter().map(|day| day.before.as_slice()).collect();
    let before = outcome(&days, &before, SHUFFLES);
    println!("forgotten: {}\na minute earlier: {}", told(&after), told(&before));
    assert!(before.order.best > 2.0 * before.order.chance, "{}", told(&before));
    assert!(before.persons.best > 0.5, "{}", told(&before));
    Ok(())
}

#[cfg(feature = "museum")]
#[tokio::test]
async fn where_the_order_of_arrival_is_kept_the_same_tries_find_nearly_everybody() -> Done {
    let days = days(true).await?;
    let after: Vec<_> = days.iter().map(|day| day.after.as_slice()).collect();
    let after = outcome(&days, &after, SHUFFLES);
    println!("kept: {}", told(&after));
    assert!(after.persons.best >= 0.9, "{}", told(&after));
    assert!(after.phones.best >= 0.9, "{}", told(&after));
    assert!(after.order.best > 5.0 * after.order.chance, "{}", told(&after));
    Ok(())
}
