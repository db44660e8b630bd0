//! The lines below a branch: the same figures for each, in the order that the reader wants.

use super::Desk;
use super::coverage::covered_text;
use super::format;
use super::route::Route;
use super::score::{Asked, questions};
use super::sort::{Column, Sort};
use super::words::{self, t};
use crate::view::prelude::*;
use shared::coverage::Line;
use shared::text::{Bilingual, Msg};
use shared::wire::CoverageAnswer;
use std::sync::Arc;

/// The whole table, with what must be known to read it.
#[component]
pub fn CoverageTable(
    /// The figures.
    answer: Arc<CoverageAnswer>,
    /// The order of the lines.
    sort: Sort,
) -> impl IntoView {
    let desk = Desk::here();
    let below = answer.children.iter().any(|line| !line.own);
    if !below {
        let sessions = move || desk.nav().place().to(Route::Sessions).url();
        return view! {
            <div class="empty">
                <p class="empty-title">{t(words::NO_CHILDREN)}</p>
                <p>{t(words::NO_CHILDREN_NEXT)}" "<a href=sessions>{t(words::SEE_SESSIONS)}</a></p>
            </div>
        }
        .into_any();
    }
    let total = answer.line.clone();
    let ids: Vec<String> = questions().into_iter().map(|asked| asked.id).collect();
    let mut lines = answer.children.clone();
    sort.apply(&mut lines, &ids);
    let rows = lines.into_iter().map(|line| view! { <Row line=line /> }).collect_view();
    view! {
        <section aria-labelledby="children-title">
            <h2 id="children-title">{t(words::CHILDREN)}</h2>
            <div class="table-room">
                <table class="table coverage">
                    <thead><Heads sort=sort /></thead>
                    <tbody>{rows}</tbody>
                    <tfoot><Total line=total /></tfoot>
                </table>
            </div>
            <p class="quiet footnote">{t(words::FOOTNOTE)}</p>
        </section>
    }
    .into_any()
}

#[component]
fn Heads(sort: Sort) -> impl IntoView {
    let fixed = |message: Msg| Bilingual::new(message.zh, message.en);
    let mut heads = vec![
        (Column::Org, fixed(words::ORG)),
        (Column::Held, fixed(words::COL_HELD)),
        (Column::Planned, fixed(words::COL_PLANNED)),
        (Column::Attended, fixed(words::COL_ATTENDED)),
        (Column::People, fixed(words::COL_PEOPLE)),
        (Column::Rate, fixed(words::COL_RATE)),
        (Column::Orgs, fixed(words::COL_ORGS)),
        (Column::Workshops, fixed(words::COL_WORKSHOPS)),
        (Column::Responses, fixed(words::COL_RESPONSES)),
    ];
    let scores = (0_u8..).zip(questions());
    heads.extend(scores.map(|(place, asked)| (Column::Score(place), asked.short)));
    heads.push((Column::Phones, fixed(words::COL_PHONES)));
    let head =
        move |(column, text): (Column, Bilingual)| view! { <Head column=column text=text sort=sort /> };
    view! { <tr>{heads.into_iter().map(head).collect_view()}</tr> }
}

#[component]
fn Head(column: Column, text: Bilingual, sort: Sort) -> impl IntoView {
    let desk = Desk::here();
    let (order, arrow) = match sort {
        Sort { column: by, falling: true } if by == column => (Some("descending"), "▼"),
        Sort { column: by, falling: false } if by == column => (Some("ascending"), "▲"),
        _ => (None, ""),
    };
    let click = move |_| {
        let here = desk.nav().here();
        let sort = here.sort.after_click(column);
        desk.nav().look(&super::route::Place { sort, ..here });
    };
    let title = (column == Column::Phones).then(|| t(words::COL_PHONES_TITLE));
    let label = text.clone();
    let name = move || words::SORT_BY.with(desk.lang(), &[label.get(desk.lang())]);
    let class = if column == Column::Org { "" } else { "number" };
    view! {
        <th scope="col" class=class aria-sort=order title=title>
            <button type="button" class="sort" on:click=click title=name>
                <span class="sort-arrow" aria-hidden="true">{arrow}</span>
                {move || text.get(desk.lang()).to_owned()}
            </button>
        </th>
    }
}

#[component]
fn Row(line: Line) -> impl IntoView {
    let desk = Desk::here();
    let own = line.own;
    let org = line.org.clone();
    let level = org.level;
    let name = if own {
        let title = org.name.clone();
        view! { <span title=title>{t(words::OWN)}</span> }.into_any()
    } else {
        let title = format!("{} {}", org.code, org.name);
        let code = org.code.clone();
        let href = move || desk.nav().place().of_org(&code).url();
        view! {
            <a href=href title=title>{org.name}</a>
            <span class="level">{move || level.label(desk.lang())}</span>
        }
        .into_any()
    };
    view! {
        <tr class:own=own>
            <th scope="row" class="name">{name}</th>
            <Cells line=line />
        </tr>
    }
}

/// The branch as a whole, so that nobody adds up what does not add up.
#[component]
fn Total(line: Line) -> impl IntoView {
    view! { <tr><th scope="row">{t(words::TOTAL)}</th><Cells line=line /></tr> }
}

#[component]
fn Cells(line: Line) -> impl IntoView {
    let number = |text: String| view! { <td class="number">{text}</td> };
    let cells = [
        format::count(line.sessions.held),
        format::count(line.sessions.planned),
        format::count(line.attended),
        format::count(line.people),
        format::percent(line.rate),
        covered_text(line.orgs),
        covered_text(line.workshops),
        format::count(line.responses),
    ];
    let score = |asked: Asked| {
        let text = match line.scores.get(&asked.id) {
            Some(Some(score)) => format::mean(score.mean),
            _ if line.responses > 0 => words::WITHHELD_SHORT.zh.to_owned(),
            _ => format::NONE.to_owned(),
        };
        number(text)
    };
    let phones = line.still_on_phones.check_ins + line.still_on_phones.responses;
    view! {
        {cells.map(number).collect_view()}
        {questions().into_iter().map(score).collect_view()}
        <td class="number" class:warn=move || phones != 0>{format::count(phones)}</td>
    }
}
