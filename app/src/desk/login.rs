//! The page that asks who is there.

use super::api::{self, Trouble};
use super::shell::{LanguageSwitch, ThemeSwitch};
use super::words::{self, t};
use super::{Desk, Who};
use crate::view::ev::SubmitEvent;
use crate::view::html;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::problem::Code;
use shared::text::Msg;
use shared::wire::LoginRequest;
use std::sync::Arc;

/// What stands below the fields.
#[derive(Clone, PartialEq)]
enum Says {
    Message(Msg),
    Trouble(Trouble),
}

/// What may be asked for besides: a code of the second factor, and a new password.
#[derive(Debug, Clone, Copy, Default)]
struct More {
    asks_code: RwSignal<bool>,
    asks_new: RwSignal<bool>,
    code: RwSignal<String>,
    first: RwSignal<String>,
    second: RwSignal<String>,
}

impl More {
    fn differs(self) -> bool {
        self.asks_new.get_untracked() && self.first.get_untracked() != self.second.get_untracked()
    }

    fn request(self, login: String, password: String) -> LoginRequest {
        let asked = |asks: RwSignal<bool>, value: RwSignal<String>| {
            Some(value.get_untracked()).filter(|text| asks.get_untracked() && !text.is_empty())
        };
        LoginRequest {
            login,
            password,
            replica: None,
            device: None,
            cookie: true,
            code: asked(self.asks_code, self.code),
            new_password: asked(self.asks_new, self.first),
        }
    }

    /// Shows the field that the server asks for; says whether it asks for one.
    fn hear(self, trouble: &Trouble) -> bool {
        let wrong = trouble.is(Code::SecondFactorWrong);
        if wrong {
            self.code.set(String::new());
        }
        let (code, new) = (wrong || trouble.is(Code::SecondFactorNeeded), trouble.is(Code::PasswordOld));
        self.asks_code.update(|asks| *asks |= code);
        self.asks_new.update(|asks| *asks |= new);
        code || new
    }
}

/// What comes to be on the page is what has to be typed next.
fn focus(field: NodeRef<html::Input>) {
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
}

#[component]
fn MoreFields(more: More) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    focus(field);
    view! {
        {move || more.asks_code.get().then(|| view! {
            <label for="login-code">{t(words::LOGIN_CODE)}</label>
            <input id="login-code" node_ref=field autocomplete="one-time-code" autocapitalize="none" spellcheck="false"
                bind:value=more.code />
        })}
        {move || more.asks_new.get().then(|| view! {
            <p class="quiet">{t(words::PASSWORD_RENEW)}</p>
            <label for="login-first">{t(words::ENTER_FIRST)}</label>
            <input id="login-first" type="password" autocomplete="new-password" bind:value=more.first />
            <label for="login-second">{t(words::ENTER_SECOND)}</label>
            <input id="login-second" type="password" autocomplete="new-password" bind:value=more.second />
        })}
    }
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
    let more = More::default();
    Effect::new(move |_| document().set_title(words::APP.get(desk.lang())));
    focus(name);
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
        if more.differs() {
            says.set(Some(Says::Message(words::ENTER_DIFFERS)));
            return;
        }
        let request = more.request(login, secret);
        busy.set(true);
        spawn_local(async move {
            match api::log_in(&request).await {
                Ok(answer) => desk.who.set(Who::In(Arc::new(answer))),
                Err(trouble) => {
                    busy.set(false);
                    let asks = more.hear(&trouble);
                    says.set(Some(Says::Trouble(trouble)));
                    if let Some(password) = password.get_untracked().filter(|_| !asks) {
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
                <MoreFields more=more />
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
