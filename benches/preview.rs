//! How soon the maps of a drawn network follow an edit: from the request to the new maps, each layer of each
//! reference system edited in turn, on the CPU.
//!
//!     cargo bench --bench preview
//!
//! The promise: within 200 ms.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mapsto::dataset::{Dataset, Preprocess};
use mapsto::network::{
    Builder, Context, Edit, Editor, Graph, Kind, Layer, LayerId, Value, check, template,
};
use mapsto::training::{FeatureMaps, Preview, Session};

const SYSTEMS: [&str; 5] = [
    "digits-cnn",
    "photo-binary",
    "plain-mlp",
    "dropout-mlp",
    "colour-cnn",
];
const BUDGET_MS: f64 = 200.0;
const ROUNDS: usize = 5;

fn main() {
    for name in SYSTEMS {
        bench(name);
    }
    large("vgg-16", &vgg());
}

fn session() -> Session {
    let session = Session::start(|| {}).expect("a thread");
    let image = Dataset::digits().read(5).expect("a digit");
    session.pin(Some(Arc::new(image)));
    session
}

fn preview(graph: &Graph, name: &str) -> Preview {
    let context = Context {
        classes: Some(if name == "photo-binary" { 2 } else { 10 }),
        loss: template(name).expect("a template").loss,
        batch: 32,
    };
    Preview {
        network: check(graph, &context).sound.expect("a network"),
        seed: 42,
        start: None,
        preprocess: Preprocess::default(),
        images: None,
    }
}

fn bench(name: &str) {
    let session = session();
    let classes = if name == "photo-binary" { 2 } else { 10 };
    let graph = template(name).expect("a template").graph(Some(classes));
    let first = ask(&session, preview(&graph, name));
    let mut times = Vec::new();
    let mut slowest = (0.0, String::new());
    for node in graph.nodes().iter().skip(1) {
        for round in 0..ROUNDS {
            let mut editor = Editor::new(graph.clone());
            let edit = change(&graph, node.id, node.layer.kind(), round as u64);
            editor.apply(edit).expect("an edit that can be made");
            ask(&session, preview(&graph, name));
            let took = ask(&session, preview(editor.graph(), name));
            if took > slowest.0 {
                slowest = (took, graph.name_of(node.id));
            }
            times.push(took);
        }
    }
    times.sort_by(f64::total_cmp);
    let verdict = if slowest.0 <= BUDGET_MS {
        "kept"
    } else {
        "BROKEN"
    };
    println!(
        "{name:<14} first {first:>6.1} ms; {} edits: median {:>6.1} ms, max {:>6.1} ms (of {}); \
         promise ≤ {BUDGET_MS} ms: {verdict}",
        times.len(),
        times[times.len() / 2],
        slowest.0,
        slowest.1
    );
}

/// Something that changes what the layer, or all after it, computes.
fn change(graph: &Graph, id: LayerId, kind: Kind, round: u64) -> Edit {
    let set = |name: &str, value: Value| Edit::Set {
        id,
        name: name.to_owned(),
        value,
    };
    let output = graph.nodes().last().map(|node| node.id) == Some(id);
    match kind {
        Kind::Conv2d => set("filters", Value::Int(20 + round)),
        Kind::Dense if !output => set("units", Value::Int(60 + round)),
        Kind::Dropout => set("rate", Value::Real(0.1 + 0.1 * round as f64)),
        _ => Edit::Insert {
            at: graph.position(id).expect("a layer of the graph"),
            layer: Layer::new(Kind::BatchNorm),
        },
    }
}

/// Milliseconds from the request to maps of the whole network.
fn ask(session: &Session, wanted: Preview) -> f64 {
    let before = session.preview_maps().map_or(0, |maps| maps.version);
    let layers = wanted.network.layers().len();
    let start = Instant::now();
    session.preview(Some(wanted));
    loop {
        let maps = session.preview_maps();
        let new = maps.filter(|maps| maps.version > before);
        if new.is_some_and(|maps| maps.layers.len() == layers && !maps.probabilities.is_empty()) {
            return start.elapsed().as_secs_f64() * 1000.0;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "no preview");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// A network that is no small one: how soon the first maps come, how long all take, and how far it comes.
fn large(name: &str, graph: &Graph) {
    let session = session();
    let wanted = preview(graph, "digits-cnn");
    let layers = wanted.network.layers().len();
    let start = Instant::now();
    session.preview(Some(wanted));
    let mut first = None;
    loop {
        let maps = session.preview_maps();
        if maps.is_some() {
            first.get_or_insert(start.elapsed().as_secs_f64());
        }
        let whole =
            |maps: Arc<FeatureMaps>| maps.layers.len() == layers && !maps.probabilities.is_empty();
        if session.preview_note().is_some() || maps.is_some_and(whole) {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let whole = start.elapsed().as_secs_f64();
    let shown = session.preview_maps().map_or(0, |maps| maps.layers.len());
    println!(
        "{name:<14} first maps {:.2} s, all {whole:.2} s, {shown} of {layers} layers; {}",
        first.unwrap_or(whole),
        session.preview_note().unwrap_or_default()
    );
}

/// VGG-16 at 224×224×3: 138 million parameters, 15 thousand million multiply-adds.
fn vgg() -> Graph {
    let input = Layer::new(Kind::Input)
        .with("height", 224_u64)
        .with("width", 224_u64)
        .with("channels", 3_u64);
    let mut b = Builder::new(input);
    for (times, filters) in [(2, 64_u64), (2, 128), (3, 256), (3, 512), (3, 512)] {
        for _ in 0..times {
            let conv = Layer::new(Kind::Conv2d).with("filters", filters);
            b.then(conv.with("padding", "same"));
        }
        b.then(Layer::new(Kind::MaxPool));
    }
    b.then(Layer::new(Kind::Flatten));
    for units in [4096_u64, 4096, 10] {
        b.then(Layer::new(Kind::Dense).with("units", units));
    }
    b.graph()
}
