//! The first admin: made by a link that the server prints on its console.

use serde::{Deserialize, Serialize};

/// The desk's address for it; the token follows in the fragment, which no server is told.
pub const FIRST_PATH: &str = "/desk/first#";
/// For how many hours the link is good.
pub const FIRST_HOURS: i64 = 24;

/// `POST /api/v1/first/look`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstLook {
    /// The token out of the link's fragment.
    pub token: String,
}

/// The answer to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstNeeds {
    /// There is no org yet: the city has to be named.
    pub city: bool,
}

/// `POST /api/v1/first`: answered like a login at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRequest {
    /// The token out of the link's fragment.
    pub token: String,
    /// The login name.
    pub login: String,
    /// The person's name.
    pub name: String,
    /// The password.
    pub password: String,
    /// The org at the top of the tree, where there is none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<FirstCity>,
}

/// The org at the top of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstCity {
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
}
