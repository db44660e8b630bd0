//! A day that is known: a hundred people check in on three phones and answer right after, all of it by
//! the real way, and the files that it leaves.

use super::super::city::{City, MORNING_MS, UNION};
use super::super::{Handset, made};
use super::trace::{Try, tries};
use crate::harness::Done;
use server::backup::Keeper;
use server::backup::shelf::Folder as Shelf;
use shared::id::{ChangeId, PersonId};
use shared::phone::{Event, Fact};
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use uuid::Uuid;

/// How many people there are.
pub(super) const PEOPLE: usize = 100;
/// On how many phones.
const PHONES: u64 = 3;

/// Small and the same on every machine.
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// What is known of a day, and what was tried on its files. Answer n is that of the n-th to come.
pub(super) struct Day {
    /// On which phone each of them was, in the order of coming.
    pub(super) phones: Vec<u64>,
    /// While answers come, up to a minute before their order is forgotten.
    pub(super) before: Vec<Try>,
    /// Afterwards.
    pub(super) after: Vec<Try>,
}

impl Day {
    /// Lives a day. `kept`: on a server that keeps the order of arrival.
    pub(super) async fn new(seed: u64, kept: bool) -> Done<Self> {
        let logged = logged();
        let from = logged.lock().unwrap_or_else(PoisonError::into_inner).len();
        let city = City::new("reident")?;
        keep_order(&city, kept).await?;
        let mut rng = Rng(seed);
        let mut handsets = Vec::new();
        for login in ["zhang", "li", "zhang"] {
            handsets.push(Handset::new(&city, login).await?);
        }
        let session = Uuid::now_v7().into();
        let first = handsets.first_mut().ok_or("no phone")?;
        first.record(&city, session, vec![made::session(city.org(UNION)?, "问卷", MORNING_MS)]).await?;
        first.sync(&city).await?;
        let people: Vec<PersonId> = first.phone.book().people.keys().copied().take(PEOPLE).collect();
        let mut conn = server::db::connect(city.folder.path()).map_err(|fault| fault.to_string())?;
        let shelf = city.folder.path().join("backup");
        let mut keeper = Keeper::open(Box::new(Shelf::new(&shelf)), server::db::epoch(&conn)?)
            .map_err(|fault| fault.to_string())?;
        let (mut ids, mut phones) = (Vec::new(), Vec::new());
        for (n, person) in people.into_iter().enumerate() {
            let phone = rng.below(PHONES);
            let handset = handsets.get_mut(usize::try_from(phone)?).ok_or("no such phone")?;
            handset.record(&city, session, vec![made::check_in(person)]).await?;
            // Everybody's answer is another one, as it is where people write a line.
            let mark = u8::try_from(1 + rng.below(5))?;
            let body = made::response(mark, &format!("{:016x}", rng.next()));
            let id = random(&mut rng);
            let fact = Fact { id, session: Some(session), after: None, body };
            handset.step(&city, Event::Record { facts: vec![fact], also: Vec::new() }).await?;
            ids.push(id);
            phones.push(phone);
            // The queue is slower than the network: most of it is there before the next one comes.
            for _ in 0..3 {
                city.pass(350);
                handset.step(&city, Event::Tick).await?;
            }
            if n % 10 == 9 {
                keeper.add(&mut conn, city.now_ms()).map_err(|fault| fault.to_string())?;
            }
        }
        for handset in &mut handsets {
            handset.sync(&city).await?;
            assert_eq!(handset.unsent().await?, 0);
        }
        let log = since(&logged, from);
        let before = tries(city.folder.path(), session, &ids, &log)?;
        server::forget::order(&city.app).await.map_err(|refusal| refusal.to_string())?;
        keeper.add(&mut conn, city.now_ms()).map_err(|fault| fault.to_string())?;
        let after = tries(city.folder.path(), session, &ids, &log)?;
        Ok(Self { phones, before, after })
    }
}

/// What was logged since there was so much of it.
fn since(logged: &Mutex<Vec<u8>>, from: usize) -> Vec<u8> {
    let all = logged.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(from..).unwrap_or_default().to_vec()
}

/// An id as phones draw them.
fn random(rng: &mut Rng) -> ChangeId {
    let mut bytes = [0_u8; 16];
    bytes[..8].copy_from_slice(&rng.next().to_le_bytes());
    bytes[8..].copy_from_slice(&rng.next().to_le_bytes());
    uuid::Builder::from_random_bytes(bytes).into_uuid().into()
}

#[cfg(feature = "museum")]
async fn keep_order(city: &City, kept: bool) -> Done {
    use shared::museum::{Defect, plant};
    // The defect belongs to the thread that writes.
    let plant = move |_: &rusqlite::Connection| {
        plant(kept.then_some(Defect::OrderKept));
        Ok::<_, server::db::Error>(())
    };
    Ok(city.app.db.write(plant).await?)
}

#[cfg(not(feature = "museum"))]
async fn keep_order(_: &City, _: bool) -> Done {
    Ok(())
}

/// All that this process logs, at a level that no server is run with.
fn logged() -> Arc<Mutex<Vec<u8>>> {
    #[derive(Clone)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    static ALL: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let all = Arc::new(Mutex::new(Vec::new()));
        let lines = Lines(Arc::clone(&all));
        let made = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG);
        // Where another test of the process was first, its lines are all that there is.
        let _ = made.with_ansi(false).with_writer(move || lines.clone()).try_init();
        all
    });
    Arc::clone(all)
}
