//! The content of a rescue file (docs/sync.md, "Rescue file"): what of a browser has no receipt, as
//! it lies under the seal, and what an import answers.

use crate::id::ReplicaId;
use crate::wire::Account;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The highest version of the content that this build reads.
pub const VERSION: u32 = 2;
/// The version of a content with nothing locked in it, which older servers read too.
pub const VERSION_PLAIN: u32 = 1;
/// Most bytes of a rescue file.
pub const FILE_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of its content, inflated.
pub const CONTENT_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Longest login name that is repeated from a file, characters.
const LOGIN_MAX_CHARS: usize = 60;

/// What lies under the seal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Content {
    /// [`VERSION`], or [`VERSION_PLAIN`].
    pub v: u32,
    /// The version of the app that made it.
    pub app: String,
    /// The phone's clock when it was made, ms.
    pub made_ms: i64,
    /// One per account of the browser that has something without a receipt.
    pub parts: Vec<Part>,
    /// One per account whose store was sealed, and its key not at hand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<Locked>,
}

/// The store of an account as a locked phone could give it: sealed. The server, which can open the spare
/// key, finds in it what has no receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The store's key, sealed to the server: [`crate::sealed::Lock::spare`].
    pub spare: String,
    /// Table, key, and the stored bytes in hex.
    pub rows: Vec<(String, String, String)>,
}

/// What of one account has no receipt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// Whose it is, as the phone knew.
    pub account: Account,
    /// Proves that: what this part holds is taken in as if it were pushed by this token.
    pub push_token: String,
    /// Its changes by the replica that numbered them, earlier replicas of the browser first.
    #[serde(default)]
    pub replicas: Vec<Numbered>,
    /// Its responses, shuffled; nothing tells of a replica.
    #[serde(default)]
    pub responses: Vec<Box<RawValue>>,
}

impl Part {
    /// The login name that it gives, fit to be shown.
    #[must_use]
    pub fn login(&self) -> String {
        let shown = self.account.login.chars().filter(|c| !c.is_control());
        shown.take(LOGIN_MAX_CHARS).collect()
    }

    /// How many changes and responses it holds.
    #[must_use]
    pub fn count(&self) -> usize {
        self.replicas.iter().map(|numbered| numbered.changes.len()).sum::<usize>() + self.responses.len()
    }
}

/// Changes of one replica.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Numbered {
    /// The replica.
    pub replica: ReplicaId,
    /// Byte for byte as they would be pushed, by seq; one that was only being stored has none.
    pub changes: Vec<Box<RawValue>>,
}

/// Why a content cannot be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// A newer version wrote it.
    Newer,
    /// It is none.
    Damaged,
}

/// Reads what lay under the seal. Fields that are not known are ignored.
///
/// # Errors
/// Why not.
pub fn read(content: &[u8]) -> Result<Content, Unread> {
    #[derive(Deserialize)]
    struct Head {
        v: u32,
    }
    let head: Head = serde_json::from_slice(content).map_err(|_| Unread::Damaged)?;
    match head.v {
        0 => Err(Unread::Damaged),
        1..=VERSION => serde_json::from_slice(content).map_err(|_| Unread::Damaged),
        _ => Err(Unread::Newer),
    }
}

/// `POST /api/v1/rescue`: what became of a file, responses counted with the changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RescueAnswer {
    /// New, and taken in.
    pub taken: u64,
    /// Known already.
    pub dup: u64,
    /// Kept without effect, for staff to decide; some may have been before.
    pub held: u64,
    /// Parts that were not taken in.
    pub refused: Vec<RefusedPart>,
}

/// A part of a rescue file that was not taken in; nothing of it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedPart {
    /// The login name that it gives.
    pub login: String,
    /// How many changes and responses it holds.
    pub count: u64,
    /// Why: a code of the problem catalogue.
    pub code: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_it_knows_and_says_what_it_does_not() {
        let content = json!({ "v": 1, "app": "0.1.0", "made_ms": 5, "new": true, "parts": [{
            "account": { "id": "01980000-0000-7000-8000-000000000001", "login": "li\u{1b}[31m", "name": "李" },
            "push_token": "t", "responses": [{ "id": 1 }],
            "replicas": [{ "replica": "01980000-0000-7000-8000-000000000002", "changes": [7, { "id": 2 }] }],
        }]});
        let read_it = read(content.to_string().as_bytes()).unwrap();
        assert_eq!((read_it.parts[0].count(), read_it.parts[0].login().as_str()), (3, "li[31m"));
        assert_eq!(serde_json::to_value(&read_it).unwrap()["parts"], content["parts"]);
        for (damaged, why) in [
            (&b""[..], Unread::Damaged),
            (b"[]", Unread::Damaged),
            (br#"{"v":0}"#, Unread::Damaged),
            (br#"{"v":1,"parts":[]}"#, Unread::Damaged),
            (br#"{"v":3,"all":"different"}"#, Unread::Newer),
        ] {
            assert_eq!(read(damaged).unwrap_err(), why);
        }
    }
}
