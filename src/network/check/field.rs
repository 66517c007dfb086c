//! The receptive field: what of the image one value sees.
//!
//! Along each axis the cell at place i of some maps sees no pixel of the image beyond lo + step · i to
//! hi + step · i: bounds that every layer widens, shifts and spreads (the arithmetic of Araujo et al. 2019,
//! "Computing receptive fields of convolutional neural networks", from the image on). They are exact for windows.
//! Where maps grow, neighbours see the same or a step more, and the bounds hold for all of them; how much one cell
//! sees is known better then, as it grows by whole steps of the maps that grew.
//!
//! Statistics do not count, as is usual: those of a normalisation are taken over whole maps. A value that has no
//! place in the image, in a vector or a sequence or mixed with other places, counts as seeing all of it.

use super::super::entry::{Kind, Sees, Window};
use super::super::expand::Step;
use super::super::layer::Layer;
use super::super::shape::{Shape, same_padding};
use super::Walk;

/// What the cells of some maps see, along one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    /// Pixels from one cell to the next; below 1 where the maps are larger than the image.
    step: f64,
    /// The first and the last pixel that the first cell sees.
    lo: f64,
    hi: f64,
    /// From the first pixel to the last one that any cell sees: no more than this, and `hi` − `lo`.
    span: f64,
    /// What cells see differs by a multiple of this.
    grain: f64,
    /// Every cell sees just what the bounds say.
    exact: bool,
    /// The first and the last pixel that any cell sees.
    reach: [f64; 2],
}

/// What the cells of some maps see: down, and across.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field([Axis; 2]);

/// Far beyond any image, and far from where these numbers lose their digits.
const FAR: f64 = 1e12;

/// More than what the arithmetic of any network rounds off.
const ROUNDING: f64 = 1e-6;

impl Axis {
    /// Each cell sees its own pixel.
    fn image(side: usize) -> Self {
        Self {
            step: 1.0,
            lo: 0.0,
            hi: 0.0,
            span: 0.0,
            grain: 1.0,
            exact: true,
            reach: [0.0, real(side) - 1.0],
        }
    }

    /// Each cell sees all pixels.
    fn whole(side: usize) -> Self {
        let last = real(side) - 1.0;
        Self {
            step: 0.0,
            hi: last,
            span: last,
            ..Self::image(side)
        }
    }

    /// What `cells` cells see whose place i is made of places first + scale · i to last + scale · i of these: of
    /// just these, where `exact`, and of no others.
    fn over(self, cells: usize, scale: f64, [first, last]: [f64; 2], exact: bool) -> Self {
        let bounded = |number: f64| number.clamp(-FAR, FAR);
        let (lo, hi) = (
            bounded(self.lo + self.step * first),
            bounded(self.hi + self.step * last),
        );
        let step = bounded(self.step * scale);
        let grain = match self.exact && !exact {
            true => self.step.max(1.0),
            false => self.grain,
        };
        // Of these cells one of those sees so many whole ones beside the first.
        let more = self.step * (last - first + ROUNDING).floor();
        let grains = ((self.hi - self.lo + more - self.span) / grain + ROUNDING).floor();
        let end = hi + step * (real(cells) - 1.0);
        Self {
            step,
            lo,
            hi,
            span: self.span + grain * grains.max(0.0),
            grain,
            exact: self.exact && exact,
            reach: [self.reach[0].max(lo), self.reach[1].min(end)],
        }
    }

    /// The most pixels that one of `cells` cells sees: the one in the middle of what they reach.
    fn pixels(self, cells: usize) -> usize {
        let [from, to] = self.reach;
        let middle = (from + to - self.lo - self.hi) / 2.0 / self.step.max(1.0 / FAR);
        let last = (real(cells) - 1.0).max(0.0);
        let seen = [middle.floor(), middle.ceil()].map(|place| {
            let ahead = self.step * place.clamp(0.0, last);
            (self.hi + ahead).min(to) - (self.lo + ahead).max(from)
        });
        let most = seen[0].max(seen[1]).min(self.span);
        (most + 1.0 + ROUNDING).floor().max(0.0) as usize
    }

    /// What a join of these sees: all that any of them does, in the steps in which that is least.
    fn joined(axes: &[Self], cells: usize) -> Option<Self> {
        let (first, rest) = axes.split_first()?;
        if rest.iter().all(|axis| axis == first) {
            return Some(*first);
        }
        let least = |of: &dyn Fn(&Self) -> f64| axes.iter().map(of).fold(FAR, f64::min);
        let most = |of: &dyn Fn(&Self) -> f64| axes.iter().map(of).fold(-FAR, f64::max);
        let last = real(cells.saturating_sub(1));
        // Each of the bounds is as far out as at the first cell or at the last one.
        let stepping = |step: f64| {
            let further = |axis: &Self| (axis.step - step) * last;
            let lo = least(&|axis| axis.lo + further(axis).min(0.0));
            let hi = most(&|axis| axis.hi + further(axis).max(0.0));
            Self {
                step,
                lo,
                hi,
                span: hi - lo,
                grain: 1.0,
                exact: axes.iter().all(|axis| axis.exact && axis.step == step),
                reach: [least(&|axis| axis.reach[0]), most(&|axis| axis.reach[1])],
            }
        };
        let (short, long) = (least(&|axis| axis.step), most(&|axis| axis.step));
        let (one, two) = (stepping(short), stepping(long));
        Some(if one.span <= two.span { one } else { two })
    }
}

fn real(number: usize) -> f64 {
    number as f64
}

impl Field {
    /// Pixels of the image that a value sees, along the axis where they are more. None where the values have no
    /// place in the image.
    pub fn pixels(self, output: Option<Shape>) -> Option<usize> {
        let cells = sides(output?)?;
        let along = |axis: usize| self.0[axis].pixels(cells[axis]);
        Some(along(0).max(along(1)))
    }
}

/// Height and width of maps.
fn sides(shape: Shape) -> Option<[usize; 2]> {
    match shape {
        Shape::Maps { height, width, .. } => Some([height, width]),
        Shape::Vector { .. } | Shape::Sequence { .. } => None,
    }
}

impl Walk<'_> {
    /// What the values of a step's output see; none where that is not known.
    pub(super) fn field(&self, layer: &Layer, step: &Step, output: Option<Shape>) -> Option<Field> {
        if layer.kind() == Kind::Input {
            return Some(Field(sides(output?)?.map(Axis::image)));
        }
        let output = output?;
        let image = sides(self.shapes.first().copied()??)?;
        let whole = Field(image.map(Axis::whole));
        let Some(cells) = sides(output) else {
            return Some(whole);
        };
        let mut sources = Vec::with_capacity(step.sources.len());
        for source in &step.sources {
            let source = (*source)?;
            let (field, shape) = (*self.fields.get(source)?, *self.shapes.get(source)?);
            sources.push((field?, sides(shape?)));
        }
        let joined = |axis: usize| {
            let axes = sources.iter().map(|(field, size)| match size {
                // One value for all places, as of a gate.
                Some(size) if size[axis] == 1 => Axis {
                    step: 0.0,
                    ..field.0[axis]
                },
                _ => field.0[axis],
            });
            Axis::joined(&axes.collect::<Vec<_>>(), cells[axis])
        };
        let (Some((field, input)), many) = (sources.first().copied(), sources.len() > 1) else {
            return None;
        };
        let before = match many {
            true => Field([joined(0)?, joined(1)?]),
            false => field,
        };
        Some(match (layer.kind().entry().sees)(layer) {
            Sees::All => whole,
            Sees::Turned => Field([before.0[1], before.0[0]]),
            sees => {
                let input = input.unwrap_or(cells);
                let sizes = |axis: usize| [input[axis], cells[axis]];
                Field([0, 1].map(|axis| along(before.0[axis], layer, sees, axis, sizes(axis))))
            }
        })
    }
}

/// What the cells of a layer see along one axis, `out` of them over `input` places of what it sees.
fn along(before: Axis, layer: &Layer, sees: Sees, axis: usize, [input, out]: [usize; 2]) -> Axis {
    match sees {
        Sees::Place | Sees::Turned | Sees::All => before,
        Sees::Window(Window { size, stride }) => {
            let pad = match layer.choice("padding") {
                "same" => same_padding(input, size[axis], stride[axis]).0,
                _ => layer.pads()[axis],
            };
            let first = -real(pad);
            let ends = [first, first + real(size[axis]) - 1.0];
            before.over(out, real(stride[axis]), ends, true)
        }
        // Place i takes the places j for which i is within j · stride − pad to j · stride − pad + kernel − 1.
        Sees::Spread {
            kernel,
            stride,
            pad,
        } => {
            let (stride, pad) = (real(stride[axis].max(1)), real(pad[axis]));
            let first = pad - real(kernel[axis]) + 1.0;
            let exact = stride <= 1.0;
            before.over(out, 1.0 / stride, [first / stride, pad / stride], exact)
        }
        // Cell i of n takes the places ⌊i · input / n⌋ to ⌈(i + 1) · input / n⌉ − 1.
        Sees::Grid => {
            let (cells, input) = (out.max(1), input.max(1));
            let size = real(input) / real(cells);
            let rounding = 1.0 - real(common(input, cells)) / real(cells);
            let ends = [-rounding, size - 1.0 + rounding];
            before.over(out, size, ends, input.is_multiple_of(cells))
        }
        // Place i repeats the place ⌊i / factor⌋.
        Sees::Repeated(factor) => {
            let part = 1.0 / real(factor[axis].max(1));
            before.over(out, part, [part - 1.0, 0.0], factor[axis] <= 1)
        }
        // Place i is blended of the places on both sides of (i + 1/2) / factor − 1/2.
        Sees::Blended(factor) => {
            let factor = factor[axis].max(1);
            // How far that is from the one before it, and so from the one after: an odd factor puts some right
            // onto a place, an even one none.
            let parts = match factor.is_multiple_of(2) {
                true => factor.saturating_mul(2),
                false => factor,
            };
            let (part, most) = (1.0 / real(factor), 1.0 - 1.0 / real(parts));
            let first = part / 2.0 - 0.5;
            before.over(out, part, [first - most, first + most], factor == 1)
        }
        Sees::Behind(border) => {
            let first = -real(border[axis]);
            before.over(out, 1.0, [first, first], true)
        }
    }
}

/// The greatest common divisor.
fn common(one: usize, two: usize) -> usize {
    let (mut one, mut two) = (one, two);
    while two > 0 {
        (one, two) = (two, one % two);
    }
    one
}
