//! Rules about Rust: functions that fit a screen, and who may know whom.

use super::{Source, none, sources};
use crate::harness::Done;

const LINES: usize = 70;

#[test]
fn functions_fit_a_screen() -> Done {
    let mut found = Vec::new();
    for source in sources()?.iter().filter(|source| source.is(".rs")) {
        for (number, name, length) in functions(&source.text) {
            if length > LINES {
                found.push(format!("{}:{number}: {name} has {length} lines, more than {LINES}", source.name));
            }
        }
    }
    none(&found)
}

/// Line, name and length of each function; rustfmt puts the closing brace below the `fn`.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let indent = line.len() - line.trim_start().len();
        let close = format!("{}}}", " ".repeat(indent));
        let body = lines.get(at..).unwrap_or_default();
        // One without a body (in a trait), or a short one on one line, ends where it begins.
        let opened = body.iter().position(|line| line.ends_with(['{', ';', '}']));
        let ends_at_once = opened
            .and_then(|opened| body.get(opened))
            .is_none_or(|line| line.ends_with(';') || line.ends_with('}'));
        if !ends_at_once && let Some(length) = body.iter().position(|line| **line == close) {
            found.push((at + 1, name.to_owned(), length + 1));
        }
    }
    found
}

/// `pub(crate) async fn push(` gives `push`.
fn function_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix("fn ") {
            return after.split(['(', '<']).next();
        }
        let (word, after) = rest.split_once(' ')?;
        let known = ["pub", "const", "async", "extern", "\"C\""].contains(&word);
        if !known && !word.starts_with("pub(") {
            return None;
        }
        rest = after;
    }
}

#[test]
fn the_phone_knows_nothing_of_the_desk() -> Done {
    let of_phone = |source: &&Source| {
        source.is(".rs")
            && source.name.starts_with("app/src/")
            && !source.name.starts_with("app/src/desk")
            && source.name != "app/src/lib.rs"
            && source.name != "app/src/bin/desk.rs"
    };
    named_in(of_phone, &["crate::desk", "app::desk", "super::desk"])
}

#[test]
fn only_the_database_folder_and_tables_know_the_engine() -> Done {
    let of_shared_or_app = |source: &&Source| {
        source.is(".rs") && (source.name.starts_with("shared/") || source.name.starts_with("app/"))
    };
    named_in(of_shared_or_app, &["rusqlite", "axum::"])
}

fn named_in(looked_at: impl Fn(&&Source) -> bool, words: &[&str]) -> Done {
    let mut found = Vec::new();
    for source in sources()?.iter().filter(looked_at) {
        for word in words.iter().filter(|word| source.text.contains(**word)) {
            found.push(format!("{} names {word}", source.name));
        }
    }
    none(&found)
}

#[test]
fn measures_functions() {
    let text = "impl A {\n    pub(crate) async fn long(\n        a: u8,\n    ) {\n        a\n    }\n\
                \n    fn declared();\n    const fn none() {}\n}\n";
    assert_eq!(functions(text), [(2, "long".to_owned(), 5)]);
}
