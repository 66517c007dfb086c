//! The forward pass: a matrix product of the filters with a strip of images, read in place.

use pulp::{Simd, WithSimd};

use super::finish::Done;
use super::scratch::{BAND, SCRATCH, Scratch};
use super::strip::Strip;
use super::{Conv, Geometry, Line, small, winograd};
use crate::training::cpu::product::{Lines, pitch, times};
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{ROWS, dispatch};

/// Fewer multiplications than these are not worth another thread.
const SHARE: usize = 1 << 17;

/// Fills `output` (`[image, filter, height, width]`) and, with pooling, `chosen` (as many; otherwise empty).
pub fn forward(
    conv: &Conv,
    input: &[f32],
    weights: &[f32],
    line: Line<'_>,
    output: &mut [f32],
    chosen: &mut [u8],
) {
    let geometry = &conv.geometry;
    let all = input.len() / geometry.image();
    if small::covers(geometry, all) {
        return small::forward(conv, input, weights, line, output, chosen);
    }
    if winograd::covers(geometry, all) {
        let filters = winograd::Filters::new(geometry, weights);
        return winograd::forward(conv, input, &filters, line, output, chosen);
    }
    let strip = Strip::new(geometry, 1..=all);
    let offsets = strip.offsets();
    let filters = together(geometry, strip.images, all);
    let work: Vec<Work<'_>> = parts(conv, strip.images, filters, output, chosen)
        .into_iter()
        .enumerate()
        .map(|(number, output)| {
            let shares = geometry.filters.div_ceil(filters);
            let (images, filter) = (number / shares * strip.images, number % shares * filters);
            let filters = filter..(filter + filters).min(geometry.filters);
            let input = &input[images * geometry.image()..];
            let most = strip.images * geometry.image();
            Work {
                conv,
                strip: &strip,
                offsets: &offsets,
                weights: &weights[filters.start * geometry.taps()..filters.end * geometry.taps()],
                line: line.part(filters),
                input: &input[..most.min(input.len())],
                output,
            }
        })
        .collect();
    each(work, least(conv, strip.images, filters), |work| {
        SCRATCH.with_borrow_mut(|scratch| dispatch(Task { work, scratch }));
    });
}

/// Filters that are computed at a time: all, or where there are few images, one or two shares for each thread, whichever
/// ends sooner. Each share lays the images out again.
fn together(geometry: &Geometry, images: usize, all: usize) -> usize {
    let chunks = all.div_ceil(images);
    let threads = rayon::current_num_threads();
    let work = images.min(all) * geometry.maps() * geometry.taps();
    let groups = geometry.filters.div_ceil(ROWS);
    let most = (work / SHARE).max(1);
    let each = |tasks: usize| groups.div_ceil((tasks / chunks).clamp(1, most));
    let time = |each: &usize| (chunks * groups.div_ceil(*each)).div_ceil(threads) * each;
    let cuts = [each(threads), each(2 * threads)];
    ROWS * cuts.into_iter().min_by_key(time).unwrap_or(groups)
}

/// Pieces of work that are not worth a thread each.
fn least(conv: &Conv, images: usize, filters: usize) -> usize {
    let [height, width] = conv.geometry.output();
    let work = images * filters * height * width * conv.geometry.taps();
    SHARE / work.max(1) + 1
}

/// What comes out of one image, and where its pooled numbers came from.
type Out<'a> = (&'a mut [f32], &'a mut [u8]);

/// The output in parts of some images and some filters: all filters of the first images first.
fn parts<'a>(
    conv: &Conv,
    images: usize,
    filters: usize,
    output: &'a mut [f32],
    chosen: &'a mut [u8],
) -> Vec<Vec<Out<'a>>> {
    let map = conv.out() / conv.geometry.filters;
    let shares = conv.geometry.filters.div_ceil(filters);
    let all = output.len() / conv.out();
    let mut parts: Vec<Vec<Out<'a>>> = Vec::new();
    parts.resize_with(all.div_ceil(images) * shares, || Vec::with_capacity(images));
    let mut chosen = chosen.chunks_exact_mut(conv.out());
    for (number, output) in output.chunks_exact_mut(conv.out()).enumerate() {
        // Without pooling there is nothing to remember.
        let mut marks = chosen.next().unwrap_or_default().chunks_mut(filters * map);
        for (share, output) in output.chunks_mut(filters * map).enumerate() {
            let marks = marks.next().unwrap_or_default();
            parts[number / images * shares + share].push((output, marks));
        }
    }
    parts
}

/// Some images and some filters.
struct Work<'a> {
    conv: &'a Conv,
    strip: &'a Strip,
    offsets: &'a [u32],
    weights: &'a [f32],
    line: Line<'a>,
    input: &'a [f32],
    output: Vec<Out<'a>>,
}

/// The same with the buffers of its thread: a closure between them and the arithmetic would not be inlined.
struct Task<'a> {
    work: Work<'a>,
    scratch: &'a mut Scratch,
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mut work, scratch } = self;
        let [rows, _] = work.conv.geometry.output();
        let filters = work.weights.len() / work.conv.geometry.taps();
        let line = work.strip.line();
        let band = work.strip.band(filters, BAND);
        let Scratch { strip, sums } = scratch;
        strip.clear();
        strip.resize(work.strip.len(), 0.0);
        work.strip.fill_images(work.input, strip);
        let mut from = 0;
        while from < rows {
            let until = (from + band).min(rows);
            let source = &strip[from * line..];
            let positions = work.strip.positions() - (rows - until + from) * line;
            let pitch = pitch::<S>(positions);
            sums.resize(filters * pitch, 0.0);
            let lines = Lines {
                numbers: source,
                offsets: work.offsets,
                block: work.strip.block(positions),
            };
            times(simd, work.weights, lines, sums, pitch);
            for (image, (output, chosen)) in work.output.iter_mut().enumerate() {
                let done = Done {
                    finish: work.conv.finish,
                    size: work.conv.size(),
                    rows: from..until,
                    start: work.strip.position(image, 0),
                    line,
                    pitch,
                };
                done.write(sums, work.line, output, chosen);
            }
            from = until;
        }
    }
}
