//! The way out of a kiosk: by the PIN, or, where there is none, by a long press and a question.

use super::has_pin;
use crate::browser::Slot;
use crate::phone::attendance::words;
use crate::phone::lock_screen::{PinField, says};
use crate::phone::pin::{self, Wrong};
use crate::phone::state::app;
use crate::phone::words as all;
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// So long a press is no accident, ms.
const HOLD_MS: i64 = 1_200;

/// The button at the foot, and what it asks.
#[component]
pub fn Leave(
    /// What then happens.
    leave: impl Fn() + Copy + Send + 'static,
) -> impl IntoView {
    let app = app();
    let asking = RwSignal::new(false);
    let hint = RwSignal::new(false);
    let slot = StoredValue::new_local(Rc::new(Slot::default()));
    let down = move |_| {
        hint.set(true);
        slot.get_value().plan(HOLD_MS, move || {
            asking.try_set(true);
        });
    };
    let up = move |_| {
        if !has_pin(app) {
            slot.get_value().clear();
        }
    };
    let click = move |event: web_sys::MouseEvent| {
        // By keyboard or screen reader nobody presses long, and nobody comes by accident.
        if has_pin(app) || event.detail() == 0 {
            asking.set(true);
        }
    };
    view! {
        <div class="kiosk-leave">
            {move || match (asking.get(), has_pin(app)) {
                (false, _) => view! {
                    <button type="button" class="plain" on:pointerdown=down on:pointerup=up on:pointerleave=up
                        on:contextmenu=|event| event.prevent_default() on:click=click>{app.say(words::KIOSK_LEAVE)}</button>
                    <span class="soft">{move || (hint.get() && !has_pin(app)).then(|| app.say(words::KIOSK_HOLD)())}</span>
                }.into_any(),
                (true, true) => view! { <ByPin leave asking /> }.into_any(),
                (true, false) => view! {
                    <p role="alert">{app.say(words::KIOSK_SURE)}</p>
                    <button type="button" class="secondary" on:click=move |_| leave()>{app.say(words::KIOSK_LEAVE)}</button>
                    <button type="button" class="primary" on:click=move |_| asking.set(false)>{app.say(words::KIOSK_STAY)}</button>
                }.into_any(),
            }}
        </div>
    }
}

#[component]
fn ByPin(leave: impl Fn() + Copy + Send + 'static, asking: RwSignal<bool>) -> impl IntoView {
    let app = app();
    let typed = RwSignal::new(String::new());
    let fault = RwSignal::new(None::<Wrong>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (pin, driver) = (typed.get_untracked(), app.driver());
        let Some(driver) = driver.filter(|_| !pin.is_empty()) else { return };
        spawn_local(async move {
            match pin::unlock(&driver.store(), &pin).await {
                Ok(_) => leave(),
                Err(why) => {
                    typed.try_set(String::new());
                    fault.try_set(Some(why));
                }
            }
        });
    };
    view! {
        <form class="form" on:submit=submit>
            <PinField text=all::PIN value=typed first=true />
            <p class="fault" role="alert">{move || fault.get().map(|why| says(app, &why))}</p>
            <button type="submit" class="secondary">{app.say(words::KIOSK_LEAVE)}</button>
            <button type="button" class="primary" on:click=move |_| asking.set(false)>{app.say(words::KIOSK_STAY)}</button>
        </form>
    }
}
