//! The receptive field: what of the image one value sees.

use super::super::entry::Kind;
use super::super::expand::Step;
use super::super::layer::Layer;
use super::super::shape::Shape;
use super::Walk;

/// Part of the image that one value sees: [height, width], and how far apart two neighbours are.
#[derive(Clone, Copy)]
pub(super) struct Field {
    seen: [usize; 2],
    step: [usize; 2],
}

impl Field {
    /// Along the longer side.
    pub fn pixels(&self) -> usize {
        self.seen[0].max(self.seen[1])
    }
}

impl Walk<'_> {
    /// What one output value sees: each window adds its size less 1, in steps of all the strides before it; a
    /// join sees what any of its inputs does.
    pub(super) fn field(&self, layer: &Layer, step: &Step, output: Option<Shape>) -> Option<Field> {
        let image = Field {
            seen: [1, 1],
            step: [1, 1],
        };
        if layer.kind() == Kind::Input {
            return output.map(|_| image);
        }
        output.filter(|output| output.is_maps())?;
        let sources = step.sources.iter().copied().flatten();
        let fields = sources.filter_map(|source| self.fields.get(source).copied().flatten());
        let joined = fields.reduce(|one, two| Field {
            seen: larger(one.seen, two.seen),
            step: larger(one.step, two.step),
        })?;
        let window = (layer.kind().entry().window)(layer);
        let wider = |axis: usize| {
            let more = window.size[axis].saturating_sub(1);
            joined.seen[axis].saturating_add(more.saturating_mul(joined.step[axis]))
        };
        let apart = |axis: usize| joined.step[axis].saturating_mul(window.stride[axis]);
        Some(Field {
            seen: [wider(0), wider(1)],
            step: [apart(0), apart(1)],
        })
    }
}

fn larger(one: [usize; 2], two: [usize; 2]) -> [usize; 2] {
    [one[0].max(two[0]), one[1].max(two[1])]
}
