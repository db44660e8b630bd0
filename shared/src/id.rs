//! Identities. On the wire each is a UUID in lower case with hyphens; any other spelling is
//! refused, so that one id has one spelling and can be compared as text everywhere.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The text was not a UUID in lower case with hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadId;

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is a UUID in lower case with hyphens")
    }
}

impl std::error::Error for BadId {}

fn parse(text: &str) -> Result<Uuid, BadId> {
    let strict = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase());
    if !strict {
        return Err(BadId);
    }
    Uuid::try_parse(text).map_err(|_| BadId)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with these 16 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The id with this value, for ids fixed in code.
            #[must_use]
            pub const fn from_u128(value: u128) -> Self {
                Self(Uuid::from_u128(value))
            }

            /// The 16 bytes, as tables keep them.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                parse(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                parse(&text).map(Self).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

ids! {
    /// A change: one immutable fact made on a phone.
    ChangeId
    /// One browser profile of one account.
    ReplicaId
    /// One sending of changes; the answer repeats it.
    BatchId
    /// One life of a server's data: made anew at its start and at each restore.
    Epoch
    /// Who may log in.
    AccountId
    /// A union, or a workshop below one.
    OrgId
    /// A campaign (专题活动).
    CampaignId
    /// A session (场次).
    SessionId
    /// A person of a roster, or a walk-in.
    PersonId
    /// A feedback form, all versions of it.
    FormId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_only() {
        let good = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(good.parse::<PersonId>().unwrap().to_string(), good);
        for bad in [
            "01890A5D-ac96-774b-bcce-b302099a8057",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "",
        ] {
            assert_eq!(bad.parse::<PersonId>(), Err(BadId), "{bad}");
        }
    }
}
