//! 签到表: the sign-in sheet of a session, for those who see the names of everybody on it.

use super::Desk;
use super::api;
use super::format;
use super::words::t;
use crate::parts::sheet::{SheetPages, SignIn, SignInLine, print_whole};
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::attendance::Tag;
use shared::id::SessionId;
use shared::person::Person;
use shared::session::SessionRow;
use shared::sheet::{self, Entry};
use shared::wire::AttendanceItem;

shared::messages! {
    SHEET = "签到表", "Sign-in sheet";
    SHOW = "显示签到表", "Show the sign-in sheet";
    PRINT_ALL = "打印（{} 页）", "Print ({} pages)";
    MASKED = "名单里有你看不到姓名的人，不能打印签到表", "Some names here are masked for you, so the sheet cannot be printed";
    NOBODY = "本场没有花名册", "There is no roster for this session";
}

/// Those of the roster, in the order of the sheet; none where a name is masked.
fn lines(items: Vec<AttendanceItem>) -> Option<Vec<(String, Person)>> {
    let unexpected = |tag: &Tag| matches!(tag, Tag::OffRoster | Tag::PersonUnknown);
    let expected = items.into_iter().filter(|item| !item.walk_in && !item.row.tags.iter().any(unexpected));
    let line = |item: AttendanceItem| Some((item.org_name, item.person.filter(|_| !item.masked)?));
    let mut lines: Vec<(String, Person)> = expected.map(line).collect::<Option<_>>()?;
    lines.sort_by(|a, b| {
        sheet::order(Entry { org_name: &a.0, person: &a.1 }, Entry { org_name: &b.0, person: &b.1 })
    });
    Some(lines)
}

fn sign_in(id: SessionId, session: &SessionRow, lines: &[(String, Person)]) -> SignIn {
    let origin = window().location().origin().unwrap_or_default();
    let when = format::span(session.starts_ms, session.ends_ms);
    let under: Vec<String> = [Some(when), session.venue.clone()].into_iter().flatten().collect();
    let line = |(org_name, person): &(String, Person)| SignInLine {
        name: person.name.clone(),
        staff_no: person.staff_no.clone().unwrap_or_default(),
        org_name: org_name.clone(),
    };
    SignIn {
        id,
        title: session.title.clone(),
        under: under.join(" · "),
        url: format!("{origin}/s/{id}/backfill"),
        check: sheet::check(lines.iter().map(|(_, person)| person.id)),
        lines: lines.iter().map(line).collect(),
    }
}

/// The section of a session's page.
#[component]
pub fn SheetSection(
    /// The session.
    id: SessionId,
    /// As it stands.
    session: Signal<Option<SessionRow>>,
) -> impl IntoView {
    let desk = Desk::here();
    let found = RwSignal::new(None::<Result<SignIn, shared::text::Msg>>);
    let (busy, failed) = (RwSignal::new(false), RwSignal::new(None::<api::Trouble>));
    let whole = RwSignal::new(false);
    let show = move |_| {
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match api::get_all::<AttendanceItem>(&format!("/api/v1/sessions/{id}/attendance")).await {
                Ok(items) => {
                    let made = session.get_untracked().map(|session| match lines(items) {
                        None => Err(MASKED),
                        Some(lines) if lines.is_empty() => Err(NOBODY),
                        Some(lines) => Ok(sign_in(id, &session, &lines)),
                    });
                    found.set(made);
                }
                Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
                Err(trouble) => failed.set(Some(trouble)),
            }
            busy.set(false);
        });
    };
    let shown = move || match found.get() {
        None => ().into_any(),
        Some(Err(why)) => view! { <p class="quiet">{t(why)}</p> }.into_any(),
        Some(Ok(sign_in)) => {
            let pages = sheet::pages(sign_in.lines.len()).to_string();
            view! {
                <p class="no-print">
                    <button type="button" on:click=move |_| print_whole(whole)>
                        {move || PRINT_ALL.with(desk.lang(), &[&pages])}
                    </button>
                </p>
                {move || view! { <SheetPages lang=desk.lang() sign_in=sign_in.clone() whole=whole.get() /> }}
            }
            .into_any()
        }
    };
    view! {
        <section aria-labelledby="sheet-title" class="sheet-section">
            <h2 id="sheet-title">{t(SHEET)}</h2>
            <p class="no-print"><button type="button" disabled=busy on:click=show>{t(SHOW)}</button></p>
            <p class="bad" role="alert">{move || failed.get().map(|trouble| trouble.says(desk.lang()))}</p>
            {shown}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::attendance::AttendanceRow;
    use shared::id::{OrgId, PersonId};

    fn item(n: u128, name: &str, walk_in: bool, masked: bool) -> AttendanceItem {
        let (id, org) = (PersonId::from_u128(n), OrgId::from_u128(1));
        let person = Person { id, name: name.into(), org, staff_no: Some(n.to_string()), phone_tail: None };
        let row: AttendanceRow =
            serde_json::from_value(serde_json::json!({"person": id, "present": false})).unwrap();
        AttendanceItem { person: Some(person), org_name: "甲班".into(), walk_in, masked, row }
    }

    #[test]
    fn the_sheet_is_of_the_roster_and_of_names_in_clear() {
        let items =
            vec![item(10, "王十", false, false), item(9, "王九", false, false), item(1, "来宾", true, false)];
        let names: Vec<String> = lines(items).unwrap().into_iter().map(|(_, person)| person.name).collect();
        assert_eq!(names, ["王九", "王十"]);
        assert_eq!(lines(vec![item(1, "王一", false, false), item(2, "王*", false, true)]), None);
    }
}
