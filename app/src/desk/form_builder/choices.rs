//! The choices of a question as they are made.

use super::super::Desk;
use super::super::words::{self, t};
use super::ask::tick;
use super::sheet::{Ask, fresh_choice};
use crate::view::prelude::*;
use shared::form::{Choice, Kind};
use shared::text::Msg;

/// The choices of a kind that has some.
fn of(kind: &Kind) -> Option<&Vec<Choice>> {
    match kind {
        Kind::Single { options, .. } | Kind::Multiple { options, .. } => Some(options),
        _ => None,
    }
}

fn change(ask: Ask, change: impl FnOnce(&mut Vec<Choice>)) {
    ask.question.update(|question| {
        if let Kind::Single { options, .. } | Kind::Multiple { options, .. } = &mut question.kind {
            change(options);
        }
    });
}

/// All of them.
#[component]
pub fn Choices(
    /// The question.
    ask: Ask,
) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let ids = |all: &Vec<Choice>| all.iter().map(|choice| choice.id.clone()).collect::<Vec<_>>();
        ask.question.with(|question| of(&question.kind).map(ids).unwrap_or_default())
    });
    let other = Signal::derive(move || {
        ask.question.with(|question| match question.kind {
            Kind::Single { other, .. } | Kind::Multiple { other, .. } => other,
            _ => false,
        })
    });
    let set_other = move |on| {
        ask.question.update(|question| {
            if let Kind::Single { other, .. } | Kind::Multiple { other, .. } = &mut question.kind {
                *other = on;
            }
        });
    };
    let many = ask.question.with_untracked(|question| matches!(question.kind, Kind::Multiple { .. }));
    view! {
        <div class="choices" role="group" aria-label=t(words::ASK_CHOICES)>
            <For each=move || ids.get() key=Clone::clone children=move |id| view! { <One ask=ask ids=ids id=id /> } />
            <p class="actions">
                <button type="button" on:click=move |_| change(ask, |all| all.push(fresh_choice()))>
                    {t(words::ASK_CHOICE_ADD)}
                </button>
                {tick(words::ASK_OTHER, other, set_other)}
                {many.then(|| view! { <Most ask=ask /> })}
            </p>
        </div>
    }
}

#[component]
fn One(ask: Ask, ids: Memo<Vec<String>>, id: String) -> impl IntoView {
    let desk = Desk::here();
    let id = StoredValue::new(id);
    let place = Memo::new(move |_| {
        let at = ids.with(|ids| id.with_value(|id| ids.iter().position(|known| known == id)));
        at.map_or(0, |at| at + 1)
    });
    let named = move |word: Msg| move || word.with(desk.lang(), &[&place.get().to_string()]);
    let text = move |get: fn(&mut Choice) -> &mut String| {
        move || {
            let mut choice = ask.question.with(|question| {
                let all = of(&question.kind)?;
                id.with_value(|id| all.iter().find(|choice| choice.id == *id).cloned())
            });
            choice.as_mut().map(|choice| get(choice).clone()).unwrap_or_default()
        }
    };
    let field = move |word: Msg, get: fn(&mut Choice) -> &mut String| {
        let typed = move |text: String| {
            change(ask, |all| {
                let mine = id.with_value(|id| all.iter_mut().find(|choice| choice.id == *id));
                if let Some(choice) = mine {
                    *get(choice) = text;
                }
            });
        };
        view! {
            <input type="text" autocomplete="off" aria-label=named(word) placeholder=named(word) prop:value=text(get)
                on:input:target=move |event| typed(event.target().value()) />
        }
    };
    let up = move |_| {
        if let Some(at) = place.get_untracked().checked_sub(1).filter(|at| *at > 0) {
            change(ask, |all| all.swap(at, at - 1));
        }
    };
    let remove = move |_| change(ask, |all| all.retain(|choice| id.with_value(|id| choice.id != *id)));
    view! {
        <div class="choice-row">
            {field(words::ASK_CHOICE_N, |choice| &mut choice.text.zh)}
            {field(words::ASK_CHOICE_EN_N, |choice| &mut choice.text.en)}
            <button type="button" aria-label=named(words::ASK_CHOICE_UP) disabled=move || place.get() == 1 on:click=up>
                {t(words::ASK_UP)}
            </button>
            <button type="button" aria-label=named(words::ASK_CHOICE_REMOVE) on:click=remove>{t(words::ASK_REMOVE)}</button>
        </div>
    }
}

#[component]
fn Most(ask: Ask) -> impl IntoView {
    let id = format!("most-{}", ask.key);
    let value = move || match ask.question.with(|question| question.kind.clone()) {
        Kind::Multiple { most, .. } => most.map_or(String::new(), |most| most.to_string()),
        _ => String::new(),
    };
    let typed = move |text: String| {
        ask.question.update(|question| {
            if let Kind::Multiple { most, .. } = &mut question.kind {
                *most = text.trim().parse().ok();
            }
        });
    };
    view! {
        <span class="field">
            <label for=id.clone()>{t(words::ASK_MOST)}</label>
            <input id=id type="number" min="1" prop:value=value on:change:target=move |event| typed(event.target().value()) />
        </span>
    }
}
