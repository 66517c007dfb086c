//! The arithmetic of training equals PyTorch's: losses, optimisers and layers against fixtures made
//! by `tests/reference/training.py` and `tests/reference/layers.py`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "arithmetic/accumulation.rs"]
mod accumulation;
#[path = "arithmetic/any_network.rs"]
mod any_network;
#[path = "arithmetic/balance.rs"]
mod balance;
#[path = "arithmetic/random.rs"]
mod random;
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

/// Names folders of further fixtures for the layers, made by `layers.py` from cases that are not kept here.
const MORE: &str = "MAPSTO_LAYER_FIXTURES";

fn fixtures(folder: &str) -> Vec<Fixture> {
    let root = Path::new("tests/fixtures");
    let fixtures = fixtures_in(&root.join(folder));
    assert!(fixtures.len() >= 20, "the fixtures are missing");
    fixtures
}

fn fixtures_in(folder: &Path) -> Vec<Fixture> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .collect();
    paths.sort();
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

#[test]
fn weights_to_start_from_keep_the_weight_decay_that_a_layer_has_of_its_own() {
    let decaying = fixtures("training")
        .into_iter()
        .filter(|fixture| fixture.name().starts_with("layer-decay"));
    let mut seen = 0;
    for fixture in decaying {
        let mut loaded = stepper(&fixture);
        let mut started = stepper(&fixture);
        started.start_from(&fixture.weights()).unwrap();
        for step in 0..5 {
            let (pixels, labels) = batch(&fixture, step);
            loaded.step(pixels.clone(), &labels);
            started.step(pixels, &labels);
        }
        assert!(loaded.tensors() == started.tensors(), "{}", fixture.name());
        seen += 1;
    }
    assert_eq!(seen, 4);
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

/// How far apart, as a part of the greatest of PyTorch's numbers where that is above 1.
fn apart(ours: &[f32], theirs: &[f32]) -> f32 {
    let greatest = theirs.iter().fold(1.0_f32, |most, it| most.max(it.abs()));
    distance(ours, theirs) / greatest
}

/// What of a layer is not as in PyTorch, and the greatest difference of what is.
fn layer_faults(fixture: &Fixture) -> (Vec<String>, f32) {
    let units = fixture.tensors["output"].0[1..].iter().product();
    let mut stepper = layer_stepper(fixture.text("network"), units, fixture.tensors());
    let (shape, input) = &fixture.tensors["input"];
    let images = shape[0];
    let (mut faults, mut greatest) = (Vec::new(), 0.0_f32);
    let mut compare = |name: &str, ours: &[f32], theirs: &[f32], allowed: f32| {
        let apart = apart(ours, theirs);
        greatest = greatest.max(apart);
        if apart.is_nan() || apart >= allowed {
            faults.push(format!("{} {name}: {apart}", fixture.name()));
        }
    };
    if fixture.text("mode") == "evaluation" {
        let outputs = stepper.inference(&[]).outputs(input.clone(), images);
        compare("output", &outputs, fixture.values("output"), 1e-5);
        return (faults, greatest);
    }
    let upstream = fixture.values("upstream").to_vec();
    let (outputs, gradients) = stepper.backward(input.clone(), images, upstream);
    compare("output", &outputs, fixture.values("output"), 1e-5);
    for (key, (_, theirs)) in &fixture.tensors {
        if let Some(name) = key.strip_prefix("grad.") {
            let ours = gradients.iter().find(|it| it.name == name).unwrap();
            compare(key, &ours.values, theirs, 1e-4);
        }
        if let Some(name) = key.strip_prefix("after.") {
            let now = stepper.tensors();
            let ours = now.iter().find(|it| it.name == name).unwrap();
            compare(key, &ours.values, theirs, 1e-5);
        }
    }
    (faults, greatest)
}

#[test]
fn each_layer_equals_pytorchs_forward_and_backward() {
    let mut all = fixtures("layers");
    if let Some(more) = std::env::var_os(MORE) {
        all.extend(std::env::split_paths(&more).flat_map(|folder| fixtures_in(&folder)));
    }
    let mut faults = Vec::new();
    let mut greatest: BTreeMap<String, f32> = BTreeMap::new();
    for fixture in &all {
        let (found, apart) = layer_faults(fixture);
        faults.extend(found);
        let name = fixture.name();
        let group = name.split('-').next().unwrap_or(&name).to_owned();
        let most = greatest.entry(group).or_default();
        *most = most.max(apart);
    }
    println!("{} layers; greatest differences: {greatest:?}", all.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_join_takes_the_same_output_as_often_as_it_is_wired() {
    let input = "[[layers]]\nkind = \"input\"\nheight = 1\nwidth = 3\nchannels = 1\n";
    let values = vec![-1.0, 0.5, 2.0];
    for (kind, units, wanted, slope) in [
        ("add", 3, vec![-2.0, 1.0, 4.0], vec![2.0, 2.0, 2.0]),
        ("multiply", 3, vec![1.0, 0.25, 4.0], vec![-2.0, 1.0, 4.0]),
        (
            "concatenate",
            6,
            [values.clone(), values.clone()].concat(),
            vec![2.0; 3],
        ),
    ] {
        let text =
            format!("{input}[[layers]]\nkind = \"{kind}\"\ninputs = [\"input\", \"input\"]\n");
        let mut stepper = layer_stepper(&text, units, Vec::new());
        let (outputs, gradients) = stepper.backward(values.clone(), 1, vec![1.0; units]);
        assert_eq!(outputs, wanted, "{kind}");
        let by_input = gradients.iter().find(|it| it.name == "input").unwrap();
        assert_eq!(by_input.values, slope, "{kind}");
        let used = stepper.inference(&[]).outputs(values.clone(), 1);
        assert_eq!(used, wanted, "{kind}");
    }
}
