//! Joining by a link: a name, and the phone is ready. The token stands in the address's fragment,
//! which no server is told, until it is used.

use super::login::{Fault, device};
use super::route::Route;
use super::state::{App, Stage, app};
use super::{account, words};
use crate::api;
use crate::parts::icon::Icon;
use crate::view::prelude::*;
use crate::{browser, prefs};
use shared::id::ReplicaId;
use shared::invite::{JOIN_PATH, JoinRequest, PHONE_PATH};
use wasm_bindgen_futures::spawn_local;

/// A link that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    token: String,
    /// It is for an account that is there already.
    again: bool,
}

impl Link {
    /// The link of the page's address; none where it is no link.
    #[must_use]
    pub fn here() -> Option<Self> {
        let location = browser::window()?.location();
        Self::read(&location.pathname().ok()?, &location.hash().ok()?)
    }

    fn read(path: &str, hash: &str) -> Option<Self> {
        let token = hash.strip_prefix('#')?;
        let whole = token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        let of = |known: &str| path.trim_end_matches('/') == known.trim_end_matches(['#', '/']);
        let again = of(PHONE_PATH);
        (whole && (again || of(JOIN_PATH))).then(|| Self { token: token.to_owned(), again })
    }
}

/// The page.
#[component]
pub fn Join(
    /// What was opened.
    link: Link,
) -> impl IntoView {
    let app = app();
    let again = link.again;
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<Fault>);
    let submit = move |event: crate::view::ev::SubmitEvent| {
        event.prevent_default();
        let typed = name.get_untracked().trim().to_owned();
        if busy.get_untracked() {
            return;
        }
        if typed.is_empty() && !again {
            fault.set(Some(Fault::Needs(words::JOIN_NEEDS)));
            return;
        }
        busy.set(true);
        fault.set(None);
        let token = link.token.clone();
        spawn_local(async move {
            let outcome = join(app, token, typed).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    app.link.set(None);
                    app.nav.replace(Route::Sessions);
                }
                Err(why) => {
                    fault.try_set(Some(why));
                }
            }
        });
    };
    let leave = move |_| {
        app.link.set(None);
        app.nav.replace(Route::Sessions);
    };
    view! {
        <main class="page login">
            <div class="brand"><h1>{app.say(words::APP)}</h1></div>
            <p class="lead">{app.say(if again { words::JOIN_AGAIN_LEAD } else { words::JOIN_LEAD })}</p>
            <form class="form" on:submit=submit>
                {(!again).then(|| view! {
                    <label class="field">
                        <span>{app.say(words::JOIN_NAME)}</span>
                        <input type="text" name="name" autocomplete="name" maxlength="60" bind:value=name />
                    </label>
                })}
                <p class="fault" role="alert">{move || fault.get().map(|why| why.says(app))}</p>
                <button type="submit" class="primary" disabled=busy>
                    {move || app.say(if busy.get() { words::JOIN_DOING } else { words::JOIN_DO })()}
                </button>
            </form>
            <button type="button" class="plain" on:click=leave>{app.say(words::JOIN_NOT)}</button>
        </main>
    }
}

async fn join(app: App, invite: String, name: String) -> Result<(), Fault> {
    let mut request =
        JoinRequest { invite, name, replica: ReplicaId::from(uuid::Uuid::new_v4()), device: Some(device()) };
    // Kept until the answer is there: asked again after a lost answer, it is the same phone.
    if let Some(before) = prefs::joining(&request.invite) {
        request.replica = before;
    }
    prefs::set_joining(&request.invite, request.replica);
    let mut answer = api::join(&request).await.map_err(Fault::Login)?;
    // The account has records here under another replica: the tokens must be those of that.
    if let Some(there) =
        account::replica_of(answer.account.id).await.filter(|there| *there != request.replica)
    {
        request.replica = there;
        answer = api::join(&request).await.map_err(Fault::Login)?;
    }
    account::enter(app, answer, request.replica).await.map_err(Fault::Store)
}

/// A line for who has joined, and may see nothing yet.
#[component]
pub fn Waits() -> impl IntoView {
    let app = app();
    let waits = Memo::new(move |_| app.read(|phone| phone.identity().granted.is_empty()).unwrap_or(false));
    move || {
        let shown = waits.get() && app.stage.get() != Stage::Login;
        shown.then(
            || view! { <p class="remark">{Icon::Sync.draw()}<span>{app.say(words::JOIN_WAITS)}</span></p> },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    #[test]
    fn only_whole_links_are_links() {
        let token = "0123456789abcdef".repeat(4);
        let hash = format!("#{token}");
        assert_eq!(Link::read("/join", &hash), Some(Link { token: token.clone(), again: false }));
        assert_eq!(Link::read("/join/", &hash), Some(Link { token: token.clone(), again: false }));
        assert_eq!(Link::read("/join/again", &hash), Some(Link { token, again: true }));
        for (path, hash) in
            [("/join", ""), ("/join", "#12"), ("/", hash.as_str()), ("/join", "#zz"), ("/joins", &hash)]
        {
            assert_eq!(Link::read(path, hash), None, "{path} {hash}");
        }
    }
}
