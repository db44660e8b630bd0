//! What is typed, and who is found.

use super::*;
use std::time::Instant;

fn person(n: u128, name: &str, staff_no: &str, tail: &str) -> Person {
    Person {
        id: PersonId::from_u128(n),
        name: name.to_owned(),
        org: OrgId::from_u128(if n % 2 == 1 { 1 } else { 2 }),
        staff_no: (!staff_no.is_empty()).then(|| staff_no.to_owned()),
        phone_tail: (!tail.is_empty()).then(|| tail.to_owned()),
    }
}

fn roster_of(people: &[(&str, &str, &str)]) -> Roster {
    let mut book = Book::default();
    for (n, name, parent) in [(1, "机加车间", Some(3)), (2, "一车间", Some(3)), (3, "机械厂工会", None)]
    {
        let org: shared::org::Org = serde_json::from_value(serde_json::json!({
            "id": OrgId::from_u128(n), "code": format!("JC-{n}"), "name": name, "level": "workshop",
            "parent": parent.map(OrgId::from_u128)
        }))
        .unwrap();
        book.orgs.insert(org.id, org);
    }
    for (n, (name, no, tail)) in (1..).zip(people) {
        let person = person(n, name, no, tail);
        book.people.insert(person.id, person);
    }
    let session: SessionRow = serde_json::from_value(serde_json::json!({
        "id": "00000000-0000-0000-0000-000000000009", "org": OrgId::from_u128(3),
        "campaign": "00000000-0000-0000-0000-000000000001", "activity": "lecture", "title": "t",
        "starts_ms": 0, "state": "open"
    }))
    .unwrap();
    let walk_in = person(1_001, "来宾", "", "");
    Roster::new(&book, &session, [&walk_in].into_iter())
}

fn roster() -> Roster {
    roster_of(&[
        ("陈志", "100002", "8464"),
        ("陈志", "100003", "5173"),
        ("韩宝光", "A100004", ""),
        ("宝志强", "", "1000"),
        ("张伟", "7", "0001"),
        ("章文", "8", "0002"),
        ("单晓曾", "11", ""),
        ("尉迟重", "12", ""),
        ("吕绿", "13", ""),
        ("阿依古丽·买买提", "14", ""),
        ("John Smith", "15", ""),
        ("王𬭊𫖯", "16", ""),
        ("李𠀀明", "17", ""),
        ("乐乐", "18", ""),
    ])
}

fn names(query: &str) -> Vec<String> {
    let roster = roster();
    let (places, all) = roster.find(query, |line| !line.walk_in);
    assert_eq!(places.len(), all);
    places.iter().map(|place| roster.lines[*place].person.name.clone()).collect()
}

#[test]
fn by_name_number_and_tail() {
    assert_eq!(names("宝"), ["宝志强", "韩宝光"], "a beginning before a middle");
    assert_eq!(names("a100004"), ["韩宝光"], "any case");
    assert_eq!(names("Ａ１０００"), ["韩宝光"], "full width");
    assert_eq!(names("5173"), ["陈志"]);
    assert_eq!(names("1000").first().map(String::as_str), Some("宝志强"), "a whole tail before parts");
    assert_eq!(names("0003"), ["陈志"], "the end of a number");
    assert_eq!(names(" 陈志 ").len(), 2);
    assert_eq!(names("晓曾"), ["单晓曾"], "two characters anywhere");
    assert_eq!(names("nobody"), Vec::<String>::new());
}

#[test]
fn by_initials_and_pinyin_in_any_mixture() {
    for query in ["zw", "zhw", "zhangw", "ZW", "zhawe"] {
        assert_eq!(names(query), ["章文", "张伟"], "{query}");
    }
    for query in ["zhangwei", "zwei", "zhwei"] {
        assert_eq!(names(query).first().map(String::as_str), Some("张伟"), "{query}");
    }
    assert_eq!(names("zhangwen"), ["章文"]);
    assert_eq!(names("zhan"), ["章文", "张伟"], "a prefix of a syllable");
    assert_eq!(names("zhang"), ["章文", "张伟"]);
    assert_eq!(names("wei"), ["张伟"], "by the given name alone");
    assert_eq!(names("sxc"), ["单晓曾"]);
    assert_eq!(names("shanxiaozeng"), ["单晓曾"]);
    assert_eq!(names("danxiao"), Vec::<String>::new(), "as a surname it is never Dan");
    assert_eq!(names("yuchizhong"), ["尉迟重"]);
    assert_eq!(names("ycc"), ["尉迟重"], "the given name by both readings");
    for query in ["lvlv", "lulu", "lyulyu", "lülü", "ll"] {
        assert!(names(query).contains(&"吕绿".to_owned()), "{query}");
    }
    assert_eq!(names("yuele"), ["乐乐"]);
    assert_eq!(names("yueyue"), ["乐乐"]);
}

#[test]
fn names_of_every_kind() {
    for query in
        ["阿依古丽买买提", "阿依古丽·买", "阿依古丽•买买提", "买买提", "aygl", "ayigulimaimaiti", "mmt"]
    {
        assert_eq!(names(query), ["阿依古丽·买买提"], "{query}");
    }
    for query in ["john", "smith", "John Smith", "js", "jsmith", "johns", "johnsmith"] {
        assert_eq!(names(query).first().map(String::as_str), Some("John Smith"), "{query}");
    }
    for query in ["𬭊", "𬭊𫖯", "王𬭊", "wdf", "wdufu"] {
        assert_eq!(names(query), ["王𬭊𫖯"], "{query}");
    }
    // Nobody can say how it is read: left out, or by any letter.
    for query in ["𠀀", "lm", "liming", "lhm"] {
        assert_eq!(names(query).first().map(String::as_str), Some("李𠀀明"), "{query}");
    }
}

#[test]
fn several_words_tell_namesakes_apart() {
    let roster = roster();
    let found = |query: &str| -> Vec<Option<String>> {
        let (places, _) = roster.find(query, |_| true);
        places.iter().map(|place| roster.lines[*place].person.staff_no.clone()).collect()
    };
    assert_eq!(found("陈志 一车间"), [Some("100003".to_owned())]);
    assert_eq!(found("cz 机加"), [Some("100002".to_owned())]);
    assert_eq!(found("陈志 003"), [Some("100003".to_owned())]);
    assert_eq!(found("陈志 5173"), [Some("100003".to_owned())]);
    assert_eq!(roster.lines.iter().filter(|line| line.namesake).count(), 2);
}

#[test]
fn whoever_looks_for_himself_sees_few_and_nobody_at_first() {
    let roster = five_thousand();
    let found = |query: &str| roster.find_self(query).0.len();
    for query in ["", " ", "陈", "z", "1", "一 车"] {
        assert_eq!(roster.find_self(query), (vec![], false), "{query}");
    }
    assert_eq!(roster.find_self("zh").0.len(), SELF_MAX);
    assert!(roster.find_self("zh").1, "and says that there are more");
    assert!(found("陈志") >= 2);
    assert_eq!((found("100002"), found("8464") >= 1), (1, true));
    assert_eq!(found("10"), 0, "parts of numbers would list the roster");
    assert_eq!(found("车间"), 0);
}

#[test]
fn walk_ins_come_last_and_have_no_number() {
    let roster = roster();
    assert_eq!(roster.expected, 14);
    let numbers: Vec<u32> = roster.lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, (1..=14).chain([0]).collect::<Vec<_>>());
    assert_eq!(roster.on_sheet().count(), 14);
    assert!(roster.lines[14].walk_in);
    assert_eq!(roster.orgs.len(), 2);
}

#[test]
fn a_code_names_one_or_says_that_it_does_not() {
    let roster = roster_of(&[("陈志", "7", ""), ("韩光", "7", ""), ("王芳", "8", "")]);
    let found =
        |text: &str| roster.by_code(text).iter().map(|line| line.person.name.as_str()).collect::<Vec<_>>();
    assert_eq!(found("8"), ["王芳"]);
    assert_eq!(found("jiangdao:p:JC-3:8"), ["王芳"], "by the union above");
    assert_eq!(found("jiangdao:p:JC-1:7"), ["陈志"]);
    assert_eq!(found("7").len(), 2, "a bare number of two unions");
    assert!(found("9").is_empty() && found("https://example.org").is_empty());
}

#[test]
fn a_long_list_is_cut_and_counted() {
    let mut roster = roster();
    let line = roster.lines[0].clone();
    roster.lines = vec![line; 5_000];
    let (places, all) = roster.find("", |_| true);
    assert_eq!((places.len(), all), (LISTED_MAX, 5_000));
}

/// The roster of the demo, as offices send it.
fn five_thousand() -> Roster {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/roster-5000.csv");
    let text = std::fs::read_to_string(file).unwrap();
    let people: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let people: Vec<(&str, &str, &str)> = people.iter().map(|p| (p[0], p[1], p[3].trim())).collect();
    roster_of(&people)
}

/// `cargo test --release -p app --lib search -- --nocapture` prints what a key press costs.
#[test]
fn a_key_press_is_answered_at_once() {
    let started = Instant::now();
    let roster = five_thousand();
    println!("roster of {}: made in {:?}", roster.lines.len(), started.elapsed());
    let mut worst = std::time::Duration::ZERO;
    for query in [
        "",
        "z",
        "zh",
        "zha",
        "zhan",
        "zhangw",
        "wei",
        "陈",
        "陈志",
        "1",
        "10",
        "1000",
        "5173",
        "陈志 一车间",
        "xyzxyz",
    ] {
        let took = (0..20)
            .map(|_| {
                let started = Instant::now();
                std::hint::black_box(roster.find(query, |_| true));
                started.elapsed()
            })
            .min()
            .unwrap();
        println!("{query:12} {took:?}");
        worst = worst.max(took);
    }
    // Unoptimised code takes some twenty times as long: the bound only catches what is far off.
    let most_ms = if cfg!(debug_assertions) { 60 } else { 2 };
    assert!(worst.as_millis() < most_ms, "{worst:?}");
}
