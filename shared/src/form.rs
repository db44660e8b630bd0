//! Feedback forms (表单): their questions, and the default one. How answers are read: [`answer`]; what a form
//! must be before it goes out: [`check`] (docs/sync.md, "Forms").

pub mod answer;
pub mod check;
pub mod desk;
pub mod skip;

use crate::id::FormId;
use crate::text::{Bilingual, Lang};
use answer::Answers;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skip::Condition;

/// One of the answers to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choice {
    /// Its stable name: the answer.
    pub id: String,
    /// What it says.
    pub text: Bilingual,
}

/// The answer that is in words of one's own: as a value `{"other": text}`, in a condition `"other"`. No
/// choice has this id.
pub const OTHER: &str = "other";

/// What kind of answer a question takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// A whole number from 1 to `scale`.
    Rating {
        /// The highest mark.
        scale: u8,
    },
    /// One of several: its id.
    Single {
        /// What to choose from.
        options: Vec<Choice>,
        /// Or something in words of one's own.
        #[serde(default, skip_serializing_if = "is_false")]
        other: bool,
    },
    /// Any of several: a list of ids in the order of the form.
    Multiple {
        /// What to choose from.
        options: Vec<Choice>,
        /// And something in words of one's own.
        #[serde(default, skip_serializing_if = "is_false")]
        other: bool,
        /// How many at most; none: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        most: Option<u8>,
    },
    /// A whole number.
    Number {
        /// The least.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<i64>,
        /// The greatest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<i64>,
    },
    /// Free text of at most `max_chars`.
    Text {
        /// Longest answer in characters.
        max_chars: u32,
        /// On one line.
        #[serde(default, skip_serializing_if = "is_false")]
        one_line: bool,
    },
    /// A day, `2026-11-28`.
    Date {
        /// The first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<String>,
        /// The last.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<String>,
    },
    /// A heading; it takes no answer.
    Section,
    /// A kind that a newer version asks; shown by that version only, kept as it came.
    #[serde(other)]
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its stable name: the key among the answers.
    pub id: String,
    /// What it asks.
    pub text: Bilingual,
    /// What it is called where there is little room, such as a column.
    pub short: Bilingual,
    /// How it is answered.
    #[serde(flatten)]
    pub kind: Kind,
    /// An answer is asked for.
    #[serde(default)]
    pub required: bool,
    /// Asked only if this holds; none: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_if: Option<Condition>,
}

impl Question {
    /// Whether this version can ask it: neither its kind nor its condition is one of a newer version.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.kind != Kind::Unknown && self.shown_if.as_ref().is_none_or(Condition::is_known)
    }

    /// Whether it takes an answer that this version knows.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.is_known() && self.kind != Kind::Section
    }

    /// What it is called where there is little room.
    #[must_use]
    pub fn name(&self, lang: Lang) -> &str {
        // The whole question in one's own language rather than a name in another.
        let english = [&self.short.en, &self.text.en].into_iter().filter(|_| lang == Lang::En);
        let mut names = english.chain([&self.short.zh]).filter(|name| !name.is_empty());
        names.next().unwrap_or(&self.text.zh)
    }
}

/// `form:<id>:<version>` as it is pulled. A version never changes once it is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// The form.
    pub id: FormId,
    /// Its version, from 1.
    pub version: u32,
    /// Its title.
    pub title: Bilingual,
    /// Its questions in order.
    pub questions: Vec<Question>,
}

impl Form {
    /// The ratings among the answers that this form asks for and that are within the scale, as
    /// (question, mark).
    pub fn marks<'a>(&'a self, answers: &'a Answers) -> impl Iterator<Item = (&'a str, u8)> {
        self.questions.iter().filter_map(|question| {
            let Kind::Rating { scale } = question.kind else {
                return None;
            };
            let mark = u8::try_from(answers.get(&question.id).and_then(Value::as_u64)?).ok()?;
            (1..=scale).contains(&mark).then_some((question.id.as_str(), mark))
        })
    }

    /// Whether it asks something that this version cannot.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        !self.questions.iter().all(Question::is_known)
    }
}

/// The id of the form that every city starts with.
pub const DEFAULT_FORM: FormId = FormId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0001);

/// The questions that the notice itself asks of a lecture, 1 to 5, and two to write.
#[must_use]
pub fn default_form() -> Form {
    let rating = |id: &str, zh: &str, en: &str, short_zh: &str, short_en: &str| Question {
        id: id.to_owned(),
        text: Bilingual::new(zh, en),
        short: Bilingual::new(short_zh, short_en),
        kind: Kind::Rating { scale: 5 },
        required: true,
        shown_if: None,
    };
    let text = |id: &str, zh: &str, en: &str, short_zh: &str, short_en: &str| Question {
        id: id.to_owned(),
        text: Bilingual::new(zh, en),
        short: Bilingual::new(short_zh, short_en),
        kind: Kind::Text { max_chars: 1_000, one_line: false },
        required: false,
        shown_if: None,
    };
    Form {
        id: DEFAULT_FORM,
        version: 1,
        title: Bilingual::new("宣讲反馈", "Lecture feedback"),
        questions: vec![
            rating(
                "understood",
                "今天讲的，您听得懂吗？",
                "Could you follow today's lecture?",
                "听得懂",
                "Followed",
            ),
            rating("absorbed", "讲的道理，您能领会吗？", "Did it sink in?", "能领会", "Sank in"),
            rating(
                "usable",
                "回到岗位，您觉得可落实吗？",
                "Can you put it to use at work?",
                "可落实",
                "Usable",
            ),
            text("improve", "您觉得哪里可以讲得更好？", "What should we do better?", "改进建议", "Do better"),
            text(
                "help",
                "您有什么急难愁盼需要工会帮忙？",
                "What do you need help with?",
                "急难愁盼",
                "Help needed",
            ),
        ],
    }
}
