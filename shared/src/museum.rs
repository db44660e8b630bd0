//! The museum: defects that cost others their users' data, each planted at the place where it
//! would have been made. Nothing of it is in a product: without the feature `museum`, which only the
//! simulator turns on, [`planted`] is a constant `false`.

/// A planted defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// The cursor is stored before the rows that it speaks of.
    CursorBeforeRows,
    /// All of a batch up to the highest receipted seq counts as receipted.
    MaxSeqWatermark,
    /// Writing a value that stands already counts as no change.
    EqualValueIsNoChange,
    /// Nothing is pushed until what went up before has come down again.
    WaitsForEcho,
    /// A void of what the server never had is told to come again.
    UnknownVoidComesAgain,
    /// Place and counter identify a change: one that is used again after a rollback is a repeat.
    SeqIsIdentity,
    /// Setting one field writes the whole record as this phone knows it.
    WholeRecord,
    /// The same id with other content counts as a repeat.
    IdAloneIsEnough,
    /// What the server holds counts as done.
    HeldIsDone,
    /// Every tab pushes.
    EveryTabPushes,
    /// The success of a write request counts as the commit.
    SuccessIsCommit,
    /// Seqs are given out when a request comes, not when it is committed.
    SeqBeforeCommit,
    /// An outbox entry is deleted when the server answers 404.
    DeletedOnNotFound,
    /// Receipts are matched by position.
    ReceiptByPosition,
    /// The order of arrival decides.
    ArrivalOrder,
    /// Any 200 is a receipt.
    AnyTwoHundred,
    /// Signing out empties the outbox.
    SignOutEmpties,
    /// A change is given up after a few failures.
    GivesUp,
    /// Receipts of another life of the server's data still count.
    EpochIgnored,
    /// Receipts are dropped by the phone's own clock.
    DroppedByOwnClock,
    /// The receipt leaves before the commit.
    AnswerBeforeCommit,
    /// A pull of what changed leaves out what was deleted.
    DeletionsForgotten,
    /// One bad change in a batch refuses the whole batch.
    BadOneRefusesAll,
    /// An emptied or older database is taken for a new phone.
    LossForNewPhone,
    /// A repeat counts once more.
    RepeatCounts,
    /// Another account's tab pushes what waits of the first one, under its own name.
    OtherAccountPushes,
    /// The order in which answers came is kept: harms nobody's data but their privacy, and is shown by the
    /// test of that (`tests/tests/whole/reident.rs`), not by the simulator.
    OrderKept,
}

impl Defect {
    /// Every exhibit of the simulator.
    pub const ALL: [Self; 26] = [
        Self::CursorBeforeRows,
        Self::MaxSeqWatermark,
        Self::EqualValueIsNoChange,
        Self::WaitsForEcho,
        Self::UnknownVoidComesAgain,
        Self::SeqIsIdentity,
        Self::WholeRecord,
        Self::IdAloneIsEnough,
        Self::HeldIsDone,
        Self::EveryTabPushes,
        Self::SuccessIsCommit,
        Self::SeqBeforeCommit,
        Self::DeletedOnNotFound,
        Self::ReceiptByPosition,
        Self::ArrivalOrder,
        Self::AnyTwoHundred,
        Self::SignOutEmpties,
        Self::GivesUp,
        Self::EpochIgnored,
        Self::DroppedByOwnClock,
        Self::AnswerBeforeCommit,
        Self::DeletionsForgotten,
        Self::BadOneRefusesAll,
        Self::LossForNewPhone,
        Self::RepeatCounts,
        Self::OtherAccountPushes,
    ];
}

#[cfg(feature = "museum")]
mod switch {
    use super::Defect;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
    }

    /// Plants a defect in this thread, or takes the planted one out.
    pub fn plant(defect: Option<Defect>) {
        PLANTED.set(defect);
    }

    thread_local! {
        static RESERVED: Cell<u64> = const { Cell::new(0) };
    }

    /// Sets server seqs aside for a request, by the number of its sending; 0: none.
    pub fn reserve(number: u64) {
        RESERVED.set(number * 1_000);
    }

    /// The next server seq that was set aside, if any was.
    #[must_use]
    pub fn reserved() -> Option<u64> {
        let next = RESERVED.get();
        (next > 0).then(|| {
            RESERVED.set(next + 1);
            next
        })
    }

    /// Whether this defect is planted.
    #[must_use]
    pub fn planted(defect: Defect) -> bool {
        PLANTED.get() == Some(defect)
    }
}

#[cfg(feature = "museum")]
pub use switch::{plant, planted, reserve, reserved};

/// Whether this defect is planted: never in a product.
#[cfg(not(feature = "museum"))]
#[must_use]
pub const fn planted(_: Defect) -> bool {
    false
}

/// The next server seq that was set aside: never in a product.
#[cfg(not(feature = "museum"))]
#[must_use]
pub const fn reserved() -> Option<u64> {
    None
}
