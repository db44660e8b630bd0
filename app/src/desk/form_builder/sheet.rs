//! A form that is being made: each question under a key of its own, so that moving one keeps the cursor in it.

use super::super::route::Edit;
use super::super::words;
use crate::view::prelude::*;
use shared::form::{Choice, DEFAULT_FORM, Form, Kind, Question};
use shared::text::{Bilingual, Msg};
use wasm_bindgen::JsCast;

/// A question that is being made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// Its key, for the length of this page.
    pub key: u32,
    /// The question.
    pub question: RwSignal<Question>,
}

/// The form.
#[derive(Clone, Copy)]
pub struct Sheet {
    /// Its title.
    pub title: RwSignal<Bilingual>,
    /// Its questions in order.
    pub asks: RwSignal<Vec<Ask>>,
    version: StoredValue<u32>,
    next: StoredValue<u32>,
}

/// What the builder begins with.
pub fn start(edit: Edit, latest: Option<&Form>) -> Form {
    let empty = Form { id: DEFAULT_FORM, version: 0, title: Bilingual::default(), questions: Vec::new() };
    let Some(latest) = latest.cloned() else { return empty };
    match edit {
        Edit::Copy(_) => {
            let Bilingual { zh, en } = &latest.title;
            let of = |text: &str, word: &str| {
                if text.is_empty() { String::new() } else { word.replace("{}", text) }
            };
            let title = Bilingual::new(&of(zh, words::FORM_COPY_OF.zh), &of(en, words::FORM_COPY_OF.en));
            Form { version: 0, title, ..latest }
        }
        _ => latest,
    }
}

impl Sheet {
    /// A sheet with this on it.
    pub fn new(form: &Form) -> Self {
        let sheet = Self {
            title: RwSignal::new(Bilingual::default()),
            asks: RwSignal::new(Vec::new()),
            version: StoredValue::new(form.version),
            next: StoredValue::new(0),
        };
        sheet.fill(form);
        sheet
    }

    fn ask(self, question: Question) -> Ask {
        self.next.update_value(|next| *next += 1);
        Ask { key: self.next.get_value(), question: RwSignal::new(question) }
    }

    /// Puts another form in the place of what is there.
    pub fn fill(self, form: &Form) {
        self.title.set(form.title.clone());
        let asks = form.questions.iter().cloned().map(|question| self.ask(question)).collect();
        self.asks.set(asks);
    }

    /// The form as it is now; followed in all its parts.
    pub fn form(self) -> Form {
        let questions = self.asks.get().into_iter().map(|ask| ask.question.get()).collect();
        Form { id: DEFAULT_FORM, version: self.version.get_value(), title: self.title.get(), questions }
    }

    /// The same once.
    pub fn form_untracked(self) -> Form {
        untrack(move || self.form())
    }

    /// The place of a question.
    pub fn place(self, key: u32) -> Option<usize> {
        self.asks.with(|asks| asks.iter().position(|ask| ask.key == key))
    }

    /// Adds an empty question of a kind at the end.
    pub fn add(self, kind: Kind) {
        let required = matches!(kind, Kind::Rating { .. });
        let question = Question {
            id: fresh_id('q'),
            text: Bilingual::default(),
            short: Bilingual::default(),
            kind,
            required,
            shown_if: None,
        };
        let ask = self.ask(question);
        self.asks.update(|asks| asks.push(ask));
        // The next thing to do is to write it.
        let focus = move || {
            let field = document().get_element_by_id(&format!("text-{}", ask.key));
            let field = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok());
            drop(field.map(|field| field.focus()));
        };
        set_timeout(focus, std::time::Duration::ZERO);
    }

    /// Moves a question one place up or down.
    pub fn shift(self, key: u32, up: bool) {
        let Some(place) = self.place(key) else { return };
        let other = if up { place.checked_sub(1) } else { Some(place + 1) };
        self.asks.update(|asks| {
            if let Some(other) = other.filter(|other| *other < asks.len()) {
                asks.swap(place, other);
            }
        });
    }

    /// Takes a question out.
    pub fn remove(self, key: u32) {
        self.asks.update(|asks| asks.retain(|ask| ask.key != key));
    }
}

/// A name that nothing else has, in any form: figures add up what was answered under one name.
pub fn fresh_id(first: char) -> String {
    let random = uuid::Uuid::new_v4().simple().to_string();
    format!("{first}_{}", random.get(..10).unwrap_or_default())
}

/// An empty choice.
pub fn fresh_choice() -> Choice {
    Choice { id: fresh_id('c'), text: Bilingual::default() }
}

/// The kinds that can be added, each as it begins.
pub fn kinds() -> [(Msg, Kind); 7] {
    let options = || vec![fresh_choice(), fresh_choice()];
    [
        (words::KIND_RATING, Kind::Rating { scale: 5 }),
        (words::KIND_SINGLE, Kind::Single { options: options(), other: false }),
        (words::KIND_MULTIPLE, Kind::Multiple { options: options(), other: false, most: None }),
        (words::KIND_NUMBER, Kind::Number { min: Some(0), max: None }),
        (words::KIND_TEXT, Kind::Text { max_chars: 500, one_line: false }),
        (words::KIND_DATE, Kind::Date { min: None, max: None }),
        (words::KIND_SECTION, Kind::Section),
    ]
}

/// What a kind is called.
pub const fn kind_name(kind: &Kind) -> Msg {
    match kind {
        Kind::Rating { .. } => words::KIND_RATING,
        Kind::Single { .. } => words::KIND_SINGLE,
        Kind::Multiple { .. } => words::KIND_MULTIPLE,
        Kind::Number { .. } => words::KIND_NUMBER,
        Kind::Text { .. } => words::KIND_TEXT,
        Kind::Date { .. } => words::KIND_DATE,
        Kind::Section => words::KIND_SECTION,
        Kind::Unknown => words::KIND_UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::form::check::is_id;
    use shared::form::default_form;

    #[test]
    fn names_are_names_and_differ() {
        let (one, other) = (fresh_id('q'), fresh_id('q'));
        assert!(is_id(&one) && is_id(&other) && one != other, "{one} {other}");
    }

    #[test]
    fn a_copy_says_so_and_keeps_what_is_asked() {
        let form = default_form();
        let copy = start(Edit::Copy(form.id), Some(&form));
        assert_eq!((copy.title.zh.as_str(), copy.version), ("宣讲反馈（副本）", 0));
        assert_eq!(copy.questions, form.questions, "the same meaning, so the same names");
        assert_eq!(start(Edit::Of(form.id), Some(&form)), form);
        assert_eq!(start(Edit::New, None).questions, []);
    }
}
