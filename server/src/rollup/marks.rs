//! Published marks of a session, packed; and those of several sessions that count together.

use super::{blob, numbers, parts, put, unsigned};
use rusqlite::{Connection, OptionalExtension, Result};
use shared::crowd::pack;
use std::collections::BTreeMap;

/// rating_id → how many gave 1, 2, 3 …; without any mark, the question was answered, and nothing of it
/// is published.
pub(super) type Marks = BTreeMap<i64, Vec<u64>>;

/// The names of the questions that marks were given to.
pub(crate) struct Ratings(BTreeMap<i64, String>);

impl Ratings {
    /// All of them.
    ///
    /// # Errors
    /// A fault of the store.
    pub(crate) fn all(conn: &Connection) -> Result<Self> {
        let mut found = conn.prepare_cached("SELECT rating_id, question FROM rating")?;
        found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_>>().map(Self)
    }

    pub(crate) fn name(&self, rating: u64) -> Option<&str> {
        self.0.get(&super::signed(rating)).map(String::as_str)
    }
}

/// The number of a question.
fn rating(conn: &Connection, question: &str) -> Result<i64> {
    let known = conn
        .prepare_cached("SELECT rating_id FROM rating WHERE question = ?1")?
        .query_row([question], |row| row.get(0))
        .optional()?;
    match known {
        Some(known) => Ok(known),
        None => conn
            .prepare_cached("INSERT INTO rating (question) VALUES (?1) RETURNING rating_id")?
            .query_row([question], |row| row.get(0)),
    }
}

/// What is published of a session and all that it stands for.
pub(super) fn of(conn: &Connection, session_id: i64) -> Result<Marks> {
    let mut marks = Marks::new();
    for part in parts(conn, session_id)? {
        let mut asked =
            conn.prepare_cached("SELECT DISTINCT question FROM mark_count WHERE session_id = ?1")?;
        let questions: Vec<String> = asked.query_map([part], |row| row.get(0))?.collect::<Result<_>>()?;
        for question in questions {
            marks.entry(rating(conn, &question)?).or_default();
        }
        let mut found = conn.prepare_cached(
            "SELECT question, mark, n FROM published
             WHERE session = (SELECT id FROM session WHERE session_id = ?1) AND pool = x''",
        )?;
        let mut rows = found.query([part])?;
        while let Some(row) = rows.next()? {
            let question = rating(conn, row.get_ref(0)?.as_str()?)?;
            count(marks.entry(question).or_default(), row.get(1)?, unsigned(row.get(2)?));
        }
    }
    Ok(marks)
}

/// Marks begin at 1.
pub(super) fn count(marks: &mut Vec<u64>, mark: u8, n: u64) {
    let Some(place) = usize::from(mark).checked_sub(1) else { return };
    if place >= marks.len() {
        marks.resize(place + 1, 0);
    }
    marks[place] += n;
}

pub(super) fn packed(marks: &Marks) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (rating, marks) in marks {
        put(&mut bytes, unsigned(*rating));
        put(&mut bytes, u64::try_from(marks.len()).unwrap_or(0));
        marks.iter().for_each(|n| put(&mut bytes, *n));
    }
    bytes
}

/// Calls with each question's number and its marks. `marks` is room to read into.
pub(crate) fn each(bytes: &[u8], marks: &mut Vec<u64>, mut then: impl FnMut(u64, &[u64])) {
    let mut read = numbers(bytes);
    while let Some((rating, many)) = read.next().zip(read.next()) {
        marks.clear();
        marks.extend(read.by_ref().take(usize::try_from(many).unwrap_or(0)));
        then(rating, marks);
    }
}

pub(super) fn unpacked(bytes: &[u8]) -> Marks {
    let mut all = Marks::new();
    each(bytes, &mut Vec::new(), |rating, marks| {
        all.insert(super::signed(rating), marks.to_vec());
    });
    all
}

pub(super) fn set(conn: &Connection, session_id: i64, marks: &Marks) -> Result<()> {
    conn.prepare_cached("UPDATE rollup SET mark = ?2 WHERE session_id = ?1")?
        .execute((session_id, blob(&packed(marks))))?;
    Ok(())
}

/// Adds a pool of published marks to those of the same sessions (rows' numbers, as the answers name them).
///
/// # Errors
/// A fault of the store.
pub(crate) fn keep_pool(
    conn: &Connection,
    session_ids: &std::collections::BTreeSet<i64>,
    question: &str,
    marks: &[u64],
) -> Result<()> {
    let key = pack(session_ids.iter().map(|id| unsigned(*id)));
    let old: Option<Vec<u8>> = conn
        .prepare_cached("SELECT mark FROM pool WHERE session = ?1")?
        .query_row([&key], |row| row.get(0))
        .optional()?;
    let mut all = old.as_deref().map(unpacked).unwrap_or_default();
    let sum = all.entry(rating(conn, question)?).or_default();
    for (mark, n) in (1_u8..).zip(marks) {
        count(sum, mark, *n);
    }
    conn.prepare_cached(
        "INSERT INTO pool (session, mark) VALUES (?1, ?2) ON CONFLICT (session) DO UPDATE SET mark = excluded.mark",
    )?
    .execute((key, packed(&all)))?;
    Ok(())
}
