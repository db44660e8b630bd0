//! What operators do by hand: back up once, restore, verify a backup, check the data.

use super::files;
use super::keeper::Keeper;
use super::plan::Plan;
use super::restore::{Order, Restored, carry_out};
use super::rewrite;
use super::shelf::{Folder, InMemory, Shelf};
use super::state::{self, OF_RESPONSES, SALT, Salt, State};
use crate::audit::{self, Chain};
use crate::fault::{Fault, Rejection};
use crate::rescue::Key;
use crate::rollup;
use crate::{db, file};
use rusqlite::Connection;
use serde_json::json;
use shared::audit::Act;
use shared::id::Epoch;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The key of rescue files, under a passphrase.
const KEY_FILE: &str = "rescue.key.age";

/// Writes what is new to a folder, once.
///
/// # Errors
/// One clear line.
pub fn back_up_once(
    data: &Path,
    target: &Path,
    passphrase: Option<&str>,
    now_ms: i64,
) -> Result<u64, Rejection> {
    let mut connection = crate::commands::existing(data)?;
    let epoch = db::epoch(&connection)?;
    let folder = Folder::new(&target.join(epoch.to_string()));
    let mut keeper = Keeper::open(Box::new(folder.clone()), epoch)?.with_files(file::Folder::of(data));
    keep_key(&folder, data, passphrase)?;
    keeper.add(&mut connection, now_ms)?;
    rewrite::former_lives(target, epoch, &connection)?;
    Ok(keeper.durable_seq())
}

/// Puts the key of rescue files beside the log, under a passphrase.
pub(super) fn keep_key(folder: &Folder, data: &Path, passphrase: Option<&str>) -> Result<(), Fault> {
    let (Some(passphrase), Some(key)) = (passphrase, Key::load(data)?) else { return Ok(()) };
    let sealed = key.under(passphrase)?;
    folder.replace(KEY_FILE, &sealed).map_err(|error| {
        let called = folder.called(KEY_FILE);
        Fault::new(
            format!("备份写不进 {called}：{error}"),
            format!("the backup cannot be written to {called}: {error}"),
        )
    })
}

/// The key of a backup, where there is one and it can be opened.
fn kept_key(shelf: &Folder, passphrase: Option<&str>) -> Result<Result<Key, Fault>, Rejection> {
    let mut sealed = Vec::new();
    let read = shelf.open(KEY_FILE).and_then(|mut file| std::io::Read::read_to_end(&mut file, &mut sealed));
    match (read, passphrase) {
        (Ok(_), Some(passphrase)) => Ok(Ok(Key::from_under(&sealed, passphrase)?)),
        (Ok(_), None) => Ok(Err(Fault::new(
            "没有给口令，救援文件的密钥没有恢复：已存出的救援文件将打不开",
            "without the passphrase the key of rescue files was not restored: files made so far cannot be opened",
        ))),
        (Err(_), _) => Ok(Err(Fault::new(
            "备份里没有救援文件的密钥：已存出的救援文件将打不开",
            "the backup has no key of rescue files: files made so far cannot be opened",
        ))),
    }
}

/// The folder of the life of the data that was written last, or this one if it is such a folder.
fn newest(from: &Path) -> Result<(Folder, Plan), Rejection> {
    let unreadable = |error: std::io::Error| {
        let from = from.display();
        Rejection::new(format!("{from} 读不出来：{error}"), format!("{from} cannot be read: {error}"))
    };
    let mut best: Option<(Folder, Plan)> = None;
    let mut fault = None;
    let mut look = |path: PathBuf| {
        let folder = Folder::new(&path);
        if !folder.names().is_ok_and(|names| names.iter().any(|name| super::scan::is_log(name))) {
            return;
        }
        match Plan::new(&folder, None) {
            Ok(plan) if best.as_ref().is_none_or(|(_, best)| best.commit.at_ms < plan.commit.at_ms) => {
                best = Some((folder, plan));
            }
            Ok(_) => {}
            Err(why) => fault = Some(why),
        }
    };
    let entries = std::fs::read_dir(from).map_err(unreadable)?;
    let mut inner: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let named = entry.file_name().to_str().is_some_and(|name| name.parse::<Uuid>().is_ok());
        if named {
            inner.push(entry.path());
        }
    }
    if inner.is_empty() {
        look(from.to_owned());
    } else {
        inner.into_iter().for_each(&mut look);
    }
    // A damaged one may be the newest: an older one in its place would be taken for it.
    match (fault, best) {
        (Some(fault), _) => Err(fault.into()),
        (None, Some(best)) => Ok(best),
        (None, None) => Err(Rejection::new(
            format!("{} 里没有备份", from.display()),
            format!("there is no backup in {}", from.display()),
        )),
    }
}

/// Restores a backup into a folder without data.
///
/// # Errors
/// One clear line; then there is no data in the folder.
pub fn restore_into(
    from: &Path,
    data: &Path,
    passphrase: Option<&str>,
    now_ms: i64,
    progress: &mut dyn FnMut(i64, i64),
) -> Result<Restored, Rejection> {
    if data.join(db::FILE).exists() {
        return Err(Rejection::new(
            format!("{} 里已有数据，请恢复到一个空文件夹", data.display()),
            format!("there is data in {} already: restore into an empty folder", data.display()),
        ));
    }
    let (shelf, plan) = newest(from)?;
    // Before the long work: a passphrase that is not the right one is said at once.
    let key = kept_key(&shelf, passphrase)?;
    let scratch = Scratch::new(&data.join("restoring"))?;
    let mut connection = scratch.database()?;
    let order = Order { epoch: Epoch::from(Uuid::new_v4()), now_ms, progress };
    let mut restored = carry_out(&shelf, &plan, &mut connection, order)?;
    note(&mut connection, &restored, now_ms)?;
    let bytes = file::Folder::of(data);
    let missing = db::transaction(&mut connection, |c| {
        files::restore(&shelf, c, &mut |name, content| bytes.put(name, content))
    })?;
    restored.notes.extend(missing);
    db::seal(connection)?;
    match key {
        Ok(key) => key.put(data)?,
        Err(note) => restored.notes.push(note),
    }
    let moved = std::fs::rename(scratch.0.join(db::FILE), data.join(db::FILE))
        .and_then(|()| std::fs::File::open(data)?.sync_all());
    moved.map_err(|error| unwritable(data, &error))?;
    Ok(restored)
}

/// The audit goes on where the backup's ends, and says so.
fn note(data: &mut Connection, restored: &Restored, at_ms: i64) -> Result<(), Rejection> {
    let Restored { backup_ms, seq, changes, responses, .. } = restored;
    let detail =
        json!({ "backup_ms": backup_ms, "seq": seq, "changes": changes, "responses": responses }).to_string();
    db::transaction(data, |c| {
        Ok(audit::add(c, audit::New { at_ms, account_id: None, act: Act::Restore, detail: &detail })?)
    })
}

/// Walks the audit of a data folder. `noted`: a head that somebody noted down, to be found in it.
///
/// # Errors
/// One clear line: there are no data, a row does not fit, or the noted head is not in the chain.
pub fn verify_audit(data: &Path, noted: Option<[u8; 32]>) -> Result<Chain, Rejection> {
    let chain = audit::verify(&crate::commands::existing(data)?, noted)?;
    if noted.is_some() && chain.noted.is_none() {
        return Err(Rejection::new(
            "审计链里没有记下的那个校验值：数据是从更早的备份恢复的，或审计被整个换过",
            "the noted head is not in the audit: the data were restored from an earlier backup, or the audit as a whole was replaced",
        ));
    }
    Ok(chain)
}

/// A folder that is gone in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(path: &Path) -> Result<Self, Rejection> {
        if path.exists() {
            // Left by a restore that was cut off.
            std::fs::remove_dir_all(path).map_err(|error| unwritable(path, &error))?;
        }
        std::fs::create_dir_all(path).map_err(|error| unwritable(path, &error))?;
        Ok(Self(path.to_owned()))
    }

    fn database(&self) -> Result<Connection, Rejection> {
        Ok(db::empty(&self.0.join(db::FILE))?)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a scratch folder stays behind");
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Rejection {
    let path = path.display();
    Rejection::new(format!("{path} 无法写入：{error}"), format!("{path} cannot be written: {error}"))
}

/// A backup that was verified.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What a restore of all of it gives.
    pub restored: Restored,
    /// The hash of the state that it gives.
    pub hash: String,
    /// The last server seq at which the state was compared with what the data said of themselves
    /// then; none where no commit tells.
    pub compared_seq: Option<i64>,
    /// Parts that could not be compared, as there are newer responses than in that commit.
    pub newer: bool,
}

/// Restores a backup into a scratch folder, and compares the state that this gives with the one
/// that the data had when the backup was made.
///
/// # Errors
/// One clear line: it cannot be restored, or gives another state.
pub fn verify(from: &Path, now_ms: i64, progress: &mut dyn FnMut(i64, i64)) -> Result<Verified, Rejection> {
    let (shelf, plan) = newest(from)?;
    let (restored, now) = outcome(&shelf, &plan, true, now_ms, progress)?;
    let hash = state::whole(&now);
    let schema = plan.schema();
    let Some((until, commit)) = plan.stated else {
        return Ok(Verified { restored, hash, compared_seq: None, newer: false });
    };
    let compared = if until == plan.commits {
        now
    } else {
        let earlier = Plan::new(&shelf, Some(until))?;
        outcome(&shelf, &earlier, false, now_ms, &mut |_, _| {})?.1
    };
    // A commit before the last one that told the state cannot be compared in its responses any more.
    let salt = Salt::read(&shelf).filter(|salt| salt.seq == commit.seq);
    let newer = commit.responses != plan.commit.responses || (salt.is_none() && !plain(&shelf));
    let compared = salt.map_or(compared.clone(), |salt| salt.salted(compared));
    differ(&commit.state.unwrap_or_default(), &compared, newer, schema)?;
    Ok(Verified { restored, hash, compared_seq: Some(commit.seq), newer })
}

/// Whether the backup was made by a program that did not salt yet.
fn plain(shelf: &dyn Shelf) -> bool {
    !shelf.names().is_ok_and(|names| names.iter().any(|name| name == SALT))
}

/// Restores into a scratch folder, and tells the state that this gives. `bytes`: reads the files of photos too.
fn outcome(
    shelf: &dyn Shelf,
    plan: &Plan,
    bytes: bool,
    now_ms: i64,
    progress: &mut dyn FnMut(i64, i64),
) -> Result<(Restored, State), Rejection> {
    let scratch = Scratch::new(&std::env::temp_dir().join(format!("jiangdao-scratch-{}", Uuid::new_v4())))?;
    let mut data = scratch.database()?;
    let order = Order { epoch: Epoch::from(Uuid::new_v4()), now_ms, progress };
    let mut restored = carry_out(shelf, plan, &mut data, order)?;
    let state = state::state(&data)?;
    if bytes {
        let missing = db::transaction(&mut data, |c| files::restore(shelf, c, &mut |_, _| Ok(())))?;
        restored.notes.extend(missing);
    }
    Ok((restored, state))
}

/// The version of the tables since which the state tells the audit as it does now.
const AUDIT_TOLD_SINCE: i64 = 5;

/// Compares what both tell: a part that is younger than the backup's tables has nothing to be like.
fn differ(told: &State, found: &State, newer_responses: bool, schema: i64) -> Result<(), Rejection> {
    let mut parts = state::differing(told, found);
    let current = db::memory().and_then(|memory| Ok(db::schema(&memory)?))?;
    if schema < current {
        parts.retain(|part| told.contains_key(part));
    }
    if schema < AUDIT_TOLD_SINCE {
        parts.retain(|part| part != "audit");
    }
    if newer_responses {
        parts.retain(|part| !OF_RESPONSES.contains(&part.as_str()));
    }
    if parts.is_empty() {
        return Ok(());
    }
    let parts = parts.join(", ");
    Err(Rejection::new(
        format!("恢复出来的状态与当时不符：{parts}"),
        format!("the state that it gives is not the one that was: {parts}"),
    ))
}

/// Data that were checked.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The hash of their state.
    pub hash: String,
    /// Changes of the log.
    pub changes: i64,
    /// Responses.
    pub responses: i64,
    /// The audit.
    pub audit: Chain,
}

/// Counts everything anew that follows from the facts, and compares.
///
/// # Errors
/// One clear line: rows or roll-ups are not what the log gives, or a row of the audit does not fit.
pub fn check(data: &Path, now_ms: i64, progress: &mut dyn FnMut(i64, i64)) -> Result<Checked, Rejection> {
    let mut connection = crate::commands::existing(data)?;
    let intact: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if intact != "ok" {
        return Err(Rejection::new(
            format!("数据库文件损坏：{intact}"),
            format!("the database file is damaged: {intact}"),
        ));
    }
    let audit = audit::verify(&connection, None)?;
    rolled_up(&connection)?;
    let shelf = InMemory::default();
    Keeper::open(Box::new(shelf.clone()), db::epoch(&connection)?)?.add(&mut connection, now_ms)?;
    let plan = Plan::new(&shelf, None)?;
    let (restored, found) = outcome(&shelf, &plan, false, now_ms, progress)?;
    let told = plan.commit.state.unwrap_or_default();
    let salted = Salt::read(&shelf).map_or(found.clone(), |salt| salt.salted(found.clone()));
    let parts = state::differing(&told, &salted);
    if !parts.is_empty() {
        let parts = parts.join(", ");
        return Err(Rejection::new(
            format!("记录与汇总对不上：{parts}"),
            format!("rows and roll-ups are not what the log gives: {parts}"),
        ));
    }
    Ok(Checked {
        hash: state::whole(&found),
        changes: restored.changes,
        responses: restored.responses,
        audit,
    })
}

/// Differences that are told one by one; of more their number is enough.
const TOLD: usize = 5;

/// What figures are added up from is what a recount gives.
fn rolled_up(connection: &Connection) -> Result<(), Rejection> {
    let differences = rollup::check(connection)?;
    if differences.is_empty() {
        return Ok(());
    }
    let some: Vec<String> = differences.iter().take(TOLD).map(ToString::to_string).collect();
    let (n, some) = (differences.len(), some.join("; "));
    Err(Rejection::new(
        format!("汇总有 {n} 处与重算不符，jiangdao recount 可重建：{some}"),
        format!("{n} of the roll-ups are not what a recount gives; jiangdao recount makes them anew: {some}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_of_older_tables_is_compared_as_far_as_it_tells() {
        let state = |parts: &[(&str, &str)]| -> State {
            parts.iter().map(|(part, hash)| ((*part).to_owned(), (*hash).to_owned())).collect()
        };
        let told = state(&[("audit", "of old"), ("org", "1")]);
        let found = state(&[("audit", "of now"), ("held_decision", "none"), ("org", "1")]);
        differ(&told, &found, false, 3).unwrap();
        assert!(differ(&told, &found, false, 5).unwrap_err().to_string().ends_with(": audit"));
        let other = state(&[("audit", "of now"), ("org", "2")]);
        assert!(differ(&told, &other, false, 3).unwrap_err().to_string().ends_with(": org"));
        let now = db::schema(&db::memory().unwrap()).unwrap();
        let whole = differ(&told, &found, false, now).unwrap_err();
        assert!(whole.to_string().ends_with(": audit, held_decision"), "{whole}");
        let lost = state(&[("org", "1")]);
        assert!(differ(&told, &lost, false, 5).unwrap_err().to_string().ends_with(": audit"));
    }
}
