//! 总览: the figures of a branch, and of every line below it.

use super::coverage_table::CoverageTable;
use super::export::{ExportButton, file_name};
use super::filter_bar::FilterBar;
use super::format;
use super::load::{Load, Loaded};
use super::query::Writer;
use super::route::{Filter, Route};
use super::score::Scores;
use super::shell::City;
use super::sort::share;
use super::words::{self, t};
use super::Desk;
use leptos::prelude::*;
use shared::coverage::{Covered, Line, StillOnPhones};
use shared::text::Msg;
use shared::wire::CoverageAnswer;
use std::sync::Arc;

/// The page.
#[component]
pub fn CoveragePage() -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let filter = desk.nav().part(|place| place.filter.clone());
    let load = Load::<CoverageAnswer>::one(move || {
        let mut out = Writer::default();
        with_branch(filter.get(), city).ask(&mut out);
        out.after("/api/v1/coverage")
    });
    Effect::new(move |_| {
        let name = load.get().map(|answer| answer.line.org.name.clone()).unwrap_or_default();
        document().set_title(&super::shell::title(&[&name, words::OVERVIEW.get(desk.lang())], desk.lang()));
    });
    view! {
        <FilterBar />
        <Loaded load=load show=|answer| view! { <Figures answer=answer /> } />
    }
}

/// Figures are those of one branch: a login with several begins with its first.
fn with_branch(filter: Filter, city: City) -> Filter {
    if filter.org.is_some() {
        return filter;
    }
    let tree = city.tree.get();
    let roots = tree.roots();
    let org = roots.first().filter(|_| roots.len() > 1).map(|org| org.code.clone());
    Filter { org, ..filter }
}

#[component]
fn Figures(answer: Arc<CoverageAnswer>) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let line = answer.line.clone();
    let name = line.org.name.clone();
    let table = Arc::clone(&answer);
    let as_of = format::moment(answer.as_of_ms);
    let sessions = move || desk.nav().place().to(Route::Sessions).url();
    let export = move || {
        let mut out = Writer::default();
        with_branch(desk.nav().here().filter, city).ask(&mut out);
        out.after("/api/v1/exports/coverage.xlsx")
    };
    let org_name = name.clone();
    let file = move || {
        let day = super::day::Day::of(answer.as_of_ms).to_string();
        file_name(&[words::EXPORT_FIGURES_NAME.get(desk.prefs.lang.get_untracked()), &org_name, &day])
    };
    let nothing = line.sessions.held + line.sessions.planned == 0;
    view! {
        <div class="title-row">
            <h1>{name}</h1>
            <p class="quiet">{move || words::AS_OF.with(desk.lang(), &[&as_of])}</p>
            <span class="end actions">
                <a href=sessions>{t(words::SEE_SESSIONS)}</a>
                <ExportButton text=words::EXPORT_FIGURES url=export name=file />
            </span>
        </div>
        <Phones phones=line.still_on_phones />
        {nothing.then(|| view! {
            <div class="note" role="status">
                <strong>{t(words::NOTHING_YET)}</strong>" "{t(words::NOTHING_YET_NEXT)}
            </div>
        })}
        <BigFigures line=line.clone() />
        <Scores scores=line.scores />
        <CoverageTable answer=table />
    }
}

/// What is missing, said where nobody can miss it.
#[component]
pub fn Phones(
    /// What is missing.
    phones: StillOnPhones,
) -> impl IntoView {
    let desk = Desk::here();
    let count = move || {
        let StillOnPhones { check_ins, responses, devices } = phones;
        let [check_ins, responses, devices] = [check_ins, responses, devices].map(format::count);
        words::PHONES_SAYS.with(desk.lang(), &[&check_ins, &responses, &devices])
    };
    (phones != StillOnPhones::default()).then(|| {
        view! {
            <div class="note note-warn" role="status">
                <span class="note-mark" aria-hidden="true">"!"</span>
                <strong>{t(words::PHONES)}</strong>
                <span>{count}" "{t(words::PHONES_NEXT)}</span>
            </div>
        }
    })
}

#[component]
fn BigFigures(line: Line) -> impl IntoView {
    let desk = Desk::here();
    let with = move |message: Msg, value: u64| move || message.with(desk.lang(), &[&format::count(value)]);
    let (planned, walk_ins, expected) = (line.sessions.planned, line.walk_ins, line.expected);
    let rate_hint = move || match line.rate {
        Some(_) => words::RATE_OF.with(desk.lang(), &[&format::count(expected)]),
        None => words::RATE_NONE.get(desk.lang()).to_owned(),
    };
    view! {
        <section aria-labelledby="figures-title">
            <h2 id="figures-title" class="unseen">{t(words::FIGURES)}</h2>
            <dl class="figures">
                <Figure label=words::HELD_PLANNED value=format::count(line.sessions.held) hint=with(words::PLANNED_MORE, planned) />
                <Figure label=words::ATTENDED value=format::count(line.attended) hint=with(words::OF_WALK_INS, walk_ins) />
                <Figure label=words::PEOPLE value=format::count(line.people) hint=move || words::PEOPLE_HINT.get(desk.lang()).to_owned() />
                <Figure label=words::RATE value=format::percent(line.rate) hint=rate_hint />
                <CoveredFigure label=words::ORGS covered=line.orgs />
                <CoveredFigure label=words::WORKSHOPS covered=line.workshops />
                <Figure label=words::RESPONSES value=format::count(line.responses) hint=String::new />
            </dl>
        </section>
    }
}

#[component]
fn CoveredFigure(label: Msg, covered: Covered) -> impl IntoView {
    let desk = Desk::here();
    let hint = move || match share(covered) {
        Some(share) => words::SHARE.with(desk.lang(), &[&format::percent(Some(share))]),
        None => words::NOTHING_TO_COVER.get(desk.lang()).to_owned(),
    };
    view! { <Figure label=label value=covered_text(covered) hint=hint /> }
}

/// `12 / 148`, or a dash where there is nothing to cover.
#[must_use]
pub fn covered_text(covered: Covered) -> String {
    if covered.all == 0 {
        return format::NONE.to_owned();
    }
    format!("{} / {}", format::count(covered.covered), format::count(covered.all))
}

/// One large figure with its name above and a hint below.
#[component]
pub fn Figure(
    /// Its name.
    label: Msg,
    /// The figure.
    value: String,
    /// What belongs to it.
    hint: impl Fn() -> String + Send + 'static,
) -> impl IntoView {
    view! {
        <div class="card figure">
            <dt>{t(label)}</dt>
            <dd class="figure-value">{value}</dd>
            <dd class="quiet">{hint}</dd>
        </div>
    }
}
