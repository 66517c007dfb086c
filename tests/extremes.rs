//! What `check` accepts, the engine computes: windows larger than their maps, strides larger than
//! the windows, maps of one pixel. Otherwise a training would break off at its first step.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapsto::network::{Context, Graph, Kind, Layer, Loss, Shape, check};
use mapsto::project::Recipe;
use mapsto::training::{Pending, Stepper, feature_maps, open};

const BATCH: usize = 2;

/// A step and a look on two images; what every layer puts out has the shape that `check` says.
/// `false` where `check` refuses the network.
fn computes(input: [usize; 2], layers: Vec<Layer>) -> Result<bool, String> {
    let first = Layer::new(Kind::Input)
        .with("height", input[0])
        .with("width", input[1]);
    let flatten = Layer::new(Kind::Flatten);
    let output = Layer::new(Kind::Dense)
        .with("units", 2_u64)
        .with("activation", "softmax");
    let graph = Graph::chain(first, layers.into_iter().chain([flatten, output]));
    let context = Context {
        classes: Some(2),
        loss: Loss::CrossEntropy,
        batch: BATCH,
    };
    let report = check(&graph, &context);
    let Some(network) = report.network else {
        return Ok(false);
    };
    let recipe = Recipe::default();
    let mut stepper = Stepper::new(&network, &recipe, &open("cpu").unwrap());
    let pixels: Vec<f32> = (0..BATCH * input[0] * input[1])
        .map(|index| (index % 7) as f32 / 7.0)
        .collect();
    let one = pixels[..input[0] * input[1]].to_vec();
    let step = stepper.step(pixels, &[0, 1]);
    let figures = Pending::read(vec![step]);
    if !figures[0].loss.is_finite() {
        return Err(format!("loss {}", figures[0].loss));
    }
    let maps = feature_maps(&stepper.inference(&[]), one, 1);
    for (shown, layer) in maps.layers.iter().zip(network.layers()) {
        let wanted = match layer.output() {
            Shape::Maps {
                height,
                width,
                channels,
            } => [channels, height, width],
            Shape::Vector { units } => [units, 1, 1],
            Shape::Sequence { length, features } => [1, length, features],
        };
        if shown.shape != wanted {
            return Err(format!(
                "{} is {:?}, not {wanted:?}",
                shown.name, shown.shape
            ));
        }
        if !shown.values.iter().all(|value| value.is_finite()) {
            return Err(format!("{} holds no numbers", shown.name));
        }
    }
    Ok(true)
}

/// Every window of a kind of layer over small maps, each in both paddings.
fn windows(kind: Kind, size: &str) {
    let (mut faults, mut computed) = (Vec::new(), 0);
    for input in [[1, 1], [2, 3], [5, 4]] {
        for window in [[1, 1], [2, 2], [3, 1], [1, 4], [7, 7]] {
            for stride in [[1, 1], [2, 3], [6, 6]] {
                for padding in ["valid", "same"] {
                    let layer = Layer::new(kind)
                        .with(size, window)
                        .with("stride", stride)
                        .with("padding", padding);
                    let case = format!("{input:?} {window:?} {stride:?} {padding}");
                    let layers = vec![layer, Layer::new(Kind::BatchNorm)];
                    let outcome = std::panic::catch_unwind(|| computes(input, layers));
                    match outcome {
                        Ok(Ok(accepted)) => computed += usize::from(accepted),
                        Ok(Err(fault)) => faults.push(format!("{case}: {fault}")),
                        Err(_) => faults.push(format!("{case}: broke off")),
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(computed >= 45, "all with padding, and more: {computed}");
}

#[test]
fn convolutions_of_any_window() {
    windows(Kind::Conv2d, "kernel");
}

#[test]
fn max_pools_of_any_window() {
    windows(Kind::MaxPool, "size");
}

#[test]
fn average_pools_of_any_window() {
    windows(Kind::AveragePool, "size");
}
