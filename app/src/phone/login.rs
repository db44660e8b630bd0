//! Logging in: once, with signal.

use super::frame::Head;
use super::rescue::Save;
use super::route::Route;
use super::state::{App, app};
use super::{account, words};
use crate::api::{self, LoginFault};
use crate::parts::icon::Icon;
use crate::prefs;
use crate::store::StoreError;
use crate::view::prelude::*;
use shared::id::ReplicaId;
use shared::problem::Code;
use shared::text::{Lang, Msg};
use shared::wire::LoginRequest;
use wasm_bindgen_futures::spawn_local;

/// How the last try ended, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Needs(Msg),
    Login(LoginFault),
    Store(StoreError),
}

impl Fault {
    pub(super) fn says(&self, app: App) -> String {
        match self {
            Self::Needs(what) => app.say(*what)().to_owned(),
            Self::Store(StoreError::Locked) => app.say(words::PIN_NO_SERVER)().to_owned(),
            Self::Store(_) => app.say(words::LOGIN_NO_STORE)().to_owned(),
            Self::Login(LoginFault::Unreachable) => app.say(words::LOGIN_UNREACHABLE)().to_owned(),
            Self::Login(LoginFault::NotTheServer) => app.say(words::LOGIN_NOT_SERVER)().to_owned(),
            Self::Login(LoginFault::Refused(problem)) => match Code::from_code(&problem.code) {
                // What is wrong with a name or a password is said in the detail alone, in both languages.
                Some(Code::BadValue) => problem.detail.clone(),
                Some(code) => code.title(app.lang()).to_owned(),
                None => problem.title.clone(),
            },
        }
    }
}

/// What may be asked for besides: a code of the second factor, and a new password.
#[derive(Debug, Clone, Copy, Default)]
struct More {
    asks_code: RwSignal<bool>,
    asks_new: RwSignal<bool>,
    code: RwSignal<String>,
    new: RwSignal<String>,
}

impl More {
    /// Shows the field that the server asks for.
    fn hear(self, why: &Fault) {
        let Fault::Login(LoginFault::Refused(problem)) = why else { return };
        match Code::from_code(&problem.code) {
            Some(Code::SecondFactorNeeded) => self.asks_code.set(true),
            Some(Code::SecondFactorWrong) => self.code.set(String::new()),
            Some(Code::PasswordOld) => self.asks_new.set(true),
            _ => {}
        }
    }
}

/// The page.
#[component]
pub fn Login(
    /// The account is open, and only its login has ended.
    again: bool,
) -> impl IntoView {
    let app = app();
    let last = prefs::accounts().known.first().map(|known| known.login.clone());
    let name = RwSignal::new(last.unwrap_or_default());
    let password = RwSignal::new(String::new());
    let more = More::default();
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<Fault>);
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let (login, secret) = (name.get_untracked().trim().to_owned(), password.get_untracked());
        if login.is_empty() || secret.is_empty() {
            fault.set(Some(Fault::Needs(words::LOGIN_NEEDS)));
            return;
        }
        busy.set(true);
        fault.set(None);
        spawn_local(async move {
            let outcome = log_in(app, login, secret, more).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => app.nav.replace(Route::Sessions),
                Err(why) => {
                    more.hear(&why);
                    fault.try_set(Some(why));
                }
            }
        });
    };
    let lead = if again { words::LOGIN_AGAIN } else { words::LOGIN_LEAD };
    let title =
        Signal::derive(move || app.say(if again { words::LOGIN_TITLE } else { words::APP })().to_owned());
    let head = again.then(|| view! { <Head title parent=Route::Sessions /> });
    let brand = (!again).then(|| view! { <Brand /> });
    view! {
        {head}
        <main class="page login">
            {brand}
            <p class="lead">{app.say(lead)}</p>
            <Remarks />
            <form class="form" on:submit=submit>
                <Fields name password more />
                <p class="fault" role="alert">{move || fault.get().map(|why| why.says(app))}</p>
                <button type="submit" class="primary" disabled=busy>
                    {move || app.say(if busy.get() { words::LOGIN_DOING } else { words::LOGIN_DO })()}
                </button>
            </form>
        </main>
    }
}

#[component]
fn Brand() -> impl IntoView {
    let app = app();
    let other = move || if app.lang() == Lang::Zh { (Lang::En, "English") } else { (Lang::Zh, "中文") };
    view! {
        <div class="brand">
            <h1>{app.say(words::APP)}</h1>
            <button type="button" class="plain" on:click=move |_| app.prefer(|prefs| prefs.lang = other().0)>
                {move || other().1}
            </button>
        </div>
    }
}

#[component]
fn Fields(name: RwSignal<String>, password: RwSignal<String>, more: More) -> impl IntoView {
    let app = app();
    view! {
        <label class="field">
            <span>{app.say(words::LOGIN_NAME)}</span>
            <input type="text" name="login" autocomplete="username" autocapitalize="none" spellcheck="false"
                bind:value=name />
        </label>
        <label class="field">
            <span>{app.say(words::PASSWORD)}</span>
            <input type="password" name="password" autocomplete="current-password" bind:value=password />
        </label>
        {move || more.asks_code.get().then(|| view! {
            <label class="field">
                <span>{app.say(words::LOGIN_CODE)}</span>
                <input type="text" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false"
                    bind:value=more.code />
            </label>
        })}
        {move || more.asks_new.get().then(|| view! {
            <label class="field">
                <span>{app.say(words::PASSWORD_NEW)}</span>
                <input type="password" name="new-password" autocomplete="new-password" bind:value=more.new />
            </label>
        })}
    }
}

/// What somebody should know before logging in: records that wait, or that were wiped.
#[component]
fn Remarks() -> impl IntoView {
    let app = app();
    let unsent = move || {
        let own = app.read(|phone| phone.safety().unsent).unwrap_or(0);
        Some(own.saturating_add(app.others.unsent())).filter(|n| *n > 0)
    };
    let some = Memo::new(move |_| unsent().is_some());
    view! {
        {move || unsent().map(|n| view! {
            <p class="remark">{Icon::Saved.draw()}<span>{app.with(words::LOGIN_UNSENT, &[&n.to_string()])}</span></p>
        })}
        // Apart, so that what it says stays while the number goes down.
        {move || some.get().then(|| view! { <Save /> })}
        {move || app.wiped.get().then(|| view! {
            <p class="remark remark-red">{Icon::Held.draw()}<span>{app.say(words::WIPED)}</span></p>
        })}
    }
}

async fn log_in(app: App, login: String, password: String, more: More) -> Result<(), Fault> {
    let known = match prefs::accounts().of(&login) {
        Some(account) => account::replica_of(account).await,
        None => None,
    };
    let replica = known.unwrap_or_else(|| ReplicaId::from(uuid::Uuid::new_v4()));
    let typed = |value: RwSignal<String>| Some(value.get_untracked()).filter(|text| !text.is_empty());
    let mut request = LoginRequest {
        login,
        password,
        replica: Some(replica),
        device: Some(device()),
        cookie: false,
        code: typed(more.code),
        new_password: typed(more.new),
    };
    let mut answer = api::login(&request).await.map_err(Fault::Login)?;
    // The account has records here under another replica, though the browser forgot whose they
    // are: the tokens must be those of that replica.
    let mut replica = replica;
    if let Some(there) = account::replica_of(answer.account.id).await.filter(|there| *there != replica) {
        replica = there;
        request.replica = Some(there);
        if let Some(new) = request.new_password.take() {
            request.password = new;
        }
        // Each code lets in once: where there was one, the next one is asked for, and finds the replica.
        let mut accounts = prefs::accounts();
        accounts.remember(&request.login, answer.account.id);
        prefs::set_accounts(&accounts);
        answer = api::login(&request).await.map_err(Fault::Login)?;
    }
    account::enter(app, answer, replica).await.map_err(Fault::Store)
}

/// What staff read in the list of devices: the kind of phone, and nothing that tells one from
/// another of its kind.
pub(super) fn device() -> String {
    let agent = web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default();
    let system = ["iPhone", "iPad", "Android", "HarmonyOS", "Windows", "Macintosh", "Linux"]
        .into_iter()
        .find(|name| agent.contains(name))
        .unwrap_or("?");
    let browser = ["MicroMessenger", "Edg", "Firefox", "Chrome", "Safari"]
        .into_iter()
        .find(|name| agent.contains(name))
        .unwrap_or("?");
    format!("{system} {browser}")
}
