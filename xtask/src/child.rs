//! Runs a program under a status line that says how long it takes and how far it is.

use crate::tree::{Done, root};
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What becomes of the lines that a program prints on its standard output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// Kept, and shown only when the program fails.
    Kept,
    /// Shown as it comes: results that a person wants to see.
    Shown,
}

/// What a finished program leaves.
pub(crate) struct Finished {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// All it printed on standard output, line by line.
    pub(crate) out: Vec<String>,
    /// All it printed on standard error, without the redrawn progress.
    pub(crate) err: Vec<String>,
}

#[derive(Default)]
struct Seen {
    out: Vec<String>,
    err: Vec<String>,
    /// The `12/345` of cargo's own progress line.
    how_far: Option<String>,
}

/// A command that starts in the workspace and lets cargo tell how far it is.
pub(crate) fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .current_dir(root())
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "100");
    command
}

/// Cargo of the toolchain that runs this program.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = command(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    command.args(args);
    command
}

/// Runs to the end, repainting `status` with seconds and progress.
pub(crate) fn watch(mut command: Command, status: &str, output: Output) -> Done<Finished> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|why| format!("cannot start {program}: {why}"))?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let readers = [
        child.stdout.take().map(|pipe| read_out(pipe, Arc::clone(&seen), output)),
        child.stderr.take().map(|pipe| read_err(pipe, Arc::clone(&seen))),
    ];
    let ended = paint_until_end(&mut child, &seen, status, output)?;
    for reader in readers.into_iter().flatten() {
        reader.join().map_err(|_| "a reader of the program's output broke")?;
    }
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Finished { status: ended, out: std::mem::take(&mut seen.out), err: std::mem::take(&mut seen.err) })
}

fn paint_until_end(child: &mut Child, seen: &Mutex<Seen>, status: &str, output: Output) -> Done<ExitStatus> {
    let terminal = std::io::stderr().is_terminal();
    // Without a terminal (a log), a line now and then shows that the step is alive.
    let pause = Duration::from_secs(if terminal { 1 } else { 30 });
    let started = Instant::now();
    let mut painted = started;
    loop {
        if let Some(ended) = child.try_wait()? {
            if terminal {
                eprint!("\r\x1b[K");
            }
            return Ok(ended);
        }
        // Shown results speak for themselves; a repainted line would cut into them.
        if painted.elapsed() >= pause && (output == Output::Kept || !terminal) {
            painted = Instant::now();
            let far = seen.lock().unwrap_or_else(PoisonError::into_inner).how_far.clone();
            let far = far.map(|far| format!(", {far} crates")).unwrap_or_default();
            let line = format!("{status} … {} s{far}", started.elapsed().as_secs());
            if terminal {
                eprint!("\r\x1b[K{line}");
                std::io::stderr().flush()?;
            } else {
                eprintln!("{line}");
            }
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn read_out(pipe: impl Read + Send + 'static, seen: Arc<Mutex<Seen>>, output: Output) -> JoinHandle<()> {
    std::thread::spawn(move || {
        each_line(pipe, |line| {
            if output == Output::Shown {
                println!("{line}");
            }
            seen.lock().unwrap_or_else(PoisonError::into_inner).out.push(line);
        });
    })
}

fn read_err(pipe: impl Read + Send + 'static, seen: Arc<Mutex<Seen>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        each_line(pipe, |line| {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            match progress(&line) {
                Some(far) => seen.how_far = Some(far),
                None => seen.err.push(line),
            }
        });
    })
}

/// Calls back for each line; a carriage return ends one too, as in redrawn progress.
fn each_line(mut pipe: impl Read, mut take: impl FnMut(String)) {
    let mut buffer = [0_u8; 8192];
    let mut line = Vec::new();
    while let Ok(count) = pipe.read(&mut buffer) {
        if count == 0 {
            break;
        }
        for &byte in buffer.iter().take(count) {
            if byte != b'\n' && byte != b'\r' {
                line.push(byte);
            } else if !line.is_empty() {
                take(String::from_utf8_lossy(&line).into_owned());
                line.clear();
            } else if byte == b'\n' {
                take(String::new());
            }
        }
    }
    if !line.is_empty() {
        take(String::from_utf8_lossy(&line).into_owned());
    }
}

/// Reads `12/345` out of cargo's `Building [==> ] 12/345: leptos, …`.
fn progress(line: &str) -> Option<String> {
    let (_, after) = line.split_once("Building")?.1.split_once(']')?;
    let count = after.trim().split([':', ' ']).next()?;
    let (at, of) = count.split_once('/')?;
    (at.parse::<u32>().is_ok() && of.parse::<u32>().is_ok()).then(|| format!("{at} of {of}"))
}

#[cfg(test)]
mod tests {
    use super::progress;

    #[test]
    fn reads_cargo_progress() {
        let line = "\x1b[1m    Building\x1b[0m [=====>   ] 12/345: leptos, axum(build)";
        assert_eq!(progress(line).as_deref(), Some("12 of 345"));
        assert_eq!(progress("   Compiling leptos v0.8.23"), None);
        assert_eq!(progress("    Building [ ] soon"), None);
    }
}
