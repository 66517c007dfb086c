//! Made-up figures that are the same in every run: curves, feature maps, an evaluation.
#![allow(dead_code, reason = "each test file uses its own part")]

use mapsto::app::view::Curves;
use mapsto::dataset::Dataset;
use mapsto::results::{Evaluation, Prediction};
use mapsto::training::{Explained, FeatureMaps, LayerMaps};

/// Pseudo-random numbers from 0 to 1 that are the same in every run.
pub fn noise(seed: u64) -> f64 {
    let mixed = seed
        .wrapping_add(0x9E37_79B9)
        .wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 40) as f64 / f64::from(1 << 24)
}

pub fn curves(epochs: f64) -> Curves {
    let mut curves = Curves {
        epochs: 10.0,
        smoothing: 0.9,
        ..Curves::default()
    };
    for step in 1..=(epochs * 63.0) as u64 {
        let x = step as f64 / 63.0;
        let smooth = 1.9 * (-x * 2.2).exp() + 0.11;
        let rough = smooth * (0.65 + 0.7 * noise(step));
        curves.train_loss.push([x, rough]);
        curves.train_loss_smooth.push([x, smooth]);
    }
    for epoch in 1..=epochs as u64 {
        let x = epoch as f64;
        curves.val_loss.push([x, 0.14 + 0.2 / x]);
        curves.train_accuracy.push([x, 0.99 - 0.11 / x]);
        curves.val_accuracy.push([x, 0.97 - 0.10 / x]);
    }
    curves
}

pub fn maps(step: u64, classes: usize) -> FeatureMaps {
    let layer = |name: &str, channels: usize, height: usize, width: usize| {
        let kept = channels.min(64);
        let values = (0..kept * height * width).map(|place| {
            let (map, rest) = (place / (height * width), place % (height * width));
            let (y, x) = (
                (rest / width) as f32 / height as f32 - 0.5,
                (rest % width) as f32 / width as f32 - 0.5,
            );
            let ring = (-((x * x + y * y).sqrt() - 0.3).powi(2) * 60.0).exp();
            ring + (map as f32 * 0.7).sin() * x + (map as f32 * 1.3).cos() * y
        });
        LayerMaps {
            name: name.to_owned(),
            shape: [channels, height, width],
            values: values.collect(),
            kept,
        }
    };
    let mut probabilities = vec![0.07 / classes.max(2) as f32; classes];
    if let Some(first) = probabilities.first_mut() {
        *first = 0.93;
    }
    FeatureMaps {
        step,
        version: step,
        layers: vec![
            layer("conv2d_1", 32, 26, 26),
            layer("max_pool_1", 32, 13, 13),
            layer("conv2d_2", 64, 11, 11),
            layer("max_pool_2", 64, 5, 5),
            layer("conv2d_3", 64, 3, 3),
            layer("flatten_1", 576, 1, 1),
            layer("dense_1", 64, 1, 1),
            layer("dense_2", 10, 1, 1),
        ],
        probabilities,
    }
}

/// One image in eight is wrong, most of them with a neighbouring class.
pub fn evaluation(data: &Dataset, images: &[usize]) -> Evaluation {
    let n = data.classes.len();
    let rows = images.iter().map(|&index| {
        let label = data.images[index].class;
        let seed = index as u64;
        let predicted = if noise(seed) < 0.125 {
            (label + 1 + (noise(seed + 7) * 3.0) as usize) % n
        } else {
            label
        };
        let sure = 0.5 + 0.49 * noise(seed + 3) as f32;
        let mut probabilities = vec![(1.0 - sure) / (n.max(2) - 1) as f32; n];
        probabilities[predicted] = sure;
        Prediction {
            file: data.images[index].file.clone(),
            label,
            predicted,
            probabilities,
        }
    });
    Evaluation {
        classes: data.classes.clone(),
        loss: 0.143,
        rows: rows.collect(),
    }
}

/// What a network says of a picture.
pub fn explained(classes: &[String], predicted: usize) -> Explained {
    let rest = 0.02 / classes.len().saturating_sub(1).max(1) as f32;
    let mut probabilities = vec![rest; classes.len()];
    probabilities[predicted] = 0.98;
    let maps = Some(maps(1, classes.len()));
    Explained {
        classes: classes.to_vec(),
        probabilities,
        predicted,
        maps,
    }
}
