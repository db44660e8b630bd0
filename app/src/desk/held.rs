//! 待处理: what came in and has no effect so far, and what staff decide of it.

use super::Desk;
use super::api::{self, Trouble};
use super::errand::Errand;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::route::Place;
use super::shell::titled;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::held::{HeldDecision, HeldItem, HeldRequest, REASON_MAX_CHARS};
use shared::problem::Code;
use shared::text::{Lang, Msg};
use shared::wire::Page;
use std::sync::Arc;

/// What is being decided of: it stays when the list is read again.
#[derive(Clone, Copy)]
struct Chosen(RwSignal<Option<HeldItem>>);

/// The page.
#[component]
pub fn HeldPage() -> impl IntoView {
    let load = Load::<Page<HeldItem>>::list("/api/v1/held", |place, out| {
        out.add("state", if place.decided { "decided" } else { "open" });
    });
    let chosen = Chosen(RwSignal::new(None));
    provide_context(chosen);
    titled(words::HELD);
    view! {
        <div class="title-row"><h1>{t(words::HELD)}</h1></div>
        <p class="quiet">{t(words::HELD_HINT)}</p>
        <p class="periods">
            <StateLink decided=false text=words::HELD_OPEN />
            " "
            <StateLink decided=true text=words::HELD_DECIDED />
        </p>
        {move || chosen.0.get().map(|item| view! { <Decide item=item /> })}
        <Loaded load=load show=|page| view! { <List page=page /> } />
    }
}

#[component]
fn StateLink(decided: bool, text: Msg) -> impl IntoView {
    let nav = Desk::here().nav();
    let to = move || Place { decided, ..nav.place().at_page(1) }.url();
    let chosen = move || (nav.place().decided == decided).then_some("true");
    view! { <a href=to aria-current=chosen>{t(text)}</a> }
}

#[component]
fn List(page: Arc<Page<HeldItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::HELD_NONE, words::HELD_NONE_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::COL_WHEN)}</th>
            <th scope="col">{t(words::COL_WHY)}</th>
            <th scope="col">{t(words::COL_WHO)}</th>
            <th scope="col">{t(words::COL_RAW)}</th>
            <th scope="col">{t(words::COL_DECISION)}</th>
        </Listing>
    }
}

#[component]
fn Row(item: HeldItem) -> impl IntoView {
    let desk = Desk::here();
    let code = item.code;
    let when = item.recv_ms.map_or_else(|| format::NONE.to_owned(), format::moment);
    let who = match item.login.clone() {
        Some(login) => view! { <span>{login}</span> }.into_any(),
        None => view! { <span class="quiet">{t(words::WHO_NOBODY)}</span> }.into_any(),
    };
    let decision = match item.decision.clone() {
        Some(decision) => view! { <Decided decision=decision /> }.into_any(),
        None => view! { <Choose item=item.clone() /> }.into_any(),
    };
    view! {
        <tr>
            <td class="time">{when}</td>
            <td>{move || code.says(desk.lang())}</td>
            <td>{who}</td>
            <td class="raw"><details><summary>{t(words::RAW_SHOW)}</summary><pre>{item.raw}</pre></details></td>
            <td class="wrap">{decision}</td>
        </tr>
    }
}

/// What was decided, by whom and when.
#[component]
fn Decided(decision: HeldDecision) -> impl IntoView {
    let desk = Desk::here();
    let (who, when) = (decision.name.clone(), format::moment(decision.at_ms));
    view! {
        <span>{move || outcome(&decision, desk.lang())}</span>
        <p class="quiet">{who}" · "{when}</p>
    }
}

fn outcome(decision: &HeldDecision, lang: Lang) -> String {
    match decision.reason.as_deref().filter(|_| !decision.accepted) {
        Some(reason) => words::HELD_REFUSED.with(lang, &[reason]),
        None => words::HELD_ACCEPTED.get(lang).to_owned(),
    }
}

/// What the server refused to do, with what exactly stood in the way.
fn trouble_says(trouble: &Trouble, lang: Lang) -> String {
    match trouble {
        Trouble::Refused(code @ Code::HeldUnfit, detail) => {
            words::WITH_DETAIL.with(lang, &[code.title(lang), detail])
        }
        Trouble::Refused(Code::Forbidden, _) => words::HELD_NOT_YOURS.get(lang).to_owned(),
        other => other.says(lang),
    }
}

/// Opens it for a decision.
#[component]
fn Choose(item: HeldItem) -> impl IntoView {
    let Chosen(chosen) = expect_context();
    view! {
        <button type="button" on:click=move |_| chosen.set(Some(item.clone()))>{t(words::HELD_DECIDE)}</button>
    }
}

/// What is being typed and sent of one decision.
#[derive(Clone, Copy)]
struct Deciding {
    desk: Desk,
    chosen: RwSignal<Option<HeldItem>>,
    key: StoredValue<String>,
    reason: RwSignal<String>,
    errand: Errand,
}

impl Deciding {
    fn send(self, accept: bool) {
        let Self { desk, chosen, .. } = self;
        let reason = (!accept).then(|| self.reason.get_untracked().trim().to_owned());
        let url = format!("/api/v1/held/{}", self.key.get_value());
        let asked = HeldRequest { accept, reason };
        self.errand.run(async move { api::post::<HeldItem>(&url, &asked).await }, move |_| {
            chosen.try_set(None);
            desk.tick.now();
        });
    }

    /// There is no reason yet.
    fn empty(self) -> bool {
        self.reason.with(|text| text.trim().is_empty())
    }
}

/// Accepts, or refuses with a reason.
#[component]
fn Decide(item: HeldItem) -> impl IntoView {
    let desk = Desk::here();
    let Chosen(chosen) = expect_context();
    let HeldItem { key, code, login, raw, acceptable, .. } = item;
    let (reason, errand) = (RwSignal::new(String::new()), Errand::begin());
    let deciding = Deciding { desk, chosen, key: StoredValue::new(key), reason, errand };
    let refuse = move |_| {
        if !deciding.empty() {
            deciding.send(false);
        }
    };
    let accept = if acceptable {
        view! {
            <button type="button" on:click=move |_| deciding.send(true) aria-disabled=move || errand.is_busy().to_string()>
                {t(words::HELD_ACCEPT)}
            </button>
        }
        .into_any()
    } else {
        view! { <p class="quiet">{t(words::HELD_NOT_ACCEPTABLE)}</p> }.into_any()
    };
    view! {
        <section class="note decide">
        <p><strong>{move || code.says(desk.lang())}</strong>" "{login}</p>
        <div class="raw"><pre>{raw}</pre></div>
        <div class="actions">{accept}</div>
        <div class="actions">
            <input
                aria-label=t(words::HELD_REASON)
                placeholder=t(words::HELD_REASON)
                maxlength=REASON_MAX_CHARS.to_string()
                prop:value=move || reason.get()
                on:input=move |event| reason.set(event_target_value(&event))
            />
            <button type="button" on:click=refuse aria-disabled=move || (errand.is_busy() || deciding.empty()).to_string()>
                {t(words::HELD_REFUSE)}
            </button>
            <button type="button" on:click=move |_| chosen.set(None)>{t(words::HELD_LATER)}</button>
        </div>
        <p class="bad" role="alert">
            {move || errand.trouble().map(|trouble| trouble_says(&trouble, desk.lang()))}
        </p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_said_with_its_reason() {
        let decision = |accepted, reason: Option<&str>| HeldDecision {
            accepted,
            reason: reason.map(str::to_owned),
            login: "admin".to_owned(),
            name: "管理员".to_owned(),
            at_ms: 0,
        };
        assert_eq!(outcome(&decision(true, None), Lang::Zh), "已接受，已计入");
        assert_eq!(outcome(&decision(false, Some("重复")), Lang::Zh), "已拒绝：重复");
    }

    #[test]
    fn why_it_cannot_be_accepted_is_said() {
        let says = |code, detail: &str| trouble_says(&Trouble::Refused(code, detail.to_owned()), Lang::Zh);
        assert!(says(Code::HeldUnfit, "仍读不懂").ends_with("：仍读不懂"));
        assert!(says(Code::Forbidden, "").contains("其他工会组织"));
    }
}
