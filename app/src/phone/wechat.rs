//! Inside WeChat on an iPhone: what will not work, and the two steps out.

use super::photo_words as words;
use super::state::app;
use crate::browser;
use crate::view::prelude::*;

/// The card; nothing in any other browser.
#[component]
pub fn Card() -> impl IntoView {
    let app = app();
    browser::in_wechat_without_worker().then(|| {
        view! {
            <section class="block wechat">
                <h2>{app.say(words::WECHAT)}</h2>
                <p>{app.say(words::WECHAT_WHY)}</p>
                <ol><li>{app.say(words::WECHAT_ONE)}</li><li>{app.say(words::WECHAT_TWO)}</li></ol>
            </section>
        }
    })
}
