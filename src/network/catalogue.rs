//! The table of layers: one entry each. A new kind of layer starts here, and with a rule in `rules`.

use super::entry::{DefaultValue as Default, Entry, Group, Kind, Range, Setting};
use super::rules;

/// Every kind of layer, in the order of [`Kind`].
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

static CATALOGUE: [Entry; 10] = [
    Entry {
        kind: Kind::Input,
        name: "input",
        title: "Input",
        group: Group::Input,
        help: "The image: every picture is resized to this size, with values from 0 to 1",
        settings: &[
            side("height", "Height", "Rows that every image is resized to"),
            side("width", "Width", "Columns that every image is resized to"),
            Setting {
                name: "channels",
                title: "Channels",
                help: "1 reads images as grey, 3 as colour",
                unit: "",
                range: Range::OneOf(&[1, 3]),
                default: Default::Int(1),
            },
        ],
        shape: rules::takes_no_input,
        known_shape: rules::input_shape,
        cost: rules::free,
        window: rules::no_window,
        summary: rules::input_summary,
    },
    Entry {
        kind: Kind::Conv2d,
        name: "conv2d",
        title: "Conv 2D",
        group: Group::Convolution,
        help: "Slides small filters over the maps and makes one new map a filter",
        settings: &[
            Setting {
                name: "filters",
                title: "Filters",
                help: "How many maps the layer makes",
                unit: "maps",
                range: Range::Int {
                    min: 1,
                    max: 65_536,
                },
                default: Default::Int(32),
            },
            window(
                "kernel",
                "Kernel",
                "Height and width of each filter",
                [3, 3],
            ),
            window(
                "stride",
                "Stride",
                "How far the filter moves at each step",
                [1, 1],
            ),
            PADDING,
            ACTIVATION,
            INITIALISER,
        ],
        shape: rules::conv_shape,
        known_shape: rules::unknown,
        cost: rules::conv_cost,
        window: rules::conv_window,
        summary: rules::conv_summary,
    },
    Entry {
        kind: Kind::MaxPool,
        name: "max_pool",
        title: "Max pool",
        group: Group::Pooling,
        help: "Keeps the largest value of each window, which makes the maps smaller",
        settings: &POOL_SETTINGS,
        shape: rules::pool_shape,
        known_shape: rules::unknown,
        cost: rules::free,
        window: rules::pool_window,
        summary: rules::pool_summary,
    },
    Entry {
        kind: Kind::AveragePool,
        name: "average_pool",
        title: "Average pool",
        group: Group::Pooling,
        help: "Keeps the mean of each window, which makes the maps smaller; padding does not count",
        settings: &POOL_SETTINGS,
        shape: rules::pool_shape,
        known_shape: rules::unknown,
        cost: rules::free,
        window: rules::pool_window,
        summary: rules::pool_summary,
    },
    Entry {
        kind: Kind::GlobalAveragePool,
        name: "global_average_pool",
        title: "Global average pool",
        group: Group::Pooling,
        help: "Turns each map into its mean: a vector with one number a map",
        settings: &[],
        shape: rules::global_pool_shape,
        known_shape: rules::unknown,
        cost: rules::free,
        window: rules::no_window,
        summary: rules::no_summary,
    },
    Entry {
        kind: Kind::Flatten,
        name: "flatten",
        title: "Flatten",
        group: Group::Shape,
        help: "Lays all maps out as one vector, which dense layers need",
        settings: &[],
        shape: rules::flatten_shape,
        known_shape: rules::unknown,
        cost: rules::free,
        window: rules::no_window,
        summary: rules::no_summary,
    },
    Entry {
        kind: Kind::Dense,
        name: "dense",
        title: "Dense",
        group: Group::Dense,
        help: "Connects every input with every unit",
        settings: &[
            Setting {
                name: "units",
                title: "Units",
                help: "How many numbers the layer makes; in the last layer, one a class",
                unit: "units",
                range: Range::Int {
                    min: 1,
                    max: 1_000_000,
                },
                default: Default::Int(64),
            },
            ACTIVATION,
            INITIALISER,
        ],
        shape: rules::dense_shape,
        known_shape: rules::dense_known,
        cost: rules::dense_cost,
        window: rules::no_window,
        summary: rules::dense_summary,
    },
    Entry {
        kind: Kind::Dropout,
        name: "dropout",
        title: "Dropout",
        group: Group::Regularise,
        help: "Sets a random part of the values to 0 while training, against learning by heart",
        settings: &[Setting {
            name: "rate",
            title: "Rate",
            help: "The part that is set to 0; the rest is scaled up to make up for it",
            unit: "",
            range: Range::Real {
                min: 0.0,
                max: 0.99,
            },
            default: Default::Real(0.2),
        }],
        shape: rules::same_shape,
        known_shape: rules::unknown,
        cost: rules::free,
        window: rules::no_window,
        summary: rules::dropout_summary,
    },
    Entry {
        kind: Kind::BatchNorm,
        name: "batch_norm",
        title: "Batch norm",
        group: Group::Regularise,
        help: "Brings each map, or each unit, to mean 0 and variance 1 over the batch, then scales and shifts it",
        settings: &[
            Setting {
                name: "epsilon",
                title: "Epsilon",
                help: "Added to the variance, against division by zero",
                unit: "",
                range: Range::Real {
                    min: 1e-12,
                    max: 0.1,
                },
                default: Default::Real(1e-5),
            },
            Setting {
                name: "momentum",
                title: "Momentum",
                help: "Weight of each new batch in the running mean and variance (as in PyTorch; Keras counts from 1 down)",
                unit: "",
                range: Range::Real { min: 0.0, max: 1.0 },
                default: Default::Real(0.1),
            },
        ],
        shape: rules::same_shape,
        known_shape: rules::unknown,
        cost: rules::batch_norm_cost,
        window: rules::no_window,
        summary: rules::no_summary,
    },
    Entry {
        kind: Kind::Activation,
        name: "activation",
        title: "Activation",
        group: Group::Shape,
        help: "Applies a function to every value",
        settings: &[Setting {
            name: "function",
            title: "Function",
            help: "What is applied",
            unit: "",
            range: Range::Choice(&["relu", "leaky_relu", "gelu", "sigmoid", "tanh", "softmax"]),
            default: Default::Choice("relu"),
        }],
        shape: rules::same_shape,
        known_shape: rules::unknown,
        cost: rules::free,
        window: rules::no_window,
        summary: rules::activation_summary,
    },
];

static POOL_SETTINGS: [Setting; 3] = [
    window("size", "Size", "Height and width of the window", [2, 2]),
    window(
        "stride",
        "Stride",
        "How far the window moves at each step",
        [2, 2],
    ),
    PADDING,
];

const PADDING: Setting = Setting {
    name: "padding",
    title: "Padding",
    help: "valid stays inside the maps; same pads the edges, so that only the stride makes the maps smaller",
    unit: "",
    range: Range::Choice(&["valid", "same"]),
    default: Default::Choice("valid"),
};

const ACTIVATION: Setting = Setting {
    name: "activation",
    title: "Activation",
    help: "The function applied to the result",
    unit: "",
    range: Range::Choice(&[
        "linear",
        "relu",
        "leaky_relu",
        "gelu",
        "sigmoid",
        "tanh",
        "softmax",
    ]),
    default: Default::Choice("relu"),
};

const INITIALISER: Setting = Setting {
    name: "initialiser",
    title: "Initial weights",
    help: "How weights are drawn before training; pytorch draws the biases too, the others start them at 0",
    unit: "",
    range: Range::Choice(&[
        "glorot_uniform",
        "glorot_normal",
        "he_uniform",
        "he_normal",
        "pytorch",
    ]),
    default: Default::Choice("glorot_uniform"),
};

/// One side of the input.
const fn side(name: &'static str, title: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        title,
        help,
        unit: "pixels",
        range: Range::Int { min: 1, max: 4096 },
        default: Default::Int(28),
    }
}

/// The size or the stride of a sliding window.
const fn window(
    name: &'static str,
    title: &'static str,
    help: &'static str,
    default: [u64; 2],
) -> Setting {
    Setting {
        name,
        title,
        help,
        unit: "pixels",
        range: Range::Pair { min: 1, max: 1024 },
        default: Default::Pair(default),
    }
}
