//! `test`: everything that has to hold before a change is taken.

use crate::axe;
use crate::browser::{self, Browser};
use crate::child::{Finished, Output, cargo};
use crate::run::{BUILD_STEPS, binary, build_all};
use crate::sim;
use crate::steps::{Steps, show};
use crate::tools::{self, WASM, tool};
use crate::tree::{Done, at};
use std::path::Path;
use std::process::Command;

const OWN_STEPS: usize = 10;

/// Some tests must find what was planted; in what ships (and is driven by the browser's tests) nothing is.
const MUSEUM: &str = "tests/museum";

/// What cargo's test programs counted, and which whole steps failed.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    broken: Vec<String>,
}

/// Runs everything; goes on after a failure, so that one run shows all of them.
pub(crate) fn test(args: &[String]) -> Done {
    let all = match args {
        [] => false,
        [word] if word == "--all" => true,
        other => return Err(format!("test knows --all only, not `{}`", other.join(" ")).into()),
    };
    let mut steps =
        Steps::new(browser::INSTALL_STEPS + axe::INSTALL_STEPS + BUILD_STEPS + sim::BUILD_STEPS + OWN_STEPS);
    let mut tally = Tally::default();
    let browser = browser::install(&mut steps)?;
    let axe = axe::install(&mut steps)?;
    tally.check(&mut steps, "formatting", cargo(&["fmt", "--all", "--check"]))?;
    build_all(&mut steps)?;
    lints(&mut steps, &mut tally)?;
    tests(&mut steps, &mut tally, (&browser, &axe), all)?;
    sim::build(&mut steps)?;
    tally.count(&mut steps, "planted defects", sim::museum())?;
    tally.count(&mut steps, "bad days", sim::for_minutes())?;
    tools::install_deny(&mut steps)?;
    tally.check(&mut steps, "licences, bans, sources", deny())?;
    tally.close(&steps)
}

/// Clippy once per target, each sharing what it compiles with the tests of that target.
fn lints(steps: &mut Steps, tally: &mut Tally) -> Done {
    let host = ["clippy", "--locked", "--workspace", "--all-targets", "--features", MUSEUM];
    let wasm = [
        "clippy", "--locked", "-p", "app", "-p", "scan", "-p", "seal", "--target", WASM, "--lib", "--bins",
        "--tests",
    ];
    for (what, args) in [("lints, host", host.as_slice()), ("lints, wasm", wasm.as_slice())] {
        let mut clippy = cargo(args);
        clippy.args(["--", "-D", "warnings"]);
        tally.check(steps, what, clippy)?;
    }
    Ok(())
}

fn tests(steps: &mut Steps, tally: &mut Tally, (browser, axe): (&Browser, &Path), all: bool) -> Done {
    // Compiling apart from running, so that the time of each is seen.
    let compile = cargo(&["test", "--locked", "--workspace", "--features", MUSEUM, "--no-run"]);
    if !tally.check(steps, "compiling the tests", compile)? {
        return Ok(());
    }
    // One run over the whole workspace: a choice of packages would change which features are on
    // and compile everything again. `ignored` marks what needs the built product: it is here.
    let mut host = cargo(&["test", "--locked", "--workspace", "--features", MUSEUM, "--no-fail-fast"]);
    host.args(["--", "--include-ignored"])
        .env("JIANGDAO_BIN", binary())
        .env("JIANGDAO_DIST", at("target/dist"))
        .env("JIANGDAO_AXE", axe)
        .env("CHROME", &browser.chrome)
        .env("CHROMEDRIVER", &browser.driver);
    if !all {
        host.args(["--skip", "long::"]);
    }
    tally.count(steps, "tests", host)?;
    let mut wasm = cargo(&["test", "--locked", "-p", "app", "--target", WASM, "--lib", "--tests"]);
    wasm.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", tool("wasm-bindgen-test-runner"))
        .env("CHROMEDRIVER", &browser.driver)
        .env("WASM_BINDGEN_USE_BROWSER", "1")
        .env("WASM_BINDGEN_TEST_TIMEOUT", "120")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "30")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser.runner_settings()?);
    tally.count(steps, "tests in the browser", wasm)
}

fn deny() -> Command {
    let mut deny = crate::child::command(tool("cargo-deny"));
    deny.args(["--workspace", "--offline", "check", "licenses", "bans", "sources"]);
    deny
}

impl Tally {
    /// A step that is right or wrong as a whole.
    fn check(&mut self, steps: &mut Steps, what: &str, command: Command) -> Done<bool> {
        let finished = steps.tried(what, command, Output::Kept)?;
        let good = finished.status.success();
        if !good {
            show(&finished);
            self.broken.push(what.to_owned());
        }
        Ok(good)
    }

    /// A step whose tests are counted one by one.
    fn count(&mut self, steps: &mut Steps, what: &str, command: Command) -> Done {
        let finished = steps.tried(what, command, Output::Shown)?;
        let (passed, failed) = counted(&finished.out);
        self.passed += passed;
        self.failed += failed;
        if !finished.status.success() {
            explain(&finished);
            self.broken.push(what.to_owned());
        }
        Ok(())
    }

    fn close(&self, steps: &Steps) -> Done {
        eprintln!("{:.0} s in all", steps.seconds());
        // A broken step without a counted test (a lint, a test that does not compile) is one
        // failure too: the closing line never says 0 for a run that ends badly.
        let failed = self.failed.max(self.broken.len());
        println!("{} passed, {failed} failed", self.passed);
        if self.broken.is_empty() {
            Ok(())
        } else {
            Err(format!("failed: {}", self.broken.join("; ")).into())
        }
    }
}

/// Standard error of a failed run, without the lines that say which crate is compiled.
fn explain(finished: &Finished) {
    let noise = ["Compiling", "Downloaded", "Downloading", "Finished", "Fresh"];
    for line in &finished.err {
        if !noise.iter().any(|word| line.trim_start().starts_with(word)) {
            eprintln!("{line}");
        }
    }
}

/// Sums the lines `test result: ok. 12 passed; 0 failed; …`.
pub(crate) fn counted(lines: &[String]) -> (usize, usize) {
    let results = lines.iter().filter(|line| line.trim_start().starts_with("test result:"));
    results.fold((0, 0), |(passed, failed), line| {
        (passed + before(line, " passed"), failed + before(line, " failed"))
    })
}

fn before(line: &str, word: &str) -> usize {
    let number = line.split(word).next().and_then(|head| head.rsplit(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn sums_results() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            "test a::b ... ok",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 filtered out; finished in 0.1s",
        ];
        assert_eq!(counted(&lines.map(str::to_owned)), (15, 2));
    }
}
