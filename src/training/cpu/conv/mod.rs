//! Convolution of all maps with all maps, forward and backward, with bias, relu and 2×2 max pooling in one pass.
//!
//! Slices are `[image, channel, height, width]`; weights `[filter, channel, kernel height, kernel width]`.

mod dense;
mod finish;
mod forward;
mod geometry;
mod scratch;
pub(super) mod small;
mod sparse;
mod strip;
mod winograd;

use std::ops::Range;

pub use dense::covers;
pub use forward::forward;
pub use geometry::Geometry;

/// What is done with the sums of a convolution before they leave it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finish {
    pub relu: bool,
    /// The greatest of each 2×2; what is left of odd rows and columns is dropped.
    pub pool: bool,
}

/// What each filter's sums are multiplied with, and what is added: a bias, a batch norm. Where it is not given: by 1, 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line<'a> {
    pub scale: Option<&'a [f32]>,
    pub shift: Option<&'a [f32]>,
}

impl<'a> Line<'a> {
    pub fn bias(bias: &'a [f32]) -> Self {
        Self {
            scale: None,
            shift: Some(bias),
        }
    }

    /// Of some filters.
    fn part(self, filters: Range<usize>) -> Self {
        Self {
            scale: self.scale.map(|scale| &scale[filters.clone()]),
            shift: self.shift.map(|shift| &shift[filters]),
        }
    }

    /// Of one filter.
    fn of(self, filter: usize) -> (f32, f32) {
        (
            self.scale.map_or(1.0, |scale| scale[filter]),
            self.shift.map_or(0.0, |shift| shift[filter]),
        )
    }
}

/// Where the sum that a pooled number came from stands in its 2×2, row by row; [`CUT`] where relu cut it.
pub const CUT: u8 = 4;

impl Finish {
    /// Of a map of this size.
    pub fn size(self, [height, width]: [usize; 2]) -> [usize; 2] {
        if self.pool {
            [height / 2, width / 2]
        } else {
            [height, width]
        }
    }
}

/// A convolution as a layer does it.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    pub geometry: Geometry,
    pub finish: Finish,
}

impl Conv {
    /// Height and width of a map out.
    pub fn size(&self) -> [usize; 2] {
        self.finish.size(self.geometry.output())
    }

    /// Numbers of one image out.
    pub fn out(&self) -> usize {
        let [height, width] = self.size();
        self.geometry.filters * height * width
    }
}

/// What a forward pass has left for the backward pass.
#[derive(Clone, Copy, Debug)]
pub struct Passed<'a> {
    /// `[image, channel, height, width]`
    pub input: &'a [f32],
    pub weights: &'a [f32],
    /// What came out; empty where nothing was cut and nothing pooled.
    pub output: &'a [f32],
    /// Of each number out, where it came from; empty without pooling.
    pub chosen: &'a [u8],
}

/// The gradients of a convolution.
#[derive(Debug)]
pub struct Gradients {
    pub weights: Vec<f32>,
    /// One a filter.
    pub bias: Vec<f32>,
    /// Where it was asked for.
    pub input: Option<Vec<f32>>,
}

/// The gradients by weights, bias and, if asked for, input, from that of the output.
///
/// Pooling leaves a quarter of the sums with a gradient, relu about half of them: what is zero is not computed.
pub fn backward(conv: &Conv, passed: Passed<'_>, gradient: &[f32], input: bool) -> Gradients {
    if conv.finish.pool && sparse::covers(conv) {
        sparse::backward(conv, passed, gradient, input)
    } else {
        dense::backward(conv, passed, gradient, input)
    }
}

/// In how many parts a batch is cut, each with sums of its own: always the same, so that results do not depend on the
/// number of threads.
const PARTS: usize = 16;

/// Adds up the sums of all parts, in order.
fn total(mut parts: Vec<Vec<f32>>) -> Vec<f32> {
    let mut parts = parts.drain(..);
    let mut total = parts.next().unwrap_or_default();
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            *total += part;
        }
    }
    total
}
