//! Writes the `.br` and `.gz` beside each file that shrinks.

use crate::tree::{Done, files, read, write};
use flate2::{Compression, write::GzEncoder};
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Kinds of file that are worth compressing; pictures already are.
const KINDS: [&str; 7] = ["css", "html", "js", "json", "svg", "wasm", "webmanifest"];

/// Compresses a whole built folder.
pub(crate) fn compress(folder: &Path) -> Done {
    for path in files(folder)? {
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        if !KINDS.contains(&kind) {
            continue;
        }
        let plain = read(&path)?;
        let br = brotli(&plain)?;
        let gz = gzip(&plain)?;
        for (packed, end) in [(br, ".br"), (gz, ".gz")] {
            if packed.len() < plain.len() {
                write(&with_end(&path, end), &packed)?;
            }
        }
    }
    Ok(())
}

/// Brotli at its best, as it is done once and sent often.
fn brotli(plain: &[u8]) -> Done<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: plain.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut packed, &params)?;
    Ok(packed)
}

fn gzip(plain: &[u8]) -> Done<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain)?;
    Ok(encoder.finish()?)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}
