//! The adding up against the definitions, over random trees and sessions.

use super::*;
use crate::crowd::pack;
use crate::stamp::DAY_MS;
use proptest::prelude::*;

/// A session with who was present, as the definitions speak of it.
#[derive(Debug, Clone)]
struct Held {
    org: usize,
    figures: SessionFigures,
    present: BTreeSet<u64>,
}

const LEVELS: [Level; 4] = [Level::City, Level::District, Level::Grassroots, Level::Workshop];

/// Org 0 is the root; each other hangs on one before it.
fn orgs(parents: &[prop::sample::Index]) -> Vec<Org> {
    let id = |at: usize| OrgId::from_u128(u128::try_from(at).unwrap() + 1);
    let parent = |at: usize| (at > 0).then(|| parents[at - 1].index(at));
    let mut depth: Vec<usize> = Vec::new();
    (0..=parents.len())
        .map(|at| {
            let deep = parent(at).map_or(0, |above| depth[above] + 1);
            depth.push(deep);
            Org {
                id: id(at),
                code: format!("{at:03}"),
                name: String::new(),
                level: LEVELS[deep.min(3)],
                parent: parent(at).map(id),
            }
        })
        .collect()
}

fn state() -> impl Strategy<Value = State> {
    prop::sample::select(vec![State::Planned, State::Open, State::Closed, State::Cancelled])
}

fn session() -> impl Strategy<Value = (prop::sample::Index, Held)> {
    let figures = (
        0..30_i64,
        state(),
        any::<bool>(),
        prop::option::of(0..40_u32),
        prop::option::of(0..40_u32),
        0..40_u32,
    );
    let present = prop::collection::btree_set(0..60_u64, 0..8);
    (any::<prop::sample::Index>(), figures, present, 0..9_u32).prop_map(
        |(org, figures, present, responses)| {
            let (day, state, led, headcount, expected, roster) = figures;
            let n = u32::try_from(present.len()).unwrap();
            let figures = SessionFigures {
                starts_ms: day * DAY_MS,
                state,
                led,
                present: n,
                walk_ins: n / 3,
                roster_present: n / 2,
                headcount,
                expected,
                roster,
                responses,
                missing_check_ins: responses / 2,
                missing_responses: responses / 3,
            };
            (org, Held { org: 0, figures, present })
        },
    )
}

/// Whether an org is the root's or below it.
fn below(orgs: &[Org], mut at: usize, root: usize) -> bool {
    loop {
        if at == root {
            return true;
        }
        match orgs[at].parent.and_then(|id| orgs.iter().position(|org| org.id == id)) {
            Some(above) => at = above,
            None => return false,
        }
    }
}

fn figures_of(line: &Line) -> [u64; 12] {
    [
        line.sessions.held,
        line.sessions.planned,
        line.led_by_leaders,
        line.attended,
        line.walk_ins,
        line.expected,
        line.responses,
        line.still_on_phones.check_ins,
        line.still_on_phones.responses,
        line.orgs.all,
        line.workshops.all,
        line.orgs.covered + line.workshops.covered,
    ]
}

proptest! {
    #[test]
    fn a_branch_is_the_sum_of_its_lines_and_of_its_sessions(
        parents in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        sessions in prop::collection::vec(session(), 0..25),
        root in any::<prop::sample::Index>(),
    ) {
        let orgs = orgs(&parents);
        let root = root.index(orgs.len());
        let sessions: Vec<Held> =
            sessions.into_iter().map(|(org, held)| Held { org: org.index(orgs.len()), ..held }).collect();
        let mut roll = Roll::new(orgs.clone(), orgs[root].id).unwrap();
        for one in &sessions {
            roll.session(one.org, &one.figures, &pack(one.present.iter().copied()));
        }
        let found = roll.finish(7);
        let mut sum = [0; 12];
        for child in &found.children {
            for (place, n) in figures_of(child).into_iter().enumerate() {
                sum[place] += n;
            }
        }
        prop_assert_eq!(sum, figures_of(&found.line));
        let here: Vec<&Held> = sessions.iter().filter(|one| below(&orgs, one.org, root)).collect();
        let held: Vec<&&Held> = here.iter().filter(|one| one.figures.held()).collect();
        let people: BTreeSet<u64> = held.iter().flat_map(|one| one.present.iter().copied()).collect();
        prop_assert_eq!(found.line.people, people.len() as u64);
        prop_assert_eq!(found.line.attended, held.iter().map(|one| u64::from(one.figures.attended())).sum::<u64>());
        prop_assert_eq!(found.line.responses, here.iter().map(|one| u64::from(one.figures.responses)).sum::<u64>());
        prop_assert_eq!(found.weeks.iter().map(|week| week.held).sum::<u64>(), found.line.sessions.held);
        prop_assert_eq!(found.weeks.iter().map(|week| week.attended).sum::<u64>(), found.line.attended);
        prop_assert!(found.weeks.is_sorted_by_key(|week| week.starts_ms));
        let (covered, all) = (found.line.orgs, orgs.iter().enumerate());
        let union = all.filter(|(at, org)| org.level == Level::Grassroots && below(&orgs, *at, root));
        let reached = union.filter(|(at, _)| held.iter().any(|one| below(&orgs, one.org, *at)));
        prop_assert_eq!(covered.covered, reached.count() as u64);
    }
}

#[test]
fn a_pool_counts_in_the_line_that_holds_all_of_it_and_nowhere_if_one_is_outside() {
    // 0 ← 1, 0 ← 2, and 3 elsewhere.
    let mut all = orgs(&[]);
    for (at, parent) in [(1, Some(0)), (2, Some(0)), (3, None)] {
        let id = OrgId::from_u128(at + 1);
        let parent = parent.map(|above: usize| all[above].id);
        all.push(Org { id, code: at.to_string(), name: String::new(), level: Level::Grassroots, parent });
    }
    let mut roll = Roll::new(all.clone(), all[0].id).unwrap();
    roll.pool(&[1, 1], "q", [0, 5]);
    roll.pool(&[1, 2], "q", [7, 0]);
    roll.pool(&[1, 3], "q", [100]);
    roll.pool(&[3], "q", [100]);
    let found = roll.finish(0);
    let n = |line: &Line| line.scores.get("q").cloned().flatten().map(|score| score.counts);
    assert_eq!(n(&found.line), Some(vec![7, 5]));
    assert_eq!(found.children.iter().map(n).collect::<Vec<_>>(), [Some(vec![0, 5]), None]);
}
