//! Publication (公布): which answers may enter figures, so that no sum, difference or growth of figures is
//! ever about fewer than five (docs/decisions/0010-withholding.md).
//!
//! Answers to a question are published in blocks of five and more, and a block counts as a whole wherever
//! it counts. So every figure is a sum of whole blocks, and whatever can be worked out of figures as well.

use crate::feedback::WITHHOLD_BELOW;
use std::collections::BTreeMap;

/// After a session began, ms: what is left of it may then wait no longer for more of its own.
pub const SETTLED_AFTER_MS: i64 = 7 * 86_400_000;

/// The answers to one question at one session that are not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting<P> {
    /// The question.
    pub question: String,
    /// How many gave 1, 2, 3 …
    pub marks: Vec<u64>,
    /// With what else they may be put together; none as long as the session may get more.
    pub pool: Option<P>,
}

impl<P> Waiting<P> {
    fn n(&self) -> u64 {
        self.marks.iter().sum()
    }
}

/// What is published now: the places, among all that wait, of those that make a block. Five of one
/// session are a block of it alone; what is left of settled ones is put together in the order given,
/// each block being full as soon as it has five.
#[must_use]
pub fn blocks<P: Ord>(waiting: &[Waiting<P>]) -> Vec<Vec<usize>> {
    let least = u64::from(WITHHOLD_BELOW);
    let mut full = Vec::new();
    let mut open: BTreeMap<(&str, &P), (u64, Vec<usize>)> = BTreeMap::new();
    for (at, of) in waiting.iter().enumerate().filter(|(_, of)| of.n() > 0) {
        if of.n() >= least {
            full.push(vec![at]);
            continue;
        }
        let Some(pool) = &of.pool else { continue };
        let (n, places) = open.entry((&of.question, pool)).or_default();
        *n += of.n();
        places.push(at);
        if *n >= least {
            full.push(std::mem::take(places));
            *n = 0;
        }
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(question: &str, n: u64, pool: Option<u8>) -> Waiting<u8> {
        Waiting { question: question.to_owned(), marks: vec![0, n], pool }
    }

    #[test]
    fn five_of_one_session_are_a_block_and_fewer_wait() {
        let all =
            [waiting("a", 5, None), waiting("a", 4, None), waiting("b", 12, Some(1)), waiting("b", 0, None)];
        assert_eq!(blocks(&all), [vec![0], vec![2]]);
    }

    #[test]
    fn what_is_left_of_settled_sessions_is_put_together_by_question_and_pool() {
        let all = [
            waiting("a", 3, Some(1)),
            waiting("b", 4, Some(1)),
            waiting("a", 4, Some(2)),
            waiting("a", 4, None),
            waiting("a", 1, Some(1)),
            waiting("a", 2, Some(1)),
            waiting("a", 4, Some(1)),
        ];
        assert_eq!(blocks(&all), [vec![0, 4, 5]], "the last four wait for a fifth");
    }
}
