//! Previews of a network that is not trained yet: they come by themselves, show what a training would begin
//! with, and change no training.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "preview/prepared.rs"]
mod prepared;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use image::DynamicImage;
use mapsto::dataset::{Dataset, Preprocess, Splits};
use mapsto::network::{Builder, Context, Edit, Editor, Graph, Kind, Layer, Loss, Value, check};
use mapsto::project::Recipe;
use mapsto::training::{
    FeatureMaps, Job, NamedTensor, Phase, Preview, Session, Stepper, Weights, feature_maps, open,
    prepare, write_weights,
};

const SEED: u64 = 7;

fn context() -> Context {
    Context {
        classes: Some(10),
        loss: Loss::CrossEntropy,
        batch: 32,
    }
}

/// Repeats, a skip, dropout and batch norm.
fn graph() -> Graph {
    let mut b = Builder::new(Layer::new(Kind::Input));
    let conv = |filters: u64| {
        Layer::new(Kind::Conv2d)
            .with("filters", filters)
            .with("padding", "same")
    };
    b.then(conv(4).with("stride", [2, 2]));
    let before = b.here();
    b.block("Pair", 2, |b| {
        let skip = b.here();
        b.then(conv(4));
        let norm = b.then(Layer::new(Kind::BatchNorm));
        b.join(Kind::Add, &[norm, skip]);
    });
    let after = b.here();
    b.join(Kind::Add, &[after, before]);
    b.then(Layer::new(Kind::Flatten));
    b.then(Layer::new(Kind::Dropout));
    b.then(
        Layer::new(Kind::Dense)
            .with("units", 10_u64)
            .with("activation", "softmax"),
    );
    b.graph()
}

fn digit() -> Arc<DynamicImage> {
    Arc::new(Dataset::digits().read(7).unwrap())
}

fn session() -> Session {
    let session = Session::start(|| {}).unwrap();
    session.pin(Some(digit()));
    session
}

fn preview(graph: &Graph) -> Preview {
    Preview {
        network: check(graph, &context()).sound.unwrap(),
        seed: SEED,
        start: None,
        preprocess: Preprocess::default(),
        images: None,
    }
}

fn wait<T>(what: &str, found: impl Fn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The maps of this network, once they are whole.
fn maps(session: &Session, wanted: &Preview) -> Arc<FeatureMaps> {
    wait("preview", || {
        let layers = wanted.network.layers();
        session.preview_maps().filter(|maps| {
            let pairs = maps.layers.iter().zip(layers);
            let fits =
                |(maps, layer): (&mapsto::training::LayerMaps, &mapsto::network::CheckedLayer)| {
                    maps.name == layer.name()
                        && maps.shape.iter().product::<usize>() == layer.output().elements()
                };
            maps.layers.len() == layers.len()
                && pairs.into_iter().all(fits)
                && maps.probabilities.is_empty() == wanted.network.head().is_none()
        })
    })
}

/// What a training with this seed would begin with makes of the digit.
fn expected(graph: &Graph) -> FeatureMaps {
    started(graph, None)
}

/// As [`expected`], of a training that starts from weights.
fn started(graph: &Graph, weights: Option<&Path>) -> FeatureMaps {
    let network = check(graph, &context()).network.unwrap();
    let recipe = Recipe {
        seed: SEED,
        ..Recipe::default()
    };
    let mut stepper = Stepper::new(&network, &recipe, &open("cpu").unwrap());
    if let Some(path) = weights {
        stepper.start_from(&Weights::read(path).unwrap()).unwrap();
    }
    let classes: Vec<String> = (0..10).map(|class| class.to_string()).collect();
    let pixels = prepare(&digit(), &network, &Preprocess::default());
    feature_maps(&stepper.inference(&classes), pixels, 0)
}

fn assert_same(found: &FeatureMaps, expected: &FeatureMaps) {
    assert_eq!(found.layers.len(), expected.layers.len());
    for (found, expected) in found.layers.iter().zip(&expected.layers) {
        assert_eq!(found.name, expected.name);
        assert_eq!(found.shape, expected.shape, "{}", found.name);
        assert!(found.values == expected.values, "{} differs", found.name);
    }
    assert_eq!(found.probabilities, expected.probabilities);
}

#[test]
fn a_preview_shows_what_a_training_would_begin_with() {
    let session = session();
    let wanted = preview(&graph());
    session.preview(Some(wanted.clone()));
    let maps = maps(&session, &wanted);
    assert_same(&maps, &expected(&graph()));
    assert!(maps.layers.iter().any(|layer| layer.name == "conv2d_2.2"));
    assert_eq!(session.status().phase, Phase::Idle);
}

#[test]
fn after_edits_it_is_as_if_drawn_anew_and_the_newest_wins() {
    let session = session();
    let mut editor = Editor::new(graph());
    session.preview(Some(preview(editor.graph())));
    // Late layers and early ones, all asked for at once.
    for (place, name, value) in [
        (8, "initialiser", Value::Choice("he_normal".to_owned())),
        (1, "kernel", Value::Pair([5, 5])),
        (7, "rate", Value::Real(0.4)),
        (2, "kernel", Value::Pair([1, 1])),
        (8, "initialiser", Value::Choice("glorot_uniform".to_owned())),
    ] {
        let edit = Edit::Set {
            id: editor.graph().nodes()[place].id,
            name: name.to_owned(),
            value,
        };
        editor.apply(edit).unwrap();
        session.preview(Some(preview(editor.graph())));
    }
    let expected = expected(editor.graph());
    let wanted = preview(editor.graph());
    let shown = wait("the newest preview", || {
        let maps = maps(&session, &wanted);
        (maps.probabilities == expected.probabilities).then_some(maps)
    });
    assert_same(&shown, &expected);
    // Nothing older comes after it.
    std::thread::sleep(Duration::from_millis(100));
    assert_same(&maps(&session, &wanted), &expected);
}

/// Weights for some of the layers: of one a tensor is missing, of another it has a shape of its own.
fn write_some(path: &Path, factor: f32) {
    let network = check(&graph(), &context()).network.unwrap();
    let recipe = Recipe {
        seed: SEED + 1,
        ..Recipe::default()
    };
    let stepper = Stepper::new(&network, &recipe, &open("cpu").unwrap());
    let mut tensors: Vec<NamedTensor> = stepper.tensors();
    tensors.retain(|tensor| tensor.name != "conv2d_2.1.bias");
    for tensor in &mut tensors {
        let values = tensor.values.iter_mut();
        values.for_each(|value| *value = *value * factor + 0.01);
        if tensor.name == "dense_1.bias" {
            tensor.shape = vec![2, 5];
        }
    }
    write_weights(path, &tensors).unwrap();
}

#[test]
fn a_preview_starts_from_the_weights_that_a_training_would_start_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("start.safetensors");
    write_some(&path, 0.5);
    let session = session();
    let mut wanted = preview(&graph());
    session.preview(Some(wanted.clone()));
    assert_same(&maps(&session, &wanted), &expected(&graph()));

    wanted.start = Some(path.clone());
    let shows = |wanted: &Preview, expected: &FeatureMaps| {
        session.preview(Some(wanted.clone()));
        let found = wait("the start weights", || {
            let found = session.preview_maps()?;
            (found.probabilities == expected.probabilities).then_some(found)
        });
        assert_same(&found, expected);
    };
    let of_file = started(&graph(), Some(&path));
    assert_ne!(of_file.probabilities, expected(&graph()).probabilities);
    shows(&wanted, &of_file);
    assert_eq!(session.preview_note(), None);

    // A layer before it: the second convolution is the third now, and so are its weights.
    let mut editor = Editor::new(graph());
    let same = Layer::new(Kind::Conv2d)
        .with("filters", 1_u64)
        .with("kernel", [1, 1]);
    editor.apply(Edit::Insert { at: 1, layer: same }).unwrap();
    wanted.network = preview(editor.graph()).network;
    shows(&wanted, &started(editor.graph(), Some(&path)));

    // Another name: nothing in the file is for it.
    let text = graph().to_text().replace("\"conv2d_1\"", "\"other\"");
    let renamed = Graph::parse(&text).unwrap();
    wanted.network = preview(&graph()).network;
    shows(&wanted, &of_file);
    wanted.network = preview(&renamed).network;
    shows(&wanted, &started(&renamed, Some(&path)));

    // Other weights in the same file.
    std::thread::sleep(Duration::from_millis(20));
    write_some(&path, 2.0);
    wanted.network = preview(&graph()).network;
    shows(&wanted, &started(&graph(), Some(&path)));
    wanted.start = None;
    shows(&wanted, &expected(&graph()));
}

#[test]
fn weights_that_cannot_be_read_are_told_beside_the_preview() {
    let folder = tempfile::tempdir().unwrap();
    let damaged = folder.path().join("damaged.safetensors");
    std::fs::write(&damaged, [255; 40]).unwrap();
    for path in [damaged, folder.path().join("gone.safetensors")] {
        let session = session();
        let mut wanted = preview(&graph());
        wanted.start = Some(path.clone());
        session.preview(Some(wanted.clone()));
        assert_same(&maps(&session, &wanted), &expected(&graph()));
        let note = wait("a note", || session.preview_note());
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(note.contains(&*name), "{note}");
    }
}

#[test]
fn another_image_and_none_are_followed() {
    let session = session();
    let wanted = preview(&graph());
    session.preview(Some(wanted.clone()));
    let first = maps(&session, &wanted);
    session.pin(Some(Arc::new(Dataset::digits().read(30).unwrap())));
    wait("maps of another image", || {
        let maps = session.preview_maps()?;
        (maps.layers[0].values != first.layers[0].values).then_some(())
    });
    session.pin(None);
    wait("no maps", || session.preview_maps().is_none().then_some(()));
}

#[test]
fn a_broken_network_shows_its_sound_part() {
    let mut editor = Editor::new(graph());
    let last = editor.graph().nodes().last().unwrap().id;
    let edit = Edit::Set {
        id: last,
        name: "units".to_owned(),
        value: Value::Int(0),
    };
    editor.apply(edit).unwrap();
    let report = check(editor.graph(), &context());
    assert!(report.network.is_none());
    let session = session();
    let wanted = preview(editor.graph());
    session.preview(Some(wanted.clone()));
    let maps = maps(&session, &wanted);
    let whole = expected(&graph());
    assert_eq!(maps.layers.len(), whole.layers.len() - 1);
    assert!(maps.layers[3].values == whole.layers[3].values);
    assert!(maps.probabilities.is_empty());
}

#[test]
fn what_would_take_too_long_is_said_and_not_done() {
    let input = Layer::new(Kind::Input)
        .with("height", 256_u64)
        .with("width", 256_u64);
    let dense = |units: u64| Layer::new(Kind::Dense).with("units", units);
    let layers = [Layer::new(Kind::Flatten), dense(10_000), dense(10)];
    let graph = Graph::chain(input, layers);
    let session = session();
    let start = Instant::now();
    session.preview(Some(preview(&graph)));
    let note = wait("a note", || session.preview_note());
    assert!(note.contains("dense_1"), "{note}");
    assert!(start.elapsed() < Duration::from_secs(5));
    let names: Vec<String> = wait("the part before", || session.preview_maps())
        .layers
        .iter()
        .map(|layer| layer.name.clone())
        .collect();
    assert_eq!(names, ["flatten_1"]);
}

/// The files of a run, with or without previews of other networks while it trains.
fn run(runs: &Path, previews: bool) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let session = session();
    let data = Arc::new(Dataset::digits());
    let splits = Splits {
        train: (0..data.len()).step_by(7).collect(),
        validation: (3..data.len()).step_by(70).collect(),
        ..Splits::default()
    };
    let recipe = Recipe {
        epochs: 2,
        batch: 32,
        device: "cpu".to_owned(),
        ..Recipe::default()
    };
    session.train(Job {
        network: check(&graph(), &context()).network.unwrap(),
        graph: graph(),
        title: "small".to_owned(),
        data,
        test: None,
        splits,
        recipe,
        runs_dir: runs.to_path_buf(),
    });
    let mut version = 0;
    let mut shown = 0;
    let start = Instant::now();
    let status = loop {
        let status = session.status();
        if !status.phase.is_active() {
            break status;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{status:?}");
        if previews {
            let mut editor = Editor::new(graph());
            let id = editor.graph().nodes()[1].id;
            let edit = Edit::Set {
                id,
                name: "kernel".to_owned(),
                value: Value::Pair([1 + shown % 5; 2]),
            };
            editor.apply(edit).unwrap();
            session.preview(Some(preview(editor.graph())));
            let new = session.preview_maps().map_or(0, |maps| maps.version);
            shown += u64::from(new != version);
            version = new;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert_eq!(status.phase, Phase::Finished, "{status:?}");
    assert_eq!(shown > 1, previews, "{shown} previews came while training");
    let read = |name: &str| std::fs::read(status.run.as_ref().unwrap().join(name)).unwrap();
    (
        read("steps.csv"),
        read("epochs.csv"),
        read("weights.safetensors"),
    )
}

#[test]
fn previews_change_no_training() {
    let folder = tempfile::tempdir().unwrap();
    let plain = run(folder.path(), false);
    let looked_at = run(folder.path(), true);
    assert!(plain == looked_at, "a preview changed the training");
}
