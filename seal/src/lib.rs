//! Seals the content of a rescue file (docs/sync.md, "Rescue file") so that its server alone can
//! read it.

use age::x25519::Recipient;
use flate2::{Compression, write::GzEncoder};
use std::fmt;
use std::io::Write;

/// Nothing was sealed: the key is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSealed;

impl fmt::Display for NotSealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's key for rescue files cannot be used")
    }
}

impl std::error::Error for NotSealed {}

/// The bytes of the file: the content compressed, then sealed to the key (`age1…`). Sealed last, so
/// that nothing in the file can be changed without its being noticed.
///
/// # Errors
/// The key is none.
pub fn seal(key: &str, content: &[u8]) -> Result<Vec<u8>, NotSealed> {
    let recipient: Recipient = key.parse().map_err(|_| NotSealed)?;
    // Writing into memory cannot fail.
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(content).map_err(|_| NotSealed)?;
    let packed = packed.finish().map_err(|_| NotSealed)?;
    age::encrypt(&recipient, &packed).map_err(|_| NotSealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;

    #[test]
    fn the_holder_of_the_key_reads_what_was_sealed() {
        let key = age::x25519::Identity::generate();
        let content = "讲到".repeat(100_000);
        let sealed = seal(&key.to_public().to_string(), content.as_bytes()).unwrap();
        let packed = age::decrypt(&key, &sealed).unwrap();
        let mut read = String::new();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut read).unwrap();
        assert_eq!(read, content);
        assert!(age::decrypt(&age::x25519::Identity::generate(), &sealed).is_err());
    }

    #[test]
    fn what_is_no_key_seals_nothing() {
        for key in ["", "age1", "age1qqqq", "AGE-SECRET-KEY-1"] {
            assert_eq!(seal(key, b"x"), Err(NotSealed), "{key}");
        }
    }
}
