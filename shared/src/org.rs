//! The tree of unions and workshops.

use crate::id::OrgId;
use crate::session::words;
use crate::text::Lang;
use serde::{Deserialize, Serialize};

words! {
    /// How high an org stands; levels may be skipped or repeated.
    Level {
        /// 市
        City = "city", "市", "City";
        /// 区县
        District = "district", "区县", "District";
        /// 产业（系统）
        Industry = "industry", "产业（系统）", "Industry";
        /// 乡镇（街道）
        Town = "town", "乡镇（街道）", "Town";
        /// 基层工会
        Grassroots = "grassroots", "基层工会", "Grassroots union";
        /// 车间（班组）
        Workshop = "workshop", "车间（班组）", "Workshop";
    }
}

/// `org:<id>` as it is pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// The org.
    pub id: OrgId,
    /// Its code in the union's own numbering; the key of imports.
    pub code: String,
    /// Its name.
    pub name: String,
    /// How high it stands.
    pub level: Level,
    /// The org above; none at the top.
    #[serde(default)]
    pub parent: Option<OrgId>,
}
