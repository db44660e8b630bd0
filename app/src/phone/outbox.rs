//! 同步: what waits on this phone, what the server says, and one button.

use super::frame::{Head, MainBar};
use super::loss::Losses;
use super::others::{Other, says};
use super::rescue::Save;
use super::route::{Link, Route, Tab};
use super::setup::PromiseLine;
use super::state::{App, app};
use super::{photo_words, when, words};
use crate::browser::{self, now_ms};
use crate::parts::icon::Icon;
use crate::parts::strip::Age;
use crate::view::prelude::*;
use shared::change::HeldCode;
use shared::id::SessionId;
use shared::phone::{HeldView, Phone};
use shared::text::Msg;
use shared::wire::OtherDevice;
use std::collections::BTreeMap;

/// Unsent records of one session.
type Lines = Vec<(Option<SessionId>, String, u32)>;

fn waiting(phone: &Phone) -> Lines {
    let mut counts: BTreeMap<Option<SessionId>, u32> = BTreeMap::new();
    for (_, session, _) in phone.waiting() {
        *counts.entry(session).or_default() += 1;
    }
    let titles: BTreeMap<SessionId, String> = phone.sessions().into_iter().map(|s| (s.id, s.title)).collect();
    let title =
        |id: Option<SessionId>| id.and_then(|id| titles.get(&id).cloned()).unwrap_or_else(|| "–".to_owned());
    counts.into_iter().map(|(session, count)| (session, title(session), count)).collect()
}

/// Held changes, each with its session's title.
fn held(phone: &Phone) -> Vec<(String, HeldView)> {
    let titles: BTreeMap<SessionId, String> = phone.sessions().into_iter().map(|s| (s.id, s.title)).collect();
    let title = |held: &HeldView| held.session.and_then(|id| titles.get(&id).cloned());
    let line = |held: HeldView| (title(&held).unwrap_or_else(|| "–".to_owned()), held);
    phone.held().into_iter().map(line).collect()
}

fn reason(app: App, code: &str) -> String {
    let known: Option<HeldCode> = serde_json::from_value(code.into()).ok();
    known.map_or_else(|| code.to_owned(), |code| code.says(app.lang()).to_owned())
}

/// The page.
#[component]
pub fn Outbox() -> impl IntoView {
    let app = app();
    let title = Signal::derive(move || app.say(words::SYNC)().to_owned());
    let safety = Memo::new(move |_| app.read(|phone| phone.safety()).unwrap_or_default());
    let sending = move || safety.with(|safety| safety.sending > 0);
    view! {
        <Head title />
        <main class="page">
            <Losses />
            <Unsent />
            <Remarks class="accounts" title=words::OTHERS_TITLE lead=words::OTHERS_LEAD lines=of_accounts(app) />
            <Remarks class="devices" title=words::DEVICES_TITLE lead=words::DEVICES_LEAD lines=of_devices(app) />
            <Rescue />
            <PhotosWait />
            <Contact />
            <Held />
            <section class="block">
                <h2>{app.say(words::PROMISE_TITLE)}</h2>
                <PromiseLine />
                <Room />
            </section>
            <super::wechat::Card />
        </main>
        <div class="float" role="region" aria-label=app.say(words::SYNC)>
            <button type="button" class="primary" on:click=move |_| app.sync_now()>
                {Icon::Sync.draw()}
                <span>{move || app.say(if sending() { words::SYNCING } else { words::SYNC_NOW })()}</span>
            </button>
        </div>
        <MainBar />
    }
}

#[component]
fn Unsent() -> impl IntoView {
    let app = app();
    let state = Memo::new(move |_| {
        app.minute.track();
        let look = |phone: &Phone| (phone.safety(), waiting(phone));
        app.read(look).unwrap_or_default()
    });
    let count = move || state.with(|(safety, _)| safety.unsent);
    let oldest = move || {
        app.minute.track();
        // A response of today counts from the end of the day: nothing to say before that.
        let oldest_ms = state.with(|(safety, _)| safety.oldest_ms).filter(|ms| *ms <= now_ms())?;
        let ago = when::ago(oldest_ms, now_ms(), app.lang());
        Some((Age::of(Some(oldest_ms), now_ms()), app.with(words::OLDEST, &[&ago])))
    };
    let line = move |(session, title, count): (Option<SessionId>, String, u32)| {
        let text = view! { <span class="line-text">{title}</span><span class="line-count">{count}</span> };
        match session {
            Some(id) => {
                view! { <li><Link to=Route::Session(id, Tab::Summary) class="line">{text}</Link></li> }
                    .into_any()
            }
            None => view! { <li class="line">{text}</li> }.into_any(),
        }
    };
    view! {
        <section class="block">
            <h2>{app.say(words::UNSENT_TITLE)}</h2>
            <p class="figures" aria-live="polite"><strong>{count}</strong></p>
            <p class="soft">
                {move || app.say(if count() == 0 { words::UNSENT_NONE } else { words::UNSENT_LEAD })()}
            </p>
            {move || oldest().map(|(age, text)| view! { <p class=age.class()>{text}</p> })}
            <ul>{move || state.with(|(_, lines)| lines.clone()).into_iter().map(line).collect_view()}</ul>
        </section>
    }
}

/// The other way out, while something waits.
#[component]
fn Rescue() -> impl IntoView {
    let app = app();
    let waits = Memo::new(move |_| {
        let own = app.read(|phone| phone.safety().unsent).unwrap_or(0);
        own.saturating_add(app.others.unsent()) > 0
    });
    move || waits.get().then(|| view! { <section class="block"><Save /></section> })
}

/// Photos whose bytes are still here alone.
#[component]
fn PhotosWait() -> impl IntoView {
    let app = app();
    let count = Memo::new(move |_| app.photos.waiting());
    move || {
        (count.get() > 0).then(|| {
            view! { <section class="block"><p aria-live="polite">{app.with(photo_words::PHOTOS_WAIT, &[&count.get().to_string()])}</p></section> }
        })
    }
}

/// How much room the browser gives, and how much of it is used.
#[component]
fn Room() -> impl IntoView {
    let app = app();
    let room = RwSignal::new(None);
    crate::view::task::spawn_local(async move {
        room.try_set(browser::room().await);
    });
    let says = move || match room.get() {
        Some((used, all)) => app.with(photo_words::ROOM_USED, &[&used.to_string(), &all.to_string()]),
        None => app.say(photo_words::ROOM_UNKNOWN)().to_owned(),
    };
    view! {
        <h3>{app.say(photo_words::ROOM)}</h3>
        {move || room.get().map(|(used, all)| view! {
            <meter class="meter" min="0" max=all.to_string() value=used.to_string() aria-label=app.say(photo_words::ROOM)></meter>
        })}
        <p class="soft">{says}</p>
    }
}

/// A list of remarks under a heading; nothing where there are none.
#[component]
fn Remarks(
    class: &'static str,
    title: Msg,
    lead: Msg,
    /// Each with its class.
    lines: Memo<Vec<(&'static str, String)>>,
) -> impl IntoView {
    let app = app();
    let line = |(class, text): (&'static str, String)| view! { <li class=class>{text}</li> };
    move || {
        (!lines.with(Vec::is_empty)).then(|| {
            view! {
                <section class=format!("block {class}")>
                    <h2>{app.say(title)}</h2>
                    <p class="soft">{app.say(lead)}</p>
                    <ul aria-live="polite">{lines.get().into_iter().map(line).collect_view()}</ul>
                </section>
            }
        })
    }
}

/// Of the other accounts of this browser: they go up by themselves.
fn of_accounts(app: App) -> Memo<Vec<(&'static str, String)>> {
    let line = move |other: Other| (Age::of(other.oldest_ms, now_ms()).class(), says(app, &other));
    Memo::new(move |_| {
        app.minute.track();
        app.others.all().into_iter().map(line).collect()
    })
}

/// Of the other devices of this account, as the server knew at the last login.
fn of_devices(app: App) -> Memo<Vec<(&'static str, String)>> {
    let line = move |other: OtherDevice| {
        let device = other.device.unwrap_or_else(|| app.say(words::DEVICE_UNKNOWN)().to_owned());
        let ago = when::ago(other.last_seen_ms, app.server_now_ms(), app.lang());
        ("line", app.with(words::DEVICE_UNSENT, &[&device, &other.pending.to_string(), &ago]))
    };
    Memo::new(move |_| {
        app.minute.track();
        let devices = app.read(|phone| phone.identity().others.clone()).unwrap_or_default();
        devices.into_iter().map(line).collect()
    })
}

/// When the server was last heard, and what is in the way.
#[component]
fn Contact() -> impl IntoView {
    let app = app();
    let last = move || {
        app.minute.track();
        let at = app.read(|phone| phone.safety().last_contact_ms).flatten();
        let text =
            at.map_or_else(|| app.say(words::NEVER)().to_owned(), |ms| when::ago(ms, now_ms(), app.lang()));
        app.with(words::LAST_CONTACT, &[&text])
    };
    let trouble = Memo::new(move |_| app.read(|phone| phone.trouble().map(str::to_owned)).flatten());
    let says = move || {
        trouble.get().map(|code| match code.as_str() {
            "unreachable" => app.say(words::TROUBLE_UNREACHABLE)().to_owned(),
            "login_expired" => app.say(words::TROUBLE_LOGIN)().to_owned(),
            "not_the_server" => app.say(words::TROUBLE_NOT_SERVER)().to_owned(),
            code => app.with(words::TROUBLE_OTHER, &[code]),
        })
    };
    let login = move || trouble.with(|code| code.as_deref() == Some("login_expired"));
    view! {
        <section class="block">
            <p>{last}</p>
            {move || says().map(|text| view! { <p class="remark">{Icon::Offline.draw()}<span>{text}</span></p> })}
            {move || login().then(|| view! {
                <Link to=Route::Login class="secondary">{app.say(words::LOGIN_TITLE)}</Link>
            })}
        </section>
    }
}

#[component]
fn Held() -> impl IntoView {
    let app = app();
    let lines = Memo::new(move |_| app.read(held).unwrap_or_default());
    let line = move |(title, held): (String, HeldView)| {
        let HeldView { code, refused, at_ms, .. } = held;
        let refused = move || {
            refused.as_ref().map(|why| {
                view! { <br /><span>{app.with(words::HELD_REFUSED, &[why])}</span> }
            })
        };
        view! {
            <li class="line">
                <span class="line-text">
                    {title}<br /><span class="soft">{move || reason(app, &code)}</span>{refused}
                </span>
                <span class="soft">{move || when::ago(at_ms, now_ms(), app.lang())}</span>
            </li>
        }
    };
    move || {
        (!lines.with(Vec::is_empty)).then(|| {
            view! {
                <section class="block">
                    <h2>{Icon::Held.draw()}{app.say(words::HELD_TITLE)}</h2>
                    <p class="soft">{app.say(words::HELD_LEAD)}</p>
                    <ul>{move || lines.get().into_iter().map(line).collect_view()}</ul>
                </section>
            }
        })
    }
}
