//! The reading code as phones load it.

use wasm_bindgen::prelude::wasm_bindgen;

/// The text of the code in a picture; none where there is none that can be read. `rgba`: four bytes a pixel, row by
/// row, as a canvas gives them.
#[wasm_bindgen]
#[must_use]
pub fn read(width: usize, height: usize, rgba: &[u8]) -> Option<String> {
    scan::read(width, height, rgba)
}

fn main() {}
