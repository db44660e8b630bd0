//! Import (导入) of the org tree and of rosters at the desk: what a file would change, what is wrong
//! with it, what was done (docs/import.md).

use crate::id::OrgId;
use crate::org::Level;
use crate::person::Person;
use crate::session::words;
use crate::text::Lang;
use serde::{Deserialize, Serialize};

/// Most bytes of a file.
pub const FILE_MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most lines below the head.
pub const ROWS_MAX: usize = 100_000;
/// Most bad lines that are told one by one.
pub const FAULTS_MAX: usize = 200;
/// Most changes that are told one by one.
pub const CHANGES_MAX: usize = 500;

/// What the login may import: `GET /api/v1/imports`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRights {
    /// Rosters of the branch.
    pub roster: bool,
    /// The org tree.
    pub orgs: bool,
}

/// How many orgs or persons an import touches, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportCounts {
    /// Not known before.
    pub added: u64,
    /// Something else of them changed than where they belong.
    pub changed: u64,
    /// They belong elsewhere now; perhaps something else changed too.
    pub moved: u64,
    /// They had left a roster, and are on one again.
    pub returned: u64,
    /// They are on the roster, and the file, which is the whole of it, leaves them out.
    pub left: u64,
    /// As they were.
    pub same: u64,
}

impl ImportCounts {
    /// Counts one.
    pub fn count(&mut self, what: What) {
        *match what {
            What::Added => &mut self.added,
            What::Changed => &mut self.changed,
            What::Moved => &mut self.moved,
            What::Returned => &mut self.returned,
            What::Left => &mut self.left,
        } += 1;
    }

    /// Whether the import would write nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self { same: self.same, ..Self::default() }
    }
}

words! {
    /// What happens to an org or a person.
    What {
        /// 新增
        Added = "added", "新增", "New";
        /// 变更
        Changed = "changed", "变更", "Changed";
        /// 调动
        Moved = "moved", "调动", "Moved";
        /// 回来
        Returned = "returned", "回来", "Back";
        /// 离开
        Left = "left", "离开", "Left";
    }
}

words! {
    /// What of an org or a person changes.
    Field {
        /// 姓名
        Name = "name", "姓名", "Name";
        /// 名称
        Title = "title", "名称", "Name";
        /// 工号
        StaffNo = "staff_no", "工号", "Staff no.";
        /// 车间（班组）
        Workshop = "workshop", "车间（班组）", "Workshop";
        /// 手机尾号
        PhoneTail = "phone_tail", "手机尾号", "Phone tail";
        /// 用工形式
        Employment = "employment", "用工形式", "Employment";
        /// 会员
        Member = "member", "会员", "Member";
        /// 级别
        Level = "level", "级别", "Level";
        /// 上级
        Parent = "parent", "上级", "Parent";
    }
}

/// Old and new of one field; empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Which.
    pub field: Field,
    /// As it is known; of a level or of yes and no the word on the wire.
    pub from: String,
    /// As the file says, likewise.
    pub to: String,
}

impl FieldChange {
    /// Old and new for people; a dash where there is none.
    #[must_use]
    pub fn says(&self, lang: Lang) -> (String, String) {
        (self.shown(&self.from, lang), self.shown(&self.to, lang))
    }

    fn shown(&self, text: &str, lang: Lang) -> String {
        let level = Level::from_wire(text).filter(|_| self.field == Field::Level);
        match (self.field, text) {
            (_, "") => "—",
            (Field::Member, YES) => lang.pick("是", "yes"),
            (Field::Member, NO) => lang.pick("否", "no"),
            _ => level.map_or(text, |level| level.label(lang)),
        }
        .to_owned()
    }
}

/// A member of the union, in a [`FieldChange`].
pub const YES: &str = "yes";
/// No member of the union, in a [`FieldChange`].
pub const NO: &str = "no";

/// What happens to one org or person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportChange {
    /// What.
    pub what: What,
    /// The line of the file; none of who left.
    pub line: Option<u64>,
    /// The key: an org's code, or a person's staff number, where there is one.
    pub key: Option<String>,
    /// The name, the new one where it changes.
    pub name: String,
    /// Name of the workshop, or of the org above; the new one where it changes.
    pub place: String,
    /// Old and new.
    pub fields: Vec<FieldChange>,
}

/// What is wrong with a line, or with the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFault {
    /// The line, as the office sees it in its sheet; none: the file as a whole.
    pub line: Option<u64>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl ImportFault {
    /// The words in this language.
    #[must_use]
    pub fn says(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

/// The answer to `POST /api/v1/imports/…`: what a file would do, or, confirmed, what it did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportAnswer {
    /// It was carried out.
    pub done: bool,
    /// Sent back as `confirm` with the same file, carries out exactly this; none while something is
    /// wrong with the file, and once it is done.
    pub token: Option<String>,
    /// The sheet that was read; none of a text file.
    pub sheet: Option<String>,
    /// Every sheet that can be chosen.
    pub sheets: Vec<String>,
    /// Heads of columns that are not used.
    pub unused: Vec<String>,
    /// Lines below the head.
    pub rows: u64,
    /// How many are touched, and how.
    pub counts: ImportCounts,
    /// Each change, the first [`CHANGES_MAX`] of them.
    pub changes: Vec<ImportChange>,
    /// How many changes there are beyond these.
    pub more_changes: u64,
    /// What is wrong, line by line, the first [`FAULTS_MAX`] of them. If anything is, nothing is imported.
    pub faults: Vec<ImportFault>,
    /// How many bad lines there are beyond these.
    pub more_faults: u64,
}

/// An item of `GET /api/v1/roster`: a person who is on a roster now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterItem {
    /// Who.
    #[serde(flatten)]
    pub person: Person,
    /// Name of the workshop or union.
    pub org_name: String,
    /// 用工形式, in the office's own words, where it says so.
    pub employment: Option<String>,
    /// Whether a member of the union, where the office says so.
    pub member: Option<bool>,
    /// On this roster since, ms; 0: since before the first import.
    pub from_ms: i64,
}

/// An item of `GET /api/v1/roster/counts`: how many are on rosters now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterCount {
    /// The org.
    pub org: OrgId,
    /// On its own roster.
    pub own: u64,
    /// On its own and those of all below.
    pub all: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_are_said_in_the_language_of_the_reader() {
        let change =
            |field, from: &str, to: &str| FieldChange { field, from: from.to_owned(), to: to.to_owned() };
        let says = |change: FieldChange, lang| change.says(lang);
        let level = change(Field::Level, "town", "grassroots");
        assert_eq!(says(level, Lang::Zh), ("乡镇（街道）".to_owned(), "基层工会".to_owned()));
        assert_eq!(says(change(Field::Member, "", YES), Lang::En), ("—".to_owned(), "yes".to_owned()));
        assert_eq!(
            says(change(Field::Name, "town", "王芳"), Lang::En),
            ("town".to_owned(), "王芳".to_owned())
        );
    }

    #[test]
    fn only_what_is_as_before_is_nothing() {
        let mut counts = ImportCounts { same: 7, ..ImportCounts::default() };
        assert!(counts.is_nothing());
        counts.count(What::Left);
        assert!(!counts.is_nothing() && counts.left == 1);
    }
}
