//! The blocks of the library fit where they are put.

use mapsto::network::{
    BlockChange, Edit, Editor, Graph, Kind, Layer, Loss, Shape, Value, check, library,
    library_block,
};

use crate::{context, conv, dense, id_of, input};
use mapsto::network::Activation;

/// 16×16 maps, so many, or a sequence of 16 tokens with so many features; then a dense layer.
fn around(channels: usize, sequence: bool) -> Graph {
    if sequence {
        let patches = Layer::new(Kind::PatchEmbedding)
            .with("patch", [4_u64, 4])
            .with("dimensions", channels);
        let select = Layer::new(Kind::SelectToken).with("token", "mean");
        return Graph::chain(
            input(16, 16, 3),
            [patches, select, dense(5, Activation::Softmax)],
        );
    }
    Graph::chain(
        input(16, 16, 3),
        [
            conv(channels).with("padding", "same"),
            Layer::new(Kind::GlobalAveragePool),
            dense(5, Activation::Softmax),
        ],
    )
}

#[test]
fn every_block_fits_after_any_number_of_maps() {
    for block in library() {
        for channels in [32, 192, 30, 7, 1] {
            let graph = around(channels, block.of_sequence);
            let shape = check(&graph, &context(5, Loss::CrossEntropy)).layers[1].output;
            let fragment = block.fragment(shape);
            let mut editor = Editor::new(graph);
            let after = id_of(editor.graph(), 1);
            let pasted = editor.apply(Edit::Paste { after, fragment });
            pasted.expect("a block can be put there");
            let report = check(editor.graph(), &context(5, Loss::CrossEntropy));
            let errors: Vec<_> = report.errors().collect();
            assert!(
                errors.is_empty(),
                "{} after {channels}: {errors:?}",
                block.name
            );
            assert_eq!(editor.graph().blocks().len(), 1, "{}", block.name);
            let of_block = &report.blocks[0];
            assert!(of_block.parameters > 0, "{}", block.name);
            if !block.name.contains("projected")
                && !block.name.contains("strided")
                && !["dense-block", "inception", "fire"].contains(&block.name)
            {
                assert_eq!(of_block.input, of_block.output, "{}", block.name);
            }
        }
    }
}

#[test]
fn a_block_has_a_name_a_title_and_says_what_it_does() {
    for block in library() {
        assert!(!block.title.is_empty() && block.help.len() > 20);
        assert!(!block.help.ends_with('.'), "{}", block.help);
        let found = library_block(block.name).expect("found by its name");
        assert_eq!(found.title, block.title);
        let fragment = block.fragment(None);
        assert!(!fragment.is_empty());
        let text = fragment.to_text();
        let read = mapsto::network::Fragment::parse(&text).expect("its text is read");
        assert_eq!(read.to_text(), text, "{}", block.name);
    }
}

#[test]
fn the_settings_of_a_block_set_all_their_layers() {
    let graph = around(64, false);
    let block = library_block("bottleneck-projected").expect("a block");
    let shape = Shape::Maps {
        height: 16,
        width: 16,
        channels: 64,
    };
    let mut editor = Editor::new(graph);
    let after = id_of(editor.graph(), 1);
    let fragment = block.fragment(Some(shape));
    let pasted = editor.apply(Edit::Paste { after, fragment });
    pasted.expect("a block can be put there");
    let block = editor.graph().blocks()[0].clone();
    let names: Vec<&str> = block.settings.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Filters", "Stride"]);
    for (setting, value) in [(0, Value::Int(12)), (1, Value::Pair([4, 4]))] {
        let change = BlockChange::Set { setting, value };
        let id = block.id;
        let changed = editor.apply(Edit::Block { id, change });
        changed.expect("a block's setting can be changed");
    }
    let report = check(editor.graph(), &context(5, Loss::CrossEntropy));
    assert!(report.network.is_some(), "{:?}", report.problems);
    let output = report.blocks[0].output.map(|shape| shape.to_string());
    assert_eq!(output, Some("4×4×48".into()));
}
