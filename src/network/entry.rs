//! What the catalogue says of a kind of layer: its settings and their ranges, its group, its rules.

use super::catalogue::catalogue;
use super::layer::Layer;
use super::shape::{Shape, grouped};
use super::value::Value;

/// The kinds of layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(
    missing_docs,
    reason = "each is described by its entry in the catalogue"
)]
pub enum Kind {
    Input,
    Conv2d,
    DepthwiseConv2d,
    SeparableConv2d,
    TransposedConv2d,
    MaxPool,
    AveragePool,
    GlobalAveragePool,
    AdaptiveAveragePool,
    Flatten,
    Dense,
    Dropout,
    BatchNorm,
    Activation,
    Add,
    Multiply,
    Concatenate,
    LayerNorm,
    GroupNorm,
    InstanceNorm,
    LayerScale,
    SpatialDropout,
    GaussianNoise,
    StochasticDepth,
    Prelu,
    Reshape,
    Permute,
    ZeroPadding,
    Upsample,
    PatchEmbedding,
    ClassToken,
    PositionEmbedding,
    Attention,
    SelectToken,
    Lstm,
    Gru,
}

impl Kind {
    /// What the catalogue says of it.
    pub fn entry(self) -> &'static Entry {
        // The table is put in the order of the enum, and has an entry for each, which a test holds.
        &catalogue()[self as usize]
    }

    /// The kind with this name in files, such as "conv2d".
    pub fn from_name(name: &str) -> Option<Self> {
        catalogue()
            .iter()
            .find(|entry| entry.name == name)
            .map(|entry| entry.kind)
    }
}

/// What kinds of layer stand together in the palette, and share a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the titles say it")]
pub enum Group {
    Input,
    Convolution,
    Pooling,
    Dense,
    Normalise,
    Regularise,
    Sequence,
    Shape,
    Join,
}

impl Group {
    /// In the order of the palette. The input's group has nothing that can be added.
    pub const ALL: [Self; 9] = [
        Self::Input,
        Self::Convolution,
        Self::Pooling,
        Self::Dense,
        Self::Normalise,
        Self::Regularise,
        Self::Sequence,
        Self::Shape,
        Self::Join,
    ];

    /// The heading in the palette.
    pub fn title(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Convolution => "Convolution",
            Self::Pooling => "Pooling",
            Self::Dense => "Dense",
            Self::Normalise => "Normalisation",
            Self::Regularise => "Regularisation",
            Self::Sequence => "Attention and recurrence",
            Self::Shape => "Shape and activation",
            Self::Join => "Joins",
        }
    }

    /// The entries of this group, in the catalogue's order.
    pub fn entries(self) -> impl Iterator<Item = &'static Entry> {
        catalogue().iter().filter(move |entry| entry.group == self)
    }
}

/// The values a setting may have; it also decides the control that edits it. Bounds are included.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "bounds and lists")]
pub enum Range {
    Int {
        min: u64,
        max: u64,
    },
    /// One of a few whole numbers, such as 1 or 3 channels.
    OneOf(&'static [u64]),
    /// Height and width, each within the bounds.
    Pair {
        min: u64,
        max: u64,
    },
    Real {
        min: f64,
        max: f64,
    },
    Choice(&'static [&'static str]),
    /// On or off.
    Flag,
}

impl Range {
    /// Whether the value has the right type and is within bounds; NaN never is.
    pub fn contains(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Int { min, max }, Value::Int(number)) => (min..=max).contains(&number),
            (Self::OneOf(numbers), Value::Int(number)) => numbers.contains(number),
            (Self::Pair { min, max }, Value::Pair(pair)) => {
                pair.iter().all(|number| (min..=max).contains(&number))
            }
            (Self::Real { min, max }, Value::Real(number)) => (min..=max).contains(&number),
            (Self::Choice(names), Value::Choice(name)) => names.contains(&name.as_str()),
            (Self::Flag, Value::Flag(_)) => true,
            _ => false,
        }
    }

    /// The allowed value nearest to this one; `None` where there is no sense of near, as between names.
    pub fn nearest(&self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Int { min, max }, Value::Int(number)) => {
                Some(Value::Int(*number.clamp(min, max)))
            }
            (Self::OneOf(numbers), Value::Int(number)) => numbers
                .iter()
                .min_by_key(|allowed| allowed.abs_diff(*number))
                .map(|allowed| Value::Int(*allowed)),
            (Self::Pair { min, max }, Value::Pair(pair)) => {
                Some(Value::Pair(pair.map(|number| number.clamp(*min, *max))))
            }
            (Self::Real { min, max }, Value::Real(number)) if !number.is_nan() => {
                Some(Value::Real(number.clamp(*min, *max)))
            }
            _ => None,
        }
    }

    /// In words, to stand after "takes": "a whole number from 1 to 4,096".
    pub fn describe(&self) -> String {
        match self {
            Self::Int { min, max } => {
                format!("a whole number from {} to {}", grouped(*min), grouped(*max))
            }
            Self::OneOf(numbers) => numbers
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(" or "),
            Self::Pair { min, max } => {
                format!(
                    "two whole numbers, height and width, from {} to {}",
                    grouped(*min),
                    grouped(*max)
                )
            }
            Self::Real { min, max } => {
                format!(
                    "a number from {} to {}",
                    Value::Real(*min),
                    Value::Real(*max)
                )
            }
            Self::Choice(names) => format!("one of {}", names.join(", ")),
            Self::Flag => "true or false".into(),
        }
    }
}

/// A setting's value before anyone changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs, reason = "the same as those of Value")]
pub enum DefaultValue {
    Int(u64),
    Pair([u64; 2]),
    Real(f64),
    Choice(&'static str),
    Flag(bool),
}

impl DefaultValue {
    /// As a value of a layer.
    pub fn value(self) -> Value {
        match self {
            Self::Int(number) => Value::Int(number),
            Self::Pair(pair) => Value::Pair(pair),
            Self::Real(number) => Value::Real(number),
            Self::Choice(name) => Value::Choice(name.into()),
            Self::Flag(flag) => Value::Flag(flag),
        }
    }
}

/// One setting of a kind of layer.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// In files: "kernel".
    pub name: &'static str,
    /// In the window: "Kernel".
    pub title: &'static str,
    /// One sentence on what it does.
    pub help: &'static str,
    /// What is counted, such as "pixels"; empty where nothing is.
    pub unit: &'static str,
    /// What it takes.
    pub range: Range,
    /// What it is at first.
    pub default: DefaultValue,
    /// Seldom changed: shown under "More".
    pub more: bool,
}

/// How many layers a layer takes its input from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// The input layer.
    None,
    /// Most layers.
    One,
    /// Joins: two or more.
    Many,
}

/// What of its input one value of a layer's output sees, by its place in the maps. Other kinds of output have no
/// place: they see all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sees {
    /// The same place.
    Place,
    /// A sliding window, moved by the layer's padding where it has one.
    Window(Window),
    /// Each place of the input is spread over a window, which a transposed convolution puts on top of each other.
    Spread {
        /// [height, width].
        kernel: [usize; 2],
        /// [down, across], between the windows of two neighbours.
        stride: [usize; 2],
        /// Rows and columns cut off each side.
        pad: [usize; 2],
    },
    /// A cell of a grid over the whole input, as fine as the output.
    Grid,
    /// The place that was repeated so many times, [down, across].
    Repeated([usize; 2]),
    /// Two places on each axis, blended where the maps grow by these factors, [down, across].
    Blended([usize; 2]),
    /// The same place behind a border of [top, left].
    Behind([usize; 2]),
    /// The place with its row and column swapped.
    Turned,
    /// Any place.
    All,
}

/// The sliding window that makes one output; all 1 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// [height, width], with the gaps of a dilation.
    pub size: [usize; 2],
    /// [down, across].
    pub stride: [usize; 2],
}

/// Why a layer cannot take its input.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeError {
    /// It slides over maps, and got a vector or a sequence.
    NeedsMaps,
    /// It takes a vector, and got maps or a sequence.
    NeedsVector,
    /// It works on a sequence, and got maps or a vector.
    NeedsSequence,
    /// Its window is larger than its input, which is not padded.
    WindowTooLarge,
    /// It makes the first shape, and stands after another layer.
    TakesNoInput,
    /// The numbers do not fit into this computer's arithmetic.
    Overflow,
    /// The inputs of a join do not fit each other.
    Differ,
    /// Its settings do not fit its input.
    Refused {
        /// Reads after the layer's name: "cannot split 30 features into 4 heads".
        reason: String,
        /// The setting of this layer that would mend it.
        set: Option<(&'static str, Value)>,
    },
}

/// What a layer costs, for one image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Numbers that are learnt: weights and biases.
    pub parameters: u64,
    /// Multiplications with an addition, forward: of convolutions, dense layers and batch norm. Pooling and
    /// activations are not counted, as is usual.
    pub multiply_adds: u64,
}

/// All that is known of a kind of layer.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Which kind this is.
    pub kind: Kind,
    /// In files: "conv2d".
    pub name: &'static str,
    /// In the window: "Conv 2D".
    pub title: &'static str,
    /// Where it stands in the palette.
    pub group: Group,
    /// One sentence on what it does.
    pub help: &'static str,
    /// How many inputs it takes.
    pub arity: Arity,
    /// In the order in which they are shown and written.
    pub settings: &'static [Setting],
    /// The output's shape for those of the inputs, of which there is at least one.
    pub shape: fn(&Layer, &[Shape]) -> Result<Shape, ShapeError>,
    /// The output's shape where the input is unknown or refused: a dense layer's, say, is known all the same.
    pub known_shape: fn(&Layer) -> Option<Shape>,
    /// The cost, for the inputs' shapes and the output's; `None` where it overflows.
    pub cost: fn(&Layer, &[Shape], Shape) -> Option<Cost>,
    /// What of the input one output sees.
    pub sees: fn(&Layer) -> Sees,
    /// The settings in short, for a card.
    pub summary: fn(&Layer) -> String,
}

impl Entry {
    /// The sliding window of a layer of this kind; all 1 where it has none.
    pub fn window(&self, layer: &Layer) -> Window {
        match (self.sees)(layer) {
            Sees::Window(window) => window,
            _ => Window {
                size: [1, 1],
                stride: [1, 1],
            },
        }
    }

    /// The setting of this name.
    pub fn setting(&self, name: &str) -> Option<&'static Setting> {
        self.settings.iter().find(|setting| setting.name == name)
    }
}
