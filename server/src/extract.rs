//! What handlers take from a request: bodies with a limit that holds after inflation, and query
//! and path with refusals from the catalogue.

use crate::refuse::Refusal;
use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, header, request::Parts};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use shared::problem::Code;
use std::future::poll_fn;
use std::io::Read;
use std::pin::Pin;
use tower_http::timeout::TimeoutError;

/// Most bytes of a body that is no push.
const BODY_MAX_BYTES: usize = 64 * 1024;
/// Bytes of an oversized body that are still read and thrown away, so that the refusal reaches a
/// client that sends before it listens.
const DRAIN_MAX_BYTES: usize = 32 * 1024 * 1024;

/// A JSON body of at most 64 KiB.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let bytes = json_bytes(&parts.headers, body, BODY_MAX_BYTES).await?;
        Ok(Self(parse(&bytes)?))
    }
}

/// Reads JSON of the expected shape.
///
/// # Errors
/// `malformed`, saying where.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| Refusal::new(Code::Malformed, error.to_string()))
}

/// The bytes of a JSON body, inflated, at most `limit` of them.
///
/// # Errors
/// `not_json`, `malformed` or `too_large`.
pub async fn json_bytes(headers: &HeaderMap, body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    if !is_json(headers) {
        return Err(Refusal::new(Code::NotJson, "Content-Type: application/json is expected"));
    }
    let coding = headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
    match coding.as_deref() {
        None | Some(b"" | b"identity") => collect(body, limit).await,
        // Incompressible bytes grow a little when they are packed.
        Some(b"gzip" | b"x-gzip") => inflate(&collect(body, limit + limit / 100 + 1024).await?, limit),
        Some(_) => Err(Refusal::new(Code::NotJson, "Content-Encoding may be gzip or none")),
    }
}

/// Whether the headers say that the body is JSON.
#[must_use]
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(kind)) = headers.get(header::CONTENT_TYPE).map(|value| value.to_str()) else { return false };
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Whether the headers say that the body is plain bytes.
#[must_use]
pub fn is_octets(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/octet-stream")
}

/// The bytes of a body that is a file, at most `limit` of them; `above` refuses more.
///
/// # Errors
/// `bad_value`, `malformed`, or `above`.
pub async fn octets(headers: &HeaderMap, body: Body, limit: usize, above: Code) -> Result<Vec<u8>, Refusal> {
    if !is_octets(headers) {
        return Err(Refusal::bad_value("Content-Type: application/octet-stream is expected"));
    }
    collect(body, limit).await.map_err(|refusal| match refusal.code {
        Code::TooLarge => Refusal::new(above, format!("at most {limit} bytes")),
        _ => refusal,
    })
}

/// The bytes of a body of a piece of a file, at most `limit` of them.
///
/// # Errors
/// `malformed`, `busy` or `too_large`.
pub async fn bytes_of(body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    collect(body, limit).await
}

async fn collect(mut body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut seen = 0_usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| broken_off(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > DRAIN_MAX_BYTES {
            break;
        }
        if seen <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

/// Why a body did not come whole: who stopped sending may send it again.
fn broken_off(error: &(dyn std::error::Error + 'static)) -> Refusal {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    if causes.any(|cause| cause.is::<TimeoutError>()) {
        return Refusal::new(Code::Busy, "the body stopped coming");
    }
    Refusal::new(Code::Malformed, "the body ended early")
}

fn inflate(packed: &[u8], limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(packed)
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|_| Refusal::new(Code::Malformed, "the body is no gzip"))?;
    if bytes.len() > limit { Err(too_large(limit)) } else { Ok(bytes) }
}

/// More than this request may hold.
#[must_use]
pub fn too_large(limit: usize) -> Refusal {
    Refusal::new(Code::TooLarge, format!("at most {limit} bytes, inflated"))
}

/// The query, with its refusal from the catalogue.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(Refusal::bad_value(rejection.body_text())),
        }
    }
}

/// The parts of the path, with their refusal from the catalogue.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            Err(rejection) => Err(Refusal::bad_value(rejection.body_text())),
        }
    }
}

/// Items a page where nobody says.
const SIZE: u64 = 50;
/// Most items a page.
const SIZE_MAX: u64 = 500;

/// `page` (from 1) and `size` of the query of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Paging {
    /// From 1.
    #[serde(default)]
    pub page: Option<u64>,
    /// Items a page.
    #[serde(default)]
    pub size: Option<u64>,
}

impl Paging {
    /// (page, size), checked.
    ///
    /// # Errors
    /// `bad_value` where out of range.
    pub fn checked(self) -> Result<(u64, u64), Refusal> {
        let (page, size) = (self.page.unwrap_or(1), self.size.unwrap_or(SIZE));
        if page == 0 || page > 1_000_000 {
            return Err(Refusal::bad_value("page counts from 1 to 1000000"));
        }
        if size == 0 || size > SIZE_MAX {
            return Err(Refusal::bad_value(format!("size is 1 to {SIZE_MAX}")));
        }
        Ok((page, size))
    }
}
