//! What a tap on a person, or on many, does.

use super::words;
use crate::phone::facts;
use crate::phone::state::{App, Snack};
use crate::phone::words as all;
use crate::view::prelude::*;
use serde::{Deserialize, Serialize};
use shared::attendance::Method;
use shared::change::{Body, CheckInBody, Mark, MarkValue};
use shared::id::{ChangeId, PersonId, SessionId};
use shared::phone::{Fact, Table, Write};

/// Most check-ins that one void names: a change may not become too long to be pushed.
const TARGETS_MAX: usize = 300;

fn fact(session: SessionId, body: Body) -> Fact {
    Fact { id: facts::new_id(), session: Some(session), after: None, body }
}

fn here(session: SessionId, person: PersonId, method: Method) -> Fact {
    fact(session, Body::CheckIn(CheckInBody { person, method, at_ms: None }))
}

/// Voids of exactly these changes, each of a length that can be pushed.
fn voids(session: SessionId, targets: &[ChangeId]) -> Vec<Fact> {
    targets.chunks(TARGETS_MAX).map(|some| facts::void(facts::new_id(), session, some.to_vec())).collect()
}

/// Checks a person in; the change that says so.
pub fn check_in(app: App, session: SessionId, person: PersonId, method: Method) -> ChangeId {
    let fact = here(session, person, method);
    let id = fact.id;
    app.record(vec![fact], vec![], || {});
    id
}

/// Takes one change out.
pub fn take_out(app: App, session: SessionId, change: ChangeId) {
    app.record(voids(session, &[change]), vec![], || {});
}

/// Checks a person in by a tap, and offers to take that back.
pub fn tapped(app: App, session: SessionId, person: PersonId, name: &str) {
    let change = check_in(app, session, person, Method::Tap);
    let taken = name.to_owned();
    let undo = Callback::new(move |()| {
        take_out(app, session, change);
        app.note(app.with(all::UNDONE, &[&taken]));
    });
    app.snack.set(Some(Snack { text: app.with(all::CHECKED_IN, &[name]), undo: Some(undo) }));
}

/// Notes something about a person; empty takes the note away.
pub fn note(app: App, session: SessionId, person: PersonId, text: &str, also: Vec<Write>) {
    let text = text.trim();
    let what = MarkValue::Note((!text.is_empty()).then(|| text.to_owned()));
    app.record(vec![fact(session, Body::Mark(Mark { person, what }))], also, || {});
}

/// Many check-ins that were recorded as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// When, by this phone, ms.
    pub at_ms: i64,
    /// The check-ins.
    pub ids: Vec<ChangeId>,
}

fn key(session: SessionId) -> String {
    format!("group:{session}")
}

/// Checks many in as one recording, remembers that with it, and offers to take it all back.
pub fn group(app: App, session: SessionId, people: &[PersonId], method: Method, mut also: Vec<Write>) {
    let facts: Vec<Fact> = people.iter().map(|person| here(session, *person, method)).collect();
    let group = Group { at_ms: app.server_now_ms(), ids: facts.iter().map(|fact| fact.id).collect() };
    let Ok(text) = serde_json::to_string(&group) else { return };
    also.push(Write::Put { table: Table::Drafts, key: key(session), value: text.clone().into_bytes() });
    app.drafts.update_value(|drafts| drop(drafts.insert(key(session), text)));
    let undo = Callback::new(move |()| take_back_group(app, session));
    let text = app.with(words::GROUP_DONE, &[&people.len().to_string()]);
    let saved = move || app.snack.set(Some(Snack { text, undo: Some(undo) }));
    app.record(facts, also, saved);
}

/// The last group of a session that was not taken back.
pub fn last_group(app: App, session: SessionId) -> Option<Group> {
    let kept = app.drafts.with_value(|drafts| drafts.get(&key(session)).cloned())?;
    serde_json::from_str(&kept).ok()
}

/// Takes the last group out, all of it.
pub fn take_back_group(app: App, session: SessionId) {
    let Some(group) = last_group(app, session) else { return };
    app.drafts.update_value(|drafts| drop(drafts.remove(&key(session))));
    let forget = Write::delete(Table::Drafts, key(session));
    let text = app.with(words::UNDONE_ALL, &[&group.ids.len().to_string()]);
    app.record(voids(session, &group.ids), vec![forget], move || app.note(text));
}

/// The last group, with the way to take it back.
#[component]
pub fn LastGroup(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = crate::phone::state::app();
    move || {
        app.rev.track();
        last_group(app, id).map(|group| {
            let time = crate::phone::when::time(group.at_ms);
            let text = app.with(words::GROUP_LAST, &[&group.ids.len().to_string(), &time]);
            view! {
                <p class="last-group">
                    <span>{text}</span>
                    <button type="button" class="plain" on:click=move |_| take_back_group(app, id)>
                        {app.say(words::GROUP_UNDO)}
                    </button>
                </p>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_many_back_stays_within_what_can_be_pushed() {
        let session = SessionId::from_u128(9);
        let ids: Vec<ChangeId> = (0..5_000).map(ChangeId::from_u128).collect();
        let facts = voids(session, &ids);
        let mut named = 0;
        for fact in facts {
            let length = serde_json::to_vec(&fact.body).unwrap().len();
            assert!(length < 15 * 1024, "a phone refuses 16 KiB: {length}");
            let Body::Void(void) = fact.body else { panic!("a void") };
            named += void.targets.len();
        }
        assert_eq!(named, 5_000);
    }

    #[test]
    fn what_comes_from_paper_tells_no_time() {
        let fact = here(SessionId::from_u128(9), PersonId::from_u128(1), Method::Paper);
        let Body::CheckIn(body) = fact.body else { panic!("a check-in") };
        assert_eq!((body.method, body.at_ms), (Method::Paper, None));
    }
}
