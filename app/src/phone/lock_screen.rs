//! The screens before a locked store: asking for the PIN, and choosing one.

use super::pin::{self, Wrong};
use super::rescue::Save;
use super::state::{App, Stage, app};
use super::{account, words};
use crate::browser;
use crate::parts::icon::Icon;
use crate::store::StoreError;
use crate::store::indexeddb::IndexedDb;
use crate::view::ev::SubmitEvent;
use crate::view::html;
use crate::view::prelude::*;
use js_sys::{Function, Promise};
use shared::id::AccountId;
use shared::phone::Table;
use shared::sealed::{PIN_MAX, fit};
use shared::text::Msg;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What can be told of a locked account without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    /// Whose it is.
    pub(super) name: String,
    /// Records without a receipt.
    pub(super) unsent: u32,
}

/// Looks at a locked account.
pub(super) async fn look(account: AccountId) -> Result<Option<Closed>, StoreError> {
    let store = IndexedDb::open(&account::database(account)).await?;
    let lock = store.lock().await;
    let raw = store.raw(&[Table::Outbox, Table::Responses]).await;
    store.close();
    let unsent: usize = raw?.iter().map(|(_, rows)| rows.len()).sum();
    Ok(lock?.map(|lock| Closed { name: lock.name, unsent: u32::try_from(unsent).unwrap_or(u32::MAX) }))
}

/// A field for a PIN.
#[component]
pub fn PinField(
    /// What it is for.
    text: Msg,
    /// What is typed.
    value: RwSignal<String>,
    /// Takes the cursor at once.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let app = app();
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get().filter(|_| first) {
            // Some browsers open no keyboard without a tap.
            let _ = field.focus();
        }
    });
    view! {
        <label class="field">
            <span>{app.say(text)}</span>
            <input class="pin" type="password" inputmode="numeric" autocomplete="off" maxlength=PIN_MAX.to_string()
                node_ref=field bind:value=value />
        </label>
    }
}

/// Why a PIN did nothing, in a sentence.
pub(super) fn says(app: App, wrong: &Wrong) -> String {
    match wrong {
        Wrong::Pin(left) => app.with(words::PIN_WRONG, &[&left.to_string()]),
        Wrong::Wait(ms) => {
            let minutes = (ms + 59_999) / 60_000;
            app.with(words::PIN_WAIT, &[&minutes.to_string()])
        }
        Wrong::Gone => app.say(words::PIN_GONE)().to_owned(),
        Wrong::Impossible => app.say(words::PIN_IMPOSSIBLE)().to_owned(),
        Wrong::Store(why) => app.with(words::BROKEN_DETAIL, &[&why.to_string()]),
    }
}

/// Asks for the PIN of the account that was open.
#[component]
pub fn Locked(
    /// Whose store is locked.
    account: AccountId,
) -> impl IntoView {
    let app = app();
    let typed = RwSignal::new(String::new());
    let (busy, fault) = (RwSignal::new(false), RwSignal::new(None::<Wrong>));
    let closed = RwSignal::new(None::<Closed>);
    spawn_local(async move {
        if let Ok(Some(seen)) = look(account).await {
            closed.try_set(Some(seen));
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let pin = typed.get_untracked();
        if busy.get_untracked() || pin.is_empty() {
            return;
        }
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let opened = match IndexedDb::open(&account::database(account)).await {
                Ok(store) => pin::unlock(&store, &pin).await,
                Err(why) => Err(Wrong::Store(why)),
            };
            busy.try_set(false);
            match opened {
                // Another tab took it away meanwhile: there is nothing to ask for.
                Ok(_) | Err(Wrong::Gone) => account::boot(app),
                Err(why) => {
                    typed.try_set(String::new());
                    fault.try_set(Some(why));
                }
            }
        });
    };
    let unsent = move || closed.get().map(|closed| closed.unsent).filter(|n| *n > 0);
    view! {
        <main class="page login">
            <div class="brand"><h1>{app.say(words::PIN_ASK)}</h1></div>
            <p class="lead">{move || closed.get().map(|closed| closed.name)}</p>
            {move || unsent().map(|n| view! {
                <p class="remark">{Icon::Saved.draw()}<span>{app.with(words::PIN_UNSENT, &[&n.to_string()])}</span></p>
            })}
            <form class="form" on:submit=submit>
                <PinField text=words::PIN value=typed first=true />
                <p class="fault" role="alert">{move || fault.get().map(|why| says(app, &why))}</p>
                <button type="submit" class="primary" disabled=busy>
                    {move || app.say(if busy.get() { words::PIN_DOING } else { words::PIN_OPEN })()}
                </button>
            </form>
            <details class="forgot">
                <summary>{app.say(words::PIN_FORGOT)}</summary>
                <p>{app.say(words::PIN_FORGOT_LEAD)}</p>
                <button type="button" class="secondary" on:click=move |_| app.stage.set(Stage::Login)>
                    {app.say(words::PIN_FORGOT_DO)}
                </button>
            </details>
            {move || unsent().map(|_| view! { <Save /> })}
        </main>
    }
}

/// Shows the screen on which a PIN is chosen, and waits for it. None where the person would rather have none.
pub(super) async fn choose(app: App) -> Option<String> {
    let before = app.stage.get_untracked();
    let asked = Promise::new(&mut |resolve, _| app.stage.set(Stage::ChoosePin(Answer::new(resolve))));
    let chosen = JsFuture::from(asked).await.ok().and_then(|chosen| chosen.as_string());
    app.stage.set(before);
    chosen
}

/// Where the answer of [`choose`] goes.
#[derive(Clone, Copy)]
pub struct Answer(StoredValue<Function, LocalStorage>);

impl Answer {
    fn new(resolve: Function) -> Self {
        Self(StoredValue::new_local(resolve))
    }

    fn give(self, pin: Option<&str>) {
        let pin = pin.map_or(JsValue::NULL, JsValue::from);
        // The resolver of a promise refuses nothing.
        let _ = self.0.with_value(|resolve| resolve.call1(&JsValue::NULL, &pin));
    }
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Answer {}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

/// Chooses a PIN, before the first roster comes.
#[component]
pub fn ChoosePin(
    /// Where the answer goes.
    answer: Answer,
) -> impl IntoView {
    let app = app();
    view! {
        <main class="page login">
            <div class="brand"><h1>{app.say(words::PIN_TITLE)}</h1></div>
            <p class="lead">{app.say(words::PIN_LEAD)}</p>
            <TwoFields text=words::PIN_SET done=move |pin| answer.give(Some(&pin)) />
            <button type="button" class="plain" on:click=move |_| answer.give(None)>{app.say(words::PIN_NOT)}</button>
            <p class="soft">{app.say(words::PIN_NOT_LEAD)}</p>
        </main>
    }
}

/// A new PIN, typed twice.
#[component]
pub fn TwoFields(
    /// What the button says.
    text: Msg,
    /// What is done with it.
    done: impl Fn(String) + 'static,
) -> impl IntoView {
    let app = app();
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let fault = RwSignal::new(None::<Msg>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let (pin, again) = (first.get_untracked(), second.get_untracked());
        let wrong = match () {
            () if !fit(&pin) => Some(words::PIN_UNFIT),
            () if pin != again => Some(words::PIN_DIFFERS),
            () => None,
        };
        fault.set(wrong);
        if wrong.is_none() {
            done(pin);
        }
    };
    view! {
        <form class="form" on:submit=submit>
            <PinField text=words::PIN_NEW value=first />
            <PinField text=words::PIN_AGAIN value=second />
            <p class="fault" role="alert">{move || fault.get().map(|why| app.say(why)())}</p>
            <button type="submit" class="primary">{app.say(text)}</button>
        </form>
    }
}

/// A page that was away for so long asks for the PIN again, ms.
const AWAY_MS: i64 = 30 * 60_000;

thread_local! {
    /// Since when the page is not seen, ms; 0 while it is.
    static AWAY: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

/// The page is seen again, or no more: one that was away for long forgets its key by being loaded anew.
pub(super) fn seen(app: App, visible: bool) {
    let since_ms = AWAY.replace(if visible { 0 } else { browser::now_ms() });
    let long = visible && since_ms > 0 && browser::now_ms().saturating_sub(since_ms) > AWAY_MS;
    let locked = app.driver().is_some_and(|driver| driver.store().key().is_some() && !driver.is_working());
    if long && locked {
        browser::load_again();
    }
}
