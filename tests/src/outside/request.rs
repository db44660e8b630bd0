//! Any request: method, address with its query, headers, body.

use super::city::with;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request};

/// Never a fault of the server; a refusal is one that programs and people can read. Input: a request as
/// it goes over the wire, lines ended by `\n` alone. What no HTTP library would hand on is left out.
///
/// # Panics
/// The promise is broken.
pub fn request(input: &[u8]) {
    let Some(request) = parse(input) else { return };
    let page = !request.uri().path().starts_with("/api/");
    with(|city| city.send(request).well_formed(page));
}

fn parse(input: &[u8]) -> Option<Request<Body>> {
    let mut rest = input;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = &rest[..end];
        rest = &rest[end + 1..];
        Some(line)
    };
    let first = line()?;
    let mut words = first.split(|byte| *byte == b' ');
    let mut request = Request::builder().method(words.next()?).uri(words.next()?);
    loop {
        let header = line()?;
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&header[..colon]).ok()?;
        request = request.header(name, HeaderValue::from_bytes(header[colon + 1..].trim_ascii()).ok()?);
    }
    request.body(Body::from(rest.to_vec())).ok()
}
