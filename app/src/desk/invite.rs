//! 邀请: links and printable sheets by which organizers join.

use super::Desk;
use super::api;
use super::deed::Deed;
use super::errand::{Errand, Failing};
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::shell::{City, titled};
use super::words::{self, t};
use crate::browser::now_ms;
use crate::parts::qr::QrCode;
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use shared::invite::{DAYS, DAYS_USUAL, InvitationItem, InvitationNew, LinkMade, USES};
use shared::wire::Page;
use std::sync::Arc;

/// The page.
#[component]
pub fn InvitationsPage() -> impl IntoView {
    let load = Load::<Page<InvitationItem>>::list("/api/v1/invitations", |_, _| {});
    titled(words::INVITES);
    view! {
        <div class="title-row"><h1>{t(words::INVITES)}</h1></div>
        <p class="quiet">{t(words::INVITES_HINT)}</p>
        <New />
        <Loaded load=load show=|page| view! { <List page=page /> } />
    }
}

#[component]
fn New() -> impl IntoView {
    let desk = Desk::here();
    let (org, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (days, uses) = (RwSignal::new(DAYS_USUAL.to_string()), RwSignal::new("1".to_owned()));
    let made = RwSignal::new(None::<(LinkMade, String)>);
    let (errand, lost) = (Errand::begin(), RwSignal::new(false));
    let city = City::here();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let tree = city.tree.get_untracked();
        let found = tree.find(&org.get_untracked()).cloned();
        lost.set(found.is_none());
        let Some(found) = found else { return };
        let note = Some(note.get_untracked().trim().to_owned()).filter(|note| !note.is_empty());
        let title = note.clone().unwrap_or_else(|| found.name.clone());
        let asked = InvitationNew {
            org: found.code,
            days: days.get_untracked().parse().unwrap_or(0),
            uses: uses.get_untracked().parse().unwrap_or(0),
            note,
        };
        errand.run(async move { api::post::<LinkMade>("/api/v1/invitations", &asked).await }, move |link| {
            made.set(Some((link, title)));
            desk.tick.now();
        });
    };
    view! {
        <form class="filters" on:submit=submit>
            <OrgField value=org lost=lost />
            <div class="field">
                <label for="invite-days">{t(words::INVITE_DAYS)}</label>
                <input id="invite-days" type="number" min=*DAYS.start() max=*DAYS.end() bind:value=days />
            </div>
            <div class="field">
                <label for="invite-uses">{t(words::INVITE_USES)}</label>
                <input id="invite-uses" type="number" min=*USES.start() max=*USES.end() bind:value=uses />
            </div>
            <div class="field">
                <label for="invite-note">{t(words::INVITE_NOTE)}</label>
                <input id="invite-note" type="text" maxlength="60" bind:value=note />
            </div>
            <button type="submit" class="primary" disabled=move || errand.is_busy()>{t(words::INVITE_MAKE)}</button>
            <Failing errand=errand />
        </form>
        {move || made.get().map(|(link, title)| view! { <Sheet link=link title=title /> })}
    }
}

/// Chooses an org by name or code.
#[component]
pub fn OrgField(
    /// What was typed.
    value: RwSignal<String>,
    /// Nothing of that name was found.
    lost: RwSignal<bool>,
) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let offers = move || {
        let offer = |text: String| view! { <option value=text></option> };
        city.tree.get().offers().into_iter().map(offer).collect_view()
    };
    view! {
        <div class="field field-wide">
            <label for="invite-org">{t(words::ORG)}</label>
            <input id="invite-org" type="search" list="invite-orgs" autocomplete="off" required
                placeholder=t(words::FIND_ORG_HINT) bind:value=value />
            <datalist id="invite-orgs">{offers}</datalist>
            <span class="field-says" role="status">
                {move || lost.get().then(|| words::ORG_NOT_FOUND.get(desk.lang()))}
            </span>
        </div>
    }
}

/// A link as text and as a code to be scanned; printed, it is a sheet for the wall.
#[component]
pub fn Sheet(
    /// What was made.
    link: LinkMade,
    /// For whom.
    title: String,
) -> impl IntoView {
    let desk = Desk::here();
    let origin = window().location().origin().unwrap_or_default();
    let url = format!("{origin}{}", link.path);
    let until = format::moment(link.ends_ms);
    let print = move |_| {
        // Where a browser does not print, its own menu still may.
        let _ = window().print();
    };
    view! {
        <section class="sheet note" aria-label=t(words::INVITE_SHEET)>
            <h2>{title}</h2>
            <QrCode text=url.clone() label=t(words::INVITE_CODE) />
            <p>{t(words::INVITE_HOW)}</p>
            <p class="link"><input type="text" readonly aria-label=t(words::INVITE_LINK) value=url.clone() /></p>
            <p class="quiet">{move || words::INVITE_UNTIL.with(desk.lang(), &[&until])}</p>
            <p class="no-print"><button type="button" on:click=print>{t(words::PRINT)}</button></p>
        </section>
    }
}

#[component]
fn List(page: Arc<Page<InvitationItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::INVITES_NONE, words::INVITES_NONE_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::ORG)}</th>
            <th scope="col">{t(words::INVITE_NOTE)}</th>
            <th scope="col">{t(words::INVITE_MADE)}</th>
            <th scope="col">{t(words::INVITE_ENDS)}</th>
            <th scope="col" class="number">{t(words::INVITE_USED)}</th>
            <th scope="col"></th>
        </Listing>
    }
}

#[component]
fn Row(item: InvitationItem) -> impl IntoView {
    let open = item.ends_ms > now_ms() && item.used < item.uses;
    let end = open.then(|| {
        let url = format!("/api/v1/invitations/{}/end", item.id);
        view! { <Deed text=words::INVITE_END sure=words::INVITE_END_SURE url=url body=serde_json::json!({}) /> }
    });
    view! {
        <tr>
            <th scope="row" class="name">{item.org_name}<p class="quiet">{item.org}</p></th>
            <td>{item.note.unwrap_or_else(|| format::NONE.to_owned())}</td>
            <td class="time">{format::moment(item.made_ms)}<p class="quiet">{item.made_by}</p></td>
            <td class="time">{format::moment(item.ends_ms)}</td>
            <td class="number">{format!("{} / {}", item.used, item.uses)}</td>
            <td>{end}</td>
        </tr>
    }
}
