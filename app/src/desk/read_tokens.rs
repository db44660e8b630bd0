//! 只读令牌: tokens by which scripts read, on the page of one's own account.

use super::Desk;
use super::api;
use super::deed::Deed;
use super::errand::{Errand, Failing};
use super::format;
use super::invite::OrgField;
use super::load::{Load, Loaded};
use super::shell::City;
use super::words::{self, t};
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use serde_json::json;
use shared::me::{
    READ_TOKEN_DAYS_MAX, READ_TOKEN_NAME_MAX_CHARS, ReadTokenItem, ReadTokenMade, ReadTokenNew, ReadTokens,
};
use shared::sight::May;
use std::sync::Arc;

/// The section; nothing for those who read no figures.
#[component]
pub fn ReadTokensSection() -> impl IntoView {
    let desk = Desk::here();
    desk.may(May::Figures).then(|| view! { <Section /> })
}

#[component]
fn Section() -> impl IntoView {
    let load = Load::<ReadTokens>::one(|| "/api/v1/me/tokens".to_owned());
    let made = RwSignal::new(None::<ReadTokenMade>);
    view! {
        <section aria-labelledby="tokens-title">
            <h2 id="tokens-title">{t(words::TOKENS)}</h2>
            // The description is the server's own page, no page of the desk.
            <p class="quiet">{t(words::TOKENS_HINT)}" "<a href="/api/v1/docs" target="_blank">{t(words::TOKENS_DOCS)}</a></p>
            {move || made.get().map(|token| view! { <Once token=token made=made /> })}
            <details class="new"><summary>{t(words::TOKEN_NEW)}</summary><New load=load made=made /></details>
            <Loaded load=load show=|tokens| view! { <List tokens=tokens /> } />
        </section>
    }
}

/// Shown until whoever made it says that it is kept.
#[component]
fn Once(token: ReadTokenMade, made: RwSignal<Option<ReadTokenMade>>) -> impl IntoView {
    view! {
        <div class="note note-warn" role="status">
            <p>{t(words::TOKEN_MADE)}</p>
            <p><code class="leaving-token">{token.token}</code></p>
            <button type="button" on:click=move |_| made.set(None)>{t(words::TOKEN_KEPT)}</button>
        </div>
    }
}

#[component]
fn New(load: Load<ReadTokens>, made: RwSignal<Option<ReadTokenMade>>) -> impl IntoView {
    let city = City::here();
    let (errand, lost) = (Errand::begin(), RwSignal::new(false));
    let (name, org, days) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new("90".to_owned()));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let tree = city.tree.get_untracked();
        let found = tree.find(&org.get_untracked()).map(|org| org.code.clone());
        lost.set(found.is_none());
        let (Some(org), Ok(days)) = (found, days.get_untracked().trim().parse()) else { return };
        let asked = ReadTokenNew { name: name.get_untracked(), org, days };
        errand.run(
            async move { api::post::<ReadTokenMade>("/api/v1/me/tokens", &asked).await },
            move |token| {
                made.set(Some(token));
                name.try_set(String::new());
                load.retry();
            },
        );
    };
    view! {
        <form class="filters" on:submit=submit>
            <div class="field">
                <label for="token-name">{t(words::TOKEN_NAME)}</label>
                <input id="token-name" type="text" required maxlength=READ_TOKEN_NAME_MAX_CHARS.to_string() bind:value=name />
            </div>
            <OrgField value=org lost=lost />
            <div class="field">
                <label for="token-days">{t(words::TOKEN_DAYS)}</label>
                <input id="token-days" type="number" required min="1" max=READ_TOKEN_DAYS_MAX.to_string() bind:value=days />
            </div>
            <button type="submit" class="primary" disabled=move || errand.is_busy()>{t(words::TOKEN_NEW)}</button>
            <Failing errand=errand />
        </form>
    }
}

#[component]
fn List(tokens: Arc<ReadTokens>) -> impl IntoView {
    if tokens.items.is_empty() {
        return view! { <p>{t(words::TOKENS_NONE)}</p> }.into_any();
    }
    view! {
        <div class="table-room">
            <table class="table">
                <thead><tr>
                    <th scope="col">{t(words::TOKEN_NAME)}</th>
                    <th scope="col">{t(words::ORG)}</th>
                    <th scope="col">{t(words::TOKEN_UNTIL)}</th>
                    <th scope="col">{t(words::TOKEN_USED)}</th>
                    <th scope="col"><span class="unseen">{t(words::TOKEN_END)}</span></th>
                </tr></thead>
                <tbody>{tokens.items.iter().cloned().map(|item| view! { <Row item=item /> }).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(item: ReadTokenItem) -> impl IntoView {
    let desk = Desk::here();
    let over = item.ends_ms <= crate::browser::now_ms();
    let stands = item.ended_ms.is_none() && !over;
    let used = item.used_ms.map(format::moment);
    let used = move || used.clone().unwrap_or_else(|| words::TOKEN_NEVER.get(desk.lang()).to_owned());
    let ended = item.ended_ms.is_some();
    let end = format!("/api/v1/me/tokens/{}/end", item.id);
    view! {
        <tr>
            <th scope="row" class="name">{item.name}</th>
            <td>{item.org_name}</td>
            <td class="time">{format::moment(item.ends_ms)}</td>
            <td class="time">{used}</td>
            <td class="actions">
                {stands.then(|| view! { <Deed text=words::TOKEN_END sure=words::TOKEN_END_SURE url=end body=json!({}) /> })}
                {(!stands).then(|| if ended { t(words::TOKEN_ENDED) } else { t(words::TOKEN_OVER) })}
            </td>
        </tr>
    }
}
