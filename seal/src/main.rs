//! The sealing code as phones load it.

use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// The bytes of a rescue file with this content, sealed to the server's key.
///
/// # Errors
/// The key is none.
#[wasm_bindgen]
pub fn seal(key: &str, content: &[u8]) -> Result<Vec<u8>, JsError> {
    seal::seal(key, content).map_err(JsError::from)
}

fn main() {}
