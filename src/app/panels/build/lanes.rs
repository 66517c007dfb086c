//! Where the wires run that do not go to the next card: in lanes beside the column, as in a picture of
//! a repository's history. Short wires lie inside, long ones outside, so that nested ones never cross.

use std::collections::{BTreeMap, BTreeSet};

/// More lanes than this are not drawn: further wires share the outermost one.
pub const LANES: usize = 8;

/// All wires from one card that do not go to the next one: one line with a branch to each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Net {
    /// The card whose output it carries, by row.
    pub from: usize,
    /// The cards that take it, by row, in order.
    pub to: Vec<usize>,
    /// From the column outwards, from 0.
    pub lane: usize,
}

impl Net {
    /// The first and the last row that it passes.
    pub fn span(&self) -> (usize, usize) {
        let first = self.to.first().copied().unwrap_or(self.from);
        let last = self.to.last().copied().unwrap_or(self.from);
        (self.from.min(first), self.from.max(last))
    }
}

/// Gives every net a lane. `wires` are the rows that take each row's output, without the next one.
pub fn assign(wires: BTreeMap<usize, BTreeSet<usize>>) -> Vec<Net> {
    let mut nets: Vec<Net> = wires
        .into_iter()
        .map(|(from, to)| Net {
            from,
            to: to.into_iter().collect(),
            lane: 0,
        })
        .collect();
    let mut order: Vec<usize> = (0..nets.len()).collect();
    order.sort_by_key(|number| {
        nets.get(*number).map(|net| {
            let (start, end) = net.span();
            (end - start, start)
        })
    });
    let mut taken: Vec<BTreeMap<usize, usize>> = Vec::new();
    for number in order {
        let Some(net) = nets.get_mut(number) else {
            continue;
        };
        let (start, end) = net.span();
        let free = taken.iter().position(|lane| is_free(lane, start, end));
        net.lane = free.unwrap_or(taken.len()).min(LANES - 1);
        if net.lane == taken.len() {
            taken.push(BTreeMap::new());
        }
        if let Some(lane) = taken.get_mut(net.lane) {
            lane.insert(start, end);
        }
    }
    nets
}

/// Whether nothing in the lane lies between two rows. One may end at the card where another begins.
fn is_free(lane: &BTreeMap<usize, usize>, start: usize, end: usize) -> bool {
    let before = lane.range(..=start).next_back();
    let after = lane.range(start..).next();
    before.is_none_or(|(_, before)| *before <= start)
        && after.is_none_or(|(after, _)| *after >= end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(wires: &[(usize, &[usize])]) -> Vec<usize> {
        let wires = wires
            .iter()
            .map(|(from, to)| (*from, to.iter().copied().collect()));
        assign(wires.collect()).iter().map(|net| net.lane).collect()
    }

    #[test]
    fn skips_one_after_another_share_the_first_lane() {
        assert_eq!(lanes(&[(1, &[6]), (6, &[11]), (12, &[14])]), [0, 0, 0]);
    }

    #[test]
    fn what_overlaps_lies_side_by_side_the_short_one_inside() {
        assert_eq!(lanes(&[(1, &[9]), (2, &[5]), (5, &[7])]), [1, 0, 0]);
        assert_eq!(lanes(&[(1, &[4]), (2, &[6])]), [0, 1]);
    }

    #[test]
    fn one_output_that_many_take_is_one_line() {
        assert_eq!(lanes(&[(1, &[3, 5, 8]), (9, &[12])]), [0, 0]);
    }

    #[test]
    fn a_wire_that_goes_up_has_its_lane_too() {
        assert_eq!(lanes(&[(3, &[6]), (8, &[4])]), [0, 1]);
    }

    #[test]
    fn beyond_the_last_lane_wires_share_it() {
        let wires: Vec<(usize, Vec<usize>)> = (0..20).map(|at| (at, vec![100 - at])).collect();
        let wires = wires
            .into_iter()
            .map(|(from, to)| (from, to.into_iter().collect()));
        let nets = assign(wires.collect());
        assert!(nets.iter().all(|net| net.lane < LANES));
        assert_eq!(nets.iter().filter(|net| net.lane == LANES - 1).count(), 13);
    }

    #[test]
    fn no_two_wires_of_a_lane_overlap() {
        // As a dense block: every layer goes to all that follow; and some more.
        let wires = (0..30usize).map(|at| {
            let to = (at + 2..30).filter(|to| (to * 7 + at) % 5 < 2);
            (at, to.collect::<BTreeSet<usize>>())
        });
        let nets = assign(wires.filter(|(_, to)| !to.is_empty()).collect());
        for (number, net) in nets.iter().enumerate() {
            for other in nets.iter().skip(number + 1) {
                let ((start, end), (other_start, other_end)) = (net.span(), other.span());
                let apart = end <= other_start || other_end <= start;
                assert!(apart || net.lane != other.lane || net.lane == LANES - 1);
            }
        }
    }
}
