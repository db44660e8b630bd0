//! 组织与花名册: the orgs right below one with their head counts, and who is on the rosters of its
//! branch.

use super::Desk;
use super::attendance::Search;
use super::filter_bar::{FindOrg, Way};
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::route::Route;
use super::shell::{City, titled};
use super::words::{self, t};
use crate::view::prelude::*;
use shared::id::OrgId;
use shared::import::{RosterCount, RosterItem};
use shared::org::Org;
use shared::wire::Page;
use std::collections::HashMap;
use std::sync::Arc;

/// The org that a page is about: the one asked for, else the only one at the top.
#[must_use]
pub fn org_here() -> Memo<Option<Org>> {
    let (nav, city) = (Desk::here().nav(), City::here());
    Memo::new(move |_| {
        let tree = city.tree.get();
        match nav.place().filter.org {
            Some(code) => tree.by_code(&code).cloned(),
            None => match tree.roots().as_slice() {
                [one] => Some((*one).clone()),
                _ => None,
            },
        }
    })
}

/// The page.
#[component]
pub fn RosterPage() -> impl IntoView {
    let desk = Desk::here();
    let rights = City::here().rights;
    let load = Load::<Page<RosterItem>>::list("/api/v1/roster", |place, out| {
        out.add_some("org", place.filter.org.as_ref());
        out.add_some("q", Some(place.search.trim()).filter(|text| !text.is_empty()).as_ref());
    });
    titled(words::ROSTERS);
    let org = org_here();
    let title = move || match org.get() {
        Some(org) => words::ROSTER_OF.with(desk.lang(), &[&org.name]),
        None => words::ROSTER.get(desk.lang()).to_owned(),
    };
    let link = move |to: Route, text| {
        view! { <a class="button" href=move || desk.nav().place().to(to).url()>{t(text)}</a> }
    };
    view! {
        <Way />
        <form class="filters" role="search" aria-label=t(words::FILTERS) on:submit=|event| event.prevent_default()>
            <FindOrg />
        </form>
        <div class="title-row">
            <h1>{t(words::ROSTERS)}</h1>
            <span class="end actions">
                {move || rights.get().filter(|rights| rights.orgs).map(|_| link(Route::ImportOrgs, words::IMPORT_ORGS))}
                {move || rights.get().filter(|rights| rights.roster).map(|_| link(Route::ImportRoster, words::IMPORT_ROSTER))}
            </span>
        </div>
        <Children org=org />
        <section aria-labelledby="roster-title">
            <div class="title-row">
                <h2 id="roster-title">{title}</h2>
                <Search text=words::SEARCH />
            </div>
            <Loaded load=load show=|page| view! { <People page=page /> } />
        </section>
    }
}

/// The orgs right below, each with how many are on its roster and on those of all below it.
#[component]
fn Children(org: Memo<Option<Org>>) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let counts = Load::<Vec<RosterCount>>::once(|| "/api/v1/roster/counts".to_owned());
    let by_org = Memo::new(move |_| {
        let counts = counts.get().map(|counts| counts.to_vec()).unwrap_or_default();
        counts.into_iter().map(|count| (count.org, count)).collect::<HashMap<OrgId, RosterCount>>()
    });
    let below = move || -> Vec<Org> {
        let tree = city.tree.get();
        let below = match org.get() {
            Some(org) => tree.children(org.id),
            None => tree.roots(),
        };
        below.into_iter().cloned().collect()
    };
    let row = move |org: Org| {
        let count = by_org.with(|all| all.get(&org.id).copied());
        let shown = |n: Option<u64>| n.map_or_else(|| format::NONE.to_owned(), format::count);
        let (code, level) = (org.code.clone(), org.level);
        view! {
            <tr>
                <th scope="row" class="name">
                    <a href=move || desk.nav().place().of_org(&code).url()>{org.name}</a>
                </th>
                <td translate="no">{org.code}</td>
                <td>{move || level.label(desk.lang())}</td>
                <td class="number">{shown(count.map(|count| count.own))}</td>
                <td class="number">{shown(count.map(|count| count.all))}</td>
            </tr>
        }
    };
    move || {
        let below = below();
        (!below.is_empty()).then(|| {
            view! {
                <section aria-label=t(words::CHILD_ORGS) class="orgs-below">
                    <div class="table-room">
                        <table class="table">
                            <thead>
                                <tr>
                                    <th scope="col">{t(words::ORG)}</th>
                                    <th scope="col">{t(words::COL_CODE)}</th>
                                    <th scope="col">{t(words::COL_LEVEL)}</th>
                                    <th scope="col" class="number">{t(words::COL_OWN_PEOPLE)}</th>
                                    <th scope="col" class="number">{t(words::COL_ALL_PEOPLE)}</th>
                                </tr>
                            </thead>
                            <tbody>{below.into_iter().map(row).collect_view()}</tbody>
                        </table>
                    </div>
                </section>
            }
        })
    }
}

#[component]
fn People(page: Arc<Page<RosterItem>>) -> impl IntoView {
    let searched = !Desk::here().nav().here().search.trim().is_empty();
    let none = if searched {
        (words::NO_MATCH, words::NO_MATCH_NEXT)
    } else {
        (words::ROSTER_NONE, words::ROSTER_NONE_NEXT)
    };
    view! {
        <Listing page=page none=none row=|item| view! { <Person item=item /> }>
            <th scope="col">{t(words::COL_NAME)}</th>
            <th scope="col">{t(words::COL_STAFF_NO)}</th>
            <th scope="col">{t(words::COL_WORKSHOP)}</th>
            <th scope="col">{t(words::COL_EMPLOYMENT)}</th>
            <th scope="col">{t(words::COL_MEMBER)}</th>
        </Listing>
    }
}

#[component]
fn Person(item: RosterItem) -> impl IntoView {
    let desk = Desk::here();
    let member = move || match item.member {
        Some(true) => words::YES.get(desk.lang()),
        Some(false) => words::NO.get(desk.lang()),
        None => format::NONE,
    };
    let some = |text: Option<String>| text.unwrap_or_else(|| format::NONE.to_owned());
    let org_title = item.org_name.clone();
    view! {
        <tr>
            <th scope="row" class="name">{item.person.name}</th>
            <td translate="no">{some(item.person.staff_no)}</td>
            <td class="cut" title=org_title>{item.org_name}</td>
            <td>{some(item.employment)}</td>
            <td>{member}</td>
        </tr>
    }
}
