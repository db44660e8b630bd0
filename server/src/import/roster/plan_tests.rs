//! What files of rosters are taken to mean.

use super::super::person::COLUMNS;
use super::*;
use crate::import::table;

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
    Entry {
        name: own(name),
        staff_no: no.map(own),
        phone_tail: tail.map(own),
        org_id,
        employment: None,
        member: None,
    }
}

fn known(person_id: i64, entry: Entry) -> Known {
    Known { person_id, entry }
}

fn standing(known: Vec<Known>, former: Vec<Known>) -> Standing {
    Standing { places: places(), known, former, elsewhere: BTreeMap::new() }
}

fn plan_with(bytes: &[u8], standing: &Standing, whole: bool) -> Result<Plan, Vec<String>> {
    let planned = table::read(bytes, None, &COLUMNS).and_then(|table| plan(&table, standing, whole));
    planned.map_err(|faults| faults.rejection("r.csv").lines)
}

fn plan_of(text: &str, known: Vec<Known>) -> Result<Plan, Vec<String>> {
    plan_with(text.as_bytes(), &standing(known, Vec::new()), false)
}

/// (what, person, name, org) of each step.
fn told(plan: &Plan) -> Vec<(What, Option<i64>, &str, i64)> {
    let one = |step: &'_ Step| (step.what, step.from.as_ref().map(|known| known.person_id));
    plan.steps
        .iter()
        .map(|step| {
            let entry = step.to.as_ref().or(step.from.as_ref().map(|known| &known.entry)).expect("somebody");
            let (what, person_id) = one(step);
            (what, person_id, entry.name.as_str(), entry.org_id)
        })
        .collect()
}

#[test]
fn one_message_per_bad_line() {
    let lines = plan_with(BAD, &standing(Vec::new(), Vec::new()), false).expect_err("refused");
    let says = [
        "r.csv:2: 没有姓名 / no name",
        "r.csv:3: 工厂 下没有车间“没有的车间”；手机尾号必须是四位数字 / no workshop",
        "r.csv:4: 手机尾号必须是四位数字",
        "r.csv:5: 工号 100003 与第 4 行重复",
        "r.csv:6: 姓名像公式",
        "r.csv:7: 姓名超过 60 个字",
    ];
    assert_eq!(lines.len(), says.len(), "{lines:#?}");
    for (line, says) in lines.iter().zip(says) {
        assert!(line.starts_with(says), "{line}");
    }
}

#[test]
fn persons_are_found_again_by_number_or_by_name_and_workshop() {
    let known = vec![
        known(1, entry("陈志", Some("7"), 2, None)),
        known(2, entry("王芳", None, 2, None)),
        known(3, entry("赵艺", Some("8"), 3, Some("0001"))),
    ];
    let text = "姓名,工号,车间,手机尾号\n陈智,7,一车间,\n王芳,,机加车间,\n王芳,,一车间,\n王芳,9,机加车间,\n";
    let mut plan = plan_of(text, known.clone()).expect("good");
    let steps =
        [(What::Moved, Some(1), "陈智", 3), (What::Added, None, "王芳", 3), (What::Added, None, "王芳", 2)];
    assert_eq!((told(&plan).as_slice(), plan.counts.same), (steps.as_slice(), 1));
    plan = plan_with(text.as_bytes(), &standing(known, Vec::new()), true).expect("good");
    assert_eq!(told(&plan).last(), Some(&(What::Left, Some(3), "赵艺", 3)));
    assert_eq!(plan.counts, ImportCounts { added: 2, moved: 1, left: 1, same: 1, ..ImportCounts::default() });
}

#[test]
fn who_was_known_by_name_alone_may_get_a_number() {
    let one = || vec![known(1, entry("王芳", None, 2, None))];
    let plan = plan_of("姓名,工号,车间\n王芳,9,机加车间\n", one()).expect("good");
    assert_eq!(told(&plan), [(What::Changed, Some(1), "王芳", 2)]);
    assert_eq!(plan.steps[0].to.as_ref().and_then(|to| to.staff_no.as_deref()), Some("9"));
    // Of two with numbers nobody can say which of them it is.
    let plan = plan_of("姓名,工号,车间\n王芳,9,机加车间\n王芳,8,机加车间\n", one()).expect("good");
    assert_eq!(plan.counts.added, 2);
    // The other way round: the number must not get lost.
    let numbered = vec![known(1, entry("王芳", Some("9"), 2, None))];
    let lines = plan_of("姓名,车间\n王芳,机加车间\n", numbered.clone()).expect_err("refused");
    assert!(lines[0].starts_with("r.csv:2: 同车间已有同名、有工号的人"), "{lines:?}");
    let plan = plan_of("姓名,工号,车间\n王芳,9,机加车间\n王芳,,机加车间\n", numbered).expect("good");
    assert_eq!((plan.counts.added, plan.counts.same), (1, 1), "both stand in the file: they are two");
}

#[test]
fn who_comes_back_is_the_same_person() {
    let former = vec![known(4, entry("孙丽", Some("5"), 2, None)), known(5, entry("周强", None, 3, None))];
    let plan = plan_with(
        "姓名,工号,车间\n孙丽,5,一车间\n周强,,一车间\n周强,,机加车间\n".as_bytes(),
        &standing(Vec::new(), former),
        true,
    );
    let want = [
        (What::Returned, Some(4), "孙丽", 3),
        (What::Returned, Some(5), "周强", 3),
        (What::Added, None, "周强", 2),
    ];
    assert_eq!(told(&plan.expect("good")), want);
}

#[test]
fn what_a_file_says_nothing_of_stays() {
    let mut whole = entry("陈志", Some("7"), 2, Some("0001"));
    (whole.employment, whole.member) = (Some("在职".to_owned()), Some(true));
    let one = || vec![known(1, whole.clone())];
    assert_eq!(plan_of("工号,姓名\n7,陈志\n", one()).expect("good").counts.same, 1);
    let plan = plan_of("工号,姓名,手机号,用工形式,是否会员\n7,陈志,,劳务派遣,否\n", one()).expect("good");
    let to = plan.steps[0].to.as_ref().expect("stays");
    assert_eq!(
        (to.phone_tail.as_deref(), to.employment.as_deref(), to.member),
        (None, Some("劳务派遣"), Some(false))
    );
}

#[test]
fn a_number_of_another_workshop_of_the_union_is_taken() {
    let mut standing = standing(Vec::new(), Vec::new());
    standing.elsewhere = BTreeMap::from([("7".to_owned(), "铸造车间".to_owned())]);
    let lines = plan_with("姓名,工号\n陈志,7\n".as_bytes(), &standing, false).expect_err("refused");
    assert!(lines[0].starts_with("r.csv:2: 工号 7 已在 铸造车间 的花名册上"), "{lines:?}");
}

#[test]
fn what_is_told_of_bad_lines_is_bounded() {
    let text = "姓名,工号\n".to_owned() + &",1\n".repeat(500);
    let lines = plan_of(&text, Vec::new()).expect_err("refused");
    assert_eq!(lines.len(), 201);
    assert_eq!(lines[200], "r.csv: 还有 300 行有错 / and 300 bad lines more");
}

#[test]
fn workshops_by_name_by_code_or_none() {
    let plan = plan_of("姓名,班组\n甲,1-03\n乙,\n丙,工厂\n丁,一 车间\n", Vec::new()).expect("good");
    let orgs: Vec<i64> = told(&plan).into_iter().map(|(.., org_id)| org_id).collect();
    assert_eq!(orgs, [4, 1, 1, 3]);
    let lines = plan_of("姓名,班组\n甲,13800138000\n", Vec::new()).expect_err("refused");
    assert!(lines[0].contains("没有车间“*8000”") && !lines[0].contains("138"), "{lines:?}");
    let lines = plan_of("姓名,班组\n甲,一班\n乙,机加车间\n乙,机加车间\n", Vec::new()).expect_err("refused");
    assert!(lines[0].starts_with("r.csv:2: 有 2 个车间都叫“一班”"), "{lines:?}");
    assert!(lines[1].starts_with("r.csv:4: 与第 3 行同名同车间"), "{lines:?}");
}
