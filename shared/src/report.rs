//! The summary report (汇总报告): what is asked for beside the figures, and its wording, which admins set.

use serde::{Deserialize, Serialize};

/// Most characters of the wording.
pub const WORDING_MAX_CHARS: usize = 10_000;
/// Most characters of what is typed in for one report.
pub const TYPED_MAX_CHARS: usize = 4_000;

/// `POST /api/v1/exports/report.docx`: what no figure tells. All of it may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReportRequest {
    /// The number of the document (发文字号).
    #[serde(default)]
    pub number: String,
    /// What workers need (诉求), a paragraph a line.
    #[serde(default)]
    pub needs: String,
    /// What went well (经验做法), a paragraph a line.
    #[serde(default)]
    pub practice: String,
}

/// A field that the wording may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldItem {
    /// Its name, as it stands in braces.
    pub name: String,
    /// What stands in its place.
    pub means: String,
}

/// `GET /api/v1/report/template`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// The wording that stands.
    pub body: String,
    /// Whether it is the program's own.
    pub usual: bool,
    /// When it was set, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
    /// Login name of who set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The fields that it may hold.
    pub fields: Vec<FieldItem>,
}

/// `POST /api/v1/report/template`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordingNew {
    /// The new wording; null: the program's own again.
    pub body: Option<String>,
}
