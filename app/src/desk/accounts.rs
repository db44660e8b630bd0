//! 账号: who may do what, who waits to be let in, and links to log in by.

use super::Desk;
use super::api;
use super::deed::Deed;
use super::errand::{Errand, Failing};
use super::format;
use super::invite::{OrgField, Sheet};
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::route::{Place, Route};
use super::shell::{City, titled};
use super::words::{self, t};
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use serde_json::json;
use shared::id::AccountId;
use shared::invite::{AccountItem, AccountNew, Confirm, GrantItem, GrantNew, LinkMade};
use shared::text::{Lang, Msg};
use shared::wire::Page;
use std::sync::Arc;

/// Roles in the order of the screen.
const ROLES: [(&str, Msg); 5] = [
    ("organizer", words::ROLE_ORGANIZER),
    ("viewer", words::ROLE_VIEWER),
    ("lecturer", words::ROLE_LECTURER),
    ("manager", words::ROLE_MANAGER),
    ("admin", words::ROLE_ADMIN),
];

/// A link that was made for somebody on this page.
#[derive(Clone, Copy)]
struct Made(RwSignal<Option<(LinkMade, String)>>);

/// The page.
#[component]
pub fn AccountsPage() -> impl IntoView {
    let desk = Desk::here();
    let load = Load::<Page<AccountItem>>::list("/api/v1/accounts", |place, out| {
        out.add_some("q", Some(&place.search).filter(|q| !q.is_empty()));
    });
    let made = Made(RwSignal::new(None));
    provide_context(made);
    titled(words::ACCOUNTS);
    let invites = move || desk.nav().place().to(Route::Invitations).url();
    view! {
        <div class="title-row">
            <h1>{t(words::ACCOUNTS)}</h1>
            <a class="button" href=invites>{t(words::INVITES)}</a>
        </div>
        <p class="quiet">{t(words::ACCOUNTS_HINT)}</p>
        <Search />
        <details class="new"><summary>{t(words::ACCOUNT_NEW)}</summary><New /></details>
        {move || made.0.get().map(|(link, title)| view! { <Sheet link=link title=title /> })}
        <Loaded load=load show=|page| view! { <List page=page /> } />
    }
}

#[component]
fn Search() -> impl IntoView {
    let nav = Desk::here().nav();
    let find = move |event| {
        let search = event_target_value(&event).trim().to_owned();
        nav.go(&Place { search, ..nav.here().at_page(1) });
    };
    view! {
        <div class="field field-wide">
            <label for="accounts-q">{t(words::ACCOUNT_FIND)}</label>
            <input id="accounts-q" type="search" prop:value=move || nav.place().search on:change=find />
        </div>
    }
}

/// Somebody of the staff, who sets a password by the link.
#[component]
fn New() -> impl IntoView {
    let desk = Desk::here();
    let Made(made) = expect_context();
    let (login, name, org) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let role = RwSignal::new("manager".to_owned());
    let (errand, lost) = (Errand::begin(), RwSignal::new(false));
    let city = City::here();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let tree = city.tree.get_untracked();
        let found = tree.find(&org.get_untracked()).map(|org| org.code.clone());
        lost.set(found.is_none());
        let Some(org) = found else { return };
        let grant = GrantNew { role: role.get_untracked(), org, until_ms: None };
        let asked = AccountNew { login: login.get_untracked(), name: name.get_untracked(), grant };
        let title = asked.name.clone();
        errand.run(async move { api::post::<LinkMade>("/api/v1/accounts", &asked).await }, move |link| {
            made.set(Some((link, title)));
            desk.tick.now();
        });
    };
    view! {
        <form class="filters" on:submit=submit>
            <div class="field">
                <label for="account-login">{t(words::LOGIN_NAME)}</label>
                <input id="account-login" type="text" required autocapitalize="none" bind:value=login />
            </div>
            <div class="field">
                <label for="account-name">{t(words::ACCOUNT_NAME)}</label>
                <input id="account-name" type="text" required maxlength="60" bind:value=name />
            </div>
            <div class="field">
                <label for="account-role">{t(words::COL_ROLE)}</label>
                <select id="account-role" on:change=move |event| role.set(event_target_value(&event))>
                    {ROLES.map(|(word, text)| view! {
                        <option value=word selected=word == "manager">{t(text)}</option>
                    }).collect_view()}
                </select>
            </div>
            <OrgField value=org lost=lost />
            <button type="submit" class="primary" disabled=move || errand.is_busy()>{t(words::ACCOUNT_MAKE)}</button>
            <Failing errand=errand />
        </form>
    }
}

#[component]
fn List(page: Arc<Page<AccountItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::ACCOUNTS_NONE, words::ACCOUNTS_NONE_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::COL_ACCOUNT)}</th>
            <th scope="col">{t(words::COL_ROLE)}</th>
            <th scope="col" class="number">{t(words::DEVICES)}</th>
            <th scope="col">{t(words::COL_CONTACT)}</th>
            <td></td>
        </Listing>
    }
}

#[component]
fn Row(item: AccountItem) -> impl IntoView {
    let grants = item.grants.into_iter().map(|grant| view! { <Grant grant=grant /> }).collect_view();
    let waits = item.waits_for.map(|org| view! { <Waits id=item.id org=org /> });
    let link = item.may_link.then(|| view! { <Link id=item.id name=item.name.clone() /> });
    let guarded = item.factor.then(|| view! { <p class="quiet">{t(words::FACTOR_HAS)}</p> });
    let reset = (item.factor && item.may_reset).then(|| {
        let url = format!("/api/v1/accounts/{}/factor/end", item.id);
        view! { <Deed text=words::FACTOR_RESET sure=words::FACTOR_RESET_SURE url=url body=json!({}) /> }
    });
    let contact = item.last_seen_ms.map_or_else(|| format::NONE.to_owned(), format::moment);
    view! {
        <tr>
            <th scope="row" class="name">{item.name}<p class="quiet">{item.login}</p>{guarded}</th>
            <td class="wrap">{waits}{grants}</td>
            <td class="number">{format::count(item.devices)}</td>
            <td class="time">{contact}</td>
            <td>{link}{reset}</td>
        </tr>
    }
}

/// Somebody who joined by a link for several, and sees nothing until this is decided.
#[component]
fn Waits(id: AccountId, org: String) -> impl IntoView {
    let desk = Desk::here();
    let url = format!("/api/v1/accounts/{id}/confirm");
    view! {
        <div class="warn">{move || words::ACCOUNT_WAITS.with(desk.lang(), &[&org])}</div>
        <Deed text=words::ACCOUNT_LET_IN url=url.clone() body=Confirm { accept: true } />
        <Deed text=words::ACCOUNT_KEEP_OUT sure=words::ACCOUNT_KEEP_OUT_SURE url=url body=Confirm { accept: false } />
    }
}

#[component]
fn Grant(grant: GrantItem) -> impl IntoView {
    let desk = Desk::here();
    let end = grant.may_end.then(|| {
        let url = format!("/api/v1/grants/{}/end", grant.id);
        view! { <Deed text=words::GRANT_END sure=words::GRANT_END_SURE url=url body=json!({}) /> }
    });
    let (role, org, until) = (grant.role, grant.org_name, grant.until_ms.map(format::moment));
    let says = move || {
        let lang = desk.lang();
        match &until {
            Some(until) => words::GRANT_UNTIL.with(lang, &[&role_says(&role, lang), &org, until]),
            None => words::GRANT_OPEN.with(lang, &[&role_says(&role, lang), &org]),
        }
    };
    view! { <div class="grant"><span>{says}</span>" "{end}</div> }
}

fn role_says(word: &str, lang: Lang) -> String {
    let known = ROLES.iter().find(|(known, _)| *known == word);
    known.map_or_else(|| word.to_owned(), |(_, text)| text.get(lang).to_owned())
}

/// Makes a link for a new phone, or for a new password.
#[component]
fn Link(id: AccountId, name: String) -> impl IntoView {
    let Made(made) = expect_context();
    let errand = Errand::begin();
    let make = move |_| {
        let (name, url) = (name.clone(), format!("/api/v1/accounts/{id}/link"));
        errand.run(async move { api::post::<LinkMade>(&url, &json!({})).await }, move |link| {
            made.set(Some((link, name)));
            window().scroll_to_with_x_and_y(0.0, 0.0);
        });
    };
    view! {
        <button type="button" on:click=make>{t(words::ACCOUNT_LINK)}</button>
        <Failing errand=errand />
    }
}
