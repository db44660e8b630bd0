//! How answers to a form are read: what is asked, what is kept of it, and what is wrong with it. The phone, the
//! desk and the server all read by [`walk`].

use super::{Choice, Form, Kind, OTHER, Question};
use crate::text::Lang;
use serde_json::{Map, Value};

/// Question → answer.
pub type Answers = Map<String, Value>;

/// Longest text beside "other", in characters.
pub const OTHER_MAX_CHARS: usize = 200;

/// What is wrong with one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is required and was not given.
    Missing,
    /// It is none of the kind that is asked for.
    Kind,
    /// It is outside of the scale, or too long, or too many were chosen.
    Limit,
    /// It is none of the choices.
    Choice,
    /// "Other" was chosen without saying what.
    Other,
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
            Self::Choice => ("没有这个选项", "there is no such choice"),
            Self::Other => ("请写明“其他”是什么", "say what the other is"),
            Self::Unasked => ("表单里没有这一题", "the form does not ask this"),
        };
        lang.pick(zh, en)
    }
}

/// What a form comes to with some answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk<'f> {
    /// Places of the questions that are shown, headings and those of a newer version included.
    pub shown: Vec<usize>,
    /// The answers as they are kept: of shown questions alone, texts trimmed, what was left empty left out.
    pub kept: Answers,
    /// What is wrong, one thing a question, in the form's order.
    pub wrong: Vec<(&'f str, Wrong)>,
}

/// Goes through a form from its first question to its last. What was answered to questions that are skipped
/// now is left out, and comes to nothing: whoever goes back and answers otherwise is not held to it.
#[must_use]
pub fn walk<'f>(form: &'f Form, answers: &Answers) -> Walk<'f> {
    let mut walk = Walk { shown: Vec::new(), kept: Answers::new(), wrong: Vec::new() };
    for (place, question) in form.questions.iter().enumerate() {
        let known = question.is_known();
        // Whether a condition of a newer version holds is not known; that it is there is said.
        if known && question.shown_if.as_ref().is_some_and(|condition| !condition.holds(&walk.kept)) {
            continue;
        }
        walk.shown.push(place);
        if !question.is_asked() {
            continue;
        }
        let answer = answers.get(&question.id).and_then(|answer| cleaned(&question.kind, answer));
        let wrong = match &answer {
            None => question.required.then_some(Wrong::Missing),
            Some(answer) => wrong(&question.kind, answer),
        };
        match (wrong, answer) {
            (Some(wrong), _) => walk.wrong.push((&question.id, wrong)),
            (None, Some(answer)) => drop(walk.kept.insert(question.id.clone(), answer)),
            (None, None) => {}
        }
    }
    walk
}

/// The answers as they are kept.
///
/// # Errors
/// The first question that is not answered as the form asks, or that it does not ask at all.
pub fn read(form: &Form, answers: &Answers) -> Result<Answers, (String, Wrong)> {
    let walk = walk(form, answers);
    if let Some((id, wrong)) = walk.wrong.first() {
        return Err(((*id).to_owned(), *wrong));
    }
    let asks = |id: &str| form.questions.iter().any(|question| question.id == id && question.is_asked());
    let given = |answer: &Value| !answer.is_null() && answer.as_str() != Some("");
    match answers.iter().find(|(id, answer)| given(answer) && !asks(id)) {
        Some((id, _)) => Err((id.clone(), Wrong::Unasked)),
        None => Ok(walk.kept),
    }
}

/// The answer in its one spelling; none where nothing was answered. What is of another kind stays as it is.
fn cleaned(kind: &Kind, answer: &Value) -> Option<Value> {
    match (kind, answer) {
        (_, Value::Null) => None,
        (_, Value::String(text)) if text.trim().is_empty() => None,
        (Kind::Number { .. }, Value::String(text)) => {
            let text = text.trim();
            Some(text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from))
        }
        (Kind::Multiple { options, .. }, Value::Array(chosen)) => in_order(options, chosen),
        (_, Value::String(text)) => Some(Value::from(text.trim())),
        (Kind::Single { .. }, other) => Some(own_words(other).map_or_else(|| other.clone(), said)),
        (_, other) => Some(other.clone()),
    }
}

/// What was chosen in the order of the form, each once: the order of tapping says nothing, and is not kept.
fn in_order(options: &[Choice], chosen: &[Value]) -> Option<Value> {
    let mut kept: Vec<Value> = options
        .iter()
        .map(|choice| Value::from(choice.id.as_str()))
        .filter(|id| chosen.contains(id))
        .collect();
    for other in chosen.iter().filter(|one| !kept.contains(one)).cloned().collect::<Vec<_>>() {
        let other = own_words(&other).map(said).unwrap_or(other);
        if !kept.contains(&other) {
            kept.push(other);
        }
    }
    (!kept.is_empty()).then_some(Value::Array(kept))
}

/// The text of `{"other": text}`, trimmed.
#[must_use]
pub fn own_words(answer: &Value) -> Option<&str> {
    let answer = answer.as_object().filter(|answer| answer.len() == 1)?;
    answer.get(OTHER)?.as_str().map(str::trim)
}

/// Words of one's own, as an answer.
#[must_use]
pub fn said(text: &str) -> Value {
    Value::Object(Map::from_iter([(OTHER.to_owned(), Value::from(text))]))
}

fn wrong(kind: &Kind, answer: &Value) -> Option<Wrong> {
    let limit = |within: bool| (!within).then_some(Wrong::Limit);
    match kind {
        Kind::Rating { scale } => match answer.as_u64() {
            None => Some(Wrong::Kind),
            Some(mark) => limit((1..=u64::from(*scale)).contains(&mark)),
        },
        Kind::Single { options, other } => wrong_choice(options, *other, answer),
        Kind::Multiple { options, other, most } => {
            let Some(chosen) = answer.as_array() else { return Some(Wrong::Kind) };
            let wrong = chosen.iter().find_map(|one| wrong_choice(options, *other, one));
            let words = chosen.iter().filter(|one| one.is_object()).count();
            wrong.or_else(|| limit(words <= 1 && chosen.len() <= most.map_or(usize::MAX, usize::from)))
        }
        Kind::Number { min, max } => match answer.as_i64() {
            None => Some(Wrong::Kind),
            Some(n) => limit(min.is_none_or(|min| n >= min) && max.is_none_or(|max| n <= max)),
        },
        Kind::Text { max_chars, .. } => match answer.as_str() {
            None => Some(Wrong::Kind),
            Some(text) => limit(u32::try_from(text.chars().count()).is_ok_and(|n| n <= *max_chars)),
        },
        Kind::Date { min, max } => match answer.as_str().filter(|day| is_day(day)) {
            None => Some(Wrong::Kind),
            // Days in this spelling come in the order of their texts.
            Some(day) => limit(
                min.as_deref().is_none_or(|min| day >= min) && max.as_deref().is_none_or(|max| day <= max),
            ),
        },
        Kind::Section | Kind::Unknown => Some(Wrong::Unasked),
    }
}

fn wrong_choice(options: &[Choice], other: bool, answer: &Value) -> Option<Wrong> {
    if let Some(id) = answer.as_str() {
        return options.iter().all(|choice| choice.id != id).then_some(Wrong::Choice);
    }
    match own_words(answer) {
        None => Some(Wrong::Kind),
        Some(_) if !other => Some(Wrong::Choice),
        Some("") => Some(Wrong::Other),
        Some(text) => (text.chars().count() > OTHER_MAX_CHARS).then_some(Wrong::Limit),
    }
}

/// Whether this is a day of the calendar, `2026-11-28`.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let (true, Some(year), Some(month), Some(day)) = (shape, part(0, 4), part(5, 7), part(8, 10)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    year > 0 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// The same form with nothing required: a sheet of paper is typed in as it was filled in.
#[must_use]
pub fn as_on_paper(form: &Form) -> Form {
    let loose = |question: &Question| Question { required: false, ..question.clone() };
    Form { questions: form.questions.iter().map(loose).collect(), ..form.clone() }
}
