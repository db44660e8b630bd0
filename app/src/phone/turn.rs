//! One person's turn with the form, and the thanks after it. Anonymous; nothing of the last person stays on the
//! screen, nor anywhere that "back" leads to.

use super::draft::Draft;
use super::form_words as fw;
use super::state::{App, app};
use super::{facts, filling, words};
use crate::browser::Slot;
use crate::parts::form::{Fault, Filling, Questions, handed_in};
use crate::parts::icon::Icon;
use crate::parts::mark::{DraftChip, MarkChip};
use crate::view::prelude::*;
use shared::feedback::Via;
use shared::form::Form;
use shared::form::answer::Answers;
use shared::id::SessionId;
use shared::phone::Mark;
use std::rc::Rc;
use std::sync::Arc;

/// How long the thanks stand before the next person's form comes by itself, ms.
const THANKS_MS: i64 = 8_000;

/// Where one person's turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Answering.
    Answering,
    /// Handed in; true once it is flushed.
    Thanked(bool),
}

/// What somebody writes at a session, and on which version of which form.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    /// The answers so far.
    pub(super) draft: Draft<Answers>,
    /// What is wrong with them.
    pub(super) fault: RwSignal<Fault>,
    /// The form.
    pub(super) form: Memo<Arc<Form>>,
}

impl Sheet {
    /// The sheet as it was left; `round` is read so that a new one is on the form that is asked by then.
    pub(super) fn open(app: App, id: SessionId, key: &str, round: Signal<bool>) -> Self {
        let draft: Draft<Answers> = Draft::open(app, format!("{key}:{id}"));
        let form = Memo::new(move |_| {
            app.fresh.track();
            round.track();
            let look = |phone: &shared::phone::Phone| {
                let campaign = phone.session(id).map(|shown| shown.session.campaign);
                draft.value.with_untracked(|answers| filling::form(phone.book(), campaign, answers))
            };
            Arc::new(app.peek(look).unwrap_or_else(shared::form::default_form))
        });
        Effect::new(move |_| {
            let begins =
                draft.value.with(|answers| filling::begin(&mut answers.clone(), &form.get_untracked()));
            if begins {
                draft.value.update(|answers| {
                    filling::begin(answers, &form.get_untracked());
                });
            }
        });
        Self { draft, fault: RwSignal::new(None), form }
    }

    /// For the questions.
    pub(super) fn filling(self, app: App) -> Filling {
        Filling { answers: self.draft.value, lang: Signal::derive(move || app.lang()), fault: self.fault }
    }

    /// Records what was answered; `after` runs once it is flushed.
    pub(super) fn record(
        self,
        app: App,
        id: SessionId,
        (kept, via): (Answers, Via),
        after: impl FnOnce() + 'static,
    ) {
        let form = self.form.get_untracked();
        let fact = facts::response(facts::new_response_id(), id, &form, kept, via);
        self.fault.set(None);
        app.record(vec![fact], self.draft.finish(Answers::new()), after);
    }
}

/// The form, then the thanks, then the next person's.
#[component]
pub fn Turns(
    /// The session.
    id: SessionId,
    /// Where it stands.
    turn: RwSignal<Turn>,
) -> impl IntoView {
    let app = app();
    // The phone goes from hand to hand: nobody's name stays on it.
    app.snack.set(None);
    let answering = Signal::derive(move || turn.get() == Turn::Answering);
    let sheet = Sheet::open(app, id, "feedback", answering);
    move || match turn.get() {
        Turn::Answering => view! { <Asked id sheet form=sheet.form.get() turn /> }.into_any(),
        Turn::Thanked(saved) => view! { <Thanks saved turn /> }.into_any(),
    }
}

#[component]
fn Asked(id: SessionId, sheet: Sheet, form: Arc<Form>, turn: RwSignal<Turn>) -> impl IntoView {
    let app = app();
    let filling = sheet.filling(app);
    let asked = Arc::clone(&form);
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let Some(kept) = handed_in(&asked, filling) else { return };
        turn.set(Turn::Thanked(false));
        sheet.record(app, id, (kept, Via::Phone), move || {
            if turn.get_untracked() == Turn::Thanked(false) {
                turn.set(Turn::Thanked(true));
            }
        });
    };
    let missing = move || {
        let form = sheet.form.get();
        let (of, wrong) = sheet.fault.get()?;
        let question = form.questions.iter().find(|question| question.id == of)?;
        Some(app.with(fw::CHECK, &[question.name(app.lang()), wrong.says(app.lang())]))
    };
    let touched = move || sheet.draft.value.with(filling::is_touched);
    let newer = form.is_newer();
    view! {
        <p class="soft">{app.say(words::FEEDBACK_ANON)}</p>
        {newer.then(|| view! { <p class="remark">{app.say(fw::NEWER)}</p> })}
        <form class="form" on:submit=submit autocomplete="off" novalidate>
            <Questions form filling />
            <p class="fault">{missing}</p>
            <p class="form-state">{move || touched().then(|| view! { <DraftChip /> })}</p>
            <div class="foot"><button type="submit" class="primary">{app.say(words::FEEDBACK_DO)}</button></div>
        </form>
    }
}

#[component]
fn Thanks(saved: bool, turn: RwSignal<Turn>) -> impl IntoView {
    let app = app();
    let mark = if saved { Mark::Saved } else { Mark::Saving };
    let next = move || {
        // The page may have been left by now.
        turn.try_set(Turn::Answering);
    };
    // The form stood far down: the thanks, and then the next person, begin at the top.
    window().scroll_to_with_x_and_y(0.0, 0.0);
    if saved {
        let slot = Rc::new(Slot::default());
        slot.plan(THANKS_MS, next);
        let slot = StoredValue::new_local(slot);
        on_cleanup(move || slot.with_value(|slot| slot.clear()));
    }
    view! {
        <div class="thanks" role="status">
            <div class="thanks-sign">{Icon::Tick.draw()}</div>
            <h2>{app.say(words::THANKS)}</h2>
            <p>{app.say(words::THANKS_LEAD)}</p>
            <p><MarkChip mark /></p>
        </div>
        <div class="foot">
            <button type="button" class="primary" on:click=move |_| next()>{app.say(words::NEXT_PERSON)}</button>
        </div>
    }
}
