//! Data that is read from the server, shown, and read again: every 30 s while the page is seen,
//! when it is seen again, and on demand. What is on the screen stays until newer has come.

use super::Desk;
use super::api::{self, Trouble};
use super::query::Writer;
use super::route::Place;
use super::words::{self, t};
use crate::browser::now_ms;
use crate::view::ev;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use serde::de::DeserializeOwned;
use shared::problem::Code;
use shared::wire::Page;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

const REFRESH: Duration = Duration::from_secs(30);
const ONCE_MS: i64 = 1_000;

/// Counts up whenever everything on the screen should be read again.
#[derive(Debug, Clone, Copy)]
pub struct Tick(RwSignal<u32>);

impl Tick {
    /// Starts the clock of this page.
    #[must_use]
    pub fn begin() -> Self {
        let tick = Self(RwSignal::new(0));
        // Coming back to a page is told twice: by its tab and by its window.
        let last_ms = StoredValue::new(0_i64);
        let beat = move || {
            let now_ms = now_ms();
            let since_ms = now_ms.saturating_sub(last_ms.get_value());
            if !document().hidden() && !(0..ONCE_MS).contains(&since_ms) {
                last_ms.set_value(now_ms);
                tick.0.update(|n| *n = n.wrapping_add(1));
            }
        };
        set_interval(beat, REFRESH);
        let _ = window_event_listener(ev::focus, move |_| beat());
        let _ = window_event_listener_untyped("visibilitychange", move |_| beat());
        tick
    }
}

impl Tick {
    /// Something was changed from here: everything is read again.
    pub fn now(self) {
        self.0.update(|n| *n = n.wrapping_add(1));
    }
}

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Trouble>>>>;

/// One thing that is read from an address.
#[derive(Debug)]
pub struct Load<T: 'static> {
    value: RwSignal<Option<(String, Arc<T>)>>,
    trouble: RwSignal<Option<Trouble>>,
    busy: RwSignal<bool>,
    again: RwSignal<u32>,
}

impl<T> Clone for Load<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Load<T> {}

impl<T: DeserializeOwned + Send + Sync + 'static> Load<T> {
    /// Reads what stands at the address, and again whenever the address changes; nothing as long
    /// as it is empty.
    pub fn one(url: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self::begin(url, |url| Box::pin(async move { api::get(&url).await }), true)
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Load<T> {
    /// As [`Load::one`], and not again by itself: for what changes rarely.
    pub fn once(url: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self::begin(url, |url| Box::pin(async move { api::get(&url).await }), false)
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Load<Page<T>> {
    /// Reads the page of a list that the reader is at; `what` says what else of the place is asked for.
    pub fn list(path: impl Into<String>, what: fn(&Place, &mut Writer)) -> Self {
        let (nav, path) = (Desk::here().nav(), path.into());
        Self::one(move || list_url(&path, &nav.place(), what))
    }
}

/// The address of a page of a list.
#[must_use]
pub fn list_url(path: &str, place: &Place, what: fn(&Place, &mut Writer)) -> String {
    let mut out = Writer::default();
    what(place, &mut out);
    out.add_some("page", Some(&place.page));
    out.add_some("size", Some(&place.size));
    out.after(path)
}

impl<T: DeserializeOwned + Send + Sync + 'static> Load<Vec<T>> {
    /// Reads a whole list, page after page, and not again by itself: for what changes rarely.
    pub fn whole_once(url: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self::begin(url, |url| Box::pin(async move { api::get_all(&url).await }), false)
    }
}

impl<T: Send + Sync + 'static> Load<T> {
    fn begin(
        url: impl Fn() -> String + Send + Sync + 'static,
        read: fn(String) -> Reading<T>,
        refresh: bool,
    ) -> Self {
        let load = Self {
            value: RwSignal::new(None),
            trouble: RwSignal::new(None),
            busy: RwSignal::new(false),
            again: RwSignal::new(0),
        };
        let desk = Desk::here();
        let url = Memo::new(move |_| url());
        let round = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let url = url.get();
            if refresh {
                desk.tick.0.track();
            }
            load.again.track();
            if url.is_empty() {
                return;
            }
            let mine = round.try_update_value(|n| {
                *n = n.wrapping_add(1);
                *n
            });
            load.busy.set(true);
            spawn_local(async move {
                let outcome = read(url.clone()).await;
                // The page may be gone by now, or a later reading under way.
                if mine.is_some() && round.try_get_value() == mine {
                    load.take(url, outcome, desk);
                }
            });
        });
        load
    }

    fn take(self, url: String, outcome: Result<T, Trouble>, desk: Desk) {
        self.busy.set(false);
        match outcome {
            Ok(value) => {
                self.trouble.set(None);
                self.value.set(Some((url, Arc::new(value))));
            }
            Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
            // Demanded since this page was opened: the page that sets it up takes its place.
            Err(trouble) if trouble.is(Code::SecondFactorMissing) => desk.ask(),
            Err(trouble) => {
                // Figures of another branch must not stand under this one's trouble.
                if self.value.with_untracked(|value| value.as_ref().is_some_and(|(of, _)| *of != url)) {
                    self.value.set(None);
                }
                self.trouble.set(Some(trouble));
            }
        }
    }

    /// What was read last.
    #[must_use]
    pub fn get(self) -> Option<Arc<T>> {
        self.value.with(|value| value.as_ref().map(|(_, value)| Arc::clone(value)))
    }

    /// Reads it again now.
    pub fn retry(self) {
        // The page may be gone by now.
        let _ = self.again.try_update(|n| *n = n.wrapping_add(1));
    }
}

/// Shows what was read; before that, that it is being read; or why it could not be.
#[component]
pub fn Loaded<T, V>(
    /// What is read.
    load: Load<T>,
    /// How it is shown.
    show: impl Fn(Arc<T>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Send + Sync + 'static,
    V: IntoView + 'static,
{
    move || match (load.get(), load.trouble.get()) {
        (Some(value), trouble) => view! {
            <StaleNote trouble=trouble again=move || load.retry() />
            <div class="loaded" aria-busy=move || load.busy.get().to_string()>{show(value)}</div>
        }
        .into_any(),
        (None, Some(trouble)) => view! { <Failed trouble=trouble again=move || load.retry() /> }.into_any(),
        (None, None) => view! { <p class="waiting" role="status">{t(words::LOADING)}</p> }.into_any(),
    }
}

#[component]
fn StaleNote(trouble: Option<Trouble>, again: impl Fn() + Send + 'static) -> impl IntoView {
    let desk = Desk::here();
    trouble.map(|trouble| {
        view! {
            <p class="note note-warn" role="status">
                <span>{move || words::STALE.with(desk.lang(), &[&trouble.says(desk.lang())])}</span>
                <button type="button" on:click=move |_| again()>{t(words::RETRY)}</button>
            </p>
        }
    })
}

/// Why there is nothing, and the way on.
#[component]
pub fn Failed(
    /// Why.
    trouble: Trouble,
    /// Tries again.
    again: impl Fn() + Send + 'static,
) -> impl IntoView {
    let desk = Desk::here();
    // Bare, "not found" would leave open whether to wait, to ask, or to look elsewhere.
    let says = move || match trouble {
        Trouble::Refused(Code::NotFound, _) => words::NOT_HERE.get(desk.lang()).to_owned(),
        Trouble::Refused(Code::Forbidden, _) => words::NOT_ALLOWED.get(desk.lang()).to_owned(),
        ref other => other.says(desk.lang()),
    };
    view! {
        <div class="empty" role="alert">
            <p class="empty-title">{says}</p>
            <p class="actions">
                <button type="button" class="primary" on:click=move |_| again()>{t(words::RETRY)}</button>
                <a href="/desk">{t(words::TO_OVERVIEW)}</a>
            </p>
        </div>
    }
}
