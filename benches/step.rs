//! What a training step and a prediction take, for the five reference systems and ResNet-18 at 64×64.
//!
//!     cargo bench --bench step                      all, on the CPU
//!     cargo bench --bench step -- digits-cnn        one
//!
//! `tests/reference/speed.py` runs the same in PyTorch and Keras in turn with it, by its `serve` mode: a line
//! `step NAME COUNT` or `infer NAME BATCH COUNT` on the input, the seconds of each step on the output.

mod systems;

use std::io::BufRead;

use mapsto::training::join_arithmetic;
use systems::{Running, SYSTEMS, median, system, words};

fn main() {
    let _pool = join_arithmetic();
    let words = words();
    if words.first().is_some_and(|word| word == "serve") {
        return serve();
    }
    for system in &SYSTEMS {
        let name = system.name;
        if !words.is_empty() && !words.iter().any(|word| word == name) {
            continue;
        }
        let mut running = Running::new(system);
        running.steps(3);
        let seconds = running.steps(15);
        println!(
            "{name}: step of {} {:.2} ms, {:.0} images/s",
            system.batch,
            median(&seconds) * 1e3,
            system.batch as f64 / median(&seconds)
        );
    }
}

fn serve() {
    let mut started: Vec<(String, Running)> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split_whitespace().collect();
        let [what, name, numbers @ ..] = words.as_slice() else {
            continue;
        };
        if !started.iter().any(|(known, _)| known == name) {
            started.push(((*name).to_owned(), Running::new(system(name))));
        }
        let found = started.iter_mut().find(|(known, _)| known == name);
        let (_, running) = found.expect("just added");
        let numbers: Vec<usize> = numbers
            .iter()
            .map(|n| n.parse().expect("a number"))
            .collect();
        let seconds = match (*what, numbers.as_slice()) {
            ("step", [count]) => running.steps(*count),
            ("infer", [batch, count]) => running.predictions(*batch, *count),
            _ => panic!("{line}"),
        };
        println!("{seconds:?}");
    }
}
