//! The printed sign-in sheet, page by page of A4: the same from the phone and from the desk.

use super::qr::QrCode;
use crate::view::prelude::*;
use shared::id::SessionId;
use shared::sheet::{LINES, SPARE, pages};
use shared::text::Lang;
use std::time::Duration;

shared::messages! {
    NUMBER = "序号", "No.";
    NAME = "姓名", "Name";
    STAFF_NO = "工号", "Staff no.";
    WORKSHOP = "车间", "Workshop";
    SIGNATURE = "签名", "Signature";
    TITLE = "签到表", "Sign-in sheet";
    CODE = "补录用的二维码", "Code for backfill";
    EXPECTED = "应到 {} 人", "{} expected";
    SESSION = "场次号 {}", "Session {}";
    CHECK = "核对码 {}", "Check {}";
    PAGE = "第 {} 页，共 {} 页", "Page {} of {}";
}

/// A session's sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SignIn {
    /// The session.
    pub id: SessionId,
    /// Its title.
    pub title: String,
    /// Time and place.
    pub under: String,
    /// What its code leads to.
    pub url: String,
    /// [`shared::sheet::check`] of the lines.
    pub check: String,
    /// In the order of [`shared::sheet::order`].
    pub lines: Vec<SignInLine>,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SignInLine {
    /// Name.
    pub name: String,
    /// Staff number, or nothing.
    pub staff_no: String,
    /// The workshop.
    pub org_name: String,
}

/// Shows the whole sheet, prints it, and shows its first page again.
pub fn print_whole(whole: RwSignal<bool>) {
    whole.set(true);
    // Painted by then: a browser prints what it has.
    set_timeout(
        move || {
            // Where a browser does not print, its own menu still may.
            let _ = window().print();
            whole.try_set(false);
        },
        Duration::from_millis(50),
    );
}

/// The pages; only the first one unless the whole is asked for.
#[component]
pub fn SheetPages(
    /// The language of its words.
    lang: Lang,
    /// What is on it.
    sign_in: SignIn,
    /// All pages.
    whole: bool,
) -> impl IntoView {
    let count = pages(sign_in.lines.len());
    let shown = if whole { count } else { 1 };
    let page = |page: usize| view! { <SheetPage lang sign_in=&sign_in page count /> };
    view! { <div class="sign-in">{(0..shown).map(page).collect_view()}</div> }
}

/// The last seven digits of the id, as the closing code has them.
fn short(id: SessionId) -> String {
    let id = id.to_string().to_uppercase();
    id.get(id.len().saturating_sub(7)..).unwrap_or_default().to_owned()
}

#[component]
fn SheetPage<'a>(lang: Lang, sign_in: &'a SignIn, page: usize, count: usize) -> impl IntoView + use<> {
    let all = sign_in.lines.len();
    let numbers = page * LINES..((page + 1) * LINES).min(all + SPARE);
    let row = |at: usize| {
        let line = sign_in.lines.get(at);
        let number = line.map(|_| at + 1);
        let text = |of: fn(&SignInLine) -> &String| line.map(|line| of(line).clone());
        view! {
            <tr>
                <td>{number}</td>
                <td>{text(|line| &line.name)}</td>
                <td>{text(|line| &line.staff_no)}</td>
                <td>{text(|line| &line.org_name)}</td>
                <td></td>
            </tr>
        }
    };
    let head = move |word: shared::text::Msg| view! { <th scope="col">{word.get(lang)}</th> };
    let facts = [
        EXPECTED.with(lang, &[&all.to_string()]),
        SESSION.with(lang, &[&short(sign_in.id)]),
        CHECK.with(lang, &[&sign_in.check]),
    ];
    view! {
        <section class="sign-page">
            <header>
                <div>
                    <h2>{sign_in.title.clone()}" "{TITLE.get(lang)}</h2>
                    <p>{sign_in.under.clone()}</p>
                    <p>{facts.join(" · ")}</p>
                </div>
                <QrCode text=sign_in.url.clone() label=move || CODE.get(lang) />
            </header>
            <table>
                <thead><tr>{[NUMBER, NAME, STAFF_NO, WORKSHOP, SIGNATURE].map(head).collect_view()}</tr></thead>
                <tbody>{numbers.map(row).collect_view()}</tbody>
            </table>
            <p class="sign-foot">{PAGE.with(lang, &[&(page + 1).to_string(), &count.to_string()])}</p>
        </section>
    }
}
