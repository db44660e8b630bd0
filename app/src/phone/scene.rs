//! 现场: how many people were counted, photos, and a note.

use super::draft::Draft;
use super::photos::PhotoBlock;
use super::session::Shown;
use super::state::app;
use super::{facts, words};
use crate::parts::mark::DraftChip;
use crate::view::prelude::*;
use serde_json::Value;
use shared::id::SessionId;
use shared::session::{COUNT_MAX, Field, NOTE_MAX_CHARS};

/// A headcount as it was typed: whole, and not beyond what is taken.
fn count(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|count| *count <= COUNT_MAX)
}

/// The tab.
#[component]
pub fn Scene(
    /// The session.
    id: SessionId,
    /// As it stands.
    shown: Shown,
) -> impl IntoView {
    let counted = Signal::derive(move || {
        shown.with(|s| s.as_ref().map(|s| (s.rows.totals.photos, s.rows.totals.files))).unwrap_or_default()
    });
    view! {
        <main class="page">
            <Headcount id shown />
            <PhotoBlock id counted />
            <Note id shown />
        </main>
    }
}

#[component]
fn Headcount(id: SessionId, shown: Shown) -> impl IntoView {
    let app = app();
    let draft: Draft<String> = Draft::open(app, format!("headcount:{id}"));
    let wrong = RwSignal::new(false);
    let now = move || shown.with(|s| s.as_ref().and_then(|s| s.rows.totals.headcount));
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let counted = count(&draft.value.get_untracked());
        wrong.set(counted.is_none());
        if let Some(counted) = counted {
            let fact = facts::headcount(facts::new_id(), id, counted);
            let saved = move || app.note(words::SAVED_HERE.get(app.prefs.get_untracked().lang).to_owned());
            app.record(vec![fact], draft.finish(String::new()), saved);
        }
    };
    let touched = move || draft.value.with(|text| !text.is_empty());
    view! {
        <form class="form block" on:submit=submit>
            <label class="field">
                <span>{app.say(words::HEADCOUNT)}</span>
                <input type="text" inputmode="numeric" name="headcount" autocomplete="off" bind:value=draft.value />
            </label>
            <p class="soft">{move || match now() {
                Some(now) => app.with(words::HEADCOUNT_NOW, &[&now.to_string()]),
                None => app.say(words::HEADCOUNT_LEAD)().to_owned(),
            }}</p>
            <p class="fault" role="alert">{move || wrong.get().then(|| app.say(words::HEADCOUNT_BAD)())}</p>
            <div class="block-foot">
                {move || touched().then(|| view! { <DraftChip /> })}
                <button type="submit" class="secondary">{app.say(words::HEADCOUNT_DO)}</button>
            </div>
        </form>
    }
}

#[component]
fn Note(id: SessionId, shown: Shown) -> impl IntoView {
    let app = app();
    let now = shown.with_untracked(|s| s.as_ref().and_then(|s| s.session.note.clone())).unwrap_or_default();
    let kept = RwSignal::new(now.clone());
    let draft: Draft<String> = Draft::open_or(app, format!("note:{id}"), now);
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let text = draft.value.get_untracked();
        let fact = facts::set(facts::new_id(), id, Field::Note, Value::from(text.clone()));
        let saved = move || app.note(words::SAVED_HERE.get(app.prefs.get_untracked().lang).to_owned());
        kept.set(text.clone());
        app.record(vec![fact], draft.finish(text), saved);
    };
    let touched = move || draft.value.get() != kept.get();
    view! {
        <form class="form block" on:submit=submit>
            <label class="field">
                <span>{app.say(words::NOTE)}</span>
                <textarea name="note" autocomplete="off" rows="4" maxlength=NOTE_MAX_CHARS bind:value=draft.value></textarea>
            </label>
            <div class="block-foot">
                {move || touched().then(|| view! { <DraftChip /> })}
                <button type="submit" class="secondary" disabled=move || !touched()>{app.say(words::NOTE_DO)}</button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headcounts_are_whole_and_bounded() {
        assert_eq!(count(" 48 "), Some(48));
        for text in ["", "-1", "4.5", "四十", "1000001", "99999999999"] {
            assert_eq!(count(text), None, "{text}");
        }
    }
}
