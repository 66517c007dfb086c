//! Branches: wires can be drawn and removed, what is wrong with them is told at the card, and files keep them.

use mapsto::network::{
    Activation, Builder, Edit, EditError, Graph, Kind, Layer, LayerId, NetworkFileError, Problem,
    Shape,
};

use crate::{conv, dense, errors, id_of, input, ten};

/// conv 16 → relu → conv 16 → add with the first convolution → pool → dense.
fn residual() -> Graph {
    let mut b = Builder::new(input(8, 8, 3));
    let first = b.then(conv(16).with("padding", "same"));
    b.then(Layer::new(Kind::Activation));
    let second = b.then(conv(16).with("padding", "same"));
    b.join(Kind::Add, &[second, first]);
    b.then(Layer::new(Kind::GlobalAveragePool));
    b.then(dense(10, Activation::Softmax));
    b.graph()
}

/// The graph after one click on the problem's remedy.
fn mended(mut graph: Graph, problem: &Problem) -> Graph {
    let remedy = problem.remedy.as_ref().expect("a remedy");
    for edit in &remedy.edits {
        graph.apply(edit).expect("it can be made");
    }
    graph
}

fn inputs_of(graph: &Graph, name: &str) -> Vec<String> {
    let place = graph.names().iter().position(|it| it == name);
    let node = &graph.nodes()[place.expect("a layer of this name")];
    node.inputs.iter().map(|id| graph.name_of(*id)).collect()
}

fn id(graph: &Graph, name: &str) -> LayerId {
    let place = graph.names().iter().position(|it| it == name);
    id_of(graph, place.expect("a layer of this name"))
}

#[test]
fn a_skip_connection_is_checked_and_expanded() {
    let report = ten(&residual());
    assert!(errors(&report).is_empty(), "{:?}", report.problems);
    let network = report.network.expect("it can be trained");
    let names: Vec<&str> = network.layers().iter().map(|layer| layer.name()).collect();
    assert_eq!(names[3], "add_1");
    assert_eq!(network.layers()[3].sources(), [3, 1]);
    assert_eq!(network.layers()[3].inputs().len(), 2);
    let maps = Shape::Maps {
        height: 8,
        width: 8,
        channels: 16,
    };
    assert_eq!(network.layers()[3].output(), maps);
    // 3×3 seen twice; the shorter way sees less.
    assert_eq!(report.layers[4].receptive_field, Some(5));
}

#[test]
fn a_skip_connection_is_drawn_and_taken_away() {
    let mut graph = Graph::chain(
        input(8, 8, 3),
        [
            conv(16).with("padding", "same"),
            conv(16).with("padding", "same"),
            Layer::new(Kind::Flatten),
            dense(10, Activation::Softmax),
        ],
    );
    let (from, to) = (id(&graph, "conv2d_1"), id(&graph, "flatten_1"));
    let kind = Kind::Add;
    let join = graph.apply(&Edit::Join { from, to, kind }).expect("a join");
    assert_eq!(join.map(|id| graph.name_of(id)).as_deref(), Some("add_1"));
    assert_eq!(inputs_of(&graph, "add_1"), ["conv2d_2", "conv2d_1"]);
    assert_eq!(inputs_of(&graph, "flatten_1"), ["add_1"]);
    assert!(errors(&ten(&graph)).is_empty());
    // A third one, straight from the image: it does not fit, and the remedy makes it fit.
    let from = id(&graph, "input");
    let to = id(&graph, "add_1");
    graph.apply(&Edit::Connect { from, to }).expect("a wire");
    let report = ten(&graph);
    let told = errors(&report);
    assert_eq!(told.len(), 1);
    assert!(
        told[0]
            .message
            .contains("add a 1×1 convolution with 16 filters"),
        "{}",
        told[0].message
    );
    let graph = mended(graph, told[0]);
    assert!(errors(&ten(&graph)).is_empty());
    // Taking the join out leaves the chain.
    let mut graph = graph;
    let join = id(&graph, "add_1");
    let from = id(&graph, "conv2d_2");
    graph
        .apply(&Edit::Disconnect { from, to: join })
        .expect("a wire");
    graph.apply(&Edit::Delete(join)).expect("a layer");
    assert_eq!(inputs_of(&graph, "flatten_1").len(), 1);
}

#[test]
fn a_smaller_branch_is_matched_with_a_stride() {
    let mut b = Builder::new(input(9, 9, 3));
    let start = b.then(conv(8).with("padding", "same"));
    let small = b.then(conv(16).with("padding", "same").with("stride", [2, 2]));
    b.join(Kind::Add, &[small, start]);
    b.then(Layer::new(Kind::GlobalAveragePool));
    b.then(dense(10, Activation::Softmax));
    let graph = b.graph();
    let report = ten(&graph);
    let told = errors(&report);
    assert!(
        told[0].message.contains("16 filters and stride 2"),
        "{}",
        told[0].message
    );
    assert!(errors(&ten(&mended(graph, told[0]))).is_empty());
}

#[test]
fn cycles_loose_ends_and_lone_joins_are_told_and_mended() {
    let graph = residual();
    let mut cycle = graph.clone();
    let (from, to) = (id(&graph, "conv2d_2"), id(&graph, "activation_1"));
    cycle
        .apply(&Edit::Connect { from, to })
        .expect("it may be drawn");
    let report = ten(&cycle);
    let told = errors(&report)
        .into_iter()
        .find(|problem| problem.message.contains("which needs that of"))
        .expect("the cycle is told");
    assert!(told.remedy.is_some());
    assert!(report.network.is_none());

    let mut loose = graph.clone();
    let layer = conv(4);
    let from = id(&graph, "conv2d_1");
    let branch = loose
        .apply(&Edit::Branch { from, layer })
        .expect("a branch");
    let report = ten(&loose);
    let told = errors(&report);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].layer, branch);
    assert!(told[0].message.starts_with("nothing takes the output of"));
    assert_eq!(mended(loose, told[0]), graph);

    let mut lone = graph.clone();
    let (from, to) = (id(&graph, "conv2d_1"), id(&graph, "add_1"));
    lone.apply(&Edit::Disconnect { from, to }).expect("a wire");
    let report = ten(&lone);
    let told = errors(&report);
    assert!(told[0].message.contains("takes one"), "{}", told[0].message);
    assert!(errors(&ten(&mended(lone, told[0]))).is_empty());
}

#[test]
fn impossible_wires_are_refused() {
    let mut graph = residual();
    let own = id(&graph, "add_1");
    let (from, to) = (own, own);
    assert_eq!(
        graph.apply(&Edit::Connect { from, to }),
        Err(EditError::Itself)
    );
    let to = id(&graph, "input");
    assert_eq!(
        graph.apply(&Edit::Connect { from, to }),
        Err(EditError::InputStays)
    );
    assert_eq!(graph, residual());
}

#[test]
fn a_disabled_layer_hands_on_what_it_gets() {
    let mut graph = residual();
    let ids = vec![id(&graph, "activation_1"), id(&graph, "add_1")];
    let disabled = true;
    graph
        .apply(&Edit::Disable { ids, disabled })
        .expect("layers");
    let report = ten(&graph);
    assert!(errors(&report).is_empty(), "{:?}", report.problems);
    assert_eq!(report.layers[2].output, report.layers[1].output);
    assert_eq!(report.layers[2].repeats, 0);
    let network = report.network.expect("it can be trained");
    let names: Vec<&str> = network.layers().iter().map(|layer| layer.name()).collect();
    assert!(!names.contains(&"activation_1") && !names.contains(&"add_1"));
    assert_eq!(network.layers()[1].sources(), [1]);
}

#[test]
fn a_join_may_take_an_output_twice() {
    let text = "[[layers]]\nkind = \"input\"\n[[layers]]\nkind = \"concatenate\"\ninputs = [\"input\", \"input\"]\n\
                [[layers]]\nkind = \"flatten\"\n[[layers]]\nkind = \"dense\"\nunits = 10\n";
    let graph = Graph::parse(text).expect("it is read");
    assert_eq!(Graph::parse(&graph.to_text()).expect("it is read"), graph);
    let mut edited = graph.clone();
    let conv = conv(4).with("padding", "same");
    edited
        .apply(&Edit::Insert { at: 2, layer: conv })
        .expect("a place");
    let join = edited.node(id(&edited, "concatenate_1")).expect("a join");
    assert_eq!(join.inputs.len(), 2, "an edit elsewhere leaves it so");
    let joined = ten(&graph).layers.get(1).and_then(|layer| layer.output);
    assert!(
        matches!(joined, Some(Shape::Maps { channels: 2, .. })),
        "{joined:?}"
    );
}

#[test]
fn branches_are_written_and_read() {
    let mut graph = residual();
    let id_add = id(&graph, "add_1");
    let text = "the skip\nconnection \"here\"".to_owned();
    graph
        .apply(&Edit::Comment { id: id_add, text })
        .expect("a comment");
    let ids = vec![id(&graph, "activation_1")];
    graph
        .apply(&Edit::Disable {
            ids,
            disabled: true,
        })
        .expect("a layer");
    let text = graph.to_text();
    assert!(
        text.contains("inputs = [\"conv2d_2\", \"conv2d_1\"]"),
        "{text}"
    );
    assert_eq!(Graph::parse(&text).expect("it is read"), graph);
    let serde = toml::to_string(&graph).expect("it is written");
    assert_eq!(toml::from_str::<Graph>(&serde).expect("it is read"), graph);
}

fn problems(text: &str) -> NetworkFileError {
    Graph::parse(text).expect_err("it has a problem")
}

#[test]
fn broken_wires_in_a_file_are_told_by_line() {
    let text = residual().to_text();
    let unknown = text.replace("inputs = [\"conv2d_2\"", "inputs = [\"conv2d_9\"");
    let error = problems(&unknown);
    assert!(error.message.contains("“conv2d_9”"), "{error}");
    let place = unknown.find("kind = \"add\"").expect("the join");
    let line = unknown[..place].lines().count();
    assert_eq!(error.line, line, "{error}");
    assert!(error.kept.is_some());

    // A cycle written by hand is read, and told by check.
    let cycle = text.replace(
        "kind = \"activation\"",
        "kind = \"activation\"\ninputs = [\"conv2d_2\"]",
    );
    let graph = Graph::parse(&cycle).expect("it is a graph");
    let report = ten(&graph);
    assert!(
        errors(&report)
            .iter()
            .any(|problem| problem.message.contains("which needs that of")),
        "{:?}",
        report.problems
    );
    let own = text.replace("inputs = [\"conv2d_2\"", "name = \"me\"\ninputs = [\"me\"");
    assert!(problems(&own).message.contains("its own output"));
    let wrong = text.replace("inputs = [\"conv2d_2\", \"conv2d_1\"]", "inputs = 7");
    assert!(problems(&wrong).message.contains("a list of names"));
}

#[test]
fn a_loose_end_is_told_even_if_its_last_layer_is_disabled() {
    let mut graph = residual();
    let from = id(&graph, "conv2d_1");
    let branch = graph.apply(&Edit::Branch {
        from,
        layer: conv(4),
    });
    let branch = branch.expect("a branch").expect("a layer");
    let layer = Layer::new(Kind::Dropout);
    let end = graph.apply(&Edit::Branch {
        from: branch,
        layer,
    });
    let end = end.expect("a branch").expect("a layer");
    let disable = |ids: Vec<LayerId>| Edit::Disable {
        ids,
        disabled: true,
    };
    graph.apply(&disable(vec![end])).expect("a layer");
    let report = ten(&graph);
    assert_eq!(errors(&report).len(), 1, "{:?}", report.problems);
    assert_eq!(mended(graph.clone(), errors(&report)[0]), residual());
    // A branch that is disabled as a whole is put aside, not forgotten.
    graph.apply(&disable(vec![branch])).expect("a layer");
    assert!(errors(&ten(&graph)).is_empty());
}

#[test]
fn a_copy_of_a_join_joins_as_well() {
    let mut graph = residual();
    let join = id(&graph, "add_1");
    graph.apply(&Edit::Duplicate(join)).expect("a copy");
    assert_eq!(inputs_of(&graph, "add_2"), ["add_1", "conv2d_1"]);
    assert!(errors(&ten(&graph)).is_empty());
}

#[test]
fn a_layer_for_maps_is_moved_out_of_its_own_branch_not_of_another() {
    let mut b = Builder::new(input(8, 8, 3));
    let start = b.then(conv(4).with("padding", "same"));
    // A gate, whose vector comes first in the order.
    b.then(Layer::new(Kind::GlobalAveragePool));
    let gate = b.then(dense(4, Activation::Sigmoid));
    b.join(Kind::Multiply, &[start, gate]);
    b.then(Layer::new(Kind::Flatten));
    b.then(Layer::new(Kind::Dropout));
    b.then(conv(4));
    b.then(Layer::new(Kind::Flatten));
    b.then(dense(10, Activation::Softmax));
    let graph = b.graph();
    let report = ten(&graph);
    let told = errors(&report)[0];
    let label = told.remedy.as_ref().map(|it| it.label.as_str());
    assert_eq!(label, Some("Move conv2d_2 before flatten_1"));
    assert!(errors(&ten(&mended(graph, told))).is_empty());
}

#[test]
fn thousands_of_layers_are_deleted_grouped_and_told_quickly() {
    let started = std::time::Instant::now();
    // Blocks with settings, a long sequence, and many layers behind it that do not fit.
    let mut b = Builder::new(input(28, 28, 1));
    for _ in 0..300 {
        let mut made = None;
        let block = b.block("B", 1, |b| {
            b.then(Layer::new(Kind::Dropout));
            made = Some(b.then(conv(1).with("padding", "same")));
        });
        let made = made.expect("a layer");
        b.setting(block, "Filters", &[(made, "filters", 1)]);
    }
    let patches = Layer::new(Kind::PatchEmbedding).with("patch", [7, 7]);
    let mut at = b.then(patches);
    for _ in 0..4000 {
        at = b.then(Layer::new(Kind::Dropout));
    }
    for _ in 0..4000 {
        b.after(at, conv(1));
    }
    let mut graph = b.graph();
    let report = ten(&graph);
    assert!(errors(&report).len() > 4000);
    assert!(
        errors(&report)[0]
            .message
            .contains("before patch_embedding_1")
    );
    let all: Vec<LayerId> = graph.nodes().iter().skip(1).map(|node| node.id).collect();
    let half = all.iter().copied().step_by(2).collect();
    graph.apply(&Edit::DeleteAll(half)).expect("layers");
    assert_eq!(graph.nodes().len(), 1 + all.len() / 2);
    let rest = graph.nodes().iter().skip(1).map(|node| node.id).collect();
    graph.apply(&Edit::DeleteAll(rest)).expect("layers");
    assert_eq!((graph.nodes().len(), graph.blocks().len()), (1, 0));
    // It took 35 seconds of an idle processor when each layer was looked for by itself.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
