//! The form on a phone, as it is being made: the phone's own drawing of it, to be tapped.

use super::super::Desk;
use super::super::words::{self, t};
use super::sheet::Sheet;
use crate::parts::form::{Filling, Questions};
use crate::view::prelude::*;
use shared::form::answer::Answers;
use shared::text::Lang;
use std::sync::Arc;

/// The frame.
#[component]
pub fn Preview(
    /// The form.
    sheet: Sheet,
) -> impl IntoView {
    let desk = Desk::here();
    let lang = RwSignal::new(desk.prefs.lang.get_untracked());
    let answers = RwSignal::new(Answers::new());
    let filling = Filling { answers, lang: lang.into(), fault: RwSignal::new(None) };
    let form = Memo::new(move |_| sheet.form());
    let choice = move |of: Lang, name: &'static str| {
        let pressed = move || (lang.get() == of).to_string();
        view! {
            <button type="button" lang=of.tag() aria-pressed=pressed on:click=move |_| lang.set(of)>{name}</button>
        }
    };
    view! {
        <aside class="builder-view" aria-label=t(words::BUILD_PREVIEW)>
            <h2>{t(words::BUILD_PREVIEW)}</h2>
            <p class="quiet">{t(words::BUILD_TRY)}</p>
            <p class="actions">
                <span class="choice">{choice(Lang::Zh, "中文")}{choice(Lang::En, "English")}</span>
                <button type="button" on:click=move |_| answers.set(Answers::new())>{t(words::BUILD_CLEAR)}</button>
            </p>
            <div class="phone-frame" lang=move || lang.get().tag()>
                <p class="phone-title">{move || sheet.title.get().get(lang.get()).to_owned()}</p>
                <form autocomplete="off" on:submit=move |event| event.prevent_default()>
                    {move || view! { <Questions form=Arc::new(form.get()) filling=filling /> }}
                </form>
            </div>
        </aside>
    }
}
