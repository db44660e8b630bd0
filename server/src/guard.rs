//! What every answer carries so that browsers do with it what is meant, and no more
//! (docs/security.md).

use axum::extract::{ConnectInfo, Request};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;

/// What is allowed on a page: own files only, no inline script, no eval but that of WASM. Style
/// attributes are allowed, as the width of a bar is one.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What no page of ours uses is shut off; the camera reads codes.
const PERMISSIONS: &str = "accelerometer=(), camera=(self), display-capture=(), geolocation=(), \
    gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()";

/// On every answer, whatever it is.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// For a year. Of names below this one nothing is said: they are others'.
const TLS_ONLY: &str = "max-age=31536000";

/// Of a request that came to this program by TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByTls;

/// Puts them on.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let by_tls = came_by_tls(&request);
    let mut response = next.run(request).await;
    put(response.headers_mut(), by_tls);
    response
}

fn put(headers: &mut HeaderMap, by_tls: bool) {
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if by_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY));
    }
}

/// Whether the browser spoke TLS: with this program, or as a proxy on this machine says. Anybody else may say
/// anything.
fn came_by_tls(request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let near = peer.is_some_and(|ConnectInfo(address)| address.ip().to_canonical().is_loopback());
    let said = request.headers().get("x-forwarded-proto").is_some_and(|said| said == "https");
    request.extensions().get::<ByTls>().is_some() || (near && said)
}
