//! Who was there: the people of one session, page by page.

use super::Desk;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::reveal::{Reveal, RevealAll, RevealReason, Tail};
use super::route::{Place, Show};
use super::words::{self, t};
use crate::view::prelude::*;
use shared::attendance::Status;
use shared::id::SessionId;
use shared::text::{Lang, Msg};
use shared::wire::{AttendanceItem, Page};
use std::sync::Arc;
use std::time::Duration;

/// Typing rests for so long before the server is asked.
const SEARCH_AFTER: Duration = Duration::from_millis(300);

/// What an attendance amounts to, in a word with a mark.
#[must_use]
pub fn standing(item: &AttendanceItem, lang: Lang) -> String {
    match (item.row.present, item.row.status) {
        (true, Some(Status::Late)) => {
            format!("✓ {} · {}", words::PRESENT.get(lang), Status::Late.label(lang))
        }
        (true, _) => format!("✓ {}", words::PRESENT.get(lang)),
        (false, Some(Status::Excused)) => format!("– {}", Status::Excused.label(lang)),
        (false, Some(Status::Absent)) => format!("✕ {}", Status::Absent.label(lang)),
        (false, _) => format!("○ {}", words::NOT_PRESENT.get(lang)),
    }
}

/// When somebody came, as far as it is known.
#[must_use]
pub fn arrived(item: &AttendanceItem, lang: Lang) -> String {
    match (item.row.present, item.row.arrived_ms) {
        (true, Some(ms)) => format::moment(ms),
        (true, None) => words::ARRIVED_UNKNOWN.get(lang).to_owned(),
        (false, _) => String::new(),
    }
}

/// What is to be said beside it: walk-in, tags, note.
#[must_use]
pub fn remarks(item: &AttendanceItem, lang: Lang) -> String {
    let walk_in = item.walk_in.then(|| words::WALK_IN.get(lang).to_owned());
    let tags = item.row.tags.iter().map(|tag| tag.label(lang).to_owned());
    let all: Vec<String> = walk_in.into_iter().chain(tags).chain(item.row.note.clone()).collect();
    all.join(words::COMMA.get(lang))
}

/// The people, with what narrows them.
#[component]
pub fn Roster(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let path = format!("/api/v1/sessions/{id}/attendance");
    let load = Load::<Page<AttendanceItem>>::list(path, |place, out| {
        let present = match place.show {
            Show::All => None,
            Show::Present => Some(true),
            Show::Missing => Some(false),
        };
        out.add_some("present", present.as_ref());
        out.add_some("q", Some(&place.search).filter(|text| !text.trim().is_empty()));
    });
    let reveal = Reveal::of(id);
    view! {
        <section aria-labelledby="roster-title">
            <div class="title-row">
                <h2 id="roster-title">{t(words::ROSTER)}</h2>
                <ShowChoice />
                <RevealAll reveal=reveal />
                <Search text=words::SEARCH_SHOWN />
            </div>
            <RevealReason reveal=reveal />
            <Loaded load=load show=move |page| view! { <People page=page reveal=reveal /> } />
        </section>
    }
}

#[component]
fn ShowChoice() -> impl IntoView {
    let nav = Desk::here().nav();
    let text = |show: Show| match show {
        Show::All => words::SHOW_ALL,
        Show::Present => words::PRESENT,
        Show::Missing => words::NOT_PRESENT,
    };
    let link = move |show: Show| {
        let url = move || Place { show, ..nav.place().at_page(1) }.url();
        view! { <a href=url aria-current=move || (nav.place().show == show).then_some("true")>{t(text(show))}</a> }
    };
    view! { <div class="choice" role="group" aria-label=t(words::SHOW)>{Show::ALL.map(link).collect_view()}</div> }
}

/// The field that searches the people of a list.
#[component]
pub fn Search(
    /// By what.
    text: Msg,
) -> impl IntoView {
    let nav = Desk::here().nav();
    let mut search = debounce(SEARCH_AFTER, move |text: String| {
        nav.look(&Place { search: text, ..nav.here().at_page(1) });
    });
    view! {
        <input
            class="end search"
            type="search"
            aria-label=t(text)
            placeholder=t(text)
            prop:value=move || nav.place().search
            on:input=move |event| search(event_target_value(&event))
        />
    }
}

#[component]
fn People(page: Arc<Page<AttendanceItem>>, reveal: Reveal) -> impl IntoView {
    let nav = Desk::here().nav();
    let narrows = |here: Place| here.show != Show::All || !here.search.trim().is_empty();
    // A list with people in it does not depend on how it was asked for.
    let none = if page.total == 0 && narrows(nav.here()) {
        (words::NO_MATCH, words::NO_MATCH_NEXT)
    } else {
        (words::NO_PEOPLE, words::NO_PEOPLE_NEXT)
    };
    let head = |text: Msg| view! { <th scope="col">{t(text)}</th> };
    view! {
        <Listing page=page none=none row=move |item| view! { <Person item=item reveal=reveal /> }>
            {[
                words::COL_NAME,
                words::COL_STATE,
                words::COL_ARRIVED,
                words::COL_WORKSHOP,
                words::COL_STAFF_NO,
                words::COL_TAIL,
                words::COL_REMARKS,
            ].map(head).collect_view()}
        </Listing>
    }
}

#[component]
fn Person(item: AttendanceItem, reveal: Reveal) -> impl IntoView {
    let desk = Desk::here();
    let org_name = item.org_name.clone();
    let class = if item.row.present { "here" } else { "away" };
    let tail = view! { <Tail reveal=reveal item=item.clone() /> };
    let item = Arc::new(item);
    let (marked, came, named, numbered) =
        (Arc::clone(&item), Arc::clone(&item), Arc::clone(&item), Arc::clone(&item));
    let name = move || {
        let person = reveal.person(&named);
        person.map_or_else(|| words::NAME_UNKNOWN.get(desk.lang()).to_owned(), |person| person.name)
    };
    let staff_no = move || reveal.person(&numbered).and_then(|person| person.staff_no);
    view! {
        <tr>
            <th scope="row" class="name">{name}</th>
            <td class=class>{move || standing(&marked, desk.lang())}</td>
            <td class="time">{move || arrived(&came, desk.lang())}</td>
            <td class="cut" title=org_name.clone()>{org_name.clone()}</td>
            <td>{staff_no}</td>
            <td>{tail}</td>
            <td class="wrap">{move || remarks(&item, desk.lang())}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::attendance::{AttendanceRow, Tag};
    use shared::id::PersonId;

    fn item(present: bool, status: Option<Status>) -> AttendanceItem {
        AttendanceItem {
            person: None,
            org_name: String::new(),
            walk_in: true,
            masked: false,
            row: AttendanceRow {
                person: PersonId::from_u128(1),
                present,
                arrived_ms: None,
                status,
                note: Some("晚到十分钟".into()),
                check_ins: Vec::new(),
                arrivals: Vec::new(),
                tags: vec![Tag::AfterClose],
            },
        }
    }

    #[test]
    fn a_mark_never_hides_who_came() {
        assert_eq!(standing(&item(true, Some(Status::Excused)), Lang::Zh), "✓ 已到");
        assert_eq!(standing(&item(true, Some(Status::Late)), Lang::Zh), "✓ 已到 · 迟到");
        assert_eq!(standing(&item(false, Some(Status::Excused)), Lang::Zh), "– 请假");
        assert_eq!(standing(&item(false, None), Lang::En), "○ Not present");
    }

    #[test]
    fn remarks_are_words() {
        assert_eq!(remarks(&item(true, None), Lang::Zh), "名单外，结束后补记，晚到十分钟");
    }
}
