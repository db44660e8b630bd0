//! Whether a change is permitted: by the grants of its account at the moment when it was made, on
//! the org of its session.

use super::log;
use crate::access::grant::{self, Grant, Role};
use crate::ledger::Sql;
use crate::person;
use rusqlite::Connection;
use shared::change::{Body, Change, Void};
use shared::id::{ChangeId, OrgId, PersonId, SessionId};
use shared::session::Field;
use std::collections::HashMap;

/// What becomes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It takes effect.
    Take,
    /// It waits for this session, and is judged when that exists.
    Wait(SessionId),
    /// Not permitted.
    Hold,
}

impl Verdict {
    const fn by(permitted: bool) -> Self {
        if permitted { Self::Take } else { Self::Hold }
    }
}

/// By whose right a change is judged, when it counts as made, and when it came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maker {
    pub(super) account_id: i64,
    /// Which grants give the right.
    pub(super) roles: &'static [Role],
    pub(super) eff_ms: i64,
    pub(super) recv_ms: i64,
}

/// Knows the grants of the accounts of one job.
pub(super) struct Judge<'c> {
    connection: &'c Connection,
    grants: HashMap<i64, Vec<Grant>>,
}

impl<'c> Judge<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, grants: HashMap::new() }
    }

    /// Judges a change.
    pub(super) fn judge(
        &mut self,
        ledger: &mut Sql<'_>,
        change: &Change,
        maker: Maker,
    ) -> rusqlite::Result<Verdict> {
        match (&change.body, change.session) {
            (Body::SessionSet(body), Some(session)) => {
                let to: Option<OrgId> = body
                    .set
                    .get(&Field::Org)
                    .and_then(|value| value.as_str())
                    .and_then(|text| text.parse().ok());
                self.session_set(ledger, session, to, maker)
            }
            (Body::SessionAlias(alias), _) => self.session_alias(ledger, alias.a, alias.b, maker),
            (Body::PersonAlias(alias), _) => self.persons(ledger, [alias.a, alias.b], maker),
            (Body::Void(void), None) => self.void(ledger, void, maker),
            (_, Some(session)) => self.fact(ledger, session, maker),
            (_, None) => Ok(Verdict::Hold),
        }
    }

    /// A fact about a session.
    fn fact(&mut self, ledger: &mut Sql<'_>, session: SessionId, maker: Maker) -> rusqlite::Result<Verdict> {
        let home = ledger.home(session)?;
        if !home.exists {
            return Ok(Verdict::Wait(session));
        }
        match home.org_id {
            Some(org_id) => self.may(ledger, org_id, maker).map(Verdict::by),
            None => Ok(Verdict::Hold),
        }
    }

    /// Where the session is, and where it goes: moving needs a right on both.
    fn session_set(
        &mut self,
        ledger: &mut Sql<'_>,
        session: SessionId,
        to: Option<OrgId>,
        maker: Maker,
    ) -> rusqlite::Result<Verdict> {
        let from = ledger.home(session)?.org_id;
        let to = match to {
            Some(org) => match crate::org::find(self.connection, org)? {
                Some(org_id) => Some(org_id),
                None => return Ok(Verdict::Hold),
            },
            None => None,
        };
        if from.is_none() && to.is_none() {
            return Ok(Verdict::Wait(session));
        }
        for org_id in [from, to.filter(|to| Some(*to) != from)].into_iter().flatten() {
            if !self.may(ledger, org_id, maker)? {
                return Ok(Verdict::Hold);
            }
        }
        Ok(Verdict::Take)
    }

    fn session_alias(
        &mut self,
        ledger: &mut Sql<'_>,
        a: SessionId,
        b: SessionId,
        maker: Maker,
    ) -> rusqlite::Result<Verdict> {
        for session in [a, b] {
            let verdict = self.fact(ledger, session, maker)?;
            if verdict != Verdict::Take {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Take)
    }

    /// Persons who are known: a person of a roster by its org, one added on the spot by any org
    /// whose session added it, or by the one it says to belong to. Of the unknown nothing is asked
    /// but that the account may record at all.
    fn persons(
        &mut self,
        ledger: &mut Sql<'_>,
        persons: [PersonId; 2],
        maker: Maker,
    ) -> rusqlite::Result<Verdict> {
        if !self.grants(maker.account_id)?.iter().any(|grant| permits(grant, maker)) {
            return Ok(Verdict::Hold);
        }
        for person in persons {
            let orgs = person::answerable(self.connection, person)?;
            let mut permitted = orgs.is_empty();
            for org_id in orgs {
                permitted = permitted || self.may(ledger, org_id, maker)?;
            }
            if !permitted {
                return Ok(Verdict::Hold);
            }
        }
        Ok(Verdict::Take)
    }

    /// A void of aliases is judged as they are; what it names and nobody knows yet is let through,
    /// as the void then acts on nothing else.
    fn void(&mut self, ledger: &mut Sql<'_>, void: &Void, maker: Maker) -> rusqlite::Result<Verdict> {
        for target in &void.targets {
            let verdict = self.target(ledger, *target, maker)?;
            if verdict == Verdict::Hold {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Take)
    }

    fn target(&mut self, ledger: &mut Sql<'_>, target: ChangeId, maker: Maker) -> rusqlite::Result<Verdict> {
        match log::load(self.connection, target)?.map(|change| change.body) {
            Some(Body::SessionAlias(alias)) => self.session_alias(ledger, alias.a, alias.b, maker),
            Some(Body::PersonAlias(alias)) => self.persons(ledger, [alias.a, alias.b], maker),
            _ => Ok(Verdict::Take),
        }
    }

    fn may(&mut self, ledger: &mut Sql<'_>, org_id: i64, maker: Maker) -> rusqlite::Result<bool> {
        self.any(ledger, maker.account_id, org_id, |grant| permits(grant, maker))
    }

    /// Whether the account has a grant to record in this org that passes the test.
    pub(super) fn any(
        &mut self,
        ledger: &mut Sql<'_>,
        account_id: i64,
        org_id: i64,
        passes: impl Fn(&Grant) -> bool,
    ) -> rusqlite::Result<bool> {
        let grants = self.grants(account_id)?;
        let line = ledger.line(org_id)?;
        let fits = |grant: &&Grant| line.contains(&grant.org_id) && Role::RECORDS.contains(&grant.role);
        Ok(grants.iter().filter(fits).any(passes))
    }

    fn grants(&mut self, account_id: i64) -> rusqlite::Result<&[Grant]> {
        if !self.grants.contains_key(&account_id) {
            self.grants.insert(account_id, grant::of(self.connection, account_id)?);
        }
        Ok(self.grants.get(&account_id).map_or(&[], Vec::as_slice))
    }
}

fn permits(grant: &Grant, maker: Maker) -> bool {
    maker.roles.contains(&grant.role) && grant.valid_at(maker.eff_ms) && grant.in_time(maker.recv_ms)
}
