//! Tables to take away. They are fetched first, so that a login that ended or a server that
//! fails is said in words, instead of a broken file in the downloads.

use super::Desk;
use super::api::{self, Trouble};
use super::errand::Errand;
use super::words::{self, t};
use crate::browser;
use leptos::prelude::*;
use shared::text::Msg;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// What stands in a file's name at most, in characters.
const NAME_MAX_CHARS: usize = 60;

/// A name that every system takes: what some of them refuse is left out.
#[must_use]
pub fn file_name(parts: &[&str]) -> String {
    let refused = |c: char| c.is_control() || r#"\/:*?"<>|"#.contains(c);
    let parts = parts.iter().map(|part| part.chars().filter(|c| !refused(*c)).collect::<String>());
    let whole = parts.filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join("-");
    format!("{}.xlsx", whole.chars().take(NAME_MAX_CHARS).collect::<String>().trim())
}

/// Fetches a table and saves it.
#[component]
pub fn ExportButton(
    /// What it fetches.
    text: Msg,
    /// From where, as things stand when it is pressed.
    url: impl Fn() -> String + Send + 'static,
    /// How the file is called.
    name: impl Fn() -> String + Send + 'static,
) -> impl IntoView {
    let desk = Desk::here();
    let errand = Errand::begin();
    let fetch = move |_| {
        let (url, name) = (url(), name());
        let fetched = async move {
            let bytes = api::file(&url).await?;
            browser::download(&bytes, XLSX, &name).map_err(|_| Trouble::Strange(0))
        };
        errand.run(fetched, |()| {});
    };
    view! {
        <span class="export">
            <span class="bad" role="alert">{move || errand.trouble().map(|trouble| {
                words::EXPORT_FAILED.with(desk.lang(), &[&trouble.says(desk.lang())])
            })}</span>
            <button type="button" on:click=fetch aria-disabled=move || errand.is_busy().to_string()>
                {move || if errand.is_busy() { t(words::EXPORTING)() } else { t(text)() }}
            </button>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_name_that_every_system_takes() {
        assert_eq!(file_name(&["签到", "a/b: c?", "", "2025-11-22"]), "签到-ab c-2025-11-22.xlsx");
        assert!(file_name(&[&"长".repeat(300)]).chars().count() <= 65);
    }
}
