//! Squeeze-and-excitation (Hu et al. 2017): a gate for each map, from what all maps are on average.

use super::parts::active;
use crate::network::builder::Builder;
use crate::network::entry::Kind;
use crate::network::function::Activation;
use crate::network::graph::LayerId;
use crate::network::layer::Layer;

/// Scales `maps` maps, after the last layer; the gate narrows to `squeezed` numbers in between. Returns its two
/// convolutions.
pub fn squeeze_excite(
    b: &mut Builder,
    squeezed: u64,
    maps: u64,
    function: Activation,
) -> [LayerId; 2] {
    let source = b.here();
    b.then(Layer::new(Kind::AdaptiveAveragePool).with("size", [1, 1]));
    let narrow = b.then(active(squeezed, 1, 1, function));
    let gate = b.then(active(maps, 1, 1, Activation::Sigmoid));
    b.join(Kind::Multiply, &[source, gate]);
    [narrow, gate]
}

/// The gate as a block of its own.
pub fn block(b: &mut Builder, squeezed: u64, maps: u64) {
    let mut convs = None;
    let id = b.block("Squeeze and excitation", 1, |b| {
        convs = Some(squeeze_excite(b, squeezed, maps, Activation::Relu));
    });
    if let Some([narrow, gate]) = convs {
        b.setting(id, "Squeezed to", &[(narrow, "filters", 1)]);
        b.setting(id, "Maps", &[(gate, "filters", 1)]);
    }
}
