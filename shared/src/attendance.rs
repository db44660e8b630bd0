//! One person at one session: check-ins (签到), marks, and being added as a walk-in.
//!
//! The law: a person is present if any check-in is not voided; arrival is the earliest of
//! those; status and note are the last written; every part is a join, so neither the order of
//! arrival nor repeats change the outcome.

use crate::id::{ChangeId, PersonId};
use crate::person::Person;
use crate::register::Register;
use crate::session::words;
use crate::stamp::Stamp;
use crate::text::Lang;
use serde::{Deserialize, Serialize};

words! {
    /// How a check-in came about.
    Method {
        /// One tap on the person's row.
        Tap = "tap", "点名", "Tap";
        /// A scanned code.
        Scan = "scan", "扫码", "Scan";
        /// The person tapped on the passed-round phone.
        Kiosk = "kiosk", "自助", "Kiosk";
        /// Typed in from a paper sheet (补录).
        Paper = "paper", "补录", "Backfill";
        /// All present, except.
        Bulk = "bulk", "批量", "Bulk";
    }
}

words! {
    /// A mark on a person, instead of or beside a check-in.
    Status {
        /// 请假
        Excused = "excused", "请假", "Excused";
        /// 缺席
        Absent = "absent", "缺席", "Absent";
        /// 迟到
        Late = "late", "迟到", "Late";
    }
}

/// One check-in that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckIn {
    /// When it counts as made.
    pub at: Stamp,
    /// When the person came, ms; none where nobody knows (paper).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived_ms: Option<i64>,
    /// Its claimed time had to be clamped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspect: bool,
    /// Taken out by a void.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voided: bool,
}

/// All that is known of one person at one session.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Attendance {
    /// Every check-in, sorted by change id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check_ins: Vec<CheckIn>,
    /// The status, the last stands; null takes it away.
    #[serde(default, skip_serializing_if = "Register::is_empty")]
    pub status: Register<Option<Status>>,
    /// The note, the last stands.
    #[serde(default, skip_serializing_if = "Register::is_empty")]
    pub note: Register<Option<String>>,
    /// Added on the spot, with these attributes.
    #[serde(default, skip_serializing_if = "Register::is_empty")]
    pub added: Register<Person>,
}

/// Who a person is to a session, as far as rosters and walk-ins tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has said who this is yet: counts as soon as somebody does.
    Unknown,
    /// Added on the spot.
    WalkIn,
    /// On the roster of the audience at the start of the session.
    Expected,
    /// On a roster, but not of this audience, or no longer.
    OffRoster,
}

impl Attendance {
    /// Adds a check-in; again, it changes nothing but that a voided one stays voided.
    pub fn check_in(&mut self, new: CheckIn) {
        match self.check_ins.binary_search_by(|known| known.at.id.cmp(&new.at.id)) {
            Ok(found) => self.check_ins[found].voided |= new.voided,
            Err(place) => self.check_ins.insert(place, new),
        }
    }

    /// Takes out exactly what this change did here.
    pub fn void(&mut self, id: ChangeId) {
        for check_in in self.check_ins.iter_mut().filter(|known| known.at.id == id) {
            check_in.voided = true;
        }
        self.status.void(id);
        self.note.void(id);
        self.added.void(id);
    }

    /// Takes in all that another record of the same person and session holds.
    pub fn join(&mut self, other: &Self) {
        for check_in in &other.check_ins {
            self.check_in(check_in.clone());
        }
        self.status.join(&other.status);
        self.note.join(&other.note);
        self.added.join(&other.added);
    }

    /// Check-ins that stand.
    fn standing_check_ins(&self) -> impl Iterator<Item = &CheckIn> {
        self.check_ins.iter().filter(|check_in| !check_in.voided)
    }

    /// Whether any check-in stands.
    #[must_use]
    pub fn present(&self) -> bool {
        self.standing_check_ins().next().is_some()
    }

    /// The row that is pulled and shown. `closed` is the stamp since which the session is closed.
    #[must_use]
    pub fn row(&self, person: PersonId, standing: Standing, closed: Option<Stamp>) -> AttendanceRow {
        let check_ins: Vec<ChangeId> = self.standing_check_ins().map(|c| c.at.id).collect();
        let arrivals: Vec<Option<i64>> = self.standing_check_ins().map(|c| c.arrived_ms).collect();
        AttendanceRow {
            person,
            present: !check_ins.is_empty(),
            arrived_ms: arrivals.iter().flatten().min().copied(),
            status: self.status.get().copied().flatten(),
            note: self.note.get().cloned().flatten(),
            check_ins,
            arrivals,
            tags: self.tags(standing, closed),
        }
    }

    fn tags(&self, standing: Standing, closed: Option<Stamp>) -> Vec<Tag> {
        // In the same millisecond nobody can say which was first: that is not after.
        let late = |c: &CheckIn| closed.is_some_and(|closed| c.at.eff_ms > closed.eff_ms);
        let mut tags = Vec::new();
        if self.standing_check_ins().any(|c| c.suspect) {
            tags.push(Tag::TimeSuspect);
        }
        if self.standing_check_ins().any(late) {
            tags.push(Tag::AfterClose);
        }
        match standing {
            Standing::Unknown => tags.push(Tag::PersonUnknown),
            Standing::OffRoster => tags.push(Tag::OffRoster),
            Standing::WalkIn | Standing::Expected => {}
        }
        tags
    }
}

words! {
    /// What is odd about an attendance, though it counts.
    Tag {
        /// The claimed time had to be clamped; people are shown both.
        TimeSuspect = "time_suspect", "时间存疑", "Time in doubt";
        /// Made after the session was closed.
        AfterClose = "after_close", "结束后补记", "After closing";
        /// Nobody has said yet who this is; counts once somebody does.
        PersonUnknown = "person_unknown", "人员待确认", "Person not known yet";
        /// Not on the audience's roster when the session began.
        OffRoster = "off_roster", "不在本场花名册", "Not on this roster";
    }
}

/// `attendance:<person>` as it is pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttendanceRow {
    /// The person.
    pub person: PersonId,
    /// Any check-in stands.
    pub present: bool,
    /// The earliest known arrival, ms.
    #[serde(default)]
    pub arrived_ms: Option<i64>,
    /// The mark that stands.
    #[serde(default)]
    pub status: Option<Status>,
    /// The note that stands.
    #[serde(default)]
    pub note: Option<String>,
    /// The check-ins that stand: what an undo names.
    #[serde(default)]
    pub check_ins: Vec<ChangeId>,
    /// For each of `check_ins`, when the person came; lets a phone take one out by itself.
    #[serde(default)]
    pub arrivals: Vec<Option<i64>>,
    /// What is odd about it. Words that this version does not know are dropped by the reader.
    #[serde(default, deserialize_with = "known_tags")]
    pub tags: Vec<Tag>,
}

fn known_tags<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Tag>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    Ok(words.iter().filter_map(|word| Tag::from_wire(word)).collect())
}

impl From<&AttendanceRow> for Attendance {
    /// What a pulled row says, as older than every change laid on top of it.
    fn from(row: &AttendanceRow) -> Self {
        let suspect = row.tags.contains(&Tag::TimeSuspect);
        let mut state = Self::default();
        for (place, id) in row.check_ins.iter().enumerate() {
            let arrived_ms = row.arrivals.get(place).copied().unwrap_or(row.arrived_ms);
            let at = Stamp { eff_ms: arrived_ms.unwrap_or(i64::MIN), id: *id };
            state.check_in(CheckIn { at, arrived_ms, suspect, voided: false });
        }
        state.status.write(Stamp::PULLED, row.status, false);
        state.note.write(Stamp::PULLED, row.note.clone(), false);
        state
    }
}
