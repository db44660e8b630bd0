//! What the desk asks and is told about forms (docs/sync.md, "Forms").

use super::{Form, Question};
use crate::id::FormId;
use crate::text::Bilingual;
use serde::{Deserialize, Serialize};

/// A line of `GET /api/v1/forms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormItem {
    /// The form.
    pub id: FormId,
    /// Its title in the latest version.
    pub title: Bilingual,
    /// The latest version.
    pub version: u32,
    /// How many questions that has, headings left out.
    pub questions: u32,
    /// When that went out, ms; null for what came with the program.
    pub at_ms: Option<i64>,
    /// Since when nobody can choose it, ms.
    pub closed_ms: Option<i64>,
    /// Asked at every session whose campaign names no form.
    pub usual: bool,
    /// Titles of the campaigns that name it.
    pub campaigns: Vec<String>,
}

/// A version with the moment at which it went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormVersion {
    /// When it went out, ms; null for what came with the program.
    pub at_ms: Option<i64>,
    /// The version.
    pub form: Form,
}

/// `GET /api/v1/forms/{id}`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormDetail {
    /// As in the list.
    pub item: FormItem,
    /// Every version, the latest last.
    pub versions: Vec<FormVersion>,
}

/// `POST /api/v1/forms`, and `POST /api/v1/forms/{id}/versions`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormNew {
    /// The version that it was made from; null of a new form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// Its title.
    pub title: Bilingual,
    /// Its questions in order.
    pub questions: Vec<Question>,
}

/// `POST /api/v1/forms/{id}/closing`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormClosing {
    /// Closed, or open again.
    pub closed: bool,
}
