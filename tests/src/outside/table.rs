//! Files that offices send: CSV in two codings, and workbooks.

use super::Dice;
use server::import::table::Table;
use server::import::{org, roster};
use shared::import::ROWS_MAX;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Refused in words of one line each; or a table of not too many lines, in their order, each with a
/// cell for each column.
///
/// # Panics
/// The promise is broken.
pub fn table(input: &[u8]) {
    for (read, columns) in
        [(org::read(input, None), org::COLUMNS.len()), (roster::read(input, None), roster::COLUMNS.len())]
    {
        match read {
            Ok(table) => whole(&table, columns),
            Err(faults) => {
                let rejection = faults.rejection("f");
                assert!(!rejection.lines.is_empty());
                assert!(rejection.lines.iter().all(|line| !line.contains('\n')), "{rejection}");
            }
        }
    }
}

fn whole(table: &Table, columns: usize) {
    assert!(table.lines.len() <= ROWS_MAX && table.has.len() == columns);
    assert!(table.lines.iter().all(|line| line.cells.len() == columns));
    assert!(table.lines.windows(2).all(|pair| pair[0].number < pair[1].number));
}

/// A file damaged as it is, or inside of the archive that it is, where no checksum keeps the damage out.
pub(super) fn mutated(dice: &mut Dice, seeds: &[Vec<u8>]) -> Vec<u8> {
    let books: Vec<_> = seeds.iter().filter_map(|seed| unpacked(seed)).collect();
    if dice.below(2) == 0 || books.is_empty() {
        return dice.mutated(seeds);
    }
    let mut parts = dice.of(&books).clone();
    let inside: Vec<usize> = (0..parts.len()).filter(|place| parts[*place].0.contains("xl/")).collect();
    let place = *dice.of(&inside);
    // With parts of other files, so that they can be mixed up.
    let sources: Vec<Vec<u8>> = parts.iter().map(|(_, bytes)| bytes.clone()).collect();
    let own = [parts[place].1.clone()];
    parts[place].1 = if dice.below(6) == 0 { dice.mutated(&sources) } else { dice.mutated(&own) };
    packed(&parts)
}

type Parts = Vec<(String, Vec<u8>)>;

fn unpacked(bytes: &[u8]) -> Option<Parts> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    (0..archive.len())
        .map(|place| {
            let mut part = archive.by_index(place).ok()?;
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).ok()?;
            Some((part.name().ok()?.into_owned(), bytes))
        })
        .collect()
}

fn packed(parts: &Parts) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(name, stored).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
