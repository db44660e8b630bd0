//! 签到表: shown and printed from the phone.

use super::words;
use crate::parts::sheet::{SheetPages, SignIn, SignInLine, print_whole};
use crate::phone::frame::Head;
use crate::phone::route::{Route, Tab, Way};
use crate::phone::session::{follow, roster};
use crate::phone::state::app;
use crate::phone::when;
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::sheet::pages;

/// The page.
#[component]
pub fn Sheet(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let shown = follow(id);
    let roster = roster(shown);
    let whole = RwSignal::new(false);
    let sign_in = Signal::derive(move || {
        let shown = shown.get()?;
        let session = &shown.session;
        let moment = when::day(session.starts_ms, app.lang());
        let when = format!("{moment} {}", when::time(session.starts_ms));
        let place: Vec<String> = [Some(when), session.venue.clone()].into_iter().flatten().collect();
        let origin = window().location().origin().unwrap_or_default();
        let line = |line: &crate::phone::search::Line| SignInLine {
            name: line.person.name.clone(),
            staff_no: line.person.staff_no.clone().unwrap_or_default(),
            org_name: line.org_name.clone(),
        };
        let (lines, check) = roster.with(|roster| (roster.on_sheet().map(line).collect(), roster.check()));
        Some(SignIn {
            id,
            title: session.title.clone(),
            under: place.join(" · "),
            url: format!("{origin}{}", Route::Way(id, Way::Backfill).path()),
            check,
            lines,
        })
    });
    let count = move || roster.with(|roster| pages(roster.expected)).to_string();
    let title = Signal::derive(move || app.say(words::SHEET)().to_owned());
    view! {
        <Head title parent=Route::Session(id, Tab::Attendance) />
        <main class="page">
            <p class="soft no-print">{app.say(words::SHEET_LEAD)}</p>
            <p class="no-print">
                <button type="button" class="primary" on:click=move |_| print_whole(whole)>
                    {move || app.with(words::SHEET_DO, &[&count()])}
                </button>
            </p>
            {move || sign_in.get().map(|sign_in| view! { <SheetPages lang=app.lang() sign_in whole=whole.get() /> })}
        </main>
    }
}
