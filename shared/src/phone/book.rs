//! What was pulled, read once: orgs, campaigns, forms, people and sessions.

use super::pull::{Scopes, read_rows};
use crate::campaign::Campaign;
use crate::form::Form;
use crate::id::{CampaignId, FormId, OrgId, PersonId, SessionId};
use crate::org::Org;
use crate::person::Person;
use crate::session::SessionRow;
use crate::wire::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// The pulled rows of all org scopes together.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Orgs of the grants and all below.
    pub orgs: BTreeMap<OrgId, Org>,
    /// Campaigns.
    pub campaigns: BTreeMap<CampaignId, Campaign>,
    /// Forms, the latest version of each last.
    pub forms: Vec<Form>,
    /// The rosters.
    pub people: BTreeMap<PersonId, Person>,
    /// Sessions, own unsent changes not in them.
    pub sessions: BTreeMap<SessionId, SessionRow>,
}

impl Book {
    pub(super) fn new(scopes: &Scopes) -> Self {
        let mut book = Self::default();
        for (_, rows) in scopes.all.iter().filter(|(scope, _)| matches!(scope, Scope::Org(_))) {
            book.orgs.extend(read_rows(rows, "org:").map(|org: Org| (org.id, org)));
            book.campaigns.extend(read_rows(rows, "campaign:").map(|c: Campaign| (c.id, c)));
            book.forms.extend(read_rows(rows, "form:"));
            book.people.extend(read_rows(rows, "person:").map(|p: Person| (p.id, p)));
            book.sessions.extend(read_rows(rows, "session:").map(|s: SessionRow| (s.id, s)));
        }
        book.forms.sort_by_key(|form: &Form| (form.id, form.version));
        book.forms.dedup_by_key(|form| (form.id, form.version));
        book
    }

    /// The org and all below it, as far as they were pulled.
    #[must_use]
    pub fn branch(&self, root: OrgId) -> BTreeSet<OrgId> {
        let mut all = BTreeSet::from([root]);
        loop {
            let below =
                |org: &&Org| org.parent.is_some_and(|parent| all.contains(&parent)) && !all.contains(&org.id);
            let more: Vec<OrgId> = self.orgs.values().filter(below).map(|org| org.id).collect();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    /// The orgs whose roster is expected at a session.
    #[must_use]
    pub fn audience(&self, session: &SessionRow) -> BTreeSet<OrgId> {
        if session.audience.is_empty() {
            return self.branch(session.org);
        }
        session.audience.iter().flat_map(|org| self.branch(*org)).collect()
    }

    /// The campaigns for which sessions are made.
    pub fn open_campaigns(&self) -> impl Iterator<Item = &Campaign> {
        self.campaigns.values().filter(|campaign| !campaign.closed)
    }

    /// The form that a new response is given on: the latest version of the one that the campaign names,
    /// else of the first one.
    #[must_use]
    pub fn form(&self, campaign: CampaignId) -> Option<&Form> {
        let named = self.campaigns.get(&campaign).and_then(|campaign| campaign.form);
        let latest = |id| self.forms.iter().rev().find(|form| form.id == id);
        named.and_then(latest).or_else(|| latest(self.forms.first()?.id))
    }

    /// This version of a form: what was begun on it is finished on it.
    #[must_use]
    pub fn version(&self, id: FormId, version: u32) -> Option<&Form> {
        self.forms.iter().find(|form| form.id == id && form.version == version)
    }
}
