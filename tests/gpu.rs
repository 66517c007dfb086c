//! The GPU path, on Mesa's software adapter where there is no GPU: the same numbers as on the CPU.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use mapsto::dataset::{
    Augment, Dataset, Draw, Form, InputSize, Loader, Normalise, Normaliser, PixelStore, Pixels,
    Preprocess, Progress, Room, Stored,
};
use mapsto::network::{Context, Graph, Loss, Network, check};
use mapsto::project::Recipe;
use mapsto::training::{DeviceInfo, Opened, Pending, Stepper, devices, open};

/// Small, with a convolution, batch norm and Adam: on a software adapter every kernel is slow to
/// compile. No relu stands before the batch norm: twenty steps of Adam then do not hang on the last bit of a sum (in 64
/// bits, gradients that are off by 1e-7 change no loss by more than 1e-7; with one, some by 1e-2).
const NETWORK: &str = r#"
[[layers]]
kind = "input"
height = 8
width = 8
channels = 1

[[layers]]
kind = "conv2d"
filters = 4
kernel = [3, 3]
activation = "linear"

[[layers]]
kind = "batch_norm"

[[layers]]
kind = "activation"
function = "relu"

[[layers]]
kind = "max_pool"
size = [2, 2]

[[layers]]
kind = "flatten"

[[layers]]
kind = "dense"
units = 3
activation = "softmax"
"#;
const STEPS: usize = 20;
const BATCH: usize = 12;

fn network() -> Network {
    let context = Context {
        classes: Some(3),
        loss: Loss::CrossEntropy,
        batch: BATCH,
    };
    let graph = Graph::parse(NETWORK).unwrap();
    check(&graph, &context).network.unwrap()
}

/// Three kinds of stripes with a little noise that is the same every time.
fn batch(step: usize) -> (Vec<f32>, Vec<usize>) {
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for image in 0..BATCH {
        let label = image % 3;
        for y in 0..8 {
            for x in 0..8 {
                let on = match label {
                    0 => x % 4 < 2,
                    1 => y % 4 < 2,
                    _ => (x + y) % 4 < 2,
                };
                let noise = ((step * 31 + image * 17 + y * 7 + x * 3) % 11) as f32 / 40.0;
                pixels.push(if on { 0.7 } else { 0.1 } + noise);
            }
        }
        labels.push(label);
    }
    (pixels, labels)
}

fn losses(opened: &Opened) -> Vec<f32> {
    let recipe = Recipe {
        learning_rate: 0.01,
        ..Recipe::default()
    };
    let mut stepper = Stepper::new(&network(), &recipe, opened);
    (0..STEPS)
        .map(|step| {
            let (pixels, labels) = batch(step);
            Pending::read(vec![stepper.step(pixels, &labels)])[0].loss
        })
        .collect()
}

/// The first GPU, or what plays one.
fn adapter() -> Option<DeviceInfo> {
    let adapter = devices().into_iter().find(|device| device.id != "cpu");
    if adapter.is_none() {
        assert!(
            std::env::var_os("MAPSTO_REQUIRE_GPU").is_none(),
            "there is no GPU adapter, not even a software one; install mesa-vulkan-drivers"
        );
        eprintln!("SKIPPED, LOUDLY: this machine has no GPU adapter, not even a software one");
    }
    adapter
}

#[test]
fn twenty_steps_on_a_gpu_adapter_equal_the_cpus() {
    let Some(adapter) = adapter() else {
        return;
    };
    println!("on {}", adapter.name);
    if adapter.software {
        assert!(
            adapter.name.to_lowercase().contains("llvmpipe"),
            "an unknown software adapter: {}",
            adapter.name
        );
    }
    let gpu = losses(&open(&adapter.id).unwrap());
    let cpu = losses(&open("cpu").unwrap());
    for (step, (gpu, cpu)) in gpu.iter().zip(&cpu).enumerate() {
        assert!((gpu - cpu).abs() < 1e-4, "step {step}: {gpu} and {cpu}");
    }
    assert!(
        gpu[STEPS - 1] < 0.7 * gpu[0],
        "the loss fell too little: {gpu:?}"
    );
}

#[test]
fn figures_that_are_read_together_are_those_that_are_read_one_by_one() {
    let devices = adapter().map(|adapter| adapter.id);
    for device in devices.into_iter().chain(["cpu".to_owned()]) {
        let opened = open(&device).unwrap();
        let recipe = Recipe {
            learning_rate: 0.01,
            ..Recipe::default()
        };
        let mut stepper = Stepper::new(&network(), &recipe, &opened);
        // Neither a power of two nor a single group.
        let pending = (0..STEPS - 1).map(|step| {
            let (pixels, labels) = batch(step);
            stepper.step(pixels, &labels)
        });
        let together = Pending::read(pending.collect());
        let together: Vec<f32> = together.iter().map(|figures| figures.loss).collect();
        assert_eq!(together, losses(&opened)[..STEPS - 1], "{device}");
    }
    assert!(Pending::read(Vec::new()).is_empty());
}

/// Moves, colours, mixing and normalisation.
fn augmented() -> Recipe {
    Recipe {
        augment: Augment {
            flip_horizontal: true,
            rotate: 10.0,
            shift: 0.1,
            zoom: 0.3,
            erase: 0.2,
            cutmix: 1.0,
            ..Augment::default()
        },
        preprocess: Preprocess {
            normalise: Normalise::Given {
                mean: [0.13, 0.0, 0.0],
                deviation: [0.31, 1.0, 1.0],
            },
            ..Preprocess::default()
        },
        learning_rate: 0.01,
        ..Recipe::default()
    }
}

/// The losses of a training on digits of three classes, of which so many go through at once, and how many of the
/// pictures the device has moved.
fn losses_of_digits(opened: &Opened, form: Form, at_once: usize) -> (Vec<f32>, usize) {
    let (data, recipe) = (Arc::new(Dataset::digits()), augmented());
    let size = InputSize {
        height: 8,
        width: 8,
        channels: 1,
    };
    let indices: Vec<usize> = (0..data.len())
        .filter(|&index| data.images[index].class < 3)
        .take(STEPS / 2 * BATCH)
        .collect();
    let stored = Stored::augmented(size, &recipe.preprocess, &recipe.augment);
    let room = Room::memory(1 << 24);
    let store = PixelStore::load(&data, &indices, &stored, &room, &Progress::default()).unwrap();
    let store = Arc::new(store);
    let mut stepper = Stepper::new(&network(), &recipe, opened);
    stepper.limit_pass(at_once);
    let (mut losses, mut moved) = (Vec::new(), 0);
    for epoch in 1..=2 {
        let draw = Draw {
            seed: 3,
            epoch,
            augment: recipe.augment.clone(),
            normaliser: Normaliser::new(recipe.preprocess.normalise, 1),
            form,
        };
        let order = (0..indices.len()).map(|place| place * 7 % indices.len());
        let batches = Loader::start(store.clone(), order.collect(), BATCH, Arc::new(draw));
        for batch in batches.map(Result::unwrap) {
            if let Pixels::Bytes(planes) = &batch.pixels {
                let unmoved = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
                moved += planes.maps.iter().filter(|map| **map != unmoved).count();
            }
            let step = stepper.step_mixed(batch.pixels, &batch.labels, batch.mix.as_ref());
            losses.push(Pending::read(vec![step])[0].loss);
        }
    }
    (losses, moved)
}

#[test]
fn a_gpu_that_moves_and_normalises_its_images_learns_what_the_cpu_does() {
    let Some(adapter) = adapter() else {
        return;
    };
    let (cpu, _) = losses_of_digits(&open("cpu").unwrap(), Form::Numbers, BATCH);
    let (gpu, moved) = losses_of_digits(&open(&adapter.id).unwrap(), Form::Device, BATCH);
    assert_eq!((cpu.len(), gpu.len()), (STEPS, STEPS));
    // The others are erased, or shrink.
    assert!((30..STEPS * BATCH).contains(&moved), "{moved}");
    for (step, (gpu, cpu)) in gpu.iter().zip(&cpu).enumerate() {
        assert!((gpu - cpu).abs() < 0.02, "step {step}: {gpu} and {cpu}");
    }
    // Other pictures would learn otherwise.
    let apart = gpu.iter().zip(&cpu).map(|(gpu, cpu)| (gpu - cpu).abs());
    assert!(apart.sum::<f32>() / (STEPS as f32) < 0.005);
}

#[test]
fn a_gpu_adds_the_passes_of_a_batch_up_as_the_cpu_does() {
    let Some(adapter) = adapter() else {
        return;
    };
    let (cpu, _) = losses_of_digits(&open("cpu").unwrap(), Form::Numbers, 5);
    let (gpu, _) = losses_of_digits(&open(&adapter.id).unwrap(), Form::Device, 5);
    for (step, (gpu, cpu)) in gpu.iter().zip(&cpu).enumerate() {
        assert!((gpu - cpu).abs() < 0.02, "step {step}: {gpu} and {cpu}");
    }
    let apart = gpu.iter().zip(&cpu).map(|(gpu, cpu)| (gpu - cpu).abs());
    assert!(apart.sum::<f32>() / (STEPS as f32) < 0.005);
}

#[test]
fn a_software_adapter_is_never_chosen_silently() {
    let real = devices().iter().any(|d| d.id != "cpu" && !d.software);
    let auto = open("auto").unwrap();
    assert!(!auto.info.software);
    if real {
        assert_ne!(auto.info.id, "cpu");
    } else {
        assert_eq!(auto.info.id, "cpu");
        let message = open("gpu").unwrap_err().to_string();
        assert!(message.contains("no GPU"), "{message}");
    }
}
