//! Steps that programs write as several operators and that are one layer here: x·sigmoid(x) is silu, and so on.

use std::collections::{HashMap, HashSet};

use super::op::Op;

/// How often each value is taken, outputs of the whole included.
pub(super) fn uses<'a>(ops: &[Op<'a>], output: &'a str) -> HashMap<&'a str, usize> {
    let mut uses = HashMap::new();
    let taken = ops.iter().flat_map(|op| op.inputs.iter().copied());
    for name in taken.chain([output]).filter(|name| !name.is_empty()) {
        *uses.entry(name).or_default() += 1;
    }
    uses
}

/// Only what the output needs; the rest is for training or for other outputs.
pub(super) fn needed<'a>(ops: Vec<Op<'a>>, output: &'a str) -> Vec<Op<'a>> {
    let mut wanted = HashSet::from([output]);
    let mut kept: Vec<Op<'a>> = Vec::new();
    for op in ops.into_iter().rev() {
        if op.outputs.iter().any(|name| wanted.contains(name)) {
            wanted.extend(op.inputs.iter().copied().filter(|name| !name.is_empty()));
            kept.push(op);
        }
    }
    kept.reverse();
    kept
}

/// Replaces what is one layer here. `number` tells the value of a constant of one float.
pub(super) fn fused<'a>(
    ops: Vec<Op<'a>>,
    output: &'a str,
    number: impl Fn(&str) -> Option<f32>,
) -> Vec<Op<'a>> {
    let pieces = Pieces {
        uses: uses(&ops, output),
        made: ops
            .iter()
            .enumerate()
            .flat_map(|(place, op)| op.outputs.iter().map(move |name| (*name, place)))
            .collect(),
        ops: &ops,
        number: &number,
    };
    let mut gone = HashSet::new();
    let mut changed = HashMap::new();
    for (place, op) in ops.iter().enumerate() {
        let found = pieces.gated(op).or_else(|| pieces.gelu(op));
        let found = found.or_else(|| pieces.softplus(op));
        let Some((kind, input, parts)) = found else {
            continue;
        };
        if parts.iter().any(|part| gone.contains(part)) {
            continue;
        }
        gone.extend(parts);
        changed.insert(place, (kind, input));
    }
    let mut kept = Vec::with_capacity(ops.len());
    for (place, mut op) in ops.into_iter().enumerate() {
        if let Some((kind, input)) = changed.remove(&place) {
            op.kind = kind.to_owned();
            op.inputs = vec![input];
            op.attributes = &[];
            kept.push(op);
        } else if !gone.contains(&place) {
            kept.push(op);
        }
    }
    kept
}

/// The new kind, its input, and the places of the operators that it replaces besides the last.
type Found<'a> = (&'static str, &'a str, Vec<usize>);

struct Pieces<'a, 'o> {
    ops: &'o [Op<'a>],
    uses: HashMap<&'a str, usize>,
    /// The place of the operator that makes a value.
    made: HashMap<&'a str, usize>,
    number: &'o dyn Fn(&str) -> Option<f32>,
}

impl<'a> Pieces<'a, '_> {
    /// The operator of this kind that makes a value which nothing else takes.
    fn maker(&self, name: &str, kind: &str) -> Option<(usize, &Op<'a>)> {
        let place = *self.made.get(name)?;
        let op = self.ops.get(place)?;
        let alone = self.uses.get(name).is_some_and(|uses| *uses == 1);
        (alone && op.kind == kind && op.output() == name).then_some((place, op))
    }

    /// The two inputs of an operator of this kind, in both orders.
    fn sides(op: &Op<'a>, kind: &str) -> Vec<[&'a str; 2]> {
        match (op.kind == kind, op.inputs.as_slice()) {
            (true, [one, two]) => vec![[*one, *two], [*two, *one]],
            _ => Vec::new(),
        }
    }

    /// The input that is not a number near `value`.
    fn beside_number(&self, op: &Op<'a>, kind: &str, value: f32) -> Option<&'a str> {
        let near = |name: &str| (self.number)(name).is_some_and(|it| (it - value).abs() < 1e-3);
        let mut sides = Self::sides(op, kind).into_iter();
        sides.find(|[_, number]| near(number)).map(|[it, _]| it)
    }

    /// x times a function of x: silu, hard swish, mish.
    fn gated(&self, op: &Op<'a>) -> Option<Found<'a>> {
        Self::sides(op, "Mul").into_iter().find_map(|[x, gate]| {
            if let Some((place, gate)) = self.maker(gate, "Sigmoid")
                && gate.input(0) == Some(x)
            {
                return Some(("Silu", x, vec![place]));
            }
            if let Some((place, gate)) = self.maker(gate, "HardSigmoid")
                && gate.input(0) == Some(x)
                && (gate.float("alpha", 0.2) - 1.0 / 6.0).abs() < 1e-4
                && (gate.float("beta", 0.5) - 0.5).abs() < 1e-4
            {
                return Some(("HardSwish", x, vec![place]));
            }
            let (place, gate) = self.maker(gate, "Tanh")?;
            let (before, soft) = self.maker(gate.input(0)?, "Softplus")?;
            (soft.input(0) == Some(x)).then(|| ("Mish", x, vec![place, before]))
        })
    }

    /// x where it is so large that softplus would be the same in 32 bits, as PyTorch has it.
    fn softplus(&self, op: &Op<'a>) -> Option<Found<'a>> {
        let [condition, x, soft] = op.inputs[..] else {
            return None;
        };
        let (first, greater) = self.maker(condition, "Greater")?;
        let (second, soft) = self.maker(soft, "Softplus")?;
        let threshold = (self.number)(greater.input(1)?)?;
        let same = op.kind == "Where" && greater.input(0) == Some(x) && soft.input(0) == Some(x);
        (same && threshold >= 15.0).then(|| ("Softplus", x, vec![first, second]))
    }

    /// 0.5 x (1 + erf(x / √2)), with the half at the end or at x.
    fn gelu(&self, op: &Op<'a>) -> Option<Found<'a>> {
        if let Some(product) = self.beside_number(op, "Mul", 0.5) {
            let (place, product) = self.maker(product, "Mul")?;
            return Self::sides(product, "Mul")
                .into_iter()
                .find_map(|[x, sum]| {
                    let mut parts = self.erf_of(x, sum)?;
                    parts.push(place);
                    Some(("Gelu", x, parts))
                });
        }
        Self::sides(op, "Mul").into_iter().find_map(|[half, sum]| {
            let (place, half) = self.maker(half, "Mul")?;
            let x = self.beside_number(half, "Mul", 0.5)?;
            let mut parts = self.erf_of(x, sum)?;
            parts.push(place);
            Some(("Gelu", x, parts))
        })
    }

    /// The operators of `sum`, where it is 1 + erf(x / √2).
    fn erf_of(&self, x: &str, sum: &str) -> Option<Vec<usize>> {
        let (add, sum) = self.maker(sum, "Add")?;
        let (erf, function) = self.maker(self.beside_number(sum, "Add", 1.0)?, "Erf")?;
        let scaled = function.input(0)?;
        let root = std::f32::consts::SQRT_2;
        let by_product = self
            .maker(scaled, "Mul")
            .filter(|(_, scaled)| self.beside_number(scaled, "Mul", 1.0 / root) == Some(x));
        let by_quotient = self.maker(scaled, "Div").filter(|(_, scaled)| {
            scaled.input(0) == Some(x)
                && scaled
                    .input(1)
                    .and_then(|name| (self.number)(name))
                    .is_some_and(|it| (it - root).abs() < 1e-3)
        });
        let (scale, _) = by_product.or(by_quotient)?;
        Some(vec![add, erf, scale])
    }
}
