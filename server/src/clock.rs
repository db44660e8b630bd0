//! The server's clock, as a value: tests bring their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tells the time in milliseconds since the Unix epoch, UTC.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        }))
    }

    /// A clock that stands where the number says.
    #[must_use]
    pub fn manual(now_ms: Arc<AtomicI64>) -> Self {
        Self(Arc::new(move || now_ms.load(Ordering::SeqCst)))
    }

    /// Now, ms.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}
