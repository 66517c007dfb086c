//! How fast a network is evaluated, by the program's own evaluator and the batch that it chooses, for the five
//! reference systems and ResNet-18 at 64×64; and what share of the time it waits for images.
//!
//!     cargo bench --bench evaluation                      all, on the CPU
//!     cargo bench --bench evaluation -- resnet-18-fitted  these

mod systems;

use std::sync::Arc;
use std::time::{Duration, Instant};

use mapsto::dataset::{Augment, PixelStore};
use mapsto::training::{Evaluator, Inference, join_arithmetic};
use systems::{Running, System, median, named, words};

const IMAGES: usize = 2_000;
const ROUNDS: usize = 3;
/// How long a training waits for images before it looks for requests.
const PATIENCE: Duration = Duration::from_millis(20);

fn main() {
    let _pool = join_arithmetic();
    println!("{IMAGES} images from memory:");
    for system in named(&words()) {
        measure(system);
    }
}

fn measure(system: &System) {
    let home = tempfile::tempdir().expect("a temporary folder");
    system.pictures(home.path(), IMAGES);
    let store = system.store(home.path(), &Augment::default());
    let inference = Running::new(system).inference();
    evaluate(&inference, &store);
    let rounds = [(); ROUNDS].map(|()| evaluate(&inference, &store));
    let seconds = rounds.each_ref().map(|round| round.seconds);
    let waited = rounds.each_ref().map(|round| round.waited / round.seconds);
    println!(
        "  {:<16} {:>8.0} images/s in batches of {:>3}, {:>4.1} % of the time waiting",
        system.name,
        IMAGES as f64 / median(&seconds),
        rounds[0].batch,
        median(&waited) * 100.0
    );
}

struct Round {
    batch: usize,
    seconds: f64,
    waited: f64,
}

/// All images once.
fn evaluate(inference: &Inference, store: &Arc<PixelStore>) -> Round {
    let data = store.data();
    let truth = (0..store.len()).map(|place| {
        let image = &data.images[store.index(place)];
        (image.file.clone(), image.class)
    });
    let mut evaluator = Evaluator::new(store.clone(), truth.collect());
    let mut batch = 0;
    let start = Instant::now();
    let mut done = false;
    while !done {
        let advanced = evaluator.advance(inference, PATIENCE);
        done = advanced.expect("images in memory");
        // The first batch is a whole one.
        if batch == 0 {
            batch = evaluator.progress().0;
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let waited = evaluator.waited().as_secs_f64();
    let evaluation = evaluator.finish(&inference.classes);
    assert_eq!(evaluation.rows.len(), store.len());
    Round {
        batch,
        seconds,
        waited,
    }
}
