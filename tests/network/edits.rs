//! Every edit can be undone, and the input stays where it is.

use mapsto::network::{
    Activation, Edit, EditError, Editor, Graph, Kind, Layer, LayerId, Value, template,
};

use crate::{conv, dense, id_of, input};

#[test]
fn names_count_each_kind_in_order() {
    let mut graph = Graph::chain(
        input(8, 8, 1),
        [
            conv(1),
            conv(2),
            Layer::new(Kind::Flatten),
            dense(3, Activation::Relu),
        ],
    );
    assert_eq!(
        graph.names(),
        ["input", "conv2d_1", "conv2d_2", "flatten_1", "dense_1"]
    );
    let second = id_of(&graph, 2);
    graph
        .apply(&Edit::Move { id: second, to: 1 })
        .expect("it can be moved");
    assert_eq!(graph.name_of(second), "conv2d_1");
    assert_eq!(graph.position(second), Some(1));
    assert_eq!(graph.name_of(LayerId(999)), "");
}

#[test]
fn every_edit_can_be_undone_and_done_again() {
    let start = template("digits-cnn").expect("a template").graph(None);
    let id = id_of(&start, 3);
    let edits = [
        (
            Edit::Insert {
                at: 2,
                layer: Layer::new(Kind::BatchNorm),
            },
            "add Batch norm",
        ),
        (Edit::Delete(id), "delete conv2d_2"),
        (Edit::Move { id, to: 1 }, "move conv2d_2"),
        (Edit::Duplicate(id), "duplicate conv2d_2"),
        (
            Edit::Set {
                id,
                name: "filters".into(),
                value: Value::Int(5),
            },
            "change filters of conv2d_2",
        ),
        (
            Edit::Replace(template("plain-mlp").expect("a template").graph(None)),
            "replace the network",
        ),
    ];
    for (edit, label) in edits {
        let mut editor = Editor::new(start.clone());
        let revision = editor.revision();
        editor.apply(edit).expect("it can be done");
        let after = editor.graph().clone();
        assert_ne!(after, start, "{label}");
        assert_eq!(editor.undo_label(), Some(label));
        assert_eq!(editor.undo().as_deref(), Some(label));
        assert_eq!(editor.graph().nodes(), start.nodes(), "{label}: ids too");
        assert_eq!(
            (editor.undo_label(), editor.redo_label()),
            (None, Some(label))
        );
        assert_eq!(editor.redo().as_deref(), Some(label));
        assert_eq!(editor.graph().nodes(), after.nodes(), "{label}");
        assert!(editor.redo().is_none());
        assert_eq!(editor.revision(), revision + 3);
    }
}

#[test]
fn the_input_stays_the_first_and_only_one() {
    let mut graph = Graph::chain(input(8, 8, 1), [conv(1)]);
    let first = id_of(&graph, 0);
    for edit in [
        Edit::Delete(first),
        Edit::Move { id: first, to: 1 },
        Edit::Duplicate(first),
        Edit::Insert {
            at: 1,
            layer: Layer::new(Kind::Input),
        },
    ] {
        assert_eq!(graph.apply(&edit), Err(EditError::InputStays), "{edit:?}");
    }
    assert_eq!(
        graph.apply(&Edit::Delete(LayerId(77))),
        Err(EditError::NoSuchLayer(LayerId(77)))
    );
    let new = graph
        .apply(&Edit::Insert {
            at: 0,
            layer: conv(2),
        })
        .expect("kept after the input")
        .expect("an id");
    assert_eq!(graph.position(new), Some(1));
    graph
        .apply(&Edit::Move {
            id: new,
            to: usize::MAX,
        })
        .expect("kept within the graph");
    assert_eq!(graph.position(new), Some(2));
    graph
        .apply(&Edit::Move { id: new, to: 0 })
        .expect("kept after the input");
    assert_eq!(graph.position(new), Some(1));
    assert_eq!(Graph::new(conv(1)).names(), ["input", "conv2d_1"]);
}

#[test]
fn a_dragged_slider_is_one_step_until_it_is_let_go() {
    let graph = Graph::chain(input(8, 8, 1), [conv(1)]);
    let id = id_of(&graph, 1);
    let set = |name: &str, value: Value| Edit::Set {
        id,
        name: name.into(),
        value,
    };
    let mut editor = Editor::new(graph.clone());
    for filters in 2..50_u64 {
        editor
            .apply(set("filters", Value::Int(filters)))
            .expect("in range");
    }
    editor
        .apply(set("kernel", Value::Int(1)))
        .expect("in range");
    editor.seal();
    editor
        .apply(set("kernel", Value::Int(5)))
        .expect("in range");
    editor
        .apply(set("kernel", Value::Int(5)))
        .expect("changes nothing");
    assert_eq!(editor.undo().as_deref(), Some("change kernel of conv2d_1"));
    assert_eq!(editor.graph().nodes()[1].layer.pair("kernel"), [1, 1]);
    assert!(editor.undo().is_some());
    assert_eq!(editor.graph().nodes()[1].layer.int("filters"), 49);
    assert!(editor.undo().is_some());
    assert_eq!(editor.graph(), &graph);
    assert!(editor.undo().is_none());
}

#[test]
fn a_failed_edit_changes_nothing_and_a_group_of_edits_is_all_or_none() {
    let graph = Graph::chain(input(8, 8, 1), [conv(1)]);
    let id = id_of(&graph, 1);
    let mut editor = Editor::new(graph.clone());
    let wrong = Edit::Set {
        id,
        name: "filters".into(),
        value: Value::from("x"),
    };
    assert!(editor.apply(wrong.clone()).is_err());
    assert!(
        editor
            .apply_all("both", &[Edit::Delete(id), wrong])
            .is_err()
    );
    assert_eq!(
        (editor.graph(), editor.revision(), editor.undo_label()),
        (&graph, 0, None)
    );
}

#[test]
fn undo_goes_back_two_hundred_steps_and_ids_are_never_used_twice() {
    let mut editor = Editor::new(Graph::new(input(8, 8, 1)));
    let mut ids = Vec::new();
    for _ in 0..250 {
        ids.extend(
            editor
                .apply(Edit::Insert {
                    at: 1,
                    layer: conv(1),
                })
                .expect("it can be done"),
        );
    }
    assert_eq!(std::iter::from_fn(|| editor.undo()).count(), 200);
    assert_eq!(editor.graph().nodes().len(), 51);
    ids.extend(
        editor
            .apply(Edit::Insert {
                at: 1,
                layer: conv(1),
            })
            .expect("it can be done"),
    );
    assert!(
        editor.redo_label().is_none(),
        "a new edit ends what could be redone"
    );
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}
