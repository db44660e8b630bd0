//! A target that is full for a while: nothing is taken for safe that is not, and the next round goes on.

use super::*;
use crate::backup::shelf::{Lock, Piece};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A shelf with room for so many bytes more.
#[derive(Clone)]
struct Full {
    shelf: InMemory,
    room: Arc<AtomicUsize>,
}

impl Full {
    /// Takes as much of the room as there is.
    fn take(&self, bytes: usize) -> usize {
        let less = |room: usize| Some(room.saturating_sub(bytes));
        let room = self.room.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).unwrap();
        room.min(bytes)
    }
}

struct Half(Full, Box<dyn Piece>);

impl Write for Half {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.take(bytes.len()) {
            0 if !bytes.is_empty() => Err(ErrorKind::StorageFull.into()),
            room => self.1.write(&bytes[..room]),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.1.flush()
    }
}

impl Piece for Half {
    fn flush_to_disk(&mut self) -> io::Result<()> {
        self.1.flush_to_disk()
    }
}

impl Shelf for Full {
    fn names(&self) -> io::Result<Vec<String>> {
        self.shelf.names()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        self.shelf.open(name)
    }

    fn begin(&self, name: &str) -> io::Result<Box<dyn Piece>> {
        Ok(Box::new(Half(self.clone(), self.shelf.begin(name)?)))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        if self.take(bytes.len()) < bytes.len() {
            return Err(ErrorKind::StorageFull.into());
        }
        self.shelf.replace(name, bytes)
    }

    fn cut(&self, name: &str, bytes: u64) -> io::Result<()> {
        self.shelf.cut(name, bytes)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.shelf.remove(name)
    }

    fn called(&self, name: &str) -> String {
        self.shelf.called(name)
    }

    fn lock(&self) -> io::Result<Option<Lock>> {
        self.shelf.lock()
    }
}

#[tokio::test]
async fn a_full_target_is_said_and_made_good_once_there_is_room() {
    let city = busy().await;
    let told = state(&city.conn()).unwrap();
    let mut failed = 0;
    for room in (0..12_000).step_by(300) {
        let shelf = Full { shelf: InMemory::default(), room: Arc::new(AtomicUsize::new(room)) };
        let epoch = db::epoch(&city.conn()).unwrap();
        let mut keeper = Keeper::open(Box::new(shelf.clone()), epoch).unwrap();
        match keeper.add(&mut city.conn(), city.now()) {
            Ok(_) => continue,
            Err(fault) => assert!(fault.to_string().contains("cannot be written"), "{room}: {fault}"),
        }
        failed += 1;
        assert_eq!(keeper.durable_seq(), 0, "{room}: nothing is safe yet");
        shelf.room.store(usize::MAX, Ordering::SeqCst);
        assert!(keeper.add(&mut city.conn(), city.now()).unwrap());
        let (_, found) = again(&shelf.shelf, None).unwrap();
        assert_eq!(differing(&told, &found), [""; 0], "{room}");
    }
    assert!(failed > 10, "there was room all the time");
}
