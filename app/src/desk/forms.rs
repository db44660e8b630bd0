//! 表单: every form, what it is used for, and the ways to a new one.

use super::Desk;
use super::deed::Deed;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::route::{Edit, Route};
use super::shell::titled;
use super::words::{self, t};
use crate::view::prelude::*;
use shared::form::desk::{FormClosing, FormItem};
use shared::text::Lang;
use shared::wire::Page;

/// The page.
#[component]
pub fn FormsPage() -> impl IntoView {
    let load = Load::<Page<FormItem>>::list("/api/v1/forms", |_, _| {});
    titled(words::FORMS);
    view! {
        <div class="title-row">
            <h1>{t(words::FORMS)}</h1>
            <p class="end"><a class="button primary" href=Route::Form(Edit::New).path()>{t(words::FORM_NEW)}</a></p>
        </div>
        <p class="quiet">{t(words::FORMS_HINT)}</p>
        <Loaded load=load show=|page| view! {
            <Listing page=page none=(words::FORMS_NONE, words::FORMS_NONE_NEXT) row=|item| view! { <Row item=item /> }>
                <th scope="col">{t(words::FORM_TITLE)}</th>
                <th scope="col" class="number">{t(words::FORM_VERSION)}</th>
                <th scope="col" class="number">{t(words::FORM_COUNT)}</th>
                <th scope="col">{t(words::FORM_AT)}</th>
                <th scope="col">{t(words::FORM_USED)}</th>
                <th scope="col">{t(words::FORM_STATE)}</th>
                <th scope="col"></th>
            </Listing>
        } />
    }
}

/// What asks a form, in words.
pub(super) fn used(item: &FormItem, lang: Lang) -> String {
    let usual = item.usual.then(|| words::FORM_USUAL.get(lang).to_owned());
    let all: Vec<String> = usual.into_iter().chain(item.campaigns.iter().cloned()).collect();
    if all.is_empty() { format::NONE.to_owned() } else { all.join(lang.pick("、", ", ")) }
}

#[component]
fn Row(item: FormItem) -> impl IntoView {
    let desk = Desk::here();
    let closed = item.closed_ms.is_some();
    let (title, of) = (item.title.clone(), item.clone());
    let at_ms = item.at_ms;
    let at = move || at_ms.map_or_else(|| words::FORM_BUILT_IN.get(desk.lang()).to_owned(), format::moment);
    let url = format!("/api/v1/forms/{}/closing", item.id);
    let deed = match (closed, item.usual) {
        (true, _) => {
            view! { <Deed text=words::FORM_REOPEN url=url body=FormClosing { closed: false } /> }.into_any()
        }
        (false, true) => ().into_any(),
        (false, false) => view! {
            <Deed text=words::FORM_CLOSE sure=words::FORM_CLOSE_SURE url=url body=FormClosing { closed: true } />
        }
        .into_any(),
    };
    let state = if closed { words::FORM_CLOSED } else { words::FORM_OPEN };
    view! {
        <tr>
            <th scope="row" class="name">
                <a href=Route::Form(Edit::Of(item.id)).path()>{move || title.get(desk.lang()).to_owned()}</a>
            </th>
            <td class="number">{item.version}</td>
            <td class="number">{item.questions}</td>
            <td class="time">{at}</td>
            <td>{move || used(&of, desk.lang())}</td>
            <td>{t(state)}</td>
            <td>
                <span class="actions">
                    <a class="button" href=Route::Form(Edit::Copy(item.id)).path()>{t(words::FORM_COPY)}</a>
                    {deed}
                </span>
            </td>
        </tr>
    }
}
