//! Opens a rescue file: the seal, the packing, the content. Whatever is not exactly what a phone
//! sealed is refused as a whole.

use super::Key;
use crate::refuse::Refusal;
use age::DecryptError;
use flate2::read::GzDecoder;
use shared::problem::Code;
use shared::rescue::{CONTENT_MAX_BYTES, Content, FILE_MAX_BYTES, Unread, read};
use std::io::Read;

/// What lies in a file.
///
/// # Errors
/// `rescue_damaged`, `rescue_foreign`, `rescue_newer` or `rescue_too_large`.
pub fn open(key: &Key, file: &[u8]) -> Result<Content, Refusal> {
    if file.len() > FILE_MAX_BYTES {
        return Err(too_large(FILE_MAX_BYTES));
    }
    let packed = key.unseal(file).map_err(|error| match error {
        // Also where the damage is in the very line that says for which key it is.
        DecryptError::NoMatchingKeys => Code::RescueForeign,
        _ => Code::RescueDamaged,
    })?;
    let mut content = Vec::new();
    let most = u64::try_from(CONTENT_MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let inflated = GzDecoder::new(packed.as_slice()).take(most).read_to_end(&mut content);
    inflated.map_err(|_| Code::RescueDamaged)?;
    if content.len() > CONTENT_MAX_BYTES {
        return Err(too_large(CONTENT_MAX_BYTES));
    }
    read(&content).map_err(|why| {
        Refusal::from(match why {
            Unread::Newer => Code::RescueNewer,
            Unread::Damaged => Code::RescueDamaged,
        })
    })
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(Code::RescueTooLarge, format!("at most {limit} bytes"))
}
