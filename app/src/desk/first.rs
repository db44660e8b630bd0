//! The first admin, by the link that the server prints: the token stands in the address's fragment.

use super::api::{self, Trouble};
use super::shell::{LanguageSwitch, ThemeSwitch};
use super::words::{self, t};
use super::{Desk, Who};
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::first::{FirstCity, FirstLook, FirstNeeds, FirstRequest};
use shared::text::Msg;
use shared::wire::LoginAnswer;
use std::sync::Arc;

/// What is typed.
#[derive(Clone, Copy)]
struct Form {
    login: RwSignal<String>,
    name: RwSignal<String>,
    first: RwSignal<String>,
    second: RwSignal<String>,
    city: RwSignal<String>,
    code: RwSignal<String>,
}

/// The page.
#[component]
pub fn First(
    /// The link's token; none once it is used.
    link: RwSignal<Option<String>>,
) -> impl IntoView {
    let desk = Desk::here();
    let needs = RwSignal::new(None::<FirstNeeds>);
    let failed = RwSignal::new(None::<Trouble>);
    Effect::new(move |_| {
        document().set_title(&super::shell::title(&[words::FIRST_TITLE.get(desk.lang())], desk.lang()));
    });
    if let Some(token) = link.get_untracked() {
        spawn_local(async move {
            match api::post::<FirstNeeds>("/api/v1/first/look", &FirstLook { token }).await {
                Ok(answer) => needs.set(Some(answer)),
                Err(trouble) => failed.set(Some(trouble)),
            }
        });
    }
    view! {
        <main class="login">
            <div class="login-switches"><LanguageSwitch /><ThemeSwitch /></div>
            {move || needs.get().map(|needs| view! { <Fields link=link city=needs.city failed=failed /> })}
            <p class="login-says" role="alert">{move || failed.get().map(|trouble| trouble.says(desk.lang()))}</p>
        </main>
    }
}

#[component]
fn Fields(link: RwSignal<Option<String>>, city: bool, failed: RwSignal<Option<Trouble>>) -> impl IntoView {
    let desk = Desk::here();
    let new = || RwSignal::new(String::new());
    let form = Form { login: new(), name: new(), first: new(), second: new(), city: new(), code: new() };
    let (busy, differs) = (RwSignal::new(false), RwSignal::new(false));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let password = form.first.get_untracked();
        differs.set(password != form.second.get_untracked());
        let token = link.get_untracked().filter(|_| !busy.get_untracked() && !differs.get_untracked());
        let Some(token) = token else { return };
        let (login, name) = (form.login.get_untracked(), form.name.get_untracked());
        let named = || FirstCity { name: form.city.get_untracked(), code: form.code.get_untracked() };
        let asked = FirstRequest { token, login, name, password, city: city.then(named) };
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match api::post::<LoginAnswer>("/api/v1/first", &asked).await {
                Ok(answer) => {
                    desk.who.set(Who::In(Arc::new(answer)));
                    desk.nav().go(&super::route::Place::default());
                    link.set(None);
                }
                Err(trouble) => failed.set(Some(trouble)),
            }
            busy.set(false);
        });
    };
    view! {
        <form class="login-card" on:submit=submit>
            <h1>{t(words::FIRST_TITLE)}</h1>
            <p class="quiet">{t(words::FIRST_HINT)}</p>
            {city.then(|| view! {
                <Field id="first-city" label=words::FIRST_CITY value=form.city kind="text" auto="organization" />
                <Field id="first-code" label=words::FIRST_CODE value=form.code kind="text" auto="off" />
                <p class="quiet">{t(words::FIRST_CODE_HINT)}</p>
            })}
            <Field id="first-name" label=words::FIRST_NAME value=form.name kind="text" auto="name" />
            <Field id="first-login" label=words::LOGIN_NAME value=form.login kind="text" auto="username" />
            <Field id="enter-first" label=words::ENTER_FIRST value=form.first kind="password" auto="new-password" />
            <Field id="enter-second" label=words::ENTER_SECOND value=form.second kind="password" auto="new-password" />
            <p class="quiet">{t(words::ENTER_HINT)}</p>
            <p class="bad" role="alert">{move || differs.get().then(|| words::ENTER_DIFFERS.get(desk.lang()))}</p>
            <button type="submit" class="primary" disabled=busy>{t(words::FIRST_DO)}</button>
        </form>
    }
}

#[component]
fn Field(
    id: &'static str,
    label: Msg,
    value: RwSignal<String>,
    kind: &'static str,
    auto: &'static str,
) -> impl IntoView {
    view! {
        <label for=id>{t(label)}</label>
        <input id=id type=kind autocomplete=auto autocapitalize="none" spellcheck="false" required bind:value=value />
    }
}
