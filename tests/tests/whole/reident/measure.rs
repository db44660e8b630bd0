//! How well a try does, and how well it would do by chance.

use super::day::{Day, PEOPLE, Rng};
use super::trace::Try;
use std::collections::BTreeMap;

/// The best of all tries, and the best that chance gave.
#[derive(Debug, Default, Clone)]
pub(super) struct Measure {
    pub(super) best: f64,
    pub(super) by: String,
    pub(super) chance: f64,
}

/// What came of trying.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// How many things were tried.
    pub(super) tries: usize,
    /// Correlation with the true order, in standard deviations of chance, over all days.
    pub(super) order: Measure,
    /// Part of the answers that were given to the right person.
    pub(super) persons: Measure,
    /// Part of the answers that were given to the right phone.
    pub(super) phones: Measure,
}

/// A try on one day, ready to be compared with any order of people.
struct Ready {
    day: usize,
    /// Weight of each answer: its rank in its group, about zero, all squares adding up to one.
    weights: Vec<f64>,
    /// The place in the queue that is guessed for each answer.
    guess: Vec<usize>,
}

fn ready(day: usize, one: &Try) -> Ready {
    let mut weights = vec![0.0; PEOPLE];
    for group in &one.groups {
        let middle = (group.len() as f64 - 1.0) / 2.0;
        for (rank, n) in group.iter().enumerate() {
            if let Some(weight) = weights.get_mut(*n) {
                *weight = rank as f64 - middle;
            }
        }
    }
    let norm = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    weights.iter_mut().for_each(|w| *w /= norm.max(f64::MIN_POSITIVE));
    let mut order: Vec<usize> = one.groups.concat();
    order.extend((0..PEOPLE).filter(|n| !one.groups.iter().any(|group| group.contains(n))));
    let mut guess = vec![0; PEOPLE];
    for (place, n) in order.into_iter().enumerate() {
        if let Some(guess) = guess.get_mut(n) {
            *guess = place;
        }
    }
    Ready { day, weights, guess }
}

/// Order, persons and phones of one try over its days; `truth`: of each day, whose the answers are.
fn score(tries: &[Ready], days: &[Day], truth: &[Vec<usize>]) -> [f64; 3] {
    let deviation = ((PEOPLE * PEOPLE - 1) as f64 / 12.0).sqrt();
    let middle = (PEOPLE as f64 - 1.0) / 2.0;
    let (mut order, mut forth, mut back, mut phones, mut phones_back) = (0.0, 0, 0, 0, 0);
    for one in tries {
        let (Some(day), Some(truth)) = (days.get(one.day), truth.get(one.day)) else { continue };
        let phone = |place: usize| day.phones.get(place);
        for ((weight, guess), place) in one.weights.iter().zip(&one.guess).zip(truth) {
            order += weight * (*place as f64 - middle) / deviation;
            // Whoever tries may also read it from the end.
            let other = PEOPLE - 1 - guess;
            forth += usize::from(guess == place);
            back += usize::from(other == *place);
            phones += usize::from(phone(*guess) == phone(*place));
            phones_back += usize::from(phone(other) == phone(*place));
        }
    }
    let all = (tries.len() * PEOPLE) as f64;
    let part = |n: usize, m: usize| n.max(m) as f64 / all;
    [order.abs() / (tries.len() as f64).sqrt(), part(forth, back), part(phones, phones_back)]
}

/// Compares every try, over all days on which it can be made, with the truth and with chance.
pub(super) fn outcome(days: &[Day], tried: &[&[Try]], shuffles: usize) -> Outcome {
    let mut by_name: BTreeMap<&str, Vec<Ready>> = BTreeMap::new();
    for (day, tries) in tried.iter().enumerate() {
        for one in tries.iter().filter(|one| one.groups.iter().any(|group| group.len() > 1)) {
            by_name.entry(&one.name).or_default().push(ready(day, one));
        }
    }
    let mut outcome = Outcome { tries: by_name.len(), ..Outcome::default() };
    let truth = vec![(0..PEOPLE).collect::<Vec<usize>>(); days.len()];
    let mut best = vec![(0.0, String::new()); 3];
    for (name, tries) in &by_name {
        for (best, score) in best.iter_mut().zip(score(tries, days, &truth)) {
            if score > best.0 {
                *best = (score, (*name).to_owned());
            }
        }
    }
    let mut chance = [0.0_f64; 3];
    let mut rng = Rng(9);
    for _ in 0..shuffles {
        let mut shuffled = truth.clone();
        shuffled.iter_mut().for_each(|day| shuffle(day, &mut rng));
        for tries in by_name.values() {
            for (chance, score) in chance.iter_mut().zip(score(tries, days, &shuffled)) {
                *chance = chance.max(score);
            }
        }
    }
    let measures = [&mut outcome.order, &mut outcome.persons, &mut outcome.phones];
    for ((measure, (best, by)), chance) in measures.into_iter().zip(best).zip(chance) {
        *measure = Measure { best, by, chance };
    }
    outcome
}

fn shuffle(all: &mut [usize], rng: &mut Rng) {
    for at in (1..all.len()).rev() {
        let other = usize::try_from(rng.below(at as u64 + 1)).unwrap_or(at);
        all.swap(at, other);
    }
}
