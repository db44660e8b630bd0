//! Programs that a test starts, and ends by their own id.

use super::{Done, PATIENCE};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A started program; dropped, it is killed and waited for.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    heard: Arc<Mutex<String>>,
}

impl Process {
    /// Starts it and listens to both of its outputs.
    pub(crate) fn start(command: &mut Command) -> Done<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|why| format!("cannot start {:?}: {why}", command.get_program()))?;
        let (sender, lines) = channel();
        let heard = Arc::new(Mutex::new(String::new()));
        let pipes: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|pipe| Box::new(pipe) as _),
            child.stderr.take().map(|pipe| Box::new(pipe) as _),
        ];
        for pipe in pipes.into_iter().flatten() {
            let (sender, heard) = (sender.clone(), Arc::clone(&heard));
            std::thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    heard.push_str(&line);
                    heard.push('\n');
                    drop(heard);
                    // Nobody listens any more once the first interesting line is found.
                    let _ = sender.send(line);
                }
            });
        }
        Ok(Self { child, lines, heard })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line that the caller can read something out of.
    pub(crate) fn line<T>(&self, what: &str, mut read: impl FnMut(&str) -> Option<T>) -> Done<T> {
        let until = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if let Some(found) = read(&line) {
                return Ok(found);
            }
        }
        Err(format!("{what} never came; heard:\n{}", self.heard()).into())
    }

    /// All that it has printed so far.
    pub(crate) fn heard(&self) -> String {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Asks it to end, as Ctrl-C or a service manager does, and waits.
    pub(crate) fn stop(&mut self) -> Done {
        signal("-TERM", self.child.id())?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if self.has_ended() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("did not end when asked; heard:\n{}", self.heard()).into())
    }

    /// Ends it at once, as a power cut does.
    pub(crate) fn kill(&mut self) -> Done {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.has_ended() {
            // Best effort: there is nobody left to tell.
            let _ = self.kill();
        }
    }
}

/// Sends a signal to one process.
pub(crate) fn signal(which: &str, id: u32) -> Done {
    let status = Command::new("kill").args([which, &id.to_string()]).status()?;
    status.success().then_some(()).ok_or_else(|| format!("kill {which} {id} failed").into())
}

/// Whether every thread of a process stands still: stopped, and out of whatever it had asked of
/// the system, so that it writes to no file any more.
pub(crate) fn is_stopped(id: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{id}/task")) else {
        return false;
    };
    threads.map_while(Result::ok).all(|thread| state(&thread.path().join("stat")) == Some('T'))
}

/// Whether there is a process of this id that is more than a name in the table.
pub(crate) fn is_alive(id: u32) -> bool {
    state(Path::new(&format!("/proc/{id}/stat"))).is_some_and(|state| state != 'Z')
}

/// The letter of a process's or thread's state; none of one that is gone.
fn state(stat: &Path) -> Option<char> {
    let stat = std::fs::read_to_string(stat).ok()?;
    // The state follows the name, which stands in brackets and may hold anything.
    stat.rsplit(") ").next()?.chars().next()
}
