//! One session: what it was, what came of it, and who was there.

use super::Desk;
use super::answering::{AnsweringSection, via_says};
use super::attendance::Roster;
use super::coverage::{Figure, Phones};
use super::day::Day;
use super::export::{ExportButton, file_name};
use super::format;
use super::load::{Load, Loaded};
use super::query::Writer;
use super::route::Route;
use super::score::Scores;
use super::sheet::SheetSection;
use super::shell::City;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::session::{Declared, Lecturer, SessionRow, State};
use shared::sight::May;
use shared::text::{Lang, Msg};
use shared::wire::{CoverageAnswer, SessionItem};
use std::sync::Arc;

/// `38 / 50`, with a dash where nobody knows how many are expected.
#[must_use]
pub fn attended_of(item: &SessionItem) -> String {
    let expected =
        item.roster_expected.map_or_else(|| format::NONE.to_owned(), |n| format::count(u64::from(n)));
    format!("{} / {expected}", format::count(u64::from(item.totals.attended)))
}

/// The state, as word and shape.
#[component]
pub fn StateWord(
    /// The state.
    state: State,
) -> impl IntoView {
    let desk = Desk::here();
    let mark = match state {
        State::Planned => "○",
        State::Open => "◐",
        State::Closed => "●",
        State::Cancelled => "✕",
    };
    view! {
        <span class=format!("state state-{}", state.wire())>
            <span aria-hidden="true">{mark}</span>" "{move || state.label(desk.lang())}
        </span>
    }
}

/// The page.
#[component]
pub fn SessionPage(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let desk = Desk::here();
    let load = Load::<SessionItem>::one(move || format!("/api/v1/sessions/{id}"));
    Effect::new(move |_| {
        let title = load.get().map(|item| item.session.title.clone()).unwrap_or_default();
        document().set_title(&super::shell::title(&[&title], desk.lang()));
    });
    // The same roll-up as everywhere, over this one session; for who may read it.
    let read = desk.may(May::Figures);
    let org = Memo::new(move |_| load.get().map(|item| item.session.org).filter(|_| read));
    let figures = Load::<CoverageAnswer>::one(move || {
        org.get().map(|org| format!("/api/v1/coverage?org={org}&session={id}")).unwrap_or_default()
    });
    let back = move || desk.nav().place().to(Route::Sessions).url();
    let title = Signal::derive(move || load.get().map(|item| item.session.title.clone()).unwrap_or_default());
    let known = Memo::new(move |_| load.get().is_some());
    let session = Signal::derive(move || load.get().map(|item| item.session.clone()));
    // The figures wait for the session: of one that is not there, only that is said.
    let outcome = move |item: &SessionItem| {
        if read {
            view! { <Outcome figures=figures load=load /> }.into_any()
        } else {
            view! { <Spoken item=item.clone() /> }.into_any()
        }
    };
    let show = move |item: Arc<SessionItem>| view! { {outcome(&item)}<Facts item=item /> };
    view! {
        <nav class="way" aria-label=t(words::WAY)><ol><li><a href=back>{t(words::TO_SESSIONS)}</a></li></ol></nav>
        <Title id=id load=load />
        <Loaded load=load show=show />
        {move || (read && desk.may(May::Record) && known.get()).then(|| view! { <AnsweringSection id=id title=title /> })}
        {move || known.get().then(|| view! { <super::photos::Photos id=id /> })}
        {move || (read && desk.may(May::Record) && known.get()).then(|| view! { <SheetSection id=id session=session /> })}
        {read.then(|| view! { <Roster id=id /> })}
    }
}

/// Which session, and its table to take away.
#[component]
fn Title(id: SessionId, load: Load<SessionItem>) -> impl IntoView {
    let desk = Desk::here();
    let url = move || {
        let mut out = Writer::default();
        out.add_some("session", Some(&id));
        out.after("/api/v1/exports/attendance.xlsx")
    };
    let title = move || load.get().map(|item| item.session.title.clone());
    let name = move || {
        let day = untrack(|| load.get()).map(|item| Day::of(item.session.starts_ms).to_string());
        let what = words::EXPORT_NAME.get(desk.prefs.lang.get_untracked());
        file_name(&[what, &untrack(title).unwrap_or_default(), &day.unwrap_or_default()])
    };
    view! {
        <div class="title-row">
            <h1>{move || title().unwrap_or_else(|| words::SESSIONS.get(desk.lang()).to_owned())}</h1>
            {move || load.get().map(|item| view! { <StateWord state=item.session.state /> })}
            {desk.may(May::Figures).then(|| view! {
                <span class="end"><ExportButton text=words::EXPORT_ONE url=url name=name people=true /></span>
            })}
        </div>
    }
}

/// The figures of the session, from the same roll-up as all others.
#[component]
fn Outcome(figures: Load<CoverageAnswer>, load: Load<SessionItem>) -> impl IntoView {
    let show = move |answer: Arc<CoverageAnswer>| {
        view! {
            <Phones phones=answer.line.still_on_phones />
            <Totals answer=answer load=load />
        }
    };
    view! { <Loaded load=figures show=show /> }
}

#[component]
fn Totals(answer: Arc<CoverageAnswer>, load: Load<SessionItem>) -> impl IntoView {
    let desk = Desk::here();
    let line = answer.line.clone();
    let item = untrack(|| load.get());
    let expected = item.as_ref().and_then(|item| item.roster_expected);
    let counted = item.as_ref().and_then(|item| item.totals.headcount);
    let attended_hint = move || match expected {
        Some(expected) => words::RATE_OF.with(desk.lang(), &[&format::count(u64::from(expected))]),
        None => words::EXPECTED_NONE.get(desk.lang()).to_owned(),
    };
    let rate_hint = move || match line.rate {
        Some(_) => words::RATE_MEANS.get(desk.lang()).to_owned(),
        None => words::RATE_NONE_ONE.get(desk.lang()).to_owned(),
    };
    let headcount = counted.map_or_else(|| format::NONE.to_owned(), |n| format::count(u64::from(n)));
    let headcount_hint = move || match counted {
        Some(_) => String::new(),
        None => words::HEADCOUNT_NONE.get(desk.lang()).to_owned(),
    };
    let scored = line.responses > 0;
    view! {
        <section aria-labelledby="totals-title">
            <h2 id="totals-title" class="unseen">{t(words::TOTALS)}</h2>
            <dl class="figures">
                <Figure label=words::ATTENDED_ONE value=format::count(line.attended) hint=attended_hint />
                <Figure label=words::RATE value=format::percent(line.rate) hint=rate_hint />
                <Figure label=words::WALK_INS value=format::count(line.walk_ins) hint=String::new />
                <Figure label=words::HEADCOUNT value=headcount hint=headcount_hint />
                <Figure label=words::RESPONSES value=format::count(line.responses) hint=String::new />
            </dl>
        </section>
        {scored.then(|| view! { <Scores scores=line.scores responses=line.responses /> })}
    }
}

/// What those are told who speak there: how many came, and what they made of it.
#[component]
fn Spoken(item: SessionItem) -> impl IntoView {
    let expected =
        item.roster_expected.map_or_else(|| format::NONE.to_owned(), |n| format::count(u64::from(n)));
    let responses = u64::from(item.totals.responses);
    view! {
        <section aria-labelledby="totals-title">
            <h2 id="totals-title" class="unseen">{t(words::TOTALS)}</h2>
            <dl class="figures">
                <Figure label=words::ATTENDED_ONE value=format::count(u64::from(item.totals.attended)) hint=String::new />
                <Figure label=words::EXPECTED value=expected hint=String::new />
                <Figure label=words::RESPONSES value=format::count(responses) hint=String::new />
            </dl>
        </section>
        {(responses > 0).then(|| view! { <Scores scores=item.scores responses=responses /> })}
    }
}

#[component]
fn Facts(item: Arc<SessionItem>) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let session = item.session.clone();
    let campaign = session.campaign;
    let (activity, mode) = (session.activity, session.mode);
    let declared = item.totals.declared;
    let via = item.via.unwrap_or_default();
    let tags = session.tags.clone();
    let speakers = session.lecturers.clone();
    view! {
        <section aria-labelledby="facts-title">
            <h2 id="facts-title">{t(words::FACTS)}</h2>
            <dl class="facts">
                <Fact label=words::TIME value=format::span(session.starts_ms, session.ends_ms) />
                <OrgFact name=item.org_name.clone() session=session.clone() />
                <Fact label=words::CAMPAIGN value=Signal::derive(move || city.campaign_title(campaign).unwrap_or_default()) />
                <Fact label=words::ACTIVITY value=Signal::derive(move || activity.label(desk.lang()).to_owned()) />
                <Fact label=words::MODE value=Signal::derive(move || mode.map(|mode| mode.label(desk.lang()).to_owned()).unwrap_or_default()) />
                <Fact label=words::TOPIC value=session.topic.clone().unwrap_or_default() />
                <Fact label=words::VENUE value=session.venue.clone().unwrap_or_default() />
                <Fact label=words::LECTURERS value=Signal::derive(move || lecturers(&speakers, desk.lang())) />
                <Fact label=words::DECLARED value=Signal::derive(move || declared_says(declared, desk.lang())) />
                <Fact label=words::RESPONSES_VIA value=Signal::derive(move || via_says(via, desk.lang())) />
                <Fact label=words::NOTE value=session.note.clone().unwrap_or_default() />
                <Fact label=words::TAGS value=Signal::derive(move || {
                    let said: Vec<String> = tags.iter().map(|tag| format::session_tag(tag, desk.lang())).collect();
                    said.join(words::COMMA.get(desk.lang()))
                }) />
            </dl>
        </section>
    }
}

/// A fact; left out where there is none.
#[component]
fn Fact(label: Msg, #[prop(into)] value: Signal<String>) -> impl IntoView {
    move || {
        let value = value.get();
        (!value.is_empty()).then(|| view! { <div><dt>{t(label)}</dt><dd>{value}</dd></div> })
    }
}

/// The org, with the way to its figures where it is visible.
#[component]
fn OrgFact(name: String, session: SessionRow) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let org = session.org;
    // Without an address it is no link, and not in the way of the Tab key.
    let href = move || {
        let tree = city.tree.get();
        tree.get(org).map(|org| desk.nav().place().to(Route::Overview).of_org(&org.code).url())
    };
    view! { <div><dt>{t(words::ORG)}</dt><dd><a href=href>{name}</a></dd></div> }
}

/// Who spoke: name, team, and whether one of the leadership.
#[must_use]
pub fn lecturers(all: &[Lecturer], lang: Lang) -> String {
    let one = |lecturer: &Lecturer| {
        let leader = lecturer.leader.then(|| words::LEADER.get(lang).to_owned());
        let extra: Vec<String> = lecturer.team.clone().into_iter().chain(leader).collect();
        if extra.is_empty() {
            lecturer.name.clone()
        } else {
            format!("{} ({})", lecturer.name, extra.join(", "))
        }
    };
    all.iter().map(one).collect::<Vec<_>>().join(words::COMMA.get(lang))
}

fn declared_says(declared: Declared, lang: Lang) -> String {
    if declared == Declared::default() {
        return words::DECLARED_NONE.get(lang).to_owned();
    }
    let [check_ins, responses] =
        [declared.check_ins, declared.responses].map(|n| format::count(u64::from(n)));
    words::DECLARED_SAYS.with(lang, &[&check_ins, &responses])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lecturers_stand_with_team_and_rank() {
        let one = |name: &str, team: Option<&str>, leader| Lecturer {
            account: None,
            name: name.into(),
            team: team.map(Into::into),
            leader,
        };
        let all = [one("王芳", Some("市宣讲团"), true), one("李雷", None, false)];
        assert_eq!(lecturers(&all, Lang::Zh), "王芳 (市宣讲团, 班子成员)，李雷");
    }
}
