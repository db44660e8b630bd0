//! Calls to the server: the login's cookie goes along, a silent server is given up, refusals
//! come back as values in the words of the catalogue.

use super::words;
use crate::view::prelude::set_timeout_with_handle;
use gloo_net::http::{Request, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::problem::{Code, Problem};
use shared::text::Lang;
use shared::wire::{LoginAnswer, LoginRequest, Page};
use std::time::Duration;
use web_sys::{AbortController, RequestCache, RequestCredentials};

/// A page that has not come after this is given up.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// A table to take away may take its time.
const FILE_TIMEOUT: Duration = Duration::from_secs(180);
/// Lines asked for at once where a whole list is read: the most that the server gives.
const WHOLE_SIZE: u64 = 100;

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server did not answer at all.
    Unreachable,
    /// It did not answer in time.
    Slow,
    /// It refused, with a problem of the catalogue.
    Refused(Code, String),
    /// The answer is none that this version understands: a proxy's page, or a newer server.
    Strange(u16),
}

impl Trouble {
    /// Whether the login is over.
    #[must_use]
    pub fn is_login_over(&self) -> bool {
        matches!(self, Self::Refused(Code::LoginExpired, _))
    }

    /// Whether the server refused with this code.
    #[must_use]
    pub fn is(&self, code: Code) -> bool {
        matches!(self, Self::Refused(refused, _) if *refused == code)
    }

    /// What happened, in one sentence.
    #[must_use]
    pub fn says(&self, lang: Lang) -> String {
        match self {
            Self::Unreachable => words::TROUBLE_UNREACHABLE.get(lang).to_owned(),
            Self::Slow => words::TROUBLE_SLOW.get(lang).to_owned(),
            Self::Refused(Code::BadValue, detail) => {
                words::WITH_DETAIL.with(lang, &[Code::BadValue.title(lang), detail])
            }
            Self::Refused(code, _) => code.title(lang).to_owned(),
            Self::Strange(status) => words::TROUBLE_STRANGE.with(lang, &[&status.to_string()]),
        }
    }
}

/// What a call carries.
enum Body<'a> {
    Nothing,
    Json(serde_json::Value),
    File(&'a [u8]),
}

/// A value of our own; none of them can fail to be written.
fn json(value: &impl Serialize) -> Body<'static> {
    Body::Json(serde_json::to_value(value).unwrap_or_default())
}

/// Builds a call, sends it, and gives it up after the time.
async fn send(builder: RequestBuilder, body: Body<'_>, timeout: Duration) -> Result<Response, Trouble> {
    let abort = AbortController::new().ok();
    let builder = builder
        .credentials(RequestCredentials::SameOrigin)
        .cache(RequestCache::NoStore)
        .abort_signal(abort.as_ref().map(AbortController::signal).as_ref());
    let request = match body {
        Body::Nothing => builder.build(),
        Body::Json(body) => builder.json(&body),
        Body::File(bytes) => {
            builder.header("content-type", "application/octet-stream").body(js_sys::Uint8Array::from(bytes))
        }
    };
    let request = request.map_err(|_| Trouble::Strange(0))?;
    let give_up = abort.clone();
    let timer = set_timeout_with_handle(move || give_up.iter().for_each(AbortController::abort), timeout);
    let answer = request.send().await;
    let given_up = abort.is_some_and(|abort| abort.signal().aborted());
    if let Ok(timer) = timer {
        timer.clear();
    }
    match answer {
        Ok(answer) if answer.ok() => Ok(answer),
        Ok(answer) => Err(refusal(answer).await),
        Err(_) if given_up => Err(Trouble::Slow),
        Err(_) => Err(Trouble::Unreachable),
    }
}

async fn refusal(answer: Response) -> Trouble {
    let status = answer.status();
    let Ok(problem) = answer.json::<Problem>().await else { return Trouble::Strange(status) };
    Code::from_code(&problem.code)
        .map_or(Trouble::Strange(status), |code| Trouble::Refused(code, problem.detail))
}

async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, Trouble> {
    let status = answer.status();
    answer.json().await.map_err(|_| Trouble::Strange(status))
}

/// Reads what stands at an address.
///
/// # Errors
/// Whatever kept it from coming.
pub async fn get<T: DeserializeOwned>(url: &str) -> Result<T, Trouble> {
    read(send(Request::get(url), Body::Nothing, READ_TIMEOUT).await?).await
}

/// Tells something, and reads what came of it.
///
/// # Errors
/// Whatever kept it from being done, or the answer from coming.
pub async fn post<T: DeserializeOwned>(url: &str, body: &impl Serialize) -> Result<T, Trouble> {
    read(send(Request::post(url), json(body), READ_TIMEOUT).await?).await
}

/// Reads a whole list, page after page. `url` says neither page nor size.
///
/// # Errors
/// Whatever kept a page from coming.
pub async fn get_all<T: DeserializeOwned>(url: &str) -> Result<Vec<T>, Trouble> {
    let join = if url.contains('?') { '&' } else { '?' };
    let mut all = Vec::new();
    for number in 1_u64.. {
        let page: Page<T> = get(&format!("{url}{join}page={number}&size={WHOLE_SIZE}")).await?;
        let empty = page.items.is_empty();
        all.extend(page.items);
        let come = u64::try_from(all.len()).unwrap_or(u64::MAX);
        if empty || come >= page.total {
            break;
        }
    }
    Ok(all)
}

/// Who is logged in.
///
/// # Errors
/// `LoginExpired` where nobody is.
pub async fn who() -> Result<LoginAnswer, Trouble> {
    get("/api/v1/login").await
}

/// Logs in; the browser keeps the cookie.
///
/// # Errors
/// `BadCredentials` where name or password are wrong, or what is asked for besides.
pub async fn log_in(request: &LoginRequest) -> Result<LoginAnswer, Trouble> {
    post("/api/v1/login", request).await
}

/// Ends the login.
///
/// # Errors
/// Whatever kept the server from hearing it; the login then lives on there.
pub async fn log_out() -> Result<(), Trouble> {
    let call = Request::delete("/api/v1/login").header("content-type", "application/json");
    send(call, Body::Nothing, READ_TIMEOUT).await.map(|_| ())
}

/// Fetches a file as its bytes.
///
/// # Errors
/// Whatever kept it from coming.
pub async fn file(url: &str) -> Result<Vec<u8>, Trouble> {
    let answer = send(Request::get(url), Body::Nothing, FILE_TIMEOUT).await?;
    let status = answer.status();
    answer.binary().await.map_err(|_| Trouble::Strange(status))
}

/// Tells something, and fetches the file that is given for it.
///
/// # Errors
/// Whatever kept it from coming.
pub async fn file_for(url: &str, body: &impl Serialize) -> Result<Vec<u8>, Trouble> {
    let answer = send(Request::post(url), json(body), FILE_TIMEOUT).await?;
    let status = answer.status();
    answer.binary().await.map_err(|_| Trouble::Strange(status))
}

/// What an export comes as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The file.
    File(Vec<u8>),
    /// It has many rows, and is written behind.
    Behind,
}

/// Asks for an export, masked; with a reason, with nothing masked. This page can wait for a long one.
///
/// # Errors
/// Whatever kept it from coming.
pub async fn export(url: &str, why: Option<&impl Serialize>) -> Result<Fetched, Trouble> {
    let waiting = |builder: RequestBuilder| builder.header("prefer", "respond-async");
    let answer = match why {
        Some(why) => send(waiting(Request::post(url)), json(why), FILE_TIMEOUT).await?,
        None => send(waiting(Request::get(url)), Body::Nothing, FILE_TIMEOUT).await?,
    };
    let status = answer.status();
    if status == 202 {
        return Ok(Fetched::Behind);
    }
    answer.binary().await.map(Fetched::File).map_err(|_| Trouble::Strange(status))
}

/// Sends a file, and reads what became of it.
///
/// # Errors
/// Whatever kept it from being taken; a file that got no answer may have been taken all the same.
pub async fn send_file<T: DeserializeOwned>(url: &str, bytes: &[u8]) -> Result<T, Trouble> {
    read(send(Request::post(url), Body::File(bytes), FILE_TIMEOUT).await?).await
}
