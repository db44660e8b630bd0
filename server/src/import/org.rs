//! The org tree as a file: code, name, level, code of the org above. The code is the key: what is
//! known is updated, what is new is added, what the file leaves out stays.
//!
//! `plan` decides and knows no database; `import` reads, plans and writes, all or nothing.

use super::table::{self, Column, Line, overlong};
use crate::fault::{Fault, Faults, Rejection};
use crate::feed::{self, Where};
use crate::{ledger, org};
use rusqlite::Connection;
use shared::id::OrgId;
use shared::org::Level;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

const CODE_MAX_CHARS: usize = 40;
const NAME_MAX_CHARS: usize = 100;

const COLUMNS: [Column; 4] = [
    Column { name: "编码", synonyms: &["code", "组织编码", "工会编码", "代码"], required: true },
    Column {
        name: "名称", synonyms: &["name", "组织名称", "工会名称", "单位名称"], required: true
    },
    Column { name: "级别", synonyms: &["level", "层级", "类型"], required: true },
    Column {
        name: "上级", synonyms: &["parent", "上级编码", "上级工会", "上级组织"], required: true
    },
];

/// What an org is, apart from its identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) level: Level,
    /// Code of the org above; none at the top.
    pub(crate) parent: Option<String>,
}

/// Code → what the org is.
pub(crate) type Tree = BTreeMap<String, Facts>;

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Orgs that were not known.
    pub added: usize,
    /// Orgs whose name, level or parent changed.
    pub changed: usize,
    /// Orgs that are as they were.
    pub same: usize,
}

/// What is to be written, parents before children.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) write: Vec<(String, Facts)>,
    pub(crate) done: Done,
}

/// Decides what a file changes in the tree.
///
/// # Errors
/// One line per bad line of the file.
pub(crate) fn plan(file: &str, bytes: &[u8], known: &Tree) -> Result<Plan, Rejection> {
    let lines = table::read(file, bytes, &COLUMNS)?;
    if lines.is_empty() {
        let fault = Fault::new("文件里没有组织", "the file holds no orgs");
        return Err(Rejection::at(file, 0, &fault));
    }
    let mut faults = Faults::default();
    let mut read: BTreeMap<String, (usize, Facts)> = BTreeMap::new();
    for line in &lines {
        take(line, &mut read, &mut faults);
    }
    let mut after = known.clone();
    after.extend(read.iter().map(|(code, (_, facts))| (code.clone(), facts.clone())));
    check_parents(&read, &after, &mut faults);
    check_roots(&read, known, &mut faults);
    faults.close(file)?;

    let mut plan = Plan::default();
    for code in parents_first(&after) {
        let Some((_, facts)) = read.get(code) else { continue };
        match known.get(code) {
            Some(before) if before == facts => {
                plan.done.same += 1;
                continue;
            }
            Some(_) => plan.done.changed += 1,
            None => plan.done.added += 1,
        }
        plan.write.push((code.to_owned(), facts.clone()));
    }
    Ok(plan)
}

fn take(line: &Line, read: &mut BTreeMap<String, (usize, Facts)>, faults: &mut Faults) {
    let [code, name, level, parent] = line.cells.as_slice() else { return };
    let mut fault = |zh: String, en: String| faults.add(line.number, Fault::new(zh, en));
    for (what, what_en, text, most) in
        [("编码", "code", code, CODE_MAX_CHARS), ("名称", "name", name, NAME_MAX_CHARS)]
    {
        if text.is_empty() {
            fault(format!("没有{what}"), format!("no {what_en}"));
        } else if text.chars().count() > most {
            fault(
                format!("{what}超过 {most} 个字"),
                format!("the {what_en} has more than {most} characters"),
            );
        } else if text.starts_with(['=', '+', '-', '@']) || text.chars().any(char::is_control) {
            fault(
                format!("{what}像公式或含有控制字符"),
                format!("the {what_en} looks like a formula or has control characters"),
            );
        }
    }
    let known_level = level_of(level);
    if known_level.is_none() {
        fault(format!("没有这个级别：“{level}”"), format!("no such level: \"{level}\""));
    }
    if line.overlong {
        let Fault { zh, en } = overlong();
        fault(zh, en);
    }
    if let Some((first, _)) = read.get(code) {
        fault(
            format!("编码 {code} 与第 {first} 行重复"),
            format!("code {code} stands on line {first} already"),
        );
    } else if !code.is_empty() {
        let level = known_level.unwrap_or(Level::Workshop);
        let parent = (!parent.is_empty()).then(|| parent.clone());
        read.insert(code.clone(), (line.number, Facts { name: name.clone(), level, parent }));
    }
}

/// The level by its word on the wire, or by what people call it.
fn level_of(text: &str) -> Option<Level> {
    let lower = text.to_lowercase();
    let by_name = |level: &Level| {
        let label = level.label(shared::text::Lang::Zh);
        label == text || label.split(['（', '）']).any(|part| part == text)
    };
    Level::from_wire(&lower).or_else(|| Level::ALL.iter().copied().find(by_name))
}

fn check_parents(read: &BTreeMap<String, (usize, Facts)>, after: &Tree, faults: &mut Faults) {
    for (code, (line, facts)) in read {
        if let Some(parent) = &facts.parent
            && !after.contains_key(parent)
        {
            faults.add(
                *line,
                Fault::new(format!("没有上级 {parent}"), format!("no org has the parent's code {parent}")),
            );
        } else if comes_back(code, after) {
            faults.add(
                *line,
                Fault::new(
                    format!("{code} 的上级绕回了自己"),
                    format!("the orgs above {code} lead back to itself"),
                ),
            );
        }
    }
}

/// Whether going up from an org leads to it again.
fn comes_back(code: &str, tree: &Tree) -> bool {
    let mut seen = BTreeSet::new();
    let mut at = code;
    while let Some(parent) = tree.get(at).and_then(|facts| facts.parent.as_deref()) {
        if parent == code {
            return true;
        }
        if !seen.insert(parent) {
            return false;
        }
        at = parent;
    }
    false
}

/// There is one tree. The org at the top is the known one, else the file's first.
fn check_roots(read: &BTreeMap<String, (usize, Facts)>, known: &Tree, faults: &mut Faults) {
    let stays = |code: &&String| !read.contains_key(*code) || read[*code].1.parent.is_none();
    let standing = known.iter().filter(|(_, facts)| facts.parent.is_none()).map(|(code, _)| code).find(stays);
    let mut tops: Vec<(usize, &String)> =
        read.iter().filter(|(_, (_, f))| f.parent.is_none()).map(|(code, (line, _))| (*line, code)).collect();
    tops.sort_unstable();
    let Some(top) = standing.or_else(|| tops.first().map(|(_, code)| *code)) else { return };
    for (line, code) in tops {
        if code != top {
            faults.add(
                line,
                Fault::new(
                    format!("没有上级，但最上级已经是 {top}"),
                    format!("no parent, but {top} is at the top already"),
                ),
            );
        }
    }
}

/// Codes in an order in which each parent comes before its children.
fn parents_first(tree: &Tree) -> Vec<&str> {
    let mut below: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for (code, facts) in tree {
        below.entry(facts.parent.as_deref()).or_default().push(code);
    }
    let mut order: Vec<&str> = below.get(&None).cloned().unwrap_or_default();
    let mut done = 0;
    while let Some(code) = order.get(done).copied() {
        order.extend(below.get(&Some(code)).into_iter().flatten());
        done += 1;
    }
    order
}

/// Takes a file in, in the transaction that the connection is in.
///
/// # Errors
/// One line per bad line of the file, or a fault of the database; nothing was written that the
/// caller may commit.
pub fn import(conn: &Connection, file: &str, bytes: &[u8]) -> Result<Done, Rejection> {
    let mut keys: HashMap<String, i64> = HashMap::new();
    let plan = plan(file, bytes, &known(conn, &mut keys)?)?;
    let mut moved = false;
    for (code, facts) in &plan.write {
        // Parents come first, and each was found in the tree: none of them is missing.
        let parent_id = facts.parent.as_ref().and_then(|parent| keys.get(parent)).copied();
        let id = OrgId::from(Uuid::now_v7());
        let old_parent_id = match keys.get(code) {
            Some(org_id) => org::line(conn, *org_id)?.get(1).copied(),
            None => None,
        };
        let org_id = org::put(conn, org::Put { id, code, name: &facts.name, level: facts.level, parent_id })?;
        keys.insert(code.clone(), org_id);
        if let Some(old) = old_parent_id.filter(|old| Some(*old) != parent_id) {
            tell_of_move(conn, org_id, old)?;
            moved = true;
        }
    }
    if moved {
        // Whose roster is expected where follows from the tree.
        ledger::tree_changed(conn)?;
    }
    Ok(plan.done)
}

/// A branch that hangs elsewhere now has left the scopes of the orgs that were above it and come
/// into others. First the old ones are told that its rows are gone, then everybody above it that
/// they are there: who is both keeps them.
fn tell_of_move(conn: &Connection, org_id: i64, old_parent_id: i64) -> Result<(), Rejection> {
    let old = Where::Org(old_parent_id);
    let rows = feed::rows(conn, Where::Org(org_id), 0, i64::MAX)?;
    for org_id in org::branch(conn, org_id)? {
        for row in rows.iter().filter(|row| row.scope_id == org_id) {
            feed::touch(conn, old, row.key)?;
            feed::remove(conn, old, row.key)?;
            feed::touch(conn, Where::Org(org_id), row.key)?;
        }
    }
    Ok(())
}

/// The tree as it stands; fills in the keys of its rows.
fn known(conn: &Connection, keys: &mut HashMap<String, i64>) -> Result<Tree, Rejection> {
    let mut tree = Tree::new();
    let all = org::all(conn)?;
    let codes: HashMap<OrgId, String> = all.iter().map(|org| (org.id, org.code.clone())).collect();
    for org in all {
        if let Some(org_id) = org::find(conn, org.id)? {
            keys.insert(org.code.clone(), org_id);
        }
        let parent = org.parent.and_then(|parent| codes.get(&parent)).cloned();
        tree.insert(org.code, Facts { name: org.name, level: org.level, parent });
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        let plan = plan("o.csv", text.as_bytes(), &Tree::new()).expect("good");
        plan.write.into_iter().collect()
    }

    fn refused(text: &str, known: &Tree) -> Vec<String> {
        plan("o.csv", text.as_bytes(), known).expect_err("refused").lines
    }

    #[test]
    fn the_order_of_lines_does_not_matter() {
        let up = tree("编码,名称,级别,上级\n3,车间,车间,2\n2,工厂,grassroots,1\n1,市,city,\n");
        let down = tree("parent,level,name,code\n,市,市,1\n1,基层工会,工厂,2\n2,班组,车间,3\n");
        assert_eq!(up, down);
        let plan =
            plan("o.csv", "code,name,level,parent\n9,b,town,8\n8,a,district,\n".as_bytes(), &Tree::new());
        let codes: Vec<String> = plan.expect("good").write.into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, ["8", "9"]);
    }

    #[test]
    fn only_what_differs_is_written() {
        let known = tree("code,name,level,parent\n1,市,city,\n2,工厂,grassroots,1\n");
        let plan = plan(
            "o.csv",
            "code,name,level,parent\n1,市,city,\n2,新厂,grassroots,1\n3,班,workshop,2\n".as_bytes(),
            &known,
        )
        .expect("good");
        assert_eq!(plan.done, Done { added: 1, changed: 1, same: 1 });
        assert_eq!(plan.write.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["2", "3"]);
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
        let taller = plan("o.csv", "code,name,level,parent\n0,省,city,\n1,市,city,0\n".as_bytes(), &known);
        assert_eq!(taller.expect("good").done, Done { added: 1, changed: 1, same: 0 });
    }
}
