//! 我的 → 手机密码: setting, changing and removing the PIN of the open account.

use super::account;
use super::lock_screen::{PinField, TwoFields, says};
use super::pin::{self, Wrong};
use super::state::{App, app};
use super::words;
use crate::sync::Driver;
use leptos::prelude::*;
use shared::phone::Table;
use shared::text::Msg;
use wasm_bindgen_futures::spawn_local;

/// What the person is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Set,
    Change,
    Remove,
}

/// The section; nothing where this browser cannot lock anything.
#[component]
pub fn PinSettings() -> impl IntoView {
    let app = app();
    let doing = RwSignal::new(None::<Doing>);
    let fault = RwSignal::new(None::<Wrong>);
    let old = RwSignal::new(String::new());
    let locked =
        Memo::new(move |_| app.read(|_| ()).and(app.driver()).is_some_and(|d| d.store().key().is_some()));
    let can = pin::possible() && account::whose(app).is_some();
    let start = move |what: Doing| {
        move |_| {
            fault.set(None);
            old.set(String::new());
            doing.set(Some(what));
        }
    };
    let act = move |new: Option<String>| {
        let (Some(driver), Some(what)) = (app.driver(), doing.get_untracked()) else { return };
        let old = old.get_untracked();
        spawn_local(async move {
            let done = carry_out(app, &driver, what, &old, new.as_deref()).await;
            match done {
                Ok(()) => {
                    doing.try_set(None);
                    app.note(app.say(done_says(what))().to_owned());
                    // The other tabs of this account find out that they have no key, or need none.
                    driver.tell_tabs(&[Table::Meta]);
                    app.rev.update(|n| *n += 1);
                }
                Err(why) => {
                    fault.try_set(Some(why));
                }
            }
        });
    };
    let button = move |text: Msg, what: Doing| {
        view! { <button type="button" class="secondary" on:click=start(what)>{app.say(text)}</button> }
    };
    let state = move || if locked.get() { words::PIN_ON } else { words::PIN_OFF };
    let form = move || {
        let fault = move || fault.get().map(|why| says(app, &why));
        match doing.get() {
            None => view! {
                <div class="block-foot">
                    {move || if locked.get() {
                        view! { {button(words::PIN_CHANGE, Doing::Change)}{button(words::PIN_REMOVE, Doing::Remove)} }
                            .into_any()
                    } else {
                        button(words::PIN_SET, Doing::Set).into_any()
                    }}
                </div>
            }
            .into_any(),
            Some(Doing::Set) => view! {
                <TwoFields text=words::PIN_SET done=move |pin| act(Some(pin)) />
                <p class="fault" role="alert">{fault}</p>
            }
            .into_any(),
            Some(Doing::Change) => view! {
                <PinField text=words::PIN_OLD value=old first=true />
                <TwoFields text=words::PIN_CHANGE done=move |pin| act(Some(pin)) />
                <p class="fault" role="alert">{fault}</p>
            }
            .into_any(),
            Some(Doing::Remove) => view! {
                <PinField text=words::PIN_OLD value=old first=true />
                <p class="fault" role="alert">{fault}</p>
                <div class="block-foot">
                    <button type="button" class="secondary danger" on:click=move |_| act(None)>
                        {app.say(words::PIN_REMOVE)}
                    </button>
                </div>
            }
            .into_any(),
        }
    };
    can.then(|| {
        view! {
            <section class="block">
                <h2>{app.say(words::PIN)}</h2>
                <p>{move || app.say(state())()}</p>
                {form}
            </section>
        }
    })
}

const fn done_says(what: Doing) -> Msg {
    match what {
        Doing::Set | Doing::Change => words::PIN_DONE,
        Doing::Remove => words::PIN_REMOVED,
    }
}

async fn carry_out(
    app: App,
    driver: &Driver,
    what: Doing,
    old: &str,
    new: Option<&str>,
) -> Result<(), Wrong> {
    let store = driver.store();
    // Whoever picks up an open phone does not change its PIN.
    if what != Doing::Set {
        pin::unlock(&store, old).await?;
    }
    match (what, new) {
        (Doing::Set, Some(new)) => {
            pin::set(&store, &account::whose(app).ok_or(Wrong::Impossible)?, new).await
        }
        (Doing::Change, Some(new)) => pin::renew(&store, new).await,
        _ => pin::take_away(&store).await,
    }
}
