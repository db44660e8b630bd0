//! What a tap says, as facts to record. Pure: ids come from the caller.

use serde_json::Value;
use shared::attendance::{AttendanceRow, Method, Status};
use shared::change::{
    Body, CheckInBody, Headcount, Mark, MarkValue, PersonAdd, SessionClose, SessionSet, Void,
};
use shared::feedback::{Response, Via};
use shared::form::Form;
use shared::form::answer::Answers;
use shared::id::{CampaignId, ChangeId, OrgId, PersonId, SessionId};
use shared::person::Person;
use shared::phone::{Fact, SessionSafety};
use shared::session::{Activity, Declared, Field, State};
use shared::stamp::day_ms;
use std::collections::BTreeMap;

/// A fresh id for a change: UUIDv7, so that ids of one phone come in order of time.
#[must_use]
pub fn new_id() -> ChangeId {
    uuid::Uuid::now_v7().into()
}

/// A fresh id for a response: random, so that it tells nothing of when.
#[must_use]
pub fn new_response_id() -> ChangeId {
    uuid::Uuid::new_v4().into()
}

const fn fact(id: ChangeId, session: SessionId, body: Body) -> Fact {
    Fact { id, session: Some(session), after: None, body }
}

/// A person is here.
#[must_use]
pub const fn check_in(id: ChangeId, session: SessionId, person: PersonId) -> Fact {
    fact(id, session, Body::CheckIn(CheckInBody { person, method: Method::Tap, at_ms: None }))
}

/// Takes out what these changes said.
#[must_use]
pub fn void(id: ChangeId, session: SessionId, targets: Vec<ChangeId>) -> Fact {
    let after = targets.last().copied();
    Fact { after, ..fact(id, session, Body::Void(Void { targets, reason: None })) }
}

/// Takes out the check-ins that stand; none where there are none.
#[must_use]
pub fn undo(id: ChangeId, session: SessionId, row: &AttendanceRow) -> Option<Fact> {
    (!row.check_ins.is_empty()).then(|| void(id, session, row.check_ins.clone()))
}

/// Sets a person's status, or takes it away.
#[must_use]
pub const fn status(id: ChangeId, session: SessionId, person: PersonId, status: Option<Status>) -> Fact {
    fact(id, session, Body::Mark(Mark { person, what: MarkValue::Status(status) }))
}

/// Somebody who is on no roster, and is here: added and checked in as one recording.
#[must_use]
pub fn walk_in(ids: [ChangeId; 3], session: SessionId, person: Person, kind: &str) -> Vec<Fact> {
    let [add, here, note] = ids;
    let who = person.id;
    let mut facts = vec![
        fact(add, session, Body::PersonAdd(PersonAdd { person })),
        Fact { after: Some(add), ..check_in(here, session, who) },
    ];
    if !kind.is_empty() {
        let what = MarkValue::Note(Some(kind.to_owned()));
        facts.push(fact(note, session, Body::Mark(Mark { person: who, what })));
    }
    facts
}

/// The three fields of a new session, and what goes without saying.
#[must_use]
pub fn new_session(
    id: ChangeId,
    session: SessionId,
    title: &str,
    place: (OrgId, CampaignId),
    starts_ms: i64,
    now_ms: i64,
) -> Fact {
    let (org, campaign) = place;
    // What is for a later day is planned; what is for today is under way as soon as it is made.
    let later = day_ms(starts_ms) > day_ms(now_ms);
    let state = if later { State::Planned } else { State::Open };
    let set = BTreeMap::from([
        (Field::Org, Value::from(org.to_string())),
        (Field::Campaign, Value::from(campaign.to_string())),
        (Field::Activity, Value::from(Activity::Lecture.wire())),
        (Field::Title, Value::from(title.trim())),
        (Field::StartsMs, Value::from(starts_ms)),
        (Field::State, Value::from(state.wire())),
    ]);
    fact(id, session, Body::SessionSet(SessionSet { set }))
}

/// Sets one field of a session.
#[must_use]
pub fn set(id: ChangeId, session: SessionId, field: Field, value: Value) -> Fact {
    fact(id, session, Body::SessionSet(SessionSet { set: BTreeMap::from([(field, value)]) }))
}

/// How many people somebody counted.
#[must_use]
pub const fn headcount(id: ChangeId, session: SessionId, count: u32) -> Fact {
    fact(id, session, Body::Headcount(Headcount { count }))
}

/// Closes, and declares what this phone recorded itself.
#[must_use]
pub const fn close(id: ChangeId, session: SessionId, own: SessionSafety) -> Fact {
    let declared = Declared { check_ins: own.check_ins, responses: own.responses };
    fact(id, session, Body::SessionClose(SessionClose { declared }))
}

/// An anonymous response; nothing but what the form asks goes into it.
#[must_use]
pub const fn response(id: ChangeId, session: SessionId, form: &Form, kept: Answers, via: Via) -> Fact {
    let body = Response { form: form.id, version: form.version, answers: kept, via };
    fact(id, session, Body::Response(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::change::{Change, parse};
    use shared::form::answer::walk;
    use shared::form::default_form;

    const SESSION: SessionId = SessionId::from_u128(5);

    fn id(n: u128) -> ChangeId {
        ChangeId::from_u128(n)
    }

    /// Whatever a page makes must be a change that every server reads.
    fn readable(fact: Fact) -> Change {
        let change = Change {
            id: fact.id,
            seq: None,
            v: 1,
            session: fact.session,
            wall_ms: 0,
            offset_ms: 0,
            heard_ms: 0,
            after: fact.after,
            body: fact.body,
        };
        parse(&serde_json::to_value(&change).unwrap()).unwrap()
    }

    #[test]
    fn every_fact_is_well_formed() {
        let person = PersonId::from_u128(1);
        let org = OrgId::from_u128(2);
        let new = Person { id: person, name: "王芳".into(), org, staff_no: None, phone_tail: None };
        let mut all = walk_in([id(1), id(2), id(3)], SESSION, new, "来宾");
        assert_eq!(all.len(), 3);
        all.push(check_in(id(4), SESSION, person));
        all.push(void(id(5), SESSION, vec![id(4)]));
        all.push(status(id(6), SESSION, person, Some(Status::Excused)));
        all.push(new_session(id(7), SESSION, " 宣讲 ", (org, CampaignId::from_u128(1)), 1, 1));
        all.push(set(id(8), SESSION, Field::Note, Value::from("")));
        all.push(headcount(id(9), SESSION, 40));
        all.push(close(id(10), SESSION, SessionSafety::default()));
        for fact in all {
            readable(fact);
        }
    }

    #[test]
    fn a_session_of_a_later_day_is_planned() {
        let state = |starts_ms: i64| {
            let place = (OrgId::from_u128(2), CampaignId::from_u128(1));
            let Body::SessionSet(body) = new_session(id(1), SESSION, "t", place, starts_ms, 0).body else {
                panic!("a session_set")
            };
            body.set[&Field::State].clone()
        };
        assert_eq!(state(1), json!("open"));
        assert_eq!(state(2 * shared::stamp::DAY_MS), json!("planned"));
    }

    #[test]
    fn a_response_holds_answers_to_the_form_and_nothing_else() {
        let answers = json!({"understood": 5, "absorbed": 4, "usable": 3, "improve": "  ", "help": " 食堂 ",
                             "name": "somebody", "@form": "x 1"});
        let Value::Object(answers) = answers else { panic!("an object") };
        let kept = walk(&default_form(), &answers).kept;
        let fact = response(id(1), SESSION, &default_form(), kept, Via::Paper);
        let Body::Response(body) = readable(fact).body else { panic!("a response") };
        let expected = json!({"understood": 5, "absorbed": 4, "usable": 3, "help": "食堂"});
        assert_eq!(Value::Object(body.answers), expected);
    }
}
