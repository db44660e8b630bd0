//! Every refusal that leaves by HTTP: `application/problem+json` from the catalogue in
//! `shared::problem`.

use crate::db;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::problem::{Code, Problem};
use shared::sight::REASON_CHARS;
use shared::text::Lang;

/// How long a phone waits after a refusal that may pass by itself, seconds.
const RETRY_AFTER_S: u32 = 5;

/// A request that is not carried out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason in the catalogue.
    pub code: Code,
    /// What exactly was wrong; empty where the code says it all.
    pub detail: String,
    /// When to come back, seconds, where that is known.
    pub after_s: Option<u32>,
}

impl Refusal {
    /// A refusal that says what exactly was wrong.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), after_s: None }
    }

    /// Too many for now: come back after so many seconds.
    #[must_use]
    pub fn too_many(after_s: u32) -> Self {
        Self { after_s: Some(after_s), ..Self::from(Code::TooMany) }
    }

    /// A value in the query or the body is out of range.
    pub fn bad_value(detail: impl Into<String>) -> Self {
        Self::new(Code::BadValue, detail)
    }

    /// What is masked was asked for without a reason that says something.
    #[must_use]
    pub fn reason() -> Self {
        let (least, most) = REASON_CHARS.into_inner();
        Self::bad_value(format!(
            "请写明理由，{least} 到 {most} 个字 / give a reason of {least} to {most} characters"
        ))
    }

    /// What leaves: the status, the body, and the seconds after which to come back, where it may
    /// pass by itself.
    #[must_use]
    pub fn answer(&self) -> (u16, Problem, Option<u32>) {
        let problem = Problem::new(self.code, &self.detail);
        let passes = matches!(self.code, Code::Busy | Code::TooMany);
        (problem.status, problem, passes.then_some(self.after_s.unwrap_or(RETRY_AFTER_S)))
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::new(code, "")
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        tracing::error!(%error, "the database failed");
        let busy = matches!(
            error.sqlite_error_code(),
            Some(
                rusqlite::ErrorCode::DatabaseBusy
                    | rusqlite::ErrorCode::DatabaseLocked
                    | rusqlite::ErrorCode::DiskFull
            )
        );
        Self::from(if busy { Code::Busy } else { Code::Internal })
    }
}

impl From<db::Error> for Refusal {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Busy => Self::from(Code::Busy),
            db::Error::Sql(error) => Self::from(error),
            db::Error::Panicked => Self::from(Code::Internal),
        }
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(%error, "stored or answered JSON is broken");
        Self::from(Code::Internal)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, problem, retry_after_s) = self.answer();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.code == Code::LoginExpired {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code.title(Lang::En), self.detail)
    }
}

/// What no other path takes, below `/api`.
pub async fn not_found() -> Refusal {
    Refusal::new(Code::NotFound, "there is nothing at this address")
}

/// An address that exists, asked by a method that it does not take.
pub async fn method_not_allowed() -> Refusal {
    Refusal::from(Code::MethodNotAllowed)
}
