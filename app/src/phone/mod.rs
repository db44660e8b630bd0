//! The phone: sessions, check-in, feedback, outbox.

pub mod account;
pub mod answering;
pub mod attendance;
pub mod draft;
pub mod facts;
pub mod feedback;
pub mod filling;
pub mod form_words;
pub mod frame;
pub mod join;
pub mod lock_screen;
pub mod login;
pub mod loss;
pub mod me;
pub mod others;
pub mod outbox;
pub mod paper;
pub mod pass_round;
pub mod person;
pub mod photo_words;
pub mod photos;
pub mod pin;
pub mod pin_settings;
pub mod rescue;
pub mod route;
pub mod scene;
pub mod search;
pub mod session;
pub mod session_list;
pub mod session_new;
pub mod setup;
pub mod state;
pub mod stopped;
pub mod summary;
pub mod turn;
pub mod walk_in;
pub mod wechat;
pub mod when;
pub mod words;

use crate::browser;
use crate::parts::snackbar::Snackbar;
use crate::parts::update::Update;
use crate::view::prelude::*;
use route::Route;
use state::{App, Stage};
use std::time::Duration;

/// Mounts the phone into the page.
pub fn start() {
    mount_to_body(Root);
}

/// The whole phone.
#[component]
fn Root() -> impl IntoView {
    let app = App::new();
    provide_context(app);
    app.dress_page();
    listen(app);
    account::boot(app);
    let screen = move || match app.stage.get() {
        Stage::ChoosePin(answer) => view! { <lock_screen::ChoosePin answer /> }.into_any(),
        _ if app.link.with(Option::is_some) => {
            app.link.get().map(|link| view! { <join::Join link /> }).into_any()
        }
        Stage::Opening => view! { <main class="center"><p>{app.say(words::LOADING)}</p></main> }.into_any(),
        Stage::Locked(account) => view! { <lock_screen::Locked account /> }.into_any(),
        Stage::Login => view! { <login::Login again=false /> }.into_any(),
        Stage::Setup => view! { <setup::Setup /> }.into_any(),
        Stage::Ready => match app.kiosk.get() {
            Some(id) => view! { <attendance::kiosk::Kiosk id /> }.into_any(),
            None => view! { <Pages /> }.into_any(),
        },
        Stage::Broken(why) => view! { <stopped::Broken why /> }.into_any(),
    };
    view! {
        // Whoever fills in a form, or looks for their own name, is not asked to update.
        <div hidden=move || app.kiosk.get().is_some() || matches!(app.nav.get(), Route::Pass(_))><Update /></div>
        {screen}
        <Snackbar />
    }
}

/// The page that the address names.
#[component]
fn Pages() -> impl IntoView {
    let app = state::app();
    // A tab of the same session is not another page: its frame and its memos stay.
    let page = Memo::new(move |_| match app.nav.get() {
        Route::Session(id, _) => Route::Session(id, route::Tab::Attendance),
        other => other,
    });
    move || match page.get() {
        Route::Sessions => view! { <session_list::SessionList /> }.into_any(),
        Route::New => view! { <session_new::SessionNew /> }.into_any(),
        Route::Session(id, _) => view! { <session::SessionPage id /> }.into_any(),
        Route::WalkIn(id) => view! { <walk_in::WalkIn id /> }.into_any(),
        Route::Pass(id) => view! { <pass_round::PassRound id /> }.into_any(),
        Route::Paper(id) => view! { <paper::Paper id /> }.into_any(),
        Route::Way(id, way) => view! { <attendance::ways::WayPage id way /> }.into_any(),
        Route::Sync => view! { <outbox::Outbox /> }.into_any(),
        Route::Me => view! { <me::Me /> }.into_any(),
        Route::Login => view! { <login::Login again=true /> }.into_any(),
    }
}

/// What wakes the core: coming to the front, a network that may be back, time.
fn listen(app: App) {
    let Some(window) = browser::window() else { return };
    browser::listen(&window, "online", move |_| {
        app.online.set(true);
        app.woke();
    });
    browser::listen(&window, "offline", move |_| app.online.set(false));
    browser::listen(&window, "focus", move |_| app.to_front());
    if let Some(document) = window.document() {
        browser::listen(&document, "visibilitychange", move |_| {
            lock_screen::seen(app, browser::visible());
            if browser::visible() {
                app.online.set(browser::online());
                app.to_front();
            }
        });
    }
    set_interval(move || app.minute.update(|n| *n += 1), Duration::from_secs(60));
}
