//! Setting a password by a link: the token stands in the address's fragment, which no server is told.

use super::api::{self, Trouble};
use super::words::{self, t};
use super::{Desk, Who};
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::invite::EnterRequest;
use shared::problem::Code;
use shared::wire::LoginAnswer;
use std::sync::Arc;

/// The token of the page's address; none where it is no link of this path.
#[must_use]
pub fn token(path: &str) -> Option<String> {
    let location = window().location();
    let known = path.trim_end_matches('#');
    let here = location.pathname().ok()?;
    let token = location.hash().ok()?.strip_prefix('#')?.to_owned();
    (here.trim_end_matches('/') == known && !token.is_empty()).then_some(token)
}

/// The page.
#[component]
pub fn Enter(
    /// The link's token; none once it is used.
    link: RwSignal<Option<String>>,
) -> impl IntoView {
    let desk = Desk::here();
    let [first, second, code] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let (busy, differs, asks_code) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let failed = RwSignal::new(None::<Trouble>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (password, again) = (first.get_untracked(), second.get_untracked());
        differs.set(password != again);
        let Some(token) = link.get_untracked().filter(|_| password == again && !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            let code = Some(code.get_untracked()).filter(|code| !code.is_empty());
            let asked = EnterRequest { token, password, code };
            match api::post::<LoginAnswer>("/api/v1/enter", &asked).await {
                Ok(answer) => {
                    desk.who.set(Who::In(Arc::new(answer)));
                    desk.nav().go(&super::route::Place::default());
                    link.set(None);
                }
                Err(trouble) => {
                    asks_code.update(|asks| *asks |= trouble.is(Code::SecondFactorNeeded));
                    failed.set(Some(trouble));
                }
            }
            busy.set(false);
        });
    };
    view! {
        <main class="alone">
            <form class="login" on:submit=submit>
                <h1>{t(words::ENTER_TITLE)}</h1>
                <p class="quiet">{t(words::ENTER_HINT)}</p>
                <label for="enter-first">{t(words::ENTER_FIRST)}</label>
                <input id="enter-first" type="password" autocomplete="new-password" required minlength="8" bind:value=first />
                <label for="enter-second">{t(words::ENTER_SECOND)}</label>
                <input id="enter-second" type="password" autocomplete="new-password" required bind:value=second />
                {move || asks_code.get().then(|| view! {
                    <label for="enter-code">{t(words::LOGIN_CODE)}</label>
                    <input id="enter-code" type="text" autocomplete="one-time-code" autocapitalize="none" bind:value=code />
                })}
                <button type="submit" class="primary" disabled=busy>{t(words::ENTER_DO)}</button>
                <p class="bad" role="alert">
                    {move || differs.get().then(|| words::ENTER_DIFFERS.get(desk.lang()))}
                    {move || failed.get().map(|trouble| trouble.says(desk.lang()))}
                </p>
            </form>
        </main>
    }
}
