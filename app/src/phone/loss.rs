//! What was lost on this phone or at its server, until the person has read it.

use super::state::{App, app};
use super::{when, words};
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use shared::phone::Event;
use shared::text::Msg;
use shared::wire::{Loss, LossKind};

const fn what(kind: LossKind) -> Msg {
    match kind {
        LossKind::Emptied => words::LOSS_EMPTIED,
        LossKind::RolledBack => words::LOSS_ROLLED_BACK,
        LossKind::ServerBehind => words::LOSS_SERVER_BEHIND,
        LossKind::Other => words::LOSS_OTHER,
    }
}

const fn missing(kind: LossKind) -> Msg {
    match kind {
        LossKind::ServerBehind => words::LOSS_MISSING_SERVER,
        _ => words::LOSS_MISSING,
    }
}

/// A loss in words: what, how much where that is known, and when it was noticed.
fn says(app: App, loss: &Loss) -> String {
    let mut parts = vec![app.say(what(loss.kind))().to_owned()];
    if let Some(n) = loss.missing.filter(|n| *n > 0) {
        parts.push(app.with(missing(loss.kind), &[&n.to_string()]));
    }
    let noticed = when::moment(loss.at_ms, app.server_now_ms(), app.lang());
    format!("{} ({noticed})", parts.join(app.lang().pick("", " ")))
}

/// The remark, in the page and not over it.
#[component]
pub fn Losses() -> impl IntoView {
    let app = app();
    let unread = Memo::new(move |_| {
        let unread = |phone: &shared::phone::Phone| -> Vec<Loss> {
            phone.losses().iter().filter(|note| !note.read).map(|note| note.loss.clone()).collect()
        };
        app.read(unread).unwrap_or_default()
    });
    let line = move |loss: Loss| {
        view! {
            <p class="remark remark-red loss">{Icon::Held.draw()}<span>{move || says(app, &loss)}</span></p>
        }
    };
    move || {
        (!unread.with(Vec::is_empty)).then(|| {
            view! {
                <section role="alert">
                    {move || unread.get().into_iter().map(line).collect_view()}
                    <div class="loss-foot">
                        <button type="button" class="secondary" on:click=move |_| app.send(Event::LossesRead)>
                            {app.say(words::LOSS_READ)}
                        </button>
                    </div>
                </section>
            }
        })
    }
}
