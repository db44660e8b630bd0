//! The strip under the head: what is not safe at the server yet. Never in the way.

use super::icon::Icon;
use crate::browser::now_ms;
use crate::phone::route::{Link, Route};
use crate::phone::state::{App, app};
use crate::phone::{photo_words, when, words};
use crate::view::prelude::*;
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

fn text(app: App, safety: Safety, photos: usize, online: bool) -> String {
    let mut parts = Vec::new();
    if !online {
        parts.push(app.say(words::STRIP_OFFLINE)().to_owned());
    }
    if safety.sending > 0 && online {
        parts.push(app.with(words::STRIP_SENDING, &[&safety.sending.to_string()]));
    } else if safety.unsent > 0 {
        parts.push(app.with(words::STRIP_UNSENT, &[&safety.unsent.to_string()]));
    } else if photos > 0 {
        parts.push(app.with(photo_words::PHOTOS_WAIT, &[&photos.to_string()]));
    }
    if Age::of(safety.oldest_ms, now_ms()) != Age::Fresh
        && let Some(oldest_ms) = safety.oldest_ms
    {
        let ago = when::ago(oldest_ms, now_ms(), app.lang());
        parts.push(app.with(words::STRIP_OLD, &[&ago]));
    }
    parts.join(" · ")
}

/// What there is to say.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// The login has ended.
    Login,
    /// Of the open account, or of the network.
    Own(Safety, usize, bool),
    /// Nothing of that, but of other accounts of this browser.
    Others(u32, Option<i64>),
}

fn state(app: App) -> Option<State> {
    let (safety, login) = app.read(|phone| (phone.safety(), phone.trouble() == Some("login_expired")))?;
    let online = app.online.get();
    let (of_others, photos) = (app.others.unsent(), app.photos.waiting());
    if login {
        Some(State::Login)
    } else if !online || safety.unsent > 0 || photos > 0 {
        Some(State::Own(safety, photos, online))
    } else {
        (of_others > 0).then(|| State::Others(of_others, app.others.oldest_ms()))
    }
}

/// The strip; nothing while all is well.
#[component]
pub fn Strip() -> impl IntoView {
    let app = app();
    let state = Memo::new(move |_| {
        app.minute.track();
        state(app)
    });
    let show = move |state| match state {
        State::Login => {
            let text = app.say(words::STRIP_LOGIN);
            view! { <Link to=Route::Login class="strip strip-red">{Icon::Held.draw()}<span>{text}</span></Link> }
                .into_any()
        }
        State::Own(safety, photos, online) => {
            let icon = if online { Icon::Saved } else { Icon::Offline };
            sync(icon, safety.oldest_ms, text(app, safety, photos, online)).into_any()
        }
        State::Others(unsent, oldest_ms) => {
            sync(Icon::Saved, oldest_ms, app.with(words::STRIP_OTHERS, &[&unsent.to_string()])).into_any()
        }
    };
    move || state.get().map(show)
}

/// Leads to the page of what waits.
fn sync(icon: Icon, oldest_ms: Option<i64>, text: String) -> impl IntoView {
    let class = Age::of(oldest_ms, now_ms()).class();
    view! { <Link to=Route::Sync class=class>{icon.draw()}<span>{text}</span></Link> }
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
