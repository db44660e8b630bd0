//! Closing codes, as people type them.

use shared::closing::Closing;
use shared::text::Lang;

/// Refused in one sentence; or a code that, written out, is the same one again.
///
/// # Panics
/// The promise is broken.
pub fn closing(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Closing::parse(&text) {
        Ok(closing) => {
            assert_eq!(Closing::parse(&closing.code()), Ok(closing));
            assert_eq!(Closing::parse(&closing.to_string()), Ok(closing));
            assert!(text.chars().count() >= closing.code().len());
        }
        Err(wrong) => {
            for lang in [Lang::Zh, Lang::En] {
                assert!(!wrong.says(lang).is_empty());
            }
        }
    }
}
