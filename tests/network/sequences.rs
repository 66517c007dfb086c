//! The rules of layers on sequences: what they take, give, cost and refuse.

use mapsto::network::{Activation, Graph, Kind, Layer, Loss, Report};

use crate::{context, conv, dense, errors, input, mend, outputs, ten};

fn patches(patch: [u64; 2], dimensions: u64) -> Layer {
    Layer::new(Kind::PatchEmbedding)
        .with("patch", patch)
        .with("dimensions", dimensions)
}

fn attention(heads: u64) -> Layer {
    Layer::new(Kind::Attention).with("heads", heads)
}

fn report(image: Layer, layers: impl IntoIterator<Item = Layer>) -> Report {
    ten(&Graph::chain(image, layers))
}

/// The only error, the label of its remedy, and whether clicking the remedies mends the network.
fn refused(image: Layer, layers: Vec<Layer>) -> (String, String) {
    let graph = Graph::chain(image, layers);
    let report = ten(&graph);
    let told = errors(&report);
    let first = told.first().expect("an error");
    let label = first.remedy.as_ref().map(|it| it.label.clone());
    let (_, mended) = mend(&graph, &context(10, Loss::CrossEntropy));
    if label.is_some() {
        assert!(mended.network.is_some(), "{:?}", mended.problems);
    }
    (first.message.clone(), label.unwrap_or_default())
}

#[test]
fn a_vision_transformer_has_the_shapes_and_costs_of_pytorchs() {
    let graph = [
        patches([16, 16], 192),
        Layer::new(Kind::ClassToken),
        Layer::new(Kind::PositionEmbedding),
        attention(3),
        Layer::new(Kind::SelectToken),
        dense(1000, Activation::Softmax),
    ];
    let report = report(input(224, 224, 3), graph);
    assert_eq!(
        outputs(&report),
        [
            "224×224×3",
            "196×192",
            "197×192",
            "197×192",
            "197×192",
            "192",
            "1000"
        ]
    );
    let parameters: Vec<u64> = report.layers.iter().map(|layer| layer.parameters).collect();
    // ViT-Tiny's: a 16×16 convolution, token, positions, in_proj and out_proj with biases, head.
    assert_eq!(parameters, [0, 147_648, 192, 37_824, 148_224, 0, 193_000]);
    let attended = &report.layers[4];
    assert_eq!(
        attended.multiply_adds,
        4 * 197 * 192 * 192 + 2 * 197 * 197 * 192
    );
    assert_eq!(report.layers[1].multiply_adds, 196 * 768 * 192);
}

#[test]
fn biases_and_learnt_positions_are_counted_only_where_they_are() {
    let layers = [
        patches([4, 7], 8).with("bias", false),
        Layer::new(Kind::PositionEmbedding).with("method", "sinusoidal"),
        attention(2).with("bias", false),
        Layer::new(Kind::Flatten),
        dense(10, Activation::Softmax),
    ];
    let report = report(input(28, 28, 1), layers);
    assert_eq!(outputs(&report)[1..4], ["28×8", "28×8", "28×8"]);
    let parameters: Vec<u64> = report.layers.iter().map(|layer| layer.parameters).collect();
    assert_eq!(parameters[..4], [0, 28 * 8, 0, 4 * 64]);
}

#[test]
fn recurrent_layers_read_rows_columns_or_tokens_both_ways() {
    let lstm = || Layer::new(Kind::Lstm).with("units", 5_u64);
    let gru = || Layer::new(Kind::Gru).with("units", 5_u64);
    // Layer, output, parameters as PyTorch's nn.LSTM and nn.GRU have, multiply-adds.
    let cases = [
        (lstm(), "5", 4 * 5 * (18 + 5 + 2), 4 * 4 * 5 * (18 + 5)),
        (
            lstm().with("over", "columns").with("output", "sequence"),
            "6×5",
            4 * 5 * (12 + 5 + 2),
            6 * 4 * 5 * (12 + 5),
        ),
        (
            lstm().with("direction", "both"),
            "10",
            2 * 4 * 5 * (18 + 5 + 2),
            2 * 4 * 4 * 5 * (18 + 5),
        ),
        (
            gru()
                .with("direction", "backward")
                .with("output", "sequence"),
            "4×5",
            3 * 5 * (18 + 5 + 2),
            4 * 3 * 5 * (18 + 5),
        ),
        (
            gru().with("direction", "both").with("output", "sequence"),
            "4×10",
            2 * 3 * 5 * (18 + 5 + 2),
            2 * 4 * 3 * 5 * (18 + 5),
        ),
    ];
    for (layer, output, parameters, multiply_adds) in cases {
        let summary = layer.summary();
        let report = report(input(4, 6, 3), [layer]);
        assert_eq!(outputs(&report)[1], output, "{summary}");
        let figures = &report.layers[1];
        assert_eq!(figures.parameters, parameters, "{summary}");
        assert_eq!(figures.multiply_adds, multiply_adds, "{summary}");
    }
    // Of a sequence it reads the tokens, whatever "over" says.
    let tokens = lstm().with("over", "columns").with("output", "sequence");
    let report = report(input(4, 6, 3), [patches([2, 2], 7), tokens]);
    assert_eq!(outputs(&report)[1..], ["6×7", "6×5"]);
}

#[test]
fn heads_that_do_not_divide_the_features_are_set_to_the_nearest_that_do() {
    let layers = vec![patches([7, 7], 30), attention(4), Layer::new(Kind::Flatten)];
    let (message, label) = refused(input(28, 28, 1), layers);
    assert_eq!(
        message,
        "attention_1 cannot split 30 features into 4 heads: set heads of attention_1 to 3"
    );
    assert_eq!(label, "Set heads of attention_1 to 3");
}

#[test]
fn patches_that_do_not_divide_the_maps_are_set_to_the_nearest_that_do() {
    let layers = vec![
        patches([16, 10], 30),
        Layer::new(Kind::SelectToken),
        dense(10, Activation::Softmax),
    ];
    let (message, label) = refused(input(28, 35, 1), layers);
    assert_eq!(
        message,
        "patch_embedding_1 cannot cut 28×35 maps into patches of 16×10: set patch of patch_embedding_1 to 14×7"
    );
    assert_eq!(label, "Set patch of patch_embedding_1 to 14×7");
}

#[test]
fn maps_before_a_layer_on_sequences_get_a_patch_embedding_that_fits() {
    let head = || {
        [
            Layer::new(Kind::SelectToken),
            dense(10, Activation::Softmax),
        ]
    };
    let with = |layer: Layer| [vec![layer], head().to_vec()].concat();
    let (message, label) = refused(input(28, 28, 1), with(attention(3)));
    assert_eq!(
        message,
        "attention_1 takes a sequence, but input gives maps (28×28×1): insert patch embedding with 4×4 patches before attention_1"
    );
    assert_eq!(
        label,
        "Insert patch embedding with 4×4 patches before attention_1"
    );
    let (_, label) = refused(input(224, 224, 3), with(Layer::new(Kind::ClassToken)));
    assert_eq!(
        label,
        "Insert patch embedding with 16×16 patches before class_token_1"
    );
    // Five heads do not divide the usual 192 features; the inserted ones fit at once.
    let graph = Graph::chain(input(30, 20, 1), with(attention(5)));
    let (graph, report) = mend(&graph, &context(10, Loss::CrossEntropy));
    assert_eq!(graph.nodes()[1].layer.int("dimensions"), 320);
    assert_eq!(outputs(&report)[1], "100×320");
}

#[test]
fn a_vector_before_a_layer_on_sequences_is_told_with_what_helps() {
    let softmax = || dense(10, Activation::Softmax);
    let lstm = || Layer::new(Kind::Lstm);
    let (message, label) = refused(input(28, 28, 1), vec![lstm(), lstm(), softmax()]);
    assert_eq!(label, "Set output of lstm_1 to sequence");
    assert!(message.contains("lstm_2 takes maps or a sequence, but lstm_1 gives a vector (64)"));
    let flat = vec![conv(4), Layer::new(Kind::Flatten), attention(3), softmax()];
    let (_, label) = refused(input(28, 28, 1), flat);
    assert_eq!(label, "Move attention_1 before flatten_1");
}

#[test]
fn a_layer_on_maps_behind_a_sequence_is_moved_before_what_makes_it() {
    let layers = vec![
        conv(4),
        patches([13, 13], 12),
        Layer::new(Kind::ClassToken),
        conv(4),
        Layer::new(Kind::SelectToken),
        dense(10, Activation::Softmax),
    ];
    let (message, label) = refused(input(28, 28, 1), layers);
    assert_eq!(label, "Move conv2d_2 before patch_embedding_1");
    assert_eq!(
        message,
        "conv2d_2 takes maps, but class_token_1 gives a sequence (5×12): move conv2d_2 before patch_embedding_1"
    );
}

#[test]
fn too_many_tokens_are_refused_before_memory_runs_out() {
    let layers = vec![patches([1, 1], 3), attention(3), Layer::new(Kind::Flatten)];
    let (message, label) = refused(input(224, 224, 1), layers);
    assert!(
        message.contains("attention_1 cannot compare 50,176 tokens"),
        "{message}"
    );
    assert_eq!(label, "");
}

#[test]
fn nothing_of_a_sequence_overflows() {
    let huge = input(4096, 4096, 3);
    let most = Layer::new(Kind::Lstm)
        .with("units", 65_536_u64)
        .with("direction", "both")
        .with("output", "sequence");
    let layers = [
        patches([1, 1], 65_536),
        Layer::new(Kind::ClassToken),
        Layer::new(Kind::PositionEmbedding),
        most.clone(),
        attention(1024),
        most,
    ];
    let report = report(huge, layers);
    assert!(report.network.is_none());
    assert!(errors(&report).len() >= 4, "{:?}", report.problems);
}

#[test]
fn cards_of_layers_on_sequences_say_what_is_unusual() {
    assert_eq!(patches([4, 4], 64).summary(), "4×4, 64");
    assert_eq!(attention(1).summary(), "1 head");
    assert_eq!(
        attention(8).with("dropout", 0.1).summary(),
        "8 heads, dropout 0.1"
    );
    let gru = Layer::new(Kind::Gru);
    assert_eq!(gru.summary(), "64");
    assert_eq!(
        gru.with("direction", "both")
            .with("over", "columns")
            .summary(),
        "64, both, columns"
    );
}

#[test]
fn sequences_are_joined_where_they_fit() {
    use mapsto::network::Builder;
    let joined = |kind: Kind, features: u64| {
        let mut build = Builder::new(input(8, 8, 1));
        let one = build.then(patches([4, 4], 6));
        let two = build.after(one, dense(6, Activation::Relu));
        let other = build.after(
            one,
            dense(usize::try_from(features).unwrap_or(0), Activation::Relu),
        );
        build.join(kind, &[two, other]);
        build.then(Layer::new(Kind::Flatten));
        build.then(dense(10, Activation::Softmax));
        build.graph()
    };
    let report = ten(&joined(Kind::Add, 6));
    assert!(report.network.is_some(), "{:?}", report.problems);
    assert!(!outputs(&report).contains(&"8×6".to_owned()));
    let report = ten(&joined(Kind::Concatenate, 6));
    assert!(outputs(&report).contains(&"8×6".to_owned()));
    for kind in [Kind::Add, Kind::Concatenate] {
        let graph = joined(kind, 5);
        let report = ten(&graph);
        let told = errors(&report);
        let label = &told[0].remedy.as_ref().expect("a remedy").label;
        assert!(
            label.starts_with("Add dense with 6 units before"),
            "{label}"
        );
        let (_, mended) = mend(&graph, &context(10, Loss::CrossEntropy));
        assert!(mended.network.is_some(), "{:?}", mended.problems);
    }
}

#[test]
fn norms_for_maps_behind_a_sequence_become_layer_norm_in_one_click() {
    for kind in [
        Kind::GroupNorm,
        Kind::BatchNorm,
        Kind::InstanceNorm,
        Kind::SpatialDropout,
    ] {
        let layers = vec![
            patches([7, 7], 12),
            Layer::new(kind),
            Layer::new(Kind::Flatten),
            dense(10, Activation::Softmax),
        ];
        let (message, label) = refused(input(28, 28, 1), layers);
        let made = match kind {
            Kind::SpatialDropout => "dropout",
            _ => "layer norm",
        };
        assert_eq!(label, format!("Make {}_1 {made}", kind.entry().name));
        assert!(
            message.contains("gives a sequence (16×12): make"),
            "{message}"
        );
    }
}

#[test]
fn the_memory_of_an_attention_holds_a_weight_for_each_pair_of_tokens_in_each_head() {
    let of = |patch: u64| {
        let layers = vec![
            patches([patch, patch], 12),
            attention(3),
            Layer::new(Kind::Flatten),
            dense(10, Activation::Softmax),
        ];
        report(input(28, 28, 1), layers)
    };
    let (few, many) = (of(14), of(2));
    assert_eq!(few.layers[2].activation_bytes, 4 * (4 * 12 + 3 * 4 * 4));
    assert_eq!(
        many.layers[2].activation_bytes,
        4 * (196 * 12 + 3 * 196 * 196)
    );
    // Training keeps them twice: before and after the softmax.
    assert!(many.image_bytes > 4 * 2 * 3 * 196 * 196);
}
