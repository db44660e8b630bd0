//! What is not published yet is kept in this browser, so that a closed tab costs nothing. A form is no personal
//! data; what is kept goes when it is published or discarded.

use super::super::route::{Edit, Route};
use super::sheet::Sheet;
use crate::view::prelude::*;
use gloo_storage::{LocalStorage, Storage};
use serde::{Deserialize, Serialize};
use shared::form::Form;

#[derive(Serialize, Deserialize)]
struct Kept {
    /// The version that it was made from.
    after: Option<u32>,
    form: Form,
}

fn key(edit: Edit) -> String {
    format!("jiangdao-form:{}", Route::Form(edit).path())
}

/// Whether this browser keeps anything at all; some throw at the first touch.
fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// The sheet as it was left, if that was made from what is out now, else as it is out; and whether it was left.
pub fn open(edit: Edit, after: Option<u32>, out: &Form) -> (Sheet, RwSignal<bool>) {
    let kept = storage().and_then(|_| LocalStorage::get::<Kept>(key(edit)).ok());
    let kept = kept.filter(|kept| kept.after == after && !kept.form.questions.is_empty());
    let found = RwSignal::new(kept.is_some());
    let form = kept.map_or_else(|| out.clone(), |kept| Form { version: out.version, ..kept.form });
    let sheet = Sheet::new(&form);
    let out = out.clone();
    Effect::new(move |_| {
        let form = sheet.form();
        if form.title == out.title && form.questions == out.questions {
            forget(edit);
        } else if storage().is_some() {
            // A full store costs this copy alone.
            drop(LocalStorage::set(key(edit), Kept { after, form }));
        }
    });
    (sheet, found)
}

/// It is out, or not wanted.
pub fn forget(edit: Edit) {
    if storage().is_some() {
        LocalStorage::delete(key(edit));
    }
}
