//! When a question is asked: always, or by the answer to an earlier one.

use super::super::Desk;
use super::super::words::{self, t};
use super::sheet::{Ask, Sheet};
use crate::view::prelude::*;
use serde_json::Value;
use shared::form::skip::{Condition, earlier, values};
use shared::form::{Kind, OTHER, Question};
use shared::text::Lang;

/// What is offered, and what is chosen.
#[component]
pub fn When(
    /// The form.
    sheet: Sheet,
    /// The question.
    ask: Ask,
) -> impl IntoView {
    let desk = Desk::here();
    let (key, question) = (ask.key, ask.question);
    let id = format!("when-{key}");
    let offered = Memo::new(move |_| {
        let (form, place) = (sheet.form(), sheet.place(key).unwrap_or(0));
        earlier(&form, place).cloned().collect::<Vec<Question>>()
    });
    let of = Memo::new(move |_| {
        question.with(|question| question.shown_if.as_ref().map(|when| when.question.clone()))
    });
    let choose = move |id: String| {
        let found = offered.with_untracked(|all| all.iter().find(|known| known.id == id).cloned());
        let when = found.map(|earlier| Condition {
            // Something that can be, to begin with.
            at_least: matches!(earlier.kind, Kind::Number { .. }).then_some(1),
            one_of: values(&earlier).into_iter().flatten().take(1).collect(),
            question: earlier.id,
            ..Condition::default()
        });
        question.update(|question| question.shown_if = when);
    };
    let option = move |earlier: Question| {
        let chosen = of.get_untracked().as_ref() == Some(&earlier.id);
        let says = words::WHEN_OF.with(desk.lang(), &[earlier.name(desk.lang())]);
        view! { <option value=earlier.id selected=chosen>{says}</option> }
    };
    let tests = move || {
        let of = of.get()?;
        let earlier = offered.with(|all| all.iter().find(|known| known.id == of).cloned())?;
        Some(view! { <Test ask=ask earlier=earlier /> })
    };
    // Kept where it cannot hold any more, so that its fault can be mended.
    let any = move || !offered.with(Vec::is_empty) || of.get().is_some();
    move || {
        let id = id.clone();
        any().then(|| view! {
            <div class="when">
                <div class="field">
                    <label for=id.clone()>{t(words::WHEN)}</label>
                    <select id=id on:change:target=move |event| choose(event.target().value())>
                        <option value="" selected=of.get_untracked().is_none()>{t(words::WHEN_ALWAYS)}</option>
                        {move || offered.get().into_iter().map(option).collect_view()}
                    </select>
                </div>
                {tests}
            </div>
        })
    }
}

/// The values of an earlier question to choose from, or the least of a number.
#[component]
fn Test(ask: Ask, earlier: Question) -> impl IntoView {
    let number = matches!(earlier.kind, Kind::Number { .. });
    if number {
        return view! { <Least ask=ask /> }.into_any();
    }
    let desk = Desk::here();
    let all = values(&earlier).unwrap_or_default();
    let one = move |value: Value| {
        let of = earlier.clone();
        let wanted = value.clone();
        let on = move || {
            let has = |when: &Condition| when.values().any(|known| *known == wanted);
            ask.question.with(|question| question.shown_if.as_ref().is_some_and(has))
        };
        let says = {
            let value = value.clone();
            move || label(&of, &value, desk.lang())
        };
        let change = move |on: bool| {
            ask.question.update(|question| {
                let Some(when) = &mut question.shown_if else { return };
                let mut wanted: Vec<Value> =
                    when.values().filter(|known| **known != value).cloned().collect();
                wanted.extend(on.then(|| value.clone()));
                (when.is, when.one_of, when.at_least) = (None, wanted, None);
            });
        };
        view! {
            <label class="tick">
                <input type="checkbox" prop:checked=on on:change:target=move |event| change(event.target().checked()) />
                <span>{says}</span>
            </label>
        }
    };
    view! {
        <fieldset class="ticks"><legend>{t(words::WHEN_ANY)}</legend>{all.into_iter().map(one).collect_view()}</fieldset>
    }
    .into_any()
}

#[component]
fn Least(ask: Ask) -> impl IntoView {
    let id = format!("least-{}", ask.key);
    let value = move || {
        let least = ask.question.with(|question| question.shown_if.as_ref().and_then(|when| when.at_least));
        least.map_or(String::new(), |least| least.to_string())
    };
    let typed = move |text: String| {
        ask.question.update(|question| {
            if let Some(when) = &mut question.shown_if {
                when.at_least = text.trim().parse().ok();
            }
        });
    };
    view! {
        <div class="field">
            <label for=id.clone()>{t(words::WHEN_LEAST)}</label>
            <input id=id type="number" prop:value=value on:change:target=move |event| typed(event.target().value()) />
        </div>
    }
}

/// What an answer is called.
fn label(question: &Question, value: &Value, lang: Lang) -> String {
    let (Kind::Single { options, .. } | Kind::Multiple { options, .. }) = &question.kind else {
        return value.to_string();
    };
    if value == OTHER {
        return crate::parts::form::words::OTHER.get(lang).to_owned();
    }
    let found = options.iter().find(|choice| *value == choice.id.as_str());
    found.map(|choice| choice.text.get(lang).to_owned()).unwrap_or_default()
}
