//! 查看完整信息: what is masked is shown, or given as a file, for a reason that the audit keeps.

use super::errand::{Errand, Failing};
use super::words::{self, t};
use crate::view::prelude::*;
use shared::sight::{REASON_CHARS, reason};
use shared::text::Msg;

/// Asks for a reason, and hands it on.
#[component]
pub fn Reason(
    /// What is to be seen.
    #[prop(into)]
    what: Signal<String>,
    /// What giving it does.
    text: Msg,
    /// How it goes.
    errand: Errand,
    /// Takes the reason.
    give: impl Fn(String) + Clone + Send + 'static,
    /// Closes this.
    leave: impl Fn() + Send + 'static,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let good = move || typed.with(|text| reason(text).is_some());
    let send = move || {
        if let Some(why) = typed.with_untracked(|text| reason(text)) {
            give(why);
        }
    };
    view! {
        <form
            class="note decide reason"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            <p><strong>{what}</strong></p>
            <p class="quiet">{t(words::REASON_HINT)}</p>
            <div class="actions">
                <input
                    aria-label=t(words::REASON)
                    placeholder=t(words::REASON)
                    maxlength=REASON_CHARS.end().to_string()
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                />
                <button type="submit" class="primary" aria-disabled=move || (errand.is_busy() || !good()).to_string()>
                    {t(text)}
                </button>
                <button type="button" on:click=move |_| leave()>{t(words::CANCEL)}</button>
            </div>
            <Failing errand=errand />
        </form>
    }
}
