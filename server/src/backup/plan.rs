//! What a backup holds, before anything of it is used: every file is read once, and nothing is
//! begun that could not be ended.

use super::record::Commit;
use super::scan::{self, is_day, is_log};
use super::shelf::Shelf;
use crate::fault::Fault;

/// A file of the log, as far as it is used.
pub(crate) struct LogFile {
    pub(crate) name: String,
    /// How many of its commits are used.
    pub(crate) commits: usize,
    pub(crate) schema: i64,
}

/// What is restored, and from where.
pub(crate) struct Plan {
    pub(crate) files: Vec<LogFile>,
    /// The first file whose tables are used.
    pub(crate) tables_from: usize,
    /// The last commit that is used.
    pub(crate) commit: Commit,
    /// How many commits are used.
    pub(crate) commits: usize,
    /// The last commit that tells the state, and how many there are up to it.
    pub(crate) stated: Option<(usize, Commit)>,
    pub(crate) days: Vec<String>,
    /// What was left out, and why, for people.
    pub(crate) notes: Vec<Fault>,
}

impl Plan {
    /// Looks at every file. `until`: use so many commits at most; without it all.
    pub(crate) fn new(shelf: &dyn Shelf, until: Option<usize>) -> Result<Self, Fault> {
        let unlisted = |error: std::io::Error| {
            let called = shelf.called("");
            Fault::new(format!("{called} 读不出来：{error}"), format!("{called} cannot be read: {error}"))
        };
        let names = shelf.names().map_err(unlisted)?;
        let days = names.iter().filter(|name| is_day(name)).cloned().collect();
        let (mut files, mut notes) = (Vec::new(), Vec::new());
        let (mut tables_from, mut last) = (None, None::<Commit>);
        let (mut commits, mut stated) = (0, None);
        let mut left = until.unwrap_or(usize::MAX);
        let logs: Vec<&String> = names.iter().filter(|name| is_log(name)).collect();
        for (n, name) in logs.iter().enumerate() {
            let called = shelf.called(name);
            let end = scan::end_within(shelf, name, left)?;
            let Some(head) = end.head else {
                if n + 1 < logs.len() {
                    return Err(gap(&called));
                }
                notes.push(cut(&called, last.as_ref()));
                continue;
            };
            if head.place != n as i64 + 1 || head.after_seq != last.as_ref().map_or(0, |commit| commit.seq) {
                return Err(gap(&called));
            }
            if end.tables {
                tables_from = Some(files.len());
            }
            if let Some((n, commit)) = end.stated {
                stated = Some((commits + n, commit));
            }
            commits += end.commits;
            if let Some((commit, _)) = end.commit {
                last = Some(commit);
            }
            // What was half written by a program that ended was written again by the next one.
            if end.torn && n + 1 == logs.len() {
                notes.push(cut(&called, last.as_ref()));
            }
            files.push(LogFile { name: (*name).clone(), commits: end.commits, schema: head.schema });
            left -= end.commits.min(left);
            if left == 0 {
                break;
            }
        }
        match (tables_from, last) {
            (Some(tables_from), Some(commit)) => {
                Ok(Self { files, tables_from, commit, commits, stated, days, notes })
            }
            _ => Err(nothing(&shelf.called(""))),
        }
    }

    /// Version of the tables that are used.
    pub(crate) fn schema(&self) -> i64 {
        self.files.get(self.tables_from).map_or(0, |file| file.schema)
    }
}

fn gap(called: &str) -> Fault {
    Fault::new(
        format!("备份不完整：{called} 之前缺了一段"),
        format!("the backup is incomplete: something is missing before {called}"),
    )
}

fn cut(called: &str, last: Option<&Commit>) -> Fault {
    let seq = last.map_or(0, |commit| commit.seq);
    Fault::new(
        format!("{called} 的末尾没有写完，用到第 {seq} 号为止"),
        format!("{called} ends half written: it is used up to number {seq}"),
    )
}

fn nothing(called: &str) -> Fault {
    Fault::new(format!("{called} 里没有完整的备份"), format!("there is no whole backup in {called}"))
}
