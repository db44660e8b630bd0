//! 我的账号: the own second factor and the own password.

use super::Desk;
use super::api::{self, Trouble};
use super::format;
use super::load::{Load, Loaded};
use super::shell::{LanguageSwitch, SignOut};
use super::words::{self, t};
use crate::parts::qr::QrCode;
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use serde_json::{Value, json};
use shared::me::{FactorConfirm, FactorEnd, FactorNew, Me, PasswordChange, RecoveryCodes};
use shared::text::Msg;
use std::sync::Arc;

/// How far the setting up has come.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// As the server says.
    Stands,
    /// An app is to show its first code.
    Begun(FactorNew),
    /// It is on; these are shown once.
    Codes(Vec<String>),
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Page {
    me: Load<Me>,
    step: RwSignal<Step>,
}

fn begin() {
    // Not read again by itself: what is shown once must not go away under the reader's eyes.
    let page = Page { me: Load::once(|| "/api/v1/me".to_owned()), step: RwSignal::new(Step::Stands) };
    provide_context(page);
}

/// The page.
#[component]
pub fn MePage() -> impl IntoView {
    let desk = Desk::here();
    begin();
    let Page { me, .. } = expect_context();
    Effect::new(move |_| {
        document().set_title(&super::shell::title(&[words::ME.get(desk.lang())], desk.lang()));
    });
    let who =
        move || me.get().map(|me| words::ME_OF.with(desk.lang(), &[&me.account.name, &me.account.login]));
    view! {
        <div class="title-row"><h1>{t(words::ME)}</h1></div>
        <p class="quiet">{who}</p>
        <Factor />
        <Password />
        <super::read_tokens::ReadTokensSection />
    }
}

/// In the place of the desk, for those who cannot be without the second factor.
#[component]
pub fn MustEnrol() -> impl IntoView {
    let desk = Desk::here();
    begin();
    Effect::new(move |_| {
        document().set_title(&super::shell::title(&[words::FACTOR_MUST.get(desk.lang())], desk.lang()));
    });
    view! {
        <main class="page">
            <div class="title-row"><h1>{t(words::FACTOR_MUST)}</h1><LanguageSwitch /><SignOut /></div>
            <p>{t(words::FACTOR_MUST_HINT)}</p>
            <Factor />
        </main>
    }
}

#[component]
fn Factor() -> impl IntoView {
    let Page { me, step } = expect_context();
    view! {
        <section>
            <h2>{t(words::FACTOR)}</h2>
            {move || match step.get() {
                Step::Begun(new) => view! { <Begun new=new /> }.into_any(),
                Step::Codes(codes) => view! { <Codes codes=codes /> }.into_any(),
                Step::Stands => view! { <Loaded load=me show=|me| view! { <Stands me=me /> } /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn Stands(me: Arc<Me>) -> impl IntoView {
    let desk = Desk::here();
    match me.factor_ms {
        Some(since_ms) => {
            let (since, left) = (format::moment(since_ms), me.recovery_left.to_string());
            let demanded = me.demanded;
            view! {
                <p>{move || words::FACTOR_ON.with(desk.lang(), &[&since, &left])}</p>
                <details class="new"><summary>{t(words::FACTOR_END)}</summary>
                    {demanded.then(|| view! { <p class="warn">{t(words::FACTOR_DEMANDED)}</p> })}
                    <End />
                </details>
            }
            .into_any()
        }
        None => view! { <p class="quiet">{t(words::FACTOR_HINT)}</p><Start /> }.into_any(),
    }
}

/// What a form of this page does once it is sent, and what stood in the way.
#[derive(Clone, Copy)]
struct Sending {
    busy: RwSignal<bool>,
    failed: RwSignal<Option<Trouble>>,
}

impl Sending {
    fn new() -> Self {
        Self { busy: RwSignal::new(false), failed: RwSignal::new(None) }
    }

    fn send<T: serde::de::DeserializeOwned + 'static>(
        self,
        url: &'static str,
        body: Value,
        done: impl FnOnce(T) + 'static,
    ) {
        let desk = Desk::here();
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let outcome = api::post::<T>(url, &body).await;
            // The page may be gone by now.
            self.busy.try_set(false);
            match outcome {
                Ok(answer) => done(answer),
                Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
                Err(trouble) => {
                    self.failed.try_set(Some(trouble));
                }
            }
        });
    }
}

/// What stood in the way.
#[component]
fn Failed(sending: Sending) -> impl IntoView {
    let desk = Desk::here();
    view! {
        <p class="bad" role="alert">{move || sending.failed.get().map(|trouble| trouble.says(desk.lang()))}</p>
    }
}

#[component]
fn Start() -> impl IntoView {
    let Page { step, .. } = expect_context();
    let sending = Sending::new();
    let start = move |_| {
        sending.send("/api/v1/me/factor", json!({}), move |new| {
            step.try_set(Step::Begun(new));
        });
    };
    view! {
        <button type="button" class="primary" disabled=sending.busy on:click=start>{t(words::FACTOR_START)}</button>
        <Failed sending=sending />
    }
}

#[component]
fn Begun(new: FactorNew) -> impl IntoView {
    let Page { step, .. } = expect_context();
    let code = RwSignal::new(String::new());
    let sending = Sending::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let asked = json!(FactorConfirm { code: code.get_untracked() });
        sending.send("/api/v1/me/factor/confirm", asked, move |told: RecoveryCodes| {
            step.try_set(Step::Codes(told.codes));
        });
    };
    // In groups, as it is typed from the screen.
    let signs: Vec<char> = new.secret.chars().collect();
    let key = signs.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    view! {
        <div class="sheet note">
            <p>{t(words::FACTOR_SCAN)}</p>
            <QrCode text=new.url label=t(words::FACTOR_QR) />
            <p class="link">
                <label for="factor-key">{t(words::FACTOR_KEY)}</label>
                <input id="factor-key" type="text" readonly value=key />
            </p>
            <form class="filters" on:submit=submit>
                <Field id="factor-code" label=words::FACTOR_CODE value=code kind="text" auto="one-time-code" />
                <button type="submit" class="primary" disabled=sending.busy>{t(words::FACTOR_CONFIRM)}</button>
                <Failed sending=sending />
            </form>
        </div>
    }
}

#[component]
fn Codes(codes: Vec<String>) -> impl IntoView {
    let desk = Desk::here();
    let Page { me, step } = expect_context();
    let print = move |_| {
        // Where a browser does not print, its own menu still may.
        let _ = window().print();
    };
    let kept = move |_| {
        step.set(Step::Stands);
        me.retry();
        // Who was let in for this alone has the whole desk now.
        desk.ask();
    };
    view! {
        <div class="sheet note">
            <h3>{t(words::FACTOR_CODES)}</h3>
            <p>{t(words::FACTOR_CODES_HINT)}</p>
            <ol translate="no">
                {codes.into_iter().map(|code| view! { <li><code>{code}</code></li> }).collect_view()}
            </ol>
            <p class="no-print">
                <button type="button" on:click=print>{t(words::PRINT)}</button>
                <button type="button" class="primary" on:click=kept>{t(words::FACTOR_KEPT)}</button>
            </p>
        </div>
    }
}

#[component]
fn End() -> impl IntoView {
    let desk = Desk::here();
    let Page { me, .. } = expect_context();
    let (password, code) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sending = Sending::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let asked = json!(FactorEnd { password: password.get_untracked(), code: code.get_untracked() });
        sending.send("/api/v1/me/factor/end", asked, move |_: Value| {
            me.retry();
            desk.ask();
        });
    };
    view! {
        <form class="filters" on:submit=submit>
            <Field id="end-password" label=words::PASSWORD value=password kind="password" auto="current-password" />
            <Field id="end-code" label=words::LOGIN_CODE value=code kind="text" auto="one-time-code" />
            <button type="submit" class="danger" disabled=sending.busy>{t(words::FACTOR_END)}</button>
            <Failed sending=sending />
        </form>
    }
}

#[component]
fn Password() -> impl IntoView {
    let desk = Desk::here();
    let [old, first, second] = std::array::from_fn(|_| RwSignal::new(String::new()));
    let says = RwSignal::new(None::<Msg>);
    let sending = Sending::new();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (new, again) = (first.get_untracked(), second.get_untracked());
        says.set((new != again).then_some(words::ENTER_DIFFERS));
        if new != again {
            return;
        }
        let asked = json!(PasswordChange { old: old.get_untracked(), new });
        sending.send("/api/v1/me/password", asked, move |_: Value| {
            for field in [old, first, second] {
                field.try_set(String::new());
            }
            says.try_set(Some(words::PASSWORD_DONE));
        });
    };
    view! {
        <section>
            <h2>{t(words::PASSWORD_CHANGE)}</h2>
            <p class="quiet">{t(words::PASSWORD_HINT)}</p>
            <form class="filters" on:submit=submit>
                <Field id="password-old" label=words::PASSWORD_OLD value=old kind="password" auto="current-password" />
                <Field id="password-first" label=words::ENTER_FIRST value=first kind="password" auto="new-password" />
                <Field id="password-second" label=words::ENTER_SECOND value=second kind="password" auto="new-password" />
                <button type="submit" class="primary" disabled=sending.busy>{t(words::PASSWORD_CHANGE)}</button>
                <p role="status">{move || says.get().map(|says| says.get(desk.lang()))}</p>
                <Failed sending=sending />
            </form>
        </section>
    }
}

/// A field that has to be filled in.
#[component]
fn Field(
    id: &'static str,
    label: Msg,
    value: RwSignal<String>,
    kind: &'static str,
    auto: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{t(label)}</label>
            <input id=id type=kind autocomplete=auto autocapitalize="none" spellcheck="false" required bind:value=value />
        </div>
    }
}
