//! What stands around every page: name, pages, switches, who is logged in.

use super::accounts::AccountsPage;
use super::api;
use super::audit::AuditPage;
use super::campaigns::CampaignsPage;
use super::closing::ClosingsPage;
use super::coverage::CoveragePage;
use super::devices::DevicesPage;
use super::errand::Errand;
use super::exports::ExportsPage;
use super::form_builder::FormPage;
use super::forms::FormsPage;
use super::held::HeldPage;
use super::import::{ImportPage, Target};
use super::invite::InvitationsPage;
use super::load::Load;
use super::me::MePage;
use super::nav::PAGE;
use super::prefs::{self, THEMES};
use super::roster::RosterPage;
use super::route::Route;
use super::session::SessionPage;
use super::session_list::SessionsPage;
use super::settings::SettingsPage;
use super::tree::Tree;
use super::words::{self, t};
use super::{Desk, Who};
use crate::prefs::Theme;
use crate::view::prelude::*;
use shared::campaign::Campaign;
use shared::import::ImportRights;
use shared::org::Org;
use shared::sight::May;
use shared::text::{Lang, Msg};
use shared::wire::LoginAnswer;
use std::sync::Arc;

/// What the pages know of the city before they ask for figures.
#[derive(Debug, Clone, Copy)]
pub struct City {
    /// Every org that the login may see.
    pub tree: Memo<Arc<Tree>>,
    /// Every campaign.
    pub campaigns: Load<Vec<Campaign>>,
    /// What the login may import.
    pub rights: Load<ImportRights>,
    orgs: Load<Vec<Org>>,
}

impl City {
    /// The city of the login.
    #[must_use]
    pub fn here() -> Self {
        expect_context()
    }

    fn begin() -> Self {
        // Who only speaks at sessions has no orgs to choose from.
        let figures = Desk::here().may(May::Figures);
        let orgs =
            Load::<Vec<Org>>::whole_once(
                move || {
                    if figures { "/api/v1/orgs".to_owned() } else { String::new() }
                },
            );
        let campaigns = Load::whole_once(|| "/api/v1/campaigns".to_owned());
        let all = Memo::new(move |_| orgs.get().map(|orgs| orgs.to_vec()).unwrap_or_default());
        let tree = Memo::new_with_compare(
            move |_| Arc::new(all.with(|all| Tree::new(all.clone()))),
            |before, after| !before.zip(after).is_some_and(|(a, b)| Arc::ptr_eq(a, b)),
        );
        let rights = Load::once(|| "/api/v1/imports".to_owned());
        Self { tree, campaigns, rights, orgs }
    }

    /// Reads the tree again: it was changed from here.
    pub fn tree_changed(self) {
        self.orgs.retry();
    }

    /// The title of a campaign, once it is known.
    #[must_use]
    pub fn campaign_title(self, id: shared::id::CampaignId) -> Option<String> {
        let campaigns = self.campaigns.get()?;
        campaigns.iter().find(|known| known.id == id).map(|known| known.title.clone())
    }
}

/// The frame and the page in it.
#[component]
pub fn Shell(
    /// Who is logged in.
    answer: Arc<LoginAnswer>,
) -> impl IntoView {
    let desk = Desk::here();
    provide_context(City::begin());
    let route = desk.nav().part(|place| place.route);
    if !desk.may(May::Figures) && desk.may(May::Sessions) {
        // The overview is not theirs: they begin with their sessions.
        Effect::new(move |_| {
            if route.get() == Route::Overview {
                desk.nav().look(&desk.nav().here().to(Route::Sessions));
            }
        });
    }
    view! {
        <a class="skip" href="#content">{t(words::SKIP)}</a>
        <Head answer=answer />
        <main id=PAGE class="page" tabindex="-1">
            {move || match route.get() {
                Route::Overview => view! { <CoveragePage /> }.into_any(),
                Route::Sessions => view! { <SessionsPage /> }.into_any(),
                Route::Session(id) => view! { <SessionPage id=id /> }.into_any(),
                Route::Held => view! { <HeldPage /> }.into_any(),
                Route::Closings => view! { <ClosingsPage /> }.into_any(),
                Route::Exports => view! { <ExportsPage /> }.into_any(),
                Route::Devices => view! { <DevicesPage /> }.into_any(),
                Route::Roster => view! { <RosterPage /> }.into_any(),
                Route::ImportRoster => view! { <ImportPage target=Target::Roster /> }.into_any(),
                Route::ImportOrgs => view! { <ImportPage target=Target::Orgs /> }.into_any(),
                Route::Audit => view! { <AuditPage /> }.into_any(),
                Route::Accounts => view! { <AccountsPage /> }.into_any(),
                Route::Invitations => view! { <InvitationsPage /> }.into_any(),
                Route::Settings => view! { <SettingsPage /> }.into_any(),
                Route::Campaigns => view! { <CampaignsPage /> }.into_any(),
                Route::Forms => view! { <FormsPage /> }.into_any(),
                Route::Form(edit) => view! { <FormPage edit=edit /> }.into_any(),
                Route::Me => view! { <MePage /> }.into_any(),
                Route::Unknown => view! { <NoPage /> }.into_any(),
            }}
        </main>
    }
}

#[component]
fn Head(answer: Arc<LoginAnswer>) -> impl IntoView {
    let name = answer.account.name.clone();
    let login = answer.account.login.clone();
    let desk = Desk::here();
    let link =
        move |may: May, to: Route, text: Msg| desk.may(may).then(|| view! { <MenuLink to=to text=text /> });
    view! {
        <header class="head">
            <a class="head-name" href="/desk"><span class="brand">{t(words::BRAND)}</span>" "{t(words::DESK)}</a>
            <nav class="menu" aria-label=t(words::MENU)>
                {link(May::Figures, Route::Overview, words::OVERVIEW)}
                {link(May::Sessions, Route::Sessions, words::SESSIONS)}
                {link(May::Figures, Route::Exports, words::EXPORTS)}
                {link(May::Manage, Route::Held, words::HELD)}
                {link(May::Record, Route::Closings, words::CLOSINGS)}
                {link(May::Manage, Route::Devices, words::DEVICES)}
                {link(May::Manage, Route::Roster, words::ROSTERS)}
                {link(May::Manage, Route::Accounts, words::ACCOUNTS)}
                {link(May::Audit, Route::Campaigns, words::CAMPAIGNS)}
                {link(May::Audit, Route::Forms, words::FORMS)}
                {link(May::Audit, Route::Audit, words::AUDIT)}
                {link(May::Audit, Route::Settings, words::SETTINGS)}
            </nav>
            <div class="head-end">
                <ThemeSwitch />
                <LanguageSwitch />
                <a class="head-who" href="/desk/me" title=login>{name}</a>
                <SignOut />
            </div>
        </header>
    }
}

#[component]
fn MenuLink(to: Route, text: Msg) -> impl IntoView {
    let nav = Desk::here().nav();
    let current = move || match nav.place().route {
        // One session belongs to the list of sessions.
        Route::Session(_) if to == Route::Sessions => Some("true"),
        Route::Invitations if to == Route::Accounts => Some("true"),
        Route::Form(_) if to == Route::Forms => Some("true"),
        Route::ImportRoster | Route::ImportOrgs if to == Route::Roster => Some("true"),
        here if here == to => Some("page"),
        _ => None,
    };
    view! { <a href=move || nav.place().to(to).url() aria-current=current>{t(text)}</a> }
}

/// A login that is over already has been signed out of.
async fn signed_out() -> Result<(), api::Trouble> {
    match api::log_out().await {
        Err(trouble) if trouble.is_login_over() => Ok(()),
        outcome => outcome,
    }
}

/// Ends the login, and says where it did not.
#[component]
pub fn SignOut() -> impl IntoView {
    let desk = Desk::here();
    let errand = Errand::begin();
    // Saying "signed out" while the cookie lives on would be a lie at a shared desk.
    let leave = move |_| errand.run(signed_out(), move |()| desk.who.set(Who::Nobody(false)));
    view! {
        <button type="button" on:click=leave>{t(words::SIGN_OUT)}</button>
        <span role="alert" class="bad">{move || errand.trouble().map(|trouble| {
            words::SIGN_OUT_FAILED.with(desk.lang(), &[&trouble.says(desk.lang())])
        })}</span>
    }
}

/// One tap to the other language.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let desk = Desk::here();
    let lang = desk.prefs.lang;
    view! {
        // The other language is named in itself: who cannot read this one must find it.
        <button
            type="button"
            lang=move || lang.get().pick(Lang::En, Lang::Zh).tag()
            on:click=move |_| lang.update(|lang| *lang = lang.pick(Lang::En, Lang::Zh))
        >
            {t(words::OTHER_LANGUAGE)}
        </button>
    }
}

/// Light, dark, or as the system.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let theme = Desk::here().prefs.theme;
    let label = |theme: Theme| match theme {
        Theme::System => words::THEME_SYSTEM,
        Theme::Light => words::THEME_LIGHT,
        Theme::Dark => words::THEME_DARK,
    };
    let choose = move |word: String| {
        theme.set(
            THEMES.into_iter().find(|(_, known)| *known == word).map(|(theme, _)| theme).unwrap_or_default(),
        );
    };
    view! {
        <select
            aria-label=t(words::THEME)
            title=t(words::THEME)
            prop:value=move || prefs::word(theme.get())
            on:change=move |event| choose(event_target_value(&event))
        >
            {THEMES.map(|(known, word)| view! {
                <option value=word selected=theme.get_untracked() == known>{t(label(known))}</option>
            }).collect_view()}
        </select>
    }
}

/// Titles the window after a page of this name.
pub fn titled(name: Msg) {
    let desk = Desk::here();
    Effect::new(move |_| document().set_title(&title(&[name.get(desk.lang())], desk.lang())));
}

/// The title of the window: what is looked at, then the product.
#[must_use]
pub fn title(parts: &[&str], lang: Lang) -> String {
    let parts = parts.iter().copied().chain([words::APP.get(lang)]);
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[component]
fn NoPage() -> impl IntoView {
    view! {
        <div class="empty">
            <h1>{t(words::NO_PAGE)}</h1>
            <p>{t(words::NO_PAGE_NEXT)}</p>
            <p><a href="/desk">{t(words::TO_OVERVIEW)}</a></p>
        </div>
    }
}
