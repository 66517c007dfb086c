//! The order of computing: a layer after those whose outputs it takes, the layers of a block together, and
//! beyond that as it was, so that an edit moves nothing that it need not.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::block::BlockId;
use super::graph::{Graph, Node};

impl Graph {
    /// Puts the layers in order (Kahn 1962, always taking the earliest layer that can come). Where there is a
    /// cycle, the earliest of its layers comes as if the wire that closes it were not there.
    pub(super) fn sort(&mut self) {
        if self.sorted() {
            return;
        }
        let order = self.order();
        let mut nodes: Vec<Option<Node>> = self.nodes.drain(..).map(Some).collect();
        let taken = order
            .into_iter()
            .filter_map(|place| nodes.get_mut(place)?.take());
        self.nodes = taken.collect();
    }

    fn sorted(&self) -> bool {
        let mut seen = HashSet::with_capacity(self.nodes.len());
        let mut ended: HashSet<BlockId> = HashSet::new();
        let mut block = None;
        self.nodes.iter().all(|node| {
            if node.block != block {
                ended.extend(block);
                block = node.block;
            }
            let together = node.block.is_none_or(|block| !ended.contains(&block));
            let after = node.inputs.iter().all(|input| seen.contains(input));
            seen.insert(node.id);
            together && after
        })
    }

    /// The places of the layers in their new order.
    fn order(&self) -> Vec<usize> {
        let places = self.positions();
        let mut missing: Vec<usize> = Vec::with_capacity(self.nodes.len());
        let mut consumers: HashMap<usize, Vec<usize>> = HashMap::new();
        for (place, node) in self.nodes.iter().enumerate() {
            let sources = node.inputs.iter().filter_map(|id| places.get(id));
            let mut count = 0;
            for source in sources.filter(|source| **source != place) {
                consumers.entry(*source).or_default().push(place);
                count += 1;
            }
            missing.push(count);
        }
        let mut left: BTreeSet<usize> = (0..self.nodes.len()).collect();
        let of = |place: usize| self.nodes.get(place).and_then(|node| node.block);
        // By block as well: what goes on with one need not be looked for.
        let mut ready: BTreeSet<usize> = BTreeSet::new();
        let mut within: BTreeSet<(Option<BlockId>, usize)> = BTreeSet::new();
        for place in left.iter().copied() {
            if missing.get(place) == Some(&0) {
                ready.insert(place);
                within.insert((of(place), place));
            }
        }
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut block = None;
        while let Some(earliest) = ready.first().or(left.first()).copied() {
            let goes_on = within.range((block, 0)..=(block, usize::MAX)).next();
            let goes_on = goes_on.filter(|_| block.is_some()).map(|found| found.1);
            let next = goes_on.unwrap_or(earliest);
            block = of(next);
            ready.remove(&next);
            within.remove(&(block, next));
            left.remove(&next);
            order.push(next);
            for consumer in consumers.remove(&next).unwrap_or_default() {
                if let Some(count) = missing.get_mut(consumer) {
                    *count = count.saturating_sub(1);
                    if *count == 0 && left.contains(&consumer) {
                        ready.insert(consumer);
                        within.insert((of(consumer), consumer));
                    }
                }
            }
        }
        order
    }
}
