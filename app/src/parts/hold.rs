//! A button that does something once it was held for a while: nobody does it in passing.

use crate::browser::Slot;
use crate::phone::state::app;
use crate::view::ev::KeyboardEvent;
use crate::view::prelude::*;
use shared::text::Msg;
use std::rc::Rc;

/// For how long, ms.
const HOLD_MS: i64 = 2_000;

/// The button. A key that is held does the same as a finger.
#[component]
pub fn Hold(
    /// What it says.
    text: Msg,
    /// What it says while it is held.
    held: Msg,
    /// What is done then.
    done: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let app = app();
    let holding = RwSignal::new(false);
    let slot = StoredValue::new_local(Rc::new(Slot::default()));
    let begin = move || {
        if !holding.get_untracked() {
            holding.set(true);
            slot.with_value(|slot| slot.plan(HOLD_MS, done));
        }
    };
    let end = move || {
        // The page may have been left by the holding itself.
        holding.try_set(false);
        slot.try_with_value(|slot| slot.clear());
    };
    let is_press = |event: &KeyboardEvent| matches!(event.key().as_str(), "Enter" | " ");
    view! {
        <button type="button" class="hold" class:holding=holding
            on:pointerdown=move |_| begin()
            on:pointerup=move |_| end() on:pointerleave=move |_| end() on:pointercancel=move |_| end()
            on:keydown=move |event| if is_press(&event) { begin() } on:keyup=move |_| end() on:blur=move |_| end()
            on:contextmenu=move |event| event.prevent_default()>
            {move || app.say(if holding.get() { held } else { text })()}
        </button>
    }
}
