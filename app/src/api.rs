//! Calls to the server.

use gloo_net::http::{Request, Response};
use shared::answering::Answering;
use shared::id::SessionId;
use shared::invite::JoinRequest;
use shared::phone::{Answer, Outgoing};
use shared::problem::{Code, Problem};
use shared::sealed::{Key, UnlockAnswer, UnlockRequest, unhex};
use shared::wire::{LoginAnswer, LoginRequest};
use std::cell::Cell;
use std::rc::Rc;
use web_sys::{AbortController, RequestCredentials};

use crate::browser::Timer;

/// Where changes go.
pub const PUSH: &str = "/api/v1/push";
/// Where rows come from.
pub const PULL: &str = "/api/v1/pull";
const LOGIN: &str = "/api/v1/login";
const JOIN: &str = "/api/v1/join";
const UNLOCK: &str = "/api/v1/unlock";
/// How long a person is let wait for a login, ms.
const LOGIN_TIMEOUT_MS: u32 = 20_000;

/// No answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    /// By time, rather than for lack of a connection.
    pub timed_out: bool,
}

/// Why nobody was logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginFault {
    /// No connection, or no answer in time.
    Unreachable,
    /// Something answered that is not our server: a captive portal, a proxy.
    NotTheServer,
    /// The server refused.
    Refused(Problem),
}

/// Sends what the core wants sent; whatever answers is told as it came.
///
/// # Errors
/// Nothing answered.
pub async fn call(path: &str, outgoing: &Outgoing) -> Result<Answer, Unanswered> {
    post(path, Some(&outgoing.bearer), outgoing.body.clone(), outgoing.timeout_ms).await
}

/// Logs in.
///
/// # Errors
/// Why not, told apart so that each can be said in its own words.
pub async fn login(request: &LoginRequest) -> Result<LoginAnswer, LoginFault> {
    begin(LOGIN, request).await
}

/// Joins by a link, or logs in by one.
///
/// # Errors
/// As [`login`].
pub async fn join(request: &JoinRequest) -> Result<LoginAnswer, LoginFault> {
    begin(JOIN, request).await
}

async fn begin(path: &str, request: &impl serde::Serialize) -> Result<LoginAnswer, LoginFault> {
    let body = serde_json::to_string(request).map_err(|_| LoginFault::NotTheServer)?;
    let answer = post(path, None, body, LOGIN_TIMEOUT_MS).await.map_err(|_| LoginFault::Unreachable)?;
    if answer.status == 200 && answer.json {
        return serde_json::from_str(&answer.body).map_err(|_| LoginFault::NotTheServer);
    }
    match serde_json::from_str(&answer.body) {
        Ok(problem) if answer.json => Err(LoginFault::Refused(problem)),
        _ => Err(LoginFault::NotTheServer),
    }
}

/// The key of a locked store, as the server opens it for whoever has logged in. None where it does not.
pub async fn unlock(bearer: &str, spare: &str) -> Option<Key> {
    let body = serde_json::to_string(&UnlockRequest { spare: spare.to_owned() }).ok()?;
    let answer = post(UNLOCK, Some(bearer), body, LOGIN_TIMEOUT_MS).await.ok()?;
    let answer: UnlockAnswer = serde_json::from_str(&answer.body).ok().filter(|_| answer.status == 200)?;
    Key::of(&unhex(&answer.key)?)
}

/// Why there is no link to answer by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// No connection, or something answered that is not our server.
    Unreachable,
    /// The server refused; none where its word is unknown here.
    Refused(Option<Code>),
}

/// The link by which a session is answered; made by the server at the first request.
///
/// # Errors
/// Why there is none.
pub async fn answering(bearer: &str, session: SessionId) -> Result<Answering, Linked> {
    let path = format!("/api/v1/sessions/{session}/answering");
    let answer = post(&path, Some(bearer), "{}".to_owned(), LOGIN_TIMEOUT_MS).await;
    let answer = answer.map_err(|_| Linked::Unreachable)?;
    if answer.status == 200 && answer.json {
        return serde_json::from_str(&answer.body).map_err(|_| Linked::Unreachable);
    }
    match serde_json::from_str::<Problem>(&answer.body) {
        Ok(problem) if answer.json => Err(Linked::Refused(Code::from_code(&problem.code))),
        _ => Err(Linked::Unreachable),
    }
}

/// Ends a login at the server; nobody waits for it.
pub async fn logout(bearer: &str) {
    let request = Request::delete(LOGIN)
        .credentials(RequestCredentials::Omit)
        .header("Authorization", &format!("Bearer {bearer}"));
    if let Ok(request) = request.build() {
        // Without signal the login ends by itself later.
        let _ = request.send().await;
    }
}

async fn post(path: &str, bearer: Option<&str>, body: String, wait_ms: u32) -> Result<Answer, Unanswered> {
    let late = Rc::new(Cell::new(false));
    let controller = AbortController::new().ok();
    let signal = controller.as_ref().map(AbortController::signal);
    let rang = Rc::clone(&late);
    // Held until the body is read: a portal can stop in the middle of one.
    let _timer = Timer::after(i64::from(wait_ms), move || {
        rang.set(true);
        if let Some(controller) = controller {
            controller.abort();
        }
    });
    let outcome = exchange(path, bearer, body, signal.as_ref()).await;
    outcome.ok_or(Unanswered { timed_out: late.get() })
}

async fn exchange(
    path: &str,
    bearer: Option<&str>,
    body: String,
    signal: Option<&web_sys::AbortSignal>,
) -> Option<Answer> {
    let mut request = Request::post(path)
        .credentials(RequestCredentials::Omit)
        .abort_signal(signal)
        .header("Content-Type", "application/json");
    if let Some(bearer) = bearer {
        request = request.header("Authorization", &format!("Bearer {bearer}"));
    }
    let response = request.body(body).ok()?.send().await.ok()?;
    Some(Answer {
        status: response.status(),
        json: is_json(&header(&response, "content-type")?),
        retry_after_s: header(&response, "retry-after").and_then(|seconds| seconds.parse().ok()),
        body: response.text().await.ok()?,
    })
}

fn header(response: &Response, name: &str) -> Option<String> {
    Some(response.headers().get(name).unwrap_or_default())
}

/// `application/json` or `application/…+json`, parameters aside.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portals_are_told_from_servers() {
        for json in ["application/json", "application/problem+json; charset=utf-8", "Application/JSON"] {
            assert!(is_json(json), "{json}");
        }
        for other in ["text/html", "", "text/json+html", "application/jsonp"] {
            assert!(!is_json(other), "{other}");
        }
    }
}
