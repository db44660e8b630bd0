//! What files of orgs are taken to mean.

use super::*;

fn plan_of(text: &str, known: &Tree) -> Result<Plan, Vec<String>> {
    let planned = read(text.as_bytes(), None).and_then(|table| plan(&table, known));
    planned.map_err(|faults| faults.rejection("o.csv").lines)
}

fn tree(text: &str) -> Tree {
    let plan = plan_of(text, &Tree::new()).expect("good");
    plan.steps.into_iter().map(|step| (step.code, step.to)).collect()
}

fn refused(text: &str, known: &Tree) -> Vec<String> {
    plan_of(text, known).expect_err("refused")
}

fn counts(added: u64, changed: u64, moved: u64, same: u64) -> ImportCounts {
    ImportCounts { added, changed, moved, same, ..ImportCounts::default() }
}

#[test]
fn the_order_of_lines_does_not_matter() {
    let up = tree("编码,名称,级别,上级\n3,车间,车间,2\n2,工厂,grassroots,1\n1,市,city,\n");
    let down = tree("parent,level,name,code\n,市,市,1\n1,基层工会,工厂,2\n2,班组,车间,3\n");
    assert_eq!(up, down);
    let plan = plan_of("code,name,level,parent\n9,b,town,8\n8,a,district,\n", &Tree::new());
    let codes: Vec<String> = plan.expect("good").steps.into_iter().map(|step| step.code).collect();
    assert_eq!(codes, ["8", "9"]);
}

#[test]
fn only_what_differs_is_written() {
    let known = tree("code,name,level,parent\n1,市,city,\n2,工厂,grassroots,1\n");
    let plan = plan_of("code,name,level,parent\n1,市,city,\n2,新厂,grassroots,1\n3,班,workshop,2\n", &known)
        .expect("good");
    assert_eq!(plan.counts, counts(1, 1, 0, 1));
    assert_eq!(plan.steps.iter().map(|step| step.code.as_str()).collect::<Vec<_>>(), ["2", "3"]);
}

#[test]
fn every_bad_line_gets_one_message() {
    let text = "code,name,level,parent\n1,市,city,\n1,又一个,city,\n2,厂,factory,1\n3,厂,town,99\n\
                4,甲,town,5\n5,乙,town,4\n6,丙,town,4\n7,顶,city,\n,,town,1\n8,=A1,town,1\n9,好,town,1\n";
    let lines = refused(text, &Tree::new());
    let starts = [
        "o.csv:3: 编码 1 与第 2 行重复 / ",
        "o.csv:4: 没有这个级别：“factory” / ",
        "o.csv:5: 没有上级 99 / ",
        "o.csv:6: 4 的上级绕回了自己 / ",
        "o.csv:7: 5 的上级绕回了自己 / ",
        "o.csv:9: 没有上级，但最上级已经是 1 / ",
        "o.csv:10: 没有编码；没有名称 / no code; no name",
        "o.csv:11: 名称像公式",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:#?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line} does not begin with {start}");
    }
}

#[test]
fn a_second_top_and_a_loop_through_known_orgs_are_refused() {
    let known = tree("code,name,level,parent\n1,市,city,\n2,区,district,1\n3,厂,grassroots,2\n");
    assert_eq!(refused("code,name,level,parent\n7,顶,city,\n", &known).len(), 1);
    let lines = refused("code,name,level,parent\n2,区,district,3\n", &known);
    assert!(lines[0].contains("2 的上级绕回了自己"), "{lines:?}");
    // A new top above the old one is no second top.
    let taller = plan_of("code,name,level,parent\n0,省,city,\n1,市,city,0\n", &known);
    assert_eq!(taller.expect("good").counts, counts(1, 0, 1, 0));
}

#[test]
fn the_org_above_by_code_or_by_a_name_that_one_org_has() {
    let known =
        tree("code,name,level,parent\n1,市总工会,city,\n2,海港区,区县,市总工会\n３,一厂,基层工会,海港区\n");
    assert_eq!(known["2"].parent.as_deref(), Some("1"));
    assert_eq!(
        known["3"],
        Facts { name: "一厂".to_owned(), level: Level::Grassroots, parent: Some("2".to_owned()) }
    );
    let plan = plan_of("单位代码,单位名称,层级,上级工会\n4,一车间,车间,一厂\n5,一车间,班组,3\n", &known)
        .expect("good");
    assert_eq!(plan.counts, counts(2, 0, 0, 0));
    let lines = refused("code,name,level,parent\n4,一厂,基层工会,2\n5,一车间,车间,一厂\n", &known);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("o.csv:3: 有 2 个组织都叫“一厂”，上级请写编码 / "), "{lines:?}");
}
