//! 总览: the figures of a branch, and of every line below it.

use super::Desk;
use super::backup::BackupLine;
use super::board::Board;
use super::coverage_table::CoverageTable;
use super::export::{ExportButton, file_name};
use super::filter_bar::FilterBar;
use super::format;
use super::load::{Load, Loaded};
use super::query::Writer;
use super::route::{Filter, Route};
use super::score::Scores;
use super::shell::City;
use super::sort::{Sort, share, to_f64};
use super::trend::{Ratings, Trend};
use super::words::{self, t};
use crate::view::prelude::*;
use shared::coverage::{Covered, Line, StillOnPhones};
use shared::sight::May;
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
    let sort = desk.nav().part(|place| place.sort);
    // Sorting redraws the same elements as a refresh does, so what has the focus keeps it.
    let show = move |answer: Arc<CoverageAnswer>| view! { <Figures answer=answer sort=sort.get() /> };
    view! {
        <FilterBar />
        <Title load=load />
        <Loaded load=load show=show />
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

/// Whose figures, of when, and what can be done with them.
#[component]
fn Title(load: Load<CoverageAnswer>) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let name = move || load.get().map(|answer| answer.line.org.name.clone());
    let as_of = move || {
        let of = load.get().map(|answer| format::moment(answer.as_of_ms));
        of.map(|of| words::AS_OF.with(desk.lang(), &[&of]))
    };
    let sessions = move || desk.nav().place().to(Route::Sessions).url();
    let export = move || {
        let mut out = Writer::default();
        untrack(|| with_branch(desk.nav().here().filter, city)).ask(&mut out);
        out.after("/api/v1/exports/coverage.xlsx")
    };
    let file = move || {
        let org = untrack(name).unwrap_or_default();
        let what = words::EXPORT_FIGURES_NAME.get(desk.prefs.lang.get_untracked());
        file_name(&[what, &org, &super::filter_bar::today().to_string()])
    };
    view! {
        <div class="title-row">
            <h1>{move || name().unwrap_or_else(|| words::OVERVIEW.get(desk.lang()).to_owned())}</h1>
            <p class="quiet">{as_of}</p>
            <span class="end actions">
                <a href=sessions>{t(words::SEE_SESSIONS)}</a>
                <ExportButton text=words::EXPORT_FIGURES url=export name=file />
            </span>
        </div>
    }
}

#[component]
fn Figures(answer: Arc<CoverageAnswer>, sort: Sort) -> impl IntoView {
    let desk = Desk::here();
    let line = answer.line.clone();
    let nothing = line.sessions.held + line.sessions.planned == 0;
    view! {
        <Phones phones=line.still_on_phones />
        <BackupLine />
        {nothing.then(|| view! {
            <div class="note" role="status">
                <strong>{t(words::NOTHING_YET)}</strong>" "{t(words::NOTHING_YET_NEXT)}
            </div>
        })}
        <h2 class="question">{t(words::ASK_HELD)}</h2>
        <BigFigures line=line.clone() />
        <Trend weeks=answer.weeks.clone() />
        <CoverageTable answer=answer sort=sort />
        <h2 class="question">{t(words::ASK_SAID)}</h2>
        <Scores scores=line.scores.clone() responses=line.responses />
        <Ratings scores=line.scores.clone() />
        <h2 class="question">{t(words::ASK_MISSING)}</h2>
        <NotCovered line=line />
        {desk.may(May::Record).then(|| view! { <Board /> })}
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
    let [planned, walk_ins, expected] =
        [line.sessions.planned, line.walk_ins, line.expected].map(format::count);
    let planned = move || words::PLANNED_MORE.with(desk.lang(), &[&planned]);
    let of = move || words::ATTENDED_OF.with(desk.lang(), &[&expected, &walk_ins]);
    let rated = if line.rate.is_some() { words::RATE_MEANS_ALL } else { words::RATE_NONE };
    let sessions = move || desk.nav().place().to(Route::Sessions).url();
    let below = move || "#children-title".to_owned();
    let said = move || "#scores-title".to_owned();
    let led = (line.sessions.held > 0).then(|| to_f64(line.led_by_leaders) / to_f64(line.sessions.held));
    let led = format::percent(led);
    let led = move || words::LED_OF.with(desk.lang(), &[&led]);
    let people = move || words::PEOPLE_HINT.get(desk.lang()).to_owned();
    let means = move || rated.get(desk.lang()).to_owned();
    let count = format::count;
    view! {
        <section aria-labelledby="figures-title">
            <h3 id="figures-title" class="unseen">{t(words::FIGURES)}</h3>
            <dl class="figures">
                <Linked label=words::HELD_PLANNED value=count(line.sessions.held) hint=planned to=sessions />
                <Linked label=words::ATTENDED value=count(line.attended) hint=of to=sessions />
                <Linked label=words::PEOPLE value=count(line.people) hint=people to=below />
                <Linked label=words::RATE value=format::percent(line.rate) hint=means to=below />
                <CoveredFigure label=words::ORGS covered=line.orgs />
                <CoveredFigure label=words::WORKSHOPS covered=line.workshops />
                <Linked label=words::LED value=count(line.led_by_leaders) hint=led to=sessions />
                <Linked label=words::RESPONSES value=count(line.responses) hint=String::new to=said />
            </dl>
        </section>
    }
}

/// A large figure that leads to its rows.
#[component]
fn Linked(
    label: Msg,
    value: String,
    hint: impl Fn() -> String + Send + 'static,
    to: impl Fn() -> String + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div class="card figure">
            <dt>{t(label)}</dt>
            <dd class="figure-value"><a href=to>{value}</a></dd>
            <dd class="quiet">{hint}</dd>
        </div>
    }
}

/// Who was not reached by anything.
#[component]
fn NotCovered(line: Line) -> impl IntoView {
    let desk = Desk::here();
    let open = |of: Covered| of.all.saturating_sub(of.covered);
    let (orgs, workshops) = (open(line.orgs), open(line.workshops));
    let says = move || {
        if orgs + workshops == 0 {
            return words::NOT_COVERED_NONE.get(desk.lang()).to_owned();
        }
        let [orgs, workshops] = [orgs, workshops].map(format::count);
        words::NOT_COVERED_SAYS.with(desk.lang(), &[&orgs, &workshops])
    };
    view! {
        <p><strong>{t(words::NOT_COVERED)}</strong>" "<a href="#children-title">{says}</a></p>
    }
}

#[component]
fn CoveredFigure(label: Msg, covered: Covered) -> impl IntoView {
    let desk = Desk::here();
    let hint = move || match share(covered) {
        Some(share) => words::SHARE.with(desk.lang(), &[&format::percent(Some(share))]),
        None => words::NOTHING_TO_COVER.get(desk.lang()).to_owned(),
    };
    view! { <Linked label=label value=covered_text(covered) hint=hint to=|| "#children-title".to_owned() /> }
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
