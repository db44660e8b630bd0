//! Gives every reader of bytes from outside its seeds and their mutations, one reader after the other:
//! the memory that is counted is the whole program's (docs/security.md, "Outside bytes").

use peak_alloc::PeakAlloc;
use std::sync::{Mutex, PoisonError};
use tests::outside::{Memory, TARGETS, make, run};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

static ALONE: Mutex<()> = Mutex::new(());

fn reader(name: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // In one line: what it takes to look the program's lines up would count as the reader's memory.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let memory = Memory {
        now: || ALLOCATOR.current_usage(),
        reset: || ALLOCATOR.reset_peak_usage(),
        peak: || ALLOCATOR.peak_usage(),
    };
    for target in TARGETS.iter().filter(|target| target.name == name) {
        println!("{}", run(target, memory));
    }
}

macro_rules! readers {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                reader(stringify!($name));
            }
        )*

        #[test]
        fn every_reader_is_here() {
            let here = [$(stringify!($name)),*];
            assert_eq!(TARGETS.map(|target| target.name), here);
        }
    };
}

readers! {
    push request table segment backup rescue rescue_file rescue_locked sealed closing phone
}

/// With `JIANGDAO_OUTSIDE_MAKE` set, writes the seeds anew that cannot be typed.
#[test]
fn seeds_are_small() {
    if std::env::var_os("JIANGDAO_OUTSIDE_MAKE").is_some() {
        make::make();
    }
    for target in &TARGETS {
        for (name, bytes) in tests::outside::seeds(target.name) {
            assert!(bytes.len() <= 64 * 1024, "{name} is large: {} bytes", bytes.len());
        }
    }
}
