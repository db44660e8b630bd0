//! Responses (反馈答卷): always anonymous, append only.

use crate::id::FormId;
use crate::session::words;
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

words! {
    /// How a response came.
    Via {
        /// On the passed-round phone.
        Phone = "phone", "现场手机", "Phone";
        /// By link or QR code.
        Link = "link", "链接", "Link";
        /// Typed in from paper.
        Paper = "paper", "纸质", "Paper";
    }
}

/// The body of a `response`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The form that was shown.
    pub form: FormId,
    /// Its version.
    pub version: u32,
    /// Question → answer, as that version asks.
    pub answers: Map<String, Value>,
    /// How it came.
    pub via: Via,
}

/// Figures over fewer responses than this are withheld.
pub const WITHHOLD_BELOW: u32 = 5;
