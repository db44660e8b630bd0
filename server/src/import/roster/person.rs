//! What a line of a roster says of a person: read, tidied, judged. No database.

use crate::fault::Fault;
use crate::import::table::{Column, Line, half, line_fault, loose, quoted};
use shared::id::{OrgId, PersonId};
use shared::person::Person;
use shared::text::Lang;

/// Longest 用工形式 that is kept, characters.
const EMPLOYMENT_MAX_CHARS: usize = 20;

/// Name, staff number, workshop, phone tail, employment, member.
pub const COLUMNS: [Column; 6] = [
    Column {
        name: "姓名", synonyms: &["name", "职工姓名", "员工姓名", "人员姓名", "名字"], required: true
    },
    Column {
        name: "工号",
        synonyms: &[
            "staffno",
            "staff_no",
            "staffno.",
            "职工号",
            "员工号",
            "员工编号",
            "职工编号",
            "人员编号",
            "工作证号",
            "编号",
        ],
        required: false,
    },
    Column {
        name: "车间",
        synonyms: &[
            "workshop",
            "department",
            "车间(班组)",
            "车间/班组",
            "车间班组",
            "所在车间",
            "班组",
            "所在班组",
            "部门/班组",
            "部门",
            "所在部门",
            "所属部门",
        ],
        required: false,
    },
    Column {
        name: "手机尾号",
        synonyms: &[
            "phone",
            "phone_tail",
            "phonetail",
            "mobile",
            "手机后四位",
            "尾号",
            "手机号",
            "手机",
            "手机号码",
            "联系电话",
            "联系方式",
            "电话",
            "电话号码",
        ],
        required: false,
    },
    Column {
        name: "用工形式",
        synonyms: &["employment", "用工性质", "用工方式", "用工类型"],
        required: false,
    },
    Column {
        name: "会员",
        synonyms: &["member", "是否会员", "工会会员", "是否工会会员", "是否为会员"],
        required: false,
    },
];

/// Which of the columns a file has. What it has not, it says nothing about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Has {
    pub(crate) workshop: bool,
    pub(crate) phone: bool,
    pub(crate) employment: bool,
    pub(crate) member: bool,
}

impl Has {
    pub(crate) fn of(columns: &[bool]) -> Self {
        let has = |place: usize| columns.get(place).copied().unwrap_or(false);
        Self { workshop: has(2), phone: has(3), employment: has(4), member: has(5) }
    }

    /// The person of the file, with what the file says nothing of as it is known.
    pub(crate) fn filled(self, said: Entry, known: &Entry) -> Entry {
        Entry {
            org_id: if self.workshop { said.org_id } else { known.org_id },
            phone_tail: if self.phone { said.phone_tail } else { known.phone_tail.clone() },
            employment: if self.employment { said.employment } else { known.employment.clone() },
            member: if self.member { said.member } else { known.member },
            name: said.name,
            staff_no: said.staff_no,
        }
    }
}

/// A person as roster and file describe one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) staff_no: Option<String>,
    pub(crate) phone_tail: Option<String>,
    pub(crate) org_id: i64,
    pub(crate) employment: Option<String>,
    pub(crate) member: Option<bool>,
}

/// A line's cells, tidied; the org is still to be found.
pub(super) struct Said {
    pub(super) entry: Entry,
    pub(super) workshop: String,
    pub(super) faults: Vec<Fault>,
}

/// Reads a line. Everything that is wrong with it is said at once.
pub(super) fn read(line: &Line) -> Said {
    let cell = |place: usize| line.cells.get(place).map(String::as_str).unwrap_or_default();
    let mut faults: Vec<Fault> = line_fault(line).into_iter().collect();
    let name = tidy_name(cell(0));
    let staff_no = Some(half(cell(1)).trim().to_owned()).filter(|no| !no.is_empty());
    let employment = Some(half(cell(4)).trim().to_owned()).filter(|text| !text.is_empty());
    let member = match member(cell(5)) {
        Ok(member) => member,
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    let entry = Entry { name, staff_no, phone_tail: tail(cell(3)), org_id: 0, employment, member };
    faults.extend(person_faults(&entry));
    Said { entry, workshop: cell(2).to_owned(), faults }
}

/// Spaces between the signs of a Chinese name are there to make columns even; other names keep one
/// between words. The dot of a longer name is one sign, however it was typed.
fn tidy_name(text: &str) -> String {
    let dot =
        |c: char| if matches!(c, '•' | '‧' | '∙' | '・' | '･' | '.' | '．') { '·' } else { c };
    if text.chars().any(|c| c.is_ascii_alphabetic()) {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    text.chars().filter(|c| !c.is_whitespace()).map(dot).collect()
}

/// The last four digits of a whole number, however it is written; anything else as it is, to be judged.
fn tail(text: &str) -> Option<String> {
    let plain: String = half(text).chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let national =
        ["+86", "0086", "86"].iter().find_map(|code| plain.strip_prefix(code).filter(|rest| is_phone(rest)));
    let number = national.unwrap_or(&plain);
    let tail = if is_phone(number) { number.get(7..).unwrap_or_default() } else { number };
    Some(tail.to_owned()).filter(|tail| !tail.is_empty())
}

fn is_phone(text: &str) -> bool {
    text.len() == 11 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a mobile phone's number stands in a text.
fn holds_phone(text: &str) -> bool {
    let mobile = |digits: &str| is_phone(digits) && matches!(digits.as_bytes(), [b'1', b'3'..=b'9', ..]);
    half(text).split(|c: char| !c.is_ascii_digit()).any(mobile)
}

fn member(text: &str) -> Result<Option<bool>, Fault> {
    match loose(text).as_str() {
        "" => Ok(None),
        "是" | "会员" | "有" | "√" | "✓" | "y" | "yes" | "true" | "1" | "已入会" => Ok(Some(true)),
        "否" | "非会员" | "不是" | "无" | "×" | "n" | "no" | "false" | "0" | "未入会" => {
            Ok(Some(false))
        }
        _ => Err(Fault::new("会员应写“是”或“否”", "member must be yes or no")),
    }
}

fn person_faults(entry: &Entry) -> Vec<Fault> {
    let person = Person {
        id: PersonId::from_u128(0),
        name: entry.name.clone(),
        org: OrgId::from_u128(0),
        staff_no: entry.staff_no.clone(),
        phone_tail: entry.phone_tail.clone(),
    };
    let mut faults: Vec<Fault> = person
        .faults()
        .into_iter()
        .map(|fault| Fault::new(fault.says(Lang::Zh), fault.says(Lang::En)))
        .collect();
    if is_no_name(&entry.name) {
        faults.push(Fault::new(
            "这不像姓名；合计、制表人等请从表里删去",
            "this looks like no name: take sums and signatures out of the table",
        ));
    }
    if holds_phone(&entry.name) || entry.staff_no.as_deref().is_some_and(holds_phone) {
        faults.push(Fault::new(
            "姓名或工号里有手机号；手机号只保留后四位，不能写在这里",
            "there is a phone number in name or staff number: only its last four digits are kept, and not there",
        ));
    }
    if entry.employment.as_deref().is_some_and(|text| {
        text.chars().count() > EMPLOYMENT_MAX_CHARS || text.chars().any(char::is_control) || holds_phone(text)
    }) {
        faults.push(Fault::new(
            format!("用工形式最多 {EMPLOYMENT_MAX_CHARS} 个字"),
            format!("employment has at most {EMPLOYMENT_MAX_CHARS} characters"),
        ));
    }
    faults
}

/// Sums and signatures below a table.
fn is_no_name(name: &str) -> bool {
    let begins = ["合计", "总计", "小计", "共计", "制表", "填表", "审核", "备注"];
    begins.iter().any(|word| name.starts_with(word)) || name.contains(['：', ':'])
}

/// Quotes a staff number in a message.
pub(super) fn quoted_no(entry: &Entry) -> Option<String> {
    entry.staff_no.as_deref().map(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_four_digits_of_a_phone_are_kept() {
        for phone in [
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "+86 13800138000",
            "8613800138000",
            "１３８００１３８０００",
            "8000",
        ] {
            assert_eq!(tail(phone).as_deref(), Some("8000"), "{phone}");
        }
        assert_eq!((tail(""), tail("0001").as_deref()), (None, Some("0001")));
        for phone in ["1380013800", "1", "13800138000/13900139000", "+1 13800138000"] {
            let line =
                Line {
                    number: 2, cells: ["甲", "", "", phone].map(str::to_owned).to_vec(), overlong: false
                };
            let said = read(&line);
            assert_eq!(said.faults.len(), 1, "{phone}");
            assert!(said.faults[0].zh.contains("手机尾号") && !said.faults[0].to_string().contains(phone));
        }
    }

    #[test]
    fn names_are_those_that_people_have() {
        for (typed, name) in [
            ("王　芳", "王芳"),
            ("阿依古丽•艾山", "阿依古丽·艾山"),
            ("阿依\n古丽", "阿依古丽"),
            ("John  Smith Jr.", "John Smith Jr."),
        ] {
            assert_eq!(tidy_name(typed), name);
        }
        for bad in ["合计", "制表人：王芳", "王芳13800138000", "=1+1", ""] {
            let line = Line { number: 2, cells: vec![bad.to_owned()], overlong: false };
            let faults = read(&line).faults;
            assert_eq!(faults.len(), 1, "{bad}: {faults:?}");
            assert!(!faults[0].to_string().contains("13800138000"));
        }
        let no =
            Line { number: 2, cells: ["甲", "13800138000"].map(str::to_owned).to_vec(), overlong: false };
        assert_eq!(read(&no).faults.len(), 1, "a phone is no staff number");
    }

    #[test]
    fn yes_no_or_nothing() {
        assert_eq!(
            (member(" 是"), member("非会员"), member("")),
            (Ok(Some(true)), Ok(Some(false)), Ok(None))
        );
        assert!(member("大概").is_err());
    }
}
