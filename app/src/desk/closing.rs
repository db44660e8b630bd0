//! 结束码: the codes that phones show at closing, typed in by whoever was told one.

use super::Desk;
use super::api::{self, Trouble};
use super::errand::Errand;
use super::format;
use super::load::{Load, Loaded};
use super::pager::Listing;
use super::route::Route;
use super::session::StateWord;
use super::shell::titled;
use super::words::{self, t};
use crate::view::ev::SubmitEvent;
use crate::view::html;
use crate::view::prelude::*;
use crate::view::task::spawn_local;
use shared::closing::{
    CHECK_INS_TOP, Closing, LENGTH, RESPONSES_TOP, Told, Wrong, count_says, grouped, typed,
};
use shared::id::SessionId;
use shared::problem::Code;
use shared::session::Declared;
use shared::text::Lang;
use shared::wire::{ClosingItem, ClosingLook, ClosingRequest, ClosingSession, Page};
use std::sync::Arc;

/// The page.
#[component]
pub fn ClosingsPage() -> impl IntoView {
    let load = Load::<Page<ClosingItem>>::list("/api/v1/closings", |_, _| {});
    titled(words::CLOSINGS);
    view! {
        <div class="title-row"><h1>{t(words::CLOSINGS)}</h1></div>
        <p class="quiet">{t(words::CLOSINGS_HINT)}</p>
        <Entry list=load />
        <Loaded load=load show=|page| view! { <List page=page /> } />
    }
}

/// What is being typed, and what the server says of it.
#[derive(Clone, Copy)]
struct Entering {
    text: RwSignal<String>,
    look: RwSignal<Option<Result<ClosingLook, Trouble>>>,
    chosen: RwSignal<Option<SessionId>>,
    errand: Errand,
    done: RwSignal<Option<ClosingItem>>,
    list: Load<Page<ClosingItem>>,
}

impl Entering {
    fn read(self) -> Result<Closing, Wrong> {
        self.text.with(|text| Closing::parse(text))
    }

    /// Asks which session a whole and right code is about.
    fn ask(self, code: Option<Closing>, desk: Desk) {
        self.look.set(None);
        self.chosen.set(None);
        self.errand.forget();
        let Some(code) = code else { return };
        spawn_local(async move {
            let outcome = api::get::<ClosingLook>(&format!("/api/v1/closings/{}", code.code())).await;
            // The page may be gone by now, or another code be there.
            let still = self.text.try_with_untracked(|text| Closing::parse(text) == Ok(code));
            match outcome {
                Err(trouble) if trouble.is_login_over() => desk.login_is_over(),
                outcome if still == Some(true) => self.look.set(Some(outcome)),
                _ => {}
            }
        });
    }

    /// The request that would record the code; none while something is missing.
    fn request(self) -> Option<ClosingRequest> {
        let look = self.look.get()?.ok().filter(|look| !is_done(look))?;
        let session = match look.sessions.as_slice() {
            [] => None,
            [one] => Some(one.id),
            _ => Some(self.chosen.get()?),
        };
        Some(ClosingRequest { code: look.code, session })
    }

    fn submit(self) {
        let Some(request) = untrack(|| self.request()) else { return };
        let posted = async move { api::post::<ClosingItem>("/api/v1/closings", &request).await };
        self.errand.run(posted, move |item| {
            self.text.try_set(String::new());
            self.done.try_set(Some(item));
            self.list.retry();
        });
    }
}

/// Whether posting the code would change nothing.
fn is_done(look: &ClosingLook) -> bool {
    look.typed.as_ref().is_some_and(|typed| typed.session.is_some() || look.sessions.is_empty())
}

/// The field, what is wrong with what stands in it, and what it would do.
#[component]
fn Entry(list: Load<Page<ClosingItem>>) -> impl IntoView {
    let desk = Desk::here();
    let field = NodeRef::<html::Input>::new();
    let entering = Entering {
        text: RwSignal::new(String::new()),
        look: RwSignal::new(None),
        chosen: RwSignal::new(None),
        errand: Errand::begin(),
        done: RwSignal::new(None),
        list,
    };
    let code = Memo::new(move |_| entering.read());
    Effect::new(move |_| entering.ask(code.get().ok(), desk));
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            let _ = field.focus();
        }
    });
    let wrong = Memo::new(move |_| entering.text.with(|text| bad(text)));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        entering.submit();
    };
    view! {
        <form class="closing-entry" on:submit=submit novalidate>
            <div class="field">
                <label for="closing-code">{t(words::CLOSING_FIELD)}</label>
                <input
                    id="closing-code"
                    node_ref=field
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    placeholder="···· ···· ····"
                    aria-describedby="closing-says"
                    aria-invalid=move || wrong.get().is_some().to_string()
                    prop:value=move || entering.text.get()
                    on:input=move |event| {
                        entering.done.set(None);
                        entering.text.set(event_target_value(&event));
                    }
                />
                <p id="closing-says" role="status" class:bad=move || wrong.get().is_some()>
                    {move || entering.text.with(|text| says(text, desk.lang()))}
                </p>
            </div>
            {move || entering.look.get().map(|look| view! { <Look entering=entering look=look /> })}
            {move || entering.done.get().map(|item| view! { <Done item=item /> })}
        </form>
    }
}

/// What is wrong with what was typed so far; a code that is only not whole yet is not wrong.
fn bad(text: &str) -> Option<Wrong> {
    match Closing::parse(text) {
        Ok(_) => None,
        Err(Wrong::Length(n)) if n < LENGTH => None,
        Err(wrong) => Some(wrong),
    }
}

/// What stands below the field: what is wrong, or how far it is.
fn says(text: &str, lang: Lang) -> String {
    if let Some(wrong) = bad(text) {
        return wrong.says(lang);
    }
    match Closing::parse(text) {
        Ok(code) => words::CLOSING_RIGHT.with(lang, &[&code.to_string()]),
        Err(_) => {
            let read = typed(text).unwrap_or_default();
            let left = LENGTH.saturating_sub(read.chars().count()).to_string();
            let so_far = grouped(&read);
            if read.is_empty() {
                words::CLOSING_EMPTY.get(lang).to_owned()
            } else {
                words::CLOSING_LEFT.with(lang, &[&so_far, &left])
            }
        }
    }
}

/// Why the server would not take the code.
fn refused(trouble: &Trouble, lang: Lang) -> String {
    match trouble {
        Trouble::Refused(Code::Forbidden, _) => words::CLOSING_FOREIGN.get(lang).to_owned(),
        Trouble::Refused(code @ (Code::ClosingUnfit | Code::ClosingAmbiguous), detail) => {
            words::WITH_DETAIL.with(lang, &[code.title(lang), detail])
        }
        other => other.says(lang),
    }
}

/// Which session it is about and what it declares, before anything is done.
#[component]
fn Look(entering: Entering, look: Result<ClosingLook, Trouble>) -> impl IntoView {
    let desk = Desk::here();
    let look = match look {
        Ok(look) => look,
        Err(trouble) => {
            return view! { <p class="bad" role="alert">{move || refused(&trouble, desk.lang())}</p> }
                .into_any();
        }
    };
    let declared = look.declared;
    let several = look.sessions.len() > 1;
    let none = look.sessions.is_empty();
    let known = look.typed.clone().filter(|_| is_done(&look));
    let again = known.is_some();
    let ready = Memo::new(move |_| entering.request().is_some() && !entering.errand.is_busy());
    view! {
        <div class="closing-look">
            <p class="closing-declares"><strong>{move || declares(declared, desk.lang())}</strong></p>
            {(none && !again).then(|| view! { <p class="quiet">{t(words::CLOSING_UNKNOWN)}</p> })}
            {several.then(|| view! { <p>{t(words::CLOSING_CHOOSE)}</p> })}
            <ul class="closing-sessions">
                {look.sessions.into_iter().map(|session| view! {
                    <Candidate entering=entering session=session several=several />
                }).collect_view()}
            </ul>
            {known.map(|item| view! { <p role="status">{t(words::CLOSING_AGAIN)}" "<Outcome item=item /></p> })}
            {(!again).then(|| view! {
                <p class="actions">
                    <button type="submit" class="primary" aria-disabled=move || (!ready.get()).to_string()>
                        {t(words::CLOSING_DO)}
                    </button>
                </p>
            })}
            <p class="bad" role="alert">{move || entering.errand.trouble().map(|trouble| refused(&trouble, desk.lang()))}</p>
        </div>
    }
    .into_any()
}

#[component]
fn Candidate(entering: Entering, session: ClosingSession, several: bool) -> impl IntoView {
    let id = session.id;
    let choose = several.then(|| {
        view! {
            <input
                type="radio"
                name="closing-session"
                prop:checked=move || entering.chosen.get() == Some(id)
                on:change=move |_| entering.chosen.set(Some(id))
            />
        }
    });
    view! { <li><label>{choose}<SessionLine session=session /></label></li> }
}

/// A session in one line, with the way to it.
#[component]
fn SessionLine(session: ClosingSession) -> impl IntoView {
    let desk = Desk::here();
    let (id, state) = (session.id, session.state);
    let href = move || desk.nav().place().to(Route::Session(id)).url();
    let org = session.org_name.clone();
    view! {
        <a href=href>{session.title}</a>
        <span class="quiet">" "{org}" · "{format::moment(session.starts_ms)}" "</span>
        <StateWord state=state />
    }
}

/// What was just recorded.
#[component]
fn Done(item: ClosingItem) -> impl IntoView {
    view! {
        <p class="note" role="status"><strong>{t(words::CLOSING_DONE)}</strong><Outcome item=item /></p>
    }
}

/// What became of a code, and for which session.
#[component]
fn Outcome(item: ClosingItem) -> impl IntoView {
    let desk = Desk::here();
    let told = item.told;
    view! {
        <span>{move || told.label(desk.lang())}</span>
        {item.session.map(|session| view! { <span><SessionLine session=session /></span> })}
    }
}

fn declares(declared: Declared, lang: Lang) -> String {
    let check_ins = count_says(declared.check_ins, CHECK_INS_TOP, lang);
    let responses = count_says(declared.responses, RESPONSES_TOP, lang);
    words::DECLARED_SAYS.with(lang, &[&check_ins, &responses])
}

#[component]
fn List(page: Arc<Page<ClosingItem>>) -> impl IntoView {
    view! {
        <Listing page=page none=(words::CLOSINGS_NONE, words::CLOSINGS_NONE_NEXT) row=|item| view! { <Row item=item /> }>
            <th scope="col">{t(words::COL_TYPED)}</th>
            <th scope="col">{t(words::CLOSINGS)}</th>
            <th scope="col">{t(words::SESSIONS)}</th>
            <th scope="col">{t(words::COL_DECLARED)}</th>
            <th scope="col">{t(words::COL_STATE)}</th>
            <th scope="col">{t(words::COL_TYPED_BY)}</th>
        </Listing>
    }
}

#[component]
fn Row(item: ClosingItem) -> impl IntoView {
    let desk = Desk::here();
    let (declared, told) = (item.declared, item.told);
    let session = match item.session {
        Some(session) => view! { <SessionLine session=session /> }.into_any(),
        None => view! { <span class="away">{t(words::CLOSING_NO_SESSION)}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="time">{format::moment(item.at_ms)}</td>
            <th scope="row" class="time" translate="no">{grouped(&item.code)}</th>
            <td class="wrap">{session}</td>
            <td>{move || declares(declared, desk.lang())}</td>
            <td class:warn=told == Told::Waiting>{move || told.label(desk.lang())}</td>
            <td>{item.name}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_checked_as_one_types() {
        let code = Closing { session: 0x99a_8057, declared: Declared { check_ins: 48, responses: 31 } };
        let text = code.code();
        let zh = |text: &str| says(text, Lang::Zh);
        assert_eq!(zh(" "), "12 位数字和字母，不分大小写");
        assert_eq!(zh(&text[..5]), format!("{} … 还差 7 位", grouped(&text[..5])));
        assert_eq!(bad(&text[..11]), None, "not whole yet is not wrong");
        assert_eq!(zh(&text), format!("{code}，核对无误"));
        assert_eq!(bad("7K3M#"), Some(Wrong::Character('#')), "at once, not at the end");
        let swapped: String = [&text[..2], &text[3..4], &text[2..3], &text[4..]].concat();
        assert_eq!(bad(&swapped), Some(Wrong::Check));
        assert_eq!(bad(&format!("{text}0")), Some(Wrong::Length(13)));
    }
}
