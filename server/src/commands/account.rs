//! `account add`: somebody who may log in, with a role on a branch.

use crate::access::grant::{self, Role};
use crate::access::{account, factor, password};
use crate::audit;
use crate::fault::Rejection;
use crate::org;
use rusqlite::Connection;
use serde_json::json;
use shared::audit::Act;

/// An account as somebody asks for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct New<'a> {
    pub(crate) login: &'a str,
    /// The login name where none is given.
    pub(crate) name: Option<&'a str>,
    pub(crate) role: &'a str,
    /// Code of the org that the role is on.
    pub(crate) org: &'a str,
    pub(crate) password: &'a str,
}

/// An account that only the database may still refuse. Hashing is slow on purpose, so that it is
/// done before anybody waits for the writer.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) login: String,
    name: String,
    role: Role,
    org: String,
    password_hash: String,
}

/// Checks all that needs no database.
pub(crate) fn check(new: &New<'_>) -> Result<Ready, Rejection> {
    let both = |text: String| {
        let (zh, en) = text.split_once(" / ").unwrap_or((&text, &text));
        Rejection::new(zh, en)
    };
    let (login, name) = account::fit(new.login, new.name).map_err(both)?;
    let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
    let words = words.join(", ");
    let role = Role::from_word(new.role).ok_or_else(|| {
        Rejection::new(
            format!("没有角色“{}”，可选：{words}", new.role),
            format!("no role \"{}\", choose one of {words}", new.role),
        )
    })?;
    password::fit(new.password).map_err(both)?;
    let password_hash = password::hash(new.password).map_err(|error| {
        Rejection::new(format!("密码无法处理：{error}"), format!("the password cannot be kept: {error}"))
    })?;
    Ok(Ready { login, name, role, org: new.org.to_owned(), password_hash })
}

/// Adds the account and its grant. The grant has no stated beginning, so that facts made before
/// the account was typed in are permitted, and no end. In the audit it is the console's doing.
pub(crate) fn add(conn: &Connection, ready: &Ready, now_ms: i64) -> Result<(), Rejection> {
    let Ready { login, name, role, org, password_hash } = ready;
    let org_id = org::find_code(conn, org)?.ok_or_else(|| no_org(org))?;
    let new = account::New { login, name, password_hash };
    let account_id = account::add(conn, new, now_ms)?.ok_or_else(|| {
        Rejection::new(format!("登录名 {login} 已有人用"), format!("the login name {login} is taken"))
    })?;
    grant::add(conn, account_id, org_id, *role, 0)?;
    let made = json!({ "login": login, "name": name });
    let granted = json!({ "login": login, "role": role.word(), "org": org });
    for (act, detail) in [(Act::Account, made), (Act::Grant, granted)] {
        audit::add(conn, audit::New { at_ms: now_ms, account_id: None, act, detail: &detail.to_string() })?;
    }
    Ok(())
}

/// Switches off the second factor of an account.
pub(crate) fn reset_factor(conn: &Connection, login: &str, now_ms: i64) -> Result<(), Rejection> {
    let (account_id, _) = account::by_login(conn, login)?
        .ok_or_else(|| Rejection::new(format!("没有账号 {login}"), format!("there is no account {login}")))?;
    if !factor::end(conn, account_id)? {
        return Err(Rejection::new(
            format!("账号 {login} 没有启用两步验证"),
            format!("the account {login} has no second factor"),
        ));
    }
    let (act, detail) = (Act::FactorOff, json!({ "login": login }).to_string());
    Ok(audit::add(conn, audit::New { at_ms: now_ms, account_id: None, act, detail: &detail })?)
}

/// The code names nothing.
pub(crate) fn no_org(code: &str) -> Rejection {
    Rejection::new(format!("没有编码为 {code} 的组织"), format!("no org has the code {code}"))
}
