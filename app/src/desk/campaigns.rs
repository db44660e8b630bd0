//! 专题活动: what notices ask for, made and changed by the city's admins.

use super::Desk;
use super::api;
use super::day::Day;
use super::errand::{Errand, Failing};
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::shell::{City, titled};
use super::words::{self, t};
use crate::view::ev::SubmitEvent;
use crate::view::prelude::*;
use shared::campaign::{Campaign, CampaignSet};
use shared::form::desk::FormItem;
use shared::id::FormId;
use shared::text::Msg;
use shared::wire::Page;
use std::sync::Arc;

/// What is being changed: nothing, a new one, or one that is there.
type Editing = RwSignal<Option<Option<Campaign>>>;
type Forms = Load<Vec<FormItem>>;

/// The page.
#[component]
pub fn CampaignsPage() -> impl IntoView {
    let load = Load::<Page<Campaign>>::list("/api/v1/campaigns", |_, _| {});
    let forms: Forms = Load::whole_once(|| "/api/v1/forms".to_owned());
    let editing: Editing = RwSignal::new(None);
    titled(words::CAMPAIGNS);
    view! {
        <div class="title-row">
            <h1>{t(words::CAMPAIGNS)}</h1>
            <p class="end">
                <button type="button" class="primary" on:click=move |_| editing.set(Some(None))>
                    {t(words::CAMPAIGN_NEW)}
                </button>
            </p>
        </div>
        <p class="quiet">{t(words::CAMPAIGNS_HINT)}</p>
        {move || editing.get().map(|of| view! { <Fields of=of editing=editing forms=forms /> })}
        <Loaded load=load show=move |page| view! { <List page=page editing=editing forms=forms /> } />
    }
}

#[component]
fn List(page: Arc<Page<Campaign>>, editing: Editing, forms: Forms) -> impl IntoView {
    let none = (words::CAMPAIGNS_NONE, words::CAMPAIGNS_NONE_NEXT);
    view! {
        <Listing page=page none=none row=move |item| view! { <Row item=item editing=editing forms=forms /> }>
            <th scope="col">{t(words::CAMPAIGN_TITLE)}</th>
            <th scope="col">{t(words::CAMPAIGN_NOTICE)}</th>
            <th scope="col">{t(words::CAMPAIGN_PERIOD)}</th>
            <th scope="col">{t(words::CAMPAIGN_FORM)}</th>
            <th scope="col">{t(words::FORM_STATE)}</th>
            <th scope="col"></th>
        </Listing>
    }
}

/// The days of a period, `2026-11-01 – 2026-11-30`.
fn period(from_ms: Option<i64>, to_ms: Option<i64>) -> String {
    if from_ms.or(to_ms).is_none() {
        return format::NONE.to_owned();
    }
    format!("{} – {}", first_day(from_ms), last_day(to_ms)).trim().to_owned()
}

fn first_day(from_ms: Option<i64>) -> String {
    from_ms.map_or(String::new(), |ms| Day::of(ms).to_string())
}

fn last_day(to_ms: Option<i64>) -> String {
    to_ms.map_or(String::new(), |ms| Day::of(ms.saturating_sub(1)).to_string())
}

#[component]
fn Row(item: Campaign, editing: Editing, forms: Forms) -> impl IntoView {
    let desk = Desk::here();
    let of = item.form;
    let form = move || {
        let lang = desk.lang();
        let Some(id) = of else { return words::CAMPAIGN_FORM_USUAL.get(lang).to_owned() };
        let all = forms.get();
        let found = all.as_ref().and_then(|all| all.iter().find(|form| form.id == id));
        found.map_or(String::new(), |form| form.title.get(lang).to_owned())
    };
    let state = if item.closed { words::CAMPAIGN_IS_CLOSED } else { words::CAMPAIGN_IS_OPEN };
    let label = {
        let title = item.title.clone();
        move || words::CAMPAIGN_EDIT_OF.with(desk.lang(), &[&title])
    };
    let edited = item.clone();
    view! {
        <tr>
            <th scope="row" class="name">{item.title}</th>
            <td>{item.notice.unwrap_or_else(|| format::NONE.to_owned())}</td>
            <td class="time">{period(item.from_ms, item.to_ms)}</td>
            <td>{form}</td>
            <td>{t(state)}</td>
            <td>
                <button type="button" aria-label=label on:click=move |_| editing.set(Some(Some(edited.clone())))>
                    {t(words::CAMPAIGN_EDIT)}
                </button>
            </td>
        </tr>
    }
}

/// What was typed as a day; an error where it is none.
fn day(text: &str) -> Result<Option<Day>, Msg> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| words::CAMPAIGN_BAD_DAY),
    }
}

#[component]
fn Fields(of: Option<Campaign>, editing: Editing, forms: Forms) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let id = of.as_ref().map(|campaign| campaign.id);
    let was = of.unwrap_or_else(|| Campaign::new(shared::id::CampaignId::from_u128(0), String::new(), None));
    let title = RwSignal::new(was.title);
    let notice = RwSignal::new(was.notice.unwrap_or_default());
    let (from, to) = (RwSignal::new(first_day(was.from_ms)), RwSignal::new(last_day(was.to_ms)));
    let (form, closed) = (RwSignal::new(was.form), RwSignal::new(was.closed));
    let (errand, bad) = (Errand::begin(), RwSignal::new(None::<Msg>));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let days = day(&from.get_untracked()).and_then(|from| Ok((from, day(&to.get_untracked())?)));
        bad.set(days.err());
        let Ok((from, to)) = days else { return };
        let asked = CampaignSet {
            title: title.get_untracked(),
            notice: Some(notice.get_untracked()),
            from_ms: from.map(Day::start_ms),
            to_ms: to.map(Day::end_ms),
            closed: closed.get_untracked(),
            form: form.get_untracked(),
        };
        let url = id.map_or_else(|| "/api/v1/campaigns".to_owned(), |id| format!("/api/v1/campaigns/{id}"));
        errand.run(async move { api::post::<Campaign>(&url, &asked).await }, move |_| {
            city.campaigns.retry();
            editing.try_set(None);
            desk.tick.now();
        });
    };
    let heading = if id.is_some() { words::CAMPAIGN_EDIT } else { words::CAMPAIGN_NEW };
    view! {
        <form class="filters campaign" on:submit=submit aria-label=t(heading)>
            <div class="field field-long">
                <label for="campaign-title">{t(words::CAMPAIGN_TITLE)}</label>
                <input id="campaign-title" type="text" required maxlength="200" autocomplete="off" autofocus bind:value=title />
            </div>
            <div class="field field-wide">
                <label for="campaign-notice">{t(words::CAMPAIGN_NOTICE)}</label>
                <input id="campaign-notice" type="text" maxlength="200" autocomplete="off" bind:value=notice />
            </div>
            <div class="field">
                <label for="campaign-from">{t(words::CAMPAIGN_FROM)}</label>
                <input id="campaign-from" type="date" bind:value=from />
            </div>
            <div class="field">
                <label for="campaign-to">{t(words::CAMPAIGN_TO)}</label>
                <input id="campaign-to" type="date" bind:value=to />
            </div>
            <FormSelect form=form forms=forms />
            <label class="tick">
                <input type="checkbox" bind:checked=closed /><span>{t(words::CAMPAIGN_CLOSED)}</span>
            </label>
            <p class="actions">
                <button type="submit" class="primary" disabled=move || errand.is_busy()>{t(words::CAMPAIGN_SAVE)}</button>
                <button type="button" on:click=move |_| editing.set(None)>{t(words::CANCEL)}</button>
                <span class="bad" role="alert">{move || bad.get().map(|bad| bad.get(desk.lang()))}</span>
                <Failing errand=errand />
            </p>
        </form>
    }
}

/// The forms that can be chosen: those that are open, and the one that stands.
#[component]
fn FormSelect(form: RwSignal<Option<FormId>>, forms: Forms) -> impl IntoView {
    let desk = Desk::here();
    let stands = form.get_untracked();
    let option = move |item: FormItem| {
        let chosen = form.get_untracked() == Some(item.id);
        let title = move || item.title.get(desk.lang()).to_owned();
        view! { <option value=item.id.to_string() selected=chosen>{title}</option> }
    };
    let options = move || {
        let all = forms.get().map(|all| all.to_vec()).unwrap_or_default();
        let offered = all.into_iter().filter(|item| item.closed_ms.is_none() || stands == Some(item.id));
        offered.map(option).collect_view()
    };
    view! {
        <div class="field field-wide">
            <label for="campaign-form">{t(words::CAMPAIGN_FORM)}</label>
            <select id="campaign-form" on:change:target=move |event| form.set(event.target().value().parse().ok())>
                <option value="" selected=stands.is_none()>{t(words::CAMPAIGN_FORM_USUAL)}</option>
                {options}
            </select>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_shown_by_its_days() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let (from, to) = (day("2026-11-01").start_ms(), day("2026-11-30").end_ms());
        assert_eq!(period(Some(from), Some(to)), "2026-11-01 – 2026-11-30");
        assert_eq!(period(None, Some(to)), "– 2026-11-30");
        assert_eq!(period(Some(from), None), "2026-11-01 –");
        assert_eq!(period(None, None), format::NONE);
    }
}
