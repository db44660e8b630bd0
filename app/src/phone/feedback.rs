//! 反馈: the form, and the ways in which answers come: passed round, from paper, by code.

use super::form_words as fw;
use super::route::{Link, Route};
use super::state::app;
use super::turn::{Turn, Turns};
use super::{answering, words};
use crate::view::prelude::*;
use shared::id::SessionId;

/// The tab.
#[component]
pub fn Feedback(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let turn = RwSignal::new(Turn::Answering);
    let taken = move || app.read(|phone| phone.session_safety(id).responses).unwrap_or(0);
    view! {
        <main class="page feedback">
            <p class="feedback-head">
                <span>{move || app.with(words::FEEDBACK_COUNT, &[&taken().to_string()])}</span>
            </p>
            <p class="feedback-ways">
                <Link to=Route::Pass(id) class="secondary">{app.say(fw::PASS)}</Link>
                <Link to=Route::Paper(id) class="secondary">{app.say(fw::PAPER)}</Link>
            </p>
            <Turns id turn />
            <answering::Code id />
        </main>
    }
}
