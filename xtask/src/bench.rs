//! `bench`: measures the built product and writes its tables into `docs/benchmarks.md`.

use crate::browser;
use crate::child::{Output, cargo};
use crate::run::{BUILD_STEPS, binary, build_all};
use crate::sim::commit;
use crate::steps::{Steps, show};
use crate::tree::{Done, at, read_text, write};

const PAGE: &str = "docs/benchmarks.md";

/// One part of the page: its word, and the test that measures it (left out of an ordinary run by its `long`).
const PARTS: [(&str, &str); 1] = [("phone", "bench::phone::long::")];

/// Measures the parts that are named, or all.
pub(crate) fn bench(args: &[String]) -> Done {
    let known = |word: &String| PARTS.iter().any(|(name, _)| name == word);
    if let Some(unknown) = args.iter().find(|word| !known(word)) {
        return Err(format!("bench knows no part `{unknown}`").into());
    }
    let mut steps = Steps::new(browser::INSTALL_STEPS + BUILD_STEPS + PARTS.len());
    let browser = browser::install(&mut steps)?;
    build_all(&mut steps)?;
    for (name, test) in PARTS {
        if !args.is_empty() && !args.iter().any(|word| word == name) {
            steps.skip(name, "not asked for");
            continue;
        }
        let mut measure = cargo(&["test", "--locked", "--workspace", "--test", "all", "--", test]);
        measure
            .args(["--include-ignored", "--nocapture", "--test-threads=1"])
            .env("JIANGDAO_BIN", binary())
            .env("CHROME", &browser.chrome)
            .env("CHROMEDRIVER", &browser.driver);
        let finished = steps.tried(name, measure, Output::Kept)?;
        let table: Vec<&str> =
            finished.out.iter().map(String::as_str).filter(|line| line.starts_with("| ")).collect();
        if !finished.status.success() || table.is_empty() {
            show(&finished);
            return Err(format!("{name} was not measured").into());
        }
        let text = format!("Commit {}, {}.\n\n{}", commit(), machine(), table.join("\n"));
        println!("{text}");
        write(&at(PAGE), put(&read_text(&at(PAGE))?, name, &text)?.as_bytes())?;
    }
    Ok(())
}

/// The page with another text between the marks of a part.
fn put(page: &str, name: &str, text: &str) -> Done<String> {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let missing = || format!("{PAGE} has no part {name}");
    let (head, rest) = page.split_once(&begin).ok_or_else(missing)?;
    let (_, tail) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{head}{begin}{text}\n{end}{tail}"))
}

/// What this machine is, in a few words.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let about = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.trim().to_owned());
    format!("{cores} cores of {model}")
}

#[cfg(test)]
mod tests {
    use super::put;

    #[test]
    fn a_part_is_replaced_and_the_rest_stays() {
        let page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n";
        let once = put(page, "x", "new").unwrap();
        assert_eq!(once, "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n");
        assert_eq!(put(&once, "x", "new").unwrap(), once);
        assert!(put(page, "y", "new").is_err());
    }
}
