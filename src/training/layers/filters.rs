//! What layers with filters share: how their weights are drawn, and how far their windows reach over the edges.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::initialise;
use crate::network::{CheckedLayer, Layer, Shape, same_padding};

/// Start weights of a shape, by the layer's initialiser. As in PyTorch, `fan_in` is the second dimension and
/// `fan_out` the first, each times the kernel's area: of grouped filters, one sees its group's channels only.
pub fn weight(
    settings: &Layer,
    shape: [usize; 4],
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> Param<Tensor<4>> {
    let [first, second, height, width] = shape;
    let (fan_in, fan_out) = (second * height * width, first * height * width);
    let initialiser = settings.initialiser();
    let count = first * fan_in;
    let values = initialise::weights(initialiser, rng, count, fan_in, fan_out);
    Param::from_data(TensorData::new(values, shape), device)
}

/// Start biases, `[filters]`, where the layer has a bias.
pub fn bias(
    settings: &Layer,
    filters: usize,
    fan_in: usize,
    rng: &mut ChaCha8Rng,
    device: &Device,
) -> Option<Param<Tensor<1>>> {
    settings.flag("bias").then(|| {
        let values = initialise::biases(settings.initialiser(), rng, filters, fan_in);
        Param::from_data(TensorData::new(values, [filters]), device)
    })
}

/// Padding of a layer's window over its input, (top, bottom), (left, right): none for "valid", TensorFlow's rule
/// for "same", "pad" on both sides for "explicit".
pub fn padding(layer: &CheckedLayer) -> [(usize, usize); 2] {
    let settings = layer.layer();
    let window = settings.kind().entry().window(settings);
    match (settings.choice("padding"), layer.input()) {
        ("same", Shape::Maps { height, width, .. }) => [
            same_padding(height, window.size[0], window.stride[0]),
            same_padding(width, window.size[1], window.stride[1]),
        ],
        _ => settings.pads().map(|pad| (pad, pad)),
    }
}
