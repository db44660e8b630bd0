//! One session: its head, its four tabs, and what they share.

use super::frame::Head;
use super::route::{Link, Route, Tab};
use super::search::{Roster, org_name};
use super::state::app;
use super::{attendance, feedback, scene, summary, when, words};
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::phone::{Event, SessionView};
use shared::text::Msg;
use std::sync::Arc;

/// A session as it stands, own changes included; none where this phone does not know it.
pub type Shown = Memo<Option<Arc<SessionView>>>;

/// Follows a session.
#[must_use]
pub fn follow(id: SessionId) -> Shown {
    let app = app();
    Memo::new(move |_| app.read(|phone| phone.session(id)).flatten().map(Arc::new))
}

/// Who may be looked for at a session: made anew when rosters came in or somebody was added, not at
/// each tap, nor with each check-in of others.
#[must_use]
pub fn roster(shown: Shown) -> Memo<Arc<Roster>> {
    let app = app();
    let basis = Memo::new(move |_| {
        let shown = shown.get()?;
        let book = app.peek(shared::phone::Phone::book_rev);
        Some((book, shown.session.org, shown.session.audience.clone(), shown.walk_ins.clone()))
    });
    Memo::new(move |_| {
        basis.track();
        let Some(shown) = shown.get_untracked() else { return Arc::default() };
        let made = app.peek(|phone| Roster::new(phone.book(), &shown.session, shown.walk_ins.values()));
        made.map(Arc::new).unwrap_or_default()
    })
}

/// The page.
#[component]
pub fn SessionPage(
    /// Which session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let shown = follow(id);
    let known = Memo::new(move |_| shown.with(Option::is_some));
    move || {
        if known.get() {
            view! { <Known id shown /> }.into_any()
        } else {
            let title = Signal::derive(move || app.say(words::NOT_FOUND)().to_owned());
            view! {
                <Head title parent=Route::Sessions />
                <main class="page">
                    <p class="empty">{app.say(words::NOT_FOUND_WHY)}</p>
                    <Link to=Route::Sessions replace=true class="secondary">{app.say(words::TO_LIST)}</Link>
                </main>
            }
            .into_any()
        }
    }
}

#[component]
fn Known(id: SessionId, shown: Shown) -> impl IntoView {
    let app = app();
    let title = Signal::derive(move || {
        shown.with(|s| s.as_ref().map(|s| s.session.title.clone())).unwrap_or_default()
    });
    let under = Signal::derive(move || {
        let Some(shown) = shown.get() else { return String::new() };
        let org = app.read(|phone| org_name(phone.book(), shown.session.org)).unwrap_or_default();
        let moment = when::moment(shown.session.starts_ms, app.server_now_ms(), app.lang());
        format!("{org} · {moment} · {}", shown.session.state.label(app.lang()))
    });
    let roster = roster(shown);
    app.send(Event::Watch(Some(id)));
    on_cleanup(move || app.send(Event::Watch(None)));
    let tab = Memo::new(move |_| match app.nav.get() {
        Route::Session(_, tab) => tab,
        _ => Tab::Attendance,
    });
    let content = move || match tab.get() {
        Tab::Attendance => view! { <attendance::Attendance id shown roster /> }.into_any(),
        Tab::Feedback => view! { <feedback::Feedback id /> }.into_any(),
        Tab::Scene => view! { <scene::Scene id shown /> }.into_any(),
        Tab::Summary => view! { <summary::Summary id shown /> }.into_any(),
    };
    view! {
        <Head title under parent=Route::Sessions />
        {content}
        <nav class="bar">{Tab::ALL.map(|tab| view! { <TabLink id tab /> }).collect_view()}</nav>
    }
}

#[component]
fn TabLink(id: SessionId, tab: Tab) -> impl IntoView {
    let (icon, word): (Icon, Msg) = match tab {
        Tab::Attendance => (Icon::Tick, words::ATTENDANCE),
        Tab::Feedback => (Icon::Speech, words::FEEDBACK),
        Tab::Scene => (Icon::Place, words::SCENE),
        Tab::Summary => (Icon::Chart, words::SUMMARY),
    };
    view! {
        <Link to=Route::Session(id, tab) replace=true class="bar-item">
            {icon.draw()}<span>{app().say(word)}</span>
        </Link>
    }
}
