//! 待处理: what came in and has no effect so far.

use super::Desk;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::query::Writer;
use super::words::{self, t};
use leptos::prelude::*;
use shared::wire::{HeldItem, Page};
use std::sync::Arc;

/// The page.
#[component]
pub fn HeldPage() -> impl IntoView {
    let desk = Desk::here();
    let asked = desk.nav().part(|place| (place.page, place.size));
    let load = Load::<Page<HeldItem>>::one(move || {
        let (page, size) = asked.get();
        let mut out = Writer::default();
        out.add_some("page", Some(&page));
        out.add_some("size", Some(&size));
        out.after("/api/v1/held")
    });
    Effect::new(move |_| {
        document().set_title(&super::shell::title(&[words::HELD.get(desk.lang())], desk.lang()));
    });
    view! {
        <div class="title-row"><h1>{t(words::HELD)}</h1></div>
        <p class="quiet">{t(words::HELD_HINT)}</p>
        <Loaded load=load show=|page| view! { <List page=page /> } />
    }
}

#[component]
fn List(page: Arc<Page<HeldItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::HELD_NONE, words::HELD_NONE_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::COL_WHEN)}</th>
            <th scope="col">{t(words::COL_WHY)}</th>
            <th scope="col">{t(words::COL_WHO)}</th>
            <th scope="col">{t(words::COL_RAW)}</th>
        </Listing>
    }
}

#[component]
fn Row(item: HeldItem) -> impl IntoView {
    let desk = Desk::here();
    let code = item.code;
    let when = item.recv_ms.map_or_else(|| format::NONE.to_owned(), format::moment);
    let who = match item.login {
        Some(login) => view! { <span>{login}</span> }.into_any(),
        None => view! { <span class="quiet">{t(words::WHO_NOBODY)}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="time">{when}</td>
            <td>{move || code.says(desk.lang())}</td>
            <td>{who}</td>
            <td class="raw"><details><summary>{t(words::RAW_SHOW)}</summary><pre>{item.raw}</pre></details></td>
        </tr>
    }
}
