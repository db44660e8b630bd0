//! When a question is asked (skip logic): by what was answered to an earlier one.

use super::answer::Answers;
use super::{Form, Kind, OTHER, Question};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question is asked if the answer to an earlier one is this. Only earlier ones can be named, so that
/// there are no circles; one that is skipped itself has no answer, and nothing holds of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Condition {
    /// The earlier question.
    pub question: String,
    /// Its answer is this: a mark, or the id of a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Value>,
    /// Its answer is one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Value>,
    /// Its answer is a number, and at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
}

impl Condition {
    /// Whether it says anything that this version understands.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.is.is_some() || !self.one_of.is_empty() || self.at_least.is_some()
    }

    /// Whether it holds of these answers, which are those of the questions asked so far. Every part of it
    /// that is there has to.
    #[must_use]
    pub fn holds(&self, answers: &Answers) -> bool {
        let Some(answer) = answers.get(&self.question) else { return false };
        let is = self.is.as_ref().is_none_or(|wanted| matches(answer, wanted));
        let among = self.one_of.is_empty() || self.one_of.iter().any(|wanted| matches(answer, wanted));
        let enough = self.at_least.is_none_or(|least| answer.as_i64().is_some_and(|n| n >= least));
        self.is_known() && is && among && enough
    }

    /// The values that it names.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.is.iter().chain(&self.one_of)
    }
}

fn matches(answer: &Value, wanted: &Value) -> bool {
    match answer {
        Value::Array(chosen) => chosen.iter().any(|one| matches(one, wanted)),
        Value::Object(_) => wanted == OTHER,
        one => one == wanted,
    }
}

/// What an answer to this question can be compared with; none where it cannot.
#[must_use]
pub fn values(question: &Question) -> Option<Vec<Value>> {
    match &question.kind {
        Kind::Rating { scale } => Some((1..=*scale).map(Value::from).collect()),
        Kind::Single { options, other } | Kind::Multiple { options, other, .. } => {
            let ids = options.iter().map(|choice| choice.id.as_str()).chain(other.then_some(OTHER));
            Some(ids.map(Value::from).collect())
        }
        Kind::Number { .. } => Some(Vec::new()),
        _ => None,
    }
}

/// The questions before this one whose answers can decide about it.
pub fn earlier(form: &Form, place: usize) -> impl Iterator<Item = &Question> {
    form.questions.iter().take(place).filter(|question| values(question).is_some())
}
