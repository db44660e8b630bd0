//! The strip under the head: what is not safe at the server yet. Never in the way.

use super::icon::Icon;
use crate::browser::now_ms;
use crate::phone::route::{Link, Route};
use crate::phone::state::{App, app};
use crate::phone::{when, words};
use leptos::prelude::*;
use shared::phone::Safety;
use shared::stamp::HOUR_MS;

/// How urgent the oldest unsent record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Less than a day.
    Fresh,
    /// More than a day.
    Amber,
    /// More than three days.
    Red,
}

impl Age {
    /// Of a record made at this time; none is fresh.
    #[must_use]
    pub const fn of(oldest_ms: Option<i64>, now_ms: i64) -> Self {
        let Some(oldest_ms) = oldest_ms else { return Self::Fresh };
        match now_ms.saturating_sub(oldest_ms) / HOUR_MS {
            72.. => Self::Red,
            24.. => Self::Amber,
            _ => Self::Fresh,
        }
    }

    /// The class that colours it.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Fresh => "strip",
            Self::Amber => "strip strip-amber",
            Self::Red => "strip strip-red",
        }
    }
}

fn text(app: App, safety: Safety, online: bool) -> String {
    let mut parts = Vec::new();
    if !online {
        parts.push(app.say(words::STRIP_OFFLINE)().to_owned());
    }
    if safety.sending > 0 && online {
        parts.push(app.with(words::STRIP_SENDING, &[&safety.sending.to_string()]));
    } else if safety.unsent > 0 {
        parts.push(app.with(words::STRIP_UNSENT, &[&safety.unsent.to_string()]));
    }
    if Age::of(safety.oldest_ms, now_ms()) != Age::Fresh
        && let Some(oldest_ms) = safety.oldest_ms
    {
        let ago = when::ago(oldest_ms, now_ms(), app.lang());
        parts.push(app.with(words::STRIP_OLD, &[&ago]));
    }
    parts.join(" · ")
}

/// The strip; nothing while all is well.
#[component]
pub fn Strip() -> impl IntoView {
    let app = app();
    let state = Memo::new(move |_| {
        app.minute.track();
        let (safety, login) = app.read(|phone| (phone.safety(), phone.trouble() == Some("login_expired")))?;
        let online = app.online.get();
        (login || !online || safety.unsent > 0).then_some((safety, login, online))
    });
    move || {
        state.get().map(|(safety, login, online)| {
            if login {
                let text = app.say(words::STRIP_LOGIN);
                return view! {
                    <Link to=Route::Login class="strip strip-red">{Icon::Held.draw()}<span>{text}</span></Link>
                }
                .into_any();
            }
            let class = Age::of(safety.oldest_ms, now_ms()).class();
            let icon = if online { Icon::Saved } else { Icon::Offline };
            let text = text(app, safety, online);
            view! { <Link to=Route::Sync class=class>{icon.draw()}<span>{text}</span></Link> }.into_any()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_amber_and_three_are_red() {
        let now = 100 * HOUR_MS;
        assert_eq!(Age::of(None, now), Age::Fresh);
        assert_eq!(Age::of(Some(now - 23 * HOUR_MS), now), Age::Fresh);
        assert_eq!(Age::of(Some(now - 24 * HOUR_MS), now), Age::Amber);
        assert_eq!(Age::of(Some(now - 72 * HOUR_MS), now), Age::Red);
        assert_eq!(Age::of(Some(now + HOUR_MS), now), Age::Fresh, "a clock that was set back");
    }
}
