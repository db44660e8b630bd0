//! `backup`, `restore`, `verify`, `check`.

use super::{Passphrase, say};
use crate::backup;
use crate::fault::Rejection;
use crate::rollup;
use shared::stamp::civil;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) fn once(data: &Path, to: &Path, passphrase: &Passphrase, now_ms: i64) -> Result<(), Rejection> {
    let seq = backup::back_up_once(data, to, passphrase.read()?.as_deref(), now_ms)?;
    let to = to.display();
    say(&format!("已备份到 {to}，至第 {seq} 号 / backed up to {to}, up to number {seq}"))
}

pub(super) fn restore(
    from: &Path,
    data: &Path,
    passphrase: &Passphrase,
    now_ms: i64,
) -> Result<(), Rejection> {
    let passphrase = passphrase.read()?;
    let mut progress = Progress::new();
    let mut tell_progress = |done, all| progress.tell(done, all);
    let restored = backup::restore_into(from, data, passphrase.as_deref(), now_ms, &mut tell_progress)?;
    progress.end();
    tell(&restored)?;
    say(
        "手机下次连上时会补传备份里没有的改动 / phones bring back what the backup lacks when they next connect",
    )
}

fn tell(restored: &backup::restore::Restored) -> Result<(), Rejection> {
    for note in &restored.notes {
        say(&note.to_string())?;
    }
    let (changes, responses) = (restored.changes, restored.responses);
    let when = moment(restored.backup_ms);
    say(&format!(
        "已恢复：{changes} 条改动，{responses} 份反馈答卷，截至 {when} / \
         restored: {changes} changes, {responses} responses, as of {when}"
    ))
}

pub(super) fn verify(from: &Path, now_ms: i64) -> Result<(), Rejection> {
    let mut progress = Progress::new();
    let verified = backup::verify(from, now_ms, &mut |done, all| progress.tell(done, all))?;
    progress.end();
    tell(&verified.restored)?;
    let hash = &verified.hash;
    match verified.compared_seq {
        Some(seq) => say(&format!("与第 {seq} 号时的状态一致 / equal to the state at number {seq}"))?,
        None => say("备份里没有可比的状态 / the backup tells no state to compare with")?,
    }
    if verified.newer {
        say("其后的反馈答卷另行点数 / responses that came later were counted, not compared")?;
    }
    say(&format!("状态 / state: {hash}"))
}

pub(super) fn check(data: &Path, now_ms: i64) -> Result<(), Rejection> {
    let mut progress = Progress::new();
    let checked = backup::check(data, now_ms, &mut |done, all| progress.tell(done, all))?;
    progress.end();
    let (changes, responses, hash) = (checked.changes, checked.responses, &checked.hash);
    say(&format!(
        "{changes} 条改动、{responses} 份反馈答卷重算一致 / \
         {changes} changes and {responses} responses counted anew: all figures agree"
    ))?;
    super::audit::tell(&checked.audit)?;
    say(&format!("状态 / state: {hash}"))
}

pub(super) fn recount(data: &Path) -> Result<(), Rejection> {
    let mut connection = super::existing(data)?;
    let sessions =
        crate::db::transaction(&mut connection, |conn| Ok::<_, Rejection>(rollup::rebuild(conn)?))?;
    say(&format!("{sessions} 个场次的汇总已重建 / the roll-ups of {sessions} sessions were made anew"))
}

/// Date and time of day, +08:00.
fn moment(at_ms: i64) -> String {
    let (year, month, day, hour, minute) = civil(at_ms);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// How far it is, on a terminal in place, else a line now and then.
struct Progress {
    began: Instant,
    told: Instant,
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self { began: Instant::now(), told: Instant::now(), shown: false }
    }

    fn tell(&mut self, done: i64, all: i64) {
        let terminal = std::io::stderr().is_terminal();
        let every = if terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        if self.told.elapsed() < every {
            return;
        }
        self.told = Instant::now();
        let rate = done as f64 / self.began.elapsed().as_secs_f64();
        let mut out = std::io::stderr().lock();
        let end = if terminal { '\r' } else { '\n' };
        self.shown |= terminal;
        // Progress that cannot be told is no reason to stop.
        let _ = write!(out, "{done} / {all}  ({rate:.0}/s){end}").and_then(|()| out.flush());
    }

    fn end(&self) {
        if self.shown {
            eprintln!();
        }
    }
}
