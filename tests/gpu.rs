//! The GPU path, on Mesa's software adapter where there is no GPU: the same numbers as on the CPU.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapsto::network::{Context, Graph, Loss, Network, check};
use mapsto::project::Recipe;
use mapsto::training::{Opened, Pending, Stepper, devices, open};

/// Small, with a convolution, batch norm and Adam: on a software adapter every kernel is slow to
/// compile.
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

#[test]
fn twenty_steps_on_a_gpu_adapter_equal_the_cpus() {
    let adapter = devices().into_iter().find(|device| device.id != "cpu");
    let Some(adapter) = adapter else {
        assert!(
            std::env::var_os("MAPSTO_REQUIRE_GPU").is_none(),
            "there is no GPU adapter, not even a software one; install mesa-vulkan-drivers"
        );
        eprintln!("SKIPPED, LOUDLY: this machine has no GPU adapter, not even a software one");
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
        assert!((gpu - cpu).abs() < 1e-3, "step {step}: {gpu} and {cpu}");
    }
    assert!(
        gpu[STEPS - 1] < 0.7 * gpu[0],
        "the loss fell too little: {gpu:?}"
    );
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
