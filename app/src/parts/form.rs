//! A form as it is filled in: on the phone, and in the frame in which the desk shows what it makes.

pub mod words;

use crate::view::prelude::*;
use serde_json::Value;
use shared::form::answer::{Answers, OTHER_MAX_CHARS, Wrong, own_words, said, walk};
use shared::form::{Choice, Form, Kind, Question};
use shared::text::{Bilingual, Lang, Msg};
use std::sync::Arc;

/// The question that is not answered as it asks, and what is wrong.
pub type Fault = Option<(String, Wrong)>;

/// A form that is being filled in.
#[derive(Clone, Copy)]
pub struct Filling {
    /// What was answered so far, as it was typed.
    pub answers: RwSignal<Answers>,
    /// The language.
    pub lang: Signal<Lang>,
    /// What is wrong; said beside its question.
    pub fault: RwSignal<Fault>,
}

impl Filling {
    fn say(self, word: Msg) -> impl Fn() -> &'static str + Copy + Send + 'static {
        move || word.get(self.lang.get())
    }

    fn get<T>(self, id: StoredValue<String>, look: impl FnOnce(Option<&Value>) -> T) -> T {
        self.answers.with(|answers| id.with_value(|id| look(answers.get(id))))
    }

    fn set(self, id: StoredValue<String>, answer: Option<Value>) {
        let id = id.get_value();
        if self.fault.with_untracked(|fault| fault.as_ref().is_some_and(|(of, _)| *of == id)) {
            self.fault.set(None);
        }
        self.answers.update(|answers| match answer {
            Some(answer) => drop(answers.insert(id, answer)),
            None => drop(answers.remove(&id)),
        });
    }
}

/// The answers as they are recorded; otherwise the first fault is said, shown, and given the cursor.
pub fn handed_in(form: &Form, filling: Filling) -> Option<Answers> {
    let answers = filling.answers.get_untracked();
    let walk = walk(form, &answers);
    let Some((id, wrong)) = walk.wrong.first() else { return Some(walk.kept) };
    filling.fault.set(Some(((*id).to_owned(), *wrong)));
    let place = document().get_element_by_id(&format!("q-{id}"));
    if let Some(place) = place {
        place.scroll_into_view();
        let field = place.query_selector("button, input, textarea").ok().flatten();
        let field =
            field.and_then(|field| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(field).ok());
        // It is said in any case.
        drop(field.map(|field| field.focus()));
    }
    None
}

/// The questions that are shown now. What is not asked any more is hidden, not taken away: nothing is drawn
/// anew under somebody's fingers.
#[component]
pub fn Questions(
    /// The form.
    form: Arc<Form>,
    /// Where it is filled in.
    filling: Filling,
) -> impl IntoView {
    let asked = Arc::clone(&form);
    let shown = Memo::new(move |_| filling.answers.with(|answers| walk(&asked, answers).shown));
    let ask = |(place, question): (usize, &Question)| {
        ask(question, filling, Signal::derive(move || !shown.with(|shown| shown.contains(&place))))
    };
    form.questions.iter().enumerate().map(ask).collect_view()
}

fn ask(question: &Question, filling: Filling, hidden: Signal<bool>) -> AnyView {
    if !question.is_known() {
        return newer(question, filling, hidden);
    }
    let id = StoredValue::new(question.id.clone());
    let place = format!("q-{}", question.id);
    let title =
        Title { text: question.text.clone(), optional: !question.required, hint: hint(&question.kind) };
    match &question.kind {
        Kind::Rating { scale } => {
            let marks = marks(*scale, id, filling);
            view! {
                <fieldset class="ask" id=place hidden=hidden>
                    <legend>{title.draw(filling)}</legend>{marks}{said_wrong(id, filling)}
                </fieldset>
            }
            .into_any()
        }
        Kind::Single { options, other } => {
            choices(place, title, (options, *other), false, (id, filling, hidden))
        }
        Kind::Multiple { options, other, .. } => {
            choices(place, title, (options, *other), true, (id, filling, hidden))
        }
        Kind::Section => {
            let text = question.text.clone();
            let says = move || text.get(filling.lang.get()).to_owned();
            view! { <h2 class="ask-head" id=place hidden=hidden>{says}</h2> }.into_any()
        }
        kind => {
            let input = input(kind, id, filling);
            view! {
                <label class="field" id=place hidden=hidden>
                    <span>{title.draw(filling)}</span>{input}{said_wrong(id, filling)}
                </label>
            }
            .into_any()
        }
    }
}

fn newer(question: &Question, filling: Filling, hidden: Signal<bool>) -> AnyView {
    let text = question.text.clone();
    let says = move || text.get(filling.lang.get()).to_owned();
    view! {
        <div class="ask-newer" hidden=hidden><b>{says}</b><p>{filling.say(words::NEWER)}</p></div>
    }
    .into_any()
}

/// What a question says above its answer.
struct Title {
    text: Bilingual,
    optional: bool,
    hint: Option<(Msg, Vec<String>)>,
}

impl Title {
    fn draw(self, filling: Filling) -> AnyView {
        let Self { text, optional, hint } = self;
        let says = move || {
            let lang = filling.lang.get();
            let mut says = text.get(lang).to_owned();
            if optional {
                says.push_str(words::OPTIONAL.get(lang));
            }
            says
        };
        let hint = hint.map(|(word, values)| {
            let says = move || {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                word.with(filling.lang.get(), &values)
            };
            view! { <small>{says}</small> }
        });
        view! { {says}{hint} }.into_any()
    }
}

fn hint(kind: &Kind) -> Option<(Msg, Vec<String>)> {
    Some(match kind {
        Kind::Multiple { most: Some(most), .. } => (words::MOST, vec![most.to_string()]),
        Kind::Multiple { .. } => (words::ANY, Vec::new()),
        Kind::Number { min, max } => {
            let word = ends(min.is_some(), max.is_some(), [words::RANGE, words::LEAST, words::GREATEST]);
            let values = [min, max].into_iter().flatten().map(i64::to_string);
            (word.unwrap_or(words::WHOLE), values.collect())
        }
        Kind::Date { min, max } => {
            let word = ends(min.is_some(), max.is_some(), [words::DAYS, words::DAYS_FROM, words::DAYS_TO])?;
            (word, [min, max].into_iter().flatten().cloned().collect())
        }
        _ => return None,
    })
}

const fn ends(min: bool, max: bool, [both, from, to]: [Msg; 3]) -> Option<Msg> {
    match (min, max) {
        (true, true) => Some(both),
        (true, false) => Some(from),
        (false, true) => Some(to),
        (false, false) => None,
    }
}

/// What is wrong with this answer, if it is what was found.
fn said_wrong(id: StoredValue<String>, filling: Filling) -> AnyView {
    let says = move || {
        let fault = filling.fault.get();
        let mine = fault.filter(|(of, _)| id.with_value(|id| id == of));
        mine.map(|(_, wrong)| wrong.says(filling.lang.get()))
    };
    view! { <span class="fault" role="alert">{says}</span> }.into_any()
}

/// A button that is down or not.
fn button(label: AnyView, is_down: Signal<bool>, tap: impl Fn() + 'static) -> AnyView {
    let pressed = move || if is_down.get() { "true" } else { "false" };
    view! { <button type="button" aria-pressed=pressed on:click=move |_| tap()>{label}</button> }.into_any()
}

fn marks(scale: u8, id: StoredValue<String>, filling: Filling) -> AnyView {
    let mark = move |mark: u8| {
        let is_down =
            move || filling.get(id, |answer| answer.and_then(Value::as_u64)) == Some(u64::from(mark));
        button(mark.into_any(), Signal::derive(is_down), move || {
            // A mark that was given by mistake where none is needed is taken back by the same tap.
            filling.set(id, (!is_down()).then(|| Value::from(mark)));
        })
    };
    view! {
        <div class="marks">{(1..=scale).map(mark).collect_view()}</div>
        <div class="marks-ends" aria-hidden="true">
            <span>{filling.say(words::LOW)}</span><span>{filling.say(words::HIGH)}</span>
        </div>
    }
    .into_any()
}

/// What was chosen, as a list in any case.
fn chosen(answer: Option<&Value>) -> Vec<Value> {
    match answer {
        Some(Value::Array(all)) => all.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

/// What is chosen after a tap.
fn choose(
    id: StoredValue<String>,
    filling: Filling,
    many: bool,
    one: Value,
    same: fn(&Value, &Value) -> bool,
) {
    let mut now = filling.get(id, chosen);
    let was = now.iter().any(|other| same(other, &one));
    now.retain(|other| many && !same(other, &one));
    if !was {
        now.push(one);
    }
    let answer = if many { (!now.is_empty()).then_some(Value::Array(now)) } else { now.pop() };
    filling.set(id, answer);
}

fn choices(
    place: String,
    title: Title,
    (options, other): (&[Choice], bool),
    many: bool,
    (id, filling, hidden): (StoredValue<String>, Filling, Signal<bool>),
) -> AnyView {
    let option = |choice: &Choice| {
        let text = choice.text.clone();
        let (value, tapped) = (Value::from(choice.id.as_str()), Value::from(choice.id.as_str()));
        let is_down = Signal::derive(move || filling.get(id, |answer| chosen(answer).contains(&value)));
        let says = move || text.get(filling.lang.get()).to_owned();
        button(says.into_any(), is_down, move || choose(id, filling, many, tapped.clone(), Value::eq))
    };
    view! {
        <fieldset class="ask" id=place hidden=hidden>
            <legend>{title.draw(filling)}</legend>
            <div class="options" class:options-many=many>
                {options.iter().map(option).collect_view()}
                {other.then(|| own(id, filling, many))}
            </div>
            {said_wrong(id, filling)}
        </fieldset>
    }
    .into_any()
}

/// Something in words of one's own: a button, and a field once it is down.
fn own(id: StoredValue<String>, filling: Filling, many: bool) -> AnyView {
    let text = move || {
        filling.get(id, |answer| {
            let all = chosen(answer);
            all.iter().find_map(|one| one.get(shared::form::OTHER)?.as_str().map(str::to_owned))
        })
    };
    let is_down = Memo::new(move |_| text().is_some());
    let both = |one: &Value, other: &Value| own_words(one).is_some() && own_words(other).is_some();
    let tap = move || choose(id, filling, many, said(""), both);
    let typed = move |text: String| {
        let mut now = filling.get(id, chosen);
        now.retain(|one| many && own_words(one).is_none());
        now.push(said(&text));
        filling.set(id, if many { Some(Value::Array(now)) } else { now.pop() });
    };
    let field = move || {
        is_down.get().then(|| {
            view! {
                <input class="own" type="text" autocomplete="off" maxlength=OTHER_MAX_CHARS.to_string()
                    aria-label=filling.say(words::OTHER_SAY) placeholder=filling.say(words::OTHER_SAY)
                    prop:value=move || text().unwrap_or_default()
                    on:input:target=move |event| typed(event.target().value()) />
            }
        })
    };
    view! { {button(filling.say(words::OTHER).into_any(), is_down.into(), tap)}{field} }.into_any()
}

/// What is typed: a number, a day, or text.
fn input(kind: &Kind, id: StoredValue<String>, filling: Filling) -> AnyView {
    let name = id.get_value();
    let value = move || {
        filling.get(id, |answer| match answer {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        })
    };
    let typed = move |text: String| filling.set(id, (!text.is_empty()).then(|| Value::from(text)));
    if let Kind::Text { max_chars, one_line: false } = kind {
        let most = max_chars.to_string();
        return view! {
            <textarea name=name autocomplete="off" rows="2" maxlength=most prop:value=value
                on:input:target=move |event| typed(event.target().value())></textarea>
        }
        .into_any();
    }
    let (mut is, mut mode, mut most, mut ends) = ("text", "text", None, (None, None));
    match kind {
        Kind::Number { min, .. } if min.is_some_and(|min| min >= 0) => mode = "numeric",
        Kind::Text { max_chars, .. } => most = Some(max_chars.to_string()),
        Kind::Date { min, max } => {
            is = "date";
            ends = (min.clone(), max.clone());
        }
        _ => {}
    }
    view! {
        <input name=name type=is inputmode=mode autocomplete="off" maxlength=most min=ends.0 max=ends.1
            prop:value=value on:input:target=move |event| typed(event.target().value()) />
    }
    .into_any()
}
