//! Export (导出): what is on a screen, as a file; and the job that writes a large one behind.

use crate::session::words;
use crate::text::Lang;
use serde::{Deserialize, Serialize};

words! {
    /// What a file holds: the rows of one screen.
    What {
        /// The lines of the overview.
        Coverage = "coverage", "覆盖面", "Coverage";
        /// The list of sessions.
        Sessions = "sessions", "场次", "Sessions";
        /// Who was expected and who came, session by session.
        Attendance = "attendance", "签到", "Attendance";
        /// Published marks, question by question.
        Feedback = "feedback", "反馈", "Feedback";
    }
}

words! {
    /// How a file is written.
    Format {
        /// A workbook, with a sheet that explains it.
        Xlsx = "xlsx", "XLSX", "XLSX";
        /// Text with commas: UTF-8 with BOM, lines end with CR LF.
        Csv = "csv", "CSV", "CSV";
    }
}

words! {
    /// Where a job stands.
    JobState {
        /// Another one is being written.
        Waiting = "waiting", "排队中", "Waiting";
        /// It is being written.
        Running = "running", "正在生成", "Being written";
        /// The file can be fetched.
        Ready = "ready", "可以下载", "Ready";
        /// It came to nothing; what stood in the way is said.
        Failed = "failed", "没有生成", "Failed";
    }
}

/// A file of more rows than this is written behind, where whoever asks can wait for it
/// (`Prefer: respond-async`).
pub const BEHIND_ABOVE_ROWS: u64 = 5_000;
/// How long a file is kept for its maker, ms.
pub const KEPT_MS: i64 = 86_400_000;
/// Most jobs of one account that are not done.
pub const OPEN_MAX: u32 = 3;

/// A file that is, or was, written behind: the answer 202 of an export, and an item of
/// `GET /api/v1/exports/jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobItem {
    /// Its id.
    pub id: String,
    /// [`What::wire`], or a word of a newer version.
    pub what: String,
    /// [`Format::wire`], or a word of a newer version.
    pub format: String,
    /// Whether nothing in it is masked.
    pub clear: bool,
    /// [`JobState::wire`].
    pub state: String,
    /// How many rows are written.
    pub rows: u64,
    /// About how many there will be.
    pub of_rows: u64,
    /// Bytes of the file, once it is ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How the file is called.
    pub name: String,
    /// What of: filters as they stood in the address.
    pub filter: String,
    /// When it was asked for, ms.
    pub made_ms: i64,
    /// Until when the file is kept, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_ms: Option<i64>,
    /// The code of what stood in the way (`shared::problem`), of one that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// `GET /api/v1/exports/jobs`: the caller's own, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Jobs {
    /// The jobs.
    pub items: Vec<JobItem>,
}

/// With what a text would begin a formula in a spreadsheet, in either width.
const BEGINS_FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet might take this text for a formula.
#[must_use]
pub fn is_formula(text: &str) -> bool {
    text.starts_with(BEGINS_FORMULA)
}

/// The text as it stands in a CSV: with `'` before what a spreadsheet would calculate.
#[must_use]
pub fn guarded(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_file_is_calculated() {
        for text in ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "阿依古丽·艾山", "𬭊", " =1", "1=1", "'=1", "3-1"] {
            assert_eq!(guarded(text), text);
        }
    }
}
