//! One thing that is done by a button: asked for once, and what stood in the way is said beside it.

use super::Desk;
use super::api;
use super::errand::{Errand, Failing};
use super::words::t;
use crate::view::prelude::*;
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
    let errand = Errand::begin();
    let asked = RwSignal::new(false);
    let go = move |_| {
        if sure.is_some() && !asked.get_untracked() {
            asked.set(true);
            return;
        }
        let (url, body) = (url.clone(), body.clone());
        asked.set(false);
        errand.run(async move { api::post::<Value>(&url, &body).await }, move |_| desk.tick.now());
    };
    let says = move || sure.filter(|_| asked.get()).unwrap_or(text).get(desk.lang());
    view! {
        <button type="button" class:danger=move || asked.get() disabled=move || errand.is_busy() on:click=go>{says}</button>
        {move || asked.get().then(|| view! {
            <button type="button" on:click=move |_| asked.set(false)>{t(super::words::CANCEL)}</button>
        })}
        <Failing errand=errand />
    }
}
