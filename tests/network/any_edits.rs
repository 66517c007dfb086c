//! Whatever is done to a graph: the order holds, check answers, files keep it, and undo brings it back.

use mapsto::network::{
    BlockChange, Edit, Editor, Fragment, Graph, Kind, Layer, LayerId, catalogue, template,
};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::ten;

fn any_layer(rng: &mut ChaCha8Rng) -> Layer {
    let kinds = catalogue();
    Layer::new(kinds[rng.random_range(1..kinds.len())].kind)
}

fn any_id(graph: &Graph, rng: &mut ChaCha8Rng) -> LayerId {
    graph.nodes()[rng.random_range(0..graph.nodes().len())].id
}

fn any_edit(graph: &Graph, rng: &mut ChaCha8Rng) -> Edit {
    let id = any_id(graph, rng);
    let other = any_id(graph, rng);
    let at = rng.random_range(0..graph.nodes().len() + 2);
    let layer = any_layer(rng);
    let end = (at + 1 + rng.random_range(0..4)).min(graph.nodes().len());
    let some: Vec<LayerId> = graph.nodes()[at.min(end)..end]
        .iter()
        .map(|node| node.id)
        .collect();
    let kind = [Kind::Add, Kind::Multiply, Kind::Concatenate][rng.random_range(0..3)];
    let block = graph.blocks().first().map(|block| block.id);
    let (from, to) = (other, id);
    match (rng.random_range(0..18), block) {
        (0 | 1, _) => Edit::Insert { at, layer },
        (2, _) => Edit::InsertAfter { id, layer },
        (3, _) => Edit::InsertBetween { from, to, layer },
        (4, _) => Edit::Branch { from, layer },
        (5, _) => Edit::Delete(id),
        (6, _) => Edit::DeleteAll(some),
        (7, _) => Edit::Move { id, to: at },
        (8, _) => Edit::Duplicate(id),
        (9, _) => Edit::Exchange {
            id,
            kind: layer.kind(),
        },
        (10, _) => Edit::Disable {
            ids: some,
            disabled: rng.random(),
        },
        (11, _) => Edit::Connect { from, to },
        (12, _) => Edit::Disconnect { from, to },
        (13, _) => Edit::Join { from, to, kind },
        (14, _) => Edit::Group {
            ids: some,
            name: "b".into(),
        },
        (15, Some(block)) => Edit::Ungroup(block),
        (16, Some(block)) if rng.random() => Edit::Block {
            id: block,
            change: BlockChange::Fold(rng.random()),
        },
        (16, Some(block)) => Edit::Block {
            id: block,
            change: BlockChange::Repeat(rng.random_range(1..5)),
        },
        _ => match Fragment::of(graph, &some) {
            Ok(fragment) => Edit::Paste {
                after: id,
                fragment,
            },
            Err(_) => Edit::Insert { at, layer },
        },
    }
}

#[test]
fn any_edits_leave_a_graph_that_is_in_order_and_can_be_undone() {
    for seed in 0..40 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let start = template("digits-cnn").expect("a template").graph(None);
        let mut editor = Editor::new(start.clone());
        let mut states = vec![start];
        for step in 0..60 {
            let edit = any_edit(editor.graph(), &mut rng);
            let before = editor.graph().clone();
            let name = format!("seed {seed}, step {step}, {edit:?}");
            if editor.apply(edit).is_err() {
                assert_eq!(*editor.graph(), before, "{name}");
                continue;
            }
            let graph = editor.graph();
            assert_eq!(graph.nodes()[0].layer.kind(), Kind::Input, "{name}");
            let report = ten(graph);
            assert_eq!(report.layers.len(), graph.nodes().len(), "{name}");
            // The order is broken only where it has to be, and that is told.
            let late = graph.nodes().iter().enumerate().any(|(place, node)| {
                let late = |id: &LayerId| graph.position(*id).is_none_or(|at| at >= place);
                node.inputs.iter().any(late)
            });
            let told = report
                .errors()
                .any(|problem| problem.message.contains("which needs that of"));
            assert!(!late || told, "{name}");
            for remedy in report.problems.iter().filter_map(|it| it.remedy.as_ref()) {
                let mut mended = graph.clone();
                for edit in &remedy.edits {
                    let done = mended.apply(edit);
                    assert!(done.is_ok(), "{name}: {}: {done:?}", remedy.label);
                }
                assert_ne!(mended, *graph, "{name}: {} changes nothing", remedy.label);
            }
            let read = Graph::parse(&graph.to_text());
            assert_eq!(
                read.as_ref().ok(),
                Some(graph),
                "{name}\n{}",
                graph.to_text()
            );
            if *graph != before {
                states.push(graph.clone());
            }
        }
        while editor.undo().is_some() {}
        assert_eq!(editor.graph(), &states[0], "seed {seed}");
        while editor.redo().is_some() {}
        assert_eq!(Some(editor.graph()), states.last(), "seed {seed}");
        let _: u32 = rng.next_u32();
    }
}
