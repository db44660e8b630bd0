//! 设备: which devices record, when each was last heard of, and what is amiss with it.

use super::Desk;
use super::backup::BackupLine;
use super::deed::Deed;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::rescue::RescueImport;
use super::shell::titled;
use super::words::{self, t};
use crate::browser::now_ms;
use crate::view::prelude::*;
use shared::invite::DeviceDeed;
use shared::text::{Lang, Msg};
use shared::wire::{DeviceItem, LossKind, Page};
use std::sync::Arc;

/// Characters of a replica's id that tell devices of one name apart.
const SHORT: usize = 8;

/// The page.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let load = Load::<Page<DeviceItem>>::list("/api/v1/devices", |_, _| {});
    titled(words::DEVICES);
    // Whoever may see the devices may bring their files.
    let may = Memo::new(move |_| load.get().is_some());
    view! {
        <div class="title-row"><h1>{t(words::DEVICES)}</h1></div>
        <p class="quiet">{t(words::DEVICES_HINT)}</p>
        <BackupLine />
        <Loaded load=load show=|page| view! { <List page=page /> } />
        {move || may.get().then(|| view! { <RescueImport /> })}
    }
}

#[component]
fn List(page: Arc<Page<DeviceItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::DEVICES_NONE, words::DEVICES_NONE_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::COL_DEVICE)}</th>
            <th scope="col">{t(words::COL_ACCOUNT)}</th>
            <th scope="col">{t(words::COL_CONTACT)}</th>
            <th scope="col" class="number" title=t(words::COL_UNSENT_TITLE)>{t(words::COL_UNSENT)}</th>
            <th scope="col" class="number" title=t(words::COL_GAPS_TITLE)>{t(words::COL_GAPS)}</th>
            <th scope="col">{t(words::COL_CONDITION)}</th>
            <th scope="col"></th>
        </Listing>
    }
}

#[component]
fn Row(item: DeviceItem) -> impl IntoView {
    let desk = Desk::here();
    let replica = item.replica.to_string();
    let short: String = replica.chars().take(SHORT).collect();
    let device = match item.device.clone() {
        Some(name) => view! { <span>{name}</span> }.into_any(),
        None => view! { <span class="away">{t(words::DEVICE_UNNAMED)}</span> }.into_any(),
    };
    let who = format!("{} {}", item.name, item.login);
    let (pending, gaps) = (item.pending, item.gaps);
    let troubles = troubles(&item);
    let (lost_ms, url) = (item.lost_ms, format!("/api/v1/devices/{}", item.replica));
    view! {
        <tr>
            <th scope="row" class="name">{device}<p class="quiet" title=replica>{short}</p></th>
            <td class="cut" title=who>{item.name}<p class="quiet">{item.login}</p></td>
            <td class="time"><Contact at_ms=item.last_seen_ms /></td>
            <td class="number" class:warn=pending != 0>{format::count(pending)}</td>
            <td class="number" class:warn=gaps != 0>{format::count(gaps)}</td>
            <td class="tells">
                {if troubles.is_empty() {
                    view! { <span class="away">{format::NONE}</span> }.into_any()
                } else {
                    troubles
                        .into_iter()
                        .map(|trouble| view! { <div class="warn">{move || trouble.says(desk.lang())}</div> })
                        .collect_view()
                        .into_any()
                }}
                {lost_ms.map(|at_ms| view! {
                    <div class="bad">{move || words::DEVICE_LOST.with(desk.lang(), &[&format::moment(at_ms)])}</div>
                })}
            </td>
            <td><Deeds url=url lost=lost_ms.is_some() /></td>
        </tr>
    }
}

/// What can be done about a device.
#[component]
fn Deeds(url: String, lost: bool) -> impl IntoView {
    let deed = |deed| DeviceDeed { deed };
    if lost {
        return view! { <Deed text=words::DEVICE_FOUND url=url body=deed(shared::invite::Deed::Found) /> }
            .into_any();
    }
    view! {
        <Deed text=words::DEVICE_REVOKE sure=words::DEVICE_REVOKE_SURE url=url.clone() body=deed(shared::invite::Deed::Revoke) />
        <Deed text=words::DEVICE_DO_LOST sure=words::DEVICE_DO_LOST_SURE url=url body=deed(shared::invite::Deed::Lost) />
    }
    .into_any()
}

/// When the device was last heard of, as a time and as how long ago.
#[component]
fn Contact(at_ms: Option<i64>) -> impl IntoView {
    let desk = Desk::here();
    let Some(at_ms) = at_ms else {
        return view! { <span class="away">{t(words::CONTACT_NEVER)}</span> }.into_any();
    };
    let since_ms = now_ms().saturating_sub(at_ms);
    view! {
        {format::moment(at_ms)}
        <p class="quiet">{move || format::ago(since_ms, desk.lang())}</p>
    }
    .into_any()
}

/// One thing that happened to a device's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trouble {
    what: Msg,
    at_ms: i64,
    missing: Option<u64>,
}

impl Trouble {
    fn says(self, lang: Lang) -> String {
        let (what, when) = (self.what.get(lang), format::moment(self.at_ms));
        match self.missing.filter(|n| *n > 0) {
            Some(n) => words::LOSS_MISSING.with(lang, &[what, &when, &format::count(n)]),
            None => words::LOSS_AT.with(lang, &[what, &when]),
        }
    }
}

/// What happened to a device's records, the latest first.
fn troubles(item: &DeviceItem) -> Vec<Trouble> {
    let clashed = item.clashed_ms.map(|at_ms| Trouble { what: words::CLASHED, at_ms, missing: None });
    let losses = item.losses.iter().map(|loss| {
        let what = match loss.kind {
            LossKind::Emptied => words::LOSS_EMPTIED,
            LossKind::RolledBack => words::LOSS_ROLLED_BACK,
            LossKind::ServerBehind => words::LOSS_SERVER_BEHIND,
            LossKind::Other => words::LOSS_OTHER,
        };
        Trouble { what, at_ms: loss.at_ms, missing: loss.missing }
    });
    let mut all: Vec<Trouble> = clashed.into_iter().chain(losses).collect();
    all.sort_by_key(|trouble| std::cmp::Reverse(trouble.at_ms));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::id::ReplicaId;
    use shared::wire::DeviceLoss;

    #[test]
    fn what_happened_is_told_the_latest_first() {
        let noon = 1_763_740_800_000 + 12 * 3_600_000;
        let loss = |kind, at_ms, missing| DeviceLoss { kind, at_ms, missing };
        let item = DeviceItem {
            replica: ReplicaId::from_u128(1),
            device: None,
            login: "zhang".to_owned(),
            name: "张师傅".to_owned(),
            last_seen_ms: None,
            pending: 0,
            have: 3,
            gaps: 0,
            clashed_ms: Some(noon),
            lost_ms: None,
            losses: vec![
                loss(LossKind::Emptied, noon + 60_000, Some(1_200)),
                loss(LossKind::Other, noon - 60_000, Some(0)),
            ],
        };
        let says: Vec<String> = troubles(&item).into_iter().map(|one| one.says(Lang::Zh)).collect();
        let expected = [
            "本机记录被清空（2025-11-22 12:01，最多 1,200 条）",
            "记录被复制或回滚（2025-11-22 12:00）",
            "记录有异常（2025-11-22 11:59）",
        ];
        assert_eq!(says, expected);
        assert_eq!(troubles(&DeviceItem { clashed_ms: None, losses: Vec::new(), ..item }), []);
    }
}
