//! `person erase`, `retention`.

use super::{Data, say};
use crate::fault::Rejection;
use crate::{db, erase, org, retention, setting};
use rusqlite::Connection;
use shared::id::PersonId;
use std::path::Path;

/// `person …`
#[derive(Debug, clap::Subcommand)]
pub enum Person {
    /// 删除一个人的姓名、工号、尾号和备注，保留人数 / erase a person: names and texts go, counts stay
    Erase {
        /// Where the data is.
        #[command(flatten)]
        data: Data,
        /// 姓名、工号或 ID / name, staff number or id
        who: String,
        /// 所属工会的编码 / code of the union
        #[arg(long, value_name = "CODE")]
        org: Option<String>,
        /// 确认：此操作不可恢复 / carry it out: there is no way back
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(command: &Person, now_ms: i64) -> Result<(), Rejection> {
    let Person::Erase { data, who, org, yes } = command;
    let mut connection = super::existing(&data.data)?;
    let (id, called) = one(&connection, who.trim(), org.as_deref())?;
    if !yes {
        return say(&format!(
            "将删除：{called}。确认请加 --yes，此后无法恢复 / would erase {called}. Add --yes to do so; there is no way back"
        ));
    }
    let done = db::transaction(&mut connection, |c| {
        let done = erase::erase(c, id, now_ms)?;
        erase::note(c, &[id], None, now_ms)?;
        Ok::<_, Rejection>(done)
    })?;
    say(&format!(
        "已删除：{} 场，改写 {} 条改动、{} 条待处理；人数不变 / \
         erased: {} sessions, {} changes and {} held ones rewritten; counts stay",
        done.sessions, done.changes, done.held, done.sessions, done.changes, done.held
    ))?;
    overwrite(&connection)?;
    say("备份在下一次写入时改写 / backups are rewritten with their next round")?;
    copies(&data.data)
}

/// The person that is meant; several of one name are told apart by their ids.
fn one(connection: &Connection, who: &str, code: Option<&str>) -> Result<(PersonId, String), Rejection> {
    if let Ok(id) = who.parse::<PersonId>() {
        let name = erase::name(connection, id)?;
        let name = name.ok_or_else(|| Rejection::new("没有这个人", "there is no such person"))?;
        return Ok((id, format!("{name} {id}")));
    }
    let code = code.ok_or_else(|| {
        Rejection::new("请用 --org 给出所属工会的编码", "say with --org to which union the person belongs")
    })?;
    let org_id = org::find_code(connection, code)?.ok_or_else(|| {
        Rejection::new(format!("没有编码为 {code} 的组织"), format!("there is no org {code}"))
    })?;
    let found = erase::find(connection, org_id, who)?;
    let told = |found: &erase::Found| {
        let no = found.staff_no.as_deref().unwrap_or("—");
        format!("{} {no} {} {}", found.name, found.org, found.id)
    };
    match found.as_slice() {
        [] => {
            Err(Rejection::new(format!("{code} 里没有“{who}”"), format!("there is no \"{who}\" in {code}")))
        }
        [one] => Ok((one.id, told(one))),
        more => {
            let list: Vec<String> = more.iter().map(told).collect();
            let list = list.join("; ");
            Err(Rejection::new(
                format!("有 {} 个“{who}”，请用 ID 指明：{list}", more.len()),
                format!("there are {} of \"{who}\": name one by the id: {list}", more.len()),
            ))
        }
    }
}

/// Leaves nothing of what was replaced in the files of the data.
fn overwrite(connection: &Connection) -> Result<(), Rejection> {
    // What older versions freed was not overwritten then.
    connection.execute_batch("VACUUM")?;
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        say(
            "正在使用的部分稍后覆盖：服务停止时一定完成 / what is in use is overwritten later, at the latest when serving stops",
        )?;
    }
    Ok(())
}

/// Copies that an update left are not rewritten: whoever keeps them knows.
fn copies(dir: &Path) -> Result<(), Rejection> {
    let names = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let copy = |name: &String| name.starts_with(&format!("{}.before-", db::FILE));
    for name in names.filter_map(|entry| entry.file_name().into_string().ok()).filter(copy) {
        say(&format!(
            "更新前的副本 {name} 仍含姓名，请删除 / the copy {name} still has the names: delete it"
        ))?;
    }
    Ok(())
}

/// `retention`
#[derive(Debug, clap::Args)]
pub struct Retention {
    /// Where the data is.
    #[command(flatten)]
    pub data: Data,
    /// 离开花名册且若干个月未参加的人，由服务删除姓名；off 为不删除 / persons on no roster and at no session for so many months are erased by the server; off: never
    #[arg(value_name = "MONTHS|off")]
    pub months: Option<String>,
}

/// Tells or sets for how long names are kept.
pub(super) fn retention(args: &Retention, now_ms: i64) -> Result<(), Rejection> {
    let mut connection = super::existing(&args.data.data)?;
    if let Some(word) = &args.months {
        let months = retention::read(word)?;
        db::transaction(&mut connection, |c| retention::set(c, months, now_ms))?;
    }
    match setting::retention_months(&connection)? {
        Some(months) => {
            let due = retention::due(&connection, months, now_ms)?.len();
            say(&format!(
                "姓名保留 {months} 个月，现有 {due} 人到期 / names are kept for {months} months; due now: {due}"
            ))
        }
        None => say("姓名一直保留 / names are kept for ever"),
    }
}
