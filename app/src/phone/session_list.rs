//! 场次: today, planned, done.

use super::frame::{Head, MainBar};
use super::loss::Losses;
use super::route::{Link, Route, Tab};
use super::search::org_name;
use super::state::app;
use super::{when, words};
use crate::browser::now_ms;
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::session::{SessionRow, State};
use shared::stamp::day_ms;
use shared::text::Msg;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most past sessions that are listed.
const DONE_MAX: usize = 50;

/// Which heading a session stands under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Today,
    Planned,
    Done,
}

impl Part {
    const fn title(self) -> Msg {
        match self {
            Self::Today => words::TODAY,
            Self::Planned => words::PLANNED,
            Self::Done => words::DONE,
        }
    }

    /// Open ones of other days belong to today as well: somebody still has to close them.
    fn of(session: &SessionRow, now_ms: i64) -> Self {
        let away = day_ms(session.starts_ms) - day_ms(now_ms);
        match session.state {
            State::Closed | State::Cancelled => Self::Done,
            _ if away > 0 => Self::Planned,
            State::Planned if away < 0 => Self::Done,
            _ => Self::Today,
        }
    }
}

/// One card of the list.
#[derive(Debug, Clone, PartialEq)]
struct Card {
    session: SessionRow,
    org_name: String,
    waiting: u32,
}

type Cards = BTreeMap<Part, Vec<Card>>;

fn cards(phone: &shared::phone::Phone, now_ms: i64) -> Cards {
    let mut waiting: BTreeMap<SessionId, u32> = BTreeMap::new();
    for (_, session, _) in phone.waiting() {
        if let Some(session) = session {
            *waiting.entry(session).or_default() += 1;
        }
    }
    let mut cards = Cards::new();
    for session in phone.sessions() {
        let card = Card {
            org_name: org_name(phone.book(), session.org),
            waiting: waiting.get(&session.id).copied().unwrap_or(0),
            session,
        };
        cards.entry(Part::of(&card.session, now_ms)).or_default().push(card);
    }
    // The latest first among what is over and what is under way; the next first among the planned.
    for part in [Part::Today, Part::Done] {
        if let Some(cards) = cards.get_mut(&part) {
            cards.reverse();
            cards.truncate(DONE_MAX);
        }
    }
    cards
}

/// The page.
#[component]
pub fn SessionList() -> impl IntoView {
    let app = app();
    let all = Memo::new(move |_| {
        app.minute.track();
        Arc::new(app.read(|phone| cards(phone, phone.server_ms(now_ms()))).unwrap_or_default())
    });
    let title = Signal::derive(move || app.say(words::SESSIONS)().to_owned());
    let under = Signal::derive(move || when::day(app.server_now_ms(), app.lang()));
    let empty = move || all.with(|all| all.is_empty());
    view! {
        <Head title under />
        <main class="page list-page">
            <Losses />
            {move || empty().then(|| view! { <p class="empty">{app.say(words::NO_SESSIONS)}</p> })}
            {[Part::Today, Part::Planned, Part::Done].map(|part| view! { <Section part all /> }).collect_view()}
        </main>
        <div class="float" role="region" aria-label=app.say(words::NEW_SESSION)>
            <Link to=Route::New class="primary">{Icon::Plus.draw()}<span>{app.say(words::NEW_SESSION)}</span></Link>
        </div>
        <MainBar />
    }
}

#[component]
fn Section(part: Part, all: Memo<Arc<Cards>>) -> impl IntoView {
    let app = app();
    let cards = Memo::new(move |_| all.with(|all| all.get(&part).cloned().unwrap_or_default()));
    let line = move |card: Card| view! { <CardLine card /> };
    move || {
        (!cards.with(Vec::is_empty)).then(|| {
            view! {
                <section class="group">
                    <h2>{app.say(part.title())}</h2>
                    <ul class="cards">
                        {move || cards.get().into_iter().map(line).collect_view()}
                    </ul>
                </section>
            }
        })
    }
}

#[component]
fn CardLine(card: Card) -> impl IntoView {
    let app = app();
    let Card { session, org_name, waiting } = card;
    let SessionRow { id, title, starts_ms, state, .. } = session;
    let waits = (waiting > 0).then(|| {
        let text = move || app.with(words::WAITING_HERE, &[&waiting.to_string()]);
        view! { <span class="mark mark-saved">{Icon::Saved.draw()}<span>{text}</span></span> }
    });
    view! {
        <li>
            <Link to=Route::Session(id, Tab::Attendance) class="card">
                <span class="card-title">{title}</span>
                <span class="card-under">{org_name}</span>
                <span class="card-foot">
                    <span>{move || when::moment(starts_ms, app.server_now_ms(), app.lang())}</span>
                    <span class="card-state">{move || state.label(app.lang())}</span>
                    {waits}
                </span>
            </Link>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::stamp::DAY_MS;

    #[test]
    fn sessions_stand_where_people_look() {
        let session = |state: &str, starts_ms: i64| -> SessionRow {
            serde_json::from_value(serde_json::json!({
                "id": "00000000-0000-0000-0000-000000000009", "org": "00000000-0000-0000-0000-000000000001",
                "campaign": "00000000-0000-0000-0000-000000000001", "activity": "lecture", "title": "t",
                "starts_ms": starts_ms, "state": state
            }))
            .unwrap()
        };
        let now = 20 * DAY_MS;
        let part = |state, starts_ms| Part::of(&session(state, starts_ms), now);
        assert_eq!(part("open", now), Part::Today);
        assert_eq!(part("planned", now), Part::Today);
        assert_eq!(part("open", now - 3 * DAY_MS), Part::Today, "somebody has to close it");
        assert_eq!(part("planned", now - 3 * DAY_MS), Part::Done);
        assert_eq!(part("planned", now + DAY_MS), Part::Planned);
        assert_eq!(part("closed", now), Part::Done);
    }
}
