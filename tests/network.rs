//! Promises of the network builder: the reference systems are exactly as designed, every problem is told with a
//! remedy that works, edits can be undone, and files written by hand are read or refused in words.

#[path = "network/any_edits.rs"]
mod any_edits;
#[path = "network/architectures.rs"]
mod architectures;
#[path = "network/blocks.rs"]
mod blocks;
#[path = "network/catalogue.rs"]
mod catalogue;
#[path = "network/compare.rs"]
mod compare;
#[path = "network/convolutions.rs"]
mod convolutions;
#[path = "network/edits.rs"]
mod edits;
#[path = "network/fields.rs"]
mod fields;
#[path = "network/library.rs"]
mod library;
#[path = "network/pairing.rs"]
mod pairing;
#[path = "network/problems.rs"]
mod problems;
#[path = "network/sequences.rs"]
mod sequences;
#[path = "network/shapes.rs"]
mod shapes;
#[path = "network/templates.rs"]
mod templates;
#[path = "network/text.rs"]
mod text;
#[path = "network/wires.rs"]
mod wires;

use mapsto::network::{
    Activation, Context, Editor, Graph, Kind, Layer, LayerId, Loss, Problem, Report, check,
};

fn context(classes: usize, loss: Loss) -> Context {
    Context {
        classes: Some(classes),
        loss,
        batch: 32,
    }
}

fn ten(graph: &Graph) -> Report {
    check(graph, &context(10, Loss::CrossEntropy))
}

fn input(height: usize, width: usize, channels: usize) -> Layer {
    Layer::new(Kind::Input)
        .with("height", height)
        .with("width", width)
        .with("channels", channels)
}

fn dense(units: usize, activation: Activation) -> Layer {
    Layer::new(Kind::Dense)
        .with("units", units)
        .with("activation", activation)
}

fn conv(filters: usize) -> Layer {
    Layer::new(Kind::Conv2d).with("filters", filters)
}

fn id_of(graph: &Graph, position: usize) -> LayerId {
    graph.nodes()[position].id
}

fn errors(report: &Report) -> Vec<&Problem> {
    report.errors().collect()
}

fn outputs(report: &Report) -> Vec<String> {
    report
        .layers
        .iter()
        .map(|layer| {
            layer
                .output
                .map_or_else(|| "?".to_owned(), |shape| shape.to_string())
        })
        .collect()
}

/// Clicks every remedy that is offered, the first each time, until none is left.
fn mend(graph: &Graph, context: &Context) -> (Graph, Report) {
    let mut editor = Editor::new(graph.clone());
    for _ in 0..50 {
        let report = check(editor.graph(), context);
        let Some(remedy) = report
            .problems
            .iter()
            .find_map(|problem| problem.remedy.clone())
        else {
            break;
        };
        editor
            .apply_all(&remedy.label, &remedy.edits)
            .expect("a remedy can be done");
    }
    let report = check(editor.graph(), context);
    (editor.graph().clone(), report)
}
