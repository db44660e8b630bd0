//! Public answering (扫码答卷): answers by link and QR code, without a login (docs/sync.md, "Public
//! answering").

use crate::form::Form;
use crate::id::{ChangeId, FormId, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A link is good for so long after the session was closed, ms.
pub const AFTER_CLOSING_MS: i64 = 72 * 3_600_000;
/// By one link at most so many times the expected people answer.
pub const MOST_PER_EXPECTED: u32 = 3;
/// How many people are taken to be expected where nobody knows.
pub const EXPECTED_UNKNOWN: u32 = 300;
/// Most bytes of all answers of one response: what a phone would refuse to record as well.
pub const ANSWERS_MAX_BYTES: usize = 16 * 1024;

/// The page's address, without the host.
#[must_use]
pub fn path(session: SessionId, token: &str) -> String {
    format!("/f/{session}#{token}")
}

/// What `POST /api/v1/sessions/{id}/answering` answers: the link of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answering {
    /// Where it leads, without the host: a path with the token in its fragment.
    pub path: String,
    /// Until when it is good, ms; null as long as the session is not closed.
    pub ends_ms: Option<i64>,
    /// How many have answered by link.
    pub answered: u32,
    /// How many may.
    pub most: u32,
}

/// What `GET /api/v1/sessions/{id}/answering` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweringNow {
    /// The link that is good now; null where there is none.
    pub link: Option<Answering>,
}

/// Responses by the way they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ViaCounts {
    /// On the passed-round phone.
    pub phone: u32,
    /// By link or QR code.
    pub link: u32,
    /// Typed in from paper.
    pub paper: u32,
}

/// `POST /api/v1/answers/form`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormRequest {
    /// The session in the page's address.
    pub session: SessionId,
    /// The token out of the page's fragment.
    pub token: String,
}

/// What the page shows, and the id under which it hands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormAnswer {
    /// A random id for one response; kept nowhere until that comes.
    pub id: ChangeId,
    /// What the response is about.
    pub session: FormSession,
    /// The questions.
    pub form: Form,
}

/// The session, as far as whoever answers sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormSession {
    /// Its title.
    pub title: String,
    /// Where.
    pub venue: Option<String>,
    /// Name of the org that holds it.
    pub org_name: String,
    /// Start, ms.
    pub starts_ms: i64,
    /// End, ms.
    pub ends_ms: Option<i64>,
}

/// `POST /api/v1/answers`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswersRequest {
    /// The token out of the page's fragment.
    pub token: String,
    /// From [`FormAnswer::id`].
    pub id: ChangeId,
    /// Question → answer.
    pub answers: Map<String, Value>,
    /// The form that was shown; none: the one that is asked now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormId>,
    /// Its version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// What became of a response that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "st", rename_all = "snake_case")]
pub enum AnswersTaken {
    /// It is kept.
    Ok,
    /// It was kept before.
    Dup,
}
