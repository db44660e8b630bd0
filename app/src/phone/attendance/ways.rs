//! The other ways to check in: the links to them, and their pages.

use super::{backfill, bulk, kiosk, scan, sheet, words};
use crate::phone::route::{Link, Route, Way};
use crate::phone::state::app;
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::phone::Event;

/// The page of one.
#[component]
pub fn WayPage(
    /// The session.
    id: SessionId,
    /// Which.
    way: Way,
) -> impl IntoView {
    let app = app();
    app.send(Event::Watch(Some(id)));
    on_cleanup(move || app.send(Event::Watch(None)));
    match way {
        Way::Scan => view! { <scan::Scan id /> }.into_any(),
        Way::Bulk => view! { <bulk::Bulk id /> }.into_any(),
        Way::Backfill => view! { <backfill::Backfill id /> }.into_any(),
        Way::Sheet => view! { <sheet::Sheet id /> }.into_any(),
        Way::Kiosk => view! { <kiosk::KioskStart id /> }.into_any(),
    }
}

/// The links; closed, so that the list has the room.
#[component]
pub fn Ways(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let link = move |way: Way| {
        let word = match way {
            Way::Scan => words::SCAN_TITLE,
            Way::Bulk => words::BULK,
            Way::Backfill => words::BACKFILL,
            Way::Sheet => words::SHEET,
            Way::Kiosk => words::KIOSK,
        };
        view! { <Link to=Route::Way(id, way) class="secondary">{app.say(word)}</Link> }
    };
    view! {
        <details class="ways">
            <summary>{app.say(words::WAYS)}</summary>
            <div class="ways-links">{Way::ALL.map(link).collect_view()}</div>
        </details>
    }
}
