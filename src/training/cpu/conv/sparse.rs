//! The backward pass where most of the sums have no gradient: each that has one adds a few rows to the sums.
//!
//! Images stand with the channels last, so that a row of a kernel meets one run of numbers.

use std::cell::RefCell;

use pulp::{Simd, WithSimd};

use super::{Conv, Gradients, PARTS, Passed, total};
use crate::training::cpu::threads::map;
use crate::training::cpu::tile::{Entry, LANES, dispatch, gather, gather_rows};
use crate::training::cpu::zeros::zeros;

/// Buffers of a thread, kept from pass to pass.
#[derive(Default)]
struct Scratch {
    /// `[row, column, channel]`, padded.
    image: Vec<f32>,
    /// As the image.
    gradient: Vec<f32>,
    entries: Entries,
}

/// The gradients by the sums that are not 0.
#[derive(Default)]
struct Entries {
    /// Filter after filter: where in the image its kernel stands.
    by_filter: Vec<Entry>,
    /// Where each filter's entries end.
    ends: Vec<usize>,
    /// Of each entry, the position out.
    positions: Vec<u32>,
    /// Position after position: where the filter's weights begin.
    by_position: Vec<Entry>,
    /// Where each position's entries begin, and the end.
    starts: Vec<u32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// A row of a kernel must be one run.
pub fn covers(conv: &Conv) -> bool {
    conv.geometry.dilation[1] == 1
}

/// Distances in the buffers.
#[derive(Clone, Copy)]
struct Layout {
    conv: Conv,
    /// Numbers of a row of a padded image.
    line: usize,
    /// Numbers of a row of a kernel, made up to whole vectors.
    run: usize,
}

impl Layout {
    fn new(conv: &Conv) -> Self {
        let geometry = &conv.geometry;
        Self {
            conv: *conv,
            line: geometry.padded()[1] * geometry.channels,
            run: (geometry.kernel[1] * geometry.channels).next_multiple_of(LANES),
        }
    }

    /// Numbers of a padded image, with room to read and write a run beyond its end.
    fn image(&self) -> usize {
        self.conv.geometry.padded()[0] * self.line + LANES
    }

    /// Numbers of all filters' runs.
    fn weights(&self) -> usize {
        self.conv.geometry.filters * self.conv.geometry.kernel[0] * self.run
    }

    /// Where a kernel stands.
    fn place(&self, y: usize, x: usize) -> usize {
        let geometry = &self.conv.geometry;
        y * geometry.stride[0] * self.line + x * geometry.stride[1] * geometry.channels
    }

    /// Each weight's place in `[filter, kernel height, run]`, in the order of `[filter, channel, kernel height, kernel
    /// width]`.
    fn places(&self) -> impl Iterator<Item = usize> {
        let geometry = self.conv.geometry;
        let [height, width] = geometry.kernel;
        let (channels, run) = (geometry.channels, self.run);
        (0..geometry.filters * channels * height * width).map(move |weight| {
            let (rest, x) = (weight / width, weight % width);
            let (rest, y) = (rest / height, rest % height);
            let (filter, channel) = (rest / channels, rest % channels);
            (filter * height + y) * run + x * channels + channel
        })
    }

    /// Each row of an image with where its first number stands, channels last.
    fn rows(&self) -> impl Iterator<Item = usize> {
        let geometry = self.conv.geometry;
        let [height, _] = geometry.size;
        let [(above, _), (left, _)] = geometry.padding;
        let line = self.line;
        (0..geometry.channels * height)
            .map(move |row| (row % height + above) * line + left * geometry.channels + row / height)
    }
}

/// See [`super::backward`].
pub fn backward(conv: &Conv, passed: Passed<'_>, gradient: &[f32], with_input: bool) -> Gradients {
    let layout = Layout::new(conv);
    let (image, out) = (conv.geometry.image(), conv.out());
    let mut runs = vec![0.0; layout.weights()];
    for (place, weight) in layout.places().zip(passed.weights) {
        runs[place] = *weight;
    }
    let images = passed.input.len() / image;
    let part = images.div_ceil(PARTS).max(1);
    let mut by_input = zeros(if with_input { passed.input.len() } else { 0 });
    let mut by_inputs = by_input.chunks_mut(part * image);
    let by_inputs: Vec<&mut [f32]> = (0..images.div_ceil(part))
        .map(|_| by_inputs.next().unwrap_or_default())
        .collect();
    let inputs = passed.input.chunks(part * image);
    let gradients = gradient.chunks(part * out);
    let chosen = passed.chosen.chunks(part * out);
    let parts = inputs.zip(gradients).zip(chosen).zip(by_inputs);
    let sums = map(parts, |(((input, gradient), chosen), by_input)| {
        let work = Part {
            layout,
            runs: &runs,
            input,
            gradient,
            chosen,
            by_input,
        };
        SCRATCH.with_borrow_mut(|scratch| work.sums(scratch))
    });
    let (weights, bias): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
    let sums = total(weights);
    Gradients {
        weights: layout.places().map(|place| sums[place]).collect(),
        bias: total(bias),
        input: with_input.then_some(by_input),
    }
}

/// Some images of the batch.
struct Part<'a> {
    layout: Layout,
    /// Weights `[filter, kernel height, run]`
    runs: &'a [f32],
    input: &'a [f32],
    gradient: &'a [f32],
    chosen: &'a [u8],
    /// Empty where it is not asked for.
    by_input: &'a mut [f32],
}

impl Part<'_> {
    /// The gradients by weights (`[filter, kernel height, run]`) and bias.
    fn sums(self, scratch: &mut Scratch) -> (Vec<f32>, Vec<f32>) {
        let layout = self.layout;
        let (conv, filters) = (layout.conv, layout.conv.geometry.filters);
        let (image, out) = (conv.geometry.image(), conv.out());
        let mut by_weights = vec![0.0; layout.weights()];
        let mut by_bias = vec![0.0; filters];
        scratch.image.clear();
        scratch.image.resize(layout.image(), 0.0);
        let mut by_input = self.by_input.chunks_exact_mut(image);
        for ((input, gradient), chosen) in self
            .input
            .chunks_exact(image)
            .zip(self.gradient.chunks_exact(out))
            .zip(self.chosen.chunks_exact(out))
        {
            let width = conv.geometry.size[1];
            let step = conv.geometry.channels;
            for (row, start) in input.chunks_exact(width).zip(layout.rows()) {
                let to = scratch.image[start..].iter_mut().step_by(step);
                to.zip(row).for_each(|(to, value)| *to = *value);
            }
            scratch
                .entries
                .list(&layout, gradient, chosen, &mut by_bias);
            let by_input = by_input.next();
            if by_input.is_some() {
                scratch.entries.sort(&layout);
                scratch.gradient.clear();
                scratch.gradient.resize(layout.image(), 0.0);
            }
            dispatch(Image {
                layout: &layout,
                runs: self.runs,
                scratch,
                by_weights: &mut by_weights,
                with_input: by_input.is_some(),
            });
            for (row, start) in by_input
                .unwrap_or_default()
                .chunks_exact_mut(width)
                .zip(layout.rows())
            {
                let from = scratch.gradient[start..].iter().step_by(step);
                row.iter_mut()
                    .zip(from)
                    .for_each(|(to, value)| *to = *value);
            }
        }
        (by_weights, by_bias)
    }
}

impl Entries {
    /// Of one image; adds to the bias' gradient.
    fn list(&mut self, layout: &Layout, gradient: &[f32], chosen: &[u8], by_bias: &mut [f32]) {
        let [_, width] = layout.conv.geometry.output();
        // Each is written and only then counted or not: whether relu cut it cannot be foreseen.
        self.by_filter.resize(gradient.len() + 1, (0, 0.0));
        self.positions.resize(gradient.len() + 1, 0);
        self.ends.clear();
        self.ends.resize(by_bias.len(), 0);
        let mut count = 0;
        layout
            .conv
            .unpool(gradient, chosen, |filter, y, x, value, kept| {
                self.by_filter[count] = (layout.place(y, x) as u32, value);
                self.positions[count] = (y * width + x) as u32;
                count += usize::from(kept);
                self.ends[filter] = count;
            });
        self.by_filter.truncate(count);
        self.positions.truncate(count);
        let mut from = 0;
        for (end, by_bias) in self.ends.iter().zip(by_bias) {
            let entries = &self.by_filter[from..*end];
            *by_bias += entries.iter().map(|(_, value)| value).sum::<f32>();
            from = *end;
        }
    }

    /// The same entries position after position: a counting sort.
    fn sort(&mut self, layout: &Layout) {
        let [height, width] = layout.conv.geometry.output();
        self.starts.clear();
        self.starts.resize(height * width + 1, 0);
        for position in &self.positions {
            self.starts[*position as usize + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
        self.by_position.resize(self.by_filter.len(), (0, 0.0));
        let filter = layout.conv.geometry.kernel[0] * layout.run;
        let mut from = 0;
        for (number, end) in self.ends.iter().enumerate() {
            for entry in from..*end {
                let start = &mut self.starts[self.positions[entry] as usize];
                let weights = (number * filter) as u32;
                self.by_position[*start as usize] = (weights, self.by_filter[entry].1);
                *start += 1;
            }
            from = *end;
        }
        // Each has moved on to where the next one began.
        self.starts.rotate_right(1);
        self.starts[0] = 0;
    }
}

/// One image of a part.
struct Image<'a> {
    layout: &'a Layout,
    runs: &'a [f32],
    scratch: &'a mut Scratch,
    by_weights: &'a mut [f32],
    with_input: bool,
}

impl WithSimd for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Layout { conv, line, run } = *self.layout;
        let [down, _] = conv.geometry.dilation;
        let height = conv.geometry.kernel[0];
        let entries = &self.scratch.entries;
        let mut from = 0;
        for (end, sums) in entries
            .ends
            .iter()
            .zip(self.by_weights.chunks_exact_mut(height * run))
        {
            let entries = &entries.by_filter[from..*end];
            from = *end;
            gather_rows(simd, entries, &self.scratch.image, down * line, run, sums);
        }
        if !self.with_input {
            return;
        }
        let [_, width] = conv.geometry.output();
        for (position, range) in entries.starts.windows(2).enumerate() {
            let entries = &entries.by_position[range[0] as usize..range[1] as usize];
            if entries.is_empty() {
                continue;
            }
            let place = self.layout.place(position / width, position % width);
            for y in 0..height {
                let sums = &mut self.scratch.gradient[place + y * down * line..][..run];
                gather(simd, entries, self.runs, y * run, sums);
            }
        }
    }
}
