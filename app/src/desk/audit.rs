//! 审计: who logged in, took what away, decided what. For the admin of the whole city alone.

use super::Desk;
use super::filter_bar::DayField;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::query::Writer;
use super::route::Place;
use super::shell::titled;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::audit::{Act, AuditItem};
use shared::wire::Page;
use std::sync::Arc;

/// What the server is asked for.
fn ask(place: &Place, out: &mut Writer) {
    out.add_some("act", place.act.map(Act::wire).as_ref());
    out.add_some("login", Some(&place.search).filter(|login| !login.is_empty()));
    out.add_some("from_ms", place.filter.from.map(super::day::Day::start_ms).as_ref());
    out.add_some("to_ms", place.filter.to.map(super::day::Day::end_ms).as_ref());
}

/// The page.
#[component]
pub fn AuditPage() -> impl IntoView {
    let load = Load::<Page<AuditItem>>::list("/api/v1/audit", ask);
    titled(words::AUDIT);
    view! {
        <div class="title-row"><h1>{t(words::AUDIT)}</h1></div>
        <p class="quiet">{t(words::AUDIT_HINT)}</p>
        <form class="filters" role="search" aria-label=t(words::FILTERS) on:submit=|event| event.prevent_default()>
            <ActSelect />
            <LoginField />
            <DayField id="audit-from" label=words::FROM get=|filter| filter.from set=|filter, day| filter.from = day />
            <DayField id="audit-to" label=words::TO get=|filter| filter.to set=|filter, day| filter.to = day />
        </form>
        <Loaded load=load show=|page| view! { <List page=page /> } />
    }
}

#[component]
fn ActSelect() -> impl IntoView {
    let desk = Desk::here();
    let asked = desk.nav().part(|place| place.act);
    let option = |act: Act| {
        view! {
            <option value=act.wire() selected=move || asked.get() == Some(act)>{move || act.label(desk.lang())}</option>
        }
    };
    view! {
        <div class="field">
            <label for="audit-act">{t(words::COL_ACT)}</label>
            <select
                id="audit-act"
                on:change=move |event| {
                    let act = Act::from_wire(&event_target_value(&event));
                    desk.nav().go(&Place { act, ..desk.nav().here().at_page(1) });
                }
            >
                <option value="" selected=move || asked.get().is_none()>{t(words::AUDIT_ALL)}</option>
                {Act::ALL.iter().copied().map(option).collect_view()}
            </select>
        </div>
    }
}

#[component]
fn LoginField() -> impl IntoView {
    let desk = Desk::here();
    let asked = desk.nav().part(|place| place.search.clone());
    view! {
        <div class="field">
            <label for="audit-login">{t(words::LOGIN_NAME)}</label>
            <input
                id="audit-login"
                type="search"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                prop:value=move || asked.get()
                on:change=move |event| {
                    let search = event_target_value(&event).trim().to_owned();
                    desk.nav().go(&Place { search, ..desk.nav().here().at_page(1) });
                }
            />
        </div>
    }
}

#[component]
fn List(page: Arc<Page<AuditItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::AUDIT_NONE, words::AUDIT_NONE_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::COL_DONE_AT)}</th>
            <th scope="col">{t(words::COL_ACT)}</th>
            <th scope="col">{t(words::COL_BY)}</th>
            <th scope="col">{t(words::COL_DETAIL)}</th>
        </Listing>
    }
}

#[component]
fn Row(item: AuditItem) -> impl IntoView {
    let desk = Desk::here();
    let who = match (item.name.clone(), item.login.clone()) {
        (Some(name), Some(login)) => view! { <span>{name}</span><p class="quiet">{login}</p> }.into_any(),
        _ => view! { <span class="away">{t(words::AUDIT_CONSOLE)}</span> }.into_any(),
    };
    let (when, detail, hash) = (format::moment(item.at_ms), item.detail.clone(), item.hash.clone());
    view! {
        <tr>
            <td class="time" title=hash>{when}</td>
            <td>{move || item.says(desk.lang()).to_owned()}</td>
            <td>{who}</td>
            <td class="wrap" translate="no">{detail}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::load::list_url;

    #[test]
    fn the_address_is_what_the_server_is_asked_for() {
        let place = Place::parse("/desk/audit", "act=login&q=zhang&from=2025-11-22&to=2025-11-22&page=3");
        assert_eq!(
            list_url("/api/v1/audit", &place, ask),
            "/api/v1/audit?act=login&login=zhang&from_ms=1763740800000&to_ms=1763827200000&page=3&size=20"
        );
        assert_eq!(list_url("/api/v1/audit", &Place::default(), ask), "/api/v1/audit?page=1&size=20");
    }
}
