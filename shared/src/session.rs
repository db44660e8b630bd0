//! A session (场次): one lecture, study or training held or planned.

use crate::id::{AccountId, CampaignId, OrgId, ReplicaId, SessionId};
use crate::museum::{Defect, planted};
use crate::photo::Photos;
use crate::register::Register;
use crate::stamp::Stamp;
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Declares an enum whose values are fixed words on the wire with labels in both languages.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $wire:literal, $zh:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $wire)] $value,)* }

        impl $name {
            /// Every value, in the order of the glossary.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// The word on the wire.
            #[must_use]
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$value => $wire),* }
            }

            /// The value with this word on the wire.
            #[must_use]
            pub fn from_wire(word: &str) -> Option<Self> {
                match word { $($wire => Some(Self::$value),)* _ => None }
            }

            /// The word for people.
            #[must_use]
            pub const fn label(self, lang: Lang) -> &'static str {
                match self { $(Self::$value => lang.pick($zh, $en)),* }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What kind of event a session is (活动).
    Activity {
        /// 宣讲
        Lecture = "lecture", "宣讲", "Lecture";
        /// 集中学习
        Study = "study", "集中学习", "Study";
        /// 专题研讨
        Seminar = "seminar", "专题研讨", "Seminar";
        /// 培训班
        Training = "training", "培训班", "Training";
        /// 主题演讲
        Speech = "speech", "主题演讲", "Speech";
        /// 竞赛答题
        Quiz = "quiz", "竞赛答题", "Quiz";
        /// 诵读
        Recitation = "recitation", "诵读", "Recitation";
        /// 论坛
        Forum = "forum", "论坛", "Forum";
        /// 其他
        Other = "other", "其他", "Other";
    }
}

words! {
    /// How people take part (形式).
    Mode {
        /// 线下
        Onsite = "onsite", "线下", "On site";
        /// 线上
        Online = "online", "线上", "Online";
        /// 线上线下
        Mixed = "mixed", "线上线下", "Mixed";
    }
}

words! {
    /// Where a session stands (状态).
    State {
        /// 计划中
        Planned = "planned", "计划中", "Planned";
        /// 进行中
        Open = "open", "进行中", "Open";
        /// 已结束
        Closed = "closed", "已结束", "Closed";
        /// 已取消
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

words! {
    /// A field of a session, as `session_set` names it.
    Field {
        /// The union or workshop that holds it.
        Org = "org", "工会组织", "Organisation";
        /// The campaign it belongs to.
        Campaign = "campaign", "专题活动", "Campaign";
        /// [`Activity`].
        Activity = "activity", "活动", "Activity";
        /// Its title.
        Title = "title", "名称", "Title";
        /// What it is about.
        Topic = "topic", "主题", "Topic";
        /// Where it takes place.
        Venue = "venue", "地点", "Venue";
        /// [`Mode`].
        Mode = "mode", "形式", "Mode";
        /// When it starts, ms UTC.
        StartsMs = "starts_ms", "开始时间", "Starts";
        /// When it ends, ms UTC.
        EndsMs = "ends_ms", "结束时间", "Ends";
        /// Who speaks.
        Lecturers = "lecturers", "宣讲员", "Lecturers";
        /// The orgs whose roster is expected.
        Audience = "audience", "参加范围", "Audience";
        /// How many are expected, where that is not the audience's roster.
        Expected = "expected", "应到", "Expected";
        /// A free note.
        Note = "note", "备注", "Note";
        /// [`State`].
        State = "state", "状态", "State";
    }
}

impl Field {
    /// Whether a session exists only once this field has a value.
    #[must_use]
    pub const fn required(self) -> bool {
        matches!(self, Self::Org | Self::Campaign | Self::Activity | Self::Title | Self::StartsMs)
    }

    /// Whether the value is one that this field can take. Null clears a field that is not required.
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        if value.is_null() {
            return !self.required();
        }
        let text =
            |most: usize| value.as_str().is_some_and(|t| !t.trim().is_empty() && t.chars().count() <= most);
        match self {
            Self::Org => is::<OrgId>(value),
            Self::Campaign => is::<CampaignId>(value),
            Self::Activity => is::<Activity>(value),
            Self::Mode => is::<Mode>(value),
            Self::State => is::<State>(value),
            Self::Title | Self::Topic | Self::Venue => text(TITLE_MAX_CHARS),
            Self::Note => value.as_str().is_some_and(|t| t.chars().count() <= NOTE_MAX_CHARS),
            Self::StartsMs | Self::EndsMs => value.as_i64().is_some_and(|ms| (0..=TIME_MAX_MS).contains(&ms)),
            Self::Lecturers => is::<Vec<Lecturer>>(value),
            Self::Audience => is::<Vec<OrgId>>(value),
            Self::Expected => value.as_u64().is_some_and(|n| n <= u64::from(COUNT_MAX)),
        }
    }
}

/// Longest title, topic, venue and name of a lecturer.
pub const TITLE_MAX_CHARS: usize = 200;
/// Longest note.
pub const NOTE_MAX_CHARS: usize = 4_000;
/// Latest time that a field takes: the year 2100.
pub const TIME_MAX_MS: i64 = 4_102_444_800_000;
/// Most people that a headcount or an expectation can say.
pub const COUNT_MAX: u32 = 1_000_000;

fn is<T: serde::de::DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

/// Who speaks at a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lecturer {
    /// The account, where the lecturer has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Name as printed.
    pub name: String,
    /// The lecturer team (宣讲团).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// A member of the leadership (班子成员).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leader: bool,
}

/// What a closing phone says it recorded itself: `session_close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Declared {
    /// `check_in` changes that this replica made for the session, voided ones included.
    pub check_ins: u32,
    /// Responses that this replica took.
    pub responses: u32,
}

impl Declared {
    /// What two declared together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            check_ins: self.check_ins.saturating_add(other.check_ins),
            responses: self.responses.saturating_add(other.responses),
        }
    }
}

/// All that is known of a session from its changes. Joining two is commutative, associative and
/// idempotent; nothing depends on the order of arrival.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Session {
    /// Per field, the last written stands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Field, Register<Value>>,
    /// The headcount, the last stands.
    #[serde(default, skip_serializing_if = "Register::is_empty")]
    pub headcount: Register<u32>,
    /// Per replica, what it declared at closing; the last of each stands.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub declared: BTreeMap<ReplicaId, Register<Declared>>,
    /// Every photo; all that are not taken out stand.
    #[serde(default, skip_serializing_if = "Photos::is_empty")]
    pub photos: Photos,
}

impl Session {
    /// Writes one field.
    pub fn set(&mut self, at: Stamp, field: Field, value: Value, voided: bool) {
        let register = self.fields.entry(field).or_default();
        if planted(Defect::EqualValueIsNoChange) && register.get() == Some(&value) {
            return;
        }
        register.write(at, value, voided);
    }

    /// Closes: sets the state, and keeps what the replica declared.
    pub fn close(&mut self, at: Stamp, replica: ReplicaId, declared: Declared, voided: bool) {
        self.set(at, Field::State, Value::from(State::Closed.wire()), voided);
        self.declared.entry(replica).or_default().write(at, declared, voided);
    }

    /// Takes out a headcount, a photo or a closing; fields set by `session_set` cannot be voided, and the
    /// caller names none of those.
    pub fn void(&mut self, id: crate::id::ChangeId) {
        self.headcount.void(id);
        self.photos.void(id);
        if let Some(state) = self.fields.get_mut(&Field::State) {
            state.void(id);
        }
        for declared in self.declared.values_mut() {
            declared.void(id);
        }
    }

    /// Takes in all that another record of the same session holds.
    pub fn join(&mut self, other: &Self) {
        for (field, register) in &other.fields {
            self.fields.entry(*field).or_default().join(register);
        }
        self.headcount.join(&other.headcount);
        self.photos.join(&other.photos);
        for (replica, register) in &other.declared {
            self.declared.entry(*replica).or_default().join(register);
        }
    }

    /// The value that stands for a field, if it is of the type asked for.
    #[must_use]
    pub fn get<T: serde::de::DeserializeOwned>(&self, field: Field) -> Option<T> {
        self.fields.get(&field)?.get().and_then(|value| T::deserialize(value).ok())
    }

    /// The stamp since which the session is closed, if it is.
    #[must_use]
    pub fn closed_at(&self) -> Option<Stamp> {
        let last = self.fields.get(&Field::State)?.last()?;
        (last.value.as_str() == Some(State::Closed.wire())).then_some(last.at)
    }

    /// Sum over the replicas of the last that each declared.
    #[must_use]
    pub fn declared_total(&self) -> Declared {
        let all = self.declared.values().filter_map(Register::get);
        all.fold(Declared::default(), |sum, one| sum.plus(*one))
    }

    /// Whether a phone itself has ever declared what a closing code says, voided or not: then its own
    /// word stands in the place of the code.
    #[must_use]
    pub fn has_declared(&self, coded: Declared) -> bool {
        let all = self.declared.values().flat_map(Register::history);
        all.into_iter().any(|written| crate::closing::coded(written.value) == coded)
    }

    /// The row that phones pull and the desk shows; none until every required field has a value.
    #[must_use]
    pub fn row(&self, id: SessionId) -> Option<SessionRow> {
        Some(SessionRow {
            id,
            org: self.get(Field::Org)?,
            campaign: self.get(Field::Campaign)?,
            activity: self.get(Field::Activity)?,
            title: self.get(Field::Title)?,
            topic: self.get(Field::Topic),
            venue: self.get(Field::Venue),
            mode: self.get(Field::Mode),
            starts_ms: self.get(Field::StartsMs)?,
            ends_ms: self.get(Field::EndsMs),
            lecturers: self.get(Field::Lecturers).unwrap_or_default(),
            audience: self.get(Field::Audience).unwrap_or_default(),
            expected: self.get(Field::Expected),
            note: self.get(Field::Note),
            state: self.get(Field::State).unwrap_or(State::Open),
            tags: Vec::new(),
        })
    }
}

/// `session:<id>` as it is pulled: every field as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// The union or workshop that holds it.
    pub org: OrgId,
    /// The campaign it belongs to.
    pub campaign: CampaignId,
    /// What kind of event.
    pub activity: Activity,
    /// Its title.
    pub title: String,
    /// What it is about.
    #[serde(default)]
    pub topic: Option<String>,
    /// Where.
    #[serde(default)]
    pub venue: Option<String>,
    /// On site, online or both.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Start, ms UTC.
    pub starts_ms: i64,
    /// End, ms UTC.
    #[serde(default)]
    pub ends_ms: Option<i64>,
    /// Who speaks.
    #[serde(default)]
    pub lecturers: Vec<Lecturer>,
    /// The orgs whose roster is expected; empty means the org itself and all below it.
    #[serde(default)]
    pub audience: Vec<OrgId>,
    /// How many are expected where that is not the audience's roster.
    #[serde(default)]
    pub expected: Option<u32>,
    /// A free note.
    #[serde(default)]
    pub note: Option<String>,
    /// Where it stands.
    pub state: State,
    /// What is odd about it, as stable words.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// `totals` of a session scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// The greater of persons present (walk-ins included) and headcount.
    pub attended: u32,
    /// Persons present who were added on the spot.
    pub walk_ins: u32,
    /// The headcount, where somebody counted.
    #[serde(default)]
    pub headcount: Option<u32>,
    /// Responses that arrived.
    pub responses: u32,
    /// What the recording phones declared at closing.
    pub declared: Declared,
    /// Photos that stand.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub photos: u32,
    /// Of these, whose bytes are here: complete means all of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub files: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(n: &u32) -> bool {
    *n == 0
}
