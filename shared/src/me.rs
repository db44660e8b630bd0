//! One's own account (我的账号): the second factor (两步验证), recovery codes, the password.

use crate::wire::Account;
use serde::{Deserialize, Serialize};

/// How many recovery codes are given at once.
pub const RECOVERY_CODES: usize = 8;
/// Digits of a code that an app shows.
pub const CODE_DIGITS: u8 = 6;

/// `GET /api/v1/me`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who it is.
    pub account: Account,
    /// Since when the second factor is on, ms.
    pub factor_ms: Option<i64>,
    /// Recovery codes that were not used yet.
    pub recovery_left: u32,
    /// Whether the account cannot be without the second factor.
    pub demanded: bool,
    /// When the password was set, ms; none without one.
    pub password_ms: Option<i64>,
}

/// The answer to `POST /api/v1/me/factor`: told once, and good for nothing until a code confirms it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorNew {
    /// What an app computes codes of, in base32, to be typed.
    pub secret: String,
    /// The same as an address to be scanned, `otpauth://…`.
    pub url: String,
}

/// `POST /api/v1/me/factor/confirm`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorConfirm {
    /// The first code that the app shows.
    pub code: String,
}

/// The answer to that: shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodes {
    /// Each logs in once in the place of a code of the app.
    pub codes: Vec<String>,
}

/// `POST /api/v1/me/factor/end`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorEnd {
    /// The password.
    pub password: String,
    /// A code of the app, or a recovery code.
    pub code: String,
}

/// `POST /api/v1/me/password`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChange {
    /// The one that is known.
    pub old: String,
    /// The one that is to be.
    pub new: String,
}

/// Most characters of a read token's name.
pub const READ_TOKEN_NAME_MAX_CHARS: usize = 40;
/// Most days that a read token is good for.
pub const READ_TOKEN_DAYS_MAX: u32 = 366;
/// Most read tokens of one account that stand.
pub const READ_TOKENS_MAX: u32 = 20;

/// An item of `GET /api/v1/me/tokens`: what is known of a read token, never the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadTokenItem {
    /// Its id.
    pub id: String,
    /// What its maker calls it.
    pub name: String,
    /// Code of the org below which it reads.
    pub org: String,
    /// Name of that org.
    pub org_name: String,
    /// When it was made, ms.
    pub made_ms: i64,
    /// Until when it is good, ms.
    pub ends_ms: i64,
    /// When it was ended before that, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// When it was last used, to the hour, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_ms: Option<i64>,
}

/// `GET /api/v1/me/tokens`
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReadTokens {
    /// The tokens, the latest first.
    pub items: Vec<ReadTokenItem>,
}

/// `POST /api/v1/me/tokens`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadTokenNew {
    /// What it is for, in few words.
    pub name: String,
    /// Id or code of the org below which it reads.
    pub org: String,
    /// For how many days it is good, at most [`READ_TOKEN_DAYS_MAX`].
    pub days: u32,
}

/// The answer to that: the token is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadTokenMade {
    /// What the script sends as `Authorization: Bearer …`.
    pub token: String,
    /// Until when it is good, ms.
    pub ends_ms: i64,
}
