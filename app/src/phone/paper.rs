//! Typing in what was filled in on paper: one sheet after the other, as close together as fingers allow.

use super::form_words as fw;
use super::frame::Head;
use super::route::{Route, Tab};
use super::state::app;
use super::turn::Sheet;
use crate::parts::form::{Questions, handed_in};
use crate::view::prelude::*;
use serde_json::Value;
use shared::feedback::Via;
use shared::form::answer::{Answers, as_on_paper};
use shared::form::{Form, Kind, Question};
use shared::id::SessionId;
use shared::text::{Bilingual, Lang};
use std::sync::Arc;

/// The form as it is shown: by the short names, so that it fits one screen; that anything may be left out is
/// said once, and not with each question.
fn short(form: &Form) -> Form {
    let mut form = form.clone();
    for question in &mut form.questions {
        question.required = true;
        question.text = Bilingual::new(question.name(Lang::Zh), question.name(Lang::En));
    }
    form
}

/// The marks of a sheet, to be compared with the paper: `5 4 –`.
fn recap(form: &Form, kept: &Answers, gap: &str) -> String {
    let mark = |question: &Question| kept.get(&question.id).map_or(gap.to_owned(), Value::to_string);
    let rated = form.questions.iter().filter(|question| matches!(question.kind, Kind::Rating { .. }));
    rated.map(mark).collect::<Vec<_>>().join(" ")
}

/// The page.
#[component]
pub fn Paper(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let (count, last) = (RwSignal::new(0_u32), RwSignal::new(String::new()));
    let blank = RwSignal::new(false);
    let round = Signal::derive(move || count.get() % 2 == 0);
    let sheet = Sheet::open(app, id, "paper", round);
    let filling = sheet.filling(app);
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let form = as_on_paper(&sheet.form.get_untracked());
        let Some(kept) = handed_in(&form, filling) else { return };
        blank.set(kept.is_empty());
        if kept.is_empty() {
            return;
        }
        let marks = recap(&form, &kept, app.say(fw::PAPER_GAP)());
        sheet.record(app, id, (kept, Via::Paper), move || {
            count.try_update(|n| *n += 1);
            last.try_set(marks);
        });
        window().scroll_to_with_x_and_y(0.0, 0.0);
    };
    let title = Signal::derive(move || app.say(fw::PAPER)().to_owned());
    let under = Signal::derive(move || {
        app.read(|phone| phone.session(id).map(|shown| shown.session.title)).flatten().unwrap_or_default()
    });
    let done = move || {
        let so_far = app.with(fw::PAPER_COUNT, &[&count.get().to_string()]);
        let marks = last.get();
        let marks = if marks.is_empty() { marks } else { app.with(fw::PAPER_LAST, &[&marks]) };
        (count.get() > 0).then(|| view! { <b>{so_far}</b>" "<span>{marks}</span> })
    };
    let fault = move || blank.get().then(|| app.say(fw::PAPER_EMPTY));
    let questions = move || view! { <Questions form=Arc::new(short(&sheet.form.get())) filling /> };
    view! {
        <Head title under parent=Route::Session(id, Tab::Feedback) />
        <main class="page feedback paper">
            <p class="soft">{app.say(fw::PAPER_LEAD)}</p>
            <p class="paper-done" role="status">{done}</p>
            <form class="form" on:submit=submit autocomplete="off" novalidate>
                {questions}
                <div class="foot">
                    <p class="fault" role="alert">{fault}</p>
                    <button type="submit" class="primary">{app.say(fw::PAPER_DO)}</button>
                </div>
            </form>
        </main>
    }
}
