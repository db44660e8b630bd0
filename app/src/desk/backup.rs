//! How the backup stands, and what a restore brought back: said to whoever manages anything.

use super::Desk;
use super::format;
use super::load::Load;
use super::words;
use crate::view::prelude::*;
use shared::text::Lang;
use shared::wire::{BackupState, RestoredState};

/// One line, or several where something is wrong; nothing to who may not know.
#[component]
pub fn BackupLine() -> impl IntoView {
    let desk = Desk::here();
    let load = Load::<BackupState>::one(|| "/api/v1/backup".to_owned());
    move || {
        let state = load.get()?;
        let lang = desk.lang();
        let (text, warns) = stands(&state, lang);
        let class = if warns { "note note-warn backup" } else { "quiet backup" };
        let restored = state.restored.clone().map(|restored| {
            view! { <p class="note restored" role="status">{brought_back(&restored, lang)}</p> }
        });
        Some(view! {
            <p class=class role=warns.then_some("status")>{text}</p>
            {restored}
        })
    }
}

/// The words, and whether they are a warning.
fn stands(state: &BackupState, lang: Lang) -> (String, bool) {
    let last = state.last_ms.map(format::moment);
    match (&state.fault, last) {
        _ if !state.configured => (words::BACKUP_NONE.get(lang).to_owned(), true),
        (Some(fault), Some(last)) => (words::BACKUP_FAILS.with(lang, &[&last, fault]), true),
        (Some(fault), None) => (fault.clone(), true),
        (None, Some(last)) => (words::BACKUP_GOOD.with(lang, &[&last]), false),
        (None, None) => (words::BACKUP_NONE.get(lang).to_owned(), true),
    }
}

fn brought_back(restored: &RestoredState, lang: Lang) -> String {
    let number = |n: i64| format::count(u64::try_from(n).unwrap_or(0));
    words::BACKUP_RESTORED.with(
        lang,
        &[
            &format::moment(restored.at_ms),
            &format::moment(restored.backup_ms),
            &number(restored.changes),
            &number(restored.devices),
            &number(restored.came_back),
        ],
    )
}
