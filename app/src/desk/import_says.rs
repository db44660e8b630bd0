//! What is said of a file that is imported: its bad lines, or how many it touches, and each change.

use super::Desk;
use super::format;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::import::{ImportAnswer, ImportChange, ImportCounts, ImportFault, What};
use shared::text::Lang;
use std::sync::Arc;

/// Every bad line, with what is wrong in it.
#[component]
pub fn Faults(
    /// What was found.
    answer: Arc<ImportAnswer>,
) -> impl IntoView {
    let desk = Desk::here();
    let told = u64::try_from(answer.faults.len()).unwrap_or(u64::MAX);
    let (all, more) = (told.saturating_add(answer.more_faults), answer.more_faults);
    let row = move |fault: ImportFault| {
        let line = fault.line.map(format::count);
        view! {
            <tr>
                <td class="number">
                    {move || line.clone().unwrap_or_else(|| words::WHOLE_FILE.get(desk.lang()).to_owned())}
                </td>
                <td class="wrap">{move || fault.says(desk.lang()).to_owned()}</td>
            </tr>
        }
    };
    view! {
        <p class="note note-warn" role="alert">
            {move || words::IMPORT_BAD.with(desk.lang(), &[&format::count(all)])}
        </p>
        <div class="table-room">
            <table class="table import-faults">
                <thead>
                    <tr>
                        <th scope="col" class="number">{t(words::COL_LINE)}</th>
                        <th scope="col">{t(words::COL_FAULT)}</th>
                    </tr>
                </thead>
                <tbody>{answer.faults.iter().cloned().map(row).collect_view()}</tbody>
            </table>
        </div>
        {(more > 0).then(|| view! {
            <p class="quiet">{move || words::IMPORT_MORE_BAD.with(desk.lang(), &[&format::count(more)])}</p>
        })}
    }
}

/// How many are touched, and each change; of a file that is good, or was imported.
#[component]
pub fn Shown(
    /// What it does or did.
    answer: Arc<ImportAnswer>,
    /// The file's name.
    name: String,
) -> impl IntoView {
    let desk = Desk::here();
    let (counts, rows, more, done) = (answer.counts, answer.rows, answer.more_changes, answer.done);
    let leaves = counts.left > 0 && !done;
    let unused = answer.unused.join("、");
    let title = if done { words::IMPORT_DONE } else { words::IMPORT_PREVIEW };
    let changes = answer.changes.clone();
    view! {
        <div class="import-answer" role="status">
            <h2>{t(title)}</h2>
            <p class="quiet">{move || words::IMPORT_READ.with(desk.lang(), &[&name, &format::count(rows)])}</p>
            <p class="import-counts"><strong>{move || says(&counts, desk.lang())}</strong></p>
            {(counts.is_nothing() && !done).then(|| view! { <p>{t(words::IMPORT_NOTHING)}</p> })}
            {(!unused.is_empty() && !done).then(|| view! {
                <p class="quiet">{move || words::IMPORT_UNUSED.with(desk.lang(), &[&unused])}</p>
            })}
        </div>
        {leaves.then(|| view! {
            <p class="note note-warn" role="status">
                {move || words::IMPORT_LEAVE.with(desk.lang(), &[&format::count(counts.left)])}
            </p>
        })}
        {(!changes.is_empty()).then(|| view! { <Changes changes=changes /> })}
        {(more > 0).then(|| view! {
            <p class="quiet">{move || words::IMPORT_MORE_CHANGES.with(desk.lang(), &[&format::count(more)])}</p>
        })}
    }
}

/// What there is of each kind; what is as before stands last.
fn says(counts: &ImportCounts, lang: Lang) -> String {
    let of = |what: What| match what {
        What::Added => counts.added,
        What::Changed => counts.changed,
        What::Moved => counts.moved,
        What::Returned => counts.returned,
        What::Left => counts.left,
    };
    let touched = What::ALL.iter().filter(|what| of(**what) > 0);
    let mut parts: Vec<String> = touched
        .map(|what| words::IMPORT_COUNT.with(lang, &[what.label(lang), &format::count(of(*what))]))
        .collect();
    parts.push(words::IMPORT_SAME.with(lang, &[&format::count(counts.same)]));
    parts.join(" · ")
}

#[component]
fn Changes(changes: Vec<ImportChange>) -> impl IntoView {
    view! {
        <div class="table-room">
            <table class="table import-changes">
                <thead>
                    <tr>
                        <th scope="col">{t(words::COL_WHAT)}</th>
                        <th scope="col" class="number">{t(words::COL_LINE)}</th>
                        <th scope="col">{t(words::COL_KEY)}</th>
                        <th scope="col">{t(words::COL_NAME)}</th>
                        <th scope="col">{t(words::COL_PLACE)}</th>
                        <th scope="col">{t(words::COL_OLD_NEW)}</th>
                    </tr>
                </thead>
                <tbody>
                    {changes.into_iter().map(|change| view! { <Change change=change /> }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Change(change: ImportChange) -> impl IntoView {
    let desk = Desk::here();
    let what = change.what;
    let some = |text: Option<String>| text.unwrap_or_else(|| format::NONE.to_owned());
    let fields = change.fields;
    let old_new = move || {
        fields
            .iter()
            .map(|field| {
                let (from, to) = field.says(desk.lang());
                let text = words::OLD_NEW.with(desk.lang(), &[field.field.label(desk.lang()), &from, &to]);
                view! { <div>{text}</div> }
            })
            .collect_view()
    };
    view! {
        <tr>
            <td class:warn=what == What::Left>{move || what.label(desk.lang())}</td>
            <td class="number">{some(change.line.map(format::count))}</td>
            <td translate="no">{some(change.key)}</td>
            <th scope="row" class="name">{change.name}</th>
            <td class="cut">{change.place}</td>
            <td class="tells">{old_new}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_touched_is_counted() {
        let counts = ImportCounts { added: 1_200, left: 3, same: 40, ..ImportCounts::default() };
        assert_eq!(says(&counts, Lang::Zh), "新增 1,200 · 离开 3 · 未变 40");
        assert_eq!(says(&ImportCounts::default(), Lang::En), "0 as before");
    }
}
