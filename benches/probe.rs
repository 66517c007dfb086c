//! What the feature maps of a pinned image cost: the same training with and without them, in turn,
//! nothing drawn.
//!
//!     cargo bench --bench probe
//!
//! The promise: at most 3 % of the throughput.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mapsto::dataset::{Dataset, split};
use mapsto::network::{Context, check, template};
use mapsto::project::Recipe;
use mapsto::training::{Job, Phase, Session, open};

const PAIRS: usize = 7;
/// Steps that warm up, and steps that are timed.
const WARM: u64 = 6;

fn main() {
    for (name, timed) in [("digits-cnn", 40), ("dropout-mlp", 200)] {
        bench(name, timed);
    }
}

fn bench(name: &str, timed: u64) {
    let folder = tempfile::tempdir().expect("a folder for runs");
    let mut ratios = Vec::new();
    let mut rates = [0.0, 0.0];
    for pair in 0..PAIRS {
        // The order changes, so that a drift of the machine favours neither.
        let order = [pair % 2 == 0, pair % 2 != 0];
        let mut seconds = [0.0, 0.0];
        for pinned in order {
            seconds[usize::from(pinned)] = run(folder.path(), name, pinned, timed);
        }
        ratios.push(seconds[1] / seconds[0] - 1.0);
        rates[0] += 1.0 / seconds[0];
        rates[1] += 1.0 / seconds[1];
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[PAIRS / 2];
    let verdict = if median <= 0.03 { "kept" } else { "BROKEN" };
    println!(
        "{name}: the maps cost {:.1} % (median of {PAIRS} pairs, {:.1} to {:.1} %); \
         throughput with maps {:.3} of that without; promise ≤ 3 %: {verdict}",
        median * 100.0,
        ratios[0] * 100.0,
        ratios[PAIRS - 1] * 100.0,
        rates[1] / rates[0],
    );
}

/// Seconds for the timed steps.
fn run(runs: &Path, name: &str, pinned: bool, timed: u64) -> f64 {
    let session = Session::start(|| {}).expect("a thread");
    let job = job(runs, name);
    if pinned {
        let image = job.data.read(5).expect("a digit");
        session.pin(Some(Arc::new(image)));
    }
    session.train(job);
    let start = at(&session, WARM);
    let end = at(&session, WARM + timed);
    assert_eq!(session.maps().is_some(), pinned);
    (end - start).as_secs_f64()
}

fn at(session: &Session, step: u64) -> Instant {
    loop {
        let status = session.status();
        if status.steps_done >= step {
            return Instant::now();
        }
        let failed = matches!(status.phase, Phase::Failed(_));
        assert!(!failed, "{:?}", status.phase);
        std::thread::sleep(std::time::Duration::from_micros(500));
    }
}

fn job(runs: &Path, name: &str) -> Job {
    let template = template(name).expect("a template");
    let data = Dataset::digits();
    let recipe = Recipe {
        device: std::env::var("MAPSTO_BENCH_DEVICE").unwrap_or_else(|_| "cpu".to_owned()),
        ..Recipe::for_template(template)
    };
    open(&recipe.device).expect("a device");
    let graph = template.graph(Some(10));
    let context = Context {
        classes: Some(10),
        loss: recipe.loss,
        batch: recipe.batch,
    };
    Job {
        network: check(&graph, &context).network.expect("a valid network"),
        graph,
        title: name.to_owned(),
        splits: split(&data, &recipe.split).expect("a split"),
        data: Arc::new(data),
        test: None,
        recipe,
        runs_dir: runs.to_path_buf(),
    }
}
