//! 我的 → 手机密码: setting, changing and removing the PIN of the open account.

use super::account;
use super::lock_screen::{PinField, TwoFields, says};
use super::pin::{self, Wrong};
use super::state::{App, app};
use super::words;
use crate::sync::Driver;
use crate::view::prelude::*;
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

/// What the section holds between two taps.
#[derive(Clone, Copy)]
struct Settings {
    app: App,
    doing: RwSignal<Option<Doing>>,
    fault: RwSignal<Option<Wrong>>,
    /// The PIN as it is now, typed once more.
    old: RwSignal<String>,
}

impl Settings {
    fn start(self, what: Doing) {
        self.fault.set(None);
        self.old.set(String::new());
        self.doing.set(Some(what));
    }

    fn act(self, new: Option<String>) {
        let Self { app, doing, fault, old } = self;
        let (Some(driver), Some(what)) = (app.driver(), doing.get_untracked()) else { return };
        let old = old.get_untracked();
        spawn_local(async move {
            match carry_out(app, &driver, what, &old, new.as_deref()).await {
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
    }

    fn button(self, text: Msg, what: Doing) -> impl IntoView {
        view! {
            <button type="button" class="secondary" on:click=move |_| self.start(what)>{self.app.say(text)}</button>
        }
    }
}

/// The section; nothing where this browser cannot lock anything.
#[component]
pub fn PinSettings() -> impl IntoView {
    let app = app();
    let settings = Settings {
        app,
        doing: RwSignal::new(None),
        fault: RwSignal::new(None),
        old: RwSignal::new(String::new()),
    };
    let locked =
        Memo::new(move |_| app.read(|_| ()).and(app.driver()).is_some_and(|d| d.store().key().is_some()));
    let can = pin::possible() && account::whose(app).is_some();
    let state = move || if locked.get() { words::PIN_ON } else { words::PIN_OFF };
    let form = move || match settings.doing.get() {
        None => view! { <Buttons settings locked /> }.into_any(),
        Some(what) => view! { <PinForm settings what /> }.into_any(),
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

/// What can be done as things stand.
#[component]
fn Buttons(settings: Settings, locked: Memo<bool>) -> impl IntoView {
    view! {
        <div class="block-foot">
            {move || if locked.get() {
                view! {
                    {settings.button(words::PIN_CHANGE, Doing::Change)}
                    {settings.button(words::PIN_REMOVE, Doing::Remove)}
                }
                    .into_any()
            } else {
                settings.button(words::PIN_SET, Doing::Set).into_any()
            }}
        </div>
    }
}

/// What is typed for it.
#[component]
fn PinForm(settings: Settings, what: Doing) -> impl IntoView {
    let app = settings.app;
    let old = (what != Doing::Set)
        .then(|| view! { <PinField text=words::PIN_OLD value=settings.old first=true /> });
    let rest = match what {
        Doing::Remove => view! {
            <div class="block-foot">
                <button type="button" class="secondary danger" on:click=move |_| settings.act(None)>
                    {app.say(words::PIN_REMOVE)}
                </button>
            </div>
        }
        .into_any(),
        Doing::Set | Doing::Change => {
            let text = if what == Doing::Set { words::PIN_SET } else { words::PIN_CHANGE };
            view! { <TwoFields text done=move |pin| settings.act(Some(pin)) /> }.into_any()
        }
    };
    view! {
        {old}
        {rest}
        <p class="fault" role="alert">{move || settings.fault.get().map(|why| says(app, &why))}</p>
    }
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
