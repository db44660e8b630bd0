//! Tables to take away. They are fetched first, so that a login that ended or a server that
//! fails is said in words, instead of a broken file in the downloads.

use super::Desk;
use super::api::Fetched;
use super::api::{self, Trouble};
use super::errand::Errand;
use super::reason::Reason;
use super::route::Route;
use super::words::{self, t};
use crate::browser;
use crate::view::prelude::*;
use shared::export::Format;
use shared::sight::{ClearRequest, May};
use shared::text::Msg;

/// What the browser is told of a file: its name says the rest.
const KIND: &str = "application/octet-stream";
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

/// What is fetched, as things stand when it is asked for.
#[derive(Clone, Copy)]
struct Fetch {
    url: StoredValue<Box<dyn Fn() -> String + Send + Sync>>,
    name: StoredValue<Box<dyn Fn() -> String + Send + Sync>>,
    errand: Errand,
    /// A reason is being asked for.
    asking: RwSignal<bool>,
    /// It has many rows, and is being written behind.
    behind: RwSignal<bool>,
}

impl Fetch {
    /// Fetches the table and saves it; with a reason, with nothing masked.
    fn go(self, format: Format, why: Option<String>) {
        let (url, name) = (self.url.with_value(|url| url()), self.name.with_value(|name| name()));
        let (url, name) = match format {
            Format::Xlsx => (url, name),
            Format::Csv => (url.replacen(".xlsx", ".csv", 1), name.replace(".xlsx", ".csv")),
        };
        self.behind.set(false);
        let fetched = async move {
            match api::export(&url, why.map(|reason| ClearRequest { reason }).as_ref()).await? {
                Fetched::Behind => Ok(true),
                Fetched::File(bytes) => {
                    browser::download(&bytes, KIND, &name).map_err(|_| Trouble::Strange(0)).map(|()| false)
                }
            }
        };
        self.errand.run(fetched, move |behind| {
            self.asking.try_set(false);
            self.behind.try_set(behind);
        });
    }

    fn ask(self, asking: bool) {
        self.errand.forget();
        self.asking.set(asking);
    }
}

/// Fetches a table and saves it.
#[component]
pub fn ExportButton(
    /// What it fetches.
    text: Msg,
    /// From where, as things stand when it is pressed.
    url: impl Fn() -> String + Send + Sync + 'static,
    /// How the file is called.
    name: impl Fn() -> String + Send + Sync + 'static,
    /// People stand in it: masked, unless somebody who administers gives a reason.
    #[prop(optional)]
    people: bool,
) -> impl IntoView {
    let desk = Desk::here();
    let (errand, asking, behind) = (Errand::begin(), RwSignal::new(false), RwSignal::new(false));
    let (url, name) = (StoredValue::new(Box::new(url) as Box<_>), StoredValue::new(Box::new(name) as Box<_>));
    let fetch = Fetch { url, name, errand, asking, behind };
    let clear = people && desk.may(May::Manage);
    let what = Signal::derive(move || words::EXPORT_CLEAR_WHAT.get(desk.lang()).to_owned());
    view! {
        <span class="export">
            <span class="bad" role="alert">{move || errand.trouble().filter(|_| !asking.get()).map(|trouble| {
                words::EXPORT_FAILED.with(desk.lang(), &[&trouble.says(desk.lang())])
            })}</span>
            <span role="status">{move || behind.get().then(|| view! {
                {t(words::EXPORT_BEHIND)}" "
                <a href=move || desk.nav().place().to(Route::Exports).url()>{t(words::EXPORTS)}</a>
            })}</span>
            <button type="button" on:click=move |_| fetch.go(Format::Xlsx, None) aria-disabled=move || errand.is_busy().to_string()>
                {move || if errand.is_busy() { t(words::EXPORTING)() } else { t(text)() }}
            </button>
            <button type="button" title=t(text) on:click=move |_| fetch.go(Format::Csv, None) aria-disabled=move || errand.is_busy().to_string()>
                "CSV"
            </button>
            {people.then(|| view! { <span class="quiet">{t(words::EXPORT_MASKED)}</span> })}
            {clear.then(|| view! {
                <button type="button" class="export-clear" on:click=move |_| fetch.ask(!asking.get_untracked())>
                    {t(words::EXPORT_CLEAR)}
                </button>
            })}
        </span>
        {move || asking.get().then(|| view! {
            <Reason
                what=what
                text=words::EXPORT_CLEAR_DO
                errand=errand
                give=move |why| fetch.go(Format::Xlsx, Some(why))
                leave=move || fetch.ask(false)
            />
        })}
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
