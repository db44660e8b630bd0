//! What a file changes in a roster, decided without a database.

use crate::fault::{Fault, Faults, Rejection};
use crate::import::table::{self, Column, Line, overlong};
use shared::id::{OrgId, PersonId};
use shared::person::Person;
use shared::text::Lang;
use std::collections::HashMap;

const COLUMNS: [Column; 4] = [
    Column {
        name: "姓名", synonyms: &["name", "职工姓名", "员工姓名", "人员姓名", "名字"], required: true
    },
    Column {
        name: "工号",
        synonyms: &["员工编号", "职工编号", "人员编号", "员工号", "职工号", "编号", "staffno", "staff_no"],
        required: false,
    },
    Column {
        name: "车间",
        synonyms: &[
            "班组",
            "部门",
            "车间（班组）",
            "车间(班组)",
            "车间/班组",
            "车间班组",
            "部门/班组",
            "所属部门",
            "所在部门",
            "所在车间",
            "所在班组",
            "workshop",
            "department",
        ],
        required: false,
    },
    Column {
        name: "手机尾号",
        synonyms: &[
            "手机",
            "手机号",
            "手机号码",
            "手机后四位",
            "尾号",
            "电话",
            "电话号码",
            "联系电话",
            "联系方式",
            "phone",
            "mobile",
            "phone_tail",
            "phonetail",
        ],
        required: false,
    },
];

/// An org that a line may put a person in: the one imported for, or a workshop below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) org_id: i64,
    pub(crate) id: OrgId,
    pub(crate) code: String,
    pub(crate) name: String,
}

/// Where the persons of a file may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// The org that the import is for; an empty workshop means it.
    pub(crate) top: Place,
    /// The workshops below it.
    pub(crate) below: Vec<Place>,
}

/// A person as roster and file describe one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) staff_no: Option<String>,
    pub(crate) phone_tail: Option<String>,
    pub(crate) org_id: i64,
}

/// A person of the roster as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) person_id: i64,
    pub(crate) entry: Entry,
}

/// What happens to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A person nobody knew.
    Add(Entry),
    /// Another name, tail or org.
    Change { person_id: i64, to: Entry },
}

/// What is to be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Persons who are as they were.
    pub(crate) same: usize,
}

/// Who somebody is to an import: by staff number, or by name and org where there is none.
/// Whoever has a number is never taken for somebody without.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    No(String),
    Name(String, i64),
}

impl Entry {
    fn key(&self) -> Key {
        match &self.staff_no {
            Some(no) => Key::No(no.clone()),
            None => Key::Name(self.name.clone(), self.org_id),
        }
    }
}

/// Decides what a file changes.
///
/// # Errors
/// One line per bad line of the file.
pub(crate) fn plan(file: &str, bytes: &[u8], places: &Places, known: Vec<Known>) -> Result<Plan, Rejection> {
    let lines = table::read(file, bytes, &COLUMNS)?;
    if lines.is_empty() {
        let fault = Fault::new("文件里没有人员", "the file holds no persons");
        return Err(Rejection::at(file, 0, &fault));
    }
    let entries = entries(file, &lines, places)?;
    let mut known: HashMap<Key, Known> = known.into_iter().map(|known| (known.entry.key(), known)).collect();
    let mut plan = Plan::default();
    for to in entries {
        match known.remove(&to.key()) {
            None => plan.steps.push(Step::Add(to)),
            Some(before) if before.entry == to => plan.same += 1,
            Some(Known { person_id, .. }) => plan.steps.push(Step::Change { person_id, to }),
        }
    }
    Ok(plan)
}

fn entries(file: &str, lines: &[Line], places: &Places) -> Result<Vec<Entry>, Rejection> {
    let names = names(places);
    let mut faults = Faults::default();
    let mut first: HashMap<Key, usize> = HashMap::with_capacity(lines.len());
    let mut entries = Vec::with_capacity(lines.len());
    for line in lines {
        let [name, no, workshop, phone] = line.cells.as_slice() else { continue };
        let place = match find(&names, places, workshop) {
            Ok(place) => Some(place),
            Err(fault) => {
                faults.add(line.number, fault);
                None
            }
        };
        let entry = Entry {
            name: name.clone(),
            staff_no: (!no.is_empty()).then(|| no.clone()),
            phone_tail: (!phone.is_empty()).then(|| tail(phone).to_owned()),
            org_id: place.unwrap_or(&places.top).org_id,
        };
        for fault in person_faults(&entry, place.unwrap_or(&places.top)) {
            faults.add(line.number, fault);
        }
        if line.overlong {
            faults.add(line.number, overlong());
        }
        // Of a line without a name, or with a wrong workshop and no number, the key says nothing.
        let keyed = entry.staff_no.is_some() || (place.is_some() && !name.is_empty());
        if keyed && let Some(before) = first.get(&entry.key()) {
            faults.add(line.number, twice(&entry, *before));
        } else if keyed {
            first.insert(entry.key(), line.number);
        }
        entries.push(entry);
    }
    faults.close(file)?;
    Ok(entries)
}

/// The last four digits of a whole number; anything else as it is, to be judged.
fn tail(phone: &str) -> &str {
    let whole = phone.len() == 11 && phone.bytes().all(|b| b.is_ascii_digit());
    if whole { &phone[7..] } else { phone }
}

fn person_faults(entry: &Entry, place: &Place) -> Vec<Fault> {
    let person = Person {
        id: PersonId::from_u128(0),
        name: entry.name.clone(),
        org: place.id,
        staff_no: entry.staff_no.clone(),
        phone_tail: entry.phone_tail.clone(),
    };
    person.faults().into_iter().map(|fault| Fault::new(fault.says(Lang::Zh), fault.says(Lang::En))).collect()
}

fn twice(entry: &Entry, before: usize) -> Fault {
    match &entry.staff_no {
        Some(no) => Fault::new(
            format!("工号 {no} 与第 {before} 行重复"),
            format!("staff number {no} stands on line {before} already"),
        ),
        None => Fault::new(
            format!("与第 {before} 行同名同车间，需要工号才能分清"),
            format!("same name and workshop as line {before}: staff numbers are needed to tell them apart"),
        ),
    }
}

/// What a workshop may be called → the workshops that are called so.
fn names(places: &Places) -> HashMap<&str, Vec<&Place>> {
    let mut names: HashMap<&str, Vec<&Place>> = HashMap::new();
    for place in &places.below {
        names.entry(&place.name).or_default().push(place);
    }
    for place in std::iter::once(&places.top).chain(&places.below) {
        names.insert(&place.code, vec![place]);
    }
    names.entry(&places.top.name).or_insert_with(|| vec![&places.top]);
    names
}

fn find<'a>(
    names: &HashMap<&str, Vec<&'a Place>>,
    places: &'a Places,
    called: &str,
) -> Result<&'a Place, Fault> {
    if called.is_empty() {
        return Ok(&places.top);
    }
    match names.get(called).map(Vec::as_slice) {
        Some([place]) => Ok(place),
        Some(several) => Err(Fault::new(
            format!("有 {} 个车间都叫“{called}”，请写编码", several.len()),
            format!("{} workshops are called \"{called}\": write the code", several.len()),
        )),
        None => Err(Fault::new(
            format!("{} 下没有车间“{called}”", places.top.name),
            format!("no workshop \"{called}\" below {}", places.top.code),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD: &[u8] = include_bytes!("../../../../tests/data/roster-bad.csv");

    fn place(org_id: i64, code: &str, name: &str) -> Place {
        Place { org_id, id: OrgId::from_u128(1), code: code.to_owned(), name: name.to_owned() }
    }

    fn places() -> Places {
        let below = vec![
            place(2, "1-01", "机加车间"),
            place(3, "1-02", "一车间"),
            place(4, "1-03", "一班"),
            place(5, "1-04", "一班"),
        ];
        Places { top: place(1, "1", "工厂"), below }
    }

    fn entry(name: &str, no: Option<&str>, org_id: i64, tail: Option<&str>) -> Entry {
        let own = |text: &str| text.to_owned();
        Entry { name: own(name), staff_no: no.map(own), phone_tail: tail.map(own), org_id }
    }

    fn plan_of(text: &str, known: Vec<Known>) -> Result<Plan, Vec<String>> {
        plan("r.csv", text.as_bytes(), &places(), known).map_err(|rejection| rejection.lines)
    }

    #[test]
    fn one_message_per_bad_line() {
        let lines = plan("roster-bad.csv", BAD, &places(), Vec::new()).expect_err("refused").lines;
        let says = [
            "roster-bad.csv:2: 没有姓名 / no name",
            "roster-bad.csv:3: 工厂 下没有车间“没有的车间”；手机尾号必须是四位数字 / no workshop",
            "roster-bad.csv:4: 手机尾号必须是四位数字",
            "roster-bad.csv:5: 工号 100003 与第 4 行重复",
            "roster-bad.csv:6: 姓名像公式",
            "roster-bad.csv:7: 姓名超过 60 个字",
        ];
        assert_eq!(lines.len(), says.len(), "{lines:#?}");
        for (line, says) in lines.iter().zip(says) {
            assert!(line.starts_with(says), "{line}");
        }
    }

    #[test]
    fn only_the_last_four_digits_of_a_phone_are_kept() {
        let plan = plan_of("姓名,电话\n陈志,13800138000\n王芳,0001\n李伟,\n", Vec::new()).expect("good");
        let tails: Vec<Option<&str>> = plan
            .steps
            .iter()
            .map(|step| match step {
                Step::Add(entry) => entry.phone_tail.as_deref(),
                Step::Change { .. } => Some("changed"),
            })
            .collect();
        assert_eq!(tails, [Some("8000"), Some("0001"), None]);
        for phone in ["138 0013 8000", "1380013800", "+8613800138000", "1", "１２３４"] {
            let lines = plan_of(&format!("姓名,电话\n陈志,{phone}\n"), Vec::new()).expect_err("refused");
            assert!(lines[0].contains("手机尾号") && !lines[0].contains(phone), "{lines:?}");
        }
    }

    #[test]
    fn persons_are_found_again_by_number_or_by_name_and_workshop() {
        let known = |person_id, entry| Known { person_id, entry };
        let standing = vec![
            known(1, entry("陈志", Some("7"), 2, None)),
            known(2, entry("王芳", None, 2, None)),
            known(3, entry("赵艺", Some("8"), 3, Some("0001"))),
        ];
        let text =
            "姓名,工号,车间,手机尾号\n陈智,7,一车间,\n王芳,,机加车间,\n王芳,,一车间,\n王芳,9,机加车间,\n";
        let plan = plan_of(text, standing).expect("good");
        let to = entry("陈智", Some("7"), 3, None);
        let steps = vec![
            Step::Change { person_id: 1, to },
            Step::Add(entry("王芳", None, 3, None)),
            Step::Add(entry("王芳", Some("9"), 2, None)),
        ];
        assert_eq!(plan, Plan { steps, same: 1 });
    }

    #[test]
    fn workshops_by_name_by_code_or_none() {
        let plan = plan_of("姓名,班组\n甲,1-03\n乙,\n丙,工厂\n丁,一车间\n", Vec::new()).expect("good");
        let orgs: Vec<i64> = plan
            .steps
            .iter()
            .map(|step| match step {
                Step::Add(entry) => entry.org_id,
                Step::Change { .. } => 0,
            })
            .collect();
        assert_eq!(orgs, [4, 1, 1, 3]);
        let lines =
            plan_of("姓名,班组\n甲,一班\n乙,机加车间\n乙,机加车间\n", Vec::new()).expect_err("refused");
        assert!(lines[0].starts_with("r.csv:2: 有 2 个车间都叫“一班”"), "{lines:?}");
        assert!(lines[1].starts_with("r.csv:4: 与第 3 行同名同车间"), "{lines:?}");
    }
}
