//! Half-filled forms: kept within a second, and at the last moment when the page goes away.

use super::state::App;
use crate::browser::{self, Slot};
use crate::prefs::{self, Gasp};
use crate::store::Store;
use crate::view::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::phone::{Table, Write};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// How long after the last key press a draft is written, ms.
const KEEP_AFTER_MS: i64 = 300;
/// How long at most after the first key press that is not written yet, ms: whoever types without a pause is
/// kept up with.
const KEEP_WITHIN_MS: i64 = 700;

/// A form's content as a signal that is kept under a key.
pub struct Draft<T: 'static> {
    /// The content.
    pub value: RwSignal<T>,
    app: App,
    key: StoredValue<String>,
    /// An untouched form: such a one is not kept.
    clean: StoredValue<T>,
    slot: StoredValue<Rc<Slot>, LocalStorage>,
    /// When the first key press was made that is not written yet, ms; 0: there is none.
    since_ms: StoredValue<i64>,
}

impl<T> Clone for Draft<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Draft<T> {}

impl<T> Draft<T>
where
    T: Clone + Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// The draft of this key as it was left, else the default.
    #[must_use]
    pub fn open(app: App, key: String) -> Self {
        Self::open_or(app, key, T::default())
    }

    /// The draft of this key as it was left, else this.
    #[must_use]
    pub fn open_or(app: App, key: String, fresh: T) -> Self {
        let kept = app.drafts.with_value(|drafts| drafts.get(&key).cloned());
        let value = kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_else(|| fresh.clone());
        let draft = Self {
            value: RwSignal::new(value),
            app,
            key: StoredValue::new(key),
            clean: StoredValue::new(fresh),
            slot: StoredValue::new_local(Rc::default()),
            since_ms: StoredValue::new(0),
        };
        draft.follow();
        draft
    }

    /// Writes after each change, and before the page goes away.
    fn follow(self) {
        Effect::new(move |before: Option<T>| {
            let value = self.value.get();
            if before.is_some_and(|before| before != value) {
                self.remember(&value);
                let now_ms = browser::now_ms();
                let since_ms = Some(self.since_ms.get_value()).filter(|ms| *ms > 0).unwrap_or(now_ms);
                self.since_ms.set_value(since_ms);
                // A clock that is put back must not put it off.
                let left_ms = (since_ms + KEEP_WITHIN_MS - now_ms).clamp(0, KEEP_AFTER_MS);
                self.slot.get_value().plan(left_ms, move || self.keep());
            }
            value
        });
        let hide = window_event_listener_untyped("pagehide", move |_| self.last_words());
        let blur = window_event_listener_untyped("visibilitychange", move |_| {
            if !browser::visible() {
                self.last_words();
            }
        });
        on_cleanup(move || {
            // Leaving the page by a link: the timer goes with it, the draft must not.
            self.keep();
            hide.remove();
            blur.remove();
        });
    }

    fn remember(self, value: &T) {
        let text = self
            .clean
            .with_value(|clean| if clean == value { None } else { serde_json::to_string(value).ok() });
        let key = self.key.get_value();
        self.app.drafts.update_value(|drafts| match text {
            Some(text) => drop(drafts.insert(key, text)),
            None => drop(drafts.remove(&key)),
        });
    }

    /// The key, and what is remembered under it. None once the form has left the screen.
    fn kept(self) -> Option<(String, Option<String>)> {
        let key = self.key.try_get_value()?;
        let text = self.app.drafts.with_value(|drafts| drafts.get(&key).cloned());
        Some((key, text))
    }

    fn keep(self) {
        self.since_ms.try_set_value(0);
        let (Some((key, text)), Some(driver)) = (self.kept(), self.app.driver()) else { return };
        spawn_local(async move {
            let write = match text {
                Some(text) => Write::Put { table: Table::Drafts, key, value: text.into_bytes() },
                None => Write::delete(Table::Drafts, key),
            };
            // A store that fails is told when something is recorded; the last words still help.
            if driver.store().commit(vec![write]).await.is_ok() {
                prefs::clear_gasp();
            }
        });
    }

    /// The page may be gone the next moment, and the store is too slow to be sure.
    fn last_words(self) {
        let Some(driver) = self.app.driver() else { return };
        if let (Some((key, Some(value))), Some(account)) = (self.kept(), self.app.account()) {
            let value = driver.store().last_words(&value);
            prefs::set_gasp(&Gasp { account, key, value, at_ms: browser::now_ms() });
        }
    }

    /// Empties the form, here and in what was remembered. The write that removes it from the
    /// store is returned, so that it goes into the same transaction as what the form became.
    pub fn finish(self, fresh: T) -> Vec<Write> {
        self.slot.get_value().clear();
        self.clean.set_value(fresh.clone());
        self.value.set(fresh);
        let key = self.key.get_value();
        self.app.drafts.update_value(|drafts| {
            drafts.remove(&key);
        });
        prefs::clear_gasp();
        vec![Write::delete(Table::Drafts, key)]
    }
}
