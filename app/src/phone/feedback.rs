//! 反馈: the form on a phone that is passed round. Anonymous; nothing of the last person stays on
//! the screen.

use super::draft::Draft;
use super::state::{App, app};
use super::{answering, facts, words};
use crate::parts::icon::Icon;
use crate::parts::mark::{DraftChip, MarkChip};
use crate::view::prelude::*;
use serde_json::{Map, Value};
use shared::form::{Form, Kind, Question, default_form};
use shared::id::SessionId;
use shared::phone::Mark;
use std::sync::Arc;

type Answers = Map<String, Value>;

/// The form that is asked: what was pulled, else the one that every city starts with.
fn form(app: App) -> Arc<Form> {
    let pulled = app.peek(|phone| phone.book().form().cloned()).flatten();
    Arc::new(pulled.unwrap_or_else(default_form))
}

/// Where one person's turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Answering,
    /// Submitted; true once it is flushed.
    Thanked(bool),
}

/// The tab.
#[component]
pub fn Feedback(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let turn = RwSignal::new(Turn::Answering);
    // The phone goes from hand to hand: nobody's name stays on it.
    app.snack.set(None);
    let form = Memo::new(move |_| {
        app.fresh.track();
        form(app)
    });
    let taken = move || app.read(|phone| phone.session_safety(id).responses).unwrap_or(0);
    view! {
        <main class="page feedback">
            <p class="feedback-head">
                <span>{move || app.with(words::FEEDBACK_COUNT, &[&taken().to_string()])}</span>
            </p>
            {move || match turn.get() {
                Turn::Answering => view! { <Questions id form=form.get() turn /> }.into_any(),
                Turn::Thanked(saved) => view! { <Thanks saved turn /> }.into_any(),
            }}
            <answering::Code id />
        </main>
    }
}

#[component]
fn Questions(id: SessionId, form: Arc<Form>, turn: RwSignal<Turn>) -> impl IntoView {
    let app = app();
    let draft: Draft<Answers> = Draft::open(app, format!("feedback:{id}"));
    let fault = RwSignal::new(None::<Question>);
    let asked = StoredValue::new(Arc::clone(&form));
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let form = asked.get_value();
        let answers = draft.value.get_untracked();
        if let Some(missing) = form.missing(&answers) {
            fault.set(Some(missing.clone()));
            return;
        }
        let fact = facts::response(facts::new_response_id(), id, &form, &answers);
        turn.set(Turn::Thanked(false));
        app.record(vec![fact], draft.finish(Answers::new()), move || {
            if turn.get_untracked() == Turn::Thanked(false) {
                turn.set(Turn::Thanked(true));
            }
        });
    };
    let missing = move || {
        fault.get().map(|question| app.with(words::FEEDBACK_MISSING, &[question.short.get(app.lang())]))
    };
    let touched = move || draft.value.with(|answers| !answers.is_empty());
    let questions =
        form.questions.iter().cloned().map(|question| view! { <Ask question draft /> }).collect_view();
    view! {
        <p class="soft">{app.say(words::FEEDBACK_ANON)}</p>
        <form class="form" on:submit=submit autocomplete="off">
            {questions}
            <p class="fault" role="alert">{missing}</p>
            <p class="form-state">{move || touched().then(|| view! { <DraftChip /> })}</p>
            <div class="foot"><button type="submit" class="primary">{app.say(words::FEEDBACK_DO)}</button></div>
        </form>
    }
}

#[component]
fn Ask(question: Question, draft: Draft<Answers>) -> impl IntoView {
    match question.kind {
        Kind::Rating { scale } => view! { <Rating question scale draft /> }.into_any(),
        Kind::Text { max_chars } => view! { <Text question max_chars draft /> }.into_any(),
        // A newer version asks it; this one leaves it out.
        Kind::Unknown => ().into_any(),
    }
}

#[component]
fn Rating(question: Question, scale: u8, draft: Draft<Answers>) -> impl IntoView {
    let app = app();
    let id = StoredValue::new(question.id);
    let text = question.text;
    let chosen =
        move || draft.value.with(|answers| id.with_value(|id| answers.get(id).and_then(Value::as_u64)));
    let mark = move |mark: u8| {
        let pressed = move || (chosen() == Some(u64::from(mark))).to_string();
        let choose = move |_| {
            draft.value.update(|answers| drop(answers.insert(id.get_value(), Value::from(mark))));
        };
        view! { <button type="button" aria-pressed=pressed on:click=choose>{mark}</button> }
    };
    view! {
        <fieldset class="ask">
            <legend>{move || text.get(app.lang()).to_owned()}</legend>
            <div class="marks">{(1..=scale).map(mark).collect_view()}</div>
            <div class="marks-ends" aria-hidden="true">
                <span>{app.say(words::RATING_LOW)}</span>
                <span>{app.say(words::RATING_HIGH)}</span>
            </div>
        </fieldset>
    }
}

#[component]
fn Text(question: Question, max_chars: u32, draft: Draft<Answers>) -> impl IntoView {
    let app = app();
    let Question { id, text, .. } = question;
    let name = id.clone();
    let id = StoredValue::new(id);
    let value = move || {
        draft.value.with(|answers| {
            id.with_value(|id| answers.get(id).and_then(Value::as_str).unwrap_or("").to_owned())
        })
    };
    let typed = move |text: String| {
        draft.value.update(|answers| {
            id.with_value(|id| match text.is_empty() {
                true => drop(answers.remove(id)),
                false => drop(answers.insert(id.clone(), Value::from(text))),
            });
        });
    };
    view! {
        <label class="field">
            <span>{move || format!("{}（{}）", text.get(app.lang()), app.say(words::OPTIONAL)())}</span>
            <textarea name=name autocomplete="off" rows="2" maxlength=max_chars prop:value=value
                on:input:target=move |event| typed(event.target().value())></textarea>
        </label>
    }
}

#[component]
fn Thanks(saved: bool, turn: RwSignal<Turn>) -> impl IntoView {
    let app = app();
    let mark = if saved { Mark::Saved } else { Mark::Saving };
    view! {
        <div class="thanks" role="status">
            <div class="thanks-sign">{Icon::Tick.draw()}</div>
            <h2>{app.say(words::THANKS)}</h2>
            <p>{app.say(words::THANKS_LEAD)}</p>
            <p><MarkChip mark /></p>
        </div>
        <div class="foot">
            <button type="button" class="primary" on:click=move |_| turn.set(Turn::Answering)>
                {app.say(words::NEXT_PERSON)}
            </button>
        </div>
    }
}
