//! 导入组织, 导入花名册: a file is chosen or dropped, shown as what it would change, and confirmed.

use super::Desk;
use super::api::{self, Trouble};
use super::export::{ExportButton, file_name};
use super::filter_bar::{FindOrg, Way};
use super::import_says::{Faults, Shown};
use super::query::Writer;
use super::roster::org_here;
use super::route::Route;
use super::shell::{City, titled};
use super::words::{self, t};
use crate::view::html;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::import::{FILE_MAX_BYTES, ImportAnswer};
use shared::problem::Code;
use std::sync::Arc;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DragEvent, File};

/// What a file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The org tree.
    Orgs,
    /// The roster of an org.
    Roster,
}

impl Target {
    const fn path(self) -> &'static str {
        match self {
            Self::Orgs => "/api/v1/imports/orgs",
            Self::Roster => "/api/v1/imports/roster",
        }
    }
}

/// The file that was chosen, as it was then: what is confirmed is what was shown.
#[derive(Debug, Clone, PartialEq)]
struct Chosen {
    name: String,
    bytes: Arc<Vec<u8>>,
}

/// An import that is under way.
#[derive(Clone, Copy)]
struct Importing {
    target: Target,
    org: StoredValue<Option<String>>,
    chosen: RwSignal<Option<Chosen>>,
    whole: RwSignal<bool>,
    sheet: RwSignal<Option<String>>,
    answer: RwSignal<Option<Arc<ImportAnswer>>>,
    trouble: RwSignal<Option<Trouble>>,
    unreadable: RwSignal<bool>,
    busy: RwSignal<bool>,
}

impl Importing {
    fn new(target: Target, org: Option<String>) -> Self {
        Self {
            target,
            org: StoredValue::new(org),
            chosen: RwSignal::new(None),
            whole: RwSignal::new(false),
            sheet: RwSignal::new(None),
            answer: RwSignal::new(None),
            trouble: RwSignal::new(None),
            unreadable: RwSignal::new(false),
            busy: RwSignal::new(false),
        }
    }

    fn url(self, confirm: Option<&String>) -> String {
        let mut out = Writer::default();
        if self.target == Target::Roster {
            out.add_some("org", self.org.get_value().as_ref());
            out.add_some("whole", Some(&self.whole.get_untracked()));
        }
        out.add_some("sheet", self.sheet.get_untracked().as_ref());
        out.add_some("confirm", confirm);
        out.after(self.target.path())
    }

    /// Takes another file, and shows at once what it would change.
    fn choose(self, file: File, desk: Desk, city: City) {
        if self.busy.get_untracked() {
            return;
        }
        self.chosen.set(None);
        self.answer.set(None);
        self.sheet.set(None);
        self.unreadable.set(false);
        self.trouble.set(None);
        // Not even read: it may be a film.
        if file.size() > FILE_MAX_BYTES as f64 {
            self.trouble.set(Some(Trouble::Refused(Code::ImportTooLarge, String::new())));
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let read = JsFuture::from(file.array_buffer()).await;
            self.busy.try_set(false);
            match read {
                Ok(buffer) => {
                    let bytes = Arc::new(js_sys::Uint8Array::new(&buffer).to_vec());
                    self.chosen.try_set(Some(Chosen { name: file.name(), bytes }));
                    self.send(false, desk, city);
                }
                Err(_) => {
                    self.unreadable.try_set(true);
                }
            }
        });
    }

    /// Asks what the file would change, or has it carried out exactly as it was shown.
    fn send(self, confirmed: bool, desk: Desk, city: City) {
        let Some(Some(chosen)) = self.chosen.try_get_untracked() else { return };
        let token = self.answer.get_untracked().and_then(|answer| answer.token.clone());
        if self.busy.get_untracked() || (confirmed && token.is_none()) {
            return;
        }
        let url = self.url(token.as_ref().filter(|_| confirmed));
        self.busy.set(true);
        self.trouble.set(None);
        spawn_local(async move {
            let outcome = api::send_file::<ImportAnswer>(&url, &chosen.bytes).await;
            // The page may be gone by now.
            self.busy.try_set(false);
            match outcome {
                Ok(answer) => {
                    if answer.done && self.target == Target::Orgs {
                        city.tree_changed();
                    }
                    self.answer.try_set(Some(Arc::new(answer)));
                }
                Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
                Err(trouble) => {
                    // What was shown before is not what is asked now.
                    self.answer.try_set(None);
                    self.trouble.try_set(Some(trouble));
                }
            }
        });
    }
}

/// The page.
#[component]
pub fn ImportPage(
    /// What is imported.
    target: Target,
) -> impl IntoView {
    let desk = Desk::here();
    let (title, hint) = match target {
        Target::Orgs => (words::IMPORT_ORGS, words::IMPORT_ORGS_HINT),
        Target::Roster => (words::IMPORT_ROSTER, words::IMPORT_ROSTER_HINT),
    };
    let (template, name) = match target {
        Target::Orgs => ("/api/v1/imports/templates/orgs.xlsx", words::IMPORT_TEMPLATE_ORGS),
        Target::Roster => ("/api/v1/imports/templates/roster.xlsx", words::IMPORT_TEMPLATE_ROSTER),
    };
    titled(title);
    let org = org_here();
    let code = Memo::new(move |_| org.get().filter(|_| target == Target::Roster).map(|org| org.code));
    let file = move || file_name(&[name.get(desk.prefs.lang.get_untracked())]);
    view! {
        {(target == Target::Roster).then(|| view! {
            <Way />
            <form class="filters" role="search" aria-label=t(words::FILTERS) on:submit=|event| event.prevent_default()>
                <FindOrg />
            </form>
        })}
        <div class="title-row">
            <h1>
                {t(title)}
                {move || org.get().filter(|_| target == Target::Roster).map(|org| format!(" · {}", org.name))}
            </h1>
            <span class="end">
                <ExportButton text=words::IMPORT_TEMPLATE url=move || template.to_owned() name=file />
            </span>
        </div>
        <p class="quiet">{t(hint)}</p>
        {move || match (target, code.get()) {
            (Target::Roster, None) => view! { <p class="empty">{t(words::IMPORT_NO_ORG)}</p> }.into_any(),
            // Another org is another import, from its beginning.
            (_, code) => view! { <Panel importing=Importing::new(target, code) /> }.into_any(),
        }}
    }
}

/// Chooses the file, and shows what comes of it.
#[component]
fn Panel(importing: Importing) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let says = move || {
        let lang = desk.lang();
        if importing.unreadable.get() {
            return words::RESCUE_UNREADABLE.get(lang).to_owned();
        }
        importing.trouble.get().map(|trouble| trouble.says(lang)).unwrap_or_default()
    };
    let failed = move || importing.trouble.get().is_some() && importing.chosen.get().is_some();
    view! {
        <section class="import">
            <Chooser importing=importing />
            {(importing.target == Target::Roster).then(|| view! {
                <label class="import-whole">
                    <input
                        type="checkbox"
                        prop:checked=move || importing.whole.get()
                        prop:disabled=move || importing.busy.get()
                        on:change=move |event| {
                            importing.whole.set(event_target_checked(&event));
                            importing.send(false, desk, city);
                        }
                    />
                    <span>{t(words::IMPORT_WHOLE)}</span>
                </label>
            })}
            <p role="status">{move || importing.busy.get().then(|| t(words::IMPORT_READING)())}</p>
            <p class="bad" role="alert">{says}</p>
            {move || failed().then(|| view! {
                <p class="actions">
                    <button type="button" on:click=move |_| importing.send(false, desk, city)>
                        {t(words::IMPORT_AGAIN)}
                    </button>
                </p>
            })}
            {move || importing.answer.get().map(|answer| view! { <Answer importing=importing answer=answer /> })}
        </section>
    }
}

#[component]
fn Chooser(importing: Importing) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let field = NodeRef::<html::Input>::new();
    let over = RwSignal::new(false);
    let chosen = move |_| {
        let Some(input) = field.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            importing.choose(file, desk, city);
        }
        // The same file, mended, can be chosen again.
        input.set_value("");
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0))
        {
            importing.choose(file, desk, city);
        }
    };
    view! {
        <div
            class="drop"
            class:over=move || over.get()
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=dropped
        >
            <label for="import-file">{t(words::IMPORT_CHOOSE)}</label>
            <input
                id="import-file"
                type="file"
                accept=".xlsx,.csv,.txt"
                node_ref=field
                on:change=chosen
            />
        </div>
    }
}

/// What a file would do or did, and the way on.
#[component]
fn Answer(importing: Importing, answer: Arc<ImportAnswer>) -> impl IntoView {
    let desk = Desk::here();
    let city = City::here();
    let ready = answer.token.is_some() && !answer.counts.is_nothing();
    let (done, bad) = (answer.done, !answer.faults.is_empty());
    let name = importing.chosen.get_untracked().map(|chosen| chosen.name).unwrap_or_default();
    let sheets = answer.sheets.clone();
    let sheet = answer.sheet.clone();
    let choose_sheet = (!done && sheets.len() > 1).then(|| {
        let option = |known: String| {
            let chosen = sheet.as_ref() == Some(&known);
            view! { <option value=known.clone() selected=chosen>{known.clone()}</option> }
        };
        view! {
            <label class="import-sheet">
                {t(words::IMPORT_SHEET)}
                " "
                <select on:change=move |event| {
                    importing.sheet.set(Some(event_target_value(&event)));
                    importing.send(false, desk, city);
                }>{sheets.into_iter().map(option).collect_view()}</select>
            </label>
        }
    });
    view! {
        {choose_sheet}
        {if bad {
            view! { <Faults answer=answer /> }.into_any()
        } else {
            view! { <Shown answer=answer name=name /> }.into_any()
        }}
        <p class="actions">
            {ready.then(|| view! {
                <button
                    type="button"
                    class="primary"
                    aria-disabled=move || importing.busy.get().to_string()
                    on:click=move |_| importing.send(true, desk, city)
                >
                    {t(words::IMPORT_DO)}
                </button>
            })}
            {done.then(|| view! {
                <a href=move || desk.nav().place().to(Route::Roster).url()>{t(words::IMPORT_TO_ROSTER)}</a>
            })}
        </p>
    }
}
