//! The five states of a record, each with a word and an icon.

use super::icon::Icon;
use crate::phone::state::app;
use crate::phone::words;
use crate::view::prelude::*;
use shared::phone::Mark;
use shared::text::Msg;

/// How a state looks.
const fn look(mark: Mark) -> (Icon, Msg, &'static str) {
    match mark {
        Mark::Saving => (Icon::Draft, words::STATE_SAVING, "mark"),
        Mark::Saved => (Icon::Saved, words::STATE_SAVED, "mark mark-saved"),
        Mark::Sending => (Icon::Sending, words::STATE_SENDING, "mark mark-sending"),
        Mark::Sent => (Icon::Sent, words::STATE_SENT, "mark mark-sent"),
        Mark::Held => (Icon::Held, words::STATE_HELD, "mark mark-held"),
    }
}

/// A record's state.
#[component]
pub fn MarkChip(
    /// The state.
    mark: Mark,
) -> impl IntoView {
    let (icon, word, class) = look(mark);
    view! { <span class=class>{icon.draw()}<span>{app().say(word)}</span></span> }
}

/// The state of what is still being typed.
#[component]
pub fn DraftChip() -> impl IntoView {
    view! { <span class="mark">{Icon::Draft.draw()}<span>{app().say(words::STATE_DRAFT)}</span></span> }
}
