//! A phone's connection: HTTP/1.1 by hand, so that it is known to the byte which answer was whole
//! when the server died.

use crate::harness::{Done, PATIENCE};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// One kept-alive connection.
pub(super) struct Line(BufReader<TcpStream>);

/// An answer of which every byte came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) json: bool,
    pub(super) body: String,
}

impl Line {
    pub(super) fn open(address: SocketAddr) -> Done<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(super) fn post(&mut self, path: &str, token: &str, body: &str) -> Done<Answer> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.ask(&request)
    }

    pub(super) fn get(&mut self, path: &str) -> Done<Answer> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
    }

    fn ask(&mut self, request: &str) -> Done<Answer> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let first = self.head_line()?;
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status: u16 = status.ok_or_else(|| format!("not an answer: {first}"))?;
        let (mut json, mut length) = (false, None);
        loop {
            let line = self.head_line()?.to_lowercase();
            let Some((name, value)) = line.split_once(':') else { break };
            match (name, value.trim()) {
                ("content-type", kind) => json = kind.split(';').next() == Some("application/json"),
                ("content-length", bytes) => length = bytes.parse::<usize>().ok(),
                _ => {}
            }
        }
        let mut body = vec![0; length.ok_or("an answer without a length")?];
        self.0.read_exact(&mut body)?;
        Ok(Answer { status, json, body: String::from_utf8(body)? })
    }

    fn head_line(&mut self) -> Done<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        // A line that the end of the connection cut short is no line.
        let line = line.strip_suffix("\r\n").ok_or("the connection ended within the head")?;
        Ok(line.to_owned())
    }
}
