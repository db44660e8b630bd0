//! The envelope of a change, and what each kind carries.

use crate::attendance::{Method, Status};
use crate::feedback::Response;
use crate::id::{ChangeId, PersonId, SessionId};
use crate::person::Person;
use crate::session::{COUNT_MAX, Declared, Field, NOTE_MAX_CHARS, TIME_MAX_MS};
use crate::stamp::{Claim, day_ms};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version of every kind's body that this build writes, and the only one it reads.
pub const BODY_VERSION: u32 = 1;
/// A phone refuses to make a change longer than this, in bytes of JSON.
pub const CHANGE_MAX_BYTES: usize = 16 * 1024;
/// A server holds a change longer than this as unparseable.
pub const CHANGE_TAKEN_BYTES: usize = 64 * 1024;

/// One immutable fact made on a phone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// UUIDv7 made on the phone (v4 for a response); alone the identity.
    pub id: ChangeId,
    /// 1, 2, 3 … inside a replica; none for a response.
    pub seq: Option<u64>,
    /// The version of the body.
    pub v: u32,
    /// The session it is about; none for aliases and voids of aliases.
    pub session: Option<SessionId>,
    /// The phone's clock, ms (of a response: the start of its day).
    pub wall_ms: i64,
    /// Server time less phone time, ms.
    pub offset_ms: i64,
    /// The latest server time known when it was made, ms.
    pub heard_ms: i64,
    /// A change that it followed.
    pub after: Option<ChangeId>,
    /// `kind` and `body`.
    #[serde(flatten)]
    pub body: Body,
}

/// What a change says, by kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Body {
    /// Creates a session or sets some of its fields.
    SessionSet(SessionSet),
    /// Two sessions are one, recorded twice.
    SessionAlias(Alias<SessionId>),
    /// Adds a walk-in to the session.
    PersonAdd(PersonAdd),
    /// Two persons are one.
    PersonAlias(Alias<PersonId>),
    /// A person is here.
    CheckIn(CheckInBody),
    /// Takes out the changes it names.
    Void(Void),
    /// Sets a person's status or note.
    Mark(Mark),
    /// How many people somebody counted.
    Headcount(Headcount),
    /// An anonymous answer.
    Response(Response),
    /// Closes the session and declares what this replica recorded.
    SessionClose(SessionClose),
    /// Names an attachment.
    Photo(Photo),
}

/// Body of `session_set`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionSet {
    /// Field → value; each value is one that the field takes.
    pub set: BTreeMap<Field, Value>,
}

/// Body of the two aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias<T> {
    /// One of the two.
    pub a: T,
    /// The other; the smaller id stands.
    pub b: T,
}

/// Body of `person_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonAdd {
    /// Who was added; the id is made on the phone.
    pub person: Person,
}

/// Body of `check_in`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInBody {
    /// Who is here.
    pub person: PersonId,
    /// How it was recorded.
    pub method: Method,
    /// When the person came, where it was not now, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

/// Body of `void`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// The changes that are taken out.
    pub targets: Vec<ChangeId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Body of `mark`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// Whom it is about.
    pub person: PersonId,
    /// What is set.
    #[serde(flatten)]
    pub what: MarkValue,
}

/// The field that a mark sets, with its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", content = "value", rename_all = "snake_case")]
pub enum MarkValue {
    /// Excused, absent, late, or none.
    Status(Option<Status>),
    /// A free note, or none.
    Note(Option<String>),
}

/// Body of `headcount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headcount {
    /// How many.
    pub count: u32,
}

/// Body of `session_close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClose {
    /// What this replica recorded itself.
    pub declared: Declared,
}

/// Body of `photo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// SHA-256 of the bytes, 64 hex digits.
    pub sha256: String,
    /// Their length.
    pub len: u64,
    /// Their type.
    pub mime: String,
    /// What it shows.
    #[serde(rename = "use")]
    pub shows: PhotoUse,
    /// A line beneath it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
}

/// What a photo shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoUse {
    /// The scene.
    Scene,
    /// A signed sheet.
    Sheet,
}

/// Why a change is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldCode {
    /// Not a change of a known kind and version.
    Unparseable,
    /// A kind that this server does not know yet.
    UnknownKind,
    /// A version of the body that this server does not know yet.
    UnknownVersion,
    /// The account had no right to it when it was made.
    NotPermitted,
    /// The id is known with other content.
    IdClash,
}

impl HeldCode {
    /// The word on the wire.
    #[must_use]
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Unparseable => "unparseable",
            Self::UnknownKind => "unknown_kind",
            Self::UnknownVersion => "unknown_version",
            Self::NotPermitted => "not_permitted",
            Self::IdClash => "id_clash",
        }
    }

    /// The reason in words.
    #[must_use]
    pub const fn says(self, lang: crate::text::Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Unparseable => ("内容无法识别", "The content could not be read"),
            Self::UnknownKind => {
                ("服务器版本较旧，还不认识这种记录", "The server does not know this kind of record yet")
            }
            Self::UnknownVersion => {
                ("服务器版本较旧，还不认识这个格式", "The server does not know this format yet")
            }
            Self::NotPermitted => {
                ("记录时没有这个工会组织的授权", "No right for this organisation when it was recorded")
            }
            Self::IdClash => ("同一编号已有不同内容", "The same id is known with other content"),
        };
        lang.pick(zh, en)
    }
}

/// The envelope as it comes in, before its kind is looked at.
#[derive(Deserialize)]
struct Envelope {
    id: ChangeId,
    #[serde(default)]
    seq: Option<u64>,
    v: u32,
    kind: String,
    #[serde(default)]
    session: Option<SessionId>,
    wall_ms: i64,
    #[serde(default)]
    offset_ms: i64,
    #[serde(default)]
    heard_ms: i64,
    #[serde(default)]
    after: Option<ChangeId>,
    body: Value,
}

/// As much of a change as can be told even where the rest cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Glimpse {
    /// Its id.
    pub id: Option<ChangeId>,
    /// Its seq.
    pub seq: Option<u64>,
    /// Its session.
    pub session: Option<SessionId>,
    /// It says that it is a response.
    pub response: bool,
}

/// Looks at whatever was sent, without demanding anything of it.
#[must_use]
pub fn glimpse(value: &Value) -> Glimpse {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    Glimpse {
        id: text("id").and_then(|id| id.parse().ok()),
        seq: value.get("seq").and_then(Value::as_u64),
        session: text("session").and_then(|id| id.parse().ok()),
        response: text("kind") == Some("response"),
    }
}

/// Reads a change. Unknown fields are ignored; what cannot be read says why it is to be held.
///
/// # Errors
/// The code under which the server holds it.
pub fn parse(value: &Value) -> Result<Change, HeldCode> {
    let envelope = Envelope::deserialize(value).map_err(|_| HeldCode::Unparseable)?;
    if !KINDS.contains(&envelope.kind.as_str()) {
        return Err(HeldCode::UnknownKind);
    }
    if envelope.v != BODY_VERSION {
        return Err(HeldCode::UnknownVersion);
    }
    let body = body(&envelope.kind, envelope.body).ok_or(HeldCode::Unparseable)?;
    let change = Change {
        id: envelope.id,
        seq: envelope.seq,
        v: envelope.v,
        session: envelope.session,
        wall_ms: envelope.wall_ms,
        offset_ms: envelope.offset_ms,
        heard_ms: envelope.heard_ms,
        after: envelope.after,
        body,
    };
    if change.well_formed() { Ok(change) } else { Err(HeldCode::Unparseable) }
}

/// Every kind of protocol 1.
pub const KINDS: [&str; 11] = [
    "session_set",
    "session_alias",
    "person_add",
    "person_alias",
    "check_in",
    "void",
    "mark",
    "headcount",
    "response",
    "session_close",
    "photo",
];

fn body(kind: &str, value: Value) -> Option<Body> {
    fn read<T: serde::de::DeserializeOwned>(value: Value) -> Option<T> {
        serde_json::from_value(value).ok()
    }
    Some(match kind {
        "session_set" => Body::SessionSet(session_set(value)?),
        "session_alias" => Body::SessionAlias(read(value)?),
        "person_add" => Body::PersonAdd(read(value)?),
        "person_alias" => Body::PersonAlias(read(value)?),
        "check_in" => Body::CheckIn(read(value)?),
        "void" => Body::Void(read(value)?),
        "mark" => Body::Mark(mark(value)?),
        "headcount" => Body::Headcount(read(value)?),
        "response" => Body::Response(read(value)?),
        "session_close" => Body::SessionClose(read(value)?),
        "photo" => Body::Photo(read(value)?),
        _ => return None,
    })
}

/// Known fields must hold what they take; fields of a newer version are left out.
fn session_set(mut value: Value) -> Option<SessionSet> {
    let Value::Object(fields) = value.get_mut("set")?.take() else {
        return None;
    };
    let mut set = BTreeMap::new();
    for (name, value) in fields {
        let Some(field) = Field::from_wire(&name) else {
            continue;
        };
        if !field.takes(&value) {
            return None;
        }
        set.insert(field, value);
    }
    Some(SessionSet { set })
}

fn mark(value: Value) -> Option<Mark> {
    #[derive(Deserialize)]
    struct Flat {
        person: PersonId,
        field: String,
        #[serde(default)]
        value: Value,
    }
    let flat: Flat = serde_json::from_value(value).ok()?;
    let what = match flat.field.as_str() {
        "status" => MarkValue::Status(Option::deserialize(flat.value).ok()?),
        "note" => MarkValue::Note(Option::deserialize(flat.value).ok()?),
        _ => return None,
    };
    Some(Mark { person: flat.person, what })
}

impl Change {
    /// What the phone claims about the moment.
    #[must_use]
    pub const fn claim(&self) -> Claim {
        Claim { wall_ms: self.wall_ms, offset_ms: self.offset_ms, heard_ms: self.heard_ms }
    }

    /// Rules that a type cannot hold.
    fn well_formed(&self) -> bool {
        let about_session = self.session.is_some();
        match &self.body {
            Body::SessionSet(body) => about_session && !body.set.is_empty(),
            Body::PersonAdd(body) => about_session && body.person.faults().is_empty(),
            Body::CheckIn(body) => {
                about_session && body.at_ms.is_none_or(|ms| (0..=TIME_MAX_MS).contains(&ms))
            }
            Body::Mark(Mark { what: MarkValue::Note(Some(note)), .. }) => {
                about_session && note.chars().count() <= NOTE_MAX_CHARS
            }
            Body::Mark(_) | Body::SessionClose(_) | Body::Photo(_) => about_session,
            Body::Headcount(body) => about_session && body.count <= COUNT_MAX,
            Body::Response(_) => about_session && self.seq.is_none() && self.after.is_none(),
            Body::Void(body) => !body.targets.is_empty() && body.targets.len() <= VOID_MAX_TARGETS,
            Body::SessionAlias(alias) => self.session.is_none() && alias.a != alias.b,
            Body::PersonAlias(alias) => self.session.is_none() && alias.a != alias.b,
        }
    }

    /// A response as it may be stored and sent: nothing in it tells when it was made.
    #[must_use]
    pub fn response(id: ChangeId, session: SessionId, wall_ms: i64, body: Response) -> Self {
        Self {
            id,
            seq: None,
            v: BODY_VERSION,
            session: Some(session),
            wall_ms: day_ms(wall_ms),
            offset_ms: 0,
            heard_ms: 0,
            after: None,
            body: Body::Response(body),
        }
    }
}

/// Most changes that one `void` names.
pub const VOID_MAX_TARGETS: usize = 500;

/// Whether two sent values are the same change: equal as JSON, order of keys and white space
/// aside, `seq` and `replica` aside.
#[must_use]
pub fn same_content(a: &Value, b: &Value) -> bool {
    match (identity(a), identity(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

/// The part of a sent change that makes its identity.
fn identity(value: &Value) -> Option<Map<String, Value>> {
    let mut fields = value.as_object()?.clone();
    fields.remove("seq");
    fields.remove("replica");
    Some(fields)
}
