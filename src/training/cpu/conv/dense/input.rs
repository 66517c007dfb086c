//! The gradient by the input: a convolution of the gradient of the sums with the weights turned around, maps in and out
//! exchanged. With a stride, each of the planes that the rows and columns were dealt out to has taps of its own.

use pulp::{Simd, WithSimd};

use crate::training::cpu::conv::scratch::{BAND, SCRATCH, Scratch};
use crate::training::cpu::conv::strip::Strip;
use crate::training::cpu::conv::{Conv, Finish, Geometry, Line, small, winograd};
use crate::training::cpu::product::{Lines, pitch, times};
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::dispatch;
use crate::training::cpu::zeros::zeros;

/// Rows and columns of the input whose number has the same rest when divided by the stride.
struct Phase {
    rest: [usize; 2],
    /// Weights `[channel, filter, tap]`
    turned: Vec<f32>,
    offsets: Vec<u32>,
}

/// The convolution that makes the input's gradient from that of the sums.
struct Turned {
    /// Of the gradient of the sums in its frame of zeros, as if it were the input; the maps out of it are one plane
    /// of the input's gradient.
    geometry: Geometry,
    /// The first row and column of a plane that the input has a part in.
    first: [usize; 2],
}

/// How far a kernel reaches back, in steps of the stride.
fn back(geometry: &Geometry) -> [usize; 2] {
    std::array::from_fn(|side| (geometry.reach()[side] - 1) / geometry.stride[side])
}

/// Whether a convolution has no more padding than its kernel reaches: otherwise rows out would see nothing but zeros.
pub fn covers(geometry: &Geometry) -> bool {
    let (reach, back) = (geometry.reach(), back(geometry));
    (0..2).all(|side| {
        let (before, after) = geometry.padding[side];
        before / geometry.stride[side] <= back[side] && before < reach[side] && after < reach[side]
    })
}

impl Turned {
    fn new(geometry: &Geometry) -> Self {
        let back = back(geometry);
        let output = geometry.output();
        let first = std::array::from_fn(|side| geometry.padding[side].0 / geometry.stride[side]);
        let padding = std::array::from_fn(|side| {
            let (before, _) = geometry.padding[side];
            let planes = (before + geometry.size[side] - 1) / geometry.stride[side] + 1;
            (
                back[side] - first[side],
                planes.saturating_sub(output[side]),
            )
        });
        Self {
            geometry: Geometry {
                channels: geometry.filters,
                size: output,
                filters: geometry.channels,
                kernel: back.map(|back| back + 1),
                stride: [1; 2],
                padding,
                dilation: [1; 2],
            },
            first,
        }
    }

    fn phases(&self, of: &Geometry, strip: &Strip, weights: &[f32]) -> Vec<Phase> {
        let [down, across] = of.stride;
        let rests = (0..down).flat_map(|y| (0..across).map(move |x| [y, x]));
        rests
            .map(|rest| self.phase(of, strip, weights, rest))
            .filter(|phase| !phase.offsets.is_empty())
            .collect()
    }

    fn phase(&self, of: &Geometry, strip: &Strip, weights: &[f32], rest: [usize; 2]) -> Phase {
        let steps = |side: usize, tap: usize| {
            let reach = tap * of.dilation[side];
            let hit = reach % of.stride[side] == rest[side];
            hit.then_some(self.geometry.kernel[side] - 1 - reach / of.stride[side])
        };
        let [height, width] = of.kernel;
        let mut taps = Vec::new();
        for y in 0..height {
            for x in 0..width {
                if let (Some(down), Some(across)) = (steps(0, y), steps(1, x)) {
                    taps.push((y * width + x, down, across));
                }
            }
        }
        let offsets = (0..of.filters).flat_map(|filter| {
            let taps = taps.iter();
            taps.map(move |(_, down, across)| strip.offset(filter, *down, *across))
        });
        let offsets: Vec<u32> = offsets.collect();
        let kernel = height * width;
        let mut turned = vec![0.0; of.channels * offsets.len()];
        let rows = turned.chunks_exact_mut(offsets.len().max(1));
        each(rows.enumerate(), 1, |(channel, row)| {
            let filters = weights.chunks_exact(of.channels * kernel);
            for (row, filter) in row.chunks_exact_mut(taps.len()).zip(filters) {
                let kernel = &filter[channel * kernel..][..kernel];
                row.iter_mut()
                    .zip(&taps)
                    .for_each(|(to, (tap, ..))| *to = kernel[*tap]);
            }
        });
        Phase {
            rest,
            turned,
            offsets,
        }
    }
}

impl Phase {
    /// The number in the input of a plane's row or column, counted from the first that the input has a part in.
    fn place(&self, of: &Geometry, first: [usize; 2], side: usize, number: usize) -> Option<usize> {
        let padded = of.stride[side] * (first[side] + number) + self.rest[side];
        let place = padded.checked_sub(of.padding[side].0)?;
        (place < of.size[side]).then_some(place)
    }
}

/// `[image, channel, height, width]`, from that by the sums, `[image, filter, height, width]`.
pub fn gradient(geometry: &Geometry, weights: &[f32], upstream: &[f32]) -> Vec<f32> {
    let turned = Turned::new(geometry);
    let (image, maps) = (geometry.image(), geometry.maps());
    let images = upstream.len() / maps;
    let mut by_input = zeros(images * image);
    if small::covers(geometry, images) {
        small::gradient(geometry, weights, upstream, &mut by_input);
        return by_input;
    }
    if winograd::covers(geometry, images) {
        let conv = Conv {
            geometry: turned.geometry,
            finish: Finish::default(),
        };
        let filters = winograd::Filters::around(geometry, weights);
        let line = Line::default();
        winograd::forward(&conv, upstream, &filters, line, &mut by_input, &mut []);
        return by_input;
    }
    let strip = Strip::new(&turned.geometry, 1..=images);
    let phases = turned.phases(geometry, &strip, weights);
    let parts = by_input.chunks_mut(strip.images * image);
    let parts = parts.zip(upstream.chunks(strip.images * maps));
    each(parts, 1, |(by_input, upstream)| {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.strip.clear();
            scratch.strip.resize(strip.len(), 0.0);
            strip.fill_images(upstream, &mut scratch.strip);
            for phase in &phases {
                dispatch(Work {
                    geometry,
                    turned: &turned,
                    strip: &strip,
                    phase,
                    scratch,
                    by_input,
                });
            }
        });
    });
    by_input
}

struct Work<'a> {
    geometry: &'a Geometry,
    turned: &'a Turned,
    strip: &'a Strip,
    phase: &'a Phase,
    scratch: &'a mut Scratch,
    by_input: &'a mut [f32],
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let channels = self.geometry.channels;
        let [rows, _] = self.turned.geometry.output();
        let line = self.strip.line();
        let band = self.strip.band(channels, BAND);
        let mut from = 0;
        while from < rows {
            let until = (from + band).min(rows);
            let source = &self.scratch.strip[from * line..];
            let positions = self.strip.positions() - (rows - until + from) * line;
            let pitch = pitch::<S>(positions);
            let mut sums = std::mem::take(&mut self.scratch.sums);
            sums.resize(channels * pitch, 0.0);
            let Phase {
                turned, offsets, ..
            } = self.phase;
            let lines = Lines {
                numbers: source,
                offsets,
                block: self.strip.block(positions),
            };
            times(simd, turned, lines, &mut sums, pitch);
            for row in from..until {
                self.write(row, &sums[(row - from) * line..], pitch);
            }
            self.scratch.sums = sums;
            from = until;
        }
    }
}

impl Work<'_> {
    /// Brings a row of the plane to the input's gradient. `sums`: `[channel, position]` from this row on.
    #[inline(always)]
    fn write(&mut self, row: usize, sums: &[f32], pitch: usize) {
        let of = self.geometry;
        let [height, width] = of.size;
        let place = |side, number| self.phase.place(of, self.turned.first, side, number);
        let (Some(y), Some((skipped, x))) = (
            place(0, row),
            // Padding is before the first columns.
            (0..=of.padding[1].0).find_map(|number| Some((number, place(1, number)?))),
        ) else {
            return;
        };
        for (image, by_input) in self.by_input.chunks_exact_mut(of.image()).enumerate() {
            let start = self.strip.position(image, 0) + skipped;
            let maps = by_input.chunks_exact_mut(height * width);
            for (map, sums) in maps.zip(sums.chunks(pitch)) {
                let row = map[y * width..][x..width].iter_mut();
                let row = row.step_by(of.stride[1]);
                row.zip(&sums[start..]).for_each(|(to, sum)| *to = *sum);
            }
        }
    }
}
