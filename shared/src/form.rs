//! Feedback forms (表单): their questions, and the default one.

use crate::id::FormId;
use crate::text::Bilingual;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What kind of answer a question takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// A whole number from 1 to `scale`.
    Rating {
        /// The highest mark.
        scale: u8,
    },
    /// Free text of at most `max_chars`.
    Text {
        /// Longest answer in characters.
        max_chars: u32,
    },
    /// A kind that a newer version asks; shown by that version only, kept as it came.
    #[serde(other)]
    Unknown,
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
    pub fn marks<'a>(&'a self, answers: &'a Map<String, Value>) -> impl Iterator<Item = (&'a str, u8)> {
        self.questions.iter().filter_map(|question| {
            let Kind::Rating { scale } = question.kind else {
                return None;
            };
            let mark = u8::try_from(answers.get(&question.id)?.as_u64()?).ok()?;
            (1..=scale).contains(&mark).then_some((question.id.as_str(), mark))
        })
    }

    /// The first question that is required and lacks an answer.
    #[must_use]
    pub fn missing<'a>(&'a self, answers: &Map<String, Value>) -> Option<&'a Question> {
        self.questions.iter().find(|question| {
            question.required
                && answers.get(&question.id).is_none_or(|a| a.is_null() || a.as_str() == Some(""))
        })
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
    };
    let text = |id: &str, zh: &str, en: &str, short_zh: &str, short_en: &str| Question {
        id: id.to_owned(),
        text: Bilingual::new(zh, en),
        short: Bilingual::new(short_zh, short_en),
        kind: Kind::Text { max_chars: 1_000 },
        required: false,
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
