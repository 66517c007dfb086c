//! Two networks are paired layer by layer, with what differs.

use mapsto::network::{Activation, Graph, Kind, Layer, compare, template};

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
