//! The shipped server, as a process of its own.

use super::process::Process;
use super::{Done, PATIENCE, named};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A running server on a port of its own, with a data folder that outlives it.
pub(crate) struct Server {
    process: Option<Process>,
    address: SocketAddr,
    data: PathBuf,
    more: Vec<String>,
}

impl Server {
    /// Starts it on a free port; `more` are further words for `serve`, as `--demo`.
    pub(crate) fn start(data: &Path, more: &[&str]) -> Done<Self> {
        let address = free_address()?;
        let more = more.iter().map(|&word| word.to_owned()).collect();
        let mut server = Self { process: None, address, data: data.to_path_buf(), more };
        server.start_again()?;
        Ok(server)
    }

    /// Starts a stopped or killed one on the same port and data, and waits until it answers.
    pub(crate) fn start_again(&mut self) -> Done {
        let mut command = Command::new(named("JIANGDAO_BIN")?);
        command.args(["serve", "--listen", &self.address.to_string(), "--data"]);
        command.arg(&self.data).args(&self.more);
        let process = self.process.insert(Process::start(&mut command)?);
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if TcpStream::connect(self.address).is_ok() {
                return Ok(());
            }
            if process.has_ended() {
                return Err(format!("the server ended:\n{}", process.heard()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the server does not answer:\n{}", process.heard()).into())
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(&mut self) -> Done {
        self.process.take().map_or(Ok(()), |mut process| process.stop())
    }

    /// Ends it at once, as a power cut does.
    pub(crate) fn kill(&mut self) -> Done {
        self.process.take().map_or(Ok(()), |mut process| process.kill())
    }

    /// What it has printed since it was started last.
    pub(crate) fn heard(&self) -> String {
        self.process.as_ref().map(Process::heard).unwrap_or_default()
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The id of its process, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.process.as_ref().map(Process::id)
    }

    /// An address of it, as `http://127.0.0.1:4711/desk` for `/desk`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A plain GET, for tests of what is served: the head as text, then the body.
    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Done<(String, Vec<u8>)> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let host = self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n")?;
        for (name, value) in headers {
            write!(stream, "{name}: {value}\r\n")?;
        }
        stream.write_all(b"\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let cut = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no head")?;
        let body = answer.split_off(cut + 4);
        Ok((String::from_utf8(answer)?.to_lowercase(), body))
    }
}

/// Runs one of the shipped commands to its end, as `jiangdao org import …`.
pub(crate) fn jiangdao<W: AsRef<OsStr>>(words: &[W]) -> Done<Output> {
    Ok(Command::new(named("JIANGDAO_BIN")?).args(words).output()?)
}

/// A port that nobody listens on now.
fn free_address() -> Done<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
