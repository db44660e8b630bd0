//! 签到: the roster of one session, searched in memory, checked in by one tap.

pub mod backfill;
pub mod bulk;
pub mod deeds;
pub mod filter;
pub mod kiosk;
pub mod scan;
pub mod sheet;
pub mod ways;
pub mod words;

use self::filter::{Filter, Filters, Show};
use self::words as words_of;
use super::person::PersonRow;
use super::route::{Link, Route, Way};
use super::search::{LISTED_MAX, Line, Roster};
use super::session::Shown;
use super::state::app;
use super::words as all_words;
use crate::browser;
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use shared::id::{PersonId, SessionId};
use shared::session::State;
use std::sync::Arc;

/// The field, and what happens around it.
#[derive(Clone, Copy)]
pub struct Finder {
    query: RwSignal<String>,
    field: NodeRef<crate::view::html::Input>,
    /// When a tap emptied the field, ms.
    emptied_ms: StoredValue<i64>,
}

/// A finger that bounces taps twice within this time, ms.
const BOUNCE_MS: i64 = 400;

impl Finder {
    /// After a tap the list is another one: a finger that bounces must not check in whoever slipped under it.
    /// Whoever has typed since means it.
    #[must_use]
    pub fn may_tap(self) -> bool {
        let since_ms = browser::now_ms().saturating_sub(self.emptied_ms.get_value());
        !self.query.with_untracked(String::is_empty) || !(0..BOUNCE_MS).contains(&since_ms)
    }

    /// The person who was looked for is checked in: the next name is typed at once.
    pub fn found(self) {
        if !self.query.with_untracked(String::is_empty) {
            self.emptied_ms.set_value(browser::now_ms());
            self.clear();
        }
    }

    fn clear(self) {
        self.query.set(String::new());
        if let Some(field) = self.field.get_untracked() {
            let _ = field.focus();
        }
    }
}

/// What the list shows, and how many there would be.
#[derive(Debug, Clone, PartialEq)]
struct Found {
    lines: Vec<Line>,
    all: usize,
}

/// Who is here is looked at when the filter changes and not at each tap: a row must not slip away
/// from under the thumb.
fn found(shown: Shown, roster: Memo<Arc<Roster>>, filter: Filter) -> Found {
    let (show, org) = (filter.show.get(), filter.org.get());
    let rows = shown.get_untracked();
    let row = |line: &Line| rows.as_ref().and_then(|shown| shown.rows.attendance.get(&line.person.id));
    let here = |line: &Line| row(line).is_some_and(|row| row.present);
    let wanted = |line: &Line| {
        let fits = match show {
            Show::All => true,
            Show::NotHere => !here(line),
            Show::Here => here(line),
            Show::Marked(status) => row(line).is_some_and(|row| row.status == Some(status)),
        };
        fits && org.is_none_or(|org| org == line.person.org)
    };
    roster.with(|roster| {
        let (places, all) = roster.find(&filter.query.get(), wanted);
        let lines = places.into_iter().filter_map(|place| roster.lines.get(place).cloned()).collect();
        Found { lines, all }
    })
}

/// The tab.
#[component]
pub fn Attendance(
    /// Which session.
    id: SessionId,
    /// As it stands.
    shown: Shown,
    /// Who may be looked for.
    roster: Memo<Arc<Roster>>,
) -> impl IntoView {
    let app = app();
    let query = RwSignal::new(String::new());
    let filter = Filter { query, show: RwSignal::new(Show::All), org: RwSignal::new(None) };
    let finder = Finder { query, field: NodeRef::new(), emptied_ms: StoredValue::new(0) };
    let list = Memo::new(move |_| found(shown, roster, filter));
    let open = RwSignal::new(None::<PersonId>);
    // Another list begins at its top.
    Effect::new(move |before: Option<()>| {
        filter.query.track();
        filter.show.track();
        filter.org.track();
        if let (Some(()), Some(window)) = (before, web_sys::window()) {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
    // The keyboard stays for the next name.
    let keep_typing = move |event: web_sys::MouseEvent| {
        if !query.with_untracked(String::is_empty) {
            event.prevent_default();
        }
    };
    let closed = move || shown.with(|s| s.as_ref().is_some_and(|s| s.session.state == State::Closed));
    let gone = move || shown.with(|s| s.as_ref().is_some_and(|s| s.names_gone));
    view! {
        <main class="page attendance" class:typing=move || !query.with(String::is_empty)>
            <Figures shown />
            {move || gone().then(|| view! { <p class="remark">{app.say(all_words::NAMES_GONE)}</p> })}
            {move || closed().then(|| view! { <p class="remark">{app.say(all_words::SESSION_CLOSED)}</p> })}
            <ways::Ways id />
            <div class="finder">
                <Search finder />
                <Link to=Route::Way(id, Way::Scan) class="secondary">{app.say(words_of::SCAN)}</Link>
            </div>
            <Filters filter shown roster />
            <ul class="people" on:mousedown=keep_typing>
                <For each=move || list.get().lines key=|line| line.person.id let:line>
                    <PersonRow id line shown open finder />
                </For>
            </ul>
            <Rest list roster filter id />
        </main>
        <div class="float float-aside" role="region" aria-label=app.say(all_words::ADD_WALK_IN)>
            <Link to=Route::WalkIn(id) class="secondary">{Icon::Plus.draw()}<span>{app.say(all_words::ADD_WALK_IN)}</span></Link>
        </div>
    }
}

#[component]
fn Figures(shown: Shown) -> impl IntoView {
    let app = app();
    let attended = move || shown.with(|s| s.as_ref().map_or(0, |s| s.rows.totals.attended));
    let expected = move || shown.with(|s| s.as_ref().and_then(|s| s.expected));
    view! {
        <p class="figures" aria-live="polite">
            <span class="sr">{app.say(all_words::ATTENDED)}</span>
            <strong>{attended}</strong>
            {move || expected().map(|expected| view! {
                <span class="figures-of">" / "{expected}</span>
                <span class="figures-word">{app.say(all_words::OF_EXPECTED)}</span>
            })}
        </p>
    }
}

#[component]
fn Search(finder: Finder) -> impl IntoView {
    let app = app();
    let (query, field) = (finder.query, finder.field);
    let clear = move |_| finder.clear();
    view! {
        <div class="search">
            <input type="search" name="search" autocomplete="off" enterkeyhint="search" node_ref=field
                aria-label=app.say(all_words::SEARCH) placeholder=app.say(all_words::SEARCH) bind:value=query />
            <button type="button" class="plain" hidden=move || query.with(String::is_empty) on:click=clear>
                {app.say(all_words::CLEAR)}
            </button>
        </div>
    }
}

/// What stands beneath the list: that there are more, or that there is nobody and what to do.
#[component]
fn Rest(list: Memo<Found>, roster: Memo<Arc<Roster>>, filter: Filter, id: SessionId) -> impl IntoView {
    let app = app();
    let all = Memo::new(move |_| list.with(|found| found.all));
    let add = move |_| {
        super::walk_in::begin(app, id, &filter.query.get_untracked());
        app.nav.go(Route::WalkIn(id));
    };
    move || {
        let query = filter.query.with(|query| query.trim().to_owned());
        if all.get() > LISTED_MAX {
            let counts = [all.get().to_string(), LISTED_MAX.to_string()];
            let text = move || app.with(all_words::CUT, &[&counts[0], &counts[1]]);
            view! { <p class="empty">{text}</p> }.into_any()
        } else if all.get() > 0 {
            ().into_any()
        } else if roster.with(|roster| roster.lines.is_empty()) && query.is_empty() {
            view! { <p class="empty">{app.say(all_words::NO_ROSTER)}</p> }.into_any()
        } else if query.is_empty() {
            view! { <p class="empty">{app.say(all_words::NOBODY)}</p> }.into_any()
        } else {
            let named = query.clone();
            view! {
                <p class="empty">{move || app.with(all_words::NOBODY_FOUND, &[&query])}</p>
                <button type="button" class="secondary" on:click=add>
                    {move || app.with(all_words::ADD_NAMED, &[&named])}
                </button>
            }
            .into_any()
        }
    }
}
