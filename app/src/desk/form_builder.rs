//! One form as it is made: its questions on the left, a phone with it on the right. What is out is never changed:
//! everything here becomes the next version.

pub mod ask;
pub mod choices;
pub mod kept;
pub mod preview;
pub mod sheet;
pub mod when;

use super::Desk;
use super::api;
use super::errand::{Errand, Failing};
use super::format;
use super::load::{Load, Loaded};
use super::route::{Edit, Route};
use super::shell::title as window_title;
use super::words::{self, t};
use crate::view::prelude::*;
use ask::{Add, Asked};
use preview::Preview;
use shared::form::check::check;
use shared::form::desk::{FormDetail, FormNew, FormVersion};
use shared::id::FormId;
use sheet::Sheet;
use std::sync::Arc;

/// The page.
#[component]
pub fn FormPage(
    /// Which form, or what a new one begins with.
    edit: Edit,
) -> impl IntoView {
    let desk = Desk::here();
    Effect::new(move |_| {
        document().set_title(&window_title(&[words::FORMS.get(desk.lang())], desk.lang()));
    });
    let back = view! { <p><a href=Route::Forms.path()>{t(words::BUILD_BACK)}</a></p> };
    let content = match edit {
        Edit::New => view! { <Builder edit=edit detail=None again=|| {} /> }.into_any(),
        Edit::Of(id) | Edit::Copy(id) => {
            // Not by itself: what is being written stays.
            let load = Load::<FormDetail>::once(move || format!("/api/v1/forms/{id}"));
            let show = move |detail| {
                view! { <Builder edit=edit detail=Some(detail) again=move || load.retry() /> }
            };
            view! { <Loaded load=load show=show /> }.into_any()
        }
    };
    view! { {back}{content} }
}

/// Where a form is brought out, and what it was made from.
#[derive(Clone, Copy)]
struct Target {
    id: Option<FormId>,
    after: Option<u32>,
    closed: bool,
}

#[component]
fn Builder(
    edit: Edit,
    detail: Option<Arc<FormDetail>>,
    /// Reads what is out again.
    again: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let latest = detail.as_ref().and_then(|detail| detail.versions.last());
    let own = matches!(edit, Edit::Of(_));
    let target = Target {
        id: detail.as_ref().filter(|_| own).map(|detail| detail.item.id),
        after: latest.filter(|_| own).map(|version| version.form.version),
        closed: own && detail.as_ref().is_some_and(|detail| detail.item.closed_ms.is_some()),
    };
    let start = sheet::start(edit, latest.map(|version| &version.form));
    let (sheet, found) = kept::open(edit, target.after, &start);
    let versions = detail.filter(|_| own).map(|detail| detail.versions.clone()).unwrap_or_default();
    let out = StoredValue::new(start);
    let changed = Memo::new(move |_| {
        let form = sheet.form();
        out.with_value(|out| form.title != out.title || form.questions != out.questions)
    });
    let discard = move |_| {
        sheet.fill(&out.get_value());
        found.set(false);
    };
    view! {
        <div class="builder">
            <section class="builder-sheet" aria-label=t(words::FORMS)>
                <Top sheet=sheet target=target changed=changed />
                {move || found.get().then(|| view! {
                    <p class="note" role="status">
                        <span>{t(words::BUILD_LOST)}</span>
                        <button type="button" on:click=discard>{t(words::BUILD_DISCARD)}</button>
                    </p>
                })}
                <ol class="asks">
                    <For each=move || sheet.asks.get() key=|ask| ask.key
                        children=move |ask| view! { <Asked sheet=sheet ask=ask /> } />
                </ol>
                <Add sheet=sheet />
                <Publish sheet=sheet target=target changed=changed edit=edit again=again />
                <Versions sheet=sheet versions=versions />
            </section>
            <Preview sheet=sheet />
        </div>
    }
}

/// The form's own title, and how it stands.
#[component]
fn Top(sheet: Sheet, target: Target, changed: Memo<bool>) -> impl IntoView {
    let desk = Desk::here();
    let version = target.after.map(|version| version.to_string());
    let stands = move || {
        let lang = desk.lang();
        let version = version.as_ref().map(|version| words::FORM_VERSION_N.with(lang, &[version]));
        let state = match (changed.get(), target.after) {
            (true, _) => words::BUILD_UNSAVED.get(lang),
            (false, Some(_)) => words::BUILD_SAME.get(lang),
            (false, None) => "",
        };
        version
            .into_iter()
            .chain([state.to_owned()])
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
    };
    view! {
        <div class="title-row"><h1>{move || {
            let title = sheet.title.get();
            let title = title.get(desk.lang()).to_owned();
            if title.is_empty() { words::FORM_NEW.get(desk.lang()).to_owned() } else { title }
        }}</h1></div>
        <p class="quiet">{stands}</p>
        {target.closed.then(|| view! { <p class="note note-warn">{t(words::BUILD_CLOSED)}</p> })}
        <div class="pair">
            {ask::text_field("form-title".to_owned(), words::FORM_TITLE, Signal::derive(move || sheet.title.get().zh),
                move |text| sheet.title.update(|title| title.zh = text))}
            {ask::text_field("form-title-en".to_owned(), words::FORM_TITLE_EN, Signal::derive(move || sheet.title.get().en),
                move |text| sheet.title.update(|title| title.en = text))}
        </div>
    }
}

#[component]
fn Publish(
    sheet: Sheet,
    target: Target,
    changed: Memo<bool>,
    edit: Edit,
    again: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let desk = Desk::here();
    let errand = Errand::begin();
    let faults = Memo::new(move |_| check(&sheet.form()).len());
    let publish = move |_| {
        let form = sheet.form_untracked();
        let asked = FormNew { after: target.after, title: form.title, questions: form.questions };
        let url =
            target.id.map_or_else(|| "/api/v1/forms".to_owned(), |id| format!("/api/v1/forms/{id}/versions"));
        errand.run(async move { api::post::<FormDetail>(&url, &asked).await }, move |detail| {
            kept::forget(edit);
            // The page of the version that is out now, with nothing left to publish.
            let page = Route::Form(Edit::Of(detail.item.id));
            if desk.nav().here().route == page {
                again();
            } else {
                desk.nav().look(&desk.nav().here().to(page));
            }
        });
    };
    let label = move || {
        let next = target.after.map_or(1, |version| version + 1).to_string();
        words::BUILD_PUBLISH_N.with(desk.lang(), &[&next])
    };
    let stop = move || faults.get() > 0 || !changed.get() || errand.is_busy() || target.closed;
    let says = move || {
        let (lang, n) = (desk.lang(), faults.get());
        (n > 0).then(|| words::BUILD_FAULTS.with(lang, &[&n.to_string()]))
    };
    view! {
        <p class="actions builder-end">
            <button type="button" class="primary" disabled=stop on:click=publish>{label}</button>
            <span role="status">{says}</span>
            <Failing errand=errand />
        </p>
    }
}

/// What went out so far; any of them can be gone on from.
#[component]
fn Versions(sheet: Sheet, versions: Vec<FormVersion>) -> impl IntoView {
    let desk = Desk::here();
    let row = move |version: FormVersion| {
        let number = version.form.version.to_string();
        let at_ms = version.at_ms;
        let says = move || {
            let lang = desk.lang();
            let at = at_ms.map_or_else(|| words::FORM_BUILT_IN.get(lang).to_owned(), format::moment);
            format!("{} · {at} ", words::FORM_VERSION_N.with(lang, &[&number]))
        };
        let take = move |_| sheet.fill(&version.form);
        view! { <li>{says}<button type="button" on:click=take>{t(words::BUILD_TAKE)}</button></li> }
    };
    (!versions.is_empty()).then(|| {
        view! {
            <h2>{t(words::BUILD_VERSIONS)}</h2>
            <ul class="versions">{versions.into_iter().rev().map(row).collect_view()}</ul>
        }
    })
}
