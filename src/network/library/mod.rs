//! The library of blocks: what people build networks of today, ready to be put after a layer. The templates are
//! made of the same blocks.

pub(super) mod gates;
pub(super) mod inverted;
pub(super) mod joined;
pub(super) mod modern;
pub(super) mod parts;
pub(super) mod residual;

use super::builder::Builder;
use super::fragment::Fragment;
use super::function::Activation;
use super::shape::Shape;
use inverted::Inverted;
use joined::Branches;

/// A block of the library.
#[derive(Clone, Copy, Debug)]
pub struct LibraryBlock {
    /// For files and tests: "residual".
    pub name: &'static str,
    /// For people: "Residual".
    pub title: &'static str,
    /// One sentence on what it does.
    pub help: &'static str,
    make: fn(&mut Builder, usize),
    /// Takes a sequence, not maps.
    pub of_sequence: bool,
}

/// All blocks, the most usual first.
pub fn library() -> &'static [LibraryBlock] {
    &LIBRARY
}

/// The block of this name.
pub fn library_block(name: &str) -> Option<&'static LibraryBlock> {
    LIBRARY.iter().find(|block| block.name == name)
}

/// Maps, or features of a sequence, where it is not known what comes before.
const USUAL: usize = 64;

impl LibraryBlock {
    /// The block's layers, with the channels that fit after `input`: a residual block keeps what it gets.
    pub fn fragment(&self, input: Option<Shape>) -> Fragment {
        let features = match input {
            Some(Shape::Maps { channels, .. }) if !self.of_sequence => channels,
            Some(Shape::Sequence { features, .. }) if self.of_sequence => features,
            _ => USUAL,
        };
        let mut b = Builder::part();
        (self.make)(&mut b, features.max(1));
        Fragment::new(b.graph())
    }
}

/// A share of the channels; at least one.
fn share(channels: usize, of: u64) -> u64 {
    (count(channels) / of).max(1)
}

fn count(channels: usize) -> u64 {
    u64::try_from(channels).unwrap_or(u64::MAX)
}

/// Attention needs heads of equal size: the greatest number of them, up to 12, with 32 numbers or more each.
fn heads(features: usize) -> u64 {
    let fits =
        |heads: &u64| count(features).is_multiple_of(*heads) && share(features, *heads) >= 32;
    (1..=12).rev().find(fits).unwrap_or(1)
}

fn inverted(from: u64, to: u64, stride: u64) -> Inverted {
    Inverted {
        from,
        to,
        expansion: 6,
        kernel: 3,
        stride,
        function: Activation::Relu6,
        squeezed: None,
        drop: None,
    }
}

static LIBRARY: [LibraryBlock; 13] = [
    LibraryBlock {
        name: "residual",
        title: "Residual",
        help: "Adds what two 3×3 convolutions make of its input to the input, which lets deep networks learn",
        make: |b, channels| residual::basic(b, 1, count(channels)),
        of_sequence: false,
    },
    LibraryBlock {
        name: "residual-projected",
        title: "Residual, projected",
        help: "A residual block that halves the size and doubles the maps; a 1×1 convolution brings the skip connection along",
        make: |b, channels| residual::basic_projected(b, count(channels).saturating_mul(2), 2),
        of_sequence: false,
    },
    LibraryBlock {
        name: "bottleneck",
        title: "Bottleneck",
        help: "A residual block that is cheap with many maps: narrowed to a quarter, filtered, and widened again",
        make: |b, channels| residual::bottleneck_of(b, share(channels, 4), count(channels)),
        of_sequence: false,
    },
    LibraryBlock {
        name: "bottleneck-projected",
        title: "Bottleneck, projected",
        help: "A bottleneck that halves the size and doubles the maps; a 1×1 convolution brings the skip connection along",
        make: |b, channels| residual::bottleneck_projected(b, share(channels, 2), 2),
        of_sequence: false,
    },
    LibraryBlock {
        name: "inverted-residual",
        title: "Inverted residual",
        help: "Widens the maps six times, filters each by itself, narrows them again and adds the input, as MobileNetV2 does",
        make: |b, channels| {
            let channels = count(channels);
            inverted::repeated(b, "Inverted residual", 1, inverted(channels, channels, 1));
        },
        of_sequence: false,
    },
    LibraryBlock {
        name: "inverted-residual-strided",
        title: "Inverted residual, strided",
        help: "An inverted residual block that halves the size and doubles the maps, without a skip connection",
        make: |b, channels| {
            let channels = count(channels);
            let of = inverted(channels, channels.saturating_mul(2), 2);
            inverted::changing(b, "Inverted residual, strided", of);
        },
        of_sequence: false,
    },
    LibraryBlock {
        name: "mbconv",
        title: "Inverted residual with gate",
        help: "An inverted residual block with squeeze-and-excitation, as in EfficientNet",
        make: |b, features| {
            let channels = count(features);
            let of = Inverted {
                function: Activation::Silu,
                squeezed: Some(share(features, 4)),
                ..inverted(channels, channels, 1)
            };
            inverted::repeated(b, "Inverted residual with gate", 1, of);
        },
        of_sequence: false,
    },
    LibraryBlock {
        name: "dense-block",
        title: "Dense block",
        help: "Four layers that each add 32 maps, made of all maps before them, as in DenseNet",
        make: |b, _| joined::dense_layers(b, 4, 32),
        of_sequence: false,
    },
    LibraryBlock {
        name: "squeeze-excitation",
        title: "Squeeze and excitation",
        help: "Scales each map by a gate that depends on what all maps are on average",
        make: |b, channels| gates::block(b, share(channels, 16).max(4), count(channels)),
        of_sequence: false,
    },
    LibraryBlock {
        name: "inception",
        title: "Inception",
        help: "Looks at places of several sizes at once: 1×1, 3×3 and 5×5 convolutions and a pooling side by side",
        make: |b, channels| {
            let of = Branches {
                one: share(channels, 4),
                three: [share(channels, 4), share(channels, 2)],
                five: [share(channels, 16), share(channels, 8)],
                pooled: share(channels, 8),
            };
            joined::inception(b, of);
        },
        of_sequence: false,
    },
    LibraryBlock {
        name: "fire",
        title: "Fire",
        help: "Narrows to a few maps and makes 1×1 and 3×3 convolutions of them, as in SqueezeNet",
        make: |b, channels| joined::fire(b, 1, share(channels, 8), share(channels, 2)),
        of_sequence: false,
    },
    LibraryBlock {
        name: "convnext",
        title: "ConvNeXt",
        help: "A 7×7 filter for each map, then a wide layer at each place, added to the input; as in ConvNeXt",
        make: |b, channels| modern::convnext(b, 1, count(channels), [0.0, 0.0]),
        of_sequence: false,
    },
    LibraryBlock {
        name: "transformer",
        title: "Transformer",
        help: "Attention among all tokens, then two dense layers at each of them, both added to the input",
        make: |b, features| modern::transformer(b, 1, count(features), heads(features)),
        of_sequence: true,
    },
];
