//! Reads a backup's files: every digest is looked at, and a file that ends too early is told from
//! one that was changed.

use super::frame::{Kind, Next, Reader};
use super::record::{Commit, Head, Line, VERSION};
use super::shelf::Shelf;
use crate::fault::Fault;
use serde::de::DeserializeOwned;

/// What a file of the log is called.
pub(crate) fn log_name(place: i64) -> String {
    format!("log-{place:08}.jdb")
}

pub(crate) fn is_log(name: &str) -> bool {
    let digits = name.strip_prefix("log-").and_then(|rest| rest.strip_suffix(".jdb"));
    digits.is_some_and(|digits| digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(crate) fn is_day(name: &str) -> bool {
    name.strip_prefix("responses/").is_some_and(|name| name.ends_with(".jdb"))
}

/// How a file of the log ends.
#[derive(Default)]
pub(crate) struct End {
    /// None of a file that ends before its head does.
    pub(crate) head: Option<Head>,
    /// The last commit, and the length of the file up to it.
    pub(crate) commit: Option<(Commit, u64)>,
    /// How many commits there are.
    pub(crate) commits: usize,
    /// Bytes read; more than up to the last commit where something half written follows.
    pub(crate) bytes: u64,
    /// It ends inside something.
    pub(crate) torn: bool,
    /// Somewhere in it every table was written whole, and committed.
    pub(crate) tables: bool,
    /// The last commit that tells the hash of the state, and which one of all it is.
    pub(crate) stated: Option<(usize, Commit)>,
}

/// Reads a whole file and keeps how it ends.
pub(crate) fn end(shelf: &dyn Shelf, name: &str) -> Result<End, Fault> {
    end_within(shelf, name, usize::MAX)
}

/// The same, as if there were so many commits at most.
pub(crate) fn end_within(shelf: &dyn Shelf, name: &str, commits: usize) -> Result<End, Fault> {
    let mut end = End::default();
    let mut tables = false;
    let torn = file(shelf, name, &mut |piece, at| {
        match piece {
            Piece::Head(head) => end.head = Some(head),
            Piece::Line(Line::Table { whole, .. }) => tables |= whole,
            Piece::Line(_) => {}
            Piece::Commit(commit) => {
                end.commits += 1;
                end.tables |= tables;
                if commit.state.is_some() {
                    end.stated = Some((end.commits, commit.clone()));
                }
                end.commit = Some((commit, at));
            }
        }
        end.bytes = end.bytes.max(at);
        Ok(end.commits < commits)
    })?;
    end.torn = torn || end.commit.as_ref().map_or(0, |(_, at)| *at) < end.bytes;
    if torn {
        end.bytes = u64::MAX;
    }
    Ok(end)
}

/// Something read from a file.
pub(crate) enum Piece {
    Head(Head),
    Line(Line),
    Commit(Commit),
}

/// Reads a file piece by piece until `each` says that it is enough; `each` also gets the length of
/// the file up to the end of the frame. Says whether the file ends inside something.
pub(crate) fn file(
    shelf: &dyn Shelf,
    name: &str,
    each: &mut dyn FnMut(Piece, u64) -> Result<bool, Fault>,
) -> Result<bool, Fault> {
    let called = shelf.called(name);
    let from = shelf.open(name).map_err(|error| {
        Fault::new(format!("{called} 读不出来：{error}"), format!("{called} cannot be read: {error}"))
    })?;
    let Some(mut reader) = Reader::begin(from, &called)? else { return Ok(true) };
    let mut first = true;
    loop {
        let (kind, text) = match reader.next()? {
            Next::Frame(kind, text) => (kind, text),
            Next::End => return Ok(first),
            Next::Torn => return Ok(true),
        };
        if first != (kind == Kind::Head) {
            return Err(reader.damaged());
        }
        first = false;
        let at = reader.at();
        let go_on = match kind {
            Kind::Head => {
                let head: Head = parse(&text).ok_or_else(|| reader.damaged())?;
                if head.version > VERSION {
                    return Err(newer(&called));
                }
                each(Piece::Head(head), at)?
            }
            Kind::Commit => each(Piece::Commit(parse(&text).ok_or_else(|| reader.damaged())?), at)?,
            Kind::Lines => {
                let mut go_on = true;
                for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                    go_on &= each(Piece::Line(parse(line).ok_or_else(|| reader.damaged())?), at)?;
                }
                go_on
            }
        };
        if !go_on {
            return Ok(false);
        }
    }
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    serde_json::from_slice(text).ok()
}

/// Reads the responses of a day, line by line. The day and how many there are; none of a file that
/// ends too early.
pub(crate) fn day(
    shelf: &dyn Shelf,
    name: &str,
    each: &mut dyn FnMut(Line) -> Result<(), Fault>,
) -> Result<Option<(i64, i64)>, Fault> {
    let (mut day_ms, mut rows, mut count) = (None, 0, None);
    let torn = file(shelf, name, &mut |piece, _| {
        match piece {
            Piece::Head(head) => day_ms = Some(head.place),
            Piece::Line(line) => {
                rows += i64::from(matches!(line, Line::Row(_)));
                each(line)?;
            }
            Piece::Commit(commit) => count = Some(commit.count),
        }
        Ok(true)
    })?;
    Ok(day_ms.zip(count.filter(|count| !torn && *count == rows)))
}

pub(crate) fn newer(called: &str) -> Fault {
    Fault::new(
        format!("{called} 是更新版本写的备份，请用新版程序恢复"),
        format!("{called} was written by a newer version: restore it with that"),
    )
}
