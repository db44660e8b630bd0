//! What a phone downloads, file by file: the phone is held to bounds, so that a page or a library
//! that costs much is seen with the change that brings it.

use crate::harness::{Done, named};

/// The most that each file may weigh, packed by brotli, in bytes. The goal is 200,000 for the
/// phone together; a bound is lowered with each change that makes room (docs/measurements.md).
const BOUNDS: [(&str, u64); 21] = [
    ("phone_bg.wasm", 500_000),
    ("phone.js", 9_500),
    ("start.js", 900),
    ("base.css", 1_200),
    ("phone.css", 4_000),
    ("phone_pages.css", 3_000),
    ("index.html", 700),
    ("service_worker.js", 2_500),
    ("attendance.css", 1_000),
    ("form.css", 900),
    ("phone_form.css", 600),
    ("phone_photos.css", 800),
    ("sheet.css", 600),
    ("icon.svg", 300),
    ("manifest.webmanifest", 500),
    // Fetched by the worker after the first page, run when they are needed.
    ("picture.js", 3_000),
    ("camera.js", 1_200),
    ("scan_bg.wasm", 90_000),
    ("scan.js", 2_000),
    ("seal_bg.wasm", 100_000),
    ("seal.js", 3_200),
];

/// `phone_bg.wasm` of `phone_bg-0123456789abcdef.wasm.br`.
fn name_of(packed: &str) -> Option<String> {
    let name = packed.strip_suffix(".br")?;
    let (stem, end) = name.rsplit_once('.')?;
    Some(match stem.rsplit_once('-') {
        Some((stem, hash)) if hash.len() == 16 => format!("{stem}.{end}"),
        _ => name.to_owned(),
    })
}

#[test]
#[ignore = "needs the built product: cargo xtask test"]
fn no_file_of_the_phone_outgrows_its_bound() -> Done {
    let folder = named("JIANGDAO_DIST")?.join("phone");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(name) = entry.file_name().to_str().and_then(name_of) {
            all.push((name, entry.metadata()?.len()));
        }
    }
    let (mut sum, mut over) = (0, Vec::new());
    for (name, most) in BOUNDS {
        let found = all.iter().find(|(file, _)| file == name);
        let weighs = found.ok_or_else(|| format!("{name} was not built"))?.1;
        println!("{weighs:>9} of {most:>9}  {name}");
        sum += weighs;
        if weighs > most {
            over.push(format!("{name}: {weighs} bytes, more than {most}"));
        }
    }
    println!("{sum:>9} together");
    assert!(over.is_empty(), "{}", over.join("; "));
    // What is not bounded above must be named here, or a new file would weigh nothing.
    let known = |name: &str| BOUNDS.iter().any(|(bound, _)| *bound == name);
    let unknown: Vec<_> = all.iter().filter(|(name, _)| !known(name)).collect();
    assert!(unknown.is_empty(), "files without a bound: {unknown:?}");
    Ok(())
}
