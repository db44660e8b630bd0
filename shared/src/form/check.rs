//! What a form must be before it goes out: said by the builder while somebody writes, and by the server.

use super::answer::is_day;
use super::{Choice, Form, Kind, OTHER, Question, skip};
use crate::session::words;
use crate::text::{Bilingual, Lang};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most questions of a form, headings included.
pub const QUESTIONS_MAX: usize = 60;
/// Most choices of a question.
pub const CHOICES_MAX: usize = 40;
/// Longest text of a question or a choice, in characters.
pub const TEXT_MAX_CHARS: usize = 300;
/// Longest title, and longest short name, in characters.
pub const NAME_MAX_CHARS: usize = 60;
/// Longest answer in text that a form may ask for, in characters.
pub const ANSWER_MAX_CHARS: u32 = 2_000;
/// Highest marks that a form may ask for.
pub const SCALE: std::ops::RangeInclusive<u8> = 2..=10;
/// Longest name of a question or a choice.
pub const ID_MAX: usize = 32;
/// Greatest number that every reader of JSON takes as it is.
const NUMBER_MAX: i64 = 9_007_199_254_740_991;

words! {
    /// What keeps a form from going out.
    Fault {
        /// It has no title, or one that is too long.
        Title = "title", "请填写标题（最多 60 字）", "Write a title of at most 60 characters";
        /// It asks nothing, or too much.
        Questions = "questions", "需要 1 到 60 题，其中至少一题不是小标题", "1 to 60 questions, at least one of them no heading";
        /// A name is none, or stands twice.
        Id = "id", "题目或选项的编号不对或重复", "A name of a question or choice is wrong or stands twice";
        /// A text is missing or too long.
        Text = "text", "请填写题目（最多 300 字，简称最多 60 字）", "Write the question: at most 300 characters, its short name at most 60";
        /// A kind that this version does not know.
        Unknown = "unknown", "这一题来自更新的版本，不能改", "This question is of a newer version and cannot be changed";
        /// The scale of a rating.
        Scale = "scale", "评分最高分为 2 到 10", "The highest mark is 2 to 10";
        /// Choices are missing or too many.
        Choices = "choices", "需要 2 到 40 个选项，每个都要有文字", "2 to 40 choices, each with a text";
        /// How many may be chosen.
        Most = "most", "最多可选的项数应在 1 和选项数之间", "At most as many can be chosen as there are choices, and at least one";
        /// The longest answer.
        Length = "length", "字数上限为 1 到 2000", "The longest answer has 1 to 2000 characters";
        /// The least is above the greatest, or is no such value.
        Range = "range", "上下限不对", "The limits are not right";
        /// A condition that names no earlier question, or an answer that cannot be given.
        Condition = "condition", "显示条件只能用前面的题和它的答案", "A condition names an earlier question and an answer to it";
        /// A question of an earlier version under the same name asked for another kind of answer.
        Meaning = "meaning", "同一编号的题在以前的版本里是另一种题，请另加一题", "In an earlier version this question took another kind of answer: add a new one instead";
    }
}

/// Where something is wrong: the question's id (none: the form itself), and what.
pub type Found = (Option<String>, Fault);

/// Everything that keeps a form from going out, one thing a question.
#[must_use]
pub fn check(form: &Form) -> Vec<Found> {
    let mut found = Vec::new();
    if !written(&form.title, NAME_MAX_CHARS) {
        found.push((None, Fault::Title));
    }
    let asks = form.questions.iter().any(|question| question.kind != Kind::Section);
    if !asks || form.questions.len() > QUESTIONS_MAX {
        found.push((None, Fault::Questions));
    }
    let mut ids = BTreeSet::new();
    for (place, question) in form.questions.iter().enumerate() {
        let fault = if is_id(&question.id) && ids.insert(question.id.as_str()) {
            faulty(form, place, question)
        } else {
            Some(Fault::Id)
        };
        found.extend(fault.map(|fault| (Some(question.id.clone()), fault)));
    }
    found
}

/// What keeps a form from following these earlier versions: an id stands for one meaning for ever, since
/// figures add up what was answered to it.
#[must_use]
pub fn follows(form: &Form, earlier: &[Form]) -> Option<Found> {
    let before = |question: &Question| {
        let same = |old: &&Question| old.id == question.id && !same_meaning(&old.kind, &question.kind);
        earlier.iter().flat_map(|form| &form.questions).any(|old| same(&old))
    };
    form.questions.iter().find(|q| before(q)).map(|q| (Some(q.id.clone()), Fault::Meaning))
}

fn same_meaning(old: &Kind, new: &Kind) -> bool {
    match (old, new) {
        (Kind::Rating { scale }, Kind::Rating { scale: now }) => scale == now,
        _ => std::mem::discriminant(old) == std::mem::discriminant(new),
    }
}

/// Whether this can be the name of a question or a choice.
#[must_use]
pub fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !id.is_empty() && id.len() <= ID_MAX && id.bytes().all(plain)
}

fn within(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n')
}

fn written(text: &Bilingual, most: usize) -> bool {
    !text.zh.trim().is_empty() && within(&text.zh, most) && within(&text.en, most)
}

fn faulty(form: &Form, place: usize, question: &Question) -> Option<Fault> {
    let short = within(&question.short.zh, NAME_MAX_CHARS) && within(&question.short.en, NAME_MAX_CHARS);
    if !written(&question.text, TEXT_MAX_CHARS) || !short {
        return Some(Fault::Text);
    }
    let in_order = |min: Option<i64>, max: Option<i64>| {
        let ends = [min, max].into_iter().flatten();
        min.zip(max).is_none_or(|(min, max)| min <= max) && ends.into_iter().all(|n| n.abs() <= NUMBER_MAX)
    };
    let fault = match &question.kind {
        Kind::Unknown => Some(Fault::Unknown),
        Kind::Rating { scale } => (!SCALE.contains(scale)).then_some(Fault::Scale),
        Kind::Single { options, other } => faulty_choices(options, *other),
        Kind::Multiple { options, other, most } => faulty_choices(options, *other).or_else(|| {
            let all = options.len() + usize::from(*other);
            most.is_some_and(|most| most == 0 || usize::from(most) > all).then_some(Fault::Most)
        }),
        Kind::Number { min, max } => (!in_order(*min, *max)).then_some(Fault::Range),
        Kind::Text { max_chars, .. } => {
            (!(1..=ANSWER_MAX_CHARS).contains(max_chars)).then_some(Fault::Length)
        }
        Kind::Date { min, max } => {
            let days = [min, max].into_iter().flatten().all(|day| is_day(day));
            let order = min.as_ref().zip(max.as_ref()).is_none_or(|(min, max)| min <= max);
            (!(days && order)).then_some(Fault::Range)
        }
        Kind::Section => None,
    };
    fault.or_else(|| (!reachable(form, place, question)).then_some(Fault::Condition))
}

fn faulty_choices(options: &[Choice], other: bool) -> Option<Fault> {
    let ids: BTreeSet<&str> = options.iter().map(|choice| choice.id.as_str()).collect();
    if ids.len() < options.len() || !ids.iter().all(|id| is_id(id) && *id != OTHER) {
        return Some(Fault::Id);
    }
    let enough = options.len() + usize::from(other) >= 2 && options.len() <= CHOICES_MAX;
    let said = options.iter().all(|choice| written(&choice.text, TEXT_MAX_CHARS));
    (!(enough && said)).then_some(Fault::Choices)
}

/// Whether the condition names an earlier question and answers that can be given to it.
fn reachable(form: &Form, place: usize, question: &Question) -> bool {
    let Some(condition) = &question.shown_if else { return true };
    let Some(earlier) = skip::earlier(form, place).find(|earlier| earlier.id == condition.question) else {
        return false;
    };
    let values = skip::values(earlier).unwrap_or_default();
    let possible = |value| match earlier.kind {
        Kind::Number { .. } => serde_json::Value::as_i64(value).is_some(),
        _ => values.contains(value),
    };
    let counts = matches!(earlier.kind, Kind::Rating { .. } | Kind::Number { .. });
    condition.is_known() && condition.values().all(possible) && (condition.at_least.is_none() || counts)
}
