//! The page that asks who is there.

use super::api::{self, Trouble};
use super::shell::{LanguageSwitch, ThemeSwitch};
use super::words::{self, t};
use super::{Desk, Who};
use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::text::Msg;
use std::sync::Arc;

/// What stands below the fields.
#[derive(Clone, PartialEq)]
enum Says {
    Message(Msg),
    Trouble(Trouble),
}

/// Asks for name and password.
#[component]
pub fn Login(
    /// A login has just ended: say so.
    ended: bool,
) -> impl IntoView {
    let desk = Desk::here();
    let says = RwSignal::new(ended.then_some(Says::Message(words::LOGIN_OVER)));
    let busy = RwSignal::new(false);
    let name = NodeRef::<html::Input>::new();
    let password = NodeRef::<html::Input>::new();
    Effect::new(move |_| document().set_title(words::APP.get(desk.lang())));
    Effect::new(move |_| {
        if let Some(name) = name.get() {
            let _ = name.focus();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let value = |field: NodeRef<html::Input>| {
            field.get_untracked().map(|input| input.value()).unwrap_or_default()
        };
        let (login, secret) = (value(name).trim().to_owned(), value(password));
        if busy.get_untracked() {
            return;
        }
        if login.is_empty() || secret.is_empty() {
            says.set(Some(Says::Message(words::LOGIN_MISSING)));
            return;
        }
        busy.set(true);
        spawn_local(async move {
            match api::log_in(login, secret).await {
                Ok(answer) => desk.who.set(Who::In(Arc::new(answer))),
                Err(trouble) => {
                    busy.set(false);
                    says.set(Some(Says::Trouble(trouble)));
                    if let Some(password) = password.get_untracked() {
                        password.select();
                    }
                }
            }
        });
    };
    view! {
        <main class="login">
            <div class="login-switches"><LanguageSwitch /><ThemeSwitch /></div>
            <form class="login-card" on:submit=submit novalidate>
                <h1><span class="brand">{t(words::BRAND)}</span>" "{t(words::DESK)}</h1>
                <p class="quiet">{t(words::LOGIN_HINT)}</p>
                <label for="login-name">{t(words::LOGIN_NAME)}</label>
                <input id="login-name" node_ref=name autocomplete="username" autocapitalize="none" spellcheck="false" />
                <label for="login-password">{t(words::PASSWORD)}</label>
                <input id="login-password" node_ref=password type="password" autocomplete="current-password" />
                <p class="login-says" role="alert">{move || says.get().map(|says| match says {
                    Says::Message(message) => message.get(desk.lang()).to_owned(),
                    Says::Trouble(trouble) => trouble.says(desk.lang()),
                })}</p>
                <button type="submit" class="primary" aria-disabled=move || busy.get().to_string()>
                    {move || if busy.get() { words::LOGGING_IN } else { words::LOGIN }.get(desk.lang())}
                </button>
            </form>
        </main>
    }
}
