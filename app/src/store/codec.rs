//! The one way in which values get into the store and out of it, so that a later version can
//! seal them without touching anything else.

/// The first byte of a stored value: how the rest is to be read.
const PLAIN: u8 = 1;

/// A stored value was written by a newer version, or is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable;

/// The bytes as they are stored.
#[must_use]
pub fn encode(value: &[u8]) -> Vec<u8> {
    let mut stored = Vec::with_capacity(value.len() + 1);
    stored.push(PLAIN);
    stored.extend_from_slice(value);
    stored
}

/// The bytes that were given to [`encode`].
///
/// # Errors
/// The stored value begins with a byte that this version does not know.
pub fn decode(stored: &[u8]) -> Result<Vec<u8>, Unreadable> {
    match stored.split_first() {
        Some((&PLAIN, value)) => Ok(value.to_vec()),
        _ => Err(Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for value in [&b""[..], b"x", b"{\"a\":1}"] {
            assert_eq!(decode(&encode(value)), Ok(value.to_vec()));
        }
    }

    #[test]
    fn what_is_not_known_is_told() {
        assert_eq!(decode(b""), Err(Unreadable));
        assert_eq!(decode(&[2, 1, 1]), Err(Unreadable));
    }
}
