//! The short message at the foot, with its undo.

use crate::browser::Slot;
use crate::phone::state::{Snack, app};
use crate::phone::words;
use crate::view::prelude::*;
use std::rc::Rc;

/// How long a message with an undo stays, ms.
const UNDO_MS: i64 = 8_000;
/// How long one without stays, ms.
const NOTE_MS: i64 = 3_000;

/// Shows the last message until its time is over.
#[component]
pub fn Snackbar() -> impl IntoView {
    let app = app();
    let slot = StoredValue::new_local(Rc::new(Slot::default()));
    Effect::new(move |_| {
        let wait_ms = app.snack.with(|snack| match snack {
            Some(Snack { undo: Some(_), .. }) => UNDO_MS,
            _ => NOTE_MS,
        });
        slot.get_value().plan(wait_ms, move || app.snack.set(None));
    });
    let undo = move || {
        let undo = app.snack.with(|snack| snack.as_ref().and_then(|snack| snack.undo));
        undo.map(|undo| {
            let press = move |_| {
                app.snack.set(None);
                undo.run(());
            };
            view! { <button type="button" class="snack-undo" on:click=press>{app.say(words::UNDO)}</button> }
        })
    };
    let text = move || app.snack.with(|snack| snack.as_ref().map(|snack| snack.text.clone()));
    view! {
        <div class="snackbar" class:on=move || text().is_some()>
            <span role="status" aria-live="polite">{text}</span>
            {undo}
        </div>
    }
}
