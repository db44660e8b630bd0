//! 报送与导出: the report, tables of what the filters say, and files that are written behind.

use super::Desk;
use super::api;
use super::deed::Deed;
use super::errand::{Errand, Failing};
use super::export::{ExportButton, file_name};
use super::filter_bar::{FilterBar, today};
use super::format;
use super::load::{Load, Loaded};
use super::query::Writer;
use super::report::{ReportForm, WordingForm};
use super::shell::titled;
use super::words::{self, t};
use crate::browser;
use crate::view::prelude::*;
use serde_json::json;
use shared::export::{JobItem, JobState, Jobs};
use shared::problem::Code;
use shared::sight::May;
use shared::text::Msg;
use std::sync::Arc;
use std::time::Duration;

/// The address of a file of what the page's filters say.
pub fn url_of(desk: Desk, path: &'static str) -> String {
    let mut out = Writer::default();
    untrack(|| desk.nav().here().filter).ask(&mut out);
    out.after(path)
}

/// The page.
#[component]
pub fn ExportsPage() -> impl IntoView {
    let desk = Desk::here();
    titled(words::EXPORTS);
    let table = move |text: Msg, path: &'static str, name: Msg| {
        let named = move || file_name(&[name.get(desk.prefs.lang.get_untracked()), &today().to_string()]);
        view! { <ExportButton text=text url=move || url_of(desk, path) name=named /> }
    };
    view! {
        <FilterBar />
        <div class="title-row"><h1>{t(words::EXPORTS)}</h1></div>
        <p class="quiet">{t(words::EXPORTS_HINT)}</p>
        <section aria-labelledby="tables-title">
            <h2 id="tables-title">{t(words::EXPORTS_TABLES)}</h2>
            <div class="leaving">
                {table(words::EXPORT_COVERAGE, "/api/v1/exports/coverage.xlsx", words::EXPORT_FIGURES_NAME)}
                {table(words::EXPORT_SESSIONS, "/api/v1/exports/sessions.xlsx", words::EXPORT_SESSIONS_NAME)}
                {table(words::EXPORT_LIST, "/api/v1/exports/attendance.xlsx", words::EXPORT_NAME)}
                {table(words::EXPORT_FEEDBACK, "/api/v1/exports/feedback.xlsx", words::EXPORT_FEEDBACK_NAME)}
            </div>
        </section>
        <ReportForm />
        {desk.may(May::Audit).then(|| view! { <WordingForm /> })}
        <JobsSection />
    }
}

#[component]
fn JobsSection() -> impl IntoView {
    let load = Load::<Jobs>::one(|| "/api/v1/exports/jobs".to_owned());
    // While something is written, how far it is.
    Effect::new(move |_| {
        let open = |item: &JobItem| {
            [JobState::Waiting, JobState::Running].iter().any(|state| item.state == state.wire())
        };
        if load.get().is_some_and(|jobs| jobs.items.iter().any(open))
            && let Ok(later) = set_timeout_with_handle(move || load.retry(), Duration::from_secs(2))
        {
            on_cleanup(move || later.clear());
        }
    });
    view! {
        <section aria-labelledby="jobs-title">
            <h2 id="jobs-title">{t(words::JOBS)}</h2>
            <p class="quiet">{t(words::JOBS_HINT)}</p>
            <Loaded load=load show=|jobs| view! { <List jobs=jobs /> } />
        </section>
    }
}

#[component]
fn List(jobs: Arc<Jobs>) -> impl IntoView {
    if jobs.items.is_empty() {
        return view! { <p>{t(words::JOBS_NONE)}</p> }.into_any();
    }
    view! {
        <div class="table-room">
            <table class="table">
                <thead><tr>
                    <th scope="col">{t(words::JOB_FILE)}</th>
                    <th scope="col">{t(words::JOB_STATE)}</th>
                    <th scope="col" class="number">{t(words::JOB_ROWS)}</th>
                    <th scope="col">{t(words::JOB_MADE)}</th>
                    <th scope="col">{t(words::JOB_UNTIL)}</th>
                    <th scope="col"><span class="unseen">{t(words::JOB_FETCH)}</span></th>
                </tr></thead>
                <tbody>{jobs.items.iter().cloned().map(|item| view! { <Row item=item /> }).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(item: JobItem) -> impl IntoView {
    let desk = Desk::here();
    let state = JobState::from_wire(&item.state);
    let code = item.code.as_deref().and_then(Code::from_code);
    let word = item.state.clone();
    let says = move || {
        let lang = desk.lang();
        let state = state.map_or_else(|| word.clone(), |state| state.label(lang).to_owned());
        code.map_or_else(|| state.clone(), |code| words::WITH_DETAIL.with(lang, &[&state, code.title(lang)]))
    };
    let (rows, of_rows) = (item.rows, item.of_rows);
    let progress = move || match state {
        Some(JobState::Waiting | JobState::Running) => {
            words::JOB_PROGRESS.with(desk.lang(), &[&format::count(rows), &format::count(of_rows)])
        }
        _ => format::count(rows),
    };
    let open = matches!(state, Some(JobState::Waiting | JobState::Running));
    let until = item.ends_ms.map_or_else(|| format::NONE.to_owned(), format::moment);
    let (url, end) =
        (format!("/api/v1/exports/jobs/{}/file", item.id), format!("/api/v1/exports/jobs/{}/end", item.id));
    let name = item.name.clone();
    view! {
        <tr>
            <th scope="row" class="name">{item.name}{item.clear.then(|| view! { " · "{t(words::JOB_CLEAR)} })}</th>
            <td>{says}{open.then(|| view! { <progress max=of_rows.to_string() value=rows.to_string()></progress> })}</td>
            <td class="number">{progress}</td>
            <td class="time">{format::moment(item.made_ms)}</td>
            <td class="time">{until}</td>
            <td class="actions">
                {(state == Some(JobState::Ready)).then(|| view! { <FetchButton url=url name=name /> })}
                <Deed text=words::JOB_END url=end body=json!({}) />
            </td>
        </tr>
    }
}

#[component]
fn FetchButton(url: String, name: String) -> impl IntoView {
    let errand = Errand::begin();
    let go = move |_| {
        let (url, name) = (url.clone(), name.clone());
        let fetched = async move {
            let bytes = api::file(&url).await?;
            browser::download(&bytes, "application/octet-stream", &name).map_err(|_| api::Trouble::Strange(0))
        };
        errand.run(fetched, |()| {});
    };
    view! {
        <button type="button" on:click=go disabled=move || errand.is_busy()>{t(words::JOB_FETCH)}</button>
        <Failing errand=errand />
    }
}
