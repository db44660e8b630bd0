//! 场次: every session of the branch, the latest first, with what came of it.

use super::Desk;
use super::export::{ExportButton, file_name};
use super::filter_bar::FilterBar;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::query::Writer;
use super::route::Route;
use super::session::{StateWord, attended_of};
use super::shell::titled;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::sight::May;
use shared::wire::{Page, SessionItem};
use std::sync::Arc;

/// The page.
#[component]
pub fn SessionsPage() -> impl IntoView {
    let desk = Desk::here();
    let load = Load::<Page<SessionItem>>::list("/api/v1/sessions", |place, out| place.filter.ask(out));
    let export = move || {
        let mut out = Writer::default();
        desk.nav().here().filter.ask(&mut out);
        out.after("/api/v1/exports/attendance.xlsx")
    };
    let name = move || {
        let filter = desk.nav().here().filter;
        let day = |day: Option<super::day::Day>| day.map(|day| day.to_string()).unwrap_or_default();
        let org = filter.org.unwrap_or_default();
        file_name(&[
            words::EXPORT_NAME.get(desk.prefs.lang.get_untracked()),
            &org,
            &day(filter.from),
            &day(filter.to),
        ])
    };
    titled(words::SESSIONS);
    view! {
        <FilterBar />
        <div class="title-row">
            <h1>{t(words::SESSIONS)}</h1>
            {desk.may(May::Figures).then(|| view! {
                <span class="end"><ExportButton text=words::EXPORT_LIST url=export name=name people=true /></span>
            })}
        </div>
        <Loaded load=load show=|page| view! { <List page=page /> } />
    }
}

#[component]
fn List(page: Arc<Page<SessionItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::NOTHING_YET, words::NOTHING_YET_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::COL_START)}</th>
            <th scope="col">{t(words::COL_TITLE)}</th>
            <th scope="col">{t(words::ORG)}</th>
            <th scope="col">{t(words::ACTIVITY)}</th>
            <th scope="col">{t(words::COL_STATE)}</th>
            <th scope="col" class="number">{t(words::COL_ATTENDED_EXPECTED)}</th>
            <th scope="col" class="number">{t(words::COL_RATE)}</th>
            <th scope="col" class="number">{t(words::COL_RESPONSES)}</th>
            <th scope="col" class="number" title=t(words::COL_MISSING_TITLE)>{t(words::COL_MISSING)}</th>
        </Listing>
    }
}

#[component]
fn Row(item: SessionItem) -> impl IntoView {
    let desk = Desk::here();
    let id = item.session.id;
    let href = move || desk.nav().place().to(Route::Session(id)).url();
    let activity = item.session.activity;
    let attended = attended_of(&item);
    let rate = format::percent(item.rate());
    let missing = item.missing_responses();
    let title = item.session.title.clone();
    let org_title = item.org_name.clone();
    view! {
        <tr>
            <td class="time">{format::moment(item.session.starts_ms)}</td>
            <th scope="row" class="name"><a href=href title=title>{item.session.title}</a></th>
            <td class="cut" title=org_title>{item.org_name}</td>
            <td>{move || activity.label(desk.lang())}</td>
            <td><StateWord state=item.session.state /></td>
            <td class="number">{attended}</td>
            <td class="number">{rate}</td>
            <td class="number">{format::count(u64::from(item.totals.responses))}</td>
            <td class="number" class:warn=move || missing != 0>{format::count(u64::from(missing))}</td>
        </tr>
    }
}
