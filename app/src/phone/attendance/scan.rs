//! 扫码签到: badges before the camera; where there is none, or a code is worn off, its number typed.

use super::{deeds, words};
use crate::browser;
use crate::phone::frame::Head;
use crate::phone::route::{Route, Tab};
use crate::phone::search::Roster;
use crate::phone::session::{Shown, follow, roster};
use crate::phone::state::{App, app};
use crate::phone::walk_in;
use crate::phone::words as all;
use crate::view::prelude::*;
use js_sys::{Function, Promise, Reflect};
use shared::attendance::Method;
use shared::id::{PersonId, SessionId};
use std::sync::Arc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What the start script calls the way to the camera's code, which is fetched when it is first used.
const SCAN: &str = "jiangdaoScan";
/// The same code again within this time is the same person still standing there, ms.
const SAME_MS: i64 = 4_000;

/// What came of a code.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Done(String),
    Already(String),
    Several(String),
    Unknown(String),
}

/// What a code did; the page's state.
#[derive(Clone, Copy)]
struct Scanning {
    app: App,
    id: SessionId,
    shown: Shown,
    roster: Memo<Arc<Roster>>,
    outcome: RwSignal<Option<Outcome>>,
    last: StoredValue<(String, i64)>,
}

impl Scanning {
    fn is_here(self, person: PersonId) -> bool {
        self.shown.with_untracked(|shown| {
            let row = shown.as_ref().and_then(|shown| shown.rows.attendance.get(&person));
            row.is_some_and(|row| row.present)
        })
    }

    /// A code before the camera.
    fn seen(self, text: &str) {
        let now_ms = browser::now_ms();
        let (before, at_ms) = self.last.get_value();
        self.last.set_value((text.to_owned(), now_ms));
        if before != text || !(0..SAME_MS).contains(&now_ms.saturating_sub(at_ms)) {
            self.take(text);
        }
    }

    fn take(self, text: &str) {
        let found: Vec<(PersonId, String)> = self.roster.with_untracked(|roster| {
            let named = roster.by_code(text).into_iter();
            named.map(|line| (line.person.id, format!("{} · {}", line.person.name, line.org_name))).collect()
        });
        let text = text.trim().to_owned();
        let outcome = match found.as_slice() {
            [] => Outcome::Unknown(text),
            [(person, name)] if self.is_here(*person) => Outcome::Already(name.clone()),
            [(person, name)] => {
                deeds::check_in(self.app, self.id, *person, Method::Scan);
                Outcome::Done(name.clone())
            }
            _ => Outcome::Several(text),
        };
        browser::vibrate(if matches!(outcome, Outcome::Done(_)) { 80 } else { 400 });
        self.outcome.set(Some(outcome));
    }
}

/// The page.
#[component]
pub fn Scan(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let shown = follow(id);
    let (outcome, last) = (RwSignal::new(None), StoredValue::new((String::new(), 0)));
    let scanning = Scanning { app, id, shown, roster: roster(shown), outcome, last };
    let typed = RwSignal::new(String::new());
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let text = typed.get_untracked();
        if !text.trim().is_empty() {
            scanning.take(&text);
            typed.set(String::new());
        }
    };
    let attended = move || shown.with(|s| s.as_ref().map_or(0, |s| s.rows.totals.attended));
    let title = Signal::derive(move || app.say(words::SCAN_TITLE)().to_owned());
    view! {
        <Head title parent=Route::Session(id, Tab::Attendance) />
        <main class="page">
            <p class="figures"><span class="figures-word">{app.say(all::ATTENDED)}</span><strong>{attended}</strong></p>
            <Camera scanning />
            <Said scanning />
            <form class="form" on:submit=submit>
                <label class="field">
                    <span>{app.say(words::SCAN_TYPED)}</span>
                    <input type="text" name="code" autocomplete="off" bind:value=typed />
                </label>
                <button type="submit" class="secondary">{app.say(words::SCAN_DO)}</button>
            </form>
        </main>
    }
}

/// The picture, as long as the page is open.
#[component]
fn Camera(scanning: Scanning) -> impl IntoView {
    let app = app();
    let video = NodeRef::<crate::view::html::Video>::new();
    // None while it is being opened.
    let runs = RwSignal::new(None::<bool>);
    let stop = StoredValue::new_local(None::<Function>);
    let told =
        StoredValue::new_local(Closure::<dyn FnMut(String)>::new(move |text: String| scanning.seen(&text)));
    Effect::new(move |_| {
        let Some(video) = video.get() else { return };
        let told = told.with_value(|told| told.as_ref().clone());
        spawn_local(async move {
            let opened = open(&video, &told).await;
            // The page may be gone by now: then nobody else would shut the camera.
            if runs.try_set(Some(opened.is_some())).is_some() {
                shut(opened.as_ref());
            } else {
                stop.set_value(opened);
            }
        });
    });
    on_cleanup(move || shut(stop.try_get_value().flatten().as_ref()));
    let says = move || match runs.get() {
        None => words::SCAN_STARTING,
        Some(true) => words::SCAN_AIM,
        Some(false) => words::SCAN_NO_CAMERA,
    };
    view! {
        <video class="camera" hidden=move || runs.get() == Some(false) node_ref=video muted playsinline></video>
        <p class="lead" role="status">{move || app.say(says())()}</p>
    }
}

/// Opens the camera; what shuts it again.
async fn open(video: &JsValue, told: &JsValue) -> Option<Function> {
    let scan: Function =
        Reflect::get(&JsValue::from(browser::window()?), &SCAN.into()).ok()?.dyn_into().ok()?;
    let opening: Promise = scan.call2(&JsValue::UNDEFINED, video, told).ok()?.dyn_into().ok()?;
    JsFuture::from(opening).await.ok()?.dyn_into().ok()
}

fn shut(stop: Option<&Function>) {
    if let Some(stop) = stop {
        // Our own function; stopping a camera that is gone is no fault.
        let _ = stop.call0(&JsValue::UNDEFINED);
    }
}

/// What came of the last code, in a colour and a word.
#[component]
fn Said(scanning: Scanning) -> impl IntoView {
    let app = app();
    let id = scanning.id;
    move || {
        let outcome = scanning.outcome.get()?;
        let (class, word, text) = match &outcome {
            Outcome::Done(name) => ("said said-done", words::SCAN_DONE, name),
            Outcome::Already(name) => ("said said-already", words::SCAN_ALREADY, name),
            Outcome::Several(text) => ("said said-unknown", words::SCAN_SEVERAL, text),
            Outcome::Unknown(text) => ("said said-unknown", words::SCAN_UNKNOWN, text),
        };
        let by_hand = matches!(outcome, Outcome::Several(_) | Outcome::Unknown(_)).then(|| {
            let add = move |_| {
                walk_in::begin(app, id, "");
                app.nav.go(Route::WalkIn(id));
            };
            view! {
                <div class="panel-buttons">
                    <button type="button" class="secondary" on:click=move |_| app.nav.back(Route::Session(id, Tab::Attendance))>
                        {app.say(words::SCAN_BY_NAME)}
                    </button>
                    <button type="button" class="secondary" on:click=add>{app.say(all::ADD_WALK_IN)}</button>
                </div>
            }
        });
        Some(view! {
            <div class=class role="alert"><strong>{app.say(word)}</strong><p>{text.clone()}</p></div>
            {by_hand}
        })
    }
}
