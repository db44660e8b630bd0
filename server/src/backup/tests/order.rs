//! A backup that is written while answers come does not tell in which order they came.

use super::{InMemory, keeper};
use crate::backup::record::Commit;
use crate::backup::scan::{self, Piece, is_log};
use crate::backup::shelf::Shelf;
use crate::backup::source::query;
use crate::backup::state::{OF_RESPONSES, Salt};
use crate::small_city::City;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Every commit that still stands in the files.
fn commits(shelf: &InMemory) -> Vec<Commit> {
    let mut commits = Vec::new();
    for name in shelf.names().unwrap().iter().filter(|name| is_log(name)) {
        scan::file(shelf, name, &mut |piece, _| {
            if let Piece::Commit(commit) = piece {
                commits.push(commit);
            }
            Ok(true)
        })
        .unwrap();
    }
    commits
}

/// Rows of all answers as they go into the hash of a state, by id.
fn rows(city: &City) -> BTreeMap<String, Vec<u8>> {
    let mut rows = BTreeMap::new();
    let text = "SELECT id, session, day_ms, via, form, version, answers FROM response ORDER BY id";
    query(&city.conn(), text, &mut |row| {
        let mut line = serde_json::to_vec(&row).unwrap();
        line.push(b'\n');
        rows.insert(serde_json::to_string(&row[0]).unwrap(), line);
        Ok(())
    })
    .unwrap();
    rows
}

fn hash<'a>(rows: impl Iterator<Item = &'a Vec<u8>>, salt: Option<&Salt>) -> String {
    let mut hash = Sha256::new();
    rows.for_each(|row| hash.update(row));
    let plain: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    match salt {
        Some(salt) => salt.salted([("response".to_owned(), plain)].into())["response"].clone(),
        None => plain,
    }
}

#[tokio::test]
async fn no_hash_of_a_state_tells_which_answers_were_there_by_then() {
    const COUNT: u8 = 12;
    let mut city = City::new();
    let one = city.session("w1", "lecture", "第一场", json!({})).await;
    let shelf = InMemory::default();
    let mut keeper = keeper(&city, &shelf);
    keeper.add(&mut city.conn(), city.now()).unwrap();
    let mut known = 0;
    let mut before = BTreeMap::new();
    for n in 0..COUNT {
        city.respond(&one, &[[1 + n % 5, 1 + n / 5, 3]]).await;
        // The state is told each time, as it is where that takes no long.
        keeper.forget_stated();
        assert!(keeper.add(&mut city.conn(), city.now()).unwrap());
        // Whoever looks at the files at that very moment has the salt; whoever looks later has not.
        let all = rows(&city);
        let last = commits(&shelf).into_iter().next_back().unwrap();
        let salt = Salt::read(&shelf).unwrap();
        let told = last.state.unwrap();
        assert_eq!(hash(all.values(), Some(&salt)), told["response"], "the try is a right one");
        before = all;
        known += 1;
    }
    assert_eq!(known, COUNT);
    let commits = commits(&shelf);
    let salt = Salt::read(&shelf);
    let mut order: Vec<String> = Vec::new();
    for commit in commits.iter().filter(|commit| !commit.responses.is_empty()) {
        let told = commit.state.as_ref().unwrap();
        assert!(OF_RESPONSES.iter().all(|part| told.contains_key(*part)));
        // One more than before: each of those that are left is tried, with the salt that is here and without.
        let left = before.keys().filter(|id| !order.contains(id));
        let fits = left.filter(|id| {
            let there = || {
                before.iter().filter(|(known, _)| order.contains(known) || known == id).map(|(_, row)| row)
            };
            [None, salt.as_ref()].into_iter().any(|salt| hash(there(), salt) == told["response"])
        });
        order.extend(fits.cloned().collect::<Vec<_>>().into_iter().take(1));
    }
    assert!(order.is_empty(), "{} of {COUNT} answers were put in their order", order.len());
}
