//! 扫码答卷: the link of a session by which people answer on phones of their own.

use super::Desk;
use super::api::{self, Trouble};
use super::deed::Deed;
use super::format;
use super::load::{Load, Loaded};
use super::words::{self, t};
use crate::browser;
use crate::parts::qr::QrCode;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use serde_json::{Value, json};
use shared::answering::{Answering, AnsweringNow, ViaCounts};
use shared::feedback::Via;
use shared::id::SessionId;
use shared::text::Lang;
use std::sync::Arc;

/// `手机 30 · 链接 12 · 纸质 3`, without what there is none of.
#[must_use]
pub fn via_says(via: ViaCounts, lang: Lang) -> String {
    let ways = [(Via::Phone, via.phone), (Via::Link, via.link), (Via::Paper, via.paper)];
    let ways = ways.iter().filter(|(_, n)| *n > 0);
    let says = ways.map(|(via, n)| format!("{} {}", via.label(lang), format::count(u64::from(*n))));
    says.collect::<Vec<_>>().join(" · ")
}

/// The section of a session's page.
#[component]
pub fn AnsweringSection(
    /// The session.
    id: SessionId,
    /// Its title, for the sheet.
    #[prop(into)]
    title: Signal<String>,
) -> impl IntoView {
    let url = format!("/api/v1/sessions/{id}/answering");
    let asked = url.clone();
    let load = Load::<AnsweringNow>::one(move || asked.clone());
    let url = StoredValue::new(url);
    // Stays on the projector while the count below it is read again.
    let shown = RwSignal::new(false);
    let show = move |now: Arc<AnsweringNow>| match now.link.clone() {
        Some(link) => view! { <Open link=link title=title url=url.get_value() shown=shown /> }.into_any(),
        None => view! { <Begin url=url.get_value() /> }.into_any(),
    };
    view! {
        <section aria-labelledby="answering-title">
            <h2 id="answering-title">{t(words::ANSWERING)}</h2>
            <Loaded load=load show=show />
        </section>
    }
}

/// Nobody has asked for a link yet, or it was ended.
#[component]
fn Begin(url: String) -> impl IntoView {
    let desk = Desk::here();
    let (failed, busy) = (RwSignal::new(None::<Trouble>), RwSignal::new(false));
    let go = move |_| {
        let url = url.clone();
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match api::post::<Value>(&url, &json!({})).await {
                Ok(_) => desk.tick.now(),
                Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
                Err(trouble) => failed.set(Some(trouble)),
            }
            busy.set(false);
        });
    };
    view! {
        <p class="quiet">{t(words::ANSWERING_HINT)}</p>
        <p class="no-print">
            <button type="button" disabled=busy on:click=go>{t(words::ANSWERING_BEGIN)}</button>
        </p>
        <p class="bad" role="alert">{move || failed.get().map(|trouble| trouble.says(desk.lang()))}</p>
    }
}

#[component]
fn Open(link: Answering, title: Signal<String>, url: String, shown: RwSignal<bool>) -> impl IntoView {
    let desk = Desk::here();
    let answered = [link.answered, link.most].map(|n| format::count(u64::from(n)));
    let counted = move || words::ANSWERING_COUNT.with(desk.lang(), &[&answered[0], &answered[1]]);
    let until = link.ends_ms.map(format::moment);
    let until = move || match &until {
        Some(until) => words::INVITE_UNTIL.with(desk.lang(), &[until]),
        None => words::ANSWERING_OPEN.get(desk.lang()).to_owned(),
    };
    let says =
        move || if shown.get() { words::ANSWERING_HIDE } else { words::ANSWERING_SHOW }.get(desk.lang());
    let path = link.path;
    view! {
        <p>{counted}</p>
        <p class="quiet">{until}</p>
        <p class="no-print">
            <button type="button" aria-expanded=move || shown.get().to_string()
                on:click=move |_| shown.update(|shown| *shown = !*shown)>{says}</button>
            <Deed text=words::ANSWERING_END sure=words::ANSWERING_END_SURE url=format!("{url}/end") body=json!({}) />
        </p>
        {move || shown.get().then(|| view! { <Sheet path=path.clone() title=title.get_untracked() /> })}
    }
}

/// The code for the wall or the projector; printed, it stands by itself.
#[component]
fn Sheet(path: String, title: String) -> impl IntoView {
    let desk = Desk::here();
    let origin = window().location().origin().unwrap_or_default();
    let url = format!("{origin}{path}");
    let copied = RwSignal::new(None::<bool>);
    let copy = StoredValue::new(url.clone());
    let copy = move |_| spawn_local(async move { copied.set(Some(browser::copy(&copy.get_value()).await)) });
    let print = move |_| {
        // Where a browser does not print, its own menu still may.
        let _ = window().print();
    };
    let done = move || {
        copied.get().map(|done| if done { words::COPIED } else { words::COPY_FAILED }.get(desk.lang()))
    };
    view! {
        <section class="sheet note" aria-label=t(words::ANSWERING_SHEET)>
            <h2>{title}</h2>
            <QrCode text=url.clone() label=t(words::INVITE_CODE) />
            <p>{t(words::ANSWERING_HOW)}</p>
            <p class="link"><input type="text" readonly aria-label=t(words::INVITE_LINK) value=url /></p>
            <p class="no-print">
                <button type="button" on:click=copy>{t(words::COPY_LINK)}</button>
                <button type="button" on:click=print>{t(words::PRINT)}</button>
                <span role="status">{done}</span>
            </p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_by_which_nothing_came_are_left_out() {
        let via = ViaCounts { phone: 30, link: 12, paper: 0 };
        assert_eq!(via_says(via, Lang::Zh), "现场手机 30 · 链接 12");
        assert_eq!(via_says(ViaCounts::default(), Lang::Zh), "");
    }
}
