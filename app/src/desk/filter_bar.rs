//! The query bar: which branch, campaign, kind of event and period. All of it lives in the address.

use super::Desk;
use super::day::Day;
use super::route::{Filter, Place};
use super::shell::City;
use super::words::{self, t};
use crate::view::html;
use crate::view::prelude::*;
use shared::org::Org;
use shared::session::Activity;
use shared::sight::May;
use shared::text::Msg;

/// The whole bar.
#[component]
pub fn FilterBar() -> impl IntoView {
    // Who only speaks at sessions has no orgs to choose from.
    let orgs = Desk::here().may(May::Figures);
    view! {
        {orgs.then(|| view! { <Way /> })}
        <form class="filters" role="search" aria-label=t(words::FILTERS) on:submit=|event| event.prevent_default()>
            {orgs.then(|| view! { <FindOrg /> })}
            <CampaignSelect />
            <ActivitySelect />
            <DayField id="filter-from" label=words::FROM get=|filter| filter.from set=|filter, day| filter.from = day />
            <DayField id="filter-to" label=words::TO get=|filter| filter.to set=|filter, day| filter.to = day />
            <Periods />
        </form>
    }
}

/// Changes what the page is about.
fn change(desk: Desk, edit: impl FnOnce(&mut Filter)) {
    let here = desk.nav().here();
    let mut filter = here.filter.clone();
    edit(&mut filter);
    desk.nav().go(&here.about(filter));
}

/// From the top of the branch to the org that is looked at.
#[component]
pub fn Way() -> impl IntoView {
    let nav = Desk::here().nav();
    let city = City::here();
    let way = move || {
        let tree = city.tree.get();
        let asked = nav.place().filter.org;
        match asked.as_deref().map(|code| tree.by_code(code)) {
            Some(Some(org)) => tree.way(org),
            // Not visible, or not read yet: the page itself says what is wrong.
            Some(None) => Vec::new(),
            None => tree.roots().first().map(|org| vec![(*org).clone()]).unwrap_or_default(),
        }
    };
    let steps = move || {
        let way = way();
        let last = way.len().saturating_sub(1);
        let step = |(place, org): (usize, Org)| {
            let current = (place == last).then_some("page");
            view! { <li><a href=nav.place().of_org(&org.code).url() aria-current=current>{org.name}</a></li> }
        };
        way.into_iter().enumerate().map(step).collect_view()
    };
    view! {
        <nav class="way" aria-label=t(words::WAY)>
            <Roots />
            <ol>{steps}</ol>
        </nav>
    }
}

/// Where a login has several branches, the choice among them.
#[component]
fn Roots() -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let roots = move || city.tree.get().roots().into_iter().cloned().collect::<Vec<Org>>();
    move || {
        let roots = roots();
        let asked = desk.nav().place().filter.org;
        let option = |org: Org| {
            let chosen = asked.as_ref() == Some(&org.code);
            view! { <option value=org.code selected=chosen>{org.name}</option> }
        };
        (roots.len() > 1).then(|| {
            view! {
                <select
                    aria-label=t(words::ORG)
                    on:change=move |event| {
                        let code = event_target_value(&event);
                        change(desk, |filter| filter.org = Some(code).filter(|code| !code.is_empty()));
                    }
                >
                    <option value="">{t(words::ORG)}</option>
                    {roots.into_iter().map(option).collect_view()}
                </select>
            }
        })
    }
}

/// Jumps to an org by name or code.
#[component]
pub fn FindOrg() -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let field = NodeRef::<html::Input>::new();
    // What was asked when nothing was found: another question takes the sentence away.
    let lost = RwSignal::new(None::<Filter>);
    let find = move |_| {
        let Some(input) = field.get_untracked() else { return };
        let text = input.value();
        let tree = city.tree.get_untracked();
        let found = tree.find(&text).map(|org| org.code.clone());
        let nothing = found.is_none() && !text.trim().is_empty();
        lost.set(nothing.then(|| desk.nav().here().filter));
        if let Some(code) = found {
            input.set_value("");
            change(desk, |filter| filter.org = Some(code));
        }
    };
    let offers = move || {
        let offer = |text: String| view! { <option value=text></option> };
        city.tree.get().offers().into_iter().map(offer).collect_view()
    };
    view! {
        <div class="field field-wide">
            <label for="filter-org">{t(words::FIND_ORG)}</label>
            <input
                id="filter-org"
                type="search"
                list="filter-orgs"
                autocomplete="off"
                placeholder=t(words::FIND_ORG_HINT)
                aria-describedby="filter-org-says"
                node_ref=field
                on:change=find
            />
            <datalist id="filter-orgs">{offers}</datalist>
            <span id="filter-org-says" class="field-says" role="status">
                {move || (lost.get().as_ref() == Some(&desk.nav().place().filter)).then(|| words::ORG_NOT_FOUND.get(desk.lang()))}
            </span>
        </div>
    }
}

#[component]
fn CampaignSelect() -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let options = move || {
        let asked = desk.nav().place().filter.campaign;
        let all = city.campaigns.get().map(|all| all.to_vec()).unwrap_or_default();
        let option = |campaign: shared::campaign::Campaign| {
            let id = campaign.id.to_string();
            view! { <option value=id selected=asked == Some(campaign.id)>{campaign.title}</option> }
        };
        all.into_iter().map(option).collect_view()
    };
    view! {
        <div class="field field-wide">
            <label for="filter-campaign">{t(words::CAMPAIGN)}</label>
            <select
                id="filter-campaign"
                on:change=move |event| {
                    let id = event_target_value(&event).parse().ok();
                    change(desk, |filter| filter.campaign = id);
                }
            >
                <option value="" selected=move || desk.nav().place().filter.campaign.is_none()>
                    {t(words::ALL_CAMPAIGNS)}
                </option>
                {options}
            </select>
        </div>
    }
}

#[component]
fn ActivitySelect() -> impl IntoView {
    let desk = Desk::here();
    let asked = desk.nav().part(|place| place.filter.activity);
    let option = |activity: Activity| {
        view! {
            <option value=activity.wire() selected=move || asked.get() == Some(activity)>
                {move || activity.label(desk.lang())}
            </option>
        }
    };
    view! {
        <div class="field">
            <label for="filter-activity">{t(words::ACTIVITY)}</label>
            <select
                id="filter-activity"
                on:change=move |event| {
                    let activity = Activity::from_wire(&event_target_value(&event));
                    change(desk, |filter| filter.activity = activity);
                }
            >
                <option value="" selected=move || asked.get().is_none()>{t(words::ALL_ACTIVITIES)}</option>
                {Activity::ALL.iter().copied().map(option).collect_view()}
            </select>
        </div>
    }
}

/// A day that begins or ends the period.
#[component]
pub fn DayField(
    /// Of the field.
    id: &'static str,
    /// Its label.
    label: Msg,
    /// The day as it is.
    get: fn(&Filter) -> Option<Day>,
    /// Puts another in its place.
    set: fn(&mut Filter, Option<Day>),
) -> impl IntoView {
    let desk = Desk::here();
    let value = move || get(&desk.nav().place().filter).map(|day| day.to_string()).unwrap_or_default();
    view! {
        <div class="field">
            <label for=id>{t(label)}</label>
            <input
                id=id
                type="date"
                min="1970-01-01"
                max="2100-12-31"
                prop:value=value
                on:change=move |event| {
                    let day = event_target_value(&event).parse().ok();
                    change(desk, |filter| set(filter, day));
                }
            />
        </div>
    }
}

/// Usual periods, and the way back to everything.
#[component]
fn Periods() -> impl IntoView {
    let nav = Desk::here().nav();
    let link = move |text: Msg, start: fn(Day) -> Day| {
        let place = move || period(&nav.place(), start);
        let chosen = move || (nav.place().filter == place().filter).then_some("true");
        view! { <a href=move || place().url() aria-current=chosen>{t(text)}</a> }
    };
    let cleared = move || {
        let here = nav.place();
        here.about(Filter { org: here.filter.org.clone(), ..Filter::default() }).url()
    };
    view! {
        <div class="periods">
            {link(words::THIS_WEEK, Day::monday)}
            {link(words::THIS_MONTH, Day::month)}
            {link(words::THIS_YEAR, Day::year)}
            {move || nav.place().filter.narrowed().then(|| view! { <a href=cleared>{t(words::CLEAR)}</a> })}
        </div>
    }
}

/// From the first day of a period that today lies in, up to today.
fn period(here: &Place, start: fn(Day) -> Day) -> Place {
    let today = today();
    here.about(Filter { from: Some(start(today)), to: Some(today), ..here.filter.clone() })
}

/// The day that it is in +08:00.
#[must_use]
pub fn today() -> Day {
    Day::of(crate::browser::now_ms())
}
