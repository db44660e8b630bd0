//! What is masked of the people of one session, shown for a reason: of everybody, or of one.

use super::Desk;
use super::api;
use super::errand::Errand;
use super::format;
use super::reason::Reason;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::id::{PersonId, SessionId};
use shared::person::Person;
use shared::sight::{May, RevealRequest, Revealed};
use shared::wire::AttendanceItem;
use std::collections::HashMap;

/// Whom it is asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Everybody,
    One(PersonId, String),
}

/// What was shown so far; it is gone with the page.
#[derive(Debug, Clone, Copy)]
pub struct Reveal {
    session: SessionId,
    asked: RwSignal<Option<Asked>>,
    shown: RwSignal<HashMap<PersonId, Person>>,
    errand: Errand,
}

impl Reveal {
    /// Of the people of a session.
    #[must_use]
    pub fn of(session: SessionId) -> Self {
        Self {
            session,
            asked: RwSignal::new(None),
            shown: RwSignal::new(HashMap::new()),
            errand: Errand::begin(),
        }
    }

    /// The person of a line: as it is, where that was shown.
    #[must_use]
    pub fn person(self, item: &AttendanceItem) -> Option<Person> {
        self.shown.with(|shown| shown.get(&item.row.person).cloned()).or_else(|| item.person.clone())
    }

    fn is_shown(self, person: PersonId) -> bool {
        self.shown.with(|shown| shown.contains_key(&person))
    }

    fn ask(self, asked: Option<Asked>) {
        self.errand.forget();
        self.asked.set(asked);
    }

    fn send(self, reason: String) {
        let person = match self.asked.get_untracked() {
            Some(Asked::One(person, _)) => Some(person),
            Some(Asked::Everybody) => None,
            None => return,
        };
        let url = format!("/api/v1/sessions/{}/attendance/reveal", self.session);
        let asked = RevealRequest { reason, person };
        self.errand.run(async move { api::post::<Revealed>(&url, &asked).await }, move |revealed| {
            let found = revealed.persons.into_iter().map(|person| (person.id, person));
            self.shown.try_update(|shown| shown.extend(found));
            self.asked.try_set(None);
        });
    }
}

/// The button for everybody; only for those who administer.
#[component]
pub fn RevealAll(
    /// Of whom.
    reveal: Reveal,
) -> impl IntoView {
    Desk::here().may(May::Manage).then(|| {
        view! {
            <button type="button" class="reveal" on:click=move |_| reveal.ask(Some(Asked::Everybody))>
                {t(words::REVEAL)}
            </button>
        }
    })
}

/// Asks for the reason, once something is to be shown.
#[component]
pub fn RevealReason(
    /// Of whom.
    reveal: Reveal,
) -> impl IntoView {
    let desk = Desk::here();
    let says = move |asked: &Asked| match asked {
        Asked::Everybody => words::REVEAL_ALL.get(desk.lang()).to_owned(),
        Asked::One(_, name) => words::REVEAL_ONE.with(desk.lang(), &[name]),
    };
    move || {
        reveal.asked.get().map(|asked| {
            let what = Signal::derive(move || says(&asked));
            view! {
                <Reason
                    what=what
                    text=words::REVEAL_DO
                    errand=reveal.errand
                    give=move |why| reveal.send(why)
                    leave=move || reveal.ask(None)
                />
            }
        })
    }
}

/// The phone tail of a line: hidden, with the way to see it for those who administer.
#[component]
pub fn Tail(
    /// Of whom.
    reveal: Reveal,
    /// The line.
    item: AttendanceItem,
) -> impl IntoView {
    let desk = Desk::here();
    move || {
        if reveal.is_shown(item.row.person) {
            let tail = reveal.person(&item).and_then(|person| person.phone_tail);
            return view! { <span translate="no">{tail.unwrap_or_else(|| format::NONE.to_owned())}</span> }
                .into_any();
        }
        let Some(person) = item.person.clone().filter(|_| desk.may(May::Manage)) else {
            return view! { <span class="quiet">{t(words::HIDDEN)}</span> }.into_any();
        };
        let label = words::REVEAL_ONE.with(desk.lang(), &[&person.name]);
        view! {
            <button
                type="button"
                class="small"
                aria-label=label
                on:click=move |_| reveal.ask(Some(Asked::One(person.id, person.name.clone())))
            >
                {t(words::HIDDEN)}
            </button>
        }
        .into_any()
    }
}
