//! Samples and how a table tells them.

use crate::harness::Done;
use serde_json::Value;

/// Times of one thing, ms.
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Sorted once, read many times.
    pub(crate) fn new(mut times_ms: Vec<f64>) -> Self {
        times_ms.sort_by(f64::total_cmp);
        Self(times_ms)
    }

    /// Of what a script of the page answers: a list of numbers.
    pub(crate) fn told(answer: &Value) -> Done<Self> {
        let list = answer.as_array().ok_or_else(|| format!("no list of times: {answer}"))?;
        let times: Vec<f64> = list.iter().filter_map(Value::as_f64).collect();
        if times.is_empty() || times.len() != list.len() {
            return Err(format!("no times: {answer}").into());
        }
        Ok(Self::new(times))
    }

    /// The one at this part of all, from 0 to 1; the nearest that was measured.
    fn at(&self, part: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a list of a few hundred"
        )]
        let place = (part * (self.0.len().saturating_sub(1)) as f64).round() as usize;
        self.0.get(place).copied().unwrap_or_default()
    }

    /// A line of the table: how often, median, 95 of 100, from the least to the most, goal and floor.
    pub(crate) fn line(&self, what: &str, goal: &str, floor: &str) -> String {
        let [median, most, least, top] = [0.5, 0.95, 0.0, 1.0].map(|part| self.at(part));
        let times = self.0.len();
        format!("| {what} | {times} | {median:.1} | {most:.1} | {least:.1}–{top:.1} | {goal} | {floor} |")
    }
}

#[test]
fn the_middle_and_the_end_of_samples() {
    let samples = Samples::new((1..=101).rev().map(f64::from).collect());
    assert_eq!([0.0, 0.5, 0.95, 1.0].map(|part| samples.at(part)), [1.0, 51.0, 96.0, 101.0]);
    assert!(Samples::told(&serde_json::json!([1, "x"])).is_err());
    assert!(Samples::told(&serde_json::json!([])).is_err());
}
