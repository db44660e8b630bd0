//! Rules about plain text: length, ends of lines, words.

use super::{none, sources};
use crate::harness::Done;

const LINES: usize = 500;

#[test]
fn files_are_short() -> Done {
    let mut found = Vec::new();
    for source in sources()? {
        let lines = source.text.lines().count();
        if lines > LINES {
            found.push(format!("{}: {lines} lines, more than {LINES}", source.name));
        }
    }
    none(&found)
}

#[test]
fn lines_end_cleanly() -> Done {
    let mut found = Vec::new();
    for source in sources()? {
        for (number, line) in source.text.split('\n').enumerate() {
            let at = format!("{}:{}", source.name, number + 1);
            if line.contains('\r') {
                found.push(format!("{at}: a carriage return"));
            } else if line.ends_with([' ', '\t']) && !source.is(".md") {
                found.push(format!("{at}: space at the end of the line"));
            }
            if line.contains('\t') && (source.is(".rs") || source.is(".toml")) {
                found.push(format!("{at}: a tab"));
            }
        }
        if !source.text.is_empty() && !source.text.ends_with('\n') {
            found.push(format!("{}: no line end at its end", source.name));
        }
    }
    none(&found)
}

#[test]
fn nothing_is_left_for_later() -> Done {
    // Put together here, so that this file does not find itself.
    let words =
        [["TO", "DO"], ["FIX", "ME"], ["X", "XX"], ["dbg", "!("], ["todo", "!("], ["unimple", "mented!("]];
    forbid(&words, |name| name.ends_with(".rs") || name.ends_with(".sql") || name.ends_with(".js"))
}

#[test]
fn nothing_names_a_machine_or_a_registry() -> Done {
    let words = [
        ["/wo", "rk/"],
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["crates", ".io"],
        ["npmjs", ".com"],
        ["npmjs", ".org"],
        ["pypi", ".org"],
        ["docker", ".io"],
    ];
    forbid(&words, |_| true)
}

/// Finds words that are given in two halves.
fn forbid(halves: &[[&str; 2]], looked_at: impl Fn(&str) -> bool) -> Done {
    let words: Vec<String> = halves.iter().map(|halves| halves.concat()).collect();
    let mut found = Vec::new();
    for source in sources()?.iter().filter(|source| looked_at(&source.name)) {
        for (number, line) in source.text.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(word.as_str())) {
                found.push(format!("{}:{}: {word}", source.name, number + 1));
            }
        }
    }
    none(&found)
}

#[test]
fn tables_are_named_in_the_singular() -> Done {
    // Words whose singular ends in s.
    let singular = ["alias", "status", "address", "progress", "access", "class", "loss"];
    let mut found = Vec::new();
    for source in sources()?.iter().filter(|source| source.is(".sql")) {
        for line in source.text.lines() {
            let lower = line.trim().to_lowercase();
            let Some(rest) = lower.strip_prefix("create table ") else {
                continue;
            };
            let rest = rest.strip_prefix("if not exists ").unwrap_or(rest);
            let table = rest.split([' ', '(']).next().unwrap_or_default();
            let last = table.rsplit('_').next().unwrap_or_default();
            if last.ends_with('s') && !singular.contains(&last) {
                found.push(format!("{}: table {table}", source.name));
            }
        }
    }
    none(&found)
}
