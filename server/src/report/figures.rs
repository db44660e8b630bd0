//! The figures of the roll-up as the fields of the report. Nothing is computed here but shares of what is
//! covered, and how a figure is written.

use super::model::Table;
use super::wording::{Value, Values};
use crate::filter::Filter;
use shared::coverage::{Coverage, Covered, Line, Score};
use shared::form::{Kind, default_form};
use shared::stamp::civil;
use shared::text::Lang;

/// In the place of a score that is not published.
const WITHHELD: &str = "不满五份，不公布";

/// `2025年11月22日`, of +08:00.
pub(crate) fn date(ms: i64) -> String {
    let (year, month, day, ..) = civil(ms);
    format!("{year}年{month}月{day}日")
}

fn moment(ms: i64) -> String {
    let (_, _, _, hour, minute) = civil(ms);
    format!("{}{hour:02}时{minute:02}分", date(ms))
}

/// The period in words; the end is the last day in it.
fn period(filter: &Filter, as_of_ms: i64) -> String {
    match (filter.from_ms, filter.to_ms) {
        (Some(from_ms), Some(to_ms)) => format!("{}至{}", date(from_ms), date(to_ms - 1)),
        (Some(from_ms), None) => format!("{}以来", date(from_ms)),
        (None, Some(to_ms)) => format!("截至{}", date(to_ms - 1)),
        (None, None) => format!("截至{}", date(as_of_ms)),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "counts of orgs are far below 2^52")]
fn share(covered: Covered) -> Option<String> {
    (covered.all > 0).then(|| percent(covered.covered as f64 / covered.all as f64))
}

/// A mean with how many it is of; or that it is not published.
fn score(score: Option<&Score>) -> String {
    score.map_or_else(|| format!("（{WITHHELD}）"), |score| format!("{:.2}分（{}份）", score.mean, score.n))
}

/// The fields that the figures fill.
pub(crate) fn values(coverage: &Coverage, filter: &Filter, campaign: Option<String>) -> Values {
    let line = &coverage.line;
    let still = line.still_on_phones;
    let all_here = still == shared::coverage::StillOnPhones::default();
    let some = |n: u64| (n > 0).then(|| n.to_string());
    let here = |n: u64| (!all_here).then(|| n.to_string());
    let texts: Vec<(&'static str, Option<String>)> = vec![
        ("issuer", Some(line.org.name.clone())),
        ("campaign", Some(campaign.unwrap_or_else(|| "宣讲学习活动".to_owned()))),
        ("period", Some(period(filter, coverage.as_of_ms))),
        ("as_of", Some(moment(coverage.as_of_ms))),
        ("held", Some(line.sessions.held.to_string())),
        ("planned", some(line.sessions.planned)),
        ("attended", Some(line.attended.to_string())),
        ("walk_ins", some(line.walk_ins)),
        ("people", Some(line.people.to_string())),
        ("expected", some(line.expected)),
        ("rate", line.rate.map(percent)),
        ("orgs_all", some(line.orgs.all)),
        ("orgs_covered", Some(line.orgs.covered.to_string())),
        ("orgs_share", share(line.orgs)),
        ("workshops_all", some(line.workshops.all)),
        ("workshops_covered", Some(line.workshops.covered.to_string())),
        ("workshops_share", share(line.workshops)),
        ("responses", some(line.responses)),
        ("missing_orgs", listed(coverage, |line| (line.orgs.all <= 1 && !covered(line)).then(String::new))),
        ("missing_parts", listed(coverage, partly)),
        ("still_check_ins", here(still.check_ins)),
        ("still_responses", here(still.responses)),
        ("still_devices", here(still.devices)),
    ];
    let mut values: Values =
        texts.into_iter().filter_map(|(name, text)| Some((name, Value::Text(text?)))).collect();
    for (name, question) in
        [("score_understood", "understood"), ("score_absorbed", "absorbed"), ("score_usable", "usable")]
    {
        // A question that nobody answered is not withheld: there is nothing to say.
        if let Some(found) = line.scores.get(question) {
            values.insert(name, Value::Text(score(found.as_ref())));
        }
    }
    if !coverage.children.is_empty() {
        values.insert("table_branches", Value::Table(branches(coverage)));
    }
    if let Some(table) = scores(line) {
        values.insert("table_scores", Value::Table(table));
    }
    values
}

/// Whether anything of it is covered.
const fn covered(line: &Line) -> bool {
    line.orgs.covered + line.workshops.covered > 0 || line.sessions.held > 0
}

/// Of a branch with several unions, how many are not covered.
fn partly(line: &Line) -> Option<String> {
    let missing = line.orgs.all.saturating_sub(line.orgs.covered);
    (line.orgs.all > 1 && missing > 0).then(|| format!("（{}家中{missing}家未覆盖）", line.orgs.all))
}

/// Names of the children of which there is something to say, each with that; none without any.
fn listed(coverage: &Coverage, says: impl Fn(&Line) -> Option<String>) -> Option<String> {
    let children = coverage.children.iter().filter(|line| !line.own);
    let names: Vec<String> =
        children.filter_map(|line| Some(format!("{}{}", line.org.name, says(line)?))).collect();
    (!names.is_empty()).then(|| names.join("、"))
}

fn branches(coverage: &Coverage) -> Table {
    let columns = [
        // So wide that heads of four characters break in the middle.
        ("单位", 280),
        ("已办场次", 88),
        ("实到人次", 98),
        ("覆盖人数", 98),
        ("到会率", 110),
        ("基层工会", 98),
        ("车间班组", 98),
        ("答卷", 88),
    ];
    let of = |covered: Covered| {
        if covered.all == 0 { "—".to_owned() } else { format!("{}/{}", covered.covered, covered.all) }
    };
    let row = |line: &Line, name: String| {
        vec![
            name,
            line.sessions.held.to_string(),
            line.attended.to_string(),
            line.people.to_string(),
            line.rate.map_or_else(|| "—".to_owned(), percent),
            of(line.orgs),
            of(line.workshops),
            line.responses.to_string(),
        ]
    };
    let named = |line: &Line| if line.own { "本级".to_owned() } else { line.org.name.clone() };
    let mut rows: Vec<Vec<String>> = coverage.children.iter().map(|line| row(line, named(line))).collect();
    rows.push(row(&coverage.line, "合计".to_owned()));
    Table { columns: columns.map(|(head, width)| (head.to_owned(), width)).to_vec(), rows }
}

/// How many gave each mark; none where nobody answered.
fn scores(line: &Line) -> Option<Table> {
    let mut rows = Vec::new();
    let mut highest = 0;
    for question in default_form().questions {
        let Kind::Rating { scale } = question.kind else { continue };
        highest = highest.max(scale);
        let Some(found) = line.scores.get(&question.id) else { continue };
        let mut row = vec![question.short.get(Lang::Zh).to_owned()];
        match found {
            Some(score) => {
                row.push(format!("{:.2}", score.mean));
                let mark = |at: u8| score.counts.get(usize::from(at)).copied().unwrap_or(0).to_string();
                row.extend((0..scale).map(mark));
            }
            None => row.push(WITHHELD.to_owned()),
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return None;
    }
    let mut columns = vec![("问题".to_owned(), 20), ("均分".to_owned(), 24)];
    columns.extend((1..=highest).map(|mark| (format!("{mark}分"), 11)));
    for row in &mut rows {
        row.resize(columns.len(), "—".to_owned());
    }
    Some(Table { columns, rows })
}
