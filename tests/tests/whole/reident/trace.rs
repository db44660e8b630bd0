//! Everything in the files that may tell an order of the answers: each is one try.

use crate::harness::Done;
use flate2::read::DeflateDecoder;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};
use shared::id::{ChangeId, SessionId};
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// Answers in the order that something tells, in groups between which it tells nothing.
pub(super) struct Try {
    /// What tells it.
    pub(super) name: String,
    /// Numbers of answers.
    pub(super) groups: Vec<Vec<usize>>,
}

/// The answers by their ids.
struct Ids {
    by_id: HashMap<[u8; 16], usize>,
    /// Which two bytes an id begins with: megabytes are looked through.
    begins: Vec<bool>,
}

impl Ids {
    fn new(ids: &[ChangeId]) -> Self {
        let by_id: HashMap<_, _> = ids.iter().enumerate().map(|(n, id)| (*id.as_bytes(), n)).collect();
        let mut begins = vec![false; 1 << 16];
        by_id.keys().for_each(|id| begins[usize::from(id[0]) << 8 | usize::from(id[1])] = true);
        Self { by_id, begins }
    }

    /// Where in some bytes an id stands, and whose.
    fn all_in<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        (0..bytes.len().saturating_sub(15)).filter_map(|at| {
            if !self.begins[usize::from(bytes[at]) << 8 | usize::from(bytes[at + 1])] {
                return None;
            }
            Some((at, *self.by_id.get(&bytes[at..at + 16])?))
        })
    }
}

/// All that can be tried on the files of a data folder.
pub(super) fn tries(folder: &Path, session: SessionId, ids: &[ChangeId], log: &[u8]) -> Done<Vec<Try>> {
    let known = Ids::new(ids);
    // Another program's look at a copy, as the file itself must not be changed by looking.
    let copy = folder.join("looked-at");
    std::fs::create_dir_all(&copy)?;
    for end in ["", "-wal"] {
        let name = format!("jiangdao.db{end}");
        std::fs::copy(folder.join(&name), copy.join(&name))?;
    }
    let mut all = pages(&std::fs::read(copy.join("jiangdao.db"))?, session, &known);
    all.extend(ahead(&std::fs::read(copy.join("jiangdao.db-wal"))?, session, &known));
    all.extend(tables(&Connection::open(copy.join("jiangdao.db"))?, &known)?);
    std::fs::remove_dir_all(&copy)?;
    all.extend(backup(&folder.join("backup"), &known)?);
    all.extend(text("log", &String::from_utf8_lossy(log), &known));
    Ok(all)
}

fn whole(name: String, order: Vec<usize>) -> Option<Try> {
    (order.len() > 1).then(|| Try { name, groups: vec![order] })
}

/// Answers in the order in which they stand first.
fn firsts(found: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    found.into_iter().filter(|n| seen.insert(*n)).collect()
}

/// Every table whose rows name answers, in its own order and in that of each of its columns.
fn tables(conn: &Connection, ids: &Ids) -> Done<Vec<Try>> {
    let mut names = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut all = Vec::new();
    for name in names {
        // A table without numbers of its own has none to ask for.
        let with = conn.prepare(&format!("SELECT *, rowid FROM \"{name}\""));
        let mut found = with.or_else(|_| conn.prepare(&format!("SELECT * FROM \"{name}\"")))?;
        let columns: Vec<String> = found.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = found.query([])?;
        let mut named: Vec<(usize, Vec<Value>)> = Vec::new();
        while let Some(row) = rows.next()? {
            for n in answers_of(row, columns.len(), ids)? {
                let cells = (0..columns.len()).map(|at| row.get(at)).collect::<Result<_, _>>()?;
                named.push((n, cells));
            }
        }
        all.extend(whole(format!("{name} as it lies"), firsts(named.iter().map(|(n, _)| *n))));
        for (at, column) in columns.iter().enumerate() {
            let mut by = named.clone();
            by.sort_by_key(|(_, cells)| cells.get(at).map(sortable));
            all.extend(whole(format!("{name} by {column}"), firsts(by.iter().map(|(n, _)| *n))));
        }
    }
    Ok(all)
}

fn answers_of(row: &Row<'_>, width: usize, ids: &Ids) -> Done<Vec<usize>> {
    let mut found = Vec::new();
    for at in 0..width {
        match row.get_ref(at)? {
            ValueRef::Blob(bytes) => found.extend(ids.all_in(bytes).map(|(_, n)| n)),
            ValueRef::Text(text) => found.extend(in_text(&String::from_utf8_lossy(text), ids)),
            _ => {}
        }
    }
    Ok(found)
}

fn sortable(value: &Value) -> (i64, Vec<u8>) {
    match value {
        Value::Integer(n) => (*n, Vec::new()),
        Value::Text(text) => (i64::MAX, text.clone().into_bytes()),
        Value::Blob(bytes) => (i64::MAX, bytes.clone()),
        _ => (i64::MIN, Vec::new()),
    }
}

/// Answers in the order of a text, as ids are written: with hyphens, or as plain digits.
fn in_text(text: &str, ids: &Ids) -> Vec<usize> {
    let word = |c: char| !(c.is_ascii_digit() || ('a'..='f').contains(&c) || c == '-');
    let digits = text.split(word).filter(|word| word.len() >= 32).map(|word| word.replace('-', ""));
    let mut found = Vec::new();
    for digits in digits {
        // Also in the middle of a longer number; an id begins at every second digit or at every first.
        for from in [0, 1] {
            let pairs = digits.as_bytes().get(from..).unwrap_or_default().chunks_exact(2);
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let bytes: Vec<u8> =
                pairs.filter_map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect();
            found.extend(ids.all_in(&bytes).map(|(_, n)| n));
        }
    }
    found
}

fn text(name: &str, text: &str, ids: &Ids) -> Option<Try> {
    whole(name.to_owned(), firsts(in_text(text, ids)))
}

/// Where an answer lies in the bytes of a page: in the table, or in the index that names its session.
fn in_page(page: &[u8], session: SessionId, ids: &Ids) -> Vec<(bool, usize, usize)> {
    let table = |at: usize| page.get(at + 16..at + 32) == Some(session.as_bytes().as_slice());
    ids.all_in(page).map(|(at, n)| (table(at), at, n)).collect()
}

/// In a page, what came later lies lower; a page that was taken later lies further behind.
fn pages(file: &[u8], session: SessionId, ids: &Ids) -> Vec<Try> {
    let size = page_size(file.get(16..18));
    let mut all = Vec::new();
    for (kind, what) in [(true, "table"), (false, "index")] {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for page in file.chunks(size) {
            let mut found = in_page(page, session, ids);
            found.retain(|(in_table, ..)| *in_table == kind);
            found.sort_by_key(|(_, at, _)| std::cmp::Reverse(*at));
            groups.push(firsts(found.into_iter().map(|(_, _, n)| n)));
        }
        all.extend(whole(format!("pages of the {what} in turn"), firsts(groups.concat())));
        // By which page alone, and by the place within a page alone.
        let mut seen = std::collections::HashSet::new();
        groups.iter_mut().for_each(|group| group.retain(|n| seen.insert(*n)));
        groups.retain(|group| group.len() > 1);
        all.push(Try { name: format!("places in pages of the {what}"), groups });
    }
    all
}

fn page_size(bytes: Option<&[u8]>) -> usize {
    match bytes {
        Some([high, low]) => match usize::from(u16::from_be_bytes([*high, *low])) {
            // The largest size does not fit, and is told as 1.
            1 => 65_536,
            0 => 4_096,
            size => size,
        },
        _ => 4_096,
    }
}

/// The write-ahead log holds pages commit after commit: whatever it still has, also behind its end.
fn ahead(file: &[u8], session: SessionId, ids: &Ids) -> Vec<Try> {
    let size = file.get(8..12).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
    let size = size.map_or(4_096, |bytes| u32::from_be_bytes(bytes) as usize).max(512);
    let mut all = Vec::new();
    let frames = || file.get(32..).unwrap_or_default().chunks(24 + size);
    for (kind, what) in [(true, "table"), (false, "index")] {
        let (mut order, mut last) = (Vec::new(), Vec::new());
        for frame in frames() {
            let mut found = in_page(frame.get(24..).unwrap_or_default(), session, ids);
            found.retain(|(in_table, ..)| *in_table == kind);
            found.sort_by_key(|(_, at, _)| std::cmp::Reverse(*at));
            order.extend(found.iter().map(|(_, _, n)| *n));
            last.splice(0..0, found.iter().map(|(_, _, n)| *n));
        }
        all.extend(whole(format!("first in the write-ahead log, {what}"), firsts(order)));
        all.extend(whole(format!("last in the write-ahead log, {what}"), firsts(last)));
    }
    all
}

/// Every file of the backup, unpacked, in the order of its frames.
fn backup(folder: &Path, ids: &Ids) -> Done<Vec<Try>> {
    let (mut all, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // Of each day's file the name tells the day, and the days of the test are the same.
            all.extend(text(&format!("backup {name}"), &unpacked(&bytes), ids));
        }
    }
    Ok(all)
}

/// Frames one after the other; what is none is taken as it is.
fn unpacked(bytes: &[u8]) -> String {
    let Some(mut rest) = bytes.strip_prefix(b"JDBACK1\n") else {
        return String::from_utf8_lossy(bytes).into_owned();
    };
    let mut whole = String::new();
    while let Some((head, more)) = rest.split_at_checked(41) {
        let len = head.first_chunk::<4>().map_or(0, |len| u32::from_le_bytes(*len) as usize);
        let Some((packed, after)) = more.split_at_checked(len) else { break };
        let mut text = String::new();
        if DeflateDecoder::new(packed).read_to_string(&mut text).is_ok() {
            whole.push_str(&text);
        }
        rest = after;
    }
    whole
}
