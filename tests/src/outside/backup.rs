//! A backup's files: damaged ones, and ones whose digests are right and whose content is not.

use super::city::NOW;
use super::seed::seeds;
use rusqlite::Connection;
use server::backup::restore::{Order, restore};
use server::backup::segment::{self, Text};
use server::backup::shelf::{InMemory, Shelf};
use shared::id::Epoch;
use std::sync::OnceLock;
use uuid::Uuid;

/// A file as it lies on the disk: what is read of it is what a whole file began with, whether it is then
/// refused or not.
///
/// # Panics
/// The promise is broken.
pub fn segment(input: &[u8]) {
    static WHOLE: OnceLock<Vec<Vec<Text>>> = OnceLock::new();
    let whole = WHOLE.get_or_init(|| {
        let read = |bytes: &[u8]| {
            let mut seen = Vec::new();
            segment::read(bytes, &mut seen).unwrap();
            seen
        };
        seeds("segment").iter().map(|(_, bytes)| read(bytes)).collect()
    });
    let mut seen = Vec::new();
    if let Err(fault) = segment::read(input, &mut seen) {
        one_line(&fault.to_string());
    }
    assert!(whole.iter().any(|whole| whole.starts_with(&seen)), "nobody wrote {seen:?}");
}

fn one_line(text: &str) {
    assert!(!text.is_empty() && !text.contains('\n'), "{text}");
}

/// A backup with right digests: refused in one line, or restored to data in which everything that is
/// named is there. Input: `F` and a file's name, then a line for each head (`H`), line (`L`) and commit
/// (`C`) with its JSON.
///
/// # Panics
/// The promise is broken.
pub fn backup(input: &[u8]) {
    let shelf = InMemory::default();
    for (name, texts) in files(input) {
        shelf.replace(&name, &segment::write(&texts).unwrap()).unwrap();
    }
    let mut data = Connection::open_in_memory().unwrap();
    let epoch = Epoch::from(Uuid::from_u128(5));
    let order = Order { epoch, now_ms: NOW, progress: &mut |_, _| {} };
    match restore(&shelf, None, &mut data, order) {
        Ok(_) => {
            let broken: i64 = data
                .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
                .unwrap();
            assert_eq!(broken, 0, "a row names what is not there");
        }
        Err(rejection) => rejection.lines.iter().for_each(|line| one_line(line)),
    }
}

type File<'i> = (String, Vec<(char, &'i [u8])>);

fn files(input: &[u8]) -> Vec<File<'_>> {
    let mut files: Vec<File<'_>> = Vec::new();
    for line in input.split(|byte| *byte == b'\n') {
        match (line, files.last_mut()) {
            ([b'F', b' ', name @ ..], _) => {
                files.push((String::from_utf8_lossy(name).into_owned(), Vec::new()))
            }
            ([kind, b' ', text @ ..], Some((_, texts))) => texts.push((char::from(*kind), text)),
            _ => {}
        }
    }
    files
}

/// Seeds that a program has to make: of a backup of the city.
pub(super) fn made(folder: &std::path::Path) -> Vec<(&'static str, Vec<u8>)> {
    let log = std::fs::read(folder.join("log-00000001.jdb")).unwrap();
    let mut names: Vec<String> = vec!["log-00000001.jdb".to_owned()];
    for entry in std::fs::read_dir(folder.join("responses")).into_iter().flatten() {
        names.push(format!("responses/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    let mut text = String::new();
    for name in names {
        text += &format!("F {name}\n");
        let mut seen = Vec::new();
        segment::read(&std::fs::read(folder.join(&name)).unwrap(), &mut seen).unwrap();
        for (kind, line) in seen {
            text += &format!("{kind} {line}\n");
        }
    }
    vec![("segment/log.jdb", log), ("backup/city", text.into_bytes())]
}
