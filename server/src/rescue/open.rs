//! Opens what phones seal to this server, rescue files and spare keys: the seal, the packing, the content.
//! Whatever is not exactly what a phone sealed is refused as a whole.

use super::Key;
use crate::refuse::Refusal;
use age::DecryptError;
use flate2::read::GzDecoder;
use shared::id::AccountId;
use shared::phone::unlocked;
use shared::problem::Code;
use shared::rescue::{CONTENT_MAX_BYTES, Content, FILE_MAX_BYTES, Unread, read};
use shared::sealed::{Key as StoreKey, Spare, unhex};
use std::io::Read;

/// What lies in a file. What was locked on the phone stands among the parts.
///
/// # Errors
/// `rescue_damaged`, `rescue_foreign`, `rescue_newer` or `rescue_too_large`.
pub fn open(key: &Key, file: &[u8]) -> Result<Content, Refusal> {
    let content = opened(key, file)?;
    let mut content = read(&content).map_err(|why| {
        Refusal::from(match why {
            Unread::Newer => Code::RescueNewer,
            Unread::Damaged => Code::RescueDamaged,
        })
    })?;
    for locked in std::mem::take(&mut content.locked) {
        let (account, data) = spare(key, &locked.spare)?;
        let dice = *uuid::Uuid::new_v4().as_bytes();
        let part = unlocked(&locked, (account, &data), content.made_ms, &dice);
        content
            .parts
            .extend(part.ok_or(Code::RescueDamaged).map(|part| Some(part).filter(|part| part.count() > 0))?);
    }
    Ok(content)
}

/// The key of a phone's store, and whose it is.
///
/// # Errors
/// As of a file.
pub(super) fn spare(key: &Key, sealed: &str) -> Result<(AccountId, StoreKey), Refusal> {
    let sealed = unhex(sealed).ok_or(Code::RescueDamaged)?;
    let spare: Spare = serde_json::from_slice(&opened(key, &sealed)?).map_err(|_| Code::RescueDamaged)?;
    let data = unhex(&spare.key).and_then(|bytes| StoreKey::of(&bytes)).ok_or(Code::RescueDamaged)?;
    Ok((spare.account, data))
}

fn opened(key: &Key, file: &[u8]) -> Result<Vec<u8>, Refusal> {
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
    Ok(content)
}

fn too_large(limit: usize) -> Refusal {
    Refusal::new(Code::RescueTooLarge, format!("at most {limit} bytes"))
}
