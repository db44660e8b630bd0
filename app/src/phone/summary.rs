//! 小结: what it came to, what is safe, closing, and a text for the group chat.

use super::session::Shown;
use super::state::{App, app};
use super::{facts, photo_words, when, words};
use crate::browser;
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use serde_json::Value;
use shared::closing::{CHECK_INS_TOP, RESPONSES_TOP, count_says};
use shared::id::SessionId;
use shared::phone::{SessionSafety, SessionView};
use shared::session::{Field, State};
use shared::text::{Lang, Msg};
use wasm_bindgen_futures::spawn_local;

/// The text for the group chat: no names.
fn share_text(shown: &SessionView, org_name: &str, lang: Lang) -> String {
    let session = &shown.session;
    let when = format!("{} {}", when::day(session.starts_ms, lang), when::time(session.starts_ms));
    let place = session.venue.as_deref().unwrap_or(org_name);
    let mut attended = words::SHARE_ATTENDED.with(lang, &[&shown.rows.totals.attended.to_string()]);
    if let Some(expected) = shown.expected {
        attended.push_str(&words::SHARE_OF.with(lang, &[&expected.to_string()]));
    }
    [
        words::SHARE_TITLE.with(lang, &[session.activity.label(lang), &session.title]),
        words::SHARE_WHEN.with(lang, &[&when]),
        words::SHARE_WHERE.with(lang, &[place]),
        attended,
    ]
    .join("\n")
}

/// Present of expected, in percent with one decimal; none where nobody is expected.
fn rate(present: u32, expected: Option<u32>) -> Option<String> {
    let expected = u64::from(expected.filter(|expected| *expected > 0)?);
    let tenths = (u64::from(present) * 1_000 + expected / 2) / expected;
    Some(format!("{}.{}%", tenths / 10, tenths % 10))
}

/// The tab.
#[component]
pub fn Summary(
    /// The session.
    id: SessionId,
    /// As it stands.
    shown: Shown,
) -> impl IntoView {
    view! {
        <main class="page">
            <Totals id shown />
            <Own id />
            <ClosingCode id shown />
            <Share shown />
            <CopySession shown />
            <Close id shown />
        </main>
    }
}

#[component]
fn Totals(id: SessionId, shown: Shown) -> impl IntoView {
    let app = app();
    let totals = move || shown.with(|s| s.as_ref().map(|s| (s.rows.totals, s.expected))).unwrap_or_default();
    let on_roster = move || {
        let (totals, expected) = totals();
        let present = shown
            .with(|s| s.as_ref().map_or(0, |s| s.rows.attendance.values().filter(|r| r.present).count()));
        let present = u32::try_from(present).unwrap_or(0).saturating_sub(totals.walk_ins);
        rate(present, expected)
    };
    // What the server counted, or what this phone took, whichever is more.
    let responses = move || {
        let own = app.read(|phone| phone.session_safety(id).responses).unwrap_or(0);
        totals().0.responses.max(own)
    };
    let dash = || "–".to_owned();
    view! {
        <dl class="totals">
            <Total word=words::ATTENDED value=move || totals().0.attended.to_string() />
            <Total word=words::EXPECTED value=move || totals().1.map_or_else(dash, |n| n.to_string()) />
            <Total word=words::RATE value=move || on_roster().unwrap_or_else(dash) />
            <Total word=words::WALK_INS value=move || totals().0.walk_ins.to_string() />
            <Total word=words::HEADCOUNT value=move || totals().0.headcount.map_or_else(dash, |n| n.to_string()) />
            <Total word=words::RESPONSES value=move || responses().to_string() />
        </dl>
    }
}

#[component]
fn Total(word: Msg, value: impl Fn() -> String + Send + 'static) -> impl IntoView {
    view! { <div><dt>{app().say(word)}</dt><dd>{value}</dd></div> }
}

/// Whether the server has everything that this phone recorded.
const fn is_there(own: &SessionSafety) -> bool {
    own.sent + own.held == own.recorded && own.responses_sent == own.responses
}

/// "132 recorded · 132 on the server".
#[component]
fn Own(id: SessionId) -> impl IntoView {
    let app = app();
    let safety = Memo::new(move |_| app.read(|phone| phone.session_safety(id)).unwrap_or_default());
    let all_there = move || safety.with(is_there);
    let icon = move || if all_there() { Icon::Sent.draw().into_any() } else { Icon::Saved.draw().into_any() };
    let line = move |word: Msg, pair: (u32, u32)| app.with(word, &[&pair.0.to_string(), &pair.1.to_string()]);
    let records = move || safety.with(|s| (s.recorded, s.sent + s.held));
    let responses = move || safety.with(|s| (s.responses, s.responses_sent));
    view! {
        <section class="block own" class:own-there=all_there aria-live="polite">
            {icon}
            <div>
                <p>{move || line(words::OWN_RECORDS, records())}</p>
                {move || (responses().0 > 0).then(|| view! { <p>{line(words::OWN_RESPONSES, responses())}</p> })}
            </div>
        </section>
    }
}

/// What is told by phone where there is no signal; large, since it is read aloud.
#[component]
fn ClosingCode(id: SessionId, shown: Shown) -> impl IntoView {
    let app = app();
    let code = Memo::new(move |_| {
        let closed = shown.with(|s| s.as_ref().is_some_and(|s| s.session.state == State::Closed));
        app.read(|phone| phone.closing(id)).flatten().filter(|_| closed)
    });
    let there = Memo::new(move |_| {
        let safety = app.read(|phone| phone.session_safety(id)).unwrap_or_default();
        is_there(&safety)
    });
    let lead = move || if there.get() { words::CLOSING_NOT_NEEDED } else { words::CLOSING_LEAD };
    move || {
        code.get().map(|code| {
            let (text, declared) = (code.to_string(), code.declared);
            let says = move || {
                let check_ins = count_says(declared.check_ins, CHECK_INS_TOP, app.lang());
                let responses = count_says(declared.responses, RESPONSES_TOP, app.lang());
                app.with(words::CLOSING_SAYS, &[&check_ins, &responses])
            };
            view! {
                <section class="block" class:closing-done=move || there.get()>
                    <h2>{app.say(words::CLOSING)}</h2>
                    <p class="closing-code" translate="no">{text.clone()}</p>
                    <p class="soft">{says}</p>
                    <p>{move || lead().get(app.lang())}</p>
                    <div class="block-foot">
                        <button type="button" class="secondary" on:click=move |_| copy(app, text.clone())>
                            {app.say(words::CLOSING_COPY)}
                        </button>
                    </div>
                </section>
            }
        })
    }
}

fn copy(app: App, text: String) {
    spawn_local(async move {
        let word = if browser::copy(&text).await { words::COPIED } else { words::COPY_BY_HAND };
        app.note(word.get(app.prefs.get_untracked().lang).to_owned());
    });
}

#[component]
fn Share(shown: Shown) -> impl IntoView {
    let app = app();
    let text = Memo::new(move |_| {
        let shown = shown.get()?;
        let org_name = app.read(|phone| super::search::org_name(phone.book(), shown.session.org));
        Some(share_text(&shown, &org_name.unwrap_or_default(), app.lang()))
    });
    view! {
        <section class="block">
            <h2>{app.say(words::SHARE)}</h2>
            <p class="share">{move || text.get()}</p>
            <div class="block-foot">
                <button type="button" class="secondary" on:click=move |_| copy(app, text.get_untracked().unwrap_or_default())>
                    {app.say(words::COPY)}
                </button>
            </div>
            <Card shown />
        </section>
    }
}

/// A picture to be held down and sent on, drawn when it is asked for.
#[component]
fn Card(shown: Shown) -> impl IntoView {
    let app = app();
    let drawn = RwSignal::new(None::<(String, String)>);
    let draw = move |_| {
        let Some(shown) = shown.get_untracked() else { return };
        let lang = app.prefs.get_untracked().lang;
        let (session, totals) = (&shown.session, shown.rows.totals);
        let org = app.peek(|phone| super::search::org_name(phone.book(), session.org)).unwrap_or_default();
        let when = format!("{} {}", when::day(session.starts_ms, lang), when::time(session.starts_ms));
        let place = session.venue.clone().unwrap_or_default();
        let mut lines = vec![
            words::SHARE_WHEN.with(lang, &[&when]),
            words::SHARE_WHERE.with(lang, &[&format!("{org} {place}")]),
        ];
        lines.retain(|line| !line.is_empty());
        let (figure, caption) = match shown.expected {
            Some(expected) => {
                let expected = expected.to_string();
                (totals.attended.to_string(), photo_words::CARD_OF.with(lang, &[&expected]))
            }
            None => (totals.attended.to_string(), photo_words::CARD_CAPTION.get(lang).to_owned()),
        };
        let title = words::SHARE_TITLE.with(lang, &[session.activity.label(lang), &session.title]);
        let foot = words::APP.get(lang);
        spawn_local(async move {
            match crate::picture::card(&title, &lines, &figure, &caption, foot).await {
                Some(picture) => drop(drawn.try_set(Some((picture, title)))),
                None => app.note(photo_words::CARD_FAILED.get(lang).to_owned()),
            }
        });
    };
    view! {
        <div class="block-foot">
            <button type="button" class="secondary" on:click=draw>{app.say(photo_words::CARD_DO)}</button>
        </div>
        {move || drawn.get().map(|(picture, title)| view! {
            <p class="soft">{app.say(photo_words::CARD_LEAD)}</p>
            <img class="share-card" src=picture alt=app.with(photo_words::CARD_ALT, &[&title]) />
        })}
    }
}

/// The same on another day or in another hall: a new session, filled in.
#[component]
fn CopySession(shown: Shown) -> impl IntoView {
    let app = app();
    let copy = move |_| {
        if let Some(shown) = shown.get_untracked() {
            super::session_new::fill_in(app, &shown.session);
            app.nav.go(super::route::Route::New);
        }
    };
    view! {
        <section class="block">
            <h2>{app.say(photo_words::COPY_SESSION)}</h2>
            <p class="soft">{app.say(photo_words::COPY_SESSION_LEAD)}</p>
            <div class="block-foot">
                <button type="button" class="secondary" on:click=copy>{app.say(photo_words::COPY_SESSION_DO)}</button>
            </div>
        </section>
    }
}

fn close(app: App, id: SessionId) {
    // What this phone recorded itself; those being stored right now are counted once they are.
    let Some(own) = app.peek(|phone| phone.session_safety(id)) else { return };
    let saved = move || app.note(words::CLOSED_NOW.get(app.prefs.get_untracked().lang).to_owned());
    app.record(vec![facts::close(facts::new_id(), id, own)], vec![], saved);
}

fn reopen(app: App, id: SessionId) {
    let fact = facts::set(facts::new_id(), id, Field::State, Value::from(State::Open.wire()));
    let saved = move || app.note(words::REOPENED.get(app.prefs.get_untracked().lang).to_owned());
    app.record(vec![fact], vec![], saved);
}

#[component]
fn Close(id: SessionId, shown: Shown) -> impl IntoView {
    let app = app();
    let closed =
        Memo::new(move |_| shown.with(|s| s.as_ref().is_some_and(|s| s.session.state == State::Closed)));
    move || {
        if closed.get() {
            view! {
                <div class="foot">
                    <button type="button" class="secondary" on:click=move |_| reopen(app, id)>
                        {app.say(words::REOPEN_DO)}
                    </button>
                </div>
            }
            .into_any()
        } else {
            view! {
                <p class="soft">{app.say(words::CLOSE_LEAD)}</p>
                <div class="foot">
                    <button type="button" class="primary" on:click=move |_| close(app, id)>
                        {app.say(words::CLOSE_DO)}
                    </button>
                </div>
            }
            .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_one_decimal() {
        assert_eq!(rate(29, Some(5_000)).as_deref(), Some("0.6%"));
        assert_eq!(rate(48, Some(50)).as_deref(), Some("96.0%"));
        assert_eq!(rate(2, Some(3)).as_deref(), Some("66.7%"));
        assert_eq!((rate(3, None), rate(3, Some(0))), (None, None));
    }
}
