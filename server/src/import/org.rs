//! The org tree as a file: code, name, level, and the code or name of the org above. The code is the
//! key: what is known is updated, what is new is added, what the file leaves out stays.
//!
//! `plan` decides and knows no database; `prepare` reads and plans, `apply` writes.

use super::answer::{Ready, good, token, wide};
use super::table::{self, Column, Line, Table, half, line_fault, loose, quoted};
use crate::fault::{Fault, Faults, Rejection};
use crate::feed::{self, Where};
use crate::{ledger, org};
use rusqlite::Connection;
use shared::id::OrgId;
use shared::import::{Field, FieldChange, ImportAnswer, ImportChange, ImportCounts, What};
use shared::org::Level;
use shared::text::Lang;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

const CODE_MAX_CHARS: usize = 40;
const NAME_MAX_CHARS: usize = 100;

/// Code, name, level, parent.
pub const COLUMNS: [Column; 4] = [
    Column {
        name: "编码",
        synonyms: &["code", "组织编码", "工会编码", "单位编码", "代码", "组织代码", "单位代码"],
        required: true,
    },
    Column {
        name: "名称",
        synonyms: &["name", "组织名称", "工会名称", "单位名称", "工会组织名称"],
        required: true,
    },
    Column { name: "级别", synonyms: &["level", "层级", "组织级别", "类型"], required: true },
    Column {
        name: "上级",
        synonyms: &["parent", "上级编码", "上级代码", "上级组织编码", "上级工会", "上级组织", "上级单位"],
        required: true,
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

/// The orgs of a file by code, with their lines.
type Wanted = BTreeMap<String, (usize, Facts)>;

/// An org that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) what: What,
    pub(crate) line: usize,
    pub(crate) code: String,
    pub(crate) from: Option<Facts>,
    pub(crate) to: Facts,
}

/// What is to be written, parents before children.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) counts: ImportCounts,
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it.
pub fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Table, Faults> {
    table::read(bytes, sheet, &COLUMNS)
}

/// Decides what a file changes in the tree.
///
/// # Errors
/// One fault per bad line of the file.
pub(crate) fn plan(table: &Table, known: &Tree) -> Result<Plan, Faults> {
    if table.lines.is_empty() {
        return Err(Faults::one(0, Fault::new("文件里没有组织", "the file holds no orgs")));
    }
    let mut faults = Faults::default();
    let mut wanted = Wanted::new();
    for line in &table.lines {
        take(line, &mut wanted, &mut faults);
    }
    let named = name_parents(&mut wanted, known);
    let mut after = known.clone();
    after.extend(wanted.iter().map(|(code, (_, facts))| (code.clone(), facts.clone())));
    check_parents(&wanted, &after, &named, &mut faults);
    check_roots(&wanted, known, &mut faults);
    faults.close()?;

    let mut plan = Plan::default();
    for code in parents_first(&after) {
        let Some((line, to)) = wanted.get(code) else { continue };
        let from = known.get(code);
        let what = match from {
            Some(before) if before == to => {
                plan.counts.same += 1;
                continue;
            }
            Some(before) if before.parent != to.parent => What::Moved,
            Some(_) => What::Changed,
            None => What::Added,
        };
        plan.counts.count(what);
        plan.steps.push(Step {
            what,
            line: *line,
            code: code.to_owned(),
            from: from.cloned(),
            to: to.clone(),
        });
    }
    Ok(plan)
}

fn take(line: &Line, wanted: &mut Wanted, faults: &mut Faults) {
    let [code, name, level, parent] = line.cells.as_slice() else { return };
    let (code, parent) = (half(code), half(parent).trim().to_owned());
    let mut fault = |zh: String, en: String| faults.add(line.number, Fault::new(zh, en));
    for Fault { zh, en } in wrong_words(&code, name) {
        fault(zh, en);
    }
    let known_level = level_of(level);
    if known_level.is_none() {
        let level = quoted(level);
        fault(format!("没有这个级别：“{level}”"), format!("no such level: \"{level}\""));
    }
    if let Some(Fault { zh, en }) = line_fault(line) {
        fault(zh, en);
    }
    if let Some((first, _)) = wanted.get(&code) {
        let code = quoted(&code);
        fault(
            format!("编码 {code} 与第 {first} 行重复"),
            format!("code {code} stands on line {first} already"),
        );
    } else if !code.is_empty() {
        let level = known_level.unwrap_or(Level::Workshop);
        let parent = Some(parent).filter(|parent| !parent.is_empty());
        wanted.insert(code, (line.number, Facts { name: name.clone(), level, parent }));
    }
}

/// What is wrong with the code and the name of an org.
pub(crate) fn wrong_words(code: &str, name: &str) -> Vec<Fault> {
    let wrong = |what: &str, what_en: &str, text: &str, most: usize| {
        if text.is_empty() {
            Some(Fault::new(format!("没有{what}"), format!("no {what_en}")))
        } else if text.chars().count() > most {
            Some(Fault::new(
                format!("{what}超过 {most} 个字"),
                format!("the {what_en} has more than {most} characters"),
            ))
        } else if text.starts_with(['=', '+', '-', '@']) || text.chars().any(char::is_control) {
            Some(Fault::new(
                format!("{what}像公式或含有控制字符"),
                format!("the {what_en} looks like a formula or has control characters"),
            ))
        } else {
            None
        }
    };
    let both = [wrong("编码", "code", code, CODE_MAX_CHARS), wrong("名称", "name", name, NAME_MAX_CHARS)];
    both.into_iter().flatten().collect()
}

/// The level by its word on the wire, or by what people call it.
fn level_of(text: &str) -> Option<Level> {
    let text = loose(text);
    let by_name = |level: &Level| {
        let label = loose(level.label(Lang::Zh));
        label == text || label.split(['(', ')']).any(|part| !part.is_empty() && part == text)
    };
    Level::from_wire(&text).or_else(|| Level::ALL.iter().copied().find(by_name))
}

/// Where no org has what stands for the code of the org above, it may be its name. Gives how many
/// orgs have each name.
fn name_parents(wanted: &mut Wanted, known: &Tree) -> HashMap<String, usize> {
    let stays = known.iter().filter(|(code, _)| !wanted.contains_key(*code));
    let orgs = wanted.iter().map(|(code, (_, facts))| (code, facts)).chain(stays);
    let mut named: HashMap<String, Vec<String>> = HashMap::new();
    let mut codes = BTreeSet::new();
    for (code, facts) in orgs {
        named.entry(loose(&facts.name)).or_default().push(code.clone());
        codes.insert(code.clone());
    }
    let parents = wanted.values_mut().filter_map(|(_, facts)| facts.parent.as_mut());
    for parent in parents.filter(|parent| !codes.contains(*parent)) {
        if let Some([code]) = named.get(&loose(parent)).map(Vec::as_slice) {
            parent.clone_from(code);
        }
    }
    named.into_iter().map(|(name, codes)| (name, codes.len())).collect()
}

fn check_parents(wanted: &Wanted, after: &Tree, named: &HashMap<String, usize>, faults: &mut Faults) {
    for (code, (line, facts)) in wanted {
        if let Some(parent) = facts.parent.as_ref().filter(|parent| !after.contains_key(*parent)) {
            let shown = quoted(parent);
            let fault = match named.get(&loose(parent)) {
                Some(n) => Fault::new(
                    format!("有 {n} 个组织都叫“{shown}”，上级请写编码"),
                    format!("{n} orgs are called \"{shown}\": write the code of the parent"),
                ),
                None => {
                    Fault::new(format!("没有上级 {shown}"), format!("no org has the parent's code {shown}"))
                }
            };
            faults.add(*line, fault);
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
fn check_roots(wanted: &Wanted, known: &Tree, faults: &mut Faults) {
    let stays = |code: &&String| !wanted.contains_key(*code) || wanted[*code].1.parent.is_none();
    let standing = known.iter().filter(|(_, facts)| facts.parent.is_none()).map(|(code, _)| code).find(stays);
    let mut tops: Vec<(usize, &String)> = wanted
        .iter()
        .filter(|(_, (_, f))| f.parent.is_none())
        .map(|(code, (line, _))| (*line, code))
        .collect();
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

/// Compares a file with the tree as it stands, and decides what is to be written.
///
/// # Errors
/// A fault of the store; inside, one fault per bad line of the file.
pub(crate) fn prepare(
    conn: &Connection,
    (bytes, table): (&[u8], &Table),
) -> rusqlite::Result<Result<(Ready<Plan>, ImportAnswer), Faults>> {
    let (known, _) = known(conn)?;
    let plan = match plan(table, &known) {
        Ok(plan) => plan,
        Err(faults) => return Ok(Err(faults)),
    };
    let token = token("orgs", bytes, &(&table.sheet, &known));
    let answer = good(table, plan.counts, changes(&plan, &known), &token);
    Ok(Ok((Ready { plan, token }, answer)))
}

/// Writes what was decided, in the transaction that the connection is in and that it was decided in.
///
/// # Errors
/// A fault of the store.
pub(crate) fn apply(conn: &Connection, plan: &Plan) -> rusqlite::Result<()> {
    let (_, mut keys) = known(conn)?;
    let mut moved = false;
    for Step { code, to, .. } in &plan.steps {
        // Parents come first, and each was found in the tree: none of them is missing.
        let parent_id = to.parent.as_ref().and_then(|parent| keys.get(parent)).copied();
        let id = OrgId::from(Uuid::now_v7());
        let old_parent_id = match keys.get(code) {
            Some(org_id) => org::line(conn, *org_id)?.get(1).copied(),
            None => None,
        };
        let org_id = org::put(conn, org::Put { id, code, name: &to.name, level: to.level, parent_id })?;
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
    Ok(())
}

/// Takes a file in, in the transaction that the connection is in, without a preview.
///
/// # Errors
/// One line per bad line of the file, or a fault of the database; nothing was written that the
/// caller may commit.
pub fn import(conn: &Connection, file: &str, bytes: &[u8]) -> Result<ImportCounts, Rejection> {
    let refused = |faults: Faults| faults.rejection(file);
    let table = read(bytes, None).map_err(refused)?;
    let (Ready { plan, .. }, answer) = prepare(conn, (bytes, &table))?.map_err(refused)?;
    apply(conn, &plan)?;
    Ok(answer.counts)
}

/// Each step as it is told.
fn changes(plan: &Plan, known: &Tree) -> Vec<ImportChange> {
    let names: HashMap<&str, &str> =
        plan.steps.iter().map(|step| (step.code.as_str(), step.to.name.as_str())).collect();
    let name = |code: &Option<String>| {
        let Some(code) = code else { return String::new() };
        let known = || known.get(code).map(|facts| facts.name.as_str());
        let name = names.get(code.as_str()).copied().or_else(known).unwrap_or_default();
        format!("{code} {name}")
    };
    let change = |step: &Step| ImportChange {
        what: step.what,
        line: Some(wide(step.line)),
        key: Some(step.code.clone()),
        name: step.to.name.clone(),
        place: name(&step.to.parent),
        fields: step.from.as_ref().map(|from| differences(from, &step.to, &name)).unwrap_or_default(),
    };
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| match step.what {
        What::Moved => 0,
        What::Changed => 1,
        _ => 2,
    });
    steps.into_iter().map(change).collect()
}

fn differences(from: &Facts, to: &Facts, name: &impl Fn(&Option<String>) -> String) -> Vec<FieldChange> {
    let level = |level: Level| level.wire().to_owned();
    let pairs = [
        (Field::Title, from.name.clone(), to.name.clone()),
        (Field::Level, level(from.level), level(to.level)),
        (Field::Parent, name(&from.parent), name(&to.parent)),
    ];
    let differ = pairs.into_iter().filter(|(_, from, to)| from != to);
    differ.map(|(field, from, to)| FieldChange { field, from, to }).collect()
}

/// A branch that hangs elsewhere now has left the scopes of the orgs that were above it and come
/// into others. First the old ones are told that its rows are gone, then everybody above it that
/// they are there: who is both keeps them.
fn tell_of_move(conn: &Connection, org_id: i64, old_parent_id: i64) -> rusqlite::Result<()> {
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

/// The tree as it stands, and the keys of its rows.
fn known(conn: &Connection) -> rusqlite::Result<(Tree, HashMap<String, i64>)> {
    let (mut tree, mut keys) = (Tree::new(), HashMap::new());
    let all = org::all(conn)?;
    let codes: HashMap<OrgId, String> = all.iter().map(|org| (org.id, org.code.clone())).collect();
    for org in all {
        if let Some(org_id) = org::find(conn, org.id)? {
            keys.insert(org.code.clone(), org_id);
        }
        let parent = org.parent.and_then(|parent| codes.get(&parent)).cloned();
        tree.insert(org.code, Facts { name: org.name, level: org.level, parent });
    }
    Ok((tree, keys))
}

#[cfg(test)]
#[path = "org_tests.rs"]
mod tests;
