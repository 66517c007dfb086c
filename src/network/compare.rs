//! Two networks side by side: which layers stand for each other, and how they differ.

use std::collections::{HashMap, HashSet};

use super::graph::{Graph, LayerId, Node};

/// One line of the comparison: layers that stand for each other, or one that only one network has.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// In the first network.
    pub left: Option<LayerId>,
    /// In the second one.
    pub right: Option<LayerId>,
    /// The settings that differ, and what else does.
    pub differences: Vec<Difference>,
}

impl Pair {
    /// Whether both have it, without a difference.
    pub fn same(&self) -> bool {
        self.left.is_some() && self.right.is_some() && self.differences.is_empty()
    }
}

/// What differs between two layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// "Filters", "Inputs", "Disabled", "Block".
    pub what: String,
    /// In the first network.
    pub left: String,
    /// In the second one.
    pub right: String,
}

/// Beyond so many possible pairs the middles of two networks are paired layer by layer.
const MOST: usize = 4_000_000;

/// Pairs the layers of two networks so that most is alike, by the alignment of Needleman and Wunsch (1970) over
/// what is left between equal beginnings and ends.
pub fn compare(left: &Graph, right: &Graph) -> Vec<Pair> {
    let (ours, theirs) = (left.nodes(), right.nodes());
    let alike = |(one, two): &(&Node, &Node)| one.layer == two.layer;
    let begin = ours.iter().zip(theirs).take_while(alike).count();
    let shorter = ours.len().min(theirs.len());
    let end = ours.iter().rev().zip(theirs.iter().rev());
    let end = end.take_while(alike).count().min(shorter - begin);
    let middle = |nodes: usize| begin..nodes - end;
    let (one, two) = (middle(ours.len()), middle(theirs.len()));
    let mut pairs: Vec<(Option<usize>, Option<usize>)> =
        (0..begin).map(|place| (Some(place), Some(place))).collect();
    pairs.extend(aligned(
        ours.get(one.clone()).unwrap_or_default(),
        theirs.get(two.clone()).unwrap_or_default(),
        begin,
    ));
    let ends = (0..end).map(|place| (Some(one.end + place), Some(two.end + place)));
    pairs.extend(ends);
    described(left, right, &pairs)
}

/// How alike two layers are: of the same kind, and by the settings that they share. Others are no pair.
fn likeness(one: &Node, two: &Node) -> i32 {
    if one.layer.kind() != two.layer.kind() {
        return -1;
    }
    let settings = one.layer.settings().zip(two.layer.settings());
    let same = settings.filter(|((_, one), (_, two))| one == two).count();
    4 + i32::try_from(same).unwrap_or(i32::MAX - 4)
}

/// The pairs of two runs of layers that begin at the same position.
fn aligned(ours: &[Node], theirs: &[Node], offset: usize) -> Vec<(Option<usize>, Option<usize>)> {
    let (rows, columns) = (ours.len(), theirs.len());
    if rows.saturating_mul(columns) > MOST {
        let at = |place: usize, length: usize| (place < length).then_some(offset + place);
        let pairs = (0..rows.max(columns)).flat_map(|place| {
            let both = ours.get(place).zip(theirs.get(place));
            let (one, two) = (at(place, rows), at(place, columns));
            match both.is_none_or(|(one, two)| one.layer.kind() == two.layer.kind()) {
                true => vec![(one, two)],
                false => vec![(one, None), (None, two)],
            }
        });
        return pairs.collect();
    }
    // best[row][column]: of the layers from there to the end. Leaving a layer alone costs nothing.
    let width = columns + 1;
    let mut best = vec![0_i32; (rows + 1) * width];
    for (row, one) in ours.iter().enumerate().rev() {
        for (column, two) in theirs.iter().enumerate().rev() {
            let likeness = likeness(one, two);
            let paired = best[(row + 1) * width + column + 1].saturating_add(likeness);
            let paired = if likeness > 0 { paired } else { 0 };
            let alone = best[(row + 1) * width + column].max(best[row * width + column + 1]);
            best[row * width + column] = paired.max(alone);
        }
    }
    let mut pairs = Vec::with_capacity(rows.max(columns));
    let (mut row, mut column) = (0, 0);
    while row < rows || column < columns {
        let here = best[row * width + column];
        if row < rows && (column == columns || here == best[(row + 1) * width + column]) {
            pairs.push((Some(offset + row), None));
            row += 1;
        } else if column < columns && (row == rows || here == best[row * width + column + 1]) {
            pairs.push((None, Some(offset + column)));
            column += 1;
        } else {
            pairs.push((Some(offset + row), Some(offset + column)));
            row += 1;
            column += 1;
        }
    }
    pairs
}

fn described(left: &Graph, right: &Graph, pairs: &[(Option<usize>, Option<usize>)]) -> Vec<Pair> {
    let id = |graph: &Graph, place: Option<usize>| Some(graph.nodes().get(place?)?.id);
    // What a layer of the second network is called in the first.
    let mut partners: HashMap<LayerId, LayerId> = HashMap::new();
    for (one, two) in pairs {
        partners.extend(id(right, *two).zip(id(left, *one)));
    }
    let names = [left.names(), right.names()];
    let firsts = [left, right].map(first_of_blocks);
    let pair = |(one, two): &(Option<usize>, Option<usize>)| {
        let nodes = one
            .and_then(|place| left.nodes().get(place))
            .zip(two.and_then(|place| right.nodes().get(place)));
        Pair {
            left: id(left, *one),
            right: id(right, *two),
            differences: nodes.map_or_else(Vec::new, |(one, two)| {
                let mut found = differences(one, two);
                let first = firsts[0].contains(&one.id) || firsts[1].contains(&two.id);
                found.extend(blocks(left, right, (one, two)).filter(|_| first));
                found.extend(wires(left, right, &names, (one, two), &partners));
                found
            }),
        }
    };
    pairs.iter().map(pair).collect()
}

fn differences(one: &Node, two: &Node) -> Vec<Difference> {
    let settings = one.layer.settings().zip(two.layer.settings());
    let mut found: Vec<Difference> = settings
        .filter(|((_, one), (_, two))| one != two)
        .map(|((setting, one), (_, two))| Difference {
            what: setting.title.to_owned(),
            left: one.to_string(),
            right: two.to_string(),
        })
        .collect();
    if one.disabled != two.disabled {
        let word = |disabled: bool| if disabled { "yes" } else { "no" }.to_owned();
        found.push(Difference {
            what: "Disabled".into(),
            left: word(one.disabled),
            right: word(two.disabled),
        });
    }
    found
}

/// The layers that stand first in a block, where it is told of.
fn first_of_blocks(graph: &Graph) -> HashSet<LayerId> {
    let mut seen = HashSet::new();
    let nodes = graph.nodes().iter();
    let firsts = nodes.filter(|node| node.block.is_some_and(|id| seen.insert(id)));
    firsts.map(|node| node.id).collect()
}

/// The blocks of two layers, where they have other names or repeats.
fn blocks(left: &Graph, right: &Graph, (one, two): (&Node, &Node)) -> Option<Difference> {
    let told = |graph: &Graph, node: &Node| {
        let block = node.block.and_then(|id| graph.block(id));
        block.map_or_else(
            || "none".to_owned(),
            |block| match block.repeat {
                1 => block.name.clone(),
                times => format!("{}, {times} times", block.name),
            },
        )
    };
    let (left, right) = (told(left, one), told(right, two));
    (left != right).then(|| Difference {
        what: "Block".into(),
        left,
        right,
    })
}

/// The wires, where they come from layers that do not stand for each other and that both networks have.
fn wires(
    left: &Graph,
    right: &Graph,
    names: &[Vec<String>; 2],
    (one, two): (&Node, &Node),
    partners: &HashMap<LayerId, LayerId>,
) -> Option<Difference> {
    let theirs = two.inputs.iter().map(|input| partners.get(input).copied());
    let same = one.inputs.len() == two.inputs.len()
        && one
            .inputs
            .iter()
            .zip(theirs)
            .all(|(ours, theirs)| theirs.is_none_or(|theirs| theirs == *ours));
    // A chain says by its order what it takes.
    let chain = one.inputs.len() < 2 && two.inputs.len() < 2;
    let named = |graph: &Graph, names: &[String], node: &Node| {
        let inputs = node.inputs.iter().filter_map(|id| graph.position(*id));
        let inputs = inputs.filter_map(|place| names.get(place).cloned());
        inputs.collect::<Vec<_>>().join(", ")
    };
    (!same && !chain).then(|| Difference {
        what: "Inputs".into(),
        left: named(left, &names[0], one),
        right: named(right, &names[1], two),
    })
}
