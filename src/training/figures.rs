//! Loss and hits: of a step, while they are on the device and when they have been read, and of an epoch.

use burn::tensor::{Tensor, Transaction};

/// Figures that are joined to be read, at most: 1, 2, 4 or 8. A GPU compiles a kernel for each number of them, and how
/// many steps come between two readings is never the same.
const JOINED: usize = 8;

/// Loss and hits of a step, still on the device: reading them waits for it.
pub struct Pending {
    /// `[2]`: mean loss, number of hits
    pub(super) figures: Tensor<1>,
    pub images: usize,
}

/// The figures of one batch.
#[derive(Clone, Copy, Debug)]
pub struct BatchFigures {
    /// Mean over the batch.
    pub loss: f32,
    pub hits: f32,
    pub images: usize,
}

impl Pending {
    /// Reads many steps in one go, in order.
    ///
    /// # Panics
    /// A step has failed on its device.
    pub fn read(pending: Vec<Self>) -> Vec<BatchFigures> {
        match Self::try_read(pending) {
            Ok(figures) => figures,
            Err(reason) => panic!("{reason}"),
        }
    }

    /// The same where a step may have failed on its device: why, in the device's words.
    pub(super) fn try_read(pending: Vec<Self>) -> Result<Vec<BatchFigures>, String> {
        let images: Vec<usize> = pending.iter().map(|p| p.images).collect();
        let mut figures: Vec<_> = pending.into_iter().map(|p| p.figures).collect();
        let mut read = Transaction::default();
        while let Some(half) = figures.len().checked_ilog2() {
            let rest = figures.split_off(JOINED.min(1 << half));
            read = read.register(Tensor::cat(figures, 0));
            figures = rest;
        }
        let values = read.try_execute().map_err(|error| error.to_string())?;
        let values: Vec<f32> = values.iter().flat_map(|it| it.iter::<f32>()).collect();
        let pairs = values.chunks_exact(2).zip(images);
        let figures = pairs.map(|(pair, images)| BatchFigures {
            loss: pair[0],
            hits: pair[1],
            images,
        });
        Ok(figures.collect())
    }
}

/// Sums over the images of an epoch.
#[derive(Default)]
pub(super) struct Sums {
    loss: f64,
    hits: f64,
    pub images: usize,
}

impl Sums {
    pub fn add(&mut self, figures: &BatchFigures) {
        self.loss += f64::from(figures.loss) * figures.images as f64;
        self.hits += f64::from(figures.hits);
        self.images += figures.images;
    }

    pub fn means(&self) -> (f64, f64) {
        let images = self.images.max(1) as f64;
        (self.loss / images, self.hits / images)
    }
}
