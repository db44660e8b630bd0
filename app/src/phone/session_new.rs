//! A new session in three fields.

use super::draft::Draft;
use super::facts;
use super::frame::Head;
use super::route::{Route, Tab};
use super::state::{App, app};
use super::{when, words};
use crate::parts::mark::DraftChip;
use crate::view::prelude::*;
use serde::{Deserialize, Serialize};
use shared::id::{CampaignId, OrgId, SessionId};
use shared::org::Level;
use shared::phone::{Book, Phone};
use shared::session::{SessionRow, TITLE_MAX_CHARS};
use shared::stamp::DAY_MS;
use shared::text::Msg;

/// Key of the half-filled form.
const DRAFT: &str = "session-new";

/// What was typed so far. Empty texts stand for what is preselected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Typed {
    title: String,
    org: String,
    starts: String,
    campaign: String,
}

/// Orgs to choose from: those of the grants and below, as a tree.
fn orgs(phone: &Phone) -> Vec<(OrgId, String)> {
    let book = phone.book();
    let roots =
        book.orgs.values().filter(|org| org.parent.is_none_or(|parent| !book.orgs.contains_key(&parent)));
    let mut roots: Vec<OrgId> = roots.map(|org| org.id).collect();
    roots.sort_by_key(|id| book.orgs.get(id).map(|org| org.code.clone()));
    let mut lines = Vec::new();
    for root in roots {
        walk(book, root, 0, &mut lines);
    }
    lines
}

fn walk(book: &Book, id: OrgId, depth: usize, lines: &mut Vec<(OrgId, String)>) {
    // A tree that the server sent; a circle in it must not hang a phone.
    if depth > 10 {
        return;
    }
    let Some(org) = book.orgs.get(&id) else { return };
    lines.push((id, format!("{}{}", "\u{3000}".repeat(depth), org.name)));
    let mut below: Vec<_> = book.orgs.values().filter(|org| org.parent == Some(id)).collect();
    below.sort_by(|a, b| a.code.cmp(&b.code));
    for org in below {
        walk(book, org.id, depth + 1, lines);
    }
}

/// Where the last session took place, else the first union that can hold one.
fn usual_org(phone: &Phone) -> Option<OrgId> {
    let book = phone.book();
    let last = phone.sessions().into_iter().rev().find(|session| book.orgs.contains_key(&session.org));
    let first =
        |level: Level| book.orgs.values().filter(move |org| org.level == level).min_by_key(|org| &org.code);
    last.map(|session| session.org)
        .or_else(|| first(Level::Grassroots).map(|org| org.id))
        .or_else(|| orgs(phone).first().map(|(id, _)| *id))
}

/// Fills the form in with what another session says, on the day after it; what was half filled in gives way.
pub fn fill_in(app: App, session: &SessionRow) {
    let typed = Typed {
        title: session.title.clone(),
        org: session.org.to_string(),
        starts: when::to_field(session.starts_ms.saturating_add(DAY_MS)),
        campaign: session.campaign.to_string(),
    };
    if let Ok(text) = serde_json::to_string(&typed) {
        app.drafts.update_value(|drafts| drop(drafts.insert(DRAFT.to_owned(), text)));
    }
}

/// What the fields amount to, or what is missing.
fn complete(typed: &Typed, app: App, now: i64) -> Result<(String, OrgId, CampaignId, i64), Msg> {
    let title: String = typed.title.trim().chars().take(TITLE_MAX_CHARS).collect();
    if title.is_empty() {
        return Err(words::NEW_NEEDS_TITLE);
    }
    let org = typed.org.parse().ok().or_else(|| app.peek(usual_org).flatten());
    let only = || app.peek(|phone| phone.book().open_campaigns().next().map(|c| c.id)).flatten();
    let campaign = typed.campaign.parse().ok().or_else(only);
    let (Some(org), Some(campaign)) = (org, campaign) else { return Err(words::NEW_NEEDS_ORG) };
    let starts_ms = if typed.starts.is_empty() { Some(now) } else { when::from_field(&typed.starts) };
    starts_ms.map(|starts_ms| (title, org, campaign, starts_ms)).ok_or(words::NEW_NEEDS_TIME)
}

/// The page.
#[component]
pub fn SessionNew() -> impl IntoView {
    let app = app();
    let draft: Draft<Typed> = Draft::open(app, DRAFT.to_owned());
    let fault = RwSignal::new(None::<Msg>);
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let now = app.server_now_ms();
        match complete(&draft.value.get_untracked(), app, now) {
            Ok((title, org, campaign, starts_ms)) => {
                let id = SessionId::from(uuid::Uuid::now_v7());
                let fact = facts::new_session(facts::new_id(), id, &title, (org, campaign), starts_ms, now);
                app.record(vec![fact], draft.finish(Typed::default()), || {});
                app.nav.replace(Route::Session(id, Tab::Attendance));
            }
            Err(why) => fault.set(Some(why)),
        }
    };
    let title = Signal::derive(move || app.say(words::NEW_SESSION)().to_owned());
    let touched = move || draft.value.with(|typed| *typed != Typed::default());
    view! {
        <Head title parent=Route::Sessions />
        <main class="page">
            <form class="form" on:submit=submit>
                <Fields draft />
                <p class="fault" role="alert">{move || fault.get().map(|why| app.say(why)())}</p>
                <p class="form-state">{move || touched().then(|| view! { <DraftChip /> })}</p>
                <div class="foot"><button type="submit" class="primary">{app.say(words::NEW_DO)}</button></div>
            </form>
        </main>
    }
}

#[component]
fn Fields(draft: Draft<Typed>) -> impl IntoView {
    let app = app();
    let value = draft.value;
    let now = when::to_field(app.server_now_ms());
    let starts =
        move || value.with(|typed| if typed.starts.is_empty() { now.clone() } else { typed.starts.clone() });
    view! {
        <label class="field">
            <span>{app.say(words::NEW_TITLE)}</span>
            <input type="text" name="title" autocomplete="off" maxlength=TITLE_MAX_CHARS placeholder=app.say(words::NEW_TITLE_HINT)
                prop:value=move || value.with(|typed| typed.title.clone())
                on:input:target=move |event| value.update(|typed| typed.title = event.target().value()) />
        </label>
        <label class="field">
            <span>{app.say(words::NEW_ORG)}</span>
            <OrgSelect draft />
        </label>
        <label class="field">
            <span>{app.say(words::NEW_STARTS)}</span>
            <input type="datetime-local" name="starts" autocomplete="off" prop:value=starts
                on:input:target=move |event| value.update(|typed| typed.starts = event.target().value()) />
        </label>
        <CampaignSelect draft />
    }
}

#[component]
fn OrgSelect(draft: Draft<Typed>) -> impl IntoView {
    let app = app();
    let value = draft.value;
    let lines = Memo::new(move |_| {
        app.fresh.track();
        app.peek(orgs).unwrap_or_default()
    });
    let chosen = Memo::new(move |_| {
        app.fresh.track();
        let typed = value.with(|typed| typed.org.parse().ok());
        typed.or_else(|| app.peek(usual_org).flatten())
    });
    let option = move |(id, name): (OrgId, String)| {
        view! { <option value=id.to_string() selected=move || chosen.get() == Some(id)>{name}</option> }
    };
    view! {
        <select name="org" on:change:target=move |event| value.update(|typed| typed.org = event.target().value())>
            {move || lines.get().into_iter().map(option).collect_view()}
        </select>
    }
}

/// Asked only where there is more than one.
#[component]
fn CampaignSelect(draft: Draft<Typed>) -> impl IntoView {
    let app = app();
    let value = draft.value;
    let campaigns = Memo::new(move |_| {
        app.fresh.track();
        let all = app
            .peek(|phone| phone.book().open_campaigns().map(|c| (c.id, c.title.clone())).collect::<Vec<_>>());
        all.unwrap_or_default()
    });
    let option = move |(id, title): (CampaignId, String)| {
        let chosen = move || value.with(|typed| typed.campaign.parse() == Ok(id));
        view! { <option value=id.to_string() selected=chosen>{title}</option> }
    };
    move || {
        (campaigns.with(Vec::len) > 1).then(|| view! {
            <label class="field">
                <span>{app.say(words::NEW_CAMPAIGN)}</span>
                <select name="campaign"
                    on:change:target=move |event| value.update(|typed| typed.campaign = event.target().value())>
                    {campaigns.get().into_iter().map(option).collect_view()}
                </select>
            </label>
        })
    }
}
