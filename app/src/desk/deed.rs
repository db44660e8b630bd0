//! One thing that is done by a button: asked for once, and what stood in the way is said beside it.

use super::Desk;
use super::api::{self, Trouble};
use super::words::t;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde_json::Value;
use shared::text::Msg;

/// A button that posts, and has everything read again.
#[component]
pub fn Deed<B: Serialize + Clone + 'static>(
    /// What it says.
    text: Msg,
    /// Asked before it is done; none where it can be undone.
    #[prop(optional, into)]
    sure: Option<Msg>,
    /// Where it is posted.
    url: String,
    /// What is posted.
    body: B,
) -> impl IntoView {
    let desk = Desk::here();
    let busy = RwSignal::new(false);
    let asked = RwSignal::new(false);
    let failed = RwSignal::new(None::<Trouble>);
    let go = move |_| {
        if sure.is_some() && !asked.get_untracked() {
            asked.set(true);
            return;
        }
        let (url, body) = (url.clone(), body.clone());
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            let outcome = api::post::<Value>(&url, &body).await;
            busy.set(false);
            asked.set(false);
            match outcome {
                Ok(_) => desk.tick.now(),
                Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
                Err(trouble) => failed.set(Some(trouble)),
            }
        });
    };
    let says = move || sure.filter(|_| asked.get()).unwrap_or(text).get(desk.lang());
    view! {
        <button type="button" class:danger=move || asked.get() disabled=busy on:click=go>{says}</button>
        {move || asked.get().then(|| view! {
            <button type="button" on:click=move |_| asked.set(false)>{t(super::words::CANCEL)}</button>
        })}
        <span class="bad" role="alert">{move || failed.get().map(|trouble| trouble.says(desk.lang()))}</span>
    }
}
