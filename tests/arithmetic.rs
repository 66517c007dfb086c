//! The arithmetic of training equals PyTorch's: losses, optimisers and layers against fixtures made
//! by `tests/reference/training.py` and `tests/reference/layers.py`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "arithmetic/sequences.rs"]
mod sequences;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mapsto::network::{Context, Graph, Loss, Network, check};
use mapsto::project::{Optimizer, Recipe};
use mapsto::training::{NamedTensor, Pending, Stepper, Weights, open};
use safetensors::tensor::{Dtype, SafeTensors};
use serde_json::Value;

/// The tensors and the metadata of a fixture.
struct Fixture {
    path: PathBuf,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    metadata: BTreeMap<String, String>,
}

impl Fixture {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let (_, head) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = head.metadata().clone().unwrap_or_default();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = file.tensors().into_iter().map(|(name, view)| {
            let values = match view.dtype() {
                Dtype::F32 => view
                    .data()
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                    .collect(),
                Dtype::I64 => view
                    .data()
                    .chunks_exact(8)
                    .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32)
                    .collect(),
                other => panic!("{name} is of {other:?}"),
            };
            (name, (view.shape().to_vec(), values))
        });
        Self {
            path: path.to_path_buf(),
            tensors: tensors.collect(),
            metadata: metadata.into_iter().collect(),
        }
    }

    fn values(&self, name: &str) -> &[f32] {
        &self.tensors[name].1
    }

    fn text(&self, key: &str) -> &str {
        self.metadata.get(key).map_or("", String::as_str)
    }

    /// Every parameter that the network starts from.
    fn weights(&self) -> Weights {
        Weights::from_tensors(self.tensors())
    }

    fn tensors(&self) -> Vec<NamedTensor> {
        let others = ["grad.", "after.", "final."];
        let start = self.tensors.iter().filter(|(name, _)| {
            let is_other = others.iter().any(|other| name.starts_with(other));
            name.contains('.') && !is_other
        });
        let tensors = start.map(|(name, (shape, values))| NamedTensor {
            name: name.clone(),
            shape: shape.clone(),
            values: values.clone(),
        });
        tensors.collect()
    }

    fn name(&self) -> String {
        self.path
            .file_stem()
            .unwrap()
            .to_string_lossy()
            .into_owned()
    }
}

fn fixtures(folder: &str) -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(root.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 20, "the fixtures are missing");
    paths.iter().map(|path| Fixture::read(path)).collect()
}

fn network(text: &str, loss: Loss, classes: usize) -> Network {
    let graph = Graph::parse(text).unwrap();
    let context = Context {
        classes: Some(classes),
        loss,
        batch: 4,
    };
    let report = check(&graph, &context);
    let errors: Vec<_> = report.errors().map(|p| p.message.clone()).collect();
    report.network.unwrap_or_else(|| panic!("{errors:?}"))
}

fn stepper(fixture: &Fixture) -> Stepper {
    let loss = Loss::from_name(fixture.text("loss")).unwrap();
    let classes: usize = fixture.text("classes").parse().unwrap();
    let network = network(fixture.text("network"), loss, classes);
    let settings: Value = serde_json::from_str(fixture.text("optimizer")).unwrap();
    let recipe = Recipe {
        learning_rate: settings["learning_rate"].as_f64().unwrap(),
        optimizer: serde_json::from_value::<Optimizer>(settings).unwrap(),
        ..Recipe::default()
    };
    let mut stepper = Stepper::new(&network, &recipe, &open("cpu").unwrap());
    stepper.load(&fixture.weights()).unwrap();
    stepper
}

/// Batch `step` of a fixture.
fn batch(fixture: &Fixture, step: usize) -> (Vec<f32>, Vec<usize>) {
    let (shape, pixels) = &fixture.tensors["pixels"];
    let size: usize = shape[1..].iter().product();
    let labels = fixture.values("labels");
    let images = shape[1];
    (
        pixels[step * size..(step + 1) * size].to_vec(),
        labels[step * images..(step + 1) * images]
            .iter()
            .map(|label| *label as usize)
            .collect(),
    )
}

fn distance(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn gradients_equal_pytorchs_within_1e_5() {
    for fixture in fixtures("training") {
        let (pixels, labels) = batch(&fixture, 0);
        let gradients = stepper(&fixture).gradients(pixels, &labels);
        let named = fixture.tensors.keys().filter(|k| k.starts_with("grad."));
        assert_eq!(gradients.len(), named.count(), "{}", fixture.name());
        for gradient in gradients {
            let theirs = fixture.values(&format!("grad.{}", gradient.name));
            let apart = distance(&gradient.values, theirs);
            assert!(
                apart < 1e-5,
                "{} {}: {apart}",
                fixture.name(),
                gradient.name
            );
        }
    }
}

#[test]
fn losses_over_20_steps_equal_pytorchs_within_1e_3() {
    for fixture in fixtures("training") {
        let mut stepper = stepper(&fixture);
        for (step, theirs) in fixture.values("losses").iter().enumerate() {
            let (pixels, labels) = batch(&fixture, step);
            let figures = Pending::read(vec![stepper.step(pixels, &labels)]);
            let apart = (figures[0].loss - theirs).abs();
            assert!(apart < 1e-3, "{} step {step}: {apart}", fixture.name());
        }
    }
}

/// A network of these layers. A dense layer of ones on the diagonal follows, which changes nothing, because
/// `check` takes no network without weights or with maps at its end. `units` numbers come out.
fn layer_stepper(text: &str, units: usize, mut weights: Vec<NamedTensor>) -> Stepper {
    let text = format!(
        "{text}\n[[layers]]\nkind = \"flatten\"\n[[layers]]\nkind = \"dense\"\nunits = {units}\n\
         activation = \"linear\"\n"
    );
    let network = network(&text, Loss::MeanSquaredError, units);
    let last = network.layers().last().unwrap().name().to_owned();
    let mut identity = vec![0.0; units * units];
    identity
        .iter_mut()
        .step_by(units + 1)
        .for_each(|w| *w = 1.0);
    weights.push(tensor(
        format!("{last}.weight"),
        vec![units, units],
        identity,
    ));
    weights.push(tensor(
        format!("{last}.bias"),
        vec![units],
        vec![0.0; units],
    ));
    let mut stepper = Stepper::new(&network, &Recipe::default(), &open("cpu").unwrap());
    stepper.load(&Weights::from_tensors(weights)).unwrap();
    stepper
}

fn tensor(name: String, shape: Vec<usize>, values: Vec<f32>) -> NamedTensor {
    NamedTensor {
        name,
        shape,
        values,
    }
}

#[test]
fn each_layer_equals_pytorchs_forward_and_backward() {
    for fixture in fixtures("layers") {
        let units = fixture.tensors["output"].0[1..].iter().product();
        let mut stepper = layer_stepper(fixture.text("network"), units, fixture.tensors());
        let (shape, input) = &fixture.tensors["input"];
        let (images, name) = (shape[0], fixture.name());
        if fixture.text("mode") == "evaluation" {
            let outputs = stepper.inference(&[]).outputs(input.clone(), images);
            let apart = distance(&outputs, fixture.values("output"));
            assert!(apart < 1e-5, "{name}: {apart}");
            continue;
        }
        let upstream = fixture.values("upstream").to_vec();
        let (outputs, gradients) = stepper.backward(input.clone(), images, upstream);
        let apart = distance(&outputs, fixture.values("output"));
        assert!(apart < 1e-5, "{name}: {apart}");
        let mut seen = 0;
        for gradient in gradients {
            // The added layer's own weights are not in the fixture.
            let Some((_, theirs)) = fixture.tensors.get(&format!("grad.{}", gradient.name)) else {
                continue;
            };
            let apart = distance(&gradient.values, theirs);
            assert!(apart < 1e-4, "{name} {}: {apart}", gradient.name);
            seen += 1;
        }
        let theirs = fixture.tensors.keys().filter(|n| n.starts_with("grad."));
        assert_eq!(seen, theirs.count(), "{name}");
        let after = fixture
            .tensors
            .iter()
            .filter(|(n, _)| n.starts_with("after."));
        let now = stepper.tensors();
        for (key, (_, theirs)) in after {
            let ours = now.iter().find(|t| format!("after.{}", t.name) == *key);
            assert!(
                distance(&ours.unwrap().values, theirs) < 1e-5,
                "{name} {key}"
            );
        }
    }
}
