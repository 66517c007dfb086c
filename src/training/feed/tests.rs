#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::dataset::{Drawn, Move, Normalise, Planes};
use crate::training::device::adapter::everywhere;

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
    let made = Feed::new(INPUT, normaliser, device).tensor(planes, moves.len());
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
    for alone in everywhere() {
        let device = &alone.opened.device;
        let (made, expected) = both(&moves, INPUT, device);
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
    for alone in everywhere() {
        let device = &alone.opened.device;
        for from in [INPUT, LARGER] {
            let (made, expected) = both(&moves, from, device);
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
    for alone in everywhere() {
        let device = &alone.opened.device;
        let planes = Planes {
            bytes: bytes.clone(),
            size: INPUT,
            maps: Vec::new(),
        };
        // In a training, too.
        let feed = Feed::new(INPUT, normaliser.clone(), &device.clone().autodiff());
        let made = feed.tensor(Pixels::Bytes(planes), 1);
        assert!(made.device().is_autodiff());
        let made: Vec<f32> = made.into_data().try_to_vec().unwrap();
        assert_eq!(made, expected);
    }
}
