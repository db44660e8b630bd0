//! Exhibits of the museum (`crate::museum`) that need more than a line where they are planted.
//! No product reaches any of this.

use super::outbox::Outbox;
use super::push::Flying;
use super::receipt::{Receipt, Told, told};
use super::store::{Table, Write};
use super::{Effect, Phone};
use crate::change::Body;
use crate::id::{ChangeId, Epoch, SessionId};
use crate::museum::{Defect, planted};
use crate::session::Field;
use serde_json::Value;
use std::collections::BTreeMap;

impl Phone {
    /// Deletes the changes that are under way: no product does.
    pub(super) fn give_up(&mut self, effects: &mut Vec<Effect>) {
        let ids: Vec<ChangeId> = self.flying_ids().collect();
        let mut writes = Vec::new();
        for id in ids {
            self.forget_waiting(id);
            writes.push(Write::delete(Table::Outbox, id.to_string()));
            writes.push(Write::delete(Table::Responses, id.to_string()));
        }
        self.memo(writes, effects);
    }

    /// An exhibit of the museum: with one field the whole record as this phone knows it.
    pub(super) fn whole_record(&self, mut body: Body, session: Option<SessionId>) -> Body {
        if planted(Defect::WholeRecord)
            && let (Body::SessionSet(set), Some(session)) = (&mut body, session)
            && let Some(known) = self.sessions().into_iter().find(|known| known.id == session)
            && let Ok(Value::Object(fields)) = serde_json::to_value(&known)
        {
            for (name, value) in fields {
                if let Some(field) = Field::from_wire(&name).filter(|field| field.takes(&value)) {
                    set.set.entry(field).or_insert(value);
                }
            }
        }
        body
    }

    /// An exhibit of the museum: nothing waits any more.
    pub(super) fn empty(&mut self, effects: &mut Vec<Effect>) {
        self.outbox = Outbox::default();
        self.memo(vec![Write::DeletePrefix { table: Table::Outbox, prefix: String::new() }], effects);
    }
}

impl Receipt {
    /// What an answer is taken for that is none.
    pub(super) fn of_everything(flying: &Flying, epoch: Option<Epoch>) -> Self {
        let result = |(id, _): &(ChangeId, Value)| serde_json::json!({ "id": id, "st": "ok", "seq": 0 });
        Self {
            batch: flying.batch,
            epoch: epoch.unwrap_or_else(|| Epoch::from_bytes([0; 16])),
            server_ms: 0,
            durable_seq: 0,
            milestone: None,
            behind: false,
            seq: 0,
            have: None,
            rotate_replica: false,
            results: flying.sent.iter().map(result).collect(),
        }
    }
}

/// Exhibits of the museum: receipts that are read wrongly.
pub(super) fn spoil(flying: &Flying, receipt: &Receipt, results: &mut BTreeMap<ChangeId, Told>) {
    if planted(Defect::ReceiptByPosition) {
        let of = |(n, (id, _)): (usize, &(ChangeId, Value))| {
            let (_, told) = told(receipt.results.get(n)?)?;
            Some((*id, told))
        };
        *results = flying.sent.iter().enumerate().filter_map(of).collect();
    }
    if planted(Defect::MaxSeqWatermark) {
        let here = |(id, _): &&(ChangeId, Value)| matches!(results.get(id), Some(Told::Here(_)));
        let last = flying.sent.iter().rposition(|sent| here(&sent));
        for (id, _) in flying.sent.iter().take(last.map_or(0, |last| last + 1)) {
            results.entry(*id).and_modify(|told| *told = Told::Here(0)).or_insert(Told::Here(0));
        }
    }
}
