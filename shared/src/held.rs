//! What the server holds (待处理), as staff see it and decide of it.

use crate::change::HeldCode;
use serde::{Deserialize, Serialize};

/// Longest reason of a refusal, characters.
pub const REASON_MAX_CHARS: usize = 200;

/// An item of `GET /api/v1/held`, and the answer of `POST /api/v1/held/{key}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldItem {
    /// Names it for ever: of the same content of the same account it is the same. Hexadecimal.
    #[serde(default)]
    pub key: String,
    /// Its id, where it had one.
    pub id: Option<String>,
    /// Why it is held.
    pub code: HeldCode,
    /// Login name of its author; none for responses.
    pub login: Option<String>,
    /// When it came in, ms; none for responses.
    pub recv_ms: Option<i64>,
    /// Byte for byte what was sent.
    pub raw: String,
    /// This server could read it now and give it an effect, if somebody accepts it.
    #[serde(default)]
    pub acceptable: bool,
    /// What was decided, once somebody did.
    #[serde(default)]
    pub decision: Option<HeldDecision>,
}

/// What was decided of something that was held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDecision {
    /// It has its effect; else it was refused.
    pub accepted: bool,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Login name of who decided.
    pub login: String,
    /// Name of who decided.
    pub name: String,
    /// When, ms.
    pub at_ms: i64,
}

/// `POST /api/v1/held/{key}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRequest {
    /// Give it its effect; else refuse it.
    pub accept: bool,
    /// Why it is refused: told to its author. At most [`REASON_MAX_CHARS`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
