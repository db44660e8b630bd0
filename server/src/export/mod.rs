//! Export (导出): what is on the screen, as a workbook. By GET everybody in it is masked; by POST, with a
//! reason, those who administer the branch get it clear. Each one leaves a row in the audit.

pub mod attendance;
mod book;
pub mod coverage;
pub mod template;

use crate::App;
use crate::audit;
use crate::filter::Filter;
use crate::refuse::Refusal;
use axum::body::Body;
use axum::http::{Response, header};
use axum::response::IntoResponse;
use book::{Cell, Trouble};
use rusqlite::{Connection, OptionalExtension};
use shared::audit::Act;
use shared::problem::Code;
use shared::sight::{ClearRequest, May, reason};
use shared::stamp::civil;
use shared::text::Lang;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl From<Trouble> for Refusal {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::TooManyRows => Self::bad_value(
                "超过一张工作表能放的行数，请缩小范围 / more rows than a sheet holds: narrow the filters",
            ),
            Trouble::Write(error) => {
                tracing::error!(%error, "a workbook was not written");
                Self::from(Code::Internal)
            }
            Trouble::Read(error) => Self::from(error),
        }
    }
}

/// Why nothing in a file is masked; none: everybody is.
type Why = Option<String>;

/// The part that asks: a clear file is for those who administer.
const fn part(why: &Why) -> May {
    if why.is_some() { May::Manage } else { May::Figures }
}

/// The reason that a request for a clear file gives.
fn why(asked: &ClearRequest) -> Result<Why, Refusal> {
    reason(&asked.reason).map(Some).ok_or_else(Refusal::reason)
}

/// What the audit says of a file.
fn noted(filter: &Filter, scope: &str, rows: u32, why: &Why) -> String {
    let mut detail = serde_json::json!({ "filter": format!("{filter:?}"), "scope": scope, "rows": rows });
    if let Some(why) = why {
        detail["reason"] = why.as_str().into();
    }
    detail.to_string()
}

/// A workbook that is ready, with what the audit says of it.
struct Ready {
    bytes: Vec<u8>,
    as_of_ms: i64,
    detail: String,
}

/// Notes the export in the audit, then answers with the file. Without the note there is no file.
async fn answer(
    app: &App,
    account_id: i64,
    (act, what): (Act, &str),
    name: &str,
    ready: Ready,
) -> Result<Response<Body>, Refusal> {
    let Ready { bytes, as_of_ms, detail } = ready;
    let noted = app.db.write::<_, Refusal, _>(move |conn| {
        let (at_ms, account_id, detail) = (as_of_ms, Some(account_id), detail.as_str());
        Ok(audit::add(conn, audit::New { at_ms, account_id, act, detail })?)
    });
    noted.await?;
    let (year, month, day, hour, minute) = civil(as_of_ms);
    let stamp = format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}");
    Ok(file(&format!("{what}-{stamp}"), &format!("{name}-{stamp}"), bytes))
}

/// A workbook as an answer, under a plain name and under one for people.
fn file(plain: &str, name: &str, bytes: Vec<u8>) -> Response<Body> {
    // The plain name is for programs that do not know the other.
    let disposition =
        format!("attachment; filename=\"{plain}.xlsx\"; filename*=UTF-8''{}.xlsx", percent(name));
    ([(header::CONTENT_TYPE, XLSX.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}

/// Every byte as `%XX` that RFC 8187 does not let stand.
fn percent(text: &str) -> String {
    let mut coded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    coded
}

/// What the second sheet says: whose figures, under which filters, as of when, for whom.
fn explanation(
    conn: &Connection,
    filter: &Filter,
    org: &str,
    account_id: i64,
    as_of_ms: i64,
) -> rusqlite::Result<Vec<(&'static str, Cell)>> {
    let who: Option<(String, String)> = conn
        .prepare_cached("SELECT name, login FROM account WHERE account_id = ?1")?
        .query_row([account_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let campaign: Option<String> = match filter.campaign {
        Some(id) => conn
            .prepare_cached("SELECT title FROM campaign WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?
            .or_else(|| Some(id.to_string())),
        None => None,
    };
    let all = || Cell::Text("全部".to_owned());
    let text = |text: Option<String>| text.map_or_else(all, Cell::Text);
    let time = |ms: Option<i64>| ms.map_or_else(all, Cell::Time);
    Ok(vec![
        ("范围", Cell::Text(org.to_owned())),
        ("专题活动", text(campaign)),
        ("活动类型", text(filter.activity.map(|activity| activity.label(Lang::Zh).to_owned()))),
        ("场次", text(filter.session.map(|id| id.to_string()))),
        ("开始时间自", time(filter.from_ms)),
        ("开始时间至（不含）", time(filter.to_ms)),
        ("数据截至", Cell::Time(as_of_ms)),
        ("导出人", text(who.map(|(name, login)| format!("{name}（{login}）")))),
        ("时区", Cell::Text("北京时间（+08:00）".to_owned())),
    ])
}

#[cfg(test)]
mod tests;
