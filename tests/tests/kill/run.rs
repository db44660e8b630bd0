//! The rounds: load, a copy of a stopped moment, the kill, and what is left after it.

use super::dice::Dice;
use super::kept::Kept;
use super::ledger::{Change, Receipt};
use super::line::Line;
use super::phone::{Phone, push_body};
use super::world::{World, read_only};
use super::{halt, moment};
use crate::harness::{Done, Folder, Server};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

const PHONES: usize = 8;
/// Receipts that are sent again in one push.
const AGAIN: usize = 300;
/// Older receipts that are sent again after each kill, beside all those of the round.
const OLDER: usize = 100;

/// What a run has seen.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    copies: u64,
    /// Batches under way at a kill of which nothing was stored, and such as were stored whole.
    lost: u64,
    unheard: u64,
    unheard_changes: usize,
    /// The longest from the start of a killed server to its first answer.
    restart: Duration,
}

/// Runs so many rounds.
pub(super) fn run(rounds: u64) -> Done {
    let seed = Dice::seed()?;
    // Said first: it is wanted most where the run does not come to its end.
    println!("kill: the seed is {seed}");
    let mut dice = Dice::new(seed);
    let began = Instant::now();
    let folder = Folder::new("kill")?;
    let data = folder.path().join("data");
    let mut server = Server::start(&data, &["--demo"])?;
    wait_until_it_answers(&server)?;
    let world = World::new(&server, &data)?;
    let phones = (0..PHONES).map(|number| Phone::new(number, &world, dice.roll()));
    let mut phones = phones.collect::<Done<Vec<Phone>>>()?;
    let mut tally = Tally::default();
    for round in 1..=rounds {
        let copy = folder.path().join("copy");
        let told = one(&mut server, &world, &mut phones, (&data, &copy), &mut dice, &mut tally);
        told.map_err(|why| format!("seed {seed}, round {round}: {why}\n{}", server.heard()))?;
    }
    let told = last(&world, &mut phones, &data);
    told.map_err(|why| format!("seed {seed}, the end: {why}\n{}", server.heard()))?;
    server.stop()?;
    let dups: usize = phones.iter().map(|phone| phone.dups).sum();
    let (receipts, seconds) = (world.ledger.len(), began.elapsed().as_secs_f32());
    let Tally { kills, copies, lost, unheard, unheard_changes, restart } = tally;
    let held = world.ledger.all().iter().filter(|receipt| receipt.seq.is_none()).count();
    println!(
        "kill: {rounds} rounds in {seconds:.0} s, {kills} kills, {copies} copies of a stopped moment, \
         {receipts} changes receipted, {held} of them held; under way at a kill: {unheard} batches \
         ({unheard_changes} changes) stored without a receipt, {dups} changes made good by dup, \
         {lost} batches not stored; an answer again after {} ms at most",
        restart.as_millis()
    );
    assert!(unheard > 0 && dups > 0, "no kill fell between a commit and its receipts: the test did not bite");
    Ok(())
}

fn one(
    server: &mut Server,
    world: &World,
    phones: &mut [Phone],
    (data, copy): (&Path, &Path),
    dice: &mut Dice,
    tally: &mut Tally,
) -> Done {
    let before = world.ledger.len();
    let given = load(server, world, phones, (data, copy), dice)?;
    tally.copies += 1;
    tally.kills += 1;
    let receipts = world.ledger.all().get(..given).unwrap_or_default().to_vec();
    let whole = Connection::open(copy.join("jiangdao.db"))
        .map_err(Into::into)
        .and_then(|mut conn| Kept::read(&mut conn))
        .and_then(|kept| kept.keeps(&receipts, phones));
    whole.map_err(|why| format!("the copy of a stopped moment: {why}"))?;
    std::fs::remove_dir_all(copy)?;

    let started = Instant::now();
    server.start_again()?;
    wait_until_it_answers(server)?;
    tally.restart = tally.restart.max(started.elapsed());
    let kept = Kept::read(&mut read_only(data)?).map_err(|why| format!("after the kill: {why}"))?;
    kept.keeps(&world.ledger.all(), phones).map_err(|why| format!("after the kill: {why}"))?;
    for phone in phones.iter_mut() {
        let (stored, lost) = phone.land(&kept)?;
        tally.lost += u64::from(lost);
        tally.unheard += u64::from(stored > 0);
        tally.unheard_changes += stored;
    }
    // Nothing twice, and nothing that nobody made.
    let known = world.ledger.len() + phones.iter().map(|phone| phone.stored.len()).sum::<usize>();
    if kept.count() != known {
        return Err(format!("{} changes are here, {known} were sent", kept.count()).into());
    }
    again(world, phones, before, dice)
}

/// Load on the server until it is killed. In between both files are copied as they stand; tells how
/// many receipts had been given by then.
fn load(
    server: &mut Server,
    world: &World,
    phones: &mut [Phone],
    paths: (&Path, &Path),
    dice: &mut Dice,
) -> Done<usize> {
    world.begin();
    std::thread::scope(|scope| {
        let running: Vec<_> = phones.iter_mut().map(|phone| scope.spawn(|| phone.run(world))).collect();
        let given = cut(server, world, paths, dice);
        // Also where it was not killed: nobody may go on for ever.
        world.end();
        for phone in running {
            phone.join().map_err(|_| "a phone panicked")??;
        }
        given
    })
}

fn cut(server: &mut Server, world: &World, (data, copy): (&Path, &Path), dice: &mut Dice) -> Done<usize> {
    let id = server.id().ok_or("the server is not running")?;
    moment::wait(data, dice);
    let given = halt::copy(id, data, copy, || world.ledger.len())?;
    moment::wait(data, dice);
    world.kill();
    server.kill()?;
    Ok(given)
}

/// Until the server answers, the log of the killed one may not be played back yet.
fn wait_until_it_answers(server: &Server) -> Done {
    let answer = Line::open(server.address())?.get("/api/v1/health")?;
    if answer.status == 200 { Ok(()) } else { Err(format!("not well: {answer:?}").into()) }
}

/// Sends receipted changes again: all that were receipted since the last kill, and some older ones.
/// Each has to be known, in the place where it was.
fn again(world: &World, phones: &[Phone], since: usize, dice: &mut Dice) -> Done {
    let mut line = Line::open(world.address)?;
    let chosen: Vec<Receipt> = {
        let all = world.ledger.all();
        let (old, new) = all.split_at(since);
        let older = (0..OLDER).filter_map(|_| dice.pick(old)).cloned();
        older.chain(new.iter().cloned()).collect()
    };
    for phone in phones {
        let own = chosen.iter().filter(|receipt| receipt.change.phone == phone.number).cloned();
        let (changes, responses): (Vec<Receipt>, Vec<Receipt>) =
            own.partition(|receipt| receipt.change.seq.is_some());
        for batch in changes.chunks(AGAIN) {
            sent_again(&mut line, phone, Some(phone.replica), batch)?;
        }
        for batch in responses.chunks(AGAIN) {
            sent_again(&mut line, phone, None, batch)?;
        }
    }
    Ok(())
}

fn sent_again(line: &mut Line, phone: &Phone, replica: Option<Uuid>, receipts: &[Receipt]) -> Done {
    let changes: Vec<Arc<Change>> = receipts.iter().map(|receipt| Arc::clone(&receipt.change)).collect();
    let (_, body) = push_body(replica, changes.len(), &changes);
    let answer = line.post("/api/v1/push", &phone.token, &body)?;
    let answer: Value = serde_json::from_str(&answer.body)?;
    let results = answer["results"].as_array().map_or(&[][..], Vec::as_slice);
    let have = if replica.is_some() { phone.have() } else { 0 };
    if results.len() != receipts.len() || answer["have"] != have {
        return Err(format!("sent again, {have} are there, and the answer is {answer}").into());
    }
    for (receipt, result) in receipts.iter().zip(results) {
        if *result != receipt.change.result(receipt.seq, false) {
            return Err(format!("sent again, {result} for {receipt:?}").into());
        }
    }
    Ok(())
}

/// All phones send what they have left; then every change is there, and the figures follow from
/// them alone.
fn last(world: &World, phones: &mut [Phone], data: &Path) -> Done {
    for phone in phones.iter_mut() {
        phone.finish(world)?;
    }
    let mut conn = read_only(data)?;
    let kept = Kept::read(&mut conn)?;
    kept.keeps(&world.ledger.all(), phones)?;
    let made: usize = phones.iter().map(Phone::made).sum();
    if kept.count() != made || world.ledger.len() != made {
        return Err(format!("{made} changes were made, {} are there", kept.count()).into());
    }
    figures(&conn, world, phones)
}

/// Who is present and how many answered at each session, as the phones remember it.
fn figures(conn: &Connection, world: &World, phones: &[Phone]) -> Done {
    let mut standing: HashMap<(Uuid, &str), i32> = HashMap::new();
    let mut should: HashMap<Uuid, (i64, i64)> = HashMap::new();
    for phone in phones {
        for ((session, person), n) in &phone.notes.here {
            *standing.entry((*session, person)).or_default() += n;
        }
        for (session, n) in &phone.notes.responses {
            should.entry(*session).or_default().1 += n;
        }
    }
    for ((session, _), _) in standing.into_iter().filter(|(_, n)| *n > 0) {
        should.entry(session).or_default().0 += 1;
    }
    for session in world.sessions().iter() {
        let are: (i64, i64) = conn.query_row(
            "SELECT present, response FROM session WHERE id = ?1 AND row_exists = 1",
            [session.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let should = should.get(session).copied().unwrap_or_default();
        if are != should {
            return Err(format!("session {session}: present and responses {are:?}, not {should:?}").into());
        }
    }
    Ok(())
}
