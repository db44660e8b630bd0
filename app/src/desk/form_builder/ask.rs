//! One question as it is made.

use super::super::Desk;
use super::super::words::{self, t};
use super::choices::Choices;
use super::sheet::{Ask, Sheet, kind_name, kinds};
use super::when::When;
use crate::view::prelude::*;
use shared::form::check::{SCALE, check};
use shared::form::{Kind, Question};
use shared::text::Msg;

/// Buttons that add a question, by kind.
#[component]
pub fn Add(
    /// The form.
    sheet: Sheet,
) -> impl IntoView {
    let button = move |(place, (name, _)): (usize, (Msg, Kind))| {
        let add = move |_| {
            // Made anew at each tap: choices of two questions are not to share their names.
            if let Some((_, kind)) = kinds().into_iter().nth(place) {
                sheet.add(kind);
            }
        };
        view! { <button type="button" on:click=add>{t(name)}</button> }
    };
    let buttons = kinds().into_iter().enumerate().map(button).collect_view();
    view! { <p class="actions adds"><span>{t(words::ADD)}</span>{buttons}</p> }
}

/// A field for one line of text.
pub fn text_field(id: String, label: Msg, value: Signal<String>, set: impl Fn(String) + 'static) -> AnyView {
    view! {
        <div class="field">
            <label for=id.clone()>{t(label)}</label>
            <input id=id type="text" autocomplete="off" prop:value=value
                on:input:target=move |event| set(event.target().value()) />
        </div>
    }
    .into_any()
}

/// A field for a number or a day; what is none is as if nothing had been typed.
fn end_field(
    id: String,
    (label, is): (Msg, &'static str),
    value: Signal<String>,
    set: impl Fn(String) + 'static,
) -> AnyView {
    view! {
        <div class="field">
            <label for=id.clone()>{t(label)}</label>
            <input id=id type=is autocomplete="off" prop:value=value
                on:change:target=move |event| set(event.target().value()) />
        </div>
    }
    .into_any()
}

/// A box to tick.
pub fn tick(label: Msg, value: Signal<bool>, set: impl Fn(bool) + 'static) -> AnyView {
    view! {
        <label class="tick">
            <input type="checkbox" prop:checked=value on:change:target=move |event| set(event.target().checked()) />
            <span>{t(label)}</span>
        </label>
    }
    .into_any()
}

/// One question with everything about it.
#[component]
pub fn Asked(
    /// The form.
    sheet: Sheet,
    /// The question.
    ask: Ask,
) -> impl IntoView {
    let desk = Desk::here();
    let (key, question) = (ask.key, ask.question);
    let place = Memo::new(move |_| sheet.place(key).map_or(0, |place| place + 1));
    let kind = Memo::new(move |_| question.with(|question| kind_name(&question.kind)));
    let name = move || {
        let lang = desk.lang();
        words::ASK_N.with(lang, &[&place.get().to_string(), kind.get().get(lang)])
    };
    let button = move |word: Msg, off: Signal<bool>, tap: fn(Sheet, u32)| {
        let label =
            move || words::ASK_OF.with(desk.lang(), &[word.get(desk.lang()), &place.get().to_string()]);
        view! {
            <button type="button" aria-label=label disabled=off on:click=move |_| tap(sheet, key)>{t(word)}</button>
        }
    };
    let last = Signal::derive(move || sheet.asks.with(Vec::len) == place.get());
    let fault = move || {
        let found = check(&sheet.form());
        let id = question.with(|question| question.id.clone());
        found.into_iter().find(|(of, _)| of.as_ref() == Some(&id)).map(|(_, fault)| fault.label(desk.lang()))
    };
    view! {
        <li class="ask-card">
            <fieldset>
                <legend>{name}</legend>
                <p class="actions">
                    {button(words::ASK_UP, Signal::derive(move || place.get() == 1), |sheet, key| sheet.shift(key, true))}
                    {button(words::ASK_DOWN, last, |sheet, key| sheet.shift(key, false))}
                    {button(words::ASK_REMOVE, Signal::derive(|| false), Sheet::remove)}
                </p>
                <Texts ask=ask />
                <Limits ask=ask />
                <When sheet=sheet ask=ask />
                <p class="bad" role="status">{fault}</p>
            </fieldset>
        </li>
    }
}

#[component]
fn Texts(ask: Ask) -> impl IntoView {
    let (key, question) = (ask.key, ask.question);
    let heading = question.with_untracked(|question| question.kind == Kind::Section);
    let field = move |place: &str, label: Msg, get: fn(&mut Question) -> &mut String| {
        let value = Signal::derive(move || get(&mut question.get()).clone());
        text_field(format!("{place}-{key}"), label, value, move |text| {
            question.update(|question| *get(question) = text);
        })
    };
    let (text, english) = if heading {
        (words::ASK_HEADING, words::ASK_HEADING_EN)
    } else {
        (words::ASK_TEXT, words::ASK_TEXT_EN)
    };
    view! {
        <div class="pair">
            {field("text", text, |question| &mut question.text.zh)}
            {field("text-en", english, |question| &mut question.text.en)}
            {(!heading).then(|| view! {
                {field("short", words::ASK_SHORT, |question| &mut question.short.zh)}
                {field("short-en", words::ASK_SHORT_EN, |question| &mut question.short.en)}
            })}
        </div>
    }
}

/// What is particular to the kind.
#[component]
fn Limits(ask: Ask) -> impl IntoView {
    let question = ask.question;
    let required = (!question.with_untracked(|question| question.kind == Kind::Section)).then(|| {
        let value = Signal::derive(move || question.with(|question| question.required));
        tick(words::ASK_REQUIRED, value, move |on| question.update(|question| question.required = on))
    });
    let kind = question.with_untracked(|question| question.kind.clone());
    let own = match kind {
        Kind::Rating { .. } => scale(ask),
        Kind::Single { .. } | Kind::Multiple { .. } => view! { <Choices ask=ask /> }.into_any(),
        Kind::Number { .. } => view! {
            {number(ask, words::ASK_MIN, "min")}{number(ask, words::ASK_MAX, "max")}
        }
        .into_any(),
        Kind::Date { .. } => {
            view! { {day(ask, words::ASK_FROM, "from")}{day(ask, words::ASK_TO, "to")} }.into_any()
        }
        Kind::Text { .. } => length(ask),
        Kind::Section | Kind::Unknown => ().into_any(),
    };
    view! { <div class="limits">{required}{own}</div> }
}

fn scale(ask: Ask) -> AnyView {
    let id = format!("scale-{}", ask.key);
    let now = Memo::new(move |_| match ask.question.with(|question| question.kind.clone()) {
        Kind::Rating { scale } => scale,
        _ => 0,
    });
    let set = move |text: String| {
        if let Ok(scale) = text.parse() {
            ask.question.update(|question| question.kind = Kind::Rating { scale });
        }
    };
    let option = move |scale: u8| view! { <option value=scale.to_string() selected=move || now.get() == scale>{scale}</option> };
    view! {
        <div class="field">
            <label for=id.clone()>{t(words::ASK_SCALE)}</label>
            <select id=id on:change:target=move |event| set(event.target().value())>
                {SCALE.map(option).collect_view()}
            </select>
        </div>
    }
    .into_any()
}

fn number(ask: Ask, label: Msg, end: &'static str) -> AnyView {
    let value = move || match ask.question.with(|question| question.kind.clone()) {
        Kind::Number { min, max } => {
            if end == "min" { min } else { max }.map_or(String::new(), |n| n.to_string())
        }
        _ => String::new(),
    };
    end_field(format!("{end}-{}", ask.key), (label, "number"), Signal::derive(value), move |text| {
        let typed = text.trim().parse().ok();
        ask.question.update(|question| {
            if let Kind::Number { min, max } = &mut question.kind {
                *(if end == "min" { min } else { max }) = typed;
            }
        });
    })
}

fn day(ask: Ask, label: Msg, end: &'static str) -> AnyView {
    let value = move || match ask.question.with(|question| question.kind.clone()) {
        Kind::Date { min, max } => if end == "from" { min } else { max }.unwrap_or_default(),
        _ => String::new(),
    };
    end_field(format!("{end}-{}", ask.key), (label, "date"), Signal::derive(value), move |text| {
        let typed = Some(text).filter(|text| !text.is_empty());
        ask.question.update(|question| {
            if let Kind::Date { min, max } = &mut question.kind {
                *(if end == "from" { min } else { max }) = typed;
            }
        });
    })
}

fn length(ask: Ask) -> AnyView {
    let parts = move || match ask.question.with(|question| question.kind.clone()) {
        Kind::Text { max_chars, one_line } => (max_chars, one_line),
        _ => (0, false),
    };
    let most = Signal::derive(move || parts().0.to_string());
    let field = end_field(format!("length-{}", ask.key), (words::ASK_LENGTH, "number"), most, move |text| {
        let max_chars = text.trim().parse().unwrap_or(0);
        let one_line = untrack(parts).1;
        ask.question.update(|question| question.kind = Kind::Text { max_chars, one_line });
    });
    let one = tick(words::ASK_ONE_LINE, Signal::derive(move || parts().1), move |one_line| {
        let max_chars = untrack(parts).0;
        ask.question.update(|question| question.kind = Kind::Text { max_chars, one_line });
    });
    view! { {field}{one} }.into_any()
}
