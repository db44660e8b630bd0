//! Somebody who is on no roster: at most three fields, and checked in with it.

use super::draft::Draft;
use super::frame::Head;
use super::route::{Route, Tab};
use super::state::{App, Snack, app};
use super::{facts, words};
use crate::parts::mark::DraftChip;
use crate::view::prelude::*;
use serde::{Deserialize, Serialize};
use shared::id::{ChangeId, OrgId, PersonId, SessionId};
use shared::person::{Person, PersonFault};
use shared::phone::Phone;
use shared::text::{Lang, Msg};

/// What was typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    org: String,
    kind: String,
}

fn key(session: SessionId) -> String {
    format!("walk-in:{session}")
}

/// Begins with a name that was searched for and not found.
pub fn begin(app: App, session: SessionId, name: &str) {
    let typed = Typed { name: name.trim().to_owned(), ..Typed::default() };
    if let Ok(text) = serde_json::to_string(&typed) {
        app.drafts.update_value(|drafts| drop(drafts.insert(key(session), text)));
    }
}

/// The orgs that the person may say to belong to: the session's own first, then its audience's.
fn orgs(phone: &Phone, session: SessionId) -> Vec<(OrgId, String)> {
    let Some(shown) = phone.session(session) else { return Vec::new() };
    let book = phone.book();
    let own = shown.session.org;
    let mut ids = vec![own];
    ids.extend(book.audience(&shown.session).into_iter().filter(|id| *id != own));
    ids.into_iter().filter_map(|id| book.orgs.get(&id).map(|org| (id, org.name.clone()))).collect()
}

/// The page.
#[component]
pub fn WalkIn(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let draft: Draft<Typed> = Draft::open(app, key(id));
    let fault = RwSignal::new(None::<PersonFault>);
    let back = Route::Session(id, Tab::Attendance);
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let typed = draft.value.get_untracked();
        let chosen = typed.org.parse().ok();
        let own = || app.peek(|phone| phone.session(id).map(|shown| shown.session.org)).flatten();
        let Some(org) = chosen.or_else(own) else { return };
        let name = typed.name.trim().to_owned();
        let person =
            Person { id: PersonId::from(uuid::Uuid::now_v7()), name, org, staff_no: None, phone_tail: None };
        if let Some(why) = person.faults().first() {
            fault.set(Some(*why));
            return;
        }
        add(app, id, person, &typed.kind, draft);
        app.nav.back(back);
    };
    let title = Signal::derive(move || app.say(words::WALK_IN_TITLE)().to_owned());
    let touched = move || draft.value.with(|typed| *typed != Typed::default());
    view! {
        <Head title parent=back />
        <main class="page">
            <form class="form" on:submit=submit>
                <Fields id draft />
                <p class="fault" role="alert">{move || fault.get().map(|why| why.says(app.lang()))}</p>
                <p class="form-state">{move || touched().then(|| view! { <DraftChip /> })}</p>
                <div class="foot"><button type="submit" class="primary">{app.say(words::WALK_IN_DO)}</button></div>
            </form>
        </main>
    }
}

fn add(app: App, session: SessionId, person: Person, kind: &str, draft: Draft<Typed>) {
    let ids: [ChangeId; 3] = std::array::from_fn(|_| facts::new_id());
    let name = person.name.clone();
    app.record(facts::walk_in(ids, session, person, kind), draft.finish(Typed::default()), || {});
    let undo = Callback::new(move |()| {
        let [add, here, note] = ids;
        app.record(vec![facts::void(facts::new_id(), session, vec![note, here, add])], vec![], || {});
    });
    let text = words::CHECKED_IN.with(app.prefs.get_untracked().lang, &[&name]);
    app.snack.set(Some(Snack { text, undo: Some(undo) }));
}

#[component]
fn Fields(id: SessionId, draft: Draft<Typed>) -> impl IntoView {
    let app = app();
    let value = draft.value;
    let optional = move |word: Msg| move || format!("{}（{}）", app.say(word)(), app.say(words::OPTIONAL)());
    let lines = Memo::new(move |_| {
        app.fresh.track();
        app.peek(|phone| orgs(phone, id)).unwrap_or_default()
    });
    let org = move |(id, name): (OrgId, String)| {
        let chosen = move || value.with(|typed| typed.org.parse() == Ok(id));
        view! { <option value=id.to_string() selected=chosen>{name}</option> }
    };
    // Kept in Chinese, as the other words that people type about a person.
    let kind = move |word: Msg| {
        let chosen = move || value.with(|typed| typed.kind == word.zh);
        view! { <option value=word.get(Lang::Zh) selected=chosen>{app.say(word)}</option> }
    };
    view! {
        <label class="field">
            <span>{app.say(words::WALK_IN_NAME)}</span>
            <input type="text" name="name" autocomplete="off" maxlength="60"
                prop:value=move || value.with(|typed| typed.name.clone())
                on:input:target=move |event| value.update(|typed| typed.name = event.target().value()) />
        </label>
        <label class="field">
            <span>{app.say(words::WALK_IN_ORG)}</span>
            <select name="org" on:change:target=move |event| value.update(|typed| typed.org = event.target().value())>
                {move || lines.get().into_iter().map(org).collect_view()}
            </select>
        </label>
        <label class="field">
            <span>{optional(words::WALK_IN_KIND)}</span>
            <select name="kind" on:change:target=move |event| value.update(|typed| typed.kind = event.target().value())>
                <option value="">{app.say(words::NONE)}</option>
                {[words::KIND_NON_MEMBER, words::KIND_AGENCY, words::KIND_GUEST].map(kind).collect_view()}
            </select>
        </label>
    }
}
