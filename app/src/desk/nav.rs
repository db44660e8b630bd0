//! The browser's address bar and the desk's [`Place`], kept as one over the History API.

use super::route::Place;
use crate::view::ev;
use crate::view::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, MouseEvent};

/// The id of what is replaced when the page changes.
pub const PAGE: &str = "content";

/// Where the reader is, and the ways to another place.
#[derive(Debug, Clone, Copy)]
pub struct Nav {
    place: RwSignal<Place>,
}

impl Nav {
    /// Reads the address and follows it from now on. Links inside the desk need nothing more
    /// than their address: one listener takes them all.
    #[must_use]
    pub fn begin() -> Self {
        let nav = Self { place: RwSignal::new(from_address()) };
        let _ = window_event_listener(ev::popstate, move |_| nav.place.set(from_address()));
        let _ = window_event_listener(ev::click, move |event| nav.follow(&event));
        nav
    }

    /// The place; whoever reads it is run again when it changes.
    #[must_use]
    pub fn place(self) -> Place {
        self.place.get()
    }

    /// The place now, without following it.
    #[must_use]
    pub fn here(self) -> Place {
        self.place.get_untracked()
    }

    /// A part of the place that is followed by itself.
    pub fn part<T: PartialEq + Send + Sync + 'static>(self, part: fn(&Place) -> T) -> Memo<T> {
        Memo::new(move |_| self.place.with(part))
    }

    /// Goes to a place; back leads here again.
    pub fn go(self, place: &Place) {
        self.arrive(place, true);
    }

    /// Changes how this place is looked at; back leads past it.
    pub fn look(self, place: &Place) {
        self.arrive(place, false);
    }

    fn arrive(self, place: &Place, push: bool) {
        let url = place.url();
        let before = self.here();
        if before == *place {
            return;
        }
        if let Ok(history) = window().history() {
            // A refused entry (some browsers limit their number) costs only the way back.
            let _ = if push {
                history.push_state_with_url(&JsValue::NULL, "", Some(&url))
            } else {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
            };
        }
        let other = before.route != place.route || before.filter.org != place.filter.org;
        self.place.set(place.clone());
        if push && other {
            // As after a real load: the next Tab, and a screen reader, begin with the new page.
            let page = document().get_element_by_id(PAGE);
            if let Some(page) = page.and_then(|page| page.dyn_into::<HtmlElement>().ok()) {
                let _ = page.focus();
            }
            window().scroll_to_with_x_and_y(0.0, 0.0);
        }
    }

    fn follow(self, event: &MouseEvent) {
        let plain = !(event.ctrl_key() || event.shift_key() || event.alt_key() || event.meta_key());
        if event.default_prevented() || event.button() != 0 || !plain {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(link) = target.and_then(|element| element.closest("a[href]").ok().flatten()) else { return };
        if link.has_attribute("download") || link.has_attribute("target") {
            return;
        }
        let href = link.get_attribute("href").unwrap_or_default();
        let (path, query) = href.split_once('?').unwrap_or((&href, ""));
        if path == "/desk" || path.starts_with("/desk/") {
            event.prevent_default();
            self.go(&Place::parse(path, query));
        }
    }
}

fn from_address() -> Place {
    let location = window().location();
    Place::parse(&location.pathname().unwrap_or_default(), &location.search().unwrap_or_default())
}
