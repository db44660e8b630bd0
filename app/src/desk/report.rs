//! 汇总报告: what is typed in for one report, and the wording that admins set.

use super::Desk;
use super::api::{self, Trouble};
use super::errand::{Errand, Failing};
use super::exports::url_of;
use super::filter_bar::today;
use super::format;
use super::load::{Load, Loaded};
use super::words::{self, t};
use crate::browser;
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use shared::report::{ReportRequest, TYPED_MAX_CHARS, WORDING_MAX_CHARS, Wording, WordingNew};
use std::sync::Arc;

/// Asks for what no figure tells, and fetches the report.
#[component]
pub fn ReportForm() -> impl IntoView {
    let desk = Desk::here();
    let errand = Errand::begin();
    let [number, needs, practice] = [(); 3].map(|()| RwSignal::new(String::new()));
    let fetch = move |path: &'static str, ending: &'static str| {
        let asked = ReportRequest {
            number: number.get_untracked(),
            needs: needs.get_untracked(),
            practice: practice.get_untracked(),
        };
        let name = words::REPORT_NAME.get(desk.prefs.lang.get_untracked());
        let (url, name) = (url_of(desk, path), format!("{name}-{}.{ending}", today()));
        let fetched = async move {
            let bytes = api::file_for(&url, &asked).await?;
            browser::download(&bytes, "application/octet-stream", &name).map_err(|_| Trouble::Strange(0))
        };
        errand.run(fetched, |()| {});
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        fetch("/api/v1/exports/report.docx", "docx");
    };
    view! {
        <section aria-labelledby="report-title">
            <h2 id="report-title">{t(words::REPORT)}</h2>
            <p class="quiet">{t(words::REPORT_HINT)}</p>
            <form class="leaving-form" on:submit=submit>
                <div class="field">
                    <label for="report-number">{t(words::REPORT_NUMBER)}</label>
                    <input id="report-number" type="text" maxlength="60" bind:value=number />
                </div>
                <div class="field">
                    <label for="report-needs">{t(words::REPORT_NEEDS)}</label>
                    <textarea id="report-needs" rows="4" maxlength=TYPED_MAX_CHARS.to_string() bind:value=needs></textarea>
                </div>
                <div class="field">
                    <label for="report-practice">{t(words::REPORT_PRACTICE)}</label>
                    <textarea id="report-practice" rows="4" maxlength=TYPED_MAX_CHARS.to_string() bind:value=practice></textarea>
                </div>
                <p class="actions">
                    <button type="submit" class="primary" disabled=move || errand.is_busy()>
                        {move || if errand.is_busy() { t(words::EXPORTING)() } else { t(words::REPORT_DOCX)() }}
                    </button>
                    <button type="button" disabled=move || errand.is_busy()
                        on:click=move |_| fetch("/api/v1/exports/report.pdf", "pdf")>{t(words::REPORT_PDF)}</button>
                    <Failing errand=errand />
                </p>
            </form>
        </section>
    }
}

/// The wording, for those who may set it.
#[component]
pub fn WordingForm() -> impl IntoView {
    // Not by itself: what is being typed stays.
    let load = Load::<Wording>::once(|| "/api/v1/report/template".to_owned());
    view! {
        <details class="new">
            <summary>{t(words::WORDING)}</summary>
            <Loaded load=load show=move |wording| view! { <Editor wording=wording load=load /> } />
        </details>
    }
}

#[component]
fn Editor(wording: Arc<Wording>, load: Load<Wording>) -> impl IntoView {
    let desk = Desk::here();
    let (errand, saved) = (Errand::begin(), RwSignal::new(false));
    let body = RwSignal::new(wording.body.clone());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        saved.set(false);
        let asked = WordingNew { body: Some(body.get_untracked()) };
        let sent = async move { api::post::<Wording>("/api/v1/report/template", &asked).await };
        errand.run(sent, move |_| {
            saved.try_set(true);
        });
    };
    let (usual, at_ms, login) = (wording.usual, wording.at_ms, wording.login.clone());
    let stands = move || match (usual, at_ms) {
        (false, Some(at_ms)) => words::WORDING_SET
            .with(desk.lang(), &[&format::moment(at_ms), login.as_deref().unwrap_or_default()]),
        _ => words::WORDING_IS_USUAL.get(desk.lang()).to_owned(),
    };
    let fields = wording.fields.iter().cloned();
    view! {
            <p class="quiet">{t(words::WORDING_HINT)}</p>
            <p class="quiet">{stands}</p>
            <form class="leaving-form" on:submit=submit>
                <div class="field">
                    <label for="wording-body">{t(words::WORDING)}</label>
                    <textarea id="wording-body" rows="18" required maxlength=WORDING_MAX_CHARS.to_string() bind:value=body></textarea>
                </div>
                <p class="actions">
                    <button type="submit" class="primary" disabled=move || errand.is_busy()>{t(words::WORDING_SAVE)}</button>
                    <span role="status">{move || saved.get().then(|| words::WORDING_SAVED.get(desk.lang()))}</span>
                    <Failing errand=errand />
                </p>
            </form>
            {(!usual).then(|| view! {
                <p class="actions">
    <PutBack load=load />
                </p>
            })}
            <h3>{t(words::WORDING_FIELDS)}</h3>
            <dl class="leaving-fields">{fields.map(|field| view! {
                <dt><code>{format!("{{{}}}", field.name)}</code></dt><dd>{field.means}</dd>
            }).collect_view()}</dl>
        }
}

/// Puts the program's own wording back; asked for twice.
#[component]
fn PutBack(load: Load<Wording>) -> impl IntoView {
    let (errand, asked) = (Errand::begin(), RwSignal::new(false));
    let go = move |_| {
        if !asked.get_untracked() {
            asked.set(true);
            return;
        }
        let sent =
            async { api::post::<Wording>("/api/v1/report/template", &WordingNew { body: None }).await };
        errand.run(sent, move |_| load.retry());
    };
    view! {
        <button type="button" class:danger=move || asked.get() on:click=go>
            {move || if asked.get() { t(words::WORDING_SURE)() } else { t(words::WORDING_USUAL)() }}
        </button>
        <Failing errand=errand />
    }
}
