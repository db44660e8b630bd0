//! `/api/v1/files`: the bytes of photos come in pieces, as tus 1.0.0 says (core and creation), and are
//! shown to those who see a session that shows them (docs/sync.md §15).

use crate::access::{Caller, Pusher};
use crate::extract::{Path, bytes_of};
use crate::file::{self, Folder, Unfit};
use crate::refuse::Refusal;
use crate::sight::{self, Persons, Sight};
use crate::{App, photo, sessions};
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rusqlite::Connection;
use shared::photo::{CHUNK_MAX_BYTES, FILE_MAX_BYTES, FileName, Kind, PhotoList};
use shared::problem::Code;
use shared::sight::May;
use std::io;
use std::time::{Duration, SystemTime};

const TUS: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: &str = "upload-metadata";
const PIECE: &str = "application/offset+octet-stream";
/// When an account with too many uploads under way may come back, seconds.
const PARTS_WAIT_S: u32 = 600;
/// How often what nobody names, and uploads that stand still, are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 3_600);
/// After its start the server first does what people wait for.
const SWEEP_FIRST: Duration = Duration::from_secs(120);

/// What the server can do of tus.
pub async fn options() -> Response {
    let most = HeaderValue::from(FILE_MAX_BYTES);
    let says = [
        (TUS, TUS_VERSION),
        (HeaderName::from_static("tus-version"), TUS_VERSION),
        (HeaderName::from_static("tus-extension"), HeaderValue::from_static("creation")),
        (HeaderName::from_static("tus-max-size"), most),
    ];
    (StatusCode::NO_CONTENT, says).into_response()
}

/// Begins the upload of a file that a photo names, or tells how far the caller's own is.
///
/// # Errors
/// `file_unnamed`, `bad_value`, `too_many`, or the store's.
pub async fn post(
    State(app): State<App>,
    Pusher(caller): Pusher,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    speaks_tus(&headers)?;
    let name = named(&headers)?;
    let told = number(&headers, &LENGTH)?;
    let len = len_of(&app, name).await?;
    if told != len {
        return Err(Refusal::bad_value(format!("Upload-Length: the photo says {len}")));
    }
    let offset = match standing(&app, name).await? {
        Some(whole) => whole,
        None => {
            let begun = on_disk(&app, move |files| files.begin(caller.account_id, name)).await?;
            begun.ok_or_else(|| Refusal::too_many(PARTS_WAIT_S))?
        }
    };
    let place = format!("/api/v1/files/{name}");
    let place = HeaderValue::from_str(&place).map_err(|_| Refusal::from(Code::Internal))?;
    let says = [(TUS, TUS_VERSION), (header::LOCATION, place), (OFFSET, offset.into())];
    Ok((StatusCode::CREATED, says).into_response())
}

/// Tells how far the caller's upload of a file is.
///
/// # Errors
/// `file_unnamed`, `not_found` where it has not begun, or the store's.
pub async fn head(
    State(app): State<App>,
    Pusher(caller): Pusher,
    Path(name): Path<String>,
) -> Result<Response, Refusal> {
    let name = read(&name)?;
    let len = len_of(&app, name).await?;
    let offset = match standing(&app, name).await? {
        Some(whole) => Some(whole),
        None => on_disk(&app, move |files| files.offset(caller.account_id, name)).await?,
    };
    let offset = offset.ok_or_else(|| Refusal::from(Code::NotFound))?;
    let says = [(TUS, TUS_VERSION), (OFFSET, offset.into()), (LENGTH, len.into())];
    Ok((StatusCode::OK, says).into_response())
}

/// Takes the next piece; with the last one the file is looked at, and put in its place.
///
/// # Errors
/// `file_unnamed`, `file_wrong` where it goes on elsewhere or is not what its name says, `file_kind`,
/// `too_large`, `not_found` where it has not begun, `bad_value`, or the store's.
pub async fn patch(
    State(app): State<App>,
    Pusher(caller): Pusher,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    speaks_tus(&parts.headers)?;
    let name = read(&name)?;
    let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind != Some(PIECE.as_bytes()) {
        return Err(Refusal::new(Code::NotJson, format!("Content-Type: {PIECE} is expected")));
    }
    let offset = number(&parts.headers, &OFFSET)?;
    let len = len_of(&app, name).await?;
    let piece = bytes_of(body, CHUNK_MAX_BYTES).await?;
    if standing(&app, name).await?.is_some() {
        return Ok(moved(len));
    }
    let own = (caller.account_id, name);
    let added = on_disk(&app, move |files| Ok(files.add(own, len, offset, &piece))).await?;
    let (offset, whole) = added.map_err(unfit)?;
    if let Some(kind) = whole {
        app.write(move |conn, now_ms| Ok(file::arrived(conn, name, (len, kind), now_ms)?)).await?;
    }
    Ok(moved(offset))
}

fn moved(offset: u64) -> Response {
    (StatusCode::NO_CONTENT, [(TUS, TUS_VERSION), (OFFSET, HeaderValue::from(offset))]).into_response()
}

fn unfit(why: Unfit) -> Refusal {
    match why {
        Unfit::At(None) => Code::NotFound.into(),
        Unfit::At(Some(at)) => Refusal::new(Code::FileWrong, format!("Upload-Offset: it stands at {at}")),
        Unfit::TooMuch => Refusal::bad_value("more bytes than Upload-Length"),
        Unfit::Wrong => Code::FileWrong.into(),
        Unfit::Kind => Code::FileKind.into(),
        Unfit::Io(error) => failed(&error),
    }
}

/// Shows a file to whoever sees a session that shows a photo of it; a signed sheet to those alone who
/// see names there.
///
/// # Errors
/// `not_found`, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let name = read(&name)?;
    let here = sight::read(&app, &caller, May::Sessions, None, move |conn, sight, _| {
        if !seen(conn, sight, name)? {
            return Err(Code::NotFound.into());
        }
        file::find(conn, name)?.ok_or_else(|| Code::NotFound.into())
    });
    let mime = here.await?.mime;
    let tag = format!("\"{name}\"");
    let says = [
        (header::CONTENT_TYPE, mime),
        (header::ETAG, tag.clone()),
        // Kept by the caller's own browser alone, which asks each time whether it may still be shown.
        (header::CACHE_CONTROL, "private, no-cache".to_owned()),
        (header::CONTENT_DISPOSITION, "inline".to_owned()),
    ];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, says).into_response());
    }
    let bytes = on_disk(&app, move |files| files.read(name)).await?.ok_or(Code::NotFound)?;
    Ok((says, Body::from(bytes)).into_response())
}

/// Lists the photos of a session.
///
/// # Errors
/// `not_found`, or as [`sight::read`].
pub async fn of_session(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<PhotoList>, Refusal> {
    let list = sight::read(&app, &caller, May::Sessions, None, move |conn, sight, _| {
        let (session_id, _) = sessions::find(conn, sight, &id)?;
        let items = photo::list(conn, session_id, names_at(conn, sight, session_id)?)?;
        Ok(PhotoList { items })
    });
    list.await.map(Json)
}

fn seen(conn: &Connection, sight: &Sight, name: FileName) -> Result<bool, Refusal> {
    for (session_id, sheet) in photo::shown_at(conn, name)? {
        let (with, from) = sight.sessions();
        let sql =
            format!("{with} SELECT 1 FROM {from} WHERE session.row_exists = 1 AND session.session_id = ?1");
        if conn.prepare(&sql)?.exists([session_id])? && (!sheet || names_at(conn, sight, session_id)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the names of the org of a session are shown as they are: a signed sheet is a list of them.
fn names_at(conn: &Connection, sight: &Sight, session_id: i64) -> rusqlite::Result<bool> {
    let org_id: Option<i64> = conn
        .prepare_cached("SELECT org_id FROM session WHERE session_id = ?1")?
        .query_row([session_id], |row| row.get(0))?;
    match org_id {
        Some(org_id) => Ok(sight.names.of(conn, org_id)? == Persons::Clear),
        None => Ok(false),
    }
}

/// The length of a file that a photo which stands names.
async fn len_of(app: &App, name: FileName) -> Result<u64, Refusal> {
    let len = app.db.read(move |conn| Ok::<_, Refusal>(photo::len_of(conn, name)?)).await?;
    len.ok_or_else(|| Code::FileUnnamed.into())
}

/// The length of a file that is here already. One that lies in its place untold, as the machine stopped in
/// between, is told now.
async fn standing(app: &App, name: FileName) -> Result<Option<u64>, Refusal> {
    if let Some(here) = app.db.read(move |conn| Ok::<_, Refusal>(file::find(conn, name)?)).await? {
        return Ok(Some(here.len));
    }
    let lies: Option<(u64, Kind)> = on_disk(app, move |files| files.lies(name)).await?;
    if let Some(lies) = lies {
        app.write(move |conn, now_ms| Ok(file::arrived(conn, name, lies, now_ms)?)).await?;
    }
    Ok(lies.map(|(len, _)| len))
}

fn read(text: &str) -> Result<FileName, Refusal> {
    FileName::read(text).ok_or_else(|| Code::NotFound.into())
}

/// `Upload-Metadata: sha256 <base64 of the 64 digits>`.
fn named(headers: &HeaderMap) -> Result<FileName, Refusal> {
    let text = headers.get(METADATA).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let value = text.split(',').find_map(|pair| pair.trim().strip_prefix("sha256 "));
    let name = value.and_then(|value| String::from_utf8(unbase64(value.trim())?).ok());
    name.as_deref().and_then(FileName::read).ok_or_else(|| {
        Refusal::bad_value("Upload-Metadata: sha256, with the 64 digits of the file's SHA-256 in base64")
    })
}

/// What base64 says; it has to be whole.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in digits.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Refusal> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()?.parse().ok());
    value.ok_or_else(|| Refusal::bad_value(format!("{name}: a number of bytes is expected")))
}

fn speaks_tus(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(TUS) == Some(&TUS_VERSION) {
        return Ok(());
    }
    Err(Refusal::bad_value("Tus-Resumable: 1.0.0 is expected"))
}

/// Works on the disk, out of the way of everything else.
async fn on_disk<T: Send + 'static>(
    app: &App,
    job: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let files = app.files.clone();
    let done = tokio::task::spawn_blocking(move || job(&files)).await;
    done.map_err(|_| Refusal::from(Code::Internal))?.map_err(|error| failed(&error))
}

fn failed(error: &io::Error) -> Refusal {
    tracing::error!(%error, "a file of a photo");
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    if full { Code::Busy.into() } else { Code::Internal.into() }
}

/// Looks now and then for what nobody names and for uploads that stand still, for as long as the server runs.
pub(crate) async fn keep(app: App) {
    tokio::time::sleep(SWEEP_FIRST).await;
    loop {
        if let Err(refusal) = sweep(&app).await {
            tracing::error!(%refusal, "the files of photos");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// Once: says how many files went.
///
/// # Errors
/// A fault of the store or of the disk.
pub async fn sweep(app: &App) -> Result<usize, Refusal> {
    let old = app.write(|conn, now_ms| Ok(file::forget_unnamed(conn, now_ms)?)).await?;
    let went = old.len();
    let gone = on_disk(app, move |files| {
        for name in old {
            files.remove(name)?;
        }
        files.sweep(SystemTime::now())
    });
    gone.await?;
    Ok(went)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_whole_or_not_at_all() {
        assert_eq!(unbase64("TWFu").unwrap(), b"Man");
        assert_eq!(unbase64("TWE=").unwrap(), b"Ma");
        assert_eq!(unbase64("TQ==").unwrap(), b"M");
        for wrong in ["TWF", "T===", "TW-u", "TWFu\n"] {
            assert_eq!(unbase64(wrong), None, "{wrong}");
        }
    }
}
