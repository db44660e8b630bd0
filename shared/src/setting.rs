//! Settings (设置) of the whole city, as its admins see and set them.

use crate::session::words;
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Most days for which a password may be good.
pub const PASSWORD_DAYS_MAX: u64 = 3_650;
/// Most months for which names may be kept before the server looks; above that, for ever says it.
pub const RETENTION_MONTHS_MAX: u64 = 1_200;

words! {
    /// What can be set.
    Key {
        /// Whether managers and admins cannot be without the second factor.
        SecondFactor = "second_factor", "两步验证", "Second factor";
        /// For how many days a password is good; 0: for ever.
        PasswordDays = "password_days", "密码有效天数", "Days that a password is good";
        /// For how many months names are kept; null: for ever.
        RetentionMonths = "retention_months", "姓名保留月数", "Months that names are kept";
    }
}

impl Key {
    /// What stands until somebody sets it.
    #[must_use]
    pub fn usual(self) -> Value {
        match self {
            Self::SecondFactor => Value::Bool(false),
            Self::PasswordDays => Value::from(0),
            Self::RetentionMonths => Value::Null,
        }
    }

    /// Whether it may be set to this.
    #[must_use]
    pub fn takes(self, value: &Value) -> bool {
        match self {
            Self::SecondFactor => value.is_boolean(),
            Self::PasswordDays => value.as_u64().is_some_and(|days| days <= PASSWORD_DAYS_MAX),
            Self::RetentionMonths => {
                value.is_null() || value.as_u64().is_some_and(|n| (1..=RETENTION_MONTHS_MAX).contains(&n))
            }
        }
    }
}

/// The answer to `GET /api/v1/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// All of them, in the order of the screen.
    pub items: Vec<SettingItem>,
}

/// A setting as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingItem {
    /// [`Key::wire`], or a word of a newer version.
    pub key: String,
    /// What stands.
    pub value: Value,
    /// When it was set, ms; none where nobody has.
    pub at_ms: Option<i64>,
    /// Login of who set it; none of a command.
    pub login: Option<String>,
}

/// `POST /api/v1/settings`: answered with the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingNew {
    /// [`Key::wire`].
    pub key: String,
    /// What is to stand; see [`Key::takes`].
    pub value: Value,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_setting_takes_what_fits_it() {
        for key in Key::ALL.iter().copied() {
            assert!(key.takes(&key.usual()), "{}", key.wire());
        }
        let taken = [
            (Key::SecondFactor, json!(true)),
            (Key::PasswordDays, json!(90)),
            (Key::RetentionMonths, json!(1)),
            (Key::RetentionMonths, json!(1_200)),
        ];
        for (key, value) in taken {
            assert!(key.takes(&value), "{} {value}", key.wire());
        }
        let refused = [
            (Key::SecondFactor, json!(1)),
            (Key::SecondFactor, Value::Null),
            (Key::PasswordDays, json!(-1)),
            (Key::PasswordDays, json!(3_651)),
            (Key::PasswordDays, json!("90")),
            (Key::RetentionMonths, json!(0)),
            (Key::RetentionMonths, json!(1_201)),
            (Key::RetentionMonths, json!(1.5)),
        ];
        for (key, value) in refused {
            assert!(!key.takes(&value), "{} {value}", key.wire());
        }
    }
}
