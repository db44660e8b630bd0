//! What stands around a page: its head, the strip, the bar at the foot.

use super::route::{Link, Route};
use super::state::app;
use super::words;
use crate::parts::icon::Icon;
use crate::parts::strip::Strip;
use crate::view::prelude::*;
use shared::text::Msg;

/// The head of a page, with a way back unless it is one of the three main ones.
#[component]
pub fn Head(
    /// What the page is about.
    #[prop(into)]
    title: Signal<String>,
    /// Smaller, beneath the title.
    #[prop(into, optional)]
    under: Signal<String>,
    /// Where back leads after a reload.
    #[prop(optional)]
    parent: Option<Route>,
) -> impl IntoView {
    let app = app();
    let back = parent.map(|parent| {
        view! {
            <button type="button" class="back" on:click=move |_| app.nav.back(parent)>
                {Icon::Back.draw()}
                <span class="sr">{app.say(words::BACK)}</span>
            </button>
        }
    });
    Effect::new(move |_| {
        if let Some(document) = web_sys::window().and_then(|window| window.document()) {
            document.set_title(&format!("{} · {}", title.get(), app.say(words::APP)()));
        }
    });
    view! {
        <header class="head">
            {back}
            <div class="head-text">
                <h1>{move || title.get()}</h1>
                <p class="head-under">{move || under.get()}</p>
            </div>
        </header>
        <Strip />
    }
}

/// The bar of the three main pages.
#[component]
pub fn MainBar() -> impl IntoView {
    let item = |to: Route, icon: Icon, word: Msg| {
        view! { <Link to class="bar-item">{icon.draw()}<span>{app().say(word)}</span></Link> }
    };
    view! {
        <nav class="bar">
            {item(Route::Sessions, Icon::List, words::SESSIONS)}
            {item(Route::Sync, Icon::Sync, words::SYNC)}
            {item(Route::Me, Icon::Person, words::ME)}
        </nav>
    }
}

/// A choice of a few, as buttons of which one is pressed.
#[component]
pub fn Choice<T>(
    /// What is chosen.
    label: Msg,
    /// The choices and their words.
    options: Vec<(T, Msg)>,
    /// The one that is chosen.
    #[prop(into)]
    chosen: Signal<T>,
    /// Chooses another.
    choose: impl Fn(T) + Copy + Send + 'static,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let app = app();
    let button = move |(value, word): (T, Msg)| {
        let pressed = move || if chosen.get() == value { "true" } else { "false" };
        view! {
            <button type="button" aria-pressed=pressed on:click=move |_| choose(value)>{app.say(word)}</button>
        }
    };
    view! {
        <div class="choice" role="group" aria-label=app.say(label)>
            {options.into_iter().map(button).collect_view()}
        </div>
    }
}
