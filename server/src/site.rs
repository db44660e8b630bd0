//! Serves the built phone at `/` and the built desk at `/desk`: compressed as built, with strong
//! tags, names that hold a hash for ever, everything else asked for each time.
//!
//! The files are in the binary (feature `embed`) or, without it, in the folder that
//! `JIANGDAO_DIST` names.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use std::borrow::Cow;

/// First parts of a path that are never a page of the phone.
const NOT_PAGES: [&str; 2] = ["api", "f"];

/// A file as it is served.
struct File {
    bytes: Cow<'static, [u8]>,
    /// A hash of these bytes, the value of the tag.
    hash: String,
}

#[derive(Clone, Copy)]
enum Part {
    Phone,
    Desk,
}

/// All paths of the site. Other routes stand beside them and win where they are more exact.
pub fn site() -> Router {
    Router::new()
        .route("/", get(|headers: HeaderMap| answer(Part::Phone, String::new(), headers)))
        .route("/{*path}", get(phone))
        .route("/desk", get(|headers: HeaderMap| answer(Part::Desk, String::new(), headers)))
        // One address for one page: relative links would mean something else below the slash.
        .route("/desk/", get(|| async { Redirect::permanent("/desk") }))
        .route("/desk/{*path}", get(desk))
}

async fn phone(Path(path): Path<String>, headers: HeaderMap) -> Response<Body> {
    if path.split('/').next().is_some_and(|first| NOT_PAGES.contains(&first)) {
        return not_found("there is nothing at this address");
    }
    answer(Part::Phone, path, headers).await
}

async fn desk(Path(path): Path<String>, headers: HeaderMap) -> Response<Body> {
    answer(Part::Desk, path, headers).await
}

/// A file of that name, or the page for every address that looks like one of a page.
async fn answer(part: Part, path: String, headers: HeaderMap) -> Response<Body> {
    let is_page = !last_part(&path).contains('.');
    let name = if is_page { "index.html" } else { path.as_str() };
    // Compressed copies are served under the name of the plain file only.
    if name.ends_with(".br") || name.ends_with(".gz") {
        return not_found("there is no such file");
    }
    match pick(part, name, &headers) {
        Some((file, coding)) => respond(name, file, coding, &headers),
        None if is_page => not_found(
            "this server was built without its pages: build it by `cargo xtask build`, or name \
             the built folder in JIANGDAO_DIST",
        ),
        None => not_found("there is no such file"),
    }
}

/// The best copy that the browser takes, and its coding.
fn pick(part: Part, name: &str, headers: &HeaderMap) -> Option<(File, Option<&'static str>)> {
    for (coding, end) in [("br", ".br"), ("gzip", ".gz")] {
        if accepts(headers, coding)
            && let Some(file) = load(part, &format!("{name}{end}"))
        {
            return Some((file, Some(coding)));
        }
    }
    Some((load(part, name)?, None))
}

/// Whether `Accept-Encoding` names the coding and does not refuse it by `q=0`.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let items = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    for item in items {
        let mut parts = item.split(';').map(str::trim);
        if parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding)) {
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            return weight.and_then(|weight| weight.parse::<f32>().ok()) != Some(0.0);
        }
    }
    false
}

fn respond(name: &str, file: File, coding: Option<&'static str>, asked: &HeaderMap) -> Response<Body> {
    let tag = match coding {
        Some(coding) => format!("\"{}-{coding}\"", file.hash),
        None => format!("\"{}\"", file.hash),
    };
    let mut headers = HeaderMap::new();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    let keep = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    set(header::CACHE_CONTROL, keep);
    set(header::VARY, "accept-encoding");
    set(header::CONTENT_TYPE, content_type(name));
    if let Some(coding) = coding {
        set(header::CONTENT_ENCODING, coding);
    }
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    if holds(asked, &tag) {
        // Without a body, the headers that describe one would be wrong.
        headers.remove(header::CONTENT_ENCODING);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Body::from(file.bytes)).into_response()
}

/// A text of the program's own, by the rules of all files.
pub(crate) fn text(name: &str, text: &'static str, asked: &HeaderMap) -> Response<Body> {
    let file = File { bytes: Cow::Borrowed(text.as_bytes()), hash: hash(text.as_bytes()) };
    respond(name, file, None, asked)
}

/// What the name of a file tells of its content.
pub(crate) fn hash(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}

/// Whether the browser says that it has this very copy.
fn holds(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().trim_start_matches("W/") == tag || item.trim() == "*")
}

fn not_found(why: &'static str) -> Response<Body> {
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (StatusCode::NOT_FOUND, headers, why).into_response()
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether the name ends as `-0123456789abcdef.ending`, which the build gives by content.
fn is_hashed(name: &str) -> bool {
    let stem = last_part(name).split('.').next().unwrap_or_default();
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        hash.len() == 16 && hash.bytes().all(digits)
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(feature = "embed")]
mod built {
    //! The built folders, inside the binary.

    /// The phone.
    #[derive(rust_embed::Embed)]
    #[folder = "../target/dist/phone"]
    pub(super) struct Phone;

    /// The desk.
    #[derive(rust_embed::Embed)]
    #[folder = "../target/dist/desk"]
    pub(super) struct Desk;
}

#[cfg(feature = "embed")]
fn load(part: Part, name: &str) -> Option<File> {
    let found = match part {
        Part::Phone => built::Phone::get(name),
        Part::Desk => built::Desk::get(name),
    }?;
    Some(File { hash: hex(&found.metadata.sha256_hash()), bytes: found.data })
}

#[cfg(not(feature = "embed"))]
fn load(part: Part, name: &str) -> Option<File> {
    use std::path::{Component, PathBuf};
    let inside = PathBuf::from(name);
    // Nothing outside the folder: every part of the path is a plain name.
    if !inside.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let folder = match part {
        Part::Phone => "phone",
        Part::Desk => "desk",
    };
    let dist = PathBuf::from(std::env::var_os("JIANGDAO_DIST")?);
    let bytes = std::fs::read(dist.join(folder).join(inside)).ok()?;
    Some(File { hash: hash(&bytes), bytes: bytes.into() })
}

/// The first sixteen digits of a hash.
fn hex(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{accepts, is_hashed};
    use axum::http::HeaderMap;
    use axum::http::header::{ACCEPT_ENCODING, HeaderValue};

    #[test]
    fn knows_hashed_names() {
        assert!(is_hashed("phone_bg-249d2aca6ab5d124.wasm"));
        assert!(!is_hashed("icon-192.png"));
        assert!(!is_hashed("index.html"));
    }

    #[test]
    fn reads_what_the_browser_accepts() {
        let mut headers = HeaderMap::new();
        assert!(!accepts(&headers, "br"), "nothing said");
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, br;q=0, zstd"));
        assert!(accepts(&headers, "gzip"));
        assert!(!accepts(&headers, "br"), "refused");
        assert!(!accepts(&headers, "deflate"));
    }
}
