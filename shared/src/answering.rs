//! Public answering (扫码答卷): answers by link and QR code, without a login (docs/sync.md, "Public
//! answering").

use crate::form::{Form, Kind};
use crate::id::{ChangeId, FormId, SessionId};
use crate::text::Lang;
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

/// What is wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is required and was not given.
    Missing,
    /// It is none of the kind that is asked for.
    Kind,
    /// It is outside of the scale, or too long.
    Limit,
    /// Nobody asks that.
    Unasked,
}

impl Wrong {
    /// What is wrong, for people.
    #[must_use]
    pub const fn says(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Missing => ("这一题需要回答", "an answer is needed"),
            Self::Kind => ("答案的类型不对", "the answer is of another kind"),
            Self::Limit => ("答案超出了范围", "the answer is out of range"),
            Self::Unasked => ("表单里没有这一题", "the form does not ask this"),
        };
        lang.pick(zh, en)
    }
}

/// The answers as they are kept, without what was left empty.
///
/// # Errors
/// The first question, in the form's order, that is not answered as it asks.
pub fn read(form: &Form, mut answers: Map<String, Value>) -> Result<Map<String, Value>, (String, Wrong)> {
    answers.retain(|_, answer| !answer.is_null() && answer.as_str() != Some(""));
    for question in &form.questions {
        let wrong = match answers.get(&question.id) {
            // Of a kind that this version cannot ask no answer can be demanded.
            None => (question.required && question.kind != Kind::Unknown).then_some(Wrong::Missing),
            Some(answer) => wrong(&question.kind, answer),
        };
        if let Some(wrong) = wrong {
            return Err((question.id.clone(), wrong));
        }
    }
    let unasked = answers.keys().find(|id| form.questions.iter().all(|question| question.id != **id));
    match unasked {
        Some(id) => Err((id.clone(), Wrong::Unasked)),
        None => Ok(answers),
    }
}

fn wrong(kind: &Kind, answer: &Value) -> Option<Wrong> {
    match kind {
        Kind::Rating { scale } => match answer.as_u64() {
            None => Some(Wrong::Kind),
            Some(mark) => (!(1..=u64::from(*scale)).contains(&mark)).then_some(Wrong::Limit),
        },
        Kind::Text { max_chars } => match answer.as_str() {
            None => Some(Wrong::Kind),
            Some(text) => {
                (u32::try_from(text.chars().count()).unwrap_or(u32::MAX) > *max_chars).then_some(Wrong::Limit)
            }
        },
        // What this version cannot ask it did not ask.
        Kind::Unknown => Some(Wrong::Unasked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::default_form;
    use serde_json::json;

    fn answers(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn answers_are_read_as_the_form_asks() {
        let form = default_form();
        let good = json!({"understood": 5, "absorbed": 1, "usable": 3, "help": "", "improve": null});
        let kept = read(&form, answers(good)).unwrap();
        assert_eq!(Value::from(kept), json!({"understood": 5, "absorbed": 1, "usable": 3}));
        let long = "长".repeat(1_001);
        for (value, id, wrong) in [
            (json!({}), "understood", Wrong::Missing),
            (json!({"understood": 0, "absorbed": 1, "usable": 3}), "understood", Wrong::Limit),
            (json!({"understood": 5, "absorbed": 6, "usable": 3}), "absorbed", Wrong::Limit),
            (json!({"understood": 5, "absorbed": 1.5, "usable": 3}), "absorbed", Wrong::Kind),
            (json!({"understood": 5, "absorbed": 1, "usable": "3"}), "usable", Wrong::Kind),
            (json!({"understood": 5, "absorbed": 1, "usable": 3, "help": long}), "help", Wrong::Limit),
            (json!({"understood": 5, "absorbed": 1, "usable": 3, "help": [1]}), "help", Wrong::Kind),
            (json!({"understood": 5, "absorbed": 1, "usable": 3, "name": "张"}), "name", Wrong::Unasked),
        ] {
            assert_eq!(read(&form, answers(value)), Err((id.to_owned(), wrong)), "{id}");
        }
        let edge = json!({"understood": 5, "absorbed": 1, "usable": 3, "help": "长".repeat(1_000)});
        assert!(read(&form, answers(edge)).is_ok(), "counted in characters");
    }

    #[test]
    fn a_kind_of_a_newer_version_is_neither_asked_nor_taken() {
        let mut form = default_form();
        form.questions.truncate(1);
        form.questions[0].kind = Kind::Unknown;
        assert_eq!(read(&form, Map::new()), Ok(Map::new()));
        let told = read(&form, answers(json!({"understood": 5})));
        assert_eq!(told, Err(("understood".to_owned(), Wrong::Unasked)));
    }
}
