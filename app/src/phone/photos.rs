//! 照片: taken, kept on the phone with the change that names them, and brought to the server in the background
//! once it has that change.

use super::state::{App, app};
use super::{facts, photo_words as words};
use crate::browser::Slot;
use crate::parts::icon::Icon;
use crate::picture::{self, Brought, Unshrunk};
use crate::store::Store;
use crate::view::prelude::*;
use serde::{Deserialize, Serialize};
use shared::change::{Body, Photo, PhotoUse};
use shared::id::{ChangeId, SessionId};
use shared::phone::{Fact, Snapshot, Table, Write};
use shared::photo::{CAPTION_MAX_CHARS, FILE_MAX_BYTES, PHOTO_MAX_BYTES};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;

/// The longest that is waited between two tries, ms.
const WAIT_MAX_MS: i64 = 60_000;

/// A photo as the phone keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    session: SessionId,
    sha256: String,
    shows: PhotoUse,
    /// A small picture of it, as a `data:` address.
    thumb: String,
    /// The server has its bytes.
    #[serde(default)]
    sent: bool,
    /// Why the server will not have them.
    #[serde(default)]
    fault: Option<String>,
    /// It was taken out again.
    #[serde(default)]
    voided: bool,
}

impl Kept {
    const fn waits(&self) -> bool {
        !self.sent && !self.voided && self.fault.is_none()
    }
}

/// The photos taken here, and how bringing them stands.
#[derive(Clone, Copy)]
pub struct Photos {
    all: RwSignal<BTreeMap<ChangeId, Kept>>,
    /// The one under way, in percent.
    moving: RwSignal<Option<(ChangeId, u32)>>,
    turn: StoredValue<Rc<Turn>, LocalStorage>,
}

#[derive(Default)]
struct Turn {
    busy: Cell<bool>,
    failures: Cell<u32>,
    again: Slot,
}

impl Photos {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            all: RwSignal::default(),
            moving: RwSignal::default(),
            turn: StoredValue::new_local(Rc::default()),
        }
    }

    /// What the store has.
    pub fn read(self, snapshot: &Snapshot) {
        let kept = snapshot.of(Table::Photos);
        let one =
            |(key, value): (&str, &[u8])| Some((key.parse().ok()?, serde_json::from_slice(value).ok()?));
        self.all.set(kept.filter_map(one).collect());
    }

    /// How many have not gone up yet.
    #[must_use]
    pub fn waiting(self) -> usize {
        self.all.with(|all| all.values().filter(|kept| kept.waits()).count())
    }

    fn of(self, session: SessionId) -> Vec<(ChangeId, Kept)> {
        let shown = |(_, kept): &(&ChangeId, &Kept)| kept.session == session && !kept.voided;
        self.all.with(|all| all.iter().filter(shown).map(|(id, kept)| (*id, kept.clone())).collect())
    }
}

impl Default for Photos {
    fn default() -> Self {
        Self::new()
    }
}

/// Another tab has changed them.
pub fn read_again(app: App) {
    let Some(driver) = app.driver() else { return };
    spawn_local(async move {
        if let Ok(snapshot) = driver.store().load(&[Table::Photos]).await {
            app.photos.read(&snapshot);
            run(app);
        }
    });
}

/// The network may be back: tries at once.
pub fn hurry(app: App) {
    app.photos.turn.with_value(|turn| turn.failures.set(0));
    run(app);
}

/// Brings what may go, one after the other, in the tab that leads.
pub fn run(app: App) {
    let Some(turn) = app.photos.turn.try_get_value() else { return };
    if turn.busy.replace(true) {
        return;
    }
    turn.again.clear();
    spawn_local(async move {
        while let Some((id, kept)) = next(app) {
            if !one(app, id, kept).await {
                turn.failures.set(turn.failures.get().saturating_add(1));
                let wait_ms = WAIT_MAX_MS.min(1_000 << turn.failures.get().min(6));
                // Out of the timer's own call, which the next plan drops.
                turn.again.plan(wait_ms, move || spawn_local(async move { run(app) }));
                break;
            }
            turn.failures.set(0);
        }
        turn.busy.set(false);
    });
}

fn next(app: App) -> Option<(ChangeId, Kept)> {
    let driver = app.driver().filter(crate::sync::Driver::leads)?;
    let may = |id: &ChangeId| driver.with(|phone| phone.is_received(*id));
    app.photos.all.with_untracked(|all| {
        all.iter().find(|(id, kept)| kept.waits() && may(id)).map(|(id, kept)| (*id, kept.clone()))
    })
}

/// Brings one; false where it is to be tried later.
async fn one(app: App, id: ChangeId, mut kept: Kept) -> bool {
    let Some(driver) = app.driver() else { return false };
    let store = driver.store();
    let Ok(bytes) = store.get(Table::Files, &kept.sha256).await else { return false };
    let bearer = driver.with(|phone| phone.identity().push_token.clone());
    let len = bytes.as_ref().map_or(0, Vec::len);
    let moving = app.photos.moving;
    let told = move |at: u32| {
        let percent = at.saturating_mul(100) / u32::try_from(len.max(1)).unwrap_or(u32::MAX);
        moving.set(Some((id, percent.min(100))));
    };
    let brought = match bytes {
        Some(bytes) => picture::bring(&kept.sha256, &bearer, &bytes, told).await,
        None => Brought::Refused("lost".to_owned()),
    };
    moving.set(None);
    match brought {
        Brought::Later => return false,
        Brought::Done => kept.sent = true,
        Brought::Refused(code) => kept.fault = Some(code),
    }
    let writes = settle(app, id, &kept);
    if store.commit(writes).await.is_err() {
        return false;
    }
    driver.tell_tabs(&[Table::Photos]);
    app.photos.all.update(|all| drop(all.insert(id, kept)));
    // What the session has now is pulled at once.
    driver.woke();
    true
}

/// Keeps how it stands, and lets go of bytes that nothing waits for any more.
fn settle(app: App, id: ChangeId, kept: &Kept) -> Vec<Write> {
    let mut writes = vec![Write::put(Table::Photos, id.to_string(), kept)];
    let others = app.photos.all.with_untracked(|all| {
        all.iter().any(|(other, of)| *other != id && of.sha256 == kept.sha256 && of.waits())
    });
    if !kept.waits() && !others {
        writes.push(Write::delete(Table::Files, kept.sha256.clone()));
    }
    writes
}

/// Makes a photo of what was chosen and keeps it with the change that names it, in one transaction.
async fn take(app: App, session: SessionId, file: JsValue, shows: PhotoUse, caption: String, original: bool) {
    let most = if original { FILE_MAX_BYTES } else { PHOTO_MAX_BYTES };
    let made = match picture::shrink(&file, most, original).await {
        Ok(made) => made,
        Err(why) => {
            let word = match why {
                Unshrunk::Full => words::PHOTO_FULL,
                Unshrunk::NoPicture => words::PHOTO_NO_PICTURE,
                Unshrunk::Impossible => words::PHOTO_IMPOSSIBLE,
            };
            app.note(word.get(app.prefs.get_untracked().lang).to_owned());
            return;
        }
    };
    let id = facts::new_id();
    let caption: String = caption.trim().chars().take(CAPTION_MAX_CHARS).collect();
    let photo = Photo {
        sha256: made.sha256.clone(),
        len: made.bytes.len() as u64,
        mime: "image/jpeg".to_owned(),
        shows,
        caption: Some(caption).filter(|caption| !caption.is_empty()),
    };
    let fact = Fact { id, session: Some(session), after: None, body: Body::Photo(photo) };
    let kept = Kept {
        session,
        sha256: made.sha256.clone(),
        shows,
        thumb: made.thumb,
        sent: false,
        fault: None,
        voided: false,
    };
    let also = vec![
        Write::put(Table::Photos, id.to_string(), &kept),
        Write::Put { table: Table::Files, key: made.sha256, value: made.bytes },
    ];
    app.record(vec![fact], also, move || {
        app.photos.all.update(|all| drop(all.insert(id, kept)));
        app.note(words::PHOTO_SAVED.get(app.prefs.get_untracked().lang).to_owned());
        run(app);
    });
}

fn take_out(app: App, id: ChangeId) {
    let Some(mut kept) = app.photos.all.with_untracked(|all| all.get(&id).cloned()) else { return };
    kept.voided = true;
    let also = settle(app, id, &kept);
    let fact = facts::void(facts::new_id(), kept.session, vec![id]);
    app.record(vec![fact], also, move || {
        app.photos.all.update(|all| drop(all.insert(id, kept)));
        app.note(words::PHOTO_VOIDED.get(app.prefs.get_untracked().lang).to_owned());
    });
}

/// The part of 现场.
#[component]
pub fn PhotoBlock(
    /// The session.
    id: SessionId,
    /// Photos of the session that all phones named, and whose bytes the server has.
    counted: Signal<(u32, u32)>,
) -> impl IntoView {
    let app = app();
    let (caption, original, busy) =
        (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(false));
    let pick = move |shows: PhotoUse, word| {
        let chosen = move |event: web_sys::Event| {
            let Some(field) =
                event.target().and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok())
            else {
                return;
            };
            let Some(file) = field.files().and_then(|files| files.get(0)) else { return };
            // The same one can then be chosen again.
            field.set_value("");
            busy.set(true);
            spawn_local(async move {
                let original = original.get_untracked() && shows == PhotoUse::Scene;
                take(app, id, file.into(), shows, caption.get_untracked(), original).await;
                busy.try_set(false);
                caption.try_set(String::new());
            });
        };
        view! {
            <label class="secondary pick">
                {Icon::Camera.draw()}<span>{app.say(word)}</span>
                <input class="sr" type="file" accept="image/*" disabled=busy on:change=chosen />
            </label>
        }
    };
    view! {
        <section class="block photos">
            <h2>{app.say(words::PHOTOS)}</h2>
            <p class="soft">{app.say(words::PHOTOS_LEAD)}</p>
            <label class="field">
                <span>{app.say(words::CAPTION)}</span>
                <input type="text" name="caption" autocomplete="off" maxlength=CAPTION_MAX_CHARS bind:value=caption />
            </label>
            <label class="check">
                <input type="checkbox" name="original" bind:checked=original />
                <span>{app.say(words::ORIGINAL)}</span>
            </label>
            <div class="picks">
                {pick(PhotoUse::Scene, words::TAKE_SCENE)}
                {pick(PhotoUse::Sheet, words::TAKE_SHEET)}
            </div>
            <p role="status" class="soft">{move || busy.get().then(|| app.say(words::PHOTO_MAKING)())}</p>
            <ul class="thumbs">
                <For each=move || app.photos.of(id) key=|(id, kept)| (*id, kept.sent, kept.fault.clone())
                    children=move |(id, kept)| view! { <Thumb id kept /> } />
            </ul>
            <p class="soft">{move || {
                let (named, here) = counted.get();
                (named > 0).then(|| app.with(words::PHOTOS_HERE, &[&named.to_string(), &here.to_string()]))
            }}</p>
        </section>
    }
}

#[component]
fn Thumb(id: ChangeId, kept: Kept) -> impl IntoView {
    let app = app();
    let asked = RwSignal::new(false);
    let Kept { shows, thumb, sent, fault, .. } = kept;
    let says = move || match (app.photos.moving.get(), &fault) {
        (Some((moving, percent)), _) if moving == id => {
            app.with(words::PHOTO_SENDING, &[&percent.to_string()])
        }
        (_, Some(code)) => app.with(words::PHOTO_REFUSED, &[code]),
        _ => app.say(if sent { words::PHOTO_SENT } else { words::PHOTO_SAVED })().to_owned(),
    };
    let doing = move || {
        if asked.get() {
            view! {
                <button type="button" class="secondary danger" on:click=move |_| take_out(app, id)>{app.say(words::PHOTO_VOID_SURE)}</button>
                <button type="button" class="secondary" on:click=move |_| asked.set(false)>{app.say(words::PHOTO_KEEP)}</button>
            }
            .into_any()
        } else {
            view! { <button type="button" class="secondary" on:click=move |_| asked.set(true)>{app.say(words::PHOTO_VOID)}</button> }
                .into_any()
        }
    };
    view! {
        <li class="thumb">
            <img src=thumb alt=move || shows.label(app.lang()) />
            <div>
                <p>{move || shows.label(app.lang())}</p>
                <p class="soft">{if sent { Icon::Sent.draw() } else { Icon::Saved.draw() }}<span>{says}</span></p>
                <div class="block-foot">{doing}</div>
            </div>
        </li>
    }
}
