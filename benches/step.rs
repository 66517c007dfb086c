//! What a training step and a prediction take, for the five reference systems and ResNet-18 at 64×64.
//!
//!     cargo bench --bench step                      all, on the CPU
//!     cargo bench --bench step -- digits-cnn        one
//!
//! `tests/reference/speed.py` runs the same in PyTorch in turn with it, by its `serve` mode: a line `step NAME COUNT` or
//! `infer NAME BATCH COUNT` on the input, the seconds of each step on the output.

use std::io::BufRead;
use std::time::Instant;

use mapsto::network::{Context, Graph, Network, check, template};
use mapsto::project::Recipe;
use mapsto::training::{Pending, Stepper, join_arithmetic, open};

/// Template, side of the pictures, channels, batch.
const SYSTEMS: [(&str, usize, usize, usize); 7] = [
    ("digits-cnn", 28, 1, 128),
    ("colour-cnn", 32, 3, 32),
    ("photo-binary", 64, 3, 32),
    ("plain-mlp", 28, 1, 32),
    ("dropout-mlp", 28, 1, 32),
    ("resnet-18", 64, 3, 32),
    (FITTED, 64, 3, 32),
];

/// ResNet-18 as mapsto fits it to images of this size: with a 3×3 convolution of stride 1 in front. The one without
/// this name is torchvision's, on small images as it is.
const FITTED: &str = "resnet-18-fitted";

fn main() {
    let _pool = join_arithmetic();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with("--"))
        .collect();
    if words.first() == Some(&"serve") {
        return serve();
    }
    for (name, _, _, batch) in SYSTEMS {
        if !words.is_empty() && !words.contains(&name) {
            continue;
        }
        let mut system = System::new(name);
        system.steps(3);
        let seconds = system.steps(15);
        println!(
            "{name}: step of {batch} {:.2} ms, {:.0} images/s",
            median(&seconds) * 1e3,
            batch as f64 / median(&seconds)
        );
    }
}

fn serve() {
    let mut systems: Vec<(String, System)> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split_whitespace().collect();
        let [what, name, numbers @ ..] = words.as_slice() else {
            continue;
        };
        if !systems.iter().any(|(known, _)| known == name) {
            systems.push(((*name).to_owned(), System::new(name)));
        }
        let found = systems.iter_mut().find(|(known, _)| known == name);
        let (_, system) = found.expect("just added");
        let numbers: Vec<usize> = numbers
            .iter()
            .map(|n| n.parse().expect("a number"))
            .collect();
        let seconds = match (*what, numbers.as_slice()) {
            ("step", [count]) => system.steps(*count),
            ("infer", [batch, count]) => system.predictions(*batch, *count),
            _ => panic!("{line}"),
        };
        println!("{seconds:?}");
    }
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

struct System {
    stepper: Stepper,
    elements: usize,
    batch: usize,
    classes: usize,
}

impl System {
    fn new(name: &str) -> Self {
        let known = SYSTEMS.iter().find(|(known, ..)| *known == name);
        let (_, side, channels, batch) = *known.expect("a system");
        let own = name.trim_end_matches("-fitted");
        let template = template(own).expect("a template");
        let classes = if name == "photo-binary" { 2 } else { 10 };
        let recipe = Recipe {
            device: std::env::var("MAPSTO_BENCH_DEVICE").unwrap_or_else(|_| "cpu".to_owned()),
            batch,
            ..Recipe::for_template(template)
        };
        let natural = name == "resnet-18";
        let drawn = if natural { 224 } else { side };
        let fitted = template.fitted([drawn, drawn, channels], Some(classes));
        let context = Context {
            classes: Some(classes),
            loss: recipe.loss,
            batch,
        };
        let graph = fitted.expect("a fitting template").graph;
        let text = graph.to_text().replace("= 224\n", &format!("= {side}\n"));
        let graph = Graph::parse(&text).expect("the text of a graph");
        let network: Network = check(&graph, &context).network.expect("a valid network");
        let opened = open(&recipe.device).expect("a device");
        Self {
            stepper: Stepper::new(&network, &recipe, &opened),
            elements: side * side * channels,
            batch,
            classes,
        }
    }

    fn pixels(&self, batch: usize) -> Vec<f32> {
        let pixel = |place: usize| (place * 7919 % 10_007) as f32 / 10_007.0;
        (0..batch * self.elements).map(pixel).collect()
    }

    /// Seconds of each step.
    fn steps(&mut self, count: usize) -> Vec<f64> {
        let labels: Vec<usize> = (0..self.batch).map(|image| image % self.classes).collect();
        let pixels = self.pixels(self.batch);
        let step = |_| {
            let start = Instant::now();
            let pending = self.stepper.step(pixels.clone(), &labels);
            Pending::read(vec![pending]);
            start.elapsed().as_secs_f64()
        };
        (0..count).map(step).collect()
    }

    /// Seconds of each prediction of a batch.
    fn predictions(&mut self, batch: usize, count: usize) -> Vec<f64> {
        let classes: Vec<String> = (0..self.classes).map(|class| class.to_string()).collect();
        let inference = self.stepper.inference(&classes);
        let pixels = self.pixels(batch);
        let predict = |_| {
            let start = Instant::now();
            std::hint::black_box(inference.outputs(pixels.clone(), batch));
            start.elapsed().as_secs_f64()
        };
        (0..count).map(predict).collect()
    }
}
