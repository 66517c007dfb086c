//! Weights, turned once for all images.

use std::cell::Cell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{APART, POINTS, panel, transform};
use crate::training::cpu::conv::Geometry;
use crate::training::cpu::threads::each;
use crate::training::cpu::tile::{VECTORS, dispatch};

/// Weights as the products take them, `[panel of maps out, place in the tile, map in, map out of the panel]`.
pub struct Filters(pub(super) Vec<f32>);

thread_local! {
    /// Kept from pass to pass: the system takes longer to give so much memory than it takes to fill it.
    static KEPT: Cell<Vec<f32>> = Cell::default();
}

impl Drop for Filters {
    fn drop(&mut self) {
        KEPT.set(std::mem::take(&mut self.0));
    }
}

impl Filters {
    /// Of weights `[filter, channel, 3, 3]`.
    pub fn new(geometry: &Geometry, weights: &[f32]) -> Self {
        let channels = geometry.channels;
        Self::turned(channels, geometry.filters, |out, channel| {
            let kernel = &weights[(out * channels + channel) * 9..][..9];
            std::array::from_fn(|tap| kernel[tap])
        })
    }

    /// Of the same weights turned around, maps in and out exchanged.
    pub fn around(geometry: &Geometry, weights: &[f32]) -> Self {
        let channels = geometry.channels;
        Self::turned(geometry.filters, channels, |out, channel| {
            let kernel = &weights[(channel * channels + out) * 9..][..9];
            std::array::from_fn(|tap| kernel[8 - tap])
        })
    }

    fn turned(
        channels: usize,
        filters: usize,
        kernel: impl Fn(usize, usize) -> [f32; 9] + Sync,
    ) -> Self {
        let side = panel();
        let panel = POINTS * (channels * side + APART);
        let needed = filters.div_ceil(side) * panel;
        let mut turned = KEPT.take();
        if turned.len() < needed {
            turned.resize(needed, 0.0);
        }
        let panels = turned[..needed].chunks_exact_mut(panel);
        each(panels.enumerate(), 1, |(panel, to)| {
            let filters = panel * side..((panel + 1) * side).min(filters);
            dispatch(Turn {
                channels,
                filters,
                kernel: &kernel,
                to,
            });
        });
        Self(turned)
    }
}

/// Weights of a panel of filters.
struct Turn<'a, F> {
    channels: usize,
    filters: Range<usize>,
    kernel: &'a F,
    to: &'a mut [f32],
}

impl<F: Fn(usize, usize) -> [f32; 9]> WithSimd for Turn<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let side = VECTORS * S::F32_LANES;
        let mut taps = vec![0.0; 9 * side];
        for channel in 0..self.channels {
            for (lane, filter) in self.filters.clone().enumerate() {
                let kernel = (self.kernel)(filter, channel);
                for (to, tap) in taps[lane..].iter_mut().step_by(side).zip(kernel) {
                    *to = tap;
                }
            }
            let (taps, _) = S::as_simd_f32s(&taps);
            for n in 0..VECTORS {
                let mut tile = [[simd.splat_f32s(0.0); 3]; 3];
                for (to, taps) in tile.as_flattened_mut().iter_mut().zip(taps.chunks(VECTORS)) {
                    *to = taps[n];
                }
                let turned = transform::weights(simd, &tile);
                let places = self.to.chunks_exact_mut(self.channels * side + APART);
                for (to, turned) in places.zip(turned.as_flattened()) {
                    let start = channel * side + n * S::F32_LANES;
                    let to = &mut to[start..start + S::F32_LANES];
                    S::as_mut_simd_f32s(to).0[0] = *turned;
                }
            }
        }
    }
}
