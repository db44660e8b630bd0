//! Every address of the desk, as a type: what is not here is not a page.

use super::day::Day;
use super::query::{Writer, pairs};
use super::sort::Sort;
use shared::audit::Act;
use shared::id::{CampaignId, FormId, SessionId};
use shared::session::Activity;

/// What the builder of forms begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Nothing.
    New,
    /// A form, to bring out its next version.
    Of(FormId),
    /// What a form asks, to bring out another one.
    Copy(FormId),
}

/// The page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    /// 总览, `/desk`
    #[default]
    Overview,
    /// 场次, `/desk/sessions`
    Sessions,
    /// One session, `/desk/sessions/<id>`
    Session(SessionId),
    /// 待处理, `/desk/held`
    Held,
    /// 结束码, `/desk/closings`
    Closings,
    /// 报送与导出, `/desk/exports`
    Exports,
    /// 设备, `/desk/devices`
    Devices,
    /// 组织与花名册, `/desk/roster`
    Roster,
    /// 导入花名册, `/desk/roster/import`
    ImportRoster,
    /// 导入组织, `/desk/orgs/import`
    ImportOrgs,
    /// 审计, `/desk/audit`
    Audit,
    /// 账号, `/desk/accounts`
    Accounts,
    /// 邀请, `/desk/invitations`
    Invitations,
    /// 设置, `/desk/settings`
    Settings,
    /// 专题活动, `/desk/campaigns`
    Campaigns,
    /// 表单, `/desk/forms`
    Forms,
    /// One form, `/desk/forms/<id>`
    Form(Edit),
    /// 我的账号, `/desk/me`
    Me,
    /// No page of this version.
    Unknown,
}

impl Route {
    fn parse(path: &str) -> Self {
        let rest = path.strip_prefix("/desk").unwrap_or(path);
        let mut parts = rest.split('/').filter(|part| !part.is_empty());
        match (parts.next(), parts.next(), parts.next()) {
            (None, _, _) => Self::Overview,
            (Some("sessions"), None, _) => Self::Sessions,
            (Some("sessions"), Some(id), None) => id.parse().map_or(Self::Unknown, Self::Session),
            (Some("held"), None, _) => Self::Held,
            (Some("closings"), None, _) => Self::Closings,
            (Some("exports"), None, _) => Self::Exports,
            (Some("devices"), None, _) => Self::Devices,
            (Some("roster"), None, _) => Self::Roster,
            (Some("roster"), Some("import"), None) => Self::ImportRoster,
            (Some("orgs"), Some("import"), None) => Self::ImportOrgs,
            (Some("audit"), None, _) => Self::Audit,
            (Some("accounts"), None, _) => Self::Accounts,
            (Some("invitations"), None, _) => Self::Invitations,
            (Some("settings"), None, _) => Self::Settings,
            (Some("campaigns"), None, _) => Self::Campaigns,
            (Some("forms"), None, _) => Self::Forms,
            (Some("forms"), Some("new"), None) => Self::Form(Edit::New),
            (Some("forms"), Some(id), None) => {
                id.parse().map_or(Self::Unknown, |id| Self::Form(Edit::Of(id)))
            }
            (Some("forms"), Some(id), Some("copy")) => {
                id.parse().map_or(Self::Unknown, |id| Self::Form(Edit::Copy(id)))
            }
            (Some("me"), None, _) => Self::Me,
            _ => Self::Unknown,
        }
    }

    /// Its address, looked at as usual.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Self::Campaigns => "/desk/campaigns".to_owned(),
            Self::Forms => "/desk/forms".to_owned(),
            Self::Form(Edit::New) => "/desk/forms/new".to_owned(),
            Self::Form(Edit::Of(id)) => format!("/desk/forms/{id}"),
            Self::Form(Edit::Copy(id)) => format!("/desk/forms/{id}/copy"),
            Self::Overview | Self::Unknown => "/desk".to_owned(),
            Self::Sessions => "/desk/sessions".to_owned(),
            Self::Session(id) => format!("/desk/sessions/{id}"),
            Self::Held => "/desk/held".to_owned(),
            Self::Closings => "/desk/closings".to_owned(),
            Self::Exports => "/desk/exports".to_owned(),
            Self::Devices => "/desk/devices".to_owned(),
            Self::Roster => "/desk/roster".to_owned(),
            Self::ImportRoster => "/desk/roster/import".to_owned(),
            Self::ImportOrgs => "/desk/orgs/import".to_owned(),
            Self::Audit => "/desk/audit".to_owned(),
            Self::Accounts => "/desk/accounts".to_owned(),
            Self::Invitations => "/desk/invitations".to_owned(),
            Self::Settings => "/desk/settings".to_owned(),
            Self::Me => "/desk/me".to_owned(),
        }
    }
}

/// What figures and lists are about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Code of the org whose branch is asked for; none for all that the login may see.
    pub org: Option<String>,
    /// Only this campaign.
    pub campaign: Option<CampaignId>,
    /// Only this kind of event.
    pub activity: Option<Activity>,
    /// From this day on.
    pub from: Option<Day>,
    /// Up to and with this day.
    pub to: Option<Day>,
}

impl Filter {
    /// The filter as the server reads it.
    pub fn ask(&self, out: &mut Writer) {
        out.add_some("org", self.org.as_ref());
        out.add_some("campaign", self.campaign.as_ref());
        out.add_some("activity", self.activity.map(Activity::wire).as_ref());
        out.add_some("from_ms", self.from.map(Day::start_ms).as_ref());
        out.add_some("to_ms", self.to.map(Day::end_ms).as_ref());
    }

    /// Whether anything besides the org is narrowed.
    #[must_use]
    pub fn narrowed(&self) -> bool {
        self.campaign.is_some() || self.activity.is_some() || self.from.is_some() || self.to.is_some()
    }
}

/// Which people of a roster are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Everyone.
    #[default]
    All,
    /// Those who came.
    Present,
    /// Those who did not.
    Missing,
}

/// Sizes of a page that are offered.
pub const SIZES: [u64; 3] = [20, 50, 100];

/// Where the reader is: a page and how it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The page.
    pub route: Route,
    /// What it is about.
    pub filter: Filter,
    /// Page of a list, from 1.
    pub page: u64,
    /// Lines a page, one of [`SIZES`].
    pub size: u64,
    /// Order of the table of the overview.
    pub sort: Sort,
    /// People of the roster that are shown.
    pub show: Show,
    /// What is searched for in the roster; whose audit.
    pub search: String,
    /// What the audit is asked for.
    pub act: Option<Act>,
    /// What is held and decided already, instead of what is open.
    pub decided: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            route: Route::default(),
            filter: Filter::default(),
            page: 1,
            size: SIZES[0],
            sort: Sort::default(),
            show: Show::default(),
            search: String::new(),
            act: None,
            decided: false,
        }
    }
}

impl Place {
    /// The place that an address names. What is not understood is passed over.
    #[must_use]
    pub fn parse(path: &str, query: &str) -> Self {
        let mut place = Self { route: Route::parse(path), ..Self::default() };
        for (key, value) in pairs(query) {
            match key.as_str() {
                "org" => place.filter.org = Some(value).filter(|code| !code.is_empty()),
                "campaign" => place.filter.campaign = value.parse().ok(),
                "activity" => place.filter.activity = Activity::from_wire(&value),
                "from" => place.filter.from = value.parse().ok(),
                "to" => place.filter.to = value.parse().ok(),
                "page" => place.page = value.parse().unwrap_or(1).max(1),
                "size" => place.size = value.parse().ok().filter(|n| SIZES.contains(n)).unwrap_or(SIZES[0]),
                "sort" => place.sort = Sort::parse(&value),
                "show" => place.show = Show::parse(&value),
                "q" => place.search = value,
                "act" => place.act = Act::from_wire(&value),
                "state" => place.decided = value == "decided",
                _ => {}
            }
        }
        place
    }

    /// Its address. What is as usual is left out.
    #[must_use]
    pub fn url(&self) -> String {
        let mut out = Writer::default();
        let filter = &self.filter;
        out.add_some("org", filter.org.as_ref());
        out.add_some("campaign", filter.campaign.as_ref());
        out.add_some("activity", filter.activity.map(Activity::wire).as_ref());
        out.add_some("from", filter.from.as_ref());
        out.add_some("to", filter.to.as_ref());
        let usual = Self::default();
        out.add_some("sort", (self.sort != usual.sort).then(|| self.sort.text()).as_ref());
        out.add_some("show", self.show.word().as_ref());
        out.add_some("q", Some(&self.search).filter(|text| !text.is_empty()));
        out.add_some("state", self.decided.then_some("decided").as_ref());
        out.add_some("act", self.act.map(Act::wire).as_ref());
        out.add_some("size", Some(&self.size).filter(|n| **n != usual.size));
        out.add_some("page", Some(&self.page).filter(|n| **n != usual.page));
        out.after(&self.route.path())
    }

    /// Another page about the same, looked at as usual.
    #[must_use]
    pub fn to(&self, route: Route) -> Self {
        Self { route, filter: self.filter.clone(), ..Self::default() }
    }

    /// The same page about something else, from its first line.
    #[must_use]
    pub fn about(&self, filter: Filter) -> Self {
        Self { filter, page: 1, ..self.clone() }
    }

    /// The same page about another branch.
    #[must_use]
    pub fn of_org(&self, code: &str) -> Self {
        self.about(Filter { org: Some(code.to_owned()), ..self.filter.clone() })
    }

    /// Another line to begin with.
    #[must_use]
    pub fn at_page(&self, page: u64) -> Self {
        Self { page: page.max(1), ..self.clone() }
    }
}

impl Show {
    /// Every choice in the order of the screen.
    pub const ALL: [Self; 3] = [Self::All, Self::Present, Self::Missing];

    fn word(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Present => Some("present"),
            Self::Missing => Some("missing"),
        }
    }

    fn parse(word: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.word() == Some(word)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::sort::Column;

    const FORM: &str = "/desk/forms/01980000-0000-7000-8000-000000000001";
    const FORM_COPY: &str = "/desk/forms/01980000-0000-7000-8000-000000000001/copy";
    const SESSION: &str = "/desk/sessions/01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn every_page_has_one_address() {
        let lists = ["/desk/held", "/desk/closings", "/desk/devices", "/desk/audit", "/desk/accounts"];
        let own = ["/desk/invitations", "/desk/settings", "/desk/me", "/desk/campaigns", "/desk/exports"];
        let forms = ["/desk/forms", "/desk/forms/new", FORM, FORM_COPY];
        let imports = ["/desk/roster", "/desk/roster/import", "/desk/orgs/import"];
        for path in ["/desk", "/desk/sessions", SESSION]
            .into_iter()
            .chain(lists)
            .chain(own)
            .chain(imports)
            .chain(forms)
        {
            let place = Place::parse(path, "");
            assert_ne!(place.route, Route::Unknown, "{path}");
            assert_eq!(place.url(), path);
        }
        assert_eq!(Place::parse("/desk/", "").route, Route::Overview);
        for path in
            ["/desk/none", "/desk/sessions/12", "/desk/held/x", "/desk/devices/x", "/desk/sessions/a/b"]
        {
            assert_eq!(Place::parse(path, "").route, Route::Unknown, "{path}");
        }
    }

    #[test]
    fn how_it_is_looked_at_survives_a_reload() {
        let query = "org=130302&campaign=01980000-0000-7000-8000-000000000002&activity=lecture\
                     &from=2025-11-01&to=2025-11-30&sort=-rate&show=missing&q=%E5%BC%A0&size=50&page=3";
        let place = Place::parse("/desk/sessions", query);
        assert_eq!(place.filter.org.as_deref(), Some("130302"));
        assert_eq!(place.filter.activity, Some(Activity::Lecture));
        assert_eq!(place.sort, Sort { column: Column::Rate, falling: true });
        assert_eq!((place.page, place.size, place.show), (3, 50, Show::Missing));
        assert_eq!(place.search, "张");
        assert_eq!(place.url(), format!("/desk/sessions?{query}"));
        assert_eq!(Place::parse("/desk", "org=&page=0&size=7&from=x&show=?&sort=?"), Place::default());
    }

    #[test]
    fn the_audit_is_asked_by_its_address() {
        let url = "/desk/audit?from=2025-11-22&q=zhang&act=login_refused&page=2";
        let place = Place::parse("/desk/audit", url.split_once('?').unwrap().1);
        assert_eq!((place.act, place.search.as_str()), (Some(Act::LoginRefused), "zhang"));
        assert_eq!(place.url(), url);
        assert_eq!(Place::parse("/desk/audit", "act=of_another_version").act, None);
        assert_eq!(Place::parse("/desk/held", "state=decided").url(), "/desk/held?state=decided");
        assert_eq!(Place::parse("/desk/held", "state=open").url(), "/desk/held");
    }

    #[test]
    fn the_last_day_is_asked_for_as_a_whole() {
        let place = Place::parse("/desk", "from=2025-11-22&to=2025-11-22");
        let mut out = Writer::default();
        place.filter.ask(&mut out);
        assert_eq!(out.after("c"), "c?from_ms=1763740800000&to_ms=1763827200000");
    }

    #[test]
    fn another_page_keeps_what_it_is_about() {
        let place = Place::parse("/desk/sessions", "org=1&page=4&q=x");
        assert_eq!(place.to(Route::Overview).url(), "/desk?org=1");
        assert_eq!(place.of_org("2").url(), "/desk/sessions?org=2&q=x");
    }
}
