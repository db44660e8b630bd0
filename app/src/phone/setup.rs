//! The first run: rosters come down, the browser is tried, and one sentence says what it promises.

use super::state::{App, Promise, Stage, app};
use super::words;
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use shared::text::Msg;

/// The page.
#[component]
pub fn Setup() -> impl IntoView {
    let app = app();
    let name = move || app.read(|phone| phone.identity().account.name.clone()).unwrap_or_default();
    let whole = Memo::new(move |_| app.read(|phone| phone.pulled_whole()).unwrap_or(false));
    let counts = move || {
        app.read(|phone| (phone.book().people.len(), phone.book().sessions.len())).unwrap_or_default()
    };
    let stuck =
        move || !whole.get() && app.read(|phone| phone.safety().last_contact_ms.is_none()).unwrap_or(true);
    let state = move || match (whole.get(), stuck() && !app.online.get()) {
        (true, _) => words::SETUP_DONE,
        (false, true) => words::SETUP_WAITS,
        (false, false) => words::SETUP_DOING,
    };
    let tried = move || app.promise.get().keeps.is_some();
    let works = move || app.promise.get().keeps != Some(false);
    let start = move |_| app.stage.set(Stage::Ready);
    view! {
        <main class="page setup">
            <h1>{app.say(words::SETUP_TITLE)}</h1>
            <ul class="steps" aria-live="polite">
                <Step done=Signal::derive(|| true) text=move || app.with(words::SETUP_LOGGED_IN, &[&name()]) />
                <Step done=whole.into() text=move || {
                    let people = app.with(words::SETUP_PEOPLE, &[&counts().0.to_string()]);
                    format!("{people} · {}", app.say(state())())
                } />
                <Step done=whole.into() text=move || app.with(words::SETUP_SESSIONS, &[&counts().1.to_string()]) />
                <Step done=Signal::derive(tried) text=move || app.say(words::SETUP_TRIAL)().to_owned() />
            </ul>
            <super::wechat::Card />
            <super::join::Waits />
            <p class="promise">{move || app.say(sentence(app.promise.get()))()}</p>
            <div class="foot">
                <button type="button" class="primary" disabled=move || !(tried() && works()) on:click=start>
                    {move || app.say(if whole.get() { words::SETUP_START } else { words::SETUP_ANYWAY })()}
                </button>
            </div>
        </main>
    }
}

#[component]
fn Step(done: Signal<bool>, text: impl Fn() -> String + Send + 'static) -> impl IntoView {
    view! {
        <li class:done=done>
            {move || if done.get() { Icon::Tick.draw().into_any() } else { Icon::Sync.draw().into_any() }}
            <span>{text}</span>
        </li>
    }
}

/// What this browser can promise, in one sentence.
#[must_use]
pub const fn sentence(promise: Promise) -> Msg {
    match promise {
        Promise { keeps: None, .. } => words::PROMISE_TRYING,
        Promise { keeps: Some(false), .. } => words::PROMISE_FAILS,
        Promise { opens_offline: false, .. } => words::PROMISE_PAGE,
        Promise { persists: Some(true), .. } => words::PROMISE_BEST,
        Promise { .. } => words::PROMISE_GOOD,
    }
}

/// The sentence as a part of other pages.
#[component]
pub fn PromiseLine() -> impl IntoView {
    let app: App = app();
    view! { <p>{move || app.say(sentence(app.promise.get()))()}</p> }
}
