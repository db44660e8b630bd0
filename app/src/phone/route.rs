//! Where in the app a person is: one typed value per address. Back works because every move is
//! an entry of the browser's history; a reload comes back to the same place because the address
//! says it all.

use crate::view::prelude::*;
use shared::id::SessionId;
use wasm_bindgen::{JsCast, JsValue};

/// A part of one session's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tab {
    /// 签到
    Attendance,
    /// 反馈
    Feedback,
    /// 现场
    Scene,
    /// 小结
    Summary,
}

impl Tab {
    /// All, in the order of the tab bar.
    pub const ALL: [Self; 4] = [Self::Attendance, Self::Feedback, Self::Scene, Self::Summary];

    const fn word(self) -> &'static str {
        match self {
            Self::Attendance => "",
            Self::Feedback => "/feedback",
            Self::Scene => "/scene",
            Self::Summary => "/summary",
        }
    }
}

/// Another way to check in than the list, or what belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// 扫码
    Scan,
    /// 全员到场，除了…
    Bulk,
    /// 补录
    Backfill,
    /// 签到表
    Sheet,
    /// 自助
    Kiosk,
}

impl Way {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Scan, Self::Bulk, Self::Backfill, Self::Sheet, Self::Kiosk];

    const fn word(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Bulk => "bulk",
            Self::Backfill => "backfill",
            Self::Sheet => "sheet",
            Self::Kiosk => "kiosk",
        }
    }
}

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// 场次
    Sessions,
    /// A new session.
    New,
    /// One session.
    Session(SessionId, Tab),
    /// Somebody who is on no roster, at this session.
    WalkIn(SessionId),
    /// The form of this session, passed round.
    Pass(SessionId),
    /// Forms of this session typed in from paper.
    Paper(SessionId),
    /// Another way to check in at this session.
    Way(SessionId, Way),
    /// 同步
    Sync,
    /// 我的
    Me,
    /// Log in (again).
    Login,
}

impl Route {
    /// The page of an address; the list where it names none of ours.
    #[must_use]
    pub fn parse(path: &str) -> Self {
        let mut parts = path.trim_matches('/').split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("new"), None, _) => Self::New,
            (Some("sync"), None, _) => Self::Sync,
            (Some("me"), None, _) => Self::Me,
            (Some("login"), None, _) => Self::Login,
            (Some("s"), Some(id), tab) => {
                let Ok(id) = id.parse() else { return Self::Sessions };
                if let Some(way) = Way::ALL.into_iter().find(|way| tab == Some(way.word())) {
                    return Self::Way(id, way);
                }
                let tab = match tab {
                    Some("walk-in") => return Self::WalkIn(id),
                    Some("pass") => return Self::Pass(id),
                    Some("paper") => return Self::Paper(id),
                    Some("feedback") => Tab::Feedback,
                    Some("scene") => Tab::Scene,
                    Some("summary") => Tab::Summary,
                    _ => Tab::Attendance,
                };
                Self::Session(id, tab)
            }
            _ => Self::Sessions,
        }
    }

    /// The address of the page.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Sessions => "/".to_owned(),
            Self::New => "/new".to_owned(),
            Self::Session(id, tab) => format!("/s/{id}{}", tab.word()),
            Self::WalkIn(id) => format!("/s/{id}/walk-in"),
            Self::Pass(id) => format!("/s/{id}/pass"),
            Self::Paper(id) => format!("/s/{id}/paper"),
            Self::Way(id, way) => format!("/s/{id}/{}", way.word()),
            Self::Sync => "/sync".to_owned(),
            Self::Me => "/me".to_owned(),
            Self::Login => "/login".to_owned(),
        }
    }
}

/// The route as a signal, with the ways to move.
#[derive(Debug, Clone, Copy)]
pub struct Nav(RwSignal<Route>, StoredValue<Option<Route>>);

impl Nav {
    /// Reads the address, and follows it from now on.
    #[must_use]
    pub fn start() -> Self {
        let nav = Self(RwSignal::new(here()), StoredValue::new(None));
        if let Some(window) = web_sys::window() {
            crate::browser::listen(&window, "popstate", move |_| match nav.1.get_value() {
                // Whoever holds the phone now is not to see where it came from.
                Some(stay) => write(stay, depth() + 1, false),
                None => nav.0.set(here()),
            });
        }
        nav
    }

    /// Stays at this page whatever "back" and "forward" say; none: follows them again.
    pub fn pin(self, page: Option<Route>) {
        self.1.set_value(page);
    }

    /// The page that is shown.
    #[must_use]
    pub fn get(self) -> Route {
        self.0.get()
    }

    /// Goes to a page; back returns to this one.
    pub fn go(self, to: Route) {
        if self.0.get_untracked() != to {
            write(to, depth() + 1, false);
            self.show(to);
        }
    }

    /// Goes to a page in the place of this one, as tabs do.
    pub fn replace(self, to: Route) {
        write(to, depth(), true);
        self.show(to);
    }

    /// Names another page in the place of this one without showing it: for a page that is loaded anew.
    pub fn rename(self, to: Route) {
        write(to, depth(), true);
    }

    /// Back to where the person came from; to `parent` after a reload or a shared link.
    pub fn back(self, parent: Route) {
        let history = web_sys::window().and_then(|window| window.history().ok());
        match history {
            Some(history) if depth() > 0 && history.back().is_ok() => {}
            _ => self.replace(parent),
        }
    }

    fn show(self, to: Route) {
        self.0.set(to);
        if let Some(window) = web_sys::window() {
            window.scroll_to_with_x_and_y(0.0, 0.0);
        }
    }
}

fn here() -> Route {
    let path = web_sys::window().and_then(|window| window.location().pathname().ok());
    Route::parse(&path.unwrap_or_default())
}

/// How many pages of ours lie behind this one in the history.
fn depth() -> u32 {
    let state = web_sys::window().and_then(|window| window.history().ok()?.state().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count of our own")]
    let depth = state.and_then(|state| state.as_f64()).unwrap_or(0.0) as u32;
    depth
}

fn write(to: Route, depth: u32, replace: bool) {
    let Some(history) = web_sys::window().and_then(|window| window.history().ok()) else { return };
    let (state, path) = (JsValue::from(depth), to.path());
    // Refused only where a page moves hundreds of times a minute; the page is shown all the same.
    let _ = if replace {
        history.replace_state_with_url(&state, "", Some(&path))
    } else {
        history.push_state_with_url(&state, "", Some(&path))
    };
}

/// A link to a page: a real one, so that it can be opened in a new tab, without loading anew.
#[component]
pub fn Link(
    /// Where it leads.
    to: Route,
    /// Takes the place of this page in the history.
    #[prop(optional)]
    replace: bool,
    /// Classes.
    #[prop(optional, into)]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let nav = expect_context::<super::state::App>().nav;
    let follow = move |event: web_sys::MouseEvent| {
        if event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0 {
            return;
        }
        event.unchecked_ref::<web_sys::Event>().prevent_default();
        if replace { nav.replace(to) } else { nav.go(to) }
    };
    let current = move || (nav.get() == to).then_some("page");
    view! { <a href=to.path() class=class aria-current=current on:click=follow>{children()}</a> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_one_address() {
        let id = SessionId::from_u128(7);
        let mut all =
            vec![Route::Sessions, Route::New, Route::Sync, Route::Me, Route::Login, Route::WalkIn(id)];
        all.extend([Route::Pass(id), Route::Paper(id)]);
        all.extend(Tab::ALL.map(|tab| Route::Session(id, tab)));
        all.extend(Way::ALL.map(|way| Route::Way(id, way)));
        for route in all {
            assert_eq!(Route::parse(&route.path()), route);
        }
    }

    #[test]
    fn what_is_not_ours_is_the_list() {
        for path in ["", "/", "/nowhere", "/s", "/s/x", "/s/../me"] {
            assert_eq!(Route::parse(path), Route::Sessions, "{path}");
        }
    }
}
