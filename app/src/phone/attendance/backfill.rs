//! 按签到表补录: the numbers of the signed sheet are typed, or tapped along its pages.

use super::deeds::{self, LastGroup};
use super::words;
use crate::phone::draft::Draft;
use crate::phone::frame::Head;
use crate::phone::route::{Route, Tab};
use crate::phone::search::{Line, Roster};
use crate::phone::session::{follow, roster};
use crate::phone::state::app;
use crate::view::prelude::*;
use serde::{Deserialize, Serialize};
use shared::attendance::Method;
use shared::id::{PersonId, SessionId};
use shared::sheet::{LINES, Wrong, numbers};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was typed and tapped so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Typed {
    text: String,
    /// Tapped: chosen, or not where the text names it.
    taps: BTreeSet<u32>,
}

impl Typed {
    fn numbers(&self, last: usize) -> Result<BTreeSet<u32>, Wrong> {
        let typed = numbers(&self.text, u32::try_from(last).unwrap_or(u32::MAX))?;
        Ok(typed.symmetric_difference(&self.taps).copied().collect())
    }
}

#[derive(Clone, Copy)]
struct Filling {
    roster: Memo<Arc<Roster>>,
    draft: Draft<Typed>,
    chosen: Memo<Result<BTreeSet<u32>, Wrong>>,
    here: Memo<BTreeSet<PersonId>>,
}

impl Filling {
    fn has(self, number: u32) -> bool {
        self.chosen.with(|chosen| chosen.as_ref().is_ok_and(|chosen| chosen.contains(&number)))
    }

    fn is_here(self, person: PersonId) -> bool {
        self.here.with(|here| here.contains(&person))
    }

    /// Of the chosen ones those who are not here yet, and how many are.
    fn new_ones(self) -> (Vec<PersonId>, usize) {
        self.roster.with(|roster| {
            let chosen = roster.on_sheet().filter(|line| self.has(line.number)).map(|line| line.person.id);
            let (here, new): (Vec<PersonId>, Vec<PersonId>) =
                chosen.partition(|person| self.is_here(*person));
            (new, here.len())
        })
    }
}

/// The page.
#[component]
pub fn Backfill(
    /// The session.
    id: SessionId,
) -> impl IntoView {
    let app = app();
    let shown = follow(id);
    let roster = roster(shown);
    let draft: Draft<Typed> = Draft::open(app, format!("backfill:{id}"));
    let chosen = Memo::new(move |_| {
        let last = roster.with(|roster| roster.expected);
        draft.value.with(|typed| typed.numbers(last))
    });
    let here = Memo::new(move |_| {
        let rows = shown.get().map(|shown| shown.rows.attendance.clone()).unwrap_or_default();
        rows.values().filter(|row| row.present).map(|row| row.person).collect::<BTreeSet<_>>()
    });
    let filling = Filling { roster, draft, chosen, here };
    let check = move || app.with(words::CHECK, &[&roster.with(|roster| roster.check())]);
    let wrong = move || chosen.with(|chosen| chosen.as_ref().err().map(|why| why.says(app.lang())));
    let title = Signal::derive(move || app.say(words::BACKFILL)().to_owned());
    view! {
        <Head title parent=Route::Session(id, Tab::Attendance) />
        <main class="page attendance">
            <LastGroup id />
            <p class="check"><strong>{check}</strong></p>
            <p class="soft">{app.say(words::CHECK_LEAD)}</p>
            <label class="field">
                <span>{app.say(words::NUMBERS)}</span>
                <input type="text" name="numbers" autocomplete="off" placeholder=app.say(words::NUMBERS_HINT)
                    prop:value=move || draft.value.with(|typed| typed.text.clone())
                    on:input:target=move |event| draft.value.update(|typed| typed.text = event.target().value()) />
            </label>
            <p class="fault" role="alert">{wrong}</p>
            <p class="soft">{app.say(words::BACKFILL_LEAD)}</p>
            <Pages filling />
        </main>
        <Foot id filling />
    }
}

/// The lines of one page, as they stand on paper.
#[component]
fn Pages(filling: Filling) -> impl IntoView {
    let app = app();
    let page = RwSignal::new(0_usize);
    let count = move || filling.roster.with(|roster| roster.expected.div_ceil(LINES).max(1));
    let lines = Memo::new(move |_| {
        let skip = page.get() * LINES;
        filling.roster.with(|roster| roster.on_sheet().skip(skip).take(LINES).cloned().collect::<Vec<_>>())
    });
    view! {
        <div class="pages">
            <button type="button" class="secondary" disabled=move || page.get() == 0
                on:click=move |_| page.update(|page| *page -= 1)>{app.say(words::PAGE_BEFORE)}</button>
            <span>{move || app.with(words::PAGE_OF, &[&(page.get() + 1).to_string(), &count().to_string()])}</span>
            <button type="button" class="secondary" disabled=move || page.get() + 1 >= count()
                on:click=move |_| page.update(|page| *page += 1)>{app.say(words::PAGE_NEXT)}</button>
        </div>
        <ul class="people">
            <For each=move || lines.get() key=|line| line.person.id let:line><Signed line filling /></For>
        </ul>
    }
}

#[component]
fn Signed(line: Line, filling: Filling) -> impl IntoView {
    let app = app();
    let (number, person) = (line.number, line.person.id);
    let tap = move |_| {
        filling.draft.value.update(|typed| {
            if !typed.taps.remove(&number) {
                typed.taps.insert(number);
            }
        });
    };
    let state = move || match (filling.is_here(person), filling.has(number)) {
        (true, _) => app.say(crate::phone::words::HERE)(),
        (_, true) => app.say(words::CHOSEN)(),
        _ => "",
    };
    view! {
        <li class="person" class:here=move || filling.is_here(person) class:chosen=move || filling.has(number)>
            <button type="button" class="person-tap" aria-pressed=move || filling.has(number).to_string() on:click=tap>
                <span class="number">{number}</span>
                <crate::phone::person::Who line />
                <span class="here-end">{state}</span>
            </button>
        </li>
    }
}

#[component]
fn Foot(id: SessionId, filling: Filling) -> impl IntoView {
    let app = app();
    let new_ones = Memo::new(move |_| filling.new_ones());
    let go = move |_| {
        let (people, _) = filling.new_ones();
        deeds::group(app, id, &people, Method::Paper, filling.draft.finish(Typed::default()));
        app.nav.back(Route::Session(id, Tab::Attendance));
    };
    let here = move || new_ones.with(|(_, here)| *here);
    view! {
        <div class="float float-foot">
            {move || (here() > 0).then(|| view! { <p>{app.with(words::BACKFILL_HERE, &[&here().to_string()])}</p> })}
            <button type="button" class="primary" disabled=move || new_ones.with(|(new, _)| new.is_empty()) on:click=go>
                {move || app.with(words::BACKFILL_DO, &[&new_ones.with(|(new, _)| new.len().to_string())])}
            </button>
        </div>
    }
}
