//! 签到: the roster of one session, searched in memory, checked in by one tap.

use super::person::PersonRow;
use super::route::{Link, Route};
use super::search::{LISTED_MAX, Line, Roster};
use super::session::Shown;
use super::state::app;
use super::words;
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use shared::id::{PersonId, SessionId};
use shared::session::State;
use shared::text::Msg;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whom the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Everybody.
    All,
    /// Who is not here yet.
    NotHere,
    /// Who is here.
    Here,
}

/// What the list is narrowed to.
#[derive(Debug, Clone, Copy)]
struct Filter {
    query: RwSignal<String>,
    show: RwSignal<Show>,
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
    let show = filter.show.get();
    let here: BTreeSet<PersonId> = match (show, shown.get_untracked()) {
        (Show::All, _) | (_, None) => BTreeSet::new(),
        (_, Some(shown)) => {
            shown.rows.attendance.values().filter(|row| row.present).map(|row| row.person).collect()
        }
    };
    let wanted = |line: &Line| match show {
        Show::All => true,
        Show::NotHere => !here.contains(&line.person.id),
        Show::Here => here.contains(&line.person.id),
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
    let filter = Filter { query: RwSignal::new(String::new()), show: RwSignal::new(Show::All) };
    let list = Memo::new(move |_| found(shown, roster, filter));
    let open = RwSignal::new(None::<PersonId>);
    // Another list begins at its top.
    Effect::new(move |before: Option<()>| {
        filter.query.track();
        filter.show.track();
        if let (Some(()), Some(window)) = (before, web_sys::window()) {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    });
    let closed = move || shown.with(|s| s.as_ref().is_some_and(|s| s.session.state == State::Closed));
    let gone = move || shown.with(|s| s.as_ref().is_some_and(|s| s.names_gone));
    view! {
        <main class="page attendance">
            <Figures shown />
            {move || gone().then(|| view! { <p class="remark">{app.say(words::NAMES_GONE)}</p> })}
            {move || closed().then(|| view! { <p class="remark">{app.say(words::SESSION_CLOSED)}</p> })}
            <div class="finder">
                <Search query=filter.query />
                <ShowButtons show=filter.show shown />
            </div>
            <ul class="people">
                <For each=move || list.get().lines key=|line| line.person.id let:line>
                    <PersonRow id line shown open />
                </For>
            </ul>
            <Rest list roster filter id />
        </main>
        <div class="float float-aside">
            <Link to=Route::WalkIn(id) class="secondary">{Icon::Plus.draw()}<span>{app.say(words::ADD_WALK_IN)}</span></Link>
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
            <span class="sr">{app.say(words::ATTENDED)}</span>
            <strong>{attended}</strong>
            {move || expected().map(|expected| view! {
                <span class="figures-of">" / "{expected}</span>
                <span class="figures-word">{app.say(words::OF_EXPECTED)}</span>
            })}
        </p>
    }
}

#[component]
fn Search(query: RwSignal<String>) -> impl IntoView {
    let app = app();
    let field = NodeRef::<crate::view::html::Input>::new();
    let clear = move |_| {
        query.set(String::new());
        if let Some(field) = field.get_untracked() {
            // The next name is typed at once.
            let _ = field.focus();
        }
    };
    view! {
        <div class="search">
            <input type="search" name="search" autocomplete="off" enterkeyhint="search" node_ref=field
                aria-label=app.say(words::SEARCH) placeholder=app.say(words::SEARCH) bind:value=query />
            <button type="button" class="plain" hidden=move || query.with(String::is_empty) on:click=clear>
                {app.say(words::CLEAR)}
            </button>
        </div>
    }
}

#[component]
fn ShowButtons(show: RwSignal<Show>, shown: Shown) -> impl IntoView {
    let app = app();
    // Only people of the roster stand against those expected; walk-ins come on top.
    let here = move || {
        shown.with(|s| s.as_ref().map_or(0, |s| s.rows.attendance.values().filter(|row| row.present).count()))
    };
    let button = move |value: Show, word: Msg| {
        let pressed = move || if show.get() == value { "true" } else { "false" };
        let count = move || (value == Show::Here).then(|| format!(" {}", here()));
        view! {
            <button type="button" aria-pressed=pressed on:click=move |_| show.set(value)>
                {app.say(word)}{count}
            </button>
        }
    };
    view! {
        <div class="choice" role="group" aria-label=app.say(words::SHOW)>
            {button(Show::All, words::ALL)} {button(Show::NotHere, words::NOT_HERE)} {button(Show::Here, words::HERE)}
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
            let text = move || app.with(words::CUT, &[&counts[0], &counts[1]]);
            view! { <p class="empty">{text}</p> }.into_any()
        } else if all.get() > 0 {
            ().into_any()
        } else if roster.with(|roster| roster.lines.is_empty()) && query.is_empty() {
            view! { <p class="empty">{app.say(words::NO_ROSTER)}</p> }.into_any()
        } else if query.is_empty() {
            view! { <p class="empty">{app.say(words::NOBODY)}</p> }.into_any()
        } else {
            let named = query.clone();
            view! {
                <p class="empty">{move || app.with(words::NOBODY_FOUND, &[&query])}</p>
                <button type="button" class="secondary" on:click=add>
                    {move || app.with(words::ADD_NAMED, &[&named])}
                </button>
            }
            .into_any()
        }
    }
}
