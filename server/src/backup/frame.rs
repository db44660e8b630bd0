//! Frames: the pieces of a backup's files, each with a digest over itself and all before it
//! (docs/backup.md). A reader tells a file that ends too early from one that was changed.

use crate::fault::Fault;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// The first bytes of every file.
pub(crate) const MAGIC: &[u8; 8] = b"JDBACK1\n";
/// Length, its complement, kind, digest.
const HEAD_BYTES: usize = 4 + 4 + 1 + 32;
/// No frame is longer, packed or not: what claims to be is damage, and costs no memory.
const FRAME_MAX_BYTES: usize = 64 << 20;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One [`super::record::Head`].
    Head,
    /// Lines of [`super::record::Line`].
    Lines,
    /// One commit: all before it counts.
    Commit,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Head => b'H',
            Self::Lines => b'L',
            Self::Commit => b'C',
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            b'H' => Some(Self::Head),
            b'L' => Some(Self::Lines),
            b'C' => Some(Self::Commit),
            _ => None,
        }
    }
}

/// Writes frames, one after the other.
pub(crate) struct Writer<W> {
    out: W,
    digest: [u8; 32],
    /// Bytes of the file so far.
    pub(crate) bytes: u64,
}

impl<W: Write> Writer<W> {
    /// A new file.
    pub(crate) fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(MAGIC)?;
        Ok(Self { out, digest: [0; 32], bytes: MAGIC.len() as u64 })
    }

    pub(crate) fn frame(&mut self, kind: Kind, text: &[u8]) -> io::Result<()> {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text)?;
        let packed = packer.finish()?;
        let len = u32::try_from(packed.len()).map_err(io::Error::other)?;
        self.digest = digest(&self.digest, kind.byte(), &packed);
        self.out.write_all(&len.to_le_bytes())?;
        self.out.write_all(&(!len).to_le_bytes())?;
        self.out.write_all(&[kind.byte()])?;
        self.out.write_all(&self.digest)?;
        self.out.write_all(&packed)?;
        self.bytes += HEAD_BYTES as u64 + u64::from(len);
        Ok(())
    }

    pub(crate) fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }

    pub(crate) fn into_inner(self) -> W {
        self.out
    }
}

fn digest(before: &[u8; 32], kind: u8, packed: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(before).chain_update([kind]).chain_update(packed).finalize().into()
}

/// What comes next in a file.
#[derive(Debug)]
pub(crate) enum Next {
    /// A whole frame.
    Frame(Kind, Vec<u8>),
    /// The file ends where a frame ends.
    End,
    /// The file ends inside a frame.
    Torn,
}

/// Reads frames.
pub(crate) struct Reader<R> {
    from: R,
    name: String,
    digest: [u8; 32],
    at: u64,
}

impl<R: Read> Reader<R> {
    /// `name`: what messages call the file. Nothing of an empty or cut beginning is taken for a file.
    pub(crate) fn begin(mut from: R, name: &str) -> Result<Option<Self>, Fault> {
        let mut magic = [0; MAGIC.len()];
        let got = fill(&mut from, &mut magic).map_err(|error| unreadable(name, &error))?;
        if magic[..got] != MAGIC[..got] {
            return Err(Fault::new(
                format!("{name} 不是讲到的备份文件"),
                format!("{name} is no backup file of Jiangdao"),
            ));
        }
        let at = MAGIC.len() as u64;
        Ok((got == MAGIC.len()).then(|| Self { from, name: name.to_owned(), digest: [0; 32], at }))
    }

    pub(crate) fn next(&mut self) -> Result<Next, Fault> {
        let mut head = [0; HEAD_BYTES];
        let got = fill(&mut self.from, &mut head).map_err(|error| unreadable(&self.name, &error))?;
        if got == 0 {
            return Ok(Next::End);
        }
        if got < HEAD_BYTES {
            return Ok(Next::Torn);
        }
        let word =
            |from: usize| u32::from_le_bytes([head[from], head[from + 1], head[from + 2], head[from + 3]]);
        let (len, check) = (word(0), word(4));
        let len = len as usize;
        let kind = Kind::from_byte(head[8]);
        let (true, Some(kind)) = (word(0) == !check && len <= FRAME_MAX_BYTES, kind) else {
            return Err(self.damaged());
        };
        let mut packed = vec![0; len];
        let got = fill(&mut self.from, &mut packed).map_err(|error| unreadable(&self.name, &error))?;
        if got < len {
            return Ok(Next::Torn);
        }
        let digest = digest(&self.digest, kind.byte(), &packed);
        if digest[..] != head[9..] {
            return Err(self.damaged());
        }
        let mut text = Vec::new();
        let unpacked =
            DeflateDecoder::new(packed.as_slice()).take(FRAME_MAX_BYTES as u64).read_to_end(&mut text);
        unpacked.map_err(|_| self.damaged())?;
        self.digest = digest;
        self.at += (HEAD_BYTES + len) as u64;
        Ok(Next::Frame(kind, text))
    }

    /// Bytes up to which everything was whole.
    pub(crate) const fn at(&self) -> u64 {
        self.at
    }

    pub(crate) fn damaged(&self) -> Fault {
        let (name, at) = (&self.name, self.at);
        Fault::new(
            format!("备份文件 {name} 在第 {at} 字节之后已损坏"),
            format!("the backup file {name} is damaged after byte {at}"),
        )
    }
}

fn unreadable(name: &str, error: &io::Error) -> Fault {
    Fault::new(format!("{name} 读不出来：{error}"), format!("{name} cannot be read: {error}"))
}

/// Reads until the buffer is full or the file ends; says how much there was.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match from.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut writer = Writer::begin(Vec::new()).unwrap();
        writer.frame(Kind::Head, b"{}").unwrap();
        writer.frame(Kind::Lines, b"one\ntwo\n").unwrap();
        writer.frame(Kind::Commit, b"{\"seq\":2}").unwrap();
        let counted = writer.bytes;
        assert_eq!(counted, writer.get_mut().len() as u64);
        writer.into_inner()
    }

    /// Kinds read, and whether the end was whole.
    fn read(bytes: &[u8]) -> Result<(Vec<Kind>, bool), Fault> {
        let Some(mut reader) = Reader::begin(bytes, "a")? else { return Ok((Vec::new(), false)) };
        let mut kinds = Vec::new();
        loop {
            match reader.next()? {
                Next::Frame(kind, _) => kinds.push(kind),
                Next::End => return Ok((kinds, true)),
                Next::Torn => return Ok((kinds, false)),
            }
        }
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(read(&file()), Ok((vec![Kind::Head, Kind::Lines, Kind::Commit], true)));
    }

    #[test]
    fn a_file_that_ends_early_gives_its_whole_frames() {
        let file = file();
        let mut seen = Vec::new();
        for len in 0..file.len() {
            let (kinds, whole) = read(&file[..len]).unwrap();
            assert!(kinds.len() < 3);
            if whole {
                seen.push(kinds.len());
            }
        }
        assert_eq!(seen, [0, 1, 2], "the end is whole behind each frame only");
    }

    #[test]
    fn every_changed_bit_is_found() {
        let file = file();
        for bit in 0..file.len() * 8 {
            let mut changed = file.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(read(&changed).is_err(), "bit {bit}");
        }
    }
}
