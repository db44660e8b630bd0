//! What the browser remembers outside the records: preferences, who was here, the last words of a
//! form. Nothing of it may matter when it is lost: browsers write it late, and roll it back.

use gloo_storage::{LocalStorage, Storage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::id::{AccountId, ReplicaId};
use shared::phone::Canary;
use shared::text::Lang;
use std::sync::OnceLock;

/// Light, dark, or as the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// How a person wants to see the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// The language.
    pub lang: Lang,
    /// 长辈版: larger text, larger controls.
    pub elder: bool,
    /// The theme.
    pub theme: Theme,
}

/// An account that was used in this browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The login name.
    pub login: String,
    /// The account.
    pub account: AccountId,
}

/// The accounts of this browser, the last used one first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Accounts {
    /// All of them; each has a database of its own.
    pub known: Vec<Known>,
    /// The one that is open; none after signing out.
    pub open: Option<AccountId>,
}

impl Accounts {
    /// Remembers that this account is open now.
    pub fn entered(&mut self, login: &str, account: AccountId) {
        self.remember(login, account);
        self.open = Some(account);
    }

    /// Remembers whose login name it is, without opening the account.
    pub fn remember(&mut self, login: &str, account: AccountId) {
        self.known.retain(|known| known.account != account);
        self.known.insert(0, Known { login: login.to_owned(), account });
    }

    /// The account that last used this login name here.
    #[must_use]
    pub fn of(&self, login: &str) -> Option<AccountId> {
        self.known.iter().find(|known| known.login == login).map(|known| known.account)
    }
}

/// The last words of a form, written while the page is being closed, when nothing slower works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gasp {
    /// Whose.
    pub account: AccountId,
    /// The draft's key in the store.
    pub key: String,
    /// The draft.
    pub value: String,
    /// When, ms.
    pub at_ms: i64,
}

const PREFS: &str = "jiangdao.prefs";
const ACCOUNTS: &str = "jiangdao.accounts";
const GASP: &str = "jiangdao.gasp";
const CANARY: &str = "jiangdao.canary";
const JOINING: &str = "jiangdao.joining";

/// Whether localStorage can be touched at all. The library panics where even asking throws, so
/// this is asked once, by other means.
fn allowed() -> bool {
    static ALLOWED: OnceLock<bool> = OnceLock::new();
    *ALLOWED.get_or_init(|| web_sys::window().is_some_and(|w| matches!(w.local_storage(), Ok(Some(_)))))
}

fn get<T: DeserializeOwned>(key: &str) -> Option<T> {
    if !allowed() {
        return None;
    }
    LocalStorage::get(key).ok()
}

fn set(key: &str, value: &impl Serialize) {
    if allowed() {
        // Full or forbidden: the app works without.
        let _ = LocalStorage::set(key, value);
    }
}

/// The preferences; the defaults where nothing can be read.
#[must_use]
pub fn prefs() -> Prefs {
    get(PREFS).unwrap_or_default()
}

/// Remembers the preferences.
pub fn set_prefs(prefs: &Prefs) {
    set(PREFS, prefs);
}

/// The accounts of this browser.
#[must_use]
pub fn accounts() -> Accounts {
    get(ACCOUNTS).unwrap_or_default()
}

/// Remembers the accounts of this browser.
pub fn set_accounts(accounts: &Accounts) {
    set(ACCOUNTS, accounts);
}

/// Keeps the last words of a form.
pub fn set_gasp(gasp: &Gasp) {
    set(GASP, gasp);
}

/// The last words of a form, if there are some.
#[must_use]
pub fn gasp() -> Option<Gasp> {
    get(GASP)
}

/// Forgets the last words.
pub fn clear_gasp() {
    if allowed() {
        LocalStorage::delete(GASP);
    }
}

/// How much of a link's token tells one from another; the rest stays a secret.
const TOLD: usize = 8;

/// The replica under which this browser has begun to join by a link.
#[must_use]
pub fn joining(token: &str) -> Option<ReplicaId> {
    let (told, replica) = get::<(String, ReplicaId)>(JOINING)?;
    (told == token.get(..TOLD)?).then_some(replica)
}

/// Remembers it, so that whoever got no answer comes again as the same phone.
pub fn set_joining(token: &str, replica: ReplicaId) {
    set(JOINING, &(token.get(..TOLD).unwrap_or_default(), replica));
}

/// Keeps an account's mark beside its database.
pub fn set_canary(account: AccountId, canary: Canary) {
    let mut all = canaries();
    if mark(&all, account) != Some(canary) {
        all.insert(account.to_string(), serde_json::to_value(canary).unwrap_or_default());
        set(CANARY, &all);
    }
}

/// The mark that was left beside an account's database; none proves nothing.
#[must_use]
pub fn canary(account: AccountId) -> Option<Canary> {
    mark(&canaries(), account)
}

/// By account. Whatever cannot be read, or is of an older version, is as good as lost.
fn canaries() -> Map<String, Value> {
    get(CANARY).unwrap_or_default()
}

fn mark(all: &Map<String, Value>, account: AccountId) -> Option<Canary> {
    Canary::deserialize(all.get(&account.to_string())?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_account_stands_first_and_once() {
        let (a, b) = (AccountId::from_u128(1), AccountId::from_u128(2));
        let mut accounts = Accounts::default();
        accounts.entered("a", a);
        accounts.entered("b", b);
        accounts.entered("a", a);
        assert_eq!(accounts.known.iter().map(|k| k.account).collect::<Vec<_>>(), [a, b]);
        assert_eq!((accounts.of("b"), accounts.of("c"), accounts.open), (Some(b), None, Some(a)));
    }

    #[test]
    fn marks_are_kept_by_account_and_what_is_none_is_ignored() {
        let id = AccountId::from_u128;
        let canary = Canary { replica: shared::id::ReplicaId::from_u128(7), next_seq: 12 };
        let all = serde_json::json!({ id(1).to_string(): canary, id(2).to_string(): "of another version" });
        let all: Map<String, Value> = serde_json::from_str(&all.to_string()).unwrap();
        assert_eq!([1, 2, 3].map(|n| mark(&all, id(n))), [Some(canary), None, None]);
    }

    #[test]
    fn prefs_of_another_version_are_read() {
        let prefs: Prefs = serde_json::from_str(r#"{"lang":"en","new":1}"#).unwrap();
        assert_eq!(prefs, Prefs { lang: Lang::En, ..Prefs::default() });
    }
}
