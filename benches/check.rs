//! How long the check of a large network takes: it runs after every edit, on the window's thread.
//!
//!     cargo bench --bench check
//!
//! The promise: the median for 500 layers and for each reference system is below 5 ms, and 10,000 layers stay well
//! under a second.

mod systems;

use std::time::Instant;

use mapsto::network::{Builder, Context, Edit, Editor, Graph, Kind, Layer, Loss, Value, check};

const ROUNDS: usize = 101;
const BUDGET_MS: f64 = 5.0;
/// For the largest networks that are let in.
const LARGE_BUDGET_MS: f64 = 500.0;

fn main() {
    for system in &systems::SYSTEMS {
        let (graph, context) = (system.graph(), system.context());
        report(system.name, &graph, &context, ROUNDS, BUDGET_MS);
    }
    let context = Context {
        classes: Some(10),
        loss: Loss::CrossEntropy,
        batch: 32,
    };
    for (name, graph) in [
        ("chain", chain(500)),
        ("residual in blocks", residual(500, true)),
        ("residual, repeats drawn out", residual(500, false)),
        ("densely joined", dense(500)),
        ("broken chain", broken(500)),
    ] {
        report(name, &graph, &context, ROUNDS, BUDGET_MS);
    }
    for (name, graph) in [
        ("chain", chain(10_000)),
        ("residual, repeats drawn out", residual(10_000, false)),
        ("broken chain", broken(10_000)),
    ] {
        report(name, &graph, &context, 5, LARGE_BUDGET_MS);
    }
    edit(&chain(500));
}

fn report(name: &str, graph: &Graph, context: &Context, rounds: usize, budget: f64) {
    let mut problems = 0;
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let report = check(graph, context);
            let took = start.elapsed().as_secs_f64() * 1000.0;
            problems = report.problems.len();
            took
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let (median, most) = (times[rounds / 2], times[rounds - 1]);
    let verdict = if median < budget { "kept" } else { "BROKEN" };
    println!(
        "{name:<28} {:>6} layers: median {median:>7.2} ms, max {most:>7.2} ms, {problems} problems; \
         promise < {budget} ms: {verdict}",
        graph.nodes().len() - 1,
    );
}

/// What an edit costs beside the check.
fn edit(graph: &Graph) {
    let id = graph.nodes()[100].id;
    let mut editor = Editor::new(graph.clone());
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|round| {
            let start = Instant::now();
            let edit = Edit::Set {
                id,
                name: "filters".to_owned(),
                value: Value::Int(8 + round as u64 % 2),
            };
            editor.apply(edit).expect("an edit that can be made");
            editor.seal();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "an edit of one of 500 layers: median {:.2} ms, max {:.2} ms",
        times[ROUNDS / 2],
        times[ROUNDS - 1]
    );
}

fn input() -> Layer {
    Layer::new(Kind::Input)
}

fn conv() -> Layer {
    Layer::new(Kind::Conv2d)
        .with("filters", 8_u64)
        .with("padding", "same")
}

fn end(b: &mut Builder) {
    b.then(Layer::new(Kind::Flatten));
    b.then(
        Layer::new(Kind::Dense)
            .with("units", 10_u64)
            .with("activation", "softmax"),
    );
}

fn chain(layers: usize) -> Graph {
    let mut b = Builder::new(input());
    for _ in 0..layers - 2 {
        b.then(conv());
    }
    end(&mut b);
    b.graph()
}

/// A chain whose layers all tell something: a dense layer in the middle of convolutions.
fn broken(layers: usize) -> Graph {
    let mut b = Builder::new(input());
    b.then(Layer::new(Kind::Flatten));
    for _ in 0..layers - 1 {
        b.then(conv());
    }
    b.graph()
}

/// Residual units of five layers: each a block of its own, or as drawn without blocks.
fn residual(layers: usize, blocks: bool) -> Graph {
    let mut b = Builder::new(input());
    b.then(conv());
    let mut before = b.then(Layer::new(Kind::BatchNorm));
    for number in 0..(layers - 4) / 5 {
        let unit = |b: &mut Builder| {
            b.then(conv());
            b.then(Layer::new(Kind::BatchNorm));
            b.then(conv());
            let last = b.then(Layer::new(Kind::BatchNorm));
            b.join(Kind::Add, &[last, before])
        };
        before = if blocks && number < 90 {
            let mut joined = before;
            b.block("Residual", 1, |b| joined = unit(b));
            joined
        } else {
            unit(&mut b)
        };
    }
    end(&mut b);
    b.graph()
}

/// Every unit joins all that came before it in its stage, as DenseNet does.
fn dense(layers: usize) -> Graph {
    let mut b = Builder::new(input());
    let mut made = vec![b.then(conv())];
    while made.len() * 2 < layers - 2 {
        let recent: Vec<_> = made.iter().rev().take(60).copied().collect();
        if recent.len() > 1 {
            b.join(Kind::Concatenate, &recent);
        }
        made.push(b.then(conv()));
    }
    end(&mut b);
    b.graph()
}
