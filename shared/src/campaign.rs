//! A campaign (专题活动) that a notice asks for.

use crate::id::{CampaignId, FormId};
use serde::{Deserialize, Serialize};

/// `campaign:<id>` as it is pulled, and an item of `GET /api/v1/campaigns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The campaign.
    pub id: CampaignId,
    /// Its title.
    pub title: String,
    /// The number of the notice that asks for it.
    #[serde(default)]
    pub notice: Option<String>,
    /// Its period's first moment, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// The moment at which its period is over, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
    /// No session of it is made any more.
    #[serde(default, skip_serializing_if = "is_false")]
    pub closed: bool,
    /// The form that its sessions ask; none: the city's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<FormId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl Campaign {
    /// One that asks the city's usual form, without a period.
    #[must_use]
    pub const fn new(id: CampaignId, title: String, notice: Option<String>) -> Self {
        Self { id, title, notice, from_ms: None, to_ms: None, closed: false, form: None }
    }
}

/// `POST /api/v1/campaigns`, and `POST /api/v1/campaigns/{id}`: all of what it shall be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CampaignSet {
    /// Its title.
    pub title: String,
    /// The number of the notice.
    #[serde(default)]
    pub notice: Option<String>,
    /// Its period's first moment, ms.
    #[serde(default)]
    pub from_ms: Option<i64>,
    /// The moment at which its period is over, ms.
    #[serde(default)]
    pub to_ms: Option<i64>,
    /// No session of it is made any more.
    #[serde(default)]
    pub closed: bool,
    /// The form that its sessions ask.
    #[serde(default)]
    pub form: Option<FormId>,
}
