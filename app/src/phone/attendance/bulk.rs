//! 全员到场，除了…: the exceptions are tapped, all others are checked in at once.

use super::deeds::{self, LastGroup};
use super::words;
use crate::phone::draft::Draft;
use crate::phone::frame::Head;
use crate::phone::route::{Route, Tab};
use crate::phone::search::{Line, Roster};
use crate::phone::session::{follow, roster};
use crate::phone::state::app;
use crate::phone::words as all;
use crate::view::prelude::*;
use shared::attendance::{Method, Status};
use shared::id::{OrgId, PersonId, SessionId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Who is not here yet, and which of them a mark has already taken out.
#[derive(Clone, Default, PartialEq)]
struct Missing {
    here: BTreeSet<PersonId>,
    marked: BTreeSet<PersonId>,
}

/// What is chosen.
#[derive(Clone, Copy)]
struct Picking {
    roster: Memo<Arc<Roster>>,
    missing: Memo<Missing>,
    /// Tapped: an exception, or no exception where a mark says one.
    taps: Draft<BTreeSet<PersonId>>,
    org: RwSignal<Option<OrgId>>,
}

impl Picking {
    fn wanted(self, line: &Line) -> bool {
        let missing = self.missing.with(|missing| !missing.here.contains(&line.person.id));
        missing && !line.walk_in && self.org.get().is_none_or(|org| org == line.person.org)
    }

    fn is_out(self, person: PersonId) -> bool {
        let marked = self.missing.with(|missing| missing.marked.contains(&person));
        self.taps.value.with(|taps| taps.contains(&person)) != marked
    }

    /// Those who are to be checked in, and how many are not.
    fn chosen(self) -> (Vec<PersonId>, usize) {
        self.roster.with(|roster| {
            let wanted = roster.on_sheet().filter(|line| self.wanted(line)).map(|line| line.person.id);
            let (out, chosen): (Vec<PersonId>, Vec<PersonId>) =
                wanted.partition(|person| self.is_out(*person));
            (chosen, out.len())
        })
    }
}

/// The page.
#[component]
pub fn Bulk(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let shown = follow(id);
    let missing = Memo::new(move |_| {
        let mut missing = Missing::default();
        let rows = shown.get().map(|shown| shown.rows.attendance.clone()).unwrap_or_default();
        for row in rows.values() {
            if row.present {
                missing.here.insert(row.person);
            } else if matches!(row.status, Some(Status::Excused | Status::Absent)) {
                missing.marked.insert(row.person);
            }
        }
        missing
    });
    let taps = Draft::open(app, format!("bulk:{id}"));
    let picking = Picking { roster: roster(shown), missing, taps, org: RwSignal::new(None) };
    let query = RwSignal::new(String::new());
    let lines = Memo::new(move |_| {
        picking.roster.with(|roster| {
            let (places, _) = roster.find(&query.get(), |line| picking.wanted(line));
            places.into_iter().filter_map(|place| roster.lines.get(place).cloned()).collect::<Vec<_>>()
        })
    });
    let title = Signal::derive(move || app.say(words::BULK)().to_owned());
    view! {
        <Head title parent=Route::Session(id, Tab::Attendance) />
        <main class="page attendance">
            <LastGroup id />
            <p class="soft">{app.say(words::BULK_LEAD)}</p>
            <div class="finder">
                <div class="search">
                    <input type="search" name="search" autocomplete="off" aria-label=app.say(all::SEARCH)
                        placeholder=app.say(all::SEARCH) bind:value=query />
                </div>
            </div>
            <super::filter::Workshop roster=picking.roster org=picking.org />
            <ul class="people">
                <For each=move || lines.get() key=|line| line.person.id let:line>
                    <Exception line picking query />
                </For>
            </ul>
            {move || lines.with(Vec::is_empty).then(|| view! { <p class="empty">{app.say(words::BULK_NONE)}</p> })}
        </main>
        <Foot id picking />
    }
}

#[component]
fn Exception(line: Line, picking: Picking, query: RwSignal<String>) -> impl IntoView {
    let app = app();
    let person = line.person.id;
    let out = move || picking.is_out(person);
    let tap = move |_| {
        picking.taps.value.update(|taps| {
            if !taps.remove(&person) {
                taps.insert(person);
            }
        });
        query.set(String::new());
    };
    view! {
        <li class="person" class:out=out>
            <button type="button" class="person-tap" aria-pressed=move || out().to_string() on:click=tap>
                <crate::phone::person::Who line />
                <span class="not-here">{move || app.say(if out() { words::BULK_OUT } else { words::BULK_IN })()}</span>
            </button>
        </li>
    }
}

/// What is about to happen, and asked once more.
#[component]
fn Foot(id: SessionId, picking: Picking) -> impl IntoView {
    let app = app();
    let sure = RwSignal::new(false);
    let chosen = Memo::new(move |_| picking.chosen());
    let count = move || chosen.with(|(chosen, _)| chosen.len().to_string());
    let text = move || app.with(words::BULK_DO, &[&count(), &chosen.with(|(_, out)| out.to_string())]);
    let go = move |_| {
        let (people, _) = picking.chosen();
        deeds::group(app, id, &people, Method::Bulk, picking.taps.finish(BTreeSet::new()));
        app.nav.back(Route::Session(id, Tab::Attendance));
    };
    view! {
        <div class="float float-foot">
            {move || if sure.get() {
                view! {
                    <p role="alert">{app.with(words::BULK_SURE, &[&count()])}</p>
                    <button type="button" class="primary" on:click=go>{move || app.with(words::BULK_YES, &[&count()])}</button>
                    <button type="button" class="secondary" on:click=move |_| sure.set(false)>{app.say(words::BULK_NO)}</button>
                }.into_any()
            } else {
                let none = move || chosen.with(|(chosen, _)| chosen.is_empty());
                view! {
                    <button type="button" class="primary" disabled=none on:click=move |_| sure.set(true)>{text}</button>
                }.into_any()
            }}
        </div>
    }
}
