//! The pixels of a batch on their way to a device: the one place where they become a tensor.
//!
//! On a GPU they go over as bytes, a quarter of what numbers take, and the GPU does the rest: it unpacks them, reads
//! each pixel where the picture's map says, and looks the number up that the normalisation makes of each byte. That
//! is what [`Drawn::apply_from`](crate::dataset::Drawn::apply_from) and [`Normaliser`] do on the processor: the same
//! numbers where pixels stay whole, and at most 1 of 255 apart where they are read between four.

use burn::tensor::ops::{GridSampleOptions, GridSamplePaddingMode, InterpolateMode};
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::device::is_cpu;
use crate::dataset::{Form, InputSize, Normaliser, Pixels, Planes};

/// Bytes in a word: WGSL has no bytes.
const PACKED: usize = 4;

/// Values of a byte.
const LEVELS: usize = 256;

/// The form in which images come quickest to that device: on the CPU all cores make the numbers, ahead of the
/// training.
pub(super) fn form(device: &Device) -> Form {
    if is_cpu(device) {
        Form::Numbers
    } else {
        Form::Device
    }
}

/// Pixels `[batch, channel, height, width]` of a network's input on a device, moved and normalised.
pub(super) fn tensor(
    pixels: Pixels,
    batch: usize,
    input: InputSize,
    normaliser: &Normaliser,
    device: &Device,
) -> Tensor<4> {
    let numbers = match pixels {
        Pixels::Numbers(numbers) => numbers,
        Pixels::Bytes(planes) if form(device) == Form::Device || !planes.maps.is_empty() => {
            let made = made(&planes, batch, input, normaliser, &device.clone().inner());
            return if device.is_autodiff() {
                made.autodiff()
            } else {
                made
            };
        }
        // Views of a test image, on the CPU.
        Pixels::Bytes(planes) => {
            let mut numbers = Vec::new();
            normaliser.append(&planes.bytes, input.height * input.width, &mut numbers);
            numbers
        }
    };
    let shape = [batch, input.channels, input.height, input.width];
    Tensor::from_data(TensorData::new(numbers, shape), device)
}

/// The same from bytes, by the device itself.
fn made(
    planes: &Planes,
    batch: usize,
    input: InputSize,
    normaliser: &Normaliser,
    device: &Device,
) -> Tensor<4> {
    let InputSize {
        height,
        width,
        channels,
    } = planes.size;
    let bytes = unpacked(&planes.bytes, device).reshape([batch, channels, height, width]);
    let bytes = if planes.maps.is_empty() {
        bytes
    } else {
        let grid = grid(&planes.maps, planes.size, input, device);
        let reading = GridSampleOptions::new(InterpolateMode::Bilinear)
            .with_padding_mode(GridSamplePaddingMode::Reflection)
            .with_align_corners(false);
        // Halves are rounded up, as on the processor.
        let read = bytes.float().grid_sample_2d(grid, reading) + 0.5;
        read.floor().int()
    };
    let tables: Vec<i32> = (0..channels).map(|table| (table * LEVELS) as i32).collect();
    let tables = TensorData::new(tables, [1, channels, 1, 1]);
    let places = bytes + Tensor::<4, Int>::from_data(tables, device);
    let numbers = TensorData::new(normaliser.tables(), [channels * LEVELS]);
    let all = batch * input.elements();
    Tensor::<1>::from_data(numbers, device)
        .gather(0, places.reshape([all]))
        .reshape([batch, channels, input.height, input.width])
}

/// One number a byte, `[bytes]`.
fn unpacked(bytes: &[u8], device: &Device) -> Tensor<1, Int> {
    let word = |chunk: &[u8]| {
        let mut word = [0; PACKED];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        i32::from_le_bytes(word)
    };
    let words: Vec<i32> = bytes.chunks(PACKED).map(word).collect();
    let count = words.len();
    let words = Tensor::<2, Int>::from_data(TensorData::new(words, [count, 1]), device);
    let shifts = TensorData::new(vec![0, 8, 16, 24], [1, PACKED]);
    let shifts = Tensor::<2, Int>::from_data(shifts, device);
    words
        .bitwise_right_shift(shifts)
        .bitwise_and_scalar(LEVELS as i32 - 1)
        .reshape([count * PACKED])
        .narrow(0, 0, bytes.len())
}

/// Where each pixel of size `to` is read in a picture of size `from`, as a sampling grid has it: `[n, height, width,
/// 2]`, x and y from −1 to 1 between the picture's edges.
fn grid(maps: &[[f64; 6]], from: InputSize, to: InputSize, device: &Device) -> Tensor<4> {
    let images = maps.len();
    // The middles of pixels; x′ = a·x + b·y + c in pixels is (2·x′ / width − 1) on the grid.
    let middles = |length: usize, shape: [usize; 4]| {
        let middles = (0..length).map(|place| place as f32 + 0.5).collect();
        Tensor::<4>::from_data(TensorData::new::<f32, _>(middles, shape), device)
    };
    let x = middles(to.width, [1, 1, to.width, 1]);
    let y = middles(to.height, [1, to.height, 1, 1]);
    let along = |first: usize, length: usize| {
        let scale = 2.0 / length.max(1) as f64;
        let factor = |place: usize, less: f64| {
            let factors: Vec<f32> = maps
                .iter()
                .map(|map| (map[place] * scale - less) as f32)
                .collect();
            Tensor::<4>::from_data(TensorData::new(factors, [images, 1, 1, 1]), device)
        };
        x.clone() * factor(first, 0.0) + y.clone() * factor(first + 1, 0.0) + factor(first + 2, 1.0)
    };
    Tensor::cat(vec![along(0, from.width), along(3, from.height)], 3)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::dataset::{Drawn, Move, Normalise};
    use crate::training::{devices, open};

    const INPUT: InputSize = InputSize {
        height: 9,
        width: 13,
        channels: 3,
    };

    const LARGER: InputSize = InputSize {
        height: 12,
        width: 17,
        channels: 3,
    };

    /// The CPU, which can make them too, and a GPU or what plays one.
    fn everywhere() -> Vec<Device> {
        let mut all = vec![Device::flex()];
        match devices().into_iter().find(|device| device.id != "cpu") {
            Some(adapter) => all.push(open(&adapter.id).unwrap().device),
            None => {
                assert!(
                    std::env::var_os("MAPSTO_REQUIRE_GPU").is_none(),
                    "there is no GPU adapter, not even a software one; install mesa-vulkan-drivers"
                );
                eprintln!(
                    "SKIPPED, LOUDLY: this machine has no GPU adapter, not even a software one"
                );
            }
        }
        all
    }

    /// Grain: neighbours have nothing to do with each other.
    fn picture(size: InputSize, number: usize) -> Vec<u8> {
        let byte = |place: usize| ((place * 7919 + number * 131) % 10_007 * 37 % 256) as u8;
        (0..size.elements()).map(byte).collect()
    }

    /// Numbers of pictures of that size, each with its moves, made by the device and by the processor.
    fn both(moves: &[Vec<Move>], from: InputSize, device: &Device) -> (Vec<f32>, Vec<f32>) {
        let normaliser = Normaliser::new(
            Normalise::Given {
                mean: [0.485, 0.456, 0.406],
                deviation: [0.229, 0.224, 0.225],
            },
            INPUT.channels,
        );
        let (mut bytes, mut maps, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for (number, moves) in moves.iter().enumerate() {
            let stored = picture(from, number);
            let drawn = Drawn {
                moves: moves.clone(),
                steps: Vec::new(),
            };
            maps.push(drawn.gathered(from, INPUT).unwrap());
            let mut changed = vec![0; INPUT.elements()];
            drawn.apply_from(&stored, from, &mut changed, INPUT);
            normaliser.append(&changed, INPUT.height * INPUT.width, &mut expected);
            bytes.extend(stored);
        }
        let size = from;
        let planes = Pixels::Bytes(Planes { bytes, size, maps });
        let made = tensor(planes, moves.len(), INPUT, &normaliser, device);
        assert_eq!(made.dims(), [moves.len(), 3, INPUT.height, INPUT.width]);
        (made.into_data().try_to_vec().unwrap(), expected)
    }

    #[test]
    fn what_keeps_pixels_whole_gives_the_same_numbers_on_every_device() {
        let moves = [
            vec![],
            vec![Move::FlipHorizontal],
            vec![Move::FlipVertical],
            vec![Move::Shift { x: 0.3, y: -0.2 }],
            vec![Move::FlipHorizontal, Move::Shift { x: -0.9, y: 0.7 }],
            vec![Move::Translate { x: 30.0, y: -2.0 }],
            vec![Move::Rotate(180.0)],
        ];
        for device in everywhere() {
            let (made, expected) = both(&moves, INPUT, &device);
            assert_eq!(made, expected, "{device:?}");
        }
    }

    #[test]
    fn what_reads_between_pixels_differs_by_one_of_255_at_most() {
        let closer = Move::Zoom(1.6);
        let moves = [
            vec![closer],
            vec![Move::Crop {
                left: 0.21,
                top: 0.33,
                width: 0.6,
                height: 0.55,
            }],
            vec![Move::FlipHorizontal, closer, Move::Rotate(17.0)],
            vec![closer, Move::Rotate(-90.0)],
            vec![closer, Move::Shear(9.0), Move::Shift { x: 0.4, y: 0.3 }],
            vec![closer, Move::Slant { x: 0.2, y: -0.1 }],
            vec![Move::Translate { x: 1.5, y: -0.25 }, closer],
        ];
        // Of a byte's step, in the narrowest channel's deviation.
        let step = 1.001 / 255.0 / 0.224;
        for device in everywhere() {
            for from in [INPUT, LARGER] {
                let (made, expected) = both(&moves, from, &device);
                let apart = made.iter().zip(&expected).map(|(a, b)| a - b);
                let most = apart.clone().fold(0.0, |most: f32, it| most.max(it.abs()));
                assert!(most <= step, "{most} on {device:?}");
                // Seldom, and hardly brighter or darker as a whole: the processor rounds halves up twice.
                let other = apart.clone().filter(|apart| apart.abs() > 1e-6).count();
                assert!(other * 5 < made.len(), "{other} of {} differ", made.len());
                let shift = apart.sum::<f32>() / made.len() as f32;
                assert!(shift.abs() < step / 20.0, "{shift}");
            }
        }
    }

    #[test]
    fn bytes_that_stay_where_they_are_become_the_same_numbers_on_every_device() {
        let normaliser = Normaliser::new(Normalise::Unit, INPUT.channels);
        let bytes = picture(INPUT, 3);
        let mut expected = Vec::new();
        normaliser.append(&bytes, INPUT.height * INPUT.width, &mut expected);
        for device in everywhere() {
            let planes = Planes {
                bytes: bytes.clone(),
                size: INPUT,
                maps: Vec::new(),
            };
            // In a training, too.
            let made = tensor(
                Pixels::Bytes(planes),
                1,
                INPUT,
                &normaliser,
                &device.autodiff(),
            );
            assert!(made.device().is_autodiff());
            let made: Vec<f32> = made.into_data().try_to_vec().unwrap();
            assert_eq!(made, expected);
        }
    }
}
