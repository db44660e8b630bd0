//! 还在手机上: what was declared at closing and has not arrived, phone by phone, with a text to remind each
//! branch by.

use super::Desk;
use super::format;
use super::load::{Load, Loaded};
use super::query::Writer;
use super::route::Route;
use super::words::{self, t};
use crate::browser;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::on_phones::{OnPhone, reminders};
use shared::text::Msg;
use shared::wire::Page;
use std::sync::Arc;

/// How many are listed.
const LISTED: u64 = 100;

/// The board of the branch and filters of the page.
#[component]
pub fn Board() -> impl IntoView {
    let desk = Desk::here();
    let filter = desk.nav().part(|place| place.filter.clone());
    let load = Load::<Page<OnPhone>>::one(move || {
        let mut out = Writer::default();
        filter.get().ask(&mut out);
        out.add_some("size", Some(&LISTED));
        out.after("/api/v1/coverage/phones")
    });
    view! {
        <section id="board" aria-labelledby="board-title">
            <h3 id="board-title">{t(words::BOARD)}</h3>
            <Loaded load=load show=|page| view! { <Listed page=page /> } />
        </section>
    }
}

#[component]
fn Listed(page: Arc<Page<OnPhone>>) -> impl IntoView {
    let desk = Desk::here();
    if page.items.is_empty() {
        return view! { <p class="quiet">{t(words::BOARD_NONE)}</p> }.into_any();
    }
    let (listed, total) = (page.items.len() as u64, page.total);
    let more = (listed < total).then(|| {
        let [listed, total] = [listed, total].map(format::count);
        view! { <p class="quiet">{move || words::BOARD_MORE.with(desk.lang(), &[&listed, &total])}</p> }
    });
    let rows = page.items.iter().cloned().map(|item| view! { <Row item=item /> }).collect_view();
    let items = page.clone();
    let texts = move || {
        let texts = reminders(&items.items, desk.lang());
        texts.into_iter().map(|(org, text)| view! { <Reminder org=org text=text /> }).collect_view()
    };
    view! {
        <div class="table-room">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{t(words::BOARD_SINCE)}</th>
                        <th scope="col">{t(words::ORG)}</th>
                        <th scope="col">{t(words::COL_TITLE)}</th>
                        <th scope="col">{t(words::BOARD_WHO)}</th>
                        <th scope="col">{t(words::BOARD_SEEN)}</th>
                        <th scope="col" class="number">{t(words::BOARD_CHECK_INS)}</th>
                        <th scope="col" class="number">{t(words::BOARD_RESPONSES)}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
        <div class="reminders">{texts}</div>
    }
    .into_any()
}

#[component]
fn Row(item: OnPhone) -> impl IntoView {
    let desk = Desk::here();
    let id = item.session;
    let href = move || desk.nav().place().to(Route::Session(id)).url();
    let whose = item.name.clone().map(|name| match &item.device {
        Some(device) => format!("{name} · {device}"),
        None => name,
    });
    let whose = move || whose.clone().unwrap_or_else(|| words::BOARD_CODE.get(desk.lang()).to_owned());
    let since = item.since_ms;
    let seen = item.last_seen_ms;
    let seen = move || seen.map_or_else(|| format::NONE.to_owned(), |ms| format::ago(ms, desk.lang()));
    let title = item.title.clone();
    view! {
        <tr>
            <td class="time">{format::moment(since)}</td>
            <td class="cut" title=item.org_name.clone()>{item.org_name.clone()}</td>
            <th scope="row" class="name"><a href=href title=title>{item.title}</a></th>
            <td>{whose}</td>
            <td>{seen}</td>
            <td class="number">{format::count(u64::from(item.check_ins))}</td>
            <td class="number">{format::count(u64::from(item.responses))}</td>
        </tr>
    }
}

/// A text for a branch's chat, with a button that copies it.
#[component]
fn Reminder(org: String, text: String) -> impl IntoView {
    let desk = Desk::here();
    let said = RwSignal::new(None::<Msg>);
    let copied = text.clone();
    let copy = move |_| {
        let text = copied.clone();
        spawn_local(async move {
            let done = browser::copy(&text).await;
            said.set(Some(if done { words::REMIND_COPIED } else { words::REMIND_BY_HAND }));
        });
    };
    let name = org.clone();
    let label = move || words::REMIND_TO.with(desk.lang(), &[&name]);
    let rows = text.lines().count().clamp(2, 8).to_string();
    view! {
        <div class="card reminder">
            <label>
                <span class="reminder-name">{label}</span>
                <textarea readonly=true rows=rows prop:value=text></textarea>
            </label>
            <button type="button" class="button" on:click=copy>{t(words::REMIND)}" "<span class="unseen">{org}</span></button>
            <span class="quiet" role="status">{move || said.get().map(|said| said.get(desk.lang()))}</span>
        </div>
    }
}
