//! Bodies of changes, as the app makes them.

use super::city::CAMPAIGN;
use serde_json::{Map, json};
use shared::attendance::Method;
use shared::change::{Body, CheckInBody, Headcount, PersonAdd, SessionClose, SessionSet, Void};
use shared::feedback::{Response, Via};
use shared::form::DEFAULT_FORM;
use shared::id::{ChangeId, OrgId, PersonId};
use shared::person::Person;
use shared::session::{Declared, Field};
use std::collections::BTreeMap;

pub(crate) fn session(org: OrgId, title: &str, starts_ms: i64) -> Body {
    Body::SessionSet(SessionSet {
        set: BTreeMap::from([
            (Field::Org, json!(org)),
            (Field::Campaign, json!(CAMPAIGN)),
            (Field::Activity, json!("lecture")),
            (Field::Title, json!(title)),
            (Field::StartsMs, json!(starts_ms)),
        ]),
    })
}

pub(crate) fn check_in(person: PersonId) -> Body {
    Body::CheckIn(CheckInBody { person, method: Method::Tap, at_ms: None })
}

pub(crate) fn walk_in(id: PersonId, org: OrgId, name: &str) -> [Body; 2] {
    let person = Person { id, name: name.to_owned(), org, staff_no: None, phone_tail: None };
    [Body::PersonAdd(PersonAdd { person }), check_in(id)]
}

pub(crate) fn void(targets: &[ChangeId]) -> Body {
    Body::Void(Void { targets: targets.to_vec(), reason: None })
}

pub(crate) fn headcount(count: u32) -> Body {
    Body::Headcount(Headcount { count })
}

pub(crate) fn close(check_ins: u32, responses: u32) -> Body {
    Body::SessionClose(SessionClose { declared: Declared { check_ins, responses } })
}

pub(crate) fn response(mark: u8, help: &str) -> Body {
    let answers = Map::from_iter([
        ("understood".to_owned(), json!(mark)),
        ("absorbed".to_owned(), json!(mark)),
        ("usable".to_owned(), json!(mark)),
        ("help".to_owned(), json!(help)),
    ]);
    Body::Response(Response { form: DEFAULT_FORM, version: 1, answers, via: Via::Phone })
}
