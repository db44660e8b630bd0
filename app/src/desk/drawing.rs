//! A chart on a page: the drawing of `shared::chart`, and the table behind it.

use super::words::{self, t};
use crate::view::html;
use crate::view::prelude::*;
use shared::chart::Chart;

/// The drawing with its title and its table.
#[component]
pub fn Drawing(
    /// The chart, in the language of the page.
    #[prop(into)]
    chart: Signal<Chart>,
) -> impl IntoView {
    let room = NodeRef::<html::Div>::new();
    // Everything in the drawing is escaped by its builder.
    Effect::new(move |_| {
        if let Some(room) = room.get() {
            room.set_inner_html(&chart.get().svg);
        }
    });
    let heads = move || {
        let heads = chart.get().heads;
        heads.into_iter().map(|head| view! { <th scope="col">{head}</th> }).collect_view()
    };
    let rows = move || {
        let row = |cells: Vec<String>| {
            let cells = cells.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view();
            view! { <tr>{cells}</tr> }
        };
        chart.get().rows.into_iter().map(row).collect_view()
    };
    view! {
        <figure class="drawing">
            <figcaption>{move || chart.get().title}</figcaption>
            <div class="drawing-room" node_ref=room></div>
            <p class="quiet">{move || chart.get().summary}</p>
            <details>
                <summary>{t(words::CHART_TABLE)}</summary>
                <div class="table-room">
                    <table class="table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>
                </div>
            </details>
        </figure>
    }
}
