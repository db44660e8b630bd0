//! 自助签到: a phone on a table, on which people find their own names. Nothing else of it is shown, also after a
//! reload, until whoever looks after it leaves.

pub mod leave;

use super::{deeds, words};
use crate::browser::Slot;
use crate::phone::frame::Head;
use crate::phone::route::{Route, Tab};
use crate::phone::search::Line;
use crate::phone::session::{Shown, follow, roster};
use crate::phone::state::{App, app};
use crate::store::Store;
use crate::view::prelude::*;
use shared::attendance::Method;
use shared::id::{ChangeId, PersonId, SessionId};
use shared::phone::{Table, Write};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;

/// Where the store has the session of a kiosk.
const KEY: &str = "kiosk";
/// So long the confirmation stays, ms.
const DONE_MS: i64 = 4_000;
/// What somebody typed and left is gone after so long, ms.
const IDLE_MS: i64 = 20_000;

/// Goes on with a kiosk that was on when the page was closed.
pub fn resume(app: App) {
    let kept = app.drafts.with_value(|drafts| drafts.get(KEY).cloned());
    app.kiosk.set(kept.and_then(|id| id.parse().ok()));
}

/// Turns it on or off, for this page and for the next start.
fn turn(app: App, session: Option<SessionId>) {
    let Some(driver) = app.driver() else { return };
    let write = match session {
        Some(id) => {
            Write::Put { table: Table::Drafts, key: KEY.to_owned(), value: id.to_string().into_bytes() }
        }
        None => Write::delete(Table::Drafts, KEY),
    };
    app.drafts.update_value(|drafts| match session {
        Some(id) => drop(drafts.insert(KEY.to_owned(), id.to_string())),
        None => drop(drafts.remove(KEY)),
    });
    app.snack.set(None);
    spawn_local(async move {
        // Only shown once it is kept: a reload must not open the rest.
        match driver.store().commit(vec![write]).await {
            Ok(_) => app.kiosk.set(session),
            Err(why) => app.told(crate::sync::Told::Broken(why)),
        }
    });
}

fn has_pin(app: App) -> bool {
    app.driver().is_some_and(|driver| driver.store().key().is_some())
}

/// The page on which it is started.
#[component]
pub fn KioskStart(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let leaving = if has_pin(app) { words::KIOSK_PIN } else { words::KIOSK_NO_PIN };
    let title = Signal::derive(move || app.say(words::KIOSK)().to_owned());
    view! {
        <Head title parent=Route::Session(id, Tab::Attendance) />
        <main class="page">
            <p class="lead">{app.say(words::KIOSK_LEAD)}</p>
            <p class="lead">{app.say(leaving)}</p>
            <button type="button" class="primary" on:click=move |_| turn(app, Some(id))>{app.say(words::KIOSK_START)}</button>
        </main>
    }
}

/// Who has just tapped, and what came of it.
#[derive(Debug, Clone, PartialEq)]
struct Done {
    name: String,
    /// None where the person was here already.
    change: Option<ChangeId>,
}

/// The whole screen while it is on.
#[component]
pub fn Kiosk(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let shown = follow(id);
    app.send(shared::phone::Event::Watch(Some(id)));
    let query = RwSignal::new(String::new());
    let done = RwSignal::new(None::<Done>);
    let slot = StoredValue::new_local(Rc::new(Slot::default()));
    let next = move || {
        query.set(String::new());
        done.set(None);
    };
    // What one person typed is not for the next one to see.
    Effect::new(move |_| {
        query.track();
        let wait_ms = if done.with(Option::is_some) { DONE_MS } else { IDLE_MS };
        slot.get_value().plan(wait_ms, next);
    });
    let title = move || shown.with(|s| s.as_ref().map(|s| s.session.title.clone()));
    view! {
        <main class="kiosk">
            <h1>{title}</h1>
            {move || match done.get() {
                Some(done) => view! { <Confirmed id done next /> }.into_any(),
                None => view! { <Finding id shown query done /> }.into_any(),
            }}
            <leave::Leave leave=move || {
                app.nav.replace(Route::Session(id, Tab::Attendance));
                turn(app, None);
            } />
        </main>
    }
}

#[component]
fn Confirmed(id: SessionId, done: Done, next: impl Fn() + Copy + Send + 'static) -> impl IntoView {
    let app = app();
    let word = if done.change.is_some() { words::KIOSK_DONE } else { words::KIOSK_ALREADY };
    let undo = done.change.map(|change| {
        let press = move |_| {
            deeds::take_out(app, id, change);
            next();
        };
        view! { <button type="button" class="secondary" on:click=press>{app.say(words::KIOSK_NOT_ME)}</button> }
    });
    view! {
        <div class="kiosk-done" role="status">
            {crate::parts::icon::Icon::Tick.draw()}
            <p class="kiosk-name">{done.name}</p>
            <p>{app.say(word)}</p>
        </div>
        <button type="button" class="primary" on:click=move |_| next()>{app.say(words::KIOSK_NEXT)}</button>
        {undo}
    }
}

#[component]
fn Finding(
    id: SessionId,
    shown: Shown,
    query: RwSignal<String>,
    done: RwSignal<Option<Done>>,
) -> impl IntoView {
    let app = app();
    let roster = roster(shown);
    let found = Memo::new(move |_| {
        roster.with(|roster| {
            let (places, more) = roster.find_self(&query.get());
            let lines = places.into_iter().filter_map(|place| roster.lines.get(place).cloned());
            (lines.collect::<Vec<Line>>(), more)
        })
    });
    let tap = move |person: PersonId, name: String| {
        let here = shown.with_untracked(|s| {
            s.as_ref().is_some_and(|s| s.rows.attendance.get(&person).is_some_and(|row| row.present))
        });
        let change = (!here).then(|| deeds::check_in(app, id, person, Method::Kiosk));
        done.set(Some(Done { name, change }));
    };
    let hint = move || {
        let typed = query.with(|query| query.trim().chars().count());
        found.with(|(lines, more)| match (typed, lines.is_empty(), more) {
            (0..2, ..) => words::KIOSK_ASK,
            (_, true, _) => words::KIOSK_NOBODY,
            (_, _, true) => words::KIOSK_MORE,
            _ => words::KIOSK_FIND,
        })
    };
    view! {
        <div class="search">
            <input type="search" name="self" autocomplete="off" aria-label=app.say(words::KIOSK_ASK) bind:value=query />
        </div>
        <p class="lead" role="status">{move || app.say(hint())()}</p>
        <ul class="people">
            <For each=move || found.get().0 key=|line| line.person.id let:line><Own line tap /></For>
        </ul>
    }
}

/// One who may be it: enough to tell namesakes apart, and no more.
#[component]
fn Own(line: Line, tap: impl Fn(PersonId, String) + Copy + Send + 'static) -> impl IntoView {
    let (person, name) = (line.person.id, line.person.name.clone());
    let under =
        format!("{} {}", line.org_name, masked_number(line.person.staff_no.as_deref().unwrap_or_default()));
    view! {
        <li class="person">
            <button type="button" class="person-tap" on:click=move |_| tap(person, name.clone())>
                <span class="who"><span class="who-name">{line.person.name}</span><span class="who-under">{under}</span></span>
            </button>
        </li>
    }
}

/// All but the last two characters hidden: whoever has the number knows it.
fn masked_number(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(2);
    number.chars().enumerate().map(|(at, c)| if at < hidden { '•' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::masked_number;

    #[test]
    fn of_a_number_the_end_is_shown() {
        assert_eq!(masked_number("100002"), "••••02");
        assert_eq!(masked_number("7"), "7");
        assert_eq!(masked_number(""), "");
    }
}
