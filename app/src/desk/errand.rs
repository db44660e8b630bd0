//! What is asked of the server once, by a button or a form: one at a time, and what stood in its way is kept
//! to be said beside it.

use super::Desk;
use super::api::Trouble;
use crate::view::prelude::*;
use crate::view::task::spawn_local;

/// Whether something is under way, and how the last one failed.
#[derive(Debug, Clone, Copy)]
pub struct Errand {
    desk: Desk,
    busy: RwSignal<bool>,
    failed: RwSignal<Option<Trouble>>,
}

impl Errand {
    /// Nothing is under way.
    #[must_use]
    pub fn begin() -> Self {
        Self { desk: Desk::here(), busy: RwSignal::new(false), failed: RwSignal::new(None) }
    }

    /// Whether it is under way; whoever reads it is run again when that changes.
    #[must_use]
    pub fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// Why the last one came to nothing.
    #[must_use]
    pub fn trouble(self) -> Option<Trouble> {
        self.failed.get()
    }

    /// The same as a sentence.
    #[must_use]
    pub fn says(self) -> Option<String> {
        self.failed.get().map(|trouble| trouble.says(self.desk.lang()))
    }

    /// Forgets why the last one failed.
    pub fn forget(self) {
        self.failed.set(None);
    }

    /// Does it, unless something is under way already, and hands on what came of it. The page may be gone
    /// by then.
    pub fn run<T: 'static>(
        self,
        what: impl Future<Output = Result<T, Trouble>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            let outcome = what.await;
            self.busy.try_set(false);
            match outcome {
                Ok(value) => done(value),
                Err(trouble) if trouble.is_login_over() => self.desk.login_is_over(),
                Err(trouble) => {
                    self.failed.try_set(Some(trouble));
                }
            }
        });
    }
}

/// What stood in the way, beside what was asked for.
#[component]
pub fn Failing(
    /// Of what.
    errand: Errand,
) -> impl IntoView {
    view! { <span class="bad" role="alert">{move || errand.says()}</span> }
}
