//! 待处理: what came in and has no effect so far.

use super::Desk;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Pager;
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
    if page.total == 0 {
        return view! {
            <div class="empty">
                <p class="empty-title">{t(words::HELD_NONE)}</p>
                <p>{t(words::HELD_NONE_NEXT)}</p>
            </div>
        }
        .into_any();
    }
    let rows = page.items.iter().cloned().map(|item| view! { <Row item=item /> }).collect_view();
    view! {
        <div class="table-room">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{t(words::COL_WHEN)}</th>
                        <th scope="col">{t(words::COL_WHY)}</th>
                        <th scope="col">{t(words::COL_WHO)}</th>
                        <th scope="col">{t(words::COL_RAW)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager page=page.page size=page.size total=page.total />
    }
    .into_any()
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
