//! The foot of a list: which page, how many a page, how many in all.

use super::Desk;
use super::format;
use super::route::{Place, SIZES};
use super::words::{self, t};
use crate::view::prelude::*;
use shared::text::Msg;
use shared::wire::Page;
use std::sync::Arc;

/// How many pages there are; one where there is nothing.
#[must_use]
pub fn pages(total: u64, size: u64) -> u64 {
    total.div_ceil(size.max(1)).max(1)
}

/// A page of a list: its table, and the pager below; or, where there is nothing, what that means.
#[component]
pub fn Listing<T, V>(
    /// What is on the page.
    page: Arc<Page<T>>,
    /// What is said where the whole list is empty, and what leads on.
    none: (Msg, Msg),
    /// A line of the table.
    row: impl Fn(T) -> V + 'static,
    /// The cells of the head.
    children: Children,
) -> impl IntoView
where
    T: Clone + 'static,
    V: IntoView + 'static,
{
    if page.total == 0 {
        return view! {
            <div class="empty">
                <p class="empty-title">{t(none.0)}</p>
                <p>{t(none.1)}</p>
            </div>
        }
        .into_any();
    }
    let rows = page.items.iter().cloned().map(row).collect_view();
    view! {
        <div class="table-room">
            <table class="table">
                <thead>
                    <tr>{children()}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager page=page.page size=page.size total=page.total />
    }
    .into_any()
}

/// Previous, next, size of a page, total.
#[component]
pub fn Pager(
    /// The page that is shown.
    page: u64,
    /// Lines a page.
    size: u64,
    /// Lines in all.
    total: u64,
) -> impl IntoView {
    let desk = Desk::here();
    let last = pages(total, size);
    let says = move || {
        words::PAGE_OF.with(desk.lang(), &[&format::count(page), &format::count(last), &format::count(total)])
    };
    view! {
        <nav class="pager" aria-label=t(words::PAGES)>
            <Step text=words::PREVIOUS to=(page > 1).then(|| page.min(last + 1) - 1) />
            <span role="status">{says}</span>
            <Step text=words::NEXT to=(page < last).then_some(page + 1) />
            <label class="end">
                {t(words::SIZE)}
                " "
                <select on:change=move |event| {
                    let size = event_target_value(&event).parse().unwrap_or(SIZES[0]);
                    desk.nav().go(&Place { size, ..desk.nav().here().at_page(1) });
                }>
                    {SIZES.map(|known| view! { <option selected=known == size>{known}</option> }).collect_view()}
                </select>
            </label>
        </nav>
    }
}

/// A link, or where there is no such page, the same word without one.
#[component]
fn Step(text: Msg, to: Option<u64>) -> impl IntoView {
    let nav = Desk::here().nav();
    match to {
        Some(page) => view! { <a href=move || nav.place().at_page(page).url()>{t(text)}</a> }.into_any(),
        None => view! { <span class="off">{t(text)}</span> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::pages;

    #[test]
    fn a_last_page_may_be_part_full() {
        assert_eq!((pages(0, 20), pages(20, 20), pages(21, 20), pages(5, 0)), (1, 1, 2, 5));
    }
}
