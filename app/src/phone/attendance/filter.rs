//! What the list is narrowed to.

use super::words;
use crate::phone::search::Roster;
use crate::phone::session::Shown;
use crate::phone::state::app;
use crate::phone::words as all;
use crate::view::prelude::*;
use shared::attendance::Status;
use shared::id::OrgId;
use shared::text::Msg;
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
    /// Who has this mark.
    Marked(Status),
}

/// All that narrows the list.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    /// What is typed.
    pub query: RwSignal<String>,
    /// By standing.
    pub show: RwSignal<Show>,
    /// By workshop.
    pub org: RwSignal<Option<OrgId>>,
}

/// The buttons and lists beneath the field.
#[component]
pub fn Filters(
    /// What they set.
    filter: Filter,
    /// For the count of those who are here.
    shown: Shown,
    /// For the workshops.
    roster: Memo<Arc<Roster>>,
) -> impl IntoView {
    let app = app();
    let show = filter.show;
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
    let option = move |status: Status| {
        let chosen = move || show.get() == Show::Marked(status);
        view! { <option value=status.wire() selected=chosen>{move || status.label(app.lang())}</option> }
    };
    let choose = move |word: String| {
        show.set(Status::from_wire(&word).map_or(Show::All, Show::Marked));
    };
    let any = move || !matches!(show.get(), Show::Marked(_));
    view! {
        <div class="choice" role="group" aria-label=app.say(all::SHOW)>
            {button(Show::All, all::ALL)} {button(Show::NotHere, all::NOT_HERE)} {button(Show::Here, all::HERE)}
        </div>
        <div class="narrow">
            <select name="status" aria-label=app.say(words::MARKED)
                on:change:target=move |event| choose(event.target().value())>
                <option value="" selected=any>{app.say(words::MARKED)}</option>
                {[Status::Late, Status::Excused, Status::Absent].map(option).collect_view()}
            </select>
            <Workshop roster org=filter.org />
        </div>
    }
}

/// The workshop, where there are several.
#[component]
pub fn Workshop(
    /// Whose.
    roster: Memo<Arc<Roster>>,
    /// The one that is chosen.
    org: RwSignal<Option<OrgId>>,
) -> impl IntoView {
    let app = app();
    let orgs = Memo::new(move |_| roster.with(|roster| roster.orgs.clone()));
    move || {
        let orgs = orgs.get();
        (orgs.len() > 1).then(|| {
            let option = move |(id, name): (OrgId, String)| {
                view! { <option value=id.to_string() selected=move || org.get() == Some(id)>{name}</option> }
            };
            view! {
                <select name="workshop" aria-label=app.say(words::WORKSHOP)
                    on:change:target=move |event| org.set(event.target().value().parse().ok())>
                    <option value="">{move || format!("{}：{}", app.say(words::WORKSHOP)(), app.say(words::ANY)())}</option>
                    {orgs.into_iter().map(option).collect_view()}
                </select>
            }
        })
    }
}
