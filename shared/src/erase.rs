//! A person is erased (docs/privacy.md): names and texts go, ids and counts stay. What a change, a state
//! or a row says of somebody, without a name or a text; the fold of such changes is such a state.

use crate::attendance::Attendance;
use crate::change::{Body, Change, Mark, MarkValue, Void};
use crate::person::Person;

/// What stands where the name was: one text for both languages, since it is stored.
pub const NAME: &str = "已删除 / erased";

impl Person {
    /// Id and org alone.
    #[must_use]
    pub fn erased(&self) -> Self {
        Self { id: self.id, name: NAME.to_owned(), org: self.org, staff_no: None, phone_tail: None }
    }
}

impl Attendance {
    /// Leaves check-ins and statuses, with nothing by which anybody could be known; says whether there
    /// was anything.
    pub fn erase(&mut self) -> bool {
        let before = self.clone();
        self.added.rewrite(Person::erased);
        self.note.rewrite(|_| None);
        *self != before
    }
}

impl Change {
    /// The change without a name or a text; none if it has neither, and for facts about a session
    /// itself.
    #[must_use]
    pub fn erased(&self) -> Option<Self> {
        let mut erased = self.clone();
        match &mut erased.body {
            Body::PersonAdd(add) => add.person = add.person.erased(),
            Body::Mark(Mark { what: MarkValue::Note(note), .. }) => *note = None,
            Body::Void(Void { reason, .. }) => *reason = None,
            _ => {}
        }
        (erased != *self).then_some(erased)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Memory;
    use crate::id::{ChangeId, OrgId, PersonId, ReplicaId, SessionId};
    use crate::merge::{Ledger, Stamped};
    use crate::session::Field;
    use serde_json::{Value, json};

    fn change(n: u128, kind: &str, body: &Value) -> Stamped {
        let id = ChangeId::from_u128(n);
        let value = json!({ "id": id, "seq": n, "v": 1, "kind": kind, "session": SessionId::from_u128(1),
            "wall_ms": n, "body": body });
        let change = crate::change::parse(&value).unwrap();
        let eff_ms = i64::try_from(n).unwrap();
        Stamped { change, eff_ms, suspect: false, replica: ReplicaId::from_u128(1) }
    }

    fn day() -> Vec<Stamped> {
        let org = OrgId::from_u128(2);
        let (who, other) = (PersonId::from_u128(3), PersonId::from_u128(4));
        let person = |id, name: &str| json!({ "person": { "id": id, "name": name, "org": org, "staff_no": "8", "phone_tail": "1234" } });
        let note = |text: &str| json!({ "person": who, "field": "note", "value": text });
        vec![
            change(
                1,
                "session_set",
                &json!({ "set": { Field::Org.wire(): org, "campaign": org, "activity": "lecture",
                "title": "讲", "starts_ms": 5 } }),
            ),
            change(2, "person_add", &person(who, "张三丰")),
            change(3, "person_add", &person(other, "李四光")),
            change(4, "check_in", &json!({ "person": who, "method": "tap" })),
            change(5, "mark", &note("张三丰的女儿替他签")),
            change(6, "mark", &note("更正")),
            change(7, "mark", &json!({ "person": who, "field": "status", "value": "late" })),
            change(8, "void", &json!({ "targets": [ChangeId::from_u128(6)], "reason": "张三丰要求" })),
            change(9, "check_in", &json!({ "person": other, "method": "tap" })),
        ]
    }

    #[test]
    fn what_is_left_names_nobody_and_counts_the_same() {
        let whole = day();
        let who = PersonId::from_u128(3);
        let concerns = |stamped: &Stamped| {
            crate::merge::person_of(&stamped.change.body) == Some(who)
                || matches!(stamped.change.body, Body::Void(_))
        };
        let mut left = whole.clone();
        for stamped in left.iter_mut().filter(|stamped| concerns(stamped)) {
            if let Some(erased) = stamped.change.erased() {
                stamped.change = erased;
            }
            assert_eq!(stamped.change.erased(), None, "once is enough");
            let value = serde_json::to_value(&stamped.change).unwrap();
            assert_eq!(crate::change::parse(&value).as_ref(), Ok(&stamped.change), "still a change");
        }
        let state = |changes: &[Stamped], id| {
            let mut memory = Memory::default();
            changes.iter().for_each(|stamped| memory.take(stamped));
            let Ok(state) = memory.attendance(SessionId::from_u128(1), id);
            state
        };
        let before = state(&whole, who);
        let mut erased = before.clone();
        assert!(erased.erase() && !erased.clone().erase());
        assert_eq!(state(&left, who), erased, "the fold of what is left is what is left of the fold");
        assert!(before.note.get().is_some() && before.present() && erased.present());
        let text = format!("{erased:?}");
        assert!(["张三丰", "更正", "\"8\"", "1234"].iter().all(|word| !text.contains(word)), "{text}");
        let other = PersonId::from_u128(4);
        assert_eq!(state(&left, other), state(&whole, other));
    }
}
