//! Shapes, costs and refusals of every form of convolution and pooling, as in PyTorch.

use mapsto::network::{Activation, Graph, Kind, Layer, Loss, Report};

use crate::{context, conv, dense, errors, input, mend, ten};

/// A layer on an image, with what makes a whole network of it.
fn after(height: usize, width: usize, layer: Layer) -> Graph {
    let layers = [
        layer,
        Layer::new(Kind::Flatten),
        dense(10, Activation::Softmax),
    ];
    Graph::chain(input(height, width, 3), layers)
}

/// The layer's output shape, parameters and multiply-adds, where it has an input of 3 maps.
fn figures(height: usize, width: usize, layer: Layer) -> (String, u64, u64) {
    let report = ten(&after(height, width, layer));
    assert!(errors(&report).is_empty(), "{:?}", errors(&report));
    let layer = &report.layers[1];
    let shape = layer.output.expect("a known shape").to_string();
    (shape, layer.parameters, layer.multiply_adds)
}

fn shape(height: usize, width: usize, layer: Layer) -> String {
    figures(height, width, layer).0
}

/// The only error, and the report once its remedy is clicked.
fn mended(graph: &Graph) -> (String, Report, Graph) {
    let report = ten(graph);
    let errors = errors(&report);
    assert_eq!(errors.len(), 1, "{errors:?}");
    let message = errors[0].message.clone();
    let (graph, report) = mend(graph, &context(10, Loss::CrossEntropy));
    assert!(
        report.errors().next().is_none(),
        "{message}: {:?}",
        report.problems
    );
    (message, report, graph)
}

fn explicit(kind: Kind, pad: [u64; 2]) -> Layer {
    Layer::new(kind)
        .with("padding", "explicit")
        .with("pad", pad)
}

#[test]
fn explicit_padding_and_dilation_make_pytorchs_shapes() {
    let padded = explicit(Kind::Conv2d, [1, 2]);
    assert_eq!(shape(5, 6, padded.clone()), "5×8×32");
    assert_eq!(
        shape(5, 6, padded.clone().with("padding", "valid")),
        "3×4×32"
    );
    assert_eq!(shape(7, 8, padded.with("stride", [2, 3])), "4×4×32");
    let spread = conv(4).with("dilation", [2, 3]);
    assert_eq!(shape(9, 9, spread.clone()), "5×3×4");
    assert_eq!(shape(9, 9, spread.with("padding", "same")), "9×9×4");
    assert_eq!(shape(1, 1, explicit(Kind::Conv2d, [1, 1])), "1×1×32");
}

#[test]
fn groups_and_biases_change_the_parameters() {
    let plain = conv(6);
    assert_eq!(figures(5, 5, plain.clone()), ("3×3×6".into(), 168, 1458));
    assert_eq!(figures(5, 5, plain.clone().with("groups", 3)).1, 60);
    assert_eq!(figures(5, 5, plain.clone().with("groups", 3)).2, 486);
    assert_eq!(figures(5, 5, plain.with("bias", false)).1, 162);
    let without = dense(10, Activation::Softmax).with("bias", false);
    let graph = Graph::chain(input(2, 2, 3), [Layer::new(Kind::Flatten), without]);
    assert_eq!(ten(&graph).parameters, 120);
}

#[test]
fn depthwise_separable_and_transposed_convolutions_have_the_figures_by_hand() {
    let depthwise = Layer::new(Kind::DepthwiseConv2d);
    assert_eq!(figures(5, 5, depthwise.clone()), ("3×3×3".into(), 30, 243));
    let doubled = depthwise.with("multiplier", 2).with("stride", [2, 2]);
    assert_eq!(figures(5, 5, doubled), ("2×2×6".into(), 60, 216));
    let separable = Layer::new(Kind::SeparableConv2d).with("filters", 8);
    assert_eq!(
        figures(5, 5, separable),
        ("3×3×8".into(), 27 + 24 + 8, 9 * 51)
    );
    let transposed = Layer::new(Kind::TransposedConv2d).with("filters", 8);
    assert_eq!(
        figures(3, 4, transposed.clone()),
        ("6×8×8".into(), 3 * 8 * 4 + 8, 12 * 3 * 8 * 4)
    );
    let wide = transposed
        .with("kernel", [3, 4])
        .with("stride", [2, 3])
        .with("pad", [1, 2])
        .with("output_pad", [1, 2]);
    assert_eq!(shape(3, 4, wide), "6×11×8");
}

#[test]
fn pools_that_round_up_end_with_a_window_that_starts_inside() {
    let up = |size: [u64; 2], stride: [u64; 2]| {
        Layer::new(Kind::MaxPool)
            .with("size", size)
            .with("stride", stride)
            .with("ceil", true)
    };
    assert_eq!(shape(6, 7, up([3, 2], [2, 2])), "3×4×3");
    assert_eq!(shape(112, 111, up([3, 3], [2, 2])), "56×55×3");
    // A window that is larger by less than the stride still fits once; one that would start outside is left out.
    assert_eq!(shape(2, 4, up([3, 1], [2, 3])), "1×2×3");
    assert_eq!(shape(5, 5, up([1, 1], [3, 3])), "2×2×3");
    let padded = up([2, 2], [3, 3])
        .with("padding", "explicit")
        .with("pad", [1, 1]);
    assert_eq!(shape(5, 6, padded), "2×3×3");
    let large = after(2, 2, up([9, 9], [2, 2]));
    assert!(
        errors(&ten(&large))[0]
            .message
            .contains("larger than its input")
    );
    let same = up([2, 2], [2, 2]).with("padding", "same");
    assert_eq!(shape(5, 5, same), "3×3×3");
}

#[test]
fn adaptive_pools_make_maps_of_any_size() {
    let pool = |size: [u64; 2]| Layer::new(Kind::AdaptiveAveragePool).with("size", size);
    assert_eq!(shape(7, 9, pool([1, 1])), "1×1×3");
    assert_eq!(shape(2, 3, pool([6, 5])), "6×5×3");
}

#[test]
fn groups_that_do_not_divide_are_set_to_the_nearest_that_do() {
    let (message, _, graph) = mended(&after(8, 8, conv(12).with("groups", 5)));
    assert!(
        message.contains("conv2d_1 cannot split 3 channels and 12 filters into 5 groups"),
        "{message}"
    );
    assert_eq!(graph.nodes()[1].layer.int("groups"), 3);
    let (_, _, graph) = mended(&after(8, 8, conv(7).with("groups", 60_000)));
    assert_eq!(graph.nodes()[1].layer.int("groups"), 1);
}

#[test]
fn windows_and_pads_that_do_not_fit_are_told_with_a_remedy() {
    let spread = conv(4).with("dilation", [5, 5]);
    let (message, ..) = mended(&after(8, 8, spread));
    assert!(
        message.contains("the 11×11 window of conv2d_1"),
        "{message}"
    );
    for kind in [Kind::DepthwiseConv2d, Kind::SeparableConv2d] {
        let (message, ..) = mended(&after(2, 9, Layer::new(kind)));
        assert!(message.contains("larger than its input"), "{message}");
    }
    for kind in [Kind::MaxPool, Kind::AveragePool] {
        let (message, _, graph) = mended(&after(8, 8, explicit(kind, [2, 1])));
        assert!(message.contains("pads by 2×1, more than half"), "{message}");
        assert_eq!(graph.nodes()[1].layer.pair("pad"), [1, 1]);
    }
    let transposed = Layer::new(Kind::TransposedConv2d);
    let (message, _, graph) = mended(&after(2, 3, transposed.clone().with("pad", [2, 1])));
    assert!(message.contains("leaves nothing"), "{message}");
    assert_eq!(graph.nodes()[1].layer.pair("pad"), [1, 1]);
    let (message, _, graph) = mended(&after(2, 3, transposed.with("output_pad", [1, 2])));
    assert!(message.contains("less than its stride of 2"), "{message}");
    assert_eq!(graph.nodes()[1].layer.pair("output_pad"), [1, 1]);
}

#[test]
fn absurd_numbers_are_refused_without_breaking_off() {
    let most = u64::MAX;
    let absurd = [
        conv(usize::MAX)
            .with("dilation", [most, most])
            .with("groups", most),
        explicit(Kind::Conv2d, [most, most]),
        explicit(Kind::AveragePool, [most, 0]).with("ceil", true),
        Layer::new(Kind::DepthwiseConv2d).with("multiplier", most),
        Layer::new(Kind::SeparableConv2d).with("kernel", [0, 0]),
        Layer::new(Kind::TransposedConv2d)
            .with("stride", [most, most])
            .with("output_pad", [most, most]),
        Layer::new(Kind::AdaptiveAveragePool).with("size", [most, 0]),
        conv(8).with("weight_decay", f64::NAN),
    ];
    for layer in absurd {
        let report = ten(&after(28, 28, layer.clone()));
        assert!(report.network.is_none(), "{layer:?}");
        assert!(report.errors().all(|e| e.message.contains("_1")));
    }
    // Every setting within its range, and yet too much.
    let grown = (0..8).map(|_| {
        Layer::new(Kind::TransposedConv2d)
            .with("kernel", [1024, 1024])
            .with("stride", [1024, 1024])
            .with("filters", 65_536)
    });
    let report = ten(&Graph::chain(input(4096, 4096, 3), grown));
    assert!(report.network.is_none());
    let spread = conv(4)
        .with("kernel", [1024, 1024])
        .with("dilation", [1024, 1024])
        .with("padding", "same");
    let report = ten(&after(28, 28, spread));
    assert!(
        errors(&report)[0]
            .message
            .contains("padded to 1,047,581×1,047,581")
    );
}

#[test]
fn vectors_and_sequences_are_refused_by_what_slides() {
    for kind in [
        Kind::DepthwiseConv2d,
        Kind::SeparableConv2d,
        Kind::TransposedConv2d,
        Kind::AdaptiveAveragePool,
    ] {
        let layers = [Layer::new(Kind::Flatten), Layer::new(kind)];
        let report = ten(&Graph::chain(input(8, 8, 3), layers));
        assert!(errors(&report)[0].message.contains("takes maps"));
    }
}

#[test]
fn receptive_fields_count_the_gaps_of_a_dilation() {
    let graph = after(28, 28, conv(4).with("dilation", [3, 1]));
    assert_eq!(ten(&graph).layers[1].receptive_field, Some(7));
}

#[test]
fn cards_say_what_is_unusual() {
    let layer = explicit(Kind::Conv2d, [1, 1])
        .with("dilation", [2, 2])
        .with("groups", 4);
    assert_eq!(
        layer.summary(),
        "3×3, 32, relu, pad 1, dilation 2, 4 groups"
    );
    assert_eq!(Layer::new(Kind::DepthwiseConv2d).summary(), "3×3, relu");
    assert_eq!(Layer::new(Kind::AdaptiveAveragePool).summary(), "to 1×1");
    let pool = Layer::new(Kind::MaxPool).with("ceil", true);
    assert_eq!(pool.summary(), "2×2, rounded up");
    let transposed = Layer::new(Kind::TransposedConv2d);
    assert_eq!(transposed.summary(), "2×2, 32, relu, stride 2");
}
