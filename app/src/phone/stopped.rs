//! When nothing more may be recorded here: the screen says why, and what to do.

use super::rescue::Save;
use super::state::app;
use super::words;
use crate::browser;
use crate::parts::icon::Icon;
use crate::store::StoreError;
use crate::view::prelude::*;

/// The store has failed.
#[component]
pub fn Broken(
    /// How.
    why: StoreError,
) -> impl IntoView {
    let app = app();
    let word = match why {
        StoreError::Full => words::BROKEN_FULL,
        StoreError::Newer => words::BROKEN_NEWER,
        StoreError::Unavailable => words::BROKEN_UNAVAILABLE,
        StoreError::Emptied => words::BROKEN_EMPTIED,
        _ => words::BROKEN_OTHER,
    };
    view! {
        <main class="stop" role="alert">
            <div class="stop-sign">{Icon::Held.draw()}</div>
            <h1>{app.say(words::BROKEN_TITLE)}</h1>
            <p>{app.say(word)}</p>
            <p class="soft">{move || app.with(words::BROKEN_DETAIL, &[&why.to_string()])}</p>
            <button type="button" class="primary" on:click=move |_| browser::load_again()>{app.say(words::TRY_AGAIN)}</button>
            <Save />
        </main>
    }
}
