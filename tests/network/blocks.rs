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

#[test]
fn a_block_with_several_ways_in_is_mended_by_ungrouping_it_even_if_it_repeats() {
    let mut graph = network(3);
    // A wire into the middle of it.
    let (from, to) = (graph.nodes()[0].id, graph.nodes()[4].id);
    graph.apply(&Edit::Connect { from, to }).expect("a wire");
    let report = ten(&graph);
    let told = errors(&report)
        .into_iter()
        .find(|problem| problem.message.contains("cannot be one"))
        .expect("the block is told");
    let remedy = told.remedy.clone().expect("a remedy");
    assert_eq!(remedy.label, "Ungroup Residual");
    for edit in &remedy.edits {
        graph.apply(edit).expect("it can be made");
    }
    assert!(graph.blocks().is_empty());
    assert_eq!(
        graph.nodes().len(),
        7,
        "it computed once, and does so still"
    );
    assert!(
        !ten(&graph)
            .problems
            .iter()
            .any(|it| it.message.contains("cannot be one"))
    );
}

#[test]
fn blocks_do_not_stand_in_blocks_and_say_so() {
    let mut graph = network(2);
    let ids: Vec<LayerId> = graph
        .nodes()
        .iter()
        .skip(1)
        .take(4)
        .map(|node| node.id)
        .collect();
    let name = "Stage".to_owned();
    let refused = graph.apply(&Edit::Group { ids, name }).expect_err("nested");
    assert_eq!(
        refused.to_string(),
        "blocks do not stand in blocks, and Residual holds some of these layers: ungroup it first, or leave its layers out"
    );
    // Pasted into an opened block, a block comes as the layers that it is.
    let block = only(&graph);
    let members: Vec<LayerId> = graph.members(block).map(|node| node.id).collect();
    let fragment = Fragment::of(&graph, &members).expect("layers");
    let change = BlockChange::Fold(false);
    graph
        .apply(&Edit::Block { id: block, change })
        .expect("a block");
    let after = members[0];
    graph
        .apply(&Edit::Paste { after, fragment })
        .expect("a place");
    assert_eq!(graph.blocks().len(), 1);
    assert_eq!(graph.members(block).count(), 3 + 2 * 3);
    let report = ten(&graph);
    assert!(errors(&report).is_empty(), "{:?}", report.problems);
}

#[test]
fn the_end_of_a_block_can_be_taken_out_without_losing_its_branch() {
    let mut b = Builder::new(input(8, 8, 3));
    let start = b.then(same(16));
    let block = b.block("Dense", 1, |b| {
        let new = b.then(same(8));
        b.join(Kind::Concatenate, &[start, new]);
    });
    b.then(Layer::new(Kind::GlobalAveragePool));
    b.then(dense(10, Activation::Softmax));
    let mut graph = b.graph();
    let join = graph.ends(block).expect("a block").exit;
    graph.apply(&Edit::Delete(join)).expect("a layer");
    assert!(
        errors(&ten(&graph)).is_empty(),
        "{:?}",
        ten(&graph).problems
    );
    assert_eq!(graph.members(block).count(), 1);
}

#[test]
fn a_setting_of_a_block_is_set_in_all_its_layers_or_in_none() {
    let mut graph = network(1);
    let id = only(&graph);
    let outside = graph.nodes()[1].id;
    let expose = |layer: LayerId, setting: &str, into| Edit::Block {
        id,
        change: BlockChange::Expose {
            layer,
            setting: setting.to_owned(),
            into,
        },
    };
    assert_eq!(
        graph.apply(&expose(outside, "filters", None)),
        Err(EditError::NoMember(outside))
    );
    let (first, second) = (graph.nodes()[2].id, graph.nodes()[3].id);
    // A name cannot follow a number: it gets a setting of its own; and none is there twice.
    graph
        .apply(&expose(first, "activation", Some(0)))
        .expect("a setting");
    graph
        .apply(&expose(first, "filters", None))
        .expect("it is there");
    let block = graph.block(id).expect("a block");
    assert_eq!(block.settings.len(), 2);
    assert_eq!(block.settings[0].targets.len(), 2);
    graph
        .apply(&expose(second, "activation", Some(1)))
        .expect("a setting");
    let before = graph.clone();
    let change = BlockChange::Set {
        setting: 1,
        value: Value::Int(3),
    };
    assert!(graph.apply(&Edit::Block { id, change }).is_err());
    assert_eq!(graph, before);
}

#[test]
fn what_is_folded_stays_so_through_undo() {
    let mut editor = Editor::new(network(1));
    let id = only(editor.graph());
    let layer = editor.graph().nodes()[1].id;
    editor.apply(Edit::Duplicate(layer)).expect("a layer");
    let change = BlockChange::Fold(false);
    editor.apply(Edit::Block { id, change }).expect("a block");
    editor.undo();
    assert_eq!(editor.graph(), &network(1));
    assert!(!editor.graph().block(id).expect("a block").folded);
    editor.redo();
    assert!(!editor.graph().block(id).expect("a block").folded);
}
