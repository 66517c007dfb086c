//! The pixels of a batch on their way to a device: the one place where they become a tensor.
//!
//! On a GPU they go over as bytes, a quarter of what numbers take, and the GPU does the rest: it unpacks them, reads
//! each pixel where the picture's map says, and looks the number up that the normalisation makes of each byte. That
//! is what [`Drawn::apply_from`](crate::dataset::Drawn::apply_from) and [`Normaliser`] do on the processor: the same
//! numbers where pixels stay whole, and at most 1 of 255 apart where they are read between four.
//!
//! ```text
//! Pixels::Numbers ───────────────────────────────────────────────────────────► [batch, channel, height, width]
//! Pixels::Bytes ── packed, sent ──────────┐                                             ▲
//! Pixels::Places ─ chosen from a Resident ┴► [batch, words] ─ unpack ─ move ─ normalise ┘
//! ```
//!
//! Bytes are sent with every batch. Where a set fits the device it is a [`Resident`], sent once, and a batch is but
//! the places of its images and their maps: from there on the two go the same way, to the same bits. Nothing here
//! waits for the device.

use std::cell::OnceCell;

use burn::tensor::ops::{GridSampleOptions, GridSamplePaddingMode, InterpolateMode};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::device::is_cpu;
use super::resident::Resident;
use crate::dataset::{Form, InputSize, Mix, Normaliser, Pixels};

/// Bytes in a word: WGSL has no bytes.
const PACKED: usize = 4;

/// Values of a byte.
const LEVELS: usize = 256;

/// Words of an image of so many bytes; the last one is filled up.
pub(super) fn words(bytes: usize) -> usize {
    bytes.div_ceil(PACKED)
}

/// Images of so many bytes each as `[images, words]`.
pub(super) fn packed(bytes: &[u8], images: usize, image: usize) -> TensorData {
    let word = |chunk: &[u8]| {
        let mut word = [0; PACKED];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        i32::from_le_bytes(word)
    };
    let rows = bytes.chunks(image.max(1));
    let all: Vec<i32> = rows.flat_map(|row| row.chunks(PACKED).map(word)).collect();
    TensorData::new(all, [images, words(image)])
}

/// What makes the numbers of a network's input on a device.
pub(super) struct Feed {
    input: InputSize,
    normaliser: Normaliser,
    device: Device,
    /// The images that places are of.
    resident: Option<Resident>,
    /// The same for all batches; not needed where numbers come.
    constants: OnceCell<Constants>,
}

struct Constants {
    /// `[1, 1, bytes of a word]`: where each byte is in it.
    shifts: Tensor<3, Int>,
    /// `[1, channel, 1, 1]`: where the table of each channel begins.
    tables: Tensor<4, Int>,
    /// The tables, one after the other.
    numbers: Tensor<1>,
    /// The middles of pixels, `[1, 1, width, 1]` and `[1, height, 1, 1]`.
    x: Tensor<4>,
    y: Tensor<4>,
}

impl Constants {
    fn new(input: InputSize, normaliser: &Normaliser, device: &Device) -> Self {
        let whole = |numbers: Vec<i32>| {
            let count = numbers.len();
            TensorData::new(numbers, [count])
        };
        let middles = |length: usize, shape: [usize; 4]| {
            let middles = (0..length).map(|place| place as f32 + 0.5).collect();
            Tensor::from_data(TensorData::new::<f32, _>(middles, shape), device)
        };
        let bytes = (0..PACKED).map(|byte| (byte * 8) as i32).collect();
        let channels = input.channels;
        let tables = (0..channels).map(|table| (table * LEVELS) as i32).collect();
        let numbers = TensorData::new(normaliser.tables(), [channels * LEVELS]);
        Self {
            shifts: Tensor::<1, Int>::from_data(whole(bytes), device).reshape([1, 1, PACKED]),
            tables: Tensor::<1, Int>::from_data(whole(tables), device).reshape([1, channels, 1, 1]),
            numbers: Tensor::from_data(numbers, device),
            x: middles(input.width, [1, 1, input.width, 1]),
            y: middles(input.height, [1, input.height, 1, 1]),
        }
    }
}

impl Feed {
    pub fn new(input: InputSize, normaliser: Normaliser, device: &Device) -> Self {
        Self {
            input,
            normaliser,
            device: device.clone(),
            resident: None,
            constants: OnceCell::new(),
        }
    }

    /// Takes the images that places are of.
    pub fn keep(&mut self, resident: Option<Resident>) {
        self.resident = resident;
    }

    /// The form in which images come quickest: on the CPU all cores make the numbers, ahead of the training.
    pub fn form(&self) -> Form {
        if self.resident.is_some() {
            Form::Places
        } else if is_cpu(&self.device) {
            Form::Numbers
        } else {
            Form::Device
        }
    }

    /// Pixels `[batch, channel, height, width]` of the network's input on the device, moved and normalised.
    ///
    /// # Panics
    /// Places come, and no images are kept.
    pub fn tensor(&self, pixels: Pixels, batch: usize) -> Tensor<4> {
        let numbers = match pixels {
            Pixels::Numbers(numbers) => numbers,
            Pixels::Places(places) => {
                let Some(resident) = &self.resident else {
                    panic!("a batch tells the places of images that the device does not hold");
                };
                let words = resident.rows(&places.positions);
                return self.made(words, resident.size(), &places.maps);
            }
            Pixels::Bytes(planes) if !is_cpu(&self.device) || !planes.maps.is_empty() => {
                let words = packed(&planes.bytes, batch, planes.size.elements());
                let words = Tensor::from_data(words, &self.device.clone().inner());
                return self.made(words, planes.size, &planes.maps);
            }
            // Views of a test image, on the CPU.
            Pixels::Bytes(planes) => {
                let (mut numbers, area) = (Vec::new(), self.input.height * self.input.width);
                self.normaliser.append(&planes.bytes, area, &mut numbers);
                numbers
            }
        };
        let InputSize {
            height,
            width,
            channels,
        } = self.input;
        let numbers = TensorData::new(numbers, [batch, channels, height, width]);
        Tensor::from_data(numbers, &self.device)
    }

    /// The mixed pictures of some images of a batch; in `pixels` those of their partners follow theirs.
    pub fn mixed(&self, pixels: Pixels, images: usize, mix: &Mix) -> Tensor<4> {
        let of = |places| self.tensor(pixels.picked(2 * images, places), images);
        let (own, others) = (of(0..images), of(images..2 * images));
        drop(pixels);
        blended(own, others, mix, self.input)
    }

    /// [`tensor`](Self::tensor) of packed pictures `[batch, words]` of that size.
    fn made(&self, words: Tensor<2, Int>, size: InputSize, maps: &[[f64; 6]]) -> Tensor<4> {
        let device = self.device.clone().inner();
        let constants = self
            .constants
            .get_or_init(|| Constants::new(self.input, &self.normaliser, &device));
        let [batch, _] = words.dims();
        let InputSize {
            height,
            width,
            channels,
        } = size;
        let bytes = unpacked(words, &constants.shifts, size.elements());
        let bytes = bytes.reshape([batch, channels, height, width]);
        let bytes = if maps.is_empty() {
            bytes
        } else {
            let reading = GridSampleOptions::new(InterpolateMode::Bilinear)
                .with_padding_mode(GridSamplePaddingMode::Reflection)
                .with_align_corners(false);
            let grid = grid(maps, size, constants, &device);
            // Halves are rounded up, as on the processor.
            let read = bytes.float().grid_sample_2d(grid, reading) + 0.5;
            read.floor().int()
        };
        let places = bytes + constants.tables.clone();
        let InputSize { height, width, .. } = self.input;
        let made = constants
            .numbers
            .clone()
            .gather(0, places.reshape([batch * self.input.elements()]))
            .reshape([batch, channels, height, width]);
        if self.device.is_autodiff() {
            made.autodiff()
        } else {
            made
        }
    }
}

/// The mixed pictures of a batch on its device, from them and the partner of each: what [`Mix::mixed`] makes of them
/// on the host.
pub(super) fn blended(
    pixels: Tensor<4>,
    others: Tensor<4>,
    mix: &Mix,
    size: InputSize,
) -> Tensor<4> {
    let images = pixels.dims()[0];
    let Some(part) = mix.rectangle(size) else {
        let own = mix.share(size);
        return pixels * own + others * (1.0 - own);
    };
    if part.width == 0 || part.height == 0 {
        return pixels;
    }
    let place = [
        0..images,
        0..size.channels,
        part.top..part.top + part.height,
        part.left..part.left + part.width,
    ];
    let others = others.slice(place.clone());
    pixels.slice_assign(place, others)
}

/// One number a byte, `[batch, bytes]`.
fn unpacked(words: Tensor<2, Int>, shifts: &Tensor<3, Int>, bytes: usize) -> Tensor<2, Int> {
    let [batch, count] = words.dims();
    let all = words
        .reshape([batch, count, 1])
        .bitwise_right_shift(shifts.clone())
        .bitwise_and_scalar(LEVELS as i32 - 1)
        .reshape([batch, count * PACKED]);
    if bytes == count * PACKED {
        all
    } else {
        all.narrow(1, 0, bytes)
    }
}

/// Where each pixel of the input is read in a picture of size `from`, as a sampling grid has it: `[n, height, width,
/// 2]`, x and y from −1 to 1 between the picture's edges.
fn grid(maps: &[[f64; 6]], from: InputSize, constants: &Constants, device: &Device) -> Tensor<4> {
    let images = maps.len();
    // x′ = a·x + b·y + c in pixels is (2·x′ / width − 1) on the grid.
    let factors = (0..6).flat_map(|place| {
        let length = if place < 3 { from.width } else { from.height };
        let scale = 2.0 / length.max(1) as f64;
        let less = if place % 3 == 2 { 1.0 } else { 0.0 };
        let factor = move |map: &[f64; 6]| (map[place] * scale - less) as f32;
        maps.iter().map(factor)
    });
    let factors = TensorData::new(factors.collect::<Vec<f32>>(), [6, images]);
    let factors = Tensor::<2>::from_data(factors, device);
    let factor = |place: usize| {
        let row = factors.clone().narrow(0, place, 1);
        row.reshape([images, 1, 1, 1])
    };
    let (x, y) = (&constants.x, &constants.y);
    let along =
        |first| x.clone() * factor(first) + y.clone() * factor(first + 1) + factor(first + 2);
    Tensor::cat(vec![along(0), along(3)], 3)
}

#[cfg(test)]
mod tests;
