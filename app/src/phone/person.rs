//! One person's row: a tap checks in; a row that is checked in opens to take it back.

use super::attendance::words as words_of;
use super::attendance::{Finder, deeds};
use super::draft::Draft;
use super::facts;
use super::search::Line;
use super::session::Shown;
use super::state::{App, app};
use super::{when, words};
use crate::parts::icon::Icon;
use crate::parts::mark::MarkChip;
use crate::view::prelude::*;
use shared::attendance::Status;
use shared::id::{PersonId, SessionId};
use shared::phone::Mark;

/// What a row shows beside the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Standing {
    present: bool,
    arrived_ms: Option<i64>,
    status: Option<Status>,
    note: Option<String>,
    walk_in: bool,
    mark: Option<Mark>,
}

fn standing(app: App, shown: Shown, person: PersonId) -> Standing {
    shown.with(|shown| {
        let Some(shown) = shown else { return Standing::default() };
        let walk_in = shown.walk_ins.contains_key(&person);
        let Some(row) = shown.rows.attendance.get(&person) else {
            return Standing { walk_in, ..Standing::default() };
        };
        // The least safe of what this phone recorded; what others recorded is at the server.
        let marks =
            |phone: &shared::phone::Phone| row.check_ins.iter().filter_map(|id| phone.mark(*id)).min();
        let mark = row.present.then(|| app.read(marks).flatten().unwrap_or(Mark::Sent));
        Standing {
            present: row.present,
            arrived_ms: row.arrived_ms,
            status: row.status,
            note: row.note.clone(),
            walk_in,
            mark,
        }
    })
}

/// Takes out every check-in that this phone sees standing for the person.
fn take_back(app: App, session: SessionId, person: PersonId, name: &str) {
    let row = app.peek(|phone| phone.session(session)?.rows.attendance.get(&person).cloned()).flatten();
    let Some(fact) = row.and_then(|row| facts::undo(facts::new_id(), session, &row)) else { return };
    app.record(vec![fact], vec![], || {});
    app.note(words::UNDONE.with(app.prefs.get_untracked().lang, &[name]));
}

/// The row.
#[component]
pub fn PersonRow(
    /// The session.
    id: SessionId,
    /// Who.
    line: Line,
    /// The session as it stands.
    shown: Shown,
    /// Whose row is open.
    open: RwSignal<Option<PersonId>>,
    /// How the row was found.
    finder: Finder,
) -> impl IntoView {
    let app = app();
    let person = line.person.id;
    let name = StoredValue::new(line.person.name.clone());
    let now = Memo::new(move |_| standing(app, shown, person));
    let opened = move || open.get() == Some(person);
    let toggle = move || open.set(if opened() { None } else { Some(person) });
    let tap = move |_| {
        if now.with_untracked(|now| now.present) {
            toggle();
        } else if finder.may_tap() {
            deeds::tapped(app, id, person, &name.get_value());
            finder.found();
        }
    };
    let more = move || app.with(words::MORE, &[&name.get_value()]);
    view! {
        <li class="person" class:here=move || now.with(|now| now.present)>
            <div class="person-line">
                <button type="button" class="person-tap" on:click=tap>
                    <Who line />
                    <Here now />
                </button>
                <button type="button" class="person-more" aria-expanded=move || opened().to_string()
                    aria-label=more on:click=move |_| toggle()>
                    {Icon::More.draw()}
                </button>
            </div>
            {move || opened().then(|| view! { <Panel id person name now /> })}
        </li>
    }
}

/// Name, workshop and number: what tells one from another.
#[component]
pub fn Who(
    /// Who.
    line: Line,
) -> impl IntoView {
    let app = app();
    let number = line.person.staff_no.clone().unwrap_or_default();
    let under = format!("{} {number}", line.org_name);
    let namesake = line.namesake.then(|| view! { <span class="tag">{app.say(words::NAMESAKE)}</span> });
    view! {
        <span class="who">
            <span class="who-name">{line.person.name}{namesake}</span>
            <span class="who-under">{under}</span>
        </span>
    }
}

/// The right end of the row: where the person stands, and how safe that is.
#[component]
fn Here(now: Memo<Standing>) -> impl IntoView {
    let app = app();
    move || {
        let now = now.get();
        let walk_in = now.walk_in.then(|| view! { <span class="tag">{app.say(words::WALK_IN)}</span> });
        let state = if now.present {
            let time = now.arrived_ms.map(when::time);
            view! {
                <span class="here-word" class:here-timed=now.arrived_ms.is_some()>
                    {Icon::Tick.draw()}<span class="here-name">{app.say(words::HERE)}</span><span>{time}</span>
                </span>
                {now.mark.map(|mark| view! { <MarkChip mark /> })}
            }
            .into_any()
        } else {
            let word =
                move || now.status.map_or(app.say(words::NOT_HERE)(), |status| status.label(app.lang()));
            view! { <span class="not-here">{word}</span> }.into_any()
        };
        view! { <span class="here-end">{walk_in}{state}</span> }
    }
}

/// What can be done about one person.
#[component]
fn Panel(id: SessionId, person: PersonId, name: StoredValue<String>, now: Memo<Standing>) -> impl IntoView {
    let app = app();
    let present = move || now.with(|now| now.present);
    let undo = move |_| take_back(app, id, person, &name.get_value());
    let facts_line = move || {
        let (arrived, note) = now.with(|now| (now.arrived_ms, now.note.clone()));
        let arrived = arrived.map(|ms| app.with(words::ARRIVED, &[&when::time(ms)]));
        [arrived, note].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    let status = move |status: Status| {
        let pressed = move || now.with(|now| now.status == Some(status));
        let press = move |_| {
            let set = (!pressed()).then_some(status);
            app.record(vec![facts::status(facts::new_id(), id, person, set)], vec![], || {});
        };
        view! {
            <button type="button" class="secondary" aria-pressed=move || pressed().to_string() on:click=press>
                {move || status.label(app.lang())}
            </button>
        }
    };
    view! {
        <div class="panel">
            <p class="soft">{facts_line}</p>
            <div class="panel-buttons">
                {move || present().then(|| view! {
                    <button type="button" class="secondary danger" on:click=undo>{app.say(words::UNDO_CHECK_IN)}</button>
                })}
                {[Status::Late, Status::Excused, Status::Absent].map(status).collect_view()}
            </div>
            <Note id person now />
        </div>
    }
}

/// What is to be said of the person here.
#[component]
fn Note(id: SessionId, person: PersonId, now: Memo<Standing>) -> impl IntoView {
    let app = app();
    let kept = move || now.with(|now| now.note.clone()).unwrap_or_default();
    let draft: Draft<String> = Draft::open_or(app, format!("note:{id}:{person}"), untrack(kept));
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let text = draft.value.get_untracked();
        deeds::note(app, id, person, &text, draft.finish(text.clone()));
    };
    view! {
        <form class="panel-note" on:submit=submit>
            <input type="text" name="note" autocomplete="off" maxlength="200" aria-label=app.say(words_of::NOTE_OF)
                placeholder=app.say(words_of::NOTE_OF) bind:value=draft.value />
            <button type="submit" class="secondary" disabled=move || draft.value.get() == kept()>
                {app.say(words_of::NOTE_SAVE)}
            </button>
        </form>
    }
}
