//! What the layers that normalise, regularise and reshape make of each form of input, what they cost, and what
//! they say where their settings do not fit.

use mapsto::network::{
    Activation, Graph, Kind, Layer, Loss, Shape, ShapeError, axes_in_order, catalogue,
};

use crate::{context, conv, dense, errors, input, mend, outputs, ten};

const fn maps(height: usize, width: usize, channels: usize) -> Shape {
    Shape::Maps {
        height,
        width,
        channels,
    }
}

const SEQUENCE: Shape = Shape::Sequence {
    length: 5,
    features: 12,
};
const VECTOR: Shape = Shape::Vector { units: 12 };
const MAPS: Shape = maps(4, 6, 12);

fn shape(layer: &Layer, input: Shape) -> Result<Shape, ShapeError> {
    (layer.kind().entry().shape)(layer, &[input])
}

fn cost(layer: &Layer, input: Shape) -> (u64, u64) {
    let output = shape(layer, input).expect("it is taken");
    let cost = (layer.kind().entry().cost)(layer, &[input], output).expect("it can be counted");
    (cost.parameters, cost.multiply_adds)
}

#[test]
fn some_take_any_input_and_keep_its_shape() {
    for kind in [
        Kind::LayerNorm,
        Kind::LayerScale,
        Kind::Prelu,
        Kind::GaussianNoise,
        Kind::StochasticDepth,
    ] {
        for input in [MAPS, VECTOR, SEQUENCE] {
            assert_eq!(shape(&Layer::new(kind), input), Ok(input), "{kind:?}");
        }
    }
}

#[test]
fn the_others_say_that_they_take_maps() {
    for kind in [
        Kind::InstanceNorm,
        Kind::SpatialDropout,
        Kind::ZeroPadding,
        Kind::Upsample,
    ] {
        assert!(shape(&Layer::new(kind), MAPS).is_ok(), "{kind:?}");
        for input in [VECTOR, SEQUENCE] {
            let told = shape(&Layer::new(kind), input);
            assert_eq!(told, Err(ShapeError::NeedsMaps), "{kind:?}");
        }
    }
    let groups = Layer::new(Kind::GroupNorm).with("groups", 4);
    assert_eq!(shape(&groups, VECTOR), Ok(VECTOR));
    assert_eq!(shape(&groups, SEQUENCE), Err(ShapeError::NeedsMaps));
}

#[test]
fn parameters_are_two_a_channel_one_a_channel_or_none() {
    let layer = Layer::new;
    for (layer, parameters, multiply_adds) in [
        (layer(Kind::LayerNorm), 24, 288),
        (layer(Kind::GroupNorm).with("groups", 3), 24, 288),
        (layer(Kind::InstanceNorm), 24, 288),
        (layer(Kind::InstanceNorm).with("affine", false), 0, 288),
        (layer(Kind::LayerScale), 12, 288),
        (layer(Kind::Prelu), 12, 0),
        (layer(Kind::StochasticDepth), 0, 0),
        (layer(Kind::Upsample), 0, 0),
    ] {
        let found = cost(&layer, MAPS);
        assert_eq!(found, (parameters, multiply_adds), "{:?}", layer.kind());
    }
    assert_eq!(cost(&layer(Kind::LayerNorm), SEQUENCE), (24, 60));
    assert_eq!(cost(&layer(Kind::LayerScale), VECTOR), (12, 12));
}

#[test]
fn maps_grow_by_padding_and_by_factors() {
    let padded = Layer::new(Kind::ZeroPadding)
        .with("rows", [0, 2])
        .with("columns", [3, 1]);
    assert_eq!(shape(&padded, MAPS), Ok(maps(6, 10, 12)));
    let larger = Layer::new(Kind::Upsample).with("factor", [3, 1]);
    assert_eq!(shape(&larger, MAPS), Ok(maps(12, 6, 12)));
    for layer in [padded, larger] {
        let told = shape(&layer, maps(usize::MAX, 1, 1));
        assert_eq!(told, Err(ShapeError::Overflow));
    }
}

#[test]
fn permute_takes_each_order_of_maps_and_swaps_a_sequence() {
    let permute = |order: &str| Layer::new(Kind::Permute).with("order", order);
    for (order, expected) in [
        ("height_width_channels", maps(4, 6, 12)),
        ("width_height_channels", maps(6, 4, 12)),
        ("channels_height_width", maps(12, 4, 6)),
        ("height_channels_width", maps(4, 12, 6)),
        ("width_channels_height", maps(6, 12, 4)),
        ("channels_width_height", maps(12, 6, 4)),
    ] {
        assert_eq!(shape(&permute(order), MAPS), Ok(expected), "{order}");
        let mut axes = axes_in_order(order);
        axes.sort_unstable();
        assert_eq!(axes, [0, 1, 2]);
    }
    let swapped = Shape::Sequence {
        length: 12,
        features: 5,
    };
    let identity = permute("height_width_channels");
    assert_eq!(shape(&identity, SEQUENCE), Ok(SEQUENCE));
    let swap = permute("width_height_channels");
    assert_eq!(shape(&swap, SEQUENCE), Ok(swapped));
    assert_eq!(shape(&swap, VECTOR), Err(ShapeError::NeedsMaps));
    assert!(matches!(
        shape(&permute("channels_height_width"), SEQUENCE),
        Err(ShapeError::Refused { set: Some(("order", value)), .. }) if value == "width_height_channels".into()
    ));
    assert_eq!(axes_in_order("nonsense"), [0, 1, 2]);
}

/// The first problem, the remedy's label, and what comes out of every layer once it is mended.
fn told(layer: Layer, input: Layer) -> (String, Option<String>, Vec<String>) {
    let layers = [
        conv(6).with("kernel", [1, 1]),
        layer,
        Layer::new(Kind::Flatten),
        dense(10, Activation::Softmax),
    ];
    let graph = Graph::chain(input, layers);
    let report = ten(&graph);
    let problem = errors(&report)[0].clone();
    let (_, mended) = mend(&graph, &context(10, Loss::CrossEntropy));
    let label = problem.remedy.map(|remedy| remedy.label);
    assert_eq!(mended.network.is_some(), label.is_some());
    (problem.message, label, outputs(&mended))
}

#[test]
fn settings_that_do_not_fit_the_input_are_told_with_the_value_that_does() {
    let groups = Layer::new(Kind::GroupNorm).with("groups", 4);
    let (message, label, _) = told(groups, input(4, 4, 1));
    assert_eq!(label.as_deref(), Some("Set groups of group_norm_1 to 3"));
    assert_eq!(
        message,
        "group_norm_1 cannot split 6 channels into 4 equal groups: set groups of group_norm_1 to 3"
    );
    let instance = Layer::new(Kind::InstanceNorm);
    let (message, label, _) = told(instance, input(1, 1, 1));
    assert_eq!(label, None);
    assert!(message.starts_with("instance_norm_1 takes maps of more than 1×1"));

    let reshape = |height: usize, width: usize, channels: usize| {
        Layer::new(Kind::Reshape)
            .with("height", height)
            .with("width", width)
            .with("channels", channels)
    };
    for (layer, wanted, made) in [
        (reshape(2, 4, 1), "channels of reshape_1 to 12", "2×4×12"),
        (reshape(5, 4, 3), "height of reshape_1 to 8", "8×4×3"),
        (reshape(4, 5, 3), "width of reshape_1 to 8", "4×8×3"),
    ] {
        let (message, label, after) = told(layer, input(4, 4, 1));
        assert_eq!(label, Some(format!("Set {wanted}")));
        assert!(message.contains("(4×4×6) has 96"), "{message}");
        assert_eq!(after[2], made);
    }
    let (message, label, _) = told(reshape(5, 7, 11), input(4, 4, 1));
    assert_eq!(label, None);
    assert_eq!(
        message,
        "reshape_1 makes 5×7×11 of 385 numbers, but its input (4×4×6) has 96: \
         height × width × channels must be that many"
    );
}

#[test]
fn a_layer_for_maps_behind_a_flatten_is_moved_before_it() {
    for kind in [Kind::Upsample, Kind::SpatialDropout, Kind::Permute] {
        let layers = [
            Layer::new(Kind::Flatten),
            Layer::new(kind),
            dense(10, Activation::Softmax),
        ];
        let graph = Graph::chain(input(4, 4, 1), layers);
        let name = kind.entry().name;
        let remedy = errors(&ten(&graph))[0].remedy.clone().expect("a remedy");
        assert_eq!(remedy.label, format!("Move {name}_1 before flatten_1"));
        let (_, report) = mend(&graph, &context(10, Loss::CrossEntropy));
        assert!(report.network.is_some(), "{:?}", report.problems);
    }
}

#[test]
fn stochastic_depth_grows_over_the_repeats_of_its_block() {
    let text = "[[blocks]]\nname = \"deep\"\nrepeat = 3\n\
        [[layers]]\nkind = \"input\"\nheight = 4\nwidth = 4\nchannels = 1\n\
        [[layers]]\nkind = \"stochastic_depth\"\nrate = 0.0\nlast_rate = 0.4\nblock = \"deep\"\n\
        [[layers]]\nkind = \"flatten\"\n\
        [[layers]]\nkind = \"dense\"\nunits = 10\nactivation = \"softmax\"\n";
    let graph = Graph::parse(text).expect("a network");
    let report = ten(&graph);
    let network = report.network.expect("no errors");
    let rates: Vec<f64> = network
        .layers()
        .iter()
        .filter(|layer| layer.layer().kind() == Kind::StochasticDepth)
        .map(|layer| layer.layer().real("rate"))
        .collect();
    assert_eq!(rates, [0.0, 0.2, 0.4]);
}

#[test]
fn every_activation_can_be_chosen_in_every_layer_that_has_one() {
    for entry in catalogue() {
        let chosen = ["activation", "function"];
        for setting in chosen.iter().filter_map(|name| entry.setting(name)) {
            for function in Activation::ALL {
                // As a layer of its own it would do nothing.
                let idle = entry.kind == Kind::Activation && function == Activation::Linear;
                let taken = setting.range.contains(&function.into());
                assert_eq!(taken, !idle, "{function} in {}", entry.name);
            }
        }
    }
}
