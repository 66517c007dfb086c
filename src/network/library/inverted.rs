//! Inverted residual blocks: widened by a 1×1 convolution, filtered map by map, narrowed again. Of MobileNetV2
//! (Sandler et al. 2018), and with squeeze-and-excitation of EfficientNet (Tan and Le 2019).

use super::gates::squeeze_excite;
use super::parts::{conv, depthwise, normed, normed_active, stochastic_depth};
use crate::network::builder::Builder;
use crate::network::entry::Kind;
use crate::network::function::Activation;
use crate::network::graph::LayerId;

/// What an inverted residual block is made of.
#[derive(Clone, Copy)]
pub struct Inverted {
    /// Maps that come in.
    pub from: u64,
    /// Maps that go out.
    pub to: u64,
    /// How many times as many maps there are in between.
    pub expansion: u64,
    /// Side of the depthwise kernel.
    pub kernel: u64,
    /// Stride of the depthwise convolution.
    pub stride: u64,
    pub function: Activation,
    /// Maps that the squeeze-and-excitation gate narrows to; none without a gate.
    pub squeezed: Option<u64>,
    /// At which the branch is left out of training, in the first and the last repeat; with a skip connection only.
    pub drop: Option<[f64; 2]>,
}

/// The convolutions of a block, which its settings set.
struct Convs {
    widen: Option<LayerId>,
    middle: LayerId,
    narrow: LayerId,
}

/// A block with a skip connection: `from` and `to` are equal and the stride is 1.
pub fn repeated(b: &mut Builder, name: &str, repeat: u32, of: Inverted) {
    let mut convs = None;
    let id = b.block(name, repeat, |b| {
        let source = b.here();
        convs = Some(branch(b, of));
        if let Some([first, last]) = of.drop {
            b.then(stochastic_depth(first, last));
        }
        let branch = b.here();
        b.join(Kind::Add, &[branch, source]);
    });
    if let Some(convs) = convs {
        let mut filters = vec![(convs.narrow, "filters", 1)];
        filters.extend(convs.widen.map(|widen| (widen, "filters", of.expansion)));
        b.setting(id, "Filters", &filters);
    }
}

/// A block without a skip connection, which changes the number or the size of the maps.
pub fn changing(b: &mut Builder, name: &str, of: Inverted) {
    let mut convs = None;
    let id = b.block(name, 1, |b| convs = Some(branch(b, of)));
    if let Some(convs) = convs {
        b.setting(id, "Filters", &[(convs.narrow, "filters", 1)]);
        if let Some(widen) = convs.widen {
            b.setting(id, "Widened to", &[(widen, "filters", 1)]);
        }
        b.setting(id, "Stride", &[(convs.middle, "stride", 1)]);
    }
}

fn branch(b: &mut Builder, of: Inverted) -> Convs {
    let wide = of.from.saturating_mul(of.expansion);
    let widen = (of.expansion > 1).then(|| normed_active(b, conv(wide, 1, 1), of.function));
    let middle = normed_active(b, depthwise(of.kernel, of.stride), of.function);
    if let Some(squeezed) = of.squeezed {
        squeeze_excite(b, squeezed, wide, of.function);
    }
    let narrow = normed(b, conv(of.to, 1, 1));
    Convs {
        widen,
        middle,
        narrow,
    }
}
