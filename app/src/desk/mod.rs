//! The desk: overview, drill-down, tables to take away.

pub mod accounts;
pub mod answering;
pub mod api;
pub mod attendance;
pub mod audit;
pub mod backup;
pub mod board;
pub mod campaigns;
pub mod closing;
pub mod coverage;
pub mod coverage_table;
pub mod day;
pub mod deed;
pub mod devices;
pub mod drawing;
pub mod enter;
pub mod errand;
pub mod export;
pub mod exports;
pub mod filter_bar;
pub mod first;
pub mod form_builder;
pub mod format;
pub mod forms;
pub mod held;
pub mod import;
pub mod import_says;
pub mod invite;
pub mod load;
pub mod login;
pub mod me;
pub mod nav;
pub mod pager;
pub mod photos;
pub mod prefs;
pub mod query;
pub mod read_tokens;
pub mod reason;
pub mod report;
pub mod rescue;
pub mod reveal;
pub mod roster;
pub mod route;
pub mod score;
pub mod session;
pub mod session_list;
pub mod settings;
pub mod sheet;
pub mod shell;
pub mod sort;
pub mod tree;
pub mod trend;
pub mod words;

use crate::view::prelude::*;
use load::Tick;
use login::Login;
use nav::Nav;
use prefs::Prefs;
use shared::first::FIRST_PATH;
use shared::invite::ENTER_PATH;
use shared::sight::May;
use shared::text::Lang;
use shared::wire::LoginAnswer;
use shell::Shell;
use std::sync::Arc;

/// Who sits at the desk.
#[derive(Debug, Clone, PartialEq)]
pub enum Who {
    /// The server has not said yet.
    Asking,
    /// The server could not be asked.
    Unknown(api::Trouble),
    /// Nobody; true where a login has just ended.
    Nobody(bool),
    /// Somebody.
    In(Arc<LoginAnswer>),
}

/// What every part of the desk may use.
#[derive(Debug, Clone, Copy)]
pub struct Desk {
    nav: Nav,
    prefs: Prefs,
    tick: Tick,
    who: RwSignal<Who>,
}

impl Desk {
    /// The desk that this part belongs to.
    #[must_use]
    pub fn here() -> Self {
        expect_context()
    }

    /// The language; whoever reads it is run again when it changes.
    #[must_use]
    pub fn lang(self) -> Lang {
        self.prefs.lang.get()
    }

    /// Where the reader is.
    #[must_use]
    pub fn nav(self) -> Nav {
        self.nav
    }

    /// Whether the login may use a part of the product anywhere.
    #[must_use]
    pub fn may(self, may: May) -> bool {
        let has = |answer: &LoginAnswer| answer.may.iter().any(|word| word == may.wire());
        self.who.with_untracked(|who| matches!(who, Who::In(answer) if has(answer)))
    }

    /// Asks for the login again; the address stays, so that the same page comes back.
    pub fn login_is_over(self) {
        self.who.set(Who::Nobody(true));
    }

    /// Asks the server again who is logged in, and what that login may.
    pub fn ask(self) {
        crate::view::task::spawn_local(async move {
            let outcome = api::who().await;
            self.who.set(match outcome {
                Ok(answer) => Who::In(Arc::new(answer)),
                Err(api::Trouble::Refused(..)) => Who::Nobody(false),
                Err(trouble) => Who::Unknown(trouble),
            });
        });
    }
}

/// Mounts the desk into the page.
pub fn start() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let desk = Desk {
        nav: Nav::begin(),
        prefs: Prefs::begin(),
        tick: Tick::begin(),
        who: RwSignal::new(Who::Asking),
    };
    provide_context(desk);
    desk.ask();
    let link = RwSignal::new(enter::token(ENTER_PATH));
    let first = RwSignal::new(enter::token(FIRST_PATH));
    move || match desk.who.get() {
        _ if first.with(Option::is_some) => view! { <first::First link=first /> }.into_any(),
        _ if link.with(Option::is_some) => view! { <enter::Enter link=link /> }.into_any(),
        Who::Asking => view! { <p class="waiting" role="status">{words::t(words::LOADING)}</p> }.into_any(),
        Who::Unknown(trouble) => {
            view! { <main class="alone"><load::Failed trouble=trouble again=move || desk.ask() /></main> }
                .into_any()
        }
        Who::Nobody(ended) => view! { <Login ended=ended /> }.into_any(),
        Who::In(answer) if answer.enrol => view! { <me::MustEnrol /> }.into_any(),
        Who::In(answer) => view! { <Shell answer=answer /> }.into_any(),
    }
}
