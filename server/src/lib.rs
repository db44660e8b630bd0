//! The server of 讲到: takes changes in, keeps them, and tells every level the same figures.
//!
//! `router` lists every path; from there it is at most two calls to the SQL.

pub mod access;
pub mod accounts;
pub mod answering;
pub mod answerings;
pub mod answers;
pub mod attendance;
pub mod audit;
pub mod audits;
pub mod backup;
mod branch;
pub mod campaign;
pub mod campaigns;
pub mod clock;
pub mod closing;
pub mod closings;
pub mod commands;
pub mod coverage;
pub mod db;
mod decision;
mod demo;
pub mod device;
pub mod devices;
mod door;
pub mod erase;
pub mod export;
pub mod extract;
pub mod fault;
pub mod feed;
pub mod file;
pub mod files;
pub mod filter;
pub mod first;
pub mod forget;
pub mod form;
pub mod forms;
mod guard;
pub mod held;
pub mod holds;
pub mod import;
pub mod imports;
mod invitation;
pub mod invitations;
pub mod join;
mod lecturer;
pub mod ledger;
pub mod me;
pub mod metrics;
pub mod on_phones;
pub mod openapi;
pub mod org;
pub mod orgs;
pub mod people;
pub mod person;
mod photo;
mod publication;
pub mod pull;
pub mod push;
pub mod read_tokens;
pub mod refuse;
pub mod report;
pub mod rescue;
pub mod response;
mod retention;
pub mod rollup;
pub mod roster;
mod serve;
pub mod session;
pub mod sessions;
pub mod setting;
pub mod settings;
mod sight;
pub mod site;
#[cfg(test)]
mod small_city;
#[cfg(test)]
mod test;
pub mod throttle;
mod tls;

use crate::access::{Hashing, login};
use crate::clock::Clock;
use crate::db::Db;
use crate::fault::Fault;
use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::{any, get, post};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// How long a request may send nothing of its body. Long: a phone at the edge of its network stands still
/// for a while, and goes on.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// What every handler needs.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// The store.
    pub db: Db,
    /// The server's clock.
    pub clock: Clock,
    /// Where passwords are checked.
    pub hashing: Hashing,
    /// Who asks too often.
    pub throttle: throttle::Throttle,
    /// How the backup stands.
    pub backup: backup::Status,
    /// What opens rescue files.
    pub rescue: rescue::Key,
    /// The link by which the first admin is made.
    pub first: first::Link,
    /// Where the bytes of photos are.
    pub files: file::Folder,
    /// Where large files are written behind.
    pub exports: export::job::Shop,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Writes in one transaction; the job gets the moment at which it has begun, ms.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&rusqlite::Connection, i64) -> Result<T, refuse::Refusal> + Send + 'static,
    ) -> Result<T, refuse::Refusal> {
        let clock = self.clock.clone();
        self.db.write(move |conn| job(conn, clock.now_ms())).await
    }
}

/// Opens the data in a folder, on the machine's clock.
///
/// # Errors
/// One clear sentence why not.
pub fn open(dir: &Path) -> Result<App, Fault> {
    open_at(dir, Clock::system())
}

/// Opens the data in a folder, on a clock of the caller's.
///
/// # Errors
/// One clear sentence why not.
pub fn open_at(dir: &Path, clock: Clock) -> Result<App, Fault> {
    first_form(dir)?;
    let rescue = rescue::Key::load_or_make(dir)?;
    Ok(App(Arc::new(Parts {
        db: Db::open(dir)?,
        clock,
        hashing: Hashing::default(),
        throttle: throttle::Throttle::default(),
        backup: backup::Status::default(),
        rescue,
        first: first::Link::default(),
        files: file::Folder::of(dir),
        exports: export::job::Shop::new(dir),
    })))
}

/// Every data folder has the form from its first start that every city begins with: without it, a
/// phone has nothing to ask.
fn first_form(dir: &Path) -> Result<(), Fault> {
    let mut connection = db::connect(dir)?;
    Ok(db::transaction(&mut connection, |conn| form::put(conn, &shared::form::default_form()))?)
}

/// Every path of the server, one list.
pub fn router(app: App) -> Router {
    let paths = Router::new()
        .route("/api/v1/health", get(access::health))
        .route("/api/v1/login", post(login::post).get(login::get).delete(login::delete))
        .route("/api/v1/join", post(join::join))
        .route("/api/v1/enter", post(join::enter))
        .route("/api/v1/first", post(first::post))
        .route("/api/v1/first/look", post(first::look))
        .route("/api/v1/me", get(me::get))
        .route("/api/v1/me/factor", post(me::begin_factor))
        .route("/api/v1/me/factor/confirm", post(me::confirm_factor))
        .route("/api/v1/me/factor/end", post(me::end_factor))
        .route("/api/v1/me/password", post(me::change_password))
        .route("/api/v1/me/tokens", get(read_tokens::get).post(read_tokens::post))
        .route("/api/v1/me/tokens/{id}/end", post(read_tokens::end))
        .route("/api/v1/settings", get(settings::get).post(settings::post))
        .route("/api/v1/invitations", get(invitations::list).post(invitations::post))
        .route("/api/v1/invitations/{id}/end", post(invitations::end))
        .route("/api/v1/accounts", get(accounts::list).post(accounts::post))
        .route("/api/v1/accounts/{id}/grants", post(accounts::grant))
        .route("/api/v1/accounts/{id}/link", post(accounts::link))
        .route("/api/v1/accounts/{id}/confirm", post(accounts::confirm))
        .route("/api/v1/accounts/{id}/factor/end", post(accounts::reset_factor))
        .route("/api/v1/grants/{id}/end", post(accounts::end_grant))
        .route("/api/v1/push", post(push::post))
        .route("/api/v1/pull", post(pull::post))
        .route("/api/v1/held", get(holds::get))
        .route("/api/v1/held/{key}", post(holds::post))
        .route("/api/v1/rescue", post(rescue::post))
        .route("/api/v1/unlock", post(rescue::unlock))
        .route("/api/v1/devices", get(devices::get))
        .route("/api/v1/devices/{replica}", post(devices::post))
        .route("/api/v1/backup", get(backup::get))
        .route("/api/v1/audit", get(audits::get))
        .route("/api/v1/orgs", get(orgs::get))
        .route("/api/v1/campaigns", get(campaigns::get).post(campaigns::post))
        .route("/api/v1/campaigns/{id}", post(campaigns::one))
        .route("/api/v1/forms", get(forms::list).post(forms::post))
        .route("/api/v1/forms/{id}", get(forms::one))
        .route("/api/v1/forms/{id}/versions", post(forms::version))
        .route("/api/v1/forms/{id}/closing", post(forms::closing))
        .route("/api/v1/sessions", get(sessions::list))
        .route("/api/v1/sessions/{id}", get(sessions::one))
        .route("/api/v1/sessions/{id}/attendance", get(people::get))
        .route("/api/v1/sessions/{id}/attendance/reveal", post(people::reveal))
        .route("/api/v1/sessions/{id}/answering", get(answerings::get).post(answerings::post))
        .route("/api/v1/sessions/{id}/answering/end", post(answerings::end))
        .route("/api/v1/sessions/{id}/photos", get(files::of_session))
        .route("/api/v1/files", post(files::post).options(files::options))
        .route("/api/v1/files/{sha256}", get(files::get).head(files::head).patch(files::patch))
        .route("/api/v1/answers", post(answers::post))
        .route("/api/v1/answers/form", post(answers::form))
        .route("/api/v1/closings", get(closings::list).post(closings::post))
        .route("/api/v1/closings/{code}", get(closings::one))
        .route("/api/v1/coverage", get(coverage::get))
        .route("/api/v1/coverage/phones", get(on_phones::get))
        .route("/api/v1/roster", get(roster::get))
        .route("/api/v1/roster/counts", get(roster::counts))
        .route("/api/v1/imports", get(imports::get))
        .route("/api/v1/imports/orgs", post(imports::orgs))
        .route("/api/v1/imports/roster", post(imports::roster))
        .route("/api/v1/imports/templates/orgs.xlsx", get(export::template::orgs))
        .route("/api/v1/imports/templates/roster.xlsx", get(export::template::roster))
        .route("/metrics", get(metrics::get))
        .merge(leaving())
        .route("/api", any(refuse::not_found))
        .route("/api/{*rest}", any(refuse::not_found));
    around(paths, app)
}

/// What stands around every path of the API, and the pages and files beside them.
fn around(paths: Router<App>, app: App) -> Router {
    paths
        .method_not_allowed_fallback(refuse::method_not_allowed)
        .layer(unless_told(header::CACHE_CONTROL, "no-store"))
        .with_state(app)
        .merge(answers::pages())
        .fallback_service(site::site())
        .layer(RequestBodyTimeoutLayer::new(BODY_WITHIN))
        .layer(axum::middleware::from_fn(guard::guard))
}

/// Of these, what leaves the house, and what describes all of them.
fn leaving() -> Router<App> {
    Router::new()
        .route("/api/v1/exports/coverage.xlsx", get(export::get).post(export::post))
        .route("/api/v1/exports/coverage.csv", get(export::get).post(export::post))
        .route("/api/v1/exports/sessions.xlsx", get(export::get).post(export::post))
        .route("/api/v1/exports/sessions.csv", get(export::get).post(export::post))
        .route("/api/v1/exports/attendance.xlsx", get(export::get).post(export::post))
        .route("/api/v1/exports/attendance.csv", get(export::get).post(export::post))
        .route("/api/v1/exports/feedback.xlsx", get(export::get).post(export::post))
        .route("/api/v1/exports/feedback.csv", get(export::get).post(export::post))
        .route("/api/v1/exports/report.docx", get(report::docx).post(report::docx_with))
        .route("/api/v1/exports/report.pdf", get(report::pdf).post(report::pdf_with))
        .route("/api/v1/report/template", get(report::template).post(report::set_template))
        .route("/api/v1/exports/jobs", get(export::jobs::list))
        .route("/api/v1/exports/jobs/{id}", get(export::jobs::one))
        .route("/api/v1/exports/jobs/{id}/file", get(export::jobs::fetch))
        .route("/api/v1/exports/jobs/{id}/end", post(export::jobs::end))
        .route("/api/v1/openapi.json", get(openapi::get))
        .route("/api/v1/docs", get(openapi::docs))
        .route("/api/v1/docs.css", get(openapi::css))
}

/// Where the handler says nothing of it itself.
fn unless_told(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
