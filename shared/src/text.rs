//! The two languages of the product.

use serde::{Deserialize, Serialize};

/// A language that people read: Chinese first, English complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// 简体中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// The one of two values that belongs to this language.
    #[must_use]
    pub const fn pick<T: Copy>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The language tag for `lang` attributes.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.pick("zh-CN", "en")
    }
}

/// A text that somebody wrote in one or both languages, such as a form's question.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English; empty where nobody wrote it.
    #[serde(default)]
    pub en: String,
}

impl Bilingual {
    /// Both texts.
    #[must_use]
    pub fn new(zh: &str, en: &str) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned() }
    }

    /// The text in this language; Chinese where the English is missing.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        if lang == Lang::En && !self.en.is_empty() { &self.en } else { &self.zh }
    }
}

/// A fixed text of the product in both languages; one without the other does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Msg {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl Msg {
    /// The text in this language.
    #[must_use]
    pub const fn get(self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.en)
    }

    /// The text with each `{}` replaced in turn.
    #[must_use]
    pub fn with(self, lang: Lang, values: &[&str]) -> String {
        let mut parts = self.get(lang).split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for (place, part) in parts.enumerate() {
            text.push_str(values.get(place).copied().unwrap_or_default());
            text.push_str(part);
        }
        text
    }
}

/// A table of messages: `NAME = "中文", "English";`.
#[macro_export]
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $zh:literal, $en:literal;)*) => {$(
        $(#[$doc])*
        #[doc = $zh]
        pub const $name: $crate::text::Msg = $crate::text::Msg { zh: $zh, en: $en };
    )*};
}
