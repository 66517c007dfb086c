//! Two networks are paired layer by layer, with what differs.

use mapsto::network::{Activation, Builder, Edit, Graph, Kind, Layer, compare, template};

use crate::{conv, dense, input};

fn chain(layers: Vec<Layer>) -> Graph {
    Graph::chain(input(28, 28, 1), layers)
}

fn written(left: &Graph, right: &Graph) -> Vec<String> {
    let name = |graph: &Graph, id: Option<_>| id.map_or("–".into(), |id| graph.name_of(id));
    let pairs = compare(left, right);
    let lines = pairs.iter().map(|pair| {
        let differences = pair
            .differences
            .iter()
            .map(|it| format!(" {} {}→{}", it.what, it.left, it.right));
        format!(
            "{} {}{}",
            name(left, pair.left),
            name(right, pair.right),
            differences.collect::<String>()
        )
    });
    lines.collect()
}

#[test]
fn equal_networks_have_no_differences() {
    let graph = template("digits-cnn").expect("a template").graph(None);
    assert!(
        compare(&graph, &graph.clone())
            .iter()
            .all(|pair| pair.same())
    );
    assert_eq!(compare(&graph, &graph).len(), graph.nodes().len());
}

#[test]
fn layers_that_one_network_has_stand_alone() {
    let left = chain(vec![
        conv(32),
        Layer::new(Kind::MaxPool),
        Layer::new(Kind::Flatten),
        dense(10, Activation::Softmax),
    ]);
    let right = chain(vec![
        conv(32),
        Layer::new(Kind::BatchNorm),
        Layer::new(Kind::MaxPool).with("size", [3, 3]),
        conv(64),
        Layer::new(Kind::Flatten),
        Layer::new(Kind::Dropout),
        dense(10, Activation::Softmax),
    ]);
    assert_eq!(
        written(&left, &right),
        [
            "input input",
            "conv2d_1 conv2d_1",
            "– batch_norm_1",
            "max_pool_1 max_pool_1 Size 2×2→3×3",
            "– conv2d_2",
            "flatten_1 flatten_1",
            "– dropout_1",
            "dense_1 dense_1",
        ]
    );
}

#[test]
fn the_more_alike_layers_are_paired() {
    let left = chain(vec![conv(64), dense(10, Activation::Softmax)]);
    let right = chain(vec![
        conv(32).with("kernel", [5, 5]),
        conv(64),
        dense(5, Activation::Softmax),
    ]);
    assert_eq!(
        written(&left, &right),
        [
            "input input",
            "– conv2d_1",
            "conv2d_1 conv2d_2",
            "dense_1 dense_1 Units 10→5",
        ]
    );
}

#[test]
fn long_networks_are_compared_too() {
    let left = chain(vec![conv(1); 3_000]);
    let right = chain(vec![conv(2); 2_000]);
    let pairs = compare(&left, &right);
    assert_eq!(pairs.len(), 3_001);
}

#[test]
fn repeats_of_a_block_are_a_difference() {
    let drawn = |repeat: u32, name: &str| {
        let mut b = Builder::new(input(28, 28, 1));
        b.then(conv(8).with("padding", "same"));
        b.block(name, repeat, |b| {
            b.then(conv(8).with("padding", "same"));
            b.then(Layer::new(Kind::BatchNorm));
        });
        b.then(Layer::new(Kind::Flatten));
        b.graph()
    };
    let (two, three) = (drawn(2, "Stage"), drawn(3, "Stage"));
    assert_eq!(
        written(&two, &three),
        [
            "input input",
            "conv2d_1 conv2d_1",
            "conv2d_2 conv2d_2 Block Stage, 2 times→Stage, 3 times",
            "batch_norm_1 batch_norm_1",
            "flatten_1 flatten_1",
        ]
    );
    let mut plain = drawn(1, "Stage");
    let block = plain.blocks()[0].id;
    plain.apply(&Edit::Ungroup(block)).expect("a block");
    assert_eq!(
        written(&drawn(1, "Stage"), &plain)[2],
        "conv2d_2 conv2d_2 Block Stage→none"
    );
}

#[test]
fn huge_networks_are_paired_place_by_place_and_only_by_kind() {
    let of = |first: Layer, kind: Kind| {
        let mut layers = vec![first];
        layers.extend((0..2500).map(|_| Layer::new(kind)));
        layers.push(Layer::new(Kind::Flatten));
        chain(layers)
    };
    let (left, right) = (of(conv(1), Kind::Dropout), of(conv(2), Kind::BatchNorm));
    let pairs = compare(&left, &right);
    assert_eq!(pairs.len(), 1 + 1 + 2 * 2500 + 1);
    assert!(pairs[2].left.is_some() && pairs[2].right.is_none());
}
