//! The forward pass: a matrix product of the filters with a strip of images, read in place.

use std::cell::RefCell;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::Conv;
use super::finish::Done;
use super::strip::Strip;
use crate::training::cpu::product::{Lines, Panels, pitch};
use crate::training::cpu::tile::{ROWS, arch};

/// Sums that are computed before they are finished: they stay in the cache (128 KiB).
const BAND: usize = 1 << 15;

/// Buffers of a thread, kept from pass to pass.
#[derive(Default)]
struct Scratch {
    strip: Vec<f32>,
    sums: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Fills `output` (`[image, filter, height, width]`) and, with pooling, `chosen` (as many; otherwise empty).
pub fn forward(
    conv: &Conv,
    input: &[f32],
    weights: &[f32],
    bias: Option<&[f32]>,
    output: &mut [f32],
    chosen: &mut [u8],
) {
    let geometry = &conv.geometry;
    let (image, out) = (geometry.image(), conv.out());
    let strip = Strip::new(geometry, 1);
    let images = strip.images;
    let offsets = strip.offsets();
    let taps = geometry.taps();
    let places: Vec<u32> = (0..taps as u32).collect();
    let panels = Panels::new(weights, geometry.filters, taps, &places);
    // Without pooling there is nothing to remember, but the chunks must be as many.
    let marks = if chosen.is_empty() { 0 } else { images * out };
    let chosen: Vec<&mut [u8]> = if marks == 0 {
        std::iter::repeat_with(<&mut [u8]>::default)
            .take(input.len().div_ceil(images * image))
            .collect()
    } else {
        chosen.chunks_mut(marks).collect()
    };
    input
        .par_chunks(images * image)
        .zip(output.par_chunks_mut(images * out))
        .zip(chosen)
        .for_each(|((input, output), chosen)| {
            SCRATCH.with_borrow_mut(|scratch| {
                scratch.strip.clear();
                scratch.strip.resize(strip.len(), 0.0);
                strip.fill_images(input, &mut scratch.strip);
                let work = Work {
                    conv,
                    strip: &strip,
                    offsets: &offsets,
                    panels: &panels,
                    bias,
                    source: &scratch.strip,
                    sums: &mut scratch.sums,
                    output,
                    chosen,
                };
                arch().dispatch(work);
            });
        });
}

struct Work<'a> {
    conv: &'a Conv,
    strip: &'a Strip,
    offsets: &'a [u32],
    panels: &'a Panels,
    bias: Option<&'a [f32]>,
    source: &'a [f32],
    sums: &'a mut Vec<f32>,
    output: &'a mut [f32],
    chosen: &'a mut [u8],
}

impl WithSimd for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [rows, _] = self.conv.geometry.output();
        let filters = self.conv.geometry.filters;
        let line = self.strip.line();
        let band = self.strip.band(filters, BAND);
        let out = self.conv.out();
        let mut from = 0;
        while from < rows {
            let until = (from + band).min(rows);
            let source = &self.source[from * line..];
            let positions = self.strip.positions() - (rows - until + from) * line;
            let pitch = pitch::<S>(positions);
            self.sums
                .resize(filters.next_multiple_of(ROWS) * pitch, 0.0);
            let lines = Lines {
                numbers: source,
                offsets: self.offsets,
                block: self.strip.block(positions),
            };
            self.panels.times(simd, lines, self.sums, pitch, false);
            for (image, output) in self.output.chunks_exact_mut(out).enumerate() {
                let chosen = self.chosen.get_mut(image * out..(image + 1) * out);
                let done = Done {
                    finish: self.conv.finish,
                    size: self.conv.size(),
                    rows: from..until,
                    start: self.strip.position(image, 0),
                    line,
                    pitch,
                };
                done.write(self.sums, self.bias, output, chosen.unwrap_or_default());
            }
            from = until;
        }
    }
}
