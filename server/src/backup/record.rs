//! What stands in a backup's frames.

use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use serde::{Deserialize, Serialize};
use shared::id::Epoch;
use std::collections::BTreeMap;

/// Layout of the files.
pub(crate) const VERSION: u32 = 1;

/// The first frame of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// [`VERSION`] of the program that wrote it.
    pub(crate) version: u32,
    /// That program.
    pub(crate) program: String,
    /// Version of the tables.
    pub(crate) schema: i64,
    /// The life of the data.
    pub(crate) epoch: Epoch,
    /// Place among the files, from 1; of a day's responses the start of the day, ms.
    pub(crate) place: i64,
    /// The last commit of the file before; 0 in the first.
    pub(crate) after_seq: i64,
    /// When the file was begun, ms.
    pub(crate) made_ms: i64,
}

/// The end of what belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// Everything up to this server seq is here.
    pub(crate) seq: i64,
    /// When it was read from the data, ms.
    pub(crate) at_ms: i64,
    /// How many changes all files together hold now; of a day's responses how many there are.
    pub(crate) count: i64,
    /// Responses of each day (its start, ms), in files of their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) responses: BTreeMap<i64, i64>,
    /// The hash of each part of the state, where it was worked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<BTreeMap<String, String>>,
}

/// One line between head and commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Line {
    /// The lines that follow are of this table. `whole`: what was there before is gone.
    #[serde(rename = "t")]
    Table { name: String, columns: Vec<String>, whole: bool },
    /// A row as it is now.
    #[serde(rename = "r")]
    Row(Vec<Cell>),
    /// The row with this key is gone.
    #[serde(rename = "g")]
    Gone(Vec<Cell>),
    /// A change of the log, as it was taken in.
    #[serde(rename = "c")]
    Change(Box<Logged>),
}

/// A change with its stamps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logged {
    pub(crate) seq: i64,
    /// Hexadecimal.
    pub(crate) id: String,
    /// Row of the replica, in the table of that name.
    pub(crate) replica_id: i64,
    pub(crate) replica_seq: Option<i64>,
    pub(crate) kind: String,
    pub(crate) recv_ms: i64,
    pub(crate) eff_ms: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) tags: String,
    /// Byte for byte what was sent.
    pub(crate) raw: String,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    /// No value.
    Null,
    /// An integer.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes, hexadecimal.
    Bytes {
        /// The digits.
        x: String,
    },
}

impl Cell {
    /// A value as the engine keeps it. No table has fractions.
    pub(crate) fn of(value: ValueRef<'_>) -> rusqlite::Result<Self> {
        Ok(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(n) => Self::Integer(n),
            ValueRef::Text(text) => {
                Self::Text(std::str::from_utf8(text).map_err(crate::db::corrupt)?.to_owned())
            }
            ValueRef::Blob(bytes) => Self::Bytes { x: hex(bytes) },
            ValueRef::Real(_) => return Err(crate::db::corrupt(std::fmt::Error)),
        })
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Integer(n) => ToSqlOutput::Owned(Value::Integer(*n)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes { x } => {
                ToSqlOutput::Owned(Value::Blob(bytes(x).ok_or_else(|| crate::db::corrupt(std::fmt::Error))?))
            }
        })
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The bytes of hexadecimal digits; none of anything else.
pub(crate) fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}
