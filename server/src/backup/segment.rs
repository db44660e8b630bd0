//! One file of a backup by itself: what stands in it as text, and a file made of such text. For
//! whoever looks at files that may be damaged; a backup is written and restored elsewhere.

use super::frame::{Kind, Writer};
use super::scan::{self, Piece};
use super::shelf::{InMemory, Shelf};
use crate::fault::Fault;
use serde::Serialize;
use std::io;

/// What messages call the file.
const NAME: &str = "log-00000001.jdb";

/// Head (`H`), line (`L`) or commit (`C`), and its JSON.
pub type Text = (char, String);

/// Puts what stands in a file into `seen`, as far as it is whole. Says whether the file ends inside
/// something.
///
/// # Errors
/// One clear line: it is no such file, or was changed; what stands before that is in `seen`.
pub fn read(bytes: &[u8], seen: &mut Vec<Text>) -> Result<bool, Fault> {
    let shelf = InMemory::default();
    shelf.replace(NAME, bytes).map_err(|error| unwritten(&error))?;
    scan::file(&shelf, NAME, &mut |piece, _| {
        seen.push(match piece {
            Piece::Head(head) => ('H', json(&head)?),
            Piece::Line(line) => ('L', json(&line)?),
            Piece::Commit(commit) => ('C', json(&commit)?),
        });
        Ok(true)
    })
}

/// A file whose digests are right, whatever stands in it. Lines that follow each other are in one frame.
///
/// # Errors
/// It does not fit into frames.
pub fn write(texts: &[(char, &[u8])]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::begin(Vec::new())?;
    let mut lines: Vec<u8> = Vec::new();
    for (kind, text) in texts {
        let kind = match kind {
            'H' => Kind::Head,
            'C' => Kind::Commit,
            _ => {
                lines.extend_from_slice(text);
                lines.push(b'\n');
                continue;
            }
        };
        if !lines.is_empty() {
            writer.frame(Kind::Lines, &std::mem::take(&mut lines))?;
        }
        writer.frame(kind, text)?;
    }
    if !lines.is_empty() {
        writer.frame(Kind::Lines, &lines)?;
    }
    Ok(writer.into_inner())
}

fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| unwritten(&error.into()))
}

fn unwritten(error: &io::Error) -> Fault {
    Fault::new(format!("写不出来：{error}"), format!("cannot be written: {error}"))
}
