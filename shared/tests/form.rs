//! How forms are read: whatever is answered, exactly what is shown is kept, and reading it again changes nothing.

#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use shared::form::answer::{Answers, Wrong, as_on_paper, is_day, read, walk};
use shared::form::check::{Fault, check, follows};
use shared::form::skip::Condition;
use shared::form::{Choice, Form, Kind, Question, default_form};
use shared::text::Bilingual;

fn answers(value: Value) -> Answers {
    value.as_object().cloned().unwrap_or_default()
}

fn form(questions: Value) -> Form {
    let id = shared::form::DEFAULT_FORM.to_string();
    let mut asked = questions;
    for question in asked.as_array_mut().unwrap() {
        let question = question.as_object_mut().unwrap();
        question.entry("text").or_insert(json!({ "zh": "问？" }));
        question.entry("short").or_insert(json!({ "zh": "问" }));
    }
    serde_json::from_value(json!({ "id": id, "version": 1, "title": { "zh": "表" }, "questions": asked }))
        .unwrap()
}

/// One question of each kind, with what is skipped on a condition.
fn every_kind() -> Form {
    form(json!([
        { "id": "head", "type": "section" },
        { "id": "mark", "type": "rating", "scale": 5, "required": true },
        { "id": "way", "type": "single", "options": [{ "id": "bus", "text": { "zh": "班车" } },
            { "id": "foot", "text": { "zh": "步行" } }], "other": true, "shown_if": { "question": "mark", "at_least": 3 } },
        { "id": "want", "type": "multiple", "most": 2, "other": true, "options": [{ "id": "a", "text": { "zh": "甲" } },
            { "id": "b", "text": { "zh": "乙" } }, { "id": "c", "text": { "zh": "丙" } }] },
        { "id": "age", "type": "number", "min": 16, "max": 70 },
        { "id": "line", "type": "text", "max_chars": 5, "one_line": true, "shown_if": { "question": "way", "is": "other" } },
        { "id": "day", "type": "date", "min": "2026-01-01", "max": "2026-12-31" },
        { "id": "last", "type": "text", "max_chars": 1000, "required": true,
            "shown_if": { "question": "want", "one_of": ["b", "other"] } },
    ]))
}

#[test]
fn the_default_form_is_read_as_ever() {
    let form = default_form();
    let good = json!({"understood": 5, "absorbed": 1, "usable": 3, "help": "", "improve": null});
    let kept = read(&form, &answers(good)).unwrap();
    assert_eq!(Value::from(kept), json!({"understood": 5, "absorbed": 1, "usable": 3}));
    let long = "长".repeat(1_001);
    for (value, id, wrong) in [
        (json!({}), "understood", Wrong::Missing),
        (json!({"understood": 0, "absorbed": 1, "usable": 3}), "understood", Wrong::Limit),
        (json!({"understood": 5, "absorbed": 6, "usable": 3}), "absorbed", Wrong::Limit),
        (json!({"understood": 5, "absorbed": 1.5, "usable": 3}), "absorbed", Wrong::Kind),
        (json!({"understood": 5, "absorbed": 1, "usable": "3"}), "usable", Wrong::Kind),
        (json!({"understood": 5, "absorbed": 1, "usable": 3, "help": long}), "help", Wrong::Limit),
        (json!({"understood": 5, "absorbed": 1, "usable": 3, "help": [1]}), "help", Wrong::Kind),
        (json!({"understood": 5, "absorbed": 1, "usable": 3, "name": "张"}), "name", Wrong::Unasked),
    ] {
        assert_eq!(read(&form, &answers(value)), Err((id.to_owned(), wrong)), "{id}");
    }
    let edge = json!({"understood": 5, "absorbed": 1, "usable": 3, "help": "长".repeat(1_000)});
    assert!(read(&form, &answers(edge)).is_ok(), "counted in characters");
    let sheet = answers(json!({"understood": 5}));
    assert_eq!(read(&as_on_paper(&form), &sheet), Ok(sheet), "a sheet may have gaps");
}

#[test]
fn the_default_form_is_written_as_ever() {
    let text = serde_json::to_string(&default_form().questions[0]).unwrap();
    let was = r#"{"id":"understood","text":{"zh":"今天讲的，您听得懂吗？","en":"Could you follow today's lecture?"},"short":{"zh":"听得懂","en":"Followed"},"type":"rating","scale":5,"required":true}"#;
    assert_eq!(text, was);
    let text = serde_json::to_string(&default_form().questions[3]).unwrap();
    assert!(text.ends_with(r#""type":"text","max_chars":1000,"required":false}"#), "{text}");
    assert_eq!(check(&default_form()), []);
}

#[test]
fn a_question_is_asked_by_what_was_answered_before() {
    let form = every_kind();
    assert_eq!(check(&form), []);
    let shown = |value: Value| {
        let walk = walk(&form, &answers(value));
        walk.shown.iter().map(|at| form.questions[*at].id.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(shown(json!({})), "head mark want age day");
    assert_eq!(shown(json!({"mark": 2})), "head mark want age day");
    assert_eq!(shown(json!({"mark": 3})), "head mark way want age day");
    assert_eq!(shown(json!({"mark": 3, "way": "bus"})), "head mark way want age day");
    assert_eq!(shown(json!({"mark": 3, "way": {"other": "骑车"}})), "head mark way want age line day");
    assert_eq!(shown(json!({"want": ["c", "b"]})), "head mark want age day last");
    // Back to 2: what hung on the way that is not asked any more goes as well.
    let turned = json!({"mark": 2, "way": {"other": "骑车"}, "line": "三路", "want": ["a"]});
    assert_eq!(shown(turned.clone()), "head mark want age day");
    assert_eq!(read(&form, &answers(turned)), Ok(answers(json!({"mark": 2, "want": ["a"]}))));
}

#[test]
fn each_kind_keeps_to_its_limits() {
    let form = every_kind();
    let told = |more: Value| {
        let mut all = answers(json!({"mark": 5}));
        all.extend(answers(more));
        read(&form, &all).map(Value::from)
    };
    for (more, id, wrong) in [
        (json!({"way": "plane"}), "way", Wrong::Choice),
        (json!({"way": 1}), "way", Wrong::Kind),
        (json!({"way": {"other": " "}}), "way", Wrong::Other),
        (json!({"way": {"other": "长".repeat(201)}}), "way", Wrong::Limit),
        (json!({"want": ["a", "b", "c"]}), "want", Wrong::Limit),
        (json!({"want": ["a", "z"]}), "want", Wrong::Choice),
        (json!({"want": "a"}), "want", Wrong::Kind),
        (json!({"age": 15}), "age", Wrong::Limit),
        (json!({"age": "x"}), "age", Wrong::Kind),
        (json!({"age": 20.5}), "age", Wrong::Kind),
        (json!({"day": "2026-02-29"}), "day", Wrong::Kind),
        (json!({"day": "2027-01-01"}), "day", Wrong::Limit),
        (json!({"head": "x"}), "head", Wrong::Unasked),
        (json!({"want": ["b"]}), "last", Wrong::Missing),
    ] {
        assert_eq!(told(more.clone()), Err((id.to_owned(), wrong)), "{more}");
    }
    let full = json!({"way": {"other": " 骑车 "}, "want": ["b", "a", "a"], "age": " 20 ", "line": " 三路 ",
        "day": "2026-02-28", "last": "好"});
    let kept = json!({"mark": 5, "way": {"other": "骑车"}, "want": ["a", "b"], "age": 20, "line": "三路",
        "day": "2026-02-28", "last": "好"});
    assert_eq!(told(full), Ok(kept));
    for (text, is) in [
        ("2024-02-29", true),
        ("1900-02-29", false),
        ("2026-04-31", false),
        ("2026-4-3", false),
        ("２０２６-０１", false),
        ("2026-13-01", false),
        ("", false),
    ] {
        assert_eq!(is_day(text), is, "{text}");
    }
}

#[test]
fn what_a_newer_version_asks_is_told_and_never_in_the_way() {
    let mut form = every_kind();
    assert!(!form.is_newer());
    form.questions.push(
        serde_json::from_value(
            json!({ "id": "drawn", "text": { "zh": "画" }, "short": { "zh": "画" }, "type": "drawing",
            "required": true }),
        )
        .unwrap(),
    );
    form.questions.push(Question {
        id: "odd".to_owned(),
        shown_if: Some(serde_json::from_value(json!({ "question": "mark", "rhymes_with": 3 })).unwrap()),
        ..form.questions[1].clone()
    });
    assert!(form.is_newer());
    let walk = walk(&form, &answers(json!({"mark": 1})));
    assert_eq!(walk.wrong, []);
    assert!(walk.shown.ends_with(&[8, 9]), "that they are there is said: {:?}", walk.shown);
    let told = read(&form, &answers(json!({"mark": 1, "drawn": "x"})));
    assert_eq!(told, Err(("drawn".to_owned(), Wrong::Unasked)));
    assert!(check(&form).contains(&(Some("drawn".to_owned()), Fault::Unknown)));
}

/// Spoils a form.
type Edit = fn(&mut Form);

#[test]
fn what_cannot_go_out_is_named() {
    let edits: [(Edit, Option<&str>, Fault); 14] = [
        (|f| f.title.zh.clear(), None, Fault::Title),
        (|f| f.questions.truncate(1), None, Fault::Questions),
        (|f| f.questions[1].id = "way".to_owned(), Some("way"), Fault::Id),
        (|f| f.questions[1].id = "Mark".to_owned(), Some("Mark"), Fault::Id),
        (|f| f.questions[3].text.zh = " ".to_owned(), Some("want"), Fault::Text),
        (|f| f.questions[1].kind = Kind::Rating { scale: 11 }, Some("mark"), Fault::Scale),
        (|f| f.questions[3].kind = choices(1), Some("want"), Fault::Choices),
        (
            |f| f.questions[3].kind = Kind::Multiple { options: two(), other: false, most: Some(3) },
            Some("want"),
            Fault::Most,
        ),
        (|f| f.questions[4].kind = Kind::Number { min: Some(2), max: Some(1) }, Some("age"), Fault::Range),
        (
            |f| f.questions[6].kind = Kind::Date { min: Some("2026-02-30".to_owned()), max: None },
            Some("day"),
            Fault::Range,
        ),
        (|f| f.questions[7].kind = Kind::Text { max_chars: 0, one_line: false }, Some("last"), Fault::Length),
        // A question cannot hang on a later one, nor on itself: there are no circles.
        (|f| f.questions.swap(1, 2), Some("way"), Fault::Condition),
        (|f| f.questions[4].shown_if = is("age", json!(20)), Some("age"), Fault::Condition),
        (|f| f.questions[4].shown_if = is("mark", json!(6)), Some("age"), Fault::Condition),
    ];
    for (n, (edit, place, fault)) in edits.into_iter().enumerate() {
        let mut form = every_kind();
        edit(&mut form);
        let found = check(&form);
        assert!(found.contains(&(place.map(str::to_owned), fault)), "{n}: {found:?}");
    }
}

fn is(question: &str, value: Value) -> Option<Condition> {
    Some(Condition { question: question.to_owned(), is: Some(value), ..Condition::default() })
}

fn two() -> Vec<Choice> {
    ["a", "b"].map(|id| Choice { id: id.to_owned(), text: Bilingual::new("选", "") }).to_vec()
}

fn choices(n: usize) -> Kind {
    Kind::Single { options: two().into_iter().take(n).collect(), other: false }
}

#[test]
fn a_name_keeps_its_meaning() {
    let old = every_kind();
    let mut new = old.clone();
    new.questions.remove(4);
    new.questions[1].text.zh = "换一种问法".to_owned();
    assert_eq!(follows(&new, std::slice::from_ref(&old)), None);
    new.questions[1].kind = Kind::Rating { scale: 7 };
    let told = Some((Some("mark".to_owned()), Fault::Meaning));
    assert_eq!(follows(&new, &[default_form(), old.clone()]), told);
    assert_eq!(follows(&new, &[default_form()]), None);
}

const IDS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn kind() -> impl Strategy<Value = Kind> {
    let most = proptest::option::of(1_u8..4);
    prop_oneof![
        (2_u8..=10).prop_map(|scale| Kind::Rating { scale }),
        any::<bool>().prop_map(|other| Kind::Single { options: two(), other }),
        (any::<bool>(), most).prop_map(|(other, most)| Kind::Multiple { options: two(), other, most }),
        proptest::option::of(-3_i64..3).prop_map(|min| Kind::Number { min, max: None }),
        (1_u32..6, any::<bool>()).prop_map(|(max_chars, one_line)| Kind::Text { max_chars, one_line }),
        Just(Kind::Date { min: Some("2026-02-01".to_owned()), max: None }),
        Just(Kind::Section),
        Just(Kind::Unknown),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(vec![
            json!(null),
            json!(""),
            json!("a"),
            json!("b"),
            json!("z"),
            json!(" 2 "),
            json!("2026-02-28")
        ]),
        (-4_i64..12).prop_map(Value::from),
        select(vec![json!({"other": "x"}), json!({"other": ""}), json!({"no": 1}), json!("otherwise long")]),
    ];
    prop_oneof![3 => leaf.clone(), 1 => prop::collection::vec(leaf, 0..4).prop_map(Value::Array)]
}

fn condition() -> impl Strategy<Value = Condition> {
    let wanted = select(vec![json!("a"), json!("b"), json!("other"), json!(1), json!(2)]);
    let ids = select(IDS.to_vec());
    (
        ids,
        proptest::option::of(wanted.clone()),
        prop::collection::vec(wanted, 0..3),
        proptest::option::of(0_i64..5),
    )
        .prop_map(|(question, is, one_of, at_least)| Condition {
            question: question.to_owned(),
            is,
            one_of,
            at_least,
        })
}

fn any_form() -> impl Strategy<Value = Form> {
    let question = (kind(), any::<bool>(), proptest::option::of(condition()));
    prop::collection::vec(question, 1..=5).prop_map(|all| {
        let questions = all.into_iter().zip(IDS).map(|((kind, required, shown_if), id)| Question {
            id: id.to_owned(),
            text: Bilingual::new("问", "q"),
            short: Bilingual::default(),
            kind,
            required,
            shown_if,
        });
        Form { questions: questions.collect(), ..default_form() }
    })
}

fn any_answers() -> impl Strategy<Value = Answers> {
    prop::collection::btree_map(select(IDS.to_vec()), value(), 0..5)
        .prop_map(|all| all.into_iter().map(|(id, answer)| (id.to_owned(), answer)).collect::<Map<_, _>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_kept_is_of_shown_questions_alone_and_reads_the_same_again(form in any_form(), answers in any_answers()) {
        let first = walk(&form, &answers);
        let shown: Vec<&str> = first.shown.iter().map(|at| form.questions[*at].id.as_str()).collect();
        for question in &form.questions {
            // A condition on itself or on a later question never holds.
            let met = |c: &Condition| c.question < question.id && c.holds(&first.kept);
            let holds = question.shown_if.as_ref().is_none_or(|c| !c.is_known() || met(c));
            prop_assert_eq!(shown.contains(&question.id.as_str()), holds || !question.is_known());
            let faulty = first.wrong.iter().any(|(id, _)| *id == question.id);
            if first.kept.contains_key(&question.id) || faulty {
                prop_assert!(shown.contains(&question.id.as_str()) && question.is_asked());
                prop_assert!(!(faulty && first.kept.contains_key(&question.id)));
            }
        }
        let again = walk(&form, &first.kept);
        prop_assert_eq!(&again.kept, &first.kept);
        prop_assert_eq!(&again.shown, &first.shown);
        if let Ok(kept) = read(&form, &answers) {
            prop_assert_eq!(read(&form, &kept), Ok(kept.clone()));
            prop_assert_eq!(kept, first.kept);
        }
    }

    #[test]
    fn a_form_survives_the_wire(form in any_form()) {
        let text = serde_json::to_string(&form).unwrap();
        prop_assert_eq!(serde_json::from_str::<Form>(&text).unwrap(), form);
    }
}
