//! 扫码答卷: the code by which people answer on phones of their own. The link comes from the server, so
//! it needs signal once, and is shown as long as the page is open.

use super::state::{App, app};
use super::words;
use crate::api::{self, Linked};
use crate::parts::qr::QrCode;
use crate::view::prelude::*;
use shared::answering::Answering;
use shared::id::SessionId;
use shared::problem::Code;
use shared::text::Msg;
use wasm_bindgen_futures::spawn_local;

/// What has become of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Not,
    Asking,
    Got(Answering),
    Failed(Msg),
}

/// Why there is no code, and what can be done.
fn why(app: App, linked: &Linked) -> Msg {
    match linked {
        Linked::Unreachable => words::ANSWERING_OFFLINE,
        // What this phone has made and not uploaded is not known there yet.
        Linked::Refused(Some(Code::NotFound)) => words::ANSWERING_NOT_YET,
        Linked::Refused(Some(Code::AnsweringEnded)) => words::ANSWERING_OVER,
        Linked::Refused(Some(Code::LoginExpired)) => words::LOGIN_AGAIN,
        Linked::Refused(_) if !app.online.get_untracked() => words::ANSWERING_OFFLINE,
        Linked::Refused(_) => words::ANSWERING_FAILED,
    }
}

/// Below the form: for those with signal.
#[component]
pub fn Code(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let asked = RwSignal::new(Asked::Not);
    let ask = move |_| {
        let Some(bearer) = app.peek(|phone| phone.identity().token.clone()) else { return };
        asked.set(Asked::Asking);
        spawn_local(async move {
            let now = match api::answering(&bearer, id).await {
                Ok(link) => Asked::Got(link),
                Err(linked) => Asked::Failed(why(app, &linked)),
            };
            // The page may be gone by now.
            let _ = asked.try_set(now);
        });
    };
    let content = move || match asked.get() {
        Asked::Got(link) => view! { <Shown link /> }.into_any(),
        Asked::Asking => view! { <p role="status">{app.say(words::ANSWERING_ASKING)}</p> }.into_any(),
        other => {
            let failed = match other {
                Asked::Failed(why) => Some(why),
                _ => None,
            };
            view! {
                <button type="button" class="secondary" on:click=ask>{app.say(words::ANSWERING_SHOW)}</button>
                <p class="fault" role="alert">{failed.map(|why| app.say(why))}</p>
            }
            .into_any()
        }
    };
    view! {
        <details class="answering">
            <summary>{app.say(words::ANSWERING)}</summary>
            <p class="soft">{app.say(words::ANSWERING_LEAD)}</p>
            {content}
        </details>
    }
}

#[component]
fn Shown(link: Answering) -> impl IntoView {
    let app = app();
    let origin = window().location().origin().unwrap_or_default();
    let counts = [link.answered.to_string(), link.most.to_string()];
    let counted = move || app.with(words::ANSWERING_COUNT, &[&counts[0], &counts[1]]);
    view! {
        <QrCode text=format!("{origin}{}", link.path) label=app.say(words::ANSWERING_CODE) />
        <p role="status">{counted}</p>
    }
}
