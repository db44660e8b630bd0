//! The phone goes round: the form alone on the screen. "Back" stays here; the rest of the app is behind the PIN,
//! where there is one, else behind a button that is held.

use super::form_words as fw;
use super::route::{Route, Tab};
use super::state::{App, app};
use super::turn::{Turn, Turns};
use crate::browser;
use crate::parts::hold::Hold;
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::text::Lang;

/// The page.
#[component]
pub fn PassRound(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let turn = RwSignal::new(Turn::Answering);
    app.nav.pin(Some(Route::Pass(id)));
    on_cleanup(move || app.nav.pin(None));
    let title = move || app.read(|phone| phone.session(id).map(|shown| shown.session.title)).flatten();
    let locked = app.driver().is_some_and(|driver| driver.store().key().is_some());
    // Whoever reads another language takes it; the organiser finds their own again.
    let home = app.prefs.with_untracked(|prefs| prefs.lang);
    let other = move |_| app.prefer(|prefs| prefs.lang = prefs.lang.pick(Lang::En, Lang::Zh));
    let end = if locked {
        let end = move |_| leave(app, id, home, true);
        view! { <button type="button" class="plain" on:click=end>{app.say(fw::PASS_END)}</button> }.into_any()
    } else {
        view! { <Hold text=fw::PASS_HOLD held=fw::PASS_HELD done=move || leave(app, id, home, false) /> }
            .into_any()
    };
    view! {
        <main class="page feedback pass">
            <div class="pass-head">
                <h1>{title}</h1>
                <button type="button" class="plain" lang=move || app.lang().pick("en", "zh-CN") on:click=other>
                    {move || app.lang().pick("English", "中文")}
                </button>
            </div>
            <Turns id turn />
            // Not while a form is on its way into the store: leaving may load the page anew.
            <div class="pass-end" hidden=move || turn.get() == Turn::Thanked(false)>{end}</div>
        </main>
    }
}

/// Back to the session; a locked store forgets its key, and asks whoever has the phone for the PIN.
fn leave(app: App, id: SessionId, home: Lang, locked: bool) {
    app.prefer(|prefs| prefs.lang = home);
    let page = Route::Session(id, Tab::Feedback);
    if locked {
        // Nothing of that page is shown before the PIN is asked for.
        app.nav.rename(page);
        browser::load_again();
        return;
    }
    app.nav.pin(None);
    app.nav.replace(page);
}
