//! Accounts as staff administer them: invitations (邀请), grants (授权), and who joined.

use crate::id::{AccountId, ReplicaId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// For how many days an invitation may be good.
pub const DAYS: std::ops::RangeInclusive<u32> = 1..=30;
/// For how many days it is, unless somebody says otherwise.
pub const DAYS_USUAL: u32 = 7;
/// How many people may join by one.
pub const USES: std::ops::RangeInclusive<u32> = 1..=200;
/// Longest remark on one, characters.
pub const NOTE_MAX_CHARS: usize = 60;
/// The phone's address for one; the token follows in the fragment, which no server is told.
pub const JOIN_PATH: &str = "/join#";
/// The same for one that logs a new phone of an account in.
pub const PHONE_PATH: &str = "/join/again#";
/// The desk's address for one that sets a password.
pub const ENTER_PATH: &str = "/desk/enter#";

/// `POST /api/v1/invitations`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationNew {
    /// Code or id of the org whose organizers they become.
    pub org: String,
    /// One of [`DAYS`].
    #[serde(default = "days_usual")]
    pub days: u32,
    /// One of [`USES`]; more than one demands that each joiner is confirmed.
    #[serde(default = "one")]
    pub uses: u32,
    /// A remark for staff, as whose sheet it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

const fn days_usual() -> u32 {
    DAYS_USUAL
}

const fn one() -> u32 {
    1
}

/// A link that was made: the only time that its token is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkMade {
    /// Where it leads, without the host: a path with the token in its fragment.
    pub path: String,
    /// Until when it is good, ms.
    pub ends_ms: i64,
}

/// An invitation in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationItem {
    /// The invitation.
    pub id: Uuid,
    /// Code of the org.
    pub org: String,
    /// Its name.
    pub org_name: String,
    /// Login of who made it; none: a command.
    pub made_by: Option<String>,
    /// When, ms.
    pub made_ms: i64,
    /// Until when it is good, ms.
    pub ends_ms: i64,
    /// How many may join.
    pub uses: u32,
    /// How many have.
    pub used: u32,
    /// The remark.
    pub note: Option<String>,
}

/// `POST /api/v1/join`: answered like a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The token out of the link's fragment.
    pub invite: String,
    /// The person's name; not looked at where the account is there already.
    #[serde(default)]
    pub name: String,
    /// The browser profile that joins.
    pub replica: ReplicaId,
    /// What it calls itself.
    #[serde(default)]
    pub device: Option<String>,
}

/// `POST /api/v1/enter`: sets a password, and logs in at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterRequest {
    /// The token out of the link's fragment.
    pub token: String,
    /// The new password.
    pub password: String,
    /// A code of the second factor, where the account has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// `POST /api/v1/accounts`: somebody of the staff, who sets a password by a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNew {
    /// The login name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The first grant.
    #[serde(flatten)]
    pub grant: GrantNew,
}

/// `POST /api/v1/accounts/{id}/grants`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantNew {
    /// organizer, lecturer, viewer, manager or admin.
    pub role: String,
    /// Code or id of the org.
    pub org: String,
    /// Until before when, ms; none: until it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
}

/// A grant of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantItem {
    /// The grant, for ending it.
    pub id: i64,
    /// The role's word.
    pub role: String,
    /// Code of the org.
    pub org: String,
    /// Its name.
    pub org_name: String,
    /// From when, ms.
    pub from_ms: i64,
    /// Until before when, ms.
    pub until_ms: Option<i64>,
    /// Whether the asker may end it.
    pub may_end: bool,
}

/// An account in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountItem {
    /// The account.
    pub id: AccountId,
    /// Its login name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// Grants that stand or will, the latest ended ones after them.
    pub grants: Vec<GrantItem>,
    /// How many devices it has.
    pub devices: u64,
    /// Its last contact, ms.
    pub last_seen_ms: Option<i64>,
    /// Name of the org whose organizer it becomes once somebody confirms.
    pub waits_for: Option<String>,
    /// Whether the asker may give it links.
    pub may_link: bool,
    /// Whether its second factor is on.
    #[serde(default)]
    pub factor: bool,
    /// Whether the asker may switch that off.
    #[serde(default)]
    pub may_reset: bool,
}

/// `POST /api/v1/accounts/{id}/confirm`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// Lets the joiner in, or not.
    pub accept: bool,
}

/// `POST /api/v1/devices/{replica}`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceDeed {
    /// What is to be done.
    pub deed: Deed,
}

/// What can be done about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Its login ends; what it has not sent still comes.
    Revoke,
    /// Somebody else may have it: its login ends, and whatever comes from it is held.
    Lost,
    /// It is back in the right hands.
    Found,
}
