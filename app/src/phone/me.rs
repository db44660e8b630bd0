//! 我的: how the app looks, whose it is, and the way out.

use super::account;
use super::frame::{Choice, Head, MainBar};
use super::state::app;
use super::words;
use crate::prefs::Theme;
use crate::view::prelude::*;
use shared::text::{Lang, Msg};

/// The languages by their own names, whichever is on.
const ZH: Msg = Msg { zh: "中文", en: "中文" };
const EN: Msg = Msg { zh: "English", en: "English" };

/// The page.
#[component]
pub fn Me() -> impl IntoView {
    let app = app();
    let title = Signal::derive(move || app.say(words::ME)().to_owned());
    let name = move || app.read(|phone| phone.identity().account.clone());
    let lang = Signal::derive(move || app.prefs.get().lang);
    let elder = Signal::derive(move || app.prefs.get().elder);
    let theme = Signal::derive(move || app.prefs.get().theme);
    view! {
        <Head title />
        <main class="page">
            <section class="block">
                <h2>{app.say(words::LANGUAGE)}</h2>
                <Choice label=words::LANGUAGE options=vec![(Lang::Zh, ZH), (Lang::En, EN)] chosen=lang
                    choose=move |lang| app.prefer(|prefs| prefs.lang = lang) />
                <h2>{app.say(words::TEXT_SIZE)}</h2>
                <Choice label=words::TEXT_SIZE
                    options=vec![(false, words::SIZE_USUAL), (true, words::SIZE_ELDER)] chosen=elder
                    choose=move |elder| app.prefer(|prefs| prefs.elder = elder) />
                <h2>{app.say(words::THEME)}</h2>
                <Choice label=words::THEME
                    options=vec![
                        (Theme::System, words::THEME_SYSTEM),
                        (Theme::Light, words::THEME_LIGHT),
                        (Theme::Dark, words::THEME_DARK),
                    ]
                    chosen=theme choose=move |theme| app.prefer(|prefs| prefs.theme = theme) />
            </section>
            <super::pin_settings::PinSettings />
            <section class="block">
                <h2>{app.say(words::ACCOUNT)}</h2>
                <p>{move || name().map(|account| format!("{} · {}", account.name, account.login))}</p>
                <SignOut />
            </section>
            <p class="soft version">{move || app.with(words::VERSION, &[env!("CARGO_PKG_VERSION")])}</p>
        </main>
        <MainBar />
    }
}

/// Asks once more, and says what becomes of what was not sent.
#[component]
fn SignOut() -> impl IntoView {
    let app = app();
    let asked = RwSignal::new(false);
    let unsent = move || app.read(|phone| phone.safety().unsent).unwrap_or(0);
    let what = move || match unsent() {
        0 => app.say(words::SIGN_OUT_LEAD)().to_owned(),
        n => app.with(words::SIGN_OUT_UNSENT, &[&n.to_string()]),
    };
    move || {
        if asked.get() {
            view! {
                <p role="alert">{what}</p>
                <div class="block-foot">
                    <button type="button" class="secondary" on:click=move |_| asked.set(false)>{app.say(words::CANCEL)}</button>
                    <button type="button" class="secondary danger" on:click=move |_| account::sign_out(app)>
                        {app.say(words::SIGN_OUT_SURE)}
                    </button>
                </div>
            }
            .into_any()
        } else {
            view! {
                <div class="block-foot">
                    <button type="button" class="secondary" on:click=move |_| asked.set(true)>{app.say(words::SIGN_OUT)}</button>
                </div>
            }
            .into_any()
        }
    }
}
