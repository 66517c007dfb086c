//! Blocks: layers that stand for one, repeat, have settings of their own, and can be copied.

use mapsto::network::{
    Activation, BlockChange, BlockId, Builder, Edit, EditError, Editor, Fragment, Graph, Kind,
    Layer, LayerId, MAX_REPEAT, Value,
};

use crate::{conv, dense, errors, input, ten};

fn same(filters: usize) -> Layer {
    conv(filters).with("padding", "same")
}

/// A residual block of two convolutions between a first one and the end.
fn network(repeat: u32) -> Graph {
    let mut b = Builder::new(input(8, 8, 3));
    b.then(same(16));
    let mut targets = Vec::new();
    let block = b.block("Residual", repeat, |b| {
        let start = b.here();
        targets.push(b.then(same(16)));
        let end = b.then(same(16));
        targets.push(end);
        b.join(Kind::Add, &[end, start]);
    });
    let targets: Vec<(LayerId, &str, u64)> =
        targets.into_iter().map(|id| (id, "filters", 1)).collect();
    b.setting(block, "Filters", &targets);
    b.then(Layer::new(Kind::GlobalAveragePool));
    b.then(dense(10, Activation::Softmax));
    b.graph()
}

fn only(graph: &Graph) -> BlockId {
    graph.blocks()[0].id
}

#[test]
fn a_repeated_block_is_what_its_copies_are() {
    let report = ten(&network(3));
    assert!(errors(&report).is_empty(), "{:?}", report.problems);
    let network_of_three = report.network.clone().expect("it can be trained");
    let names: Vec<&str> = network_of_three
        .layers()
        .iter()
        .map(|it| it.name())
        .collect();
    assert_eq!(names[1..4], ["conv2d_2.1", "conv2d_3.1", "add_1.1"]);
    assert_eq!(names[7..10], ["conv2d_2.3", "conv2d_3.3", "add_1.3"]);
    // The second copy takes, and adds, what the first gave.
    assert_eq!(network_of_three.layers()[4].sources(), [4]);
    assert_eq!(network_of_three.layers()[6].sources(), [6, 4]);

    let mut unrolled = network(3);
    let block = only(&unrolled);
    unrolled.apply(&Edit::Ungroup(block)).expect("a block");
    assert!(unrolled.blocks().is_empty());
    let flat = ten(&unrolled);
    assert!(errors(&flat).is_empty(), "{:?}", flat.problems);
    assert_eq!(flat.parameters, report.parameters);
    assert_eq!(flat.multiply_adds, report.multiply_adds);
    let flat = flat.network.expect("it can be trained");
    let sources: Vec<_> = flat
        .layers()
        .iter()
        .map(|it| it.sources().to_vec())
        .collect();
    let repeated = network_of_three.layers().iter();
    let repeated: Vec<_> = repeated.map(|it| it.sources().to_vec()).collect();
    assert_eq!(sources, repeated);

    let block = &report.blocks[0];
    assert_eq!(block.parameters, 3 * 2 * (9 * 16 + 1) * 16);
    assert_eq!(block.input, block.output);
}

#[test]
fn a_block_has_settings_of_its_own() {
    let mut editor = Editor::new(network(2));
    let id = only(editor.graph());
    let block = editor.graph().block(id).expect("a block").clone();
    assert_eq!(
        block.settings[0].value(editor.graph()),
        Some(Value::Int(16))
    );
    let change = BlockChange::Set {
        setting: 0,
        value: Value::Int(24),
    };
    editor.apply(Edit::Block { id, change }).expect("a setting");
    let filters: Vec<usize> = editor
        .graph()
        .members(id)
        .map(|node| node.layer.int("filters"))
        .collect();
    assert_eq!(filters, [24, 24, 0]);
    assert_eq!(editor.undo_label(), Some("change Residual"));
    editor.undo();
    assert_eq!(*editor.graph(), network(2));

    let too_often = BlockChange::Repeat(MAX_REPEAT + 1);
    let refused = editor.apply(Edit::Block {
        id,
        change: too_often,
    });
    assert_eq!(refused, Err(EditError::Repeat(101)));
    let change = BlockChange::Fold(false);
    editor.apply(Edit::Block { id, change }).expect("a block");
    assert!(editor.undo_label().is_none(), "folding is no step");
}

#[test]
fn a_selection_becomes_a_block_if_it_can() {
    let mut graph = network(1);
    let block = only(&graph);
    graph.apply(&Edit::Ungroup(block)).expect("a block");
    let ids: Vec<LayerId> = graph.nodes().iter().map(|node| node.id).collect();
    let name = "Mine".to_owned();
    let group = |ids: &[LayerId]| Edit::Group {
        ids: ids.to_vec(),
        name: name.clone(),
    };
    // Without the join both convolutions would give an output.
    let refused = graph.apply(&group(&[ids[2], ids[4]]));
    assert!(matches!(refused, Err(EditError::NoBlock(_))), "{refused:?}");
    assert!(matches!(
        graph.apply(&group(&ids[..3])),
        Err(EditError::InputStays)
    ));
    graph.apply(&group(&ids[2..5])).expect("a block");
    let made = graph.blocks()[0].clone();
    assert_eq!(made.name, "Mine");
    assert_eq!(made.settings[0].name, "Filters");
    assert_eq!(made.settings[0].targets.len(), 2);
    assert!(errors(&ten(&graph)).is_empty());
}

#[test]
fn layers_before_and_after_a_folded_block_stay_outside() {
    let mut graph = network(2);
    let norm = Layer::new(Kind::BatchNorm);
    // Before its first layer, which the skip connection passes by.
    graph
        .apply(&Edit::Insert {
            at: 2,
            layer: norm.clone(),
        })
        .expect("a place");
    let exit = graph.ends(only(&graph)).expect("a block").exit;
    graph
        .apply(&Edit::InsertAfter {
            id: exit,
            layer: norm,
        })
        .expect("a place");
    assert_eq!(graph.members(only(&graph)).count(), 3);
    assert!(
        errors(&ten(&graph)).is_empty(),
        "{:?}",
        ten(&graph).problems
    );
    assert_eq!(graph.names()[2], "batch_norm_1");
    assert_eq!(graph.names()[6], "batch_norm_2");
}

#[test]
fn parts_are_copied_as_text_and_pasted_with_their_blocks() {
    let graph = network(2);
    let members: Vec<LayerId> = graph.members(only(&graph)).map(|node| node.id).collect();
    let text = Fragment::of(&graph, &members).expect("layers").to_text();
    assert!(!text.contains("\"input\"\n"), "{text}");
    let fragment = Fragment::parse(&text).expect("what was copied");
    assert_eq!(fragment.len(), 3);
    let mut other = Graph::chain(
        input(8, 8, 3),
        [
            same(16),
            Layer::new(Kind::Flatten),
            dense(10, Activation::Softmax),
        ],
    );
    let after = other.nodes()[1].id;
    let last = other
        .apply(&Edit::Paste { after, fragment })
        .expect("a place");
    assert_eq!(last.map(|id| other.name_of(id)).as_deref(), Some("add_1"));
    assert_eq!(other.blocks().len(), 1);
    assert_eq!(other.blocks()[0].repeat, 2);
    assert_eq!(other.blocks()[0].settings[0].targets.len(), 2);
    let report = ten(&other);
    assert!(errors(&report).is_empty(), "{:?}", report.problems);
    // Half a block is copied as plain layers.
    let half = Fragment::of(&graph, &members[..2]).expect("layers");
    assert!(half.graph().blocks().is_empty());
    // A whole network can be pasted too, without its input.
    assert_eq!(
        Fragment::parse(&graph.to_text()).expect("a network").len(),
        6
    );
    assert!(Fragment::parse("hello").is_err());
}

#[test]
fn blocks_are_written_and_read() {
    let graph = network(3);
    let text = graph.to_text();
    assert!(text.contains("title = \"Residual\"\nrepeat = 3"), "{text}");
    let read = Graph::parse(&text).expect("it is read");
    assert_eq!(read, graph);
    assert_eq!(read.blocks()[0].settings[0].targets.len(), 2);
    let serde = toml::to_string(&graph).expect("it is written");
    assert_eq!(toml::from_str::<Graph>(&serde).expect("it is read"), graph);
    for (wrong, words) in [
        ("repeat = 0", "from 1 to 100"),
        ("repeats = 3", "a block has no “repeats”"),
    ] {
        let error = Graph::parse(&text.replace("repeat = 3", wrong)).expect_err("a problem");
        assert!(error.message.contains(words), "{error}");
    }
    let error = Graph::parse(&text.replacen("block = \"block_1\"", "block = \"x\"", 1));
    assert!(error.expect_err("a problem").message.contains("no block"));
}

#[test]
fn a_rate_goes_in_steps_over_the_copies() {
    // Of a kind without such a setting nothing changes.
    let layer = Layer::new(Kind::Dropout);
    assert_eq!(layer.in_repeat(1, 3), layer);
}
