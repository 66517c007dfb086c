//! Networks in: an ONNX file opens as a graph with its weights and computes what ONNX Runtime computes; what
//! mapsto has no layer for is told by name; no bytes bring it down. The files are made by
//! `tests/reference/import.py`, which also tells how to compare torchvision's networks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "import/hostile.rs"]
mod hostile;
#[path = "import/wire.rs"]
mod wire;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mapsto::import::{ImportError, Imported, from_bytes, onnx};
use mapsto::network::{Activation, Context, Head, Kind, Network, Shape, check};
use mapsto::project::{Recipe, load};
use mapsto::training::{NamedTensor, Stepper, Weights, open};

fn fixtures() -> PathBuf {
    // The program that is run has a folder of its own.
    std::env::current_dir().unwrap().join("tests/fixtures/onnx")
}

fn fixture(name: &str) -> PathBuf {
    fixtures().join(format!("{name}.onnx"))
}

fn checked(imported: &Imported, classes: usize) -> (Network, Recipe) {
    let recipe = Recipe {
        loss: imported.loss(),
        ..Recipe::default()
    };
    let context = Context {
        classes: Some(classes),
        loss: recipe.loss,
        batch: 2,
    };
    let report = check(&imported.graph, &context);
    let problems: Vec<&str> = report.errors().map(|it| it.message.as_str()).collect();
    assert!(problems.is_empty(), "{problems:?}");
    (report.network.unwrap(), recipe)
}

fn softmax(row: &[f32]) -> Vec<f32> {
    let most = row.iter().copied().fold(f32::MIN, f32::max);
    let powers: Vec<f32> = row.iter().map(|it| (it - most).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|it| it / sum).collect()
}

/// The greatest difference from what ONNX Runtime computes, as probabilities where the network ends with them.
fn difference(path: &Path) -> f32 {
    let text = std::fs::read_to_string(path.with_extension("json")).unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let numbers = |key: &str| -> Vec<f32> {
        let list = told[key].as_array().unwrap().iter();
        list.map(|it| it.as_f64().unwrap() as f32).collect()
    };
    let (images, wanted) = (numbers("input"), numbers("output"));
    let classes = wanted.len() / 2;
    let imported = onnx(path).unwrap();
    let (network, recipe) = checked(&imported, classes);
    let opened = open("cpu").unwrap();
    let mut stepper = Stepper::new(&network, &recipe, &opened);
    // Strict: every tensor of the network has to be there.
    stepper
        .load(&Weights::from_tensors(imported.weights.clone()))
        .unwrap();
    let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
    let found = stepper.inference(&names).outputs(images, 2);
    let logits = imported.graph.nodes().last().unwrap().layer.activation() != Activation::Softmax
        && network.head() == Head::Softmax;
    let wanted: Vec<f32> = if logits {
        wanted.chunks(classes).flat_map(softmax).collect()
    } else {
        wanted
    };
    assert_eq!(found.len(), wanted.len());
    let each = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
    each.fold(0.0, f32::max)
}

#[test]
fn an_opened_network_computes_what_onnx_runtime_computes() {
    let mut folders = vec![fixtures()];
    folders.extend(std::env::var_os("MAPSTO_ONNX").map(PathBuf::from));
    let mut compared = 0;
    for folder in folders {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            if path.extension().is_none_or(|it| it != "onnx")
                || !path.with_extension("json").exists()
            {
                continue;
            }
            let difference = difference(&path);
            println!("{}: {difference:e}", path.display());
            assert!(difference <= 1e-4, "{}: {difference}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 7, "the fixtures have moved");
}

#[test]
fn layers_are_those_that_a_person_would_have_drawn() {
    let imported = onnx(&fixture("plain-opset-11")).unwrap();
    let kinds: Vec<Kind> = imported
        .graph
        .nodes()
        .iter()
        .map(|it| it.layer.kind())
        .collect();
    let wanted = [
        Kind::Input,
        Kind::Conv2d,
        Kind::MaxPool,
        Kind::Conv2d,
        Kind::Flatten,
        Kind::Dense,
        Kind::Dense,
    ];
    assert_eq!(kinds, wanted);
    let activations: Vec<Activation> = imported
        .graph
        .nodes()
        .iter()
        .map(|it| it.layer.activation())
        .collect();
    assert_eq!(activations[1], Activation::Relu);
    assert_eq!(activations[3], Activation::LeakyRelu);
    assert_eq!(activations[5], Activation::Tanh);
    assert_eq!(imported.graph.nodes()[1].layer.choice("padding"), "same");
    let (network, _) = checked(&imported, 3);
    let input = Shape::Maps {
        height: 16,
        width: 16,
        channels: 1,
    };
    assert_eq!(network.input(), input);
    let names: Vec<&str> = imported.weights.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"conv2d_2.weight") && names.contains(&"dense_2.bias"));
}

#[test]
fn unknown_operators_are_told_all_at_once_with_their_places() {
    let path = fixture("unknown");
    let error = onnx(&path).unwrap_err();
    let ImportError::Unknown { operators, .. } = &error else {
        panic!("{error}");
    };
    let told: Vec<(&str, usize)> = operators
        .iter()
        .map(|it| (it.operator.as_str(), it.nodes.len()))
        .collect();
    assert_eq!(told, [("Det", 1), ("GridSample", 2)]);
    let text = error.to_string();
    for part in [
        "GridSample (2 times: “gridsample_2”, “gridsample_3”)",
        "“det_4”",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn weights_outside_the_folder_are_not_read() {
    let path = fixture("outside");
    let bytes = std::fs::read(&path).unwrap();
    let name = b"outside.onnx.data";
    for other in [b"../tside.onnx.dat", b"/etc/outside.data"] {
        let mut turned = bytes.clone();
        for at in 0..turned.len() - name.len() {
            if &turned[at..at + name.len()] == name {
                turned[at..at + name.len()].copy_from_slice(other);
            }
        }
        let error = from_bytes(&turned, &path).unwrap_err().to_string();
        assert!(error.contains("does not look"), "{error}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let error = from_bytes(&bytes, &elsewhere.path().join("outside.onnx"));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("beside the network"), "{error}");
}

#[test]
fn no_bytes_bring_the_reader_down() {
    let path = fixture("gated");
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(37) {
        assert!(from_bytes(&whole[..length], &path).is_err() || length > whole.len() / 2);
    }
    let mut seed = 7_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed as usize
    };
    for _ in 0..1000 {
        let mut bytes = whole.clone();
        for _ in 0..4 {
            let at = random() % bytes.len();
            bytes[at] = random() as u8;
        }
        drop(from_bytes(&bytes, &path));
        let noise: Vec<u8> = (0..random() % 200).map(|_| random() as u8).collect();
        drop(from_bytes(&noise, &path));
    }
    let error = from_bytes(b"not a network", Path::new("some.onnx")).unwrap_err();
    assert!(error.to_string().starts_with("some.onnx "), "{error}");
    assert!(onnx(Path::new("no/such.onnx")).is_err());
}

struct World(tempfile::TempDir);

impl World {
    fn mapsto(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_mapsto"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("MAPSTO_HOME", self.0.path().join("home"))
            .output()
            .unwrap()
    }

    fn train(&self) -> Output {
        let step = ["--epochs", "1", "--lr", "1e-30", "--optimizer", "sgd"];
        let mut arguments = vec![
            "train",
            "digits",
            "--network",
            "plain.mapsto",
            "--device",
            "cpu",
        ];
        arguments.extend(step);
        arguments.extend(["--batch", "512", "--json"]);
        self.mapsto(&arguments)
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn tensor(path: &Path, name: &str) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    file.tensor(name).unwrap().data().to_vec()
}

#[test]
fn a_project_made_of_a_file_trains_from_its_weights() {
    let world = World(tempfile::tempdir().unwrap());
    let file = fixture("plain");
    let made = world.mapsto(&["import", file.to_str().unwrap()]);
    assert!(made.status.success(), "{}", told(&made));
    assert!(
        told(&made).contains("6 layers, 1,065 parameters"),
        "{}",
        told(&made)
    );
    let folder = world.0.path();
    let project = load(&folder.join("plain.mapsto")).unwrap();
    assert_eq!(
        project.recipe.start.as_deref(),
        Some(Path::new("plain.weights.safetensors"))
    );
    // Nothing is written over.
    let again = world.mapsto(&["import", file.to_str().unwrap()]);
    assert!(!again.status.success() && told(&again).contains("is there already"));

    let trained = world.train();
    assert!(trained.status.success(), "{}", told(&trained));
    // Ten digits in place of three classes: the last layer is drawn.
    let note = "Started from plain.weights.safetensors: 6 of 8 tensors";
    assert!(told(&trained).contains(note), "{}", told(&trained));
    assert!(
        told(&trained).contains("dense_2.weight"),
        "{}",
        told(&trained)
    );
    let runs = std::fs::read_dir(folder.join("runs")).unwrap();
    let run = runs
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    for name in ["conv2d_1.weight", "conv2d_2.bias", "dense_1.weight"] {
        let start = tensor(&folder.join("plain.weights.safetensors"), name);
        // A step of 1e-30 leaves them as they were.
        assert_eq!(
            tensor(&run.join("weights.safetensors"), name),
            start,
            "{name}"
        );
        assert_eq!(
            tensor(&run.join("start.safetensors"), name),
            start,
            "{name}"
        );
    }
    let recipe = std::fs::read_to_string(run.join("recipe.toml")).unwrap();
    assert!(recipe.contains("start = \"start.safetensors\""), "{recipe}");

    std::fs::remove_file(folder.join("plain.weights.safetensors")).unwrap();
    let missing = world.train();
    assert!(!missing.status.success());
    assert!(
        told(&missing).contains("plain.weights.safetensors is not there"),
        "{}",
        told(&missing)
    );
}

#[test]
fn a_project_file_starts_from_files_beside_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mapsto");
    for start in ["/etc/passwd", "../other.safetensors"] {
        let text = format!(
            "format = 1\n[recipe]\nstart = \"{start}\"\n[[network.layers]]\nkind = \"input\"\n"
        );
        std::fs::write(&path, text).unwrap();
        let error = load(&path).unwrap_err().to_string();
        assert!(error.contains("beside this one"), "{error}");
    }
}

#[test]
fn what_fits_by_name_and_shape_is_taken_and_the_rest_is_drawn() {
    let imported = onnx(&fixture("plain")).unwrap();
    let (network, recipe) = checked(&imported, 3);
    let opened = open("cpu").unwrap();
    let mut weights = imported.weights.clone();
    weights.retain(|tensor| tensor.name != "conv2d_1.bias");
    weights.push(NamedTensor {
        name: "dense_9.weight".into(),
        shape: vec![1],
        values: vec![1.0],
    });
    let mut stepper = Stepper::new(&network, &recipe, &opened);
    let drawn = stepper.tensors();
    let taken = stepper
        .start_from(&Weights::from_tensors(weights.clone()))
        .unwrap();
    assert_eq!(taken.taken, 7);
    assert_eq!(taken.drawn, ["conv2d_1.bias"]);
    assert_eq!(taken.unused, ["dense_9.weight"]);
    for tensor in stepper.tensors() {
        let from = if tensor.name == "conv2d_1.bias" {
            &drawn
        } else {
            &weights
        };
        assert!(from.contains(&tensor), "{}", tensor.name);
    }
}
