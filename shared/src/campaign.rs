//! A campaign (专题活动) that a notice asks for.

use crate::id::CampaignId;
use serde::{Deserialize, Serialize};

/// `campaign:<id>` as it is pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    /// The campaign.
    pub id: CampaignId,
    /// Its title.
    pub title: String,
    /// The number of the notice that asks for it.
    #[serde(default)]
    pub notice: Option<String>,
}
