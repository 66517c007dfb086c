//! A batch that goes through the network in several passes changes the weights as the whole batch does.

use mapsto::dataset::{Augment, Balance, Batch, InputSize, Mix, Pixels, Planes, parts};
use mapsto::network::Loss;
use mapsto::project::{Optimizer, Recipe};
use mapsto::training::{BatchFigures, NamedTensor, Pending, Stepper, open};

use super::{distance, network};

const SIZE: InputSize = InputSize {
    height: 6,
    width: 6,
    channels: 3,
};
/// In 2, 3 and 7 passes: parts that are as large, and parts that are not.
const IMAGES: usize = 20;
const LIMITS: [(usize, usize); 3] = [(2, 10), (3, 7), (7, 3)];
const STEPS: usize = 4;

/// What comes last, for a loss.
const ENDS: [(Loss, &str); 5] = [
    (Loss::CrossEntropy, "units = 3\nactivation = \"softmax\""),
    (
        Loss::BinaryCrossEntropy,
        "units = 3\nactivation = \"sigmoid\"",
    ),
    (
        Loss::BinaryCrossEntropy,
        "units = 1\nactivation = \"sigmoid\"",
    ),
    (
        Loss::MeanSquaredError,
        "units = 3\nactivation = \"softmax\"",
    ),
    (Loss::MeanSquaredError, "units = 3\nactivation = \"linear\""),
];

fn text(middle: &str, end: &str) -> String {
    format!(
        "[[layers]]\nkind = \"input\"\nheight = 6\nwidth = 6\nchannels = 3\n\
         [[layers]]\nkind = \"conv2d\"\nfilters = 4\nkernel = [3, 3]\nactivation = \"tanh\"\n{middle}\
         [[layers]]\nkind = \"max_pool\"\nsize = [2, 2]\n[[layers]]\nkind = \"flatten\"\n\
         [[layers]]\nkind = \"dense\"\nunits = 5\nactivation = \"tanh\"\n\
         [[layers]]\nkind = \"dense\"\n{end}\n"
    )
}

fn classes(end: &str) -> usize {
    if end.starts_with("units = 1") { 2 } else { 3 }
}

fn stepper(middle: &str, (loss, end): (Loss, &str), recipe: &Recipe) -> Stepper {
    let classes = classes(end);
    let network = network(&text(middle, end), loss, classes);
    let mut stepper = Stepper::new(&network, recipe, &open("cpu").unwrap());
    stepper.balance(recipe, &[40, 10, 3][..classes]);
    stepper
}

/// Numbers from −1 to 1 that have nothing to do with each other.
fn grain(count: usize, seed: usize) -> impl Iterator<Item = f32> {
    (0..count).map(move |place| {
        let mixed = (place + 1).wrapping_mul(2_654_435_761) ^ (seed + 7).wrapping_mul(40_503);
        (mixed.wrapping_mul(2_246_822_519) >> 11) as f32 % 2001.0 / 1000.0 - 1.0
    })
}

/// Classes of very different size, so that the parts of a batch are weighted differently.
fn labels(images: usize, classes: usize, step: usize) -> Vec<usize> {
    let label = |place: usize| match (place * 7 + step * 3) % 10 {
        0..=5 => 0,
        6..=8 => 1,
        _ => classes - 1,
    };
    (0..images).map(label).collect()
}

struct Outcome {
    figures: Vec<BatchFigures>,
    weights: Vec<NamedTensor>,
}

/// Some steps, of which no more images than `most` go through at once.
fn trained(mut stepper: Stepper, classes: usize, most: usize, mix: Option<&Augment>) -> Outcome {
    stepper.limit_pass(most);
    let steps = (0..STEPS).map(|step| {
        let pixels: Vec<f32> = grain(IMAGES * SIZE.elements(), step).collect();
        let mix = mix.and_then(|augment| augment.mix(5, 1, step, IMAGES));
        stepper.step_mixed(pixels, &labels(IMAGES, classes, step), mix.as_ref())
    });
    let pending = steps.collect();
    Outcome {
        figures: Pending::read(pending),
        weights: stepper.tensors(),
    }
}

/// The same, where the parts come one after the other, as a loader makes them.
fn trained_by_parts(
    mut stepper: Stepper,
    classes: usize,
    most: usize,
    mix: Option<&Augment>,
) -> Outcome {
    let mut pending = Vec::new();
    for step in 0..STEPS {
        let pixels: Vec<f32> = grain(IMAGES * SIZE.elements(), step).collect();
        let pixels = Pixels::from(pixels);
        let mix = mix.and_then(|augment| augment.mix(5, 1, step, IMAGES));
        for places in parts(IMAGES, most) {
            let partners = mix
                .as_ref()
                .map_or(&[][..], |mix| &mix.partner[places.clone()]);
            let held = places.clone().chain(partners.iter().copied());
            let last = places.end == IMAGES;
            let taken = stepper.take(Batch {
                pixels: pixels.picked(IMAGES, held),
                places,
                labels: labels(IMAGES, classes, step),
                positions: (0..IMAGES).collect(),
                mix: mix.clone(),
            });
            assert_eq!(taken.is_some(), last);
            pending.extend(taken);
        }
    }
    Outcome {
        figures: Pending::read(pending),
        weights: stepper.tensors(),
    }
}

/// The greatest difference of weights and losses; the numbers of hits are the same.
fn apart(one: &Outcome, two: &Outcome) -> f32 {
    let mut most = 0.0_f32;
    for (one, two) in one.figures.iter().zip(&two.figures) {
        assert_eq!((one.hits, one.images), (two.hits, two.images));
        most = most.max((one.loss - two.loss).abs());
    }
    for (one, two) in one.weights.iter().zip(&two.weights) {
        most = most.max(distance(&one.values, &two.values));
    }
    most
}

fn assert_alike(what: &str, end: (Loss, &str), recipe: &Recipe, mix: Option<&Augment>) {
    let classes = classes(end.1);
    let whole = trained(stepper("", end, recipe), classes, usize::MAX, mix);
    let start = stepper("", end, recipe).tensors();
    let moved = start.iter().zip(&whole.weights);
    let moved = moved.map(|(a, b)| distance(&a.values, &b.values));
    assert!(
        moved.fold(0.0, f32::max) > 1e-3,
        "{what}: nothing is learnt"
    );
    for (passes, most) in LIMITS {
        let cut = trained(stepper("", end, recipe), classes, most, mix);
        let apart = apart(&whole, &cut);
        assert!(apart < 1e-5, "{what} in {passes} passes: {apart}");
        let parted = trained_by_parts(stepper("", end, recipe), classes, most, mix);
        assert_eq!(self::apart(&cut, &parted), 0.0, "{what} in {passes} parts");
    }
}

#[test]
fn every_optimiser_makes_the_same_of_a_batch_in_passes() {
    for name in ["sgd", "adam", "adamw", "rmsprop"] {
        let settings = format!("{{\"name\": \"{name}\"}}");
        let recipe = Recipe {
            optimizer: serde_json::from_str::<Optimizer>(&settings).unwrap(),
            learning_rate: if name == "sgd" { 0.05 } else { 0.002 },
            ..Recipe::default()
        };
        for end in ENDS {
            assert_alike(&format!("{name}, {end:?}"), end, &recipe, None);
        }
    }
}

#[test]
fn class_weights_focal_loss_and_mixing_are_those_of_the_whole_batch() {
    let mixing = Augment {
        mixup: 0.8,
        cutmix: 1.0,
        ..Augment::default()
    };
    let cuts = (0..STEPS).map(|step| mixing.mix(5, 1, step, IMAGES).unwrap());
    let cuts: Vec<bool> = cuts.map(|mix: Mix| mix.rectangle(SIZE).is_some()).collect();
    assert!(cuts.contains(&true) && cuts.contains(&false));
    for end in ENDS {
        for (class_weights, gamma) in [(true, 0.0), (false, 2.0), (true, 1.5), (false, 0.0)] {
            // There is none of this loss.
            if end.0 == Loss::MeanSquaredError && gamma > 0.0 {
                continue;
            }
            let recipe = Recipe {
                optimizer: serde_json::from_str("{\"name\": \"sgd\"}").unwrap(),
                learning_rate: 0.05,
                balance: Balance {
                    class_weights,
                    focal_gamma: gamma,
                    oversample: false,
                },
                ..Recipe::default()
            };
            let what = format!("{end:?}, weights {class_weights}, gamma {gamma}");
            assert_alike(&what, end, &recipe, None);
            assert_alike(&format!("mixed {what}"), end, &recipe, Some(&mixing));
        }
    }
}

#[test]
fn pictures_that_the_device_moves_are_cut_with_their_places() {
    let turned = |image: usize| {
        let (sine, cosine) = (image as f64 * 0.3).sin_cos();
        let back = 3.0 - 3.0 * (cosine - sine);
        [
            cosine,
            -sine,
            back,
            sine,
            cosine,
            3.0 - 3.0 * (sine + cosine),
        ]
    };
    let bytes = grain(IMAGES * SIZE.elements(), 3).map(|value| ((value + 1.0) * 127.0) as u8);
    let planes = Planes {
        bytes: bytes.collect(),
        size: SIZE,
        maps: (0..IMAGES).map(turned).collect(),
    };
    let mixing = Augment {
        mixup: 0.8,
        ..Augment::default()
    };
    let step = |most: usize, mix: Option<Mix>| {
        let mut stepper = stepper("", ENDS[0], &Recipe::default());
        stepper.limit_pass(most);
        let pixels = Pixels::Bytes(planes.clone());
        let pending = stepper.step_mixed(pixels, &labels(IMAGES, 3, 0), mix.as_ref());
        Pending::read(vec![pending])[0].loss
    };
    for mix in [None, mixing.mix(5, 1, 0, IMAGES)] {
        let whole = step(usize::MAX, mix.clone());
        for (_, most) in LIMITS {
            let apart = (whole - step(most, mix.clone())).abs();
            assert!(apart < 1e-5, "{apart}");
        }
    }
}

#[test]
fn single_images_go_through_batch_norm() {
    let norm = "[[layers]]\nkind = \"batch_norm\"\n";
    let recipe = Recipe::default();
    for (images, most) in [(1, 1), (1, 8), (3, 1), (3, 2), (9, 4)] {
        let mut stepper = stepper(norm, ENDS[0], &recipe);
        stepper.limit_pass(most);
        let pixels: Vec<f32> = grain(images * SIZE.elements(), 1).collect();
        let pending = stepper.step(pixels, &labels(images, 3, 0));
        let figures = Pending::read(vec![pending])[0];
        assert_eq!(figures.images, images);
        assert!(figures.loss.is_finite() && figures.hits <= images as f32);
        for tensor in stepper.tensors() {
            let finite = tensor.values.iter().all(|value| value.is_finite());
            assert!(finite, "{} with {images} in {most}", tensor.name);
        }
    }
}
