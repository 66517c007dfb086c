//! The order of a flattened vector. Keras keeps maps as height, width, channels, mapsto as channels, height, width:
//! where only dense layers see the difference, their weights are put in Keras's order, which costs nothing;
//! elsewhere the maps are turned before they are flattened.

use crate::network::{Activation, Network, Shape};

/// How the vectors of a network are ordered.
#[derive(Debug, Default)]
pub struct Flats {
    /// For each layer: it flattens maps as they are.
    pub as_it_is: Vec<bool>,
    /// For each layer: it is dense and takes such a vector of maps of [channels, height, width].
    pub dense: Vec<Option<[usize; 3]>>,
}

/// Finds the flatten layers whose order only dense layers see.
pub fn flats(network: &Network) -> Flats {
    let layers = network.layers();
    // The flatten layer whose order each value has; the image is 0.
    let mut origin: Vec<Option<usize>> = vec![None; layers.len() + 1];
    let mut seen = vec![false; layers.len()];
    let mut dense: Vec<Option<usize>> = vec![None; layers.len()];
    for (place, layer) in layers.iter().enumerate() {
        let of = layer.sources().iter().find_map(|it| origin[*it]);
        let kind = layer.layer().kind().entry().name;
        let softmax = layer.layer().activation() == Activation::Softmax;
        match (kind, of) {
            ("flatten", None) if layer.input().is_maps() => origin[place + 1] = Some(place),
            (_, None) => {}
            ("dense", Some(of)) => dense[place] = Some(of),
            ("dropout" | "gaussian_noise" | "stochastic_depth" | "flatten", Some(of)) => {
                origin[place + 1] = Some(of);
            }
            ("activation", Some(of)) if !softmax => origin[place + 1] = Some(of),
            (_, Some(_)) => {
                for of in layer.sources().iter().filter_map(|it| origin[*it]) {
                    seen[of] = true;
                }
            }
        }
    }
    if let Some(Some(of)) = origin.last() {
        seen[*of] = true;
    }
    let maps = |of: usize| match layers[of].input() {
        Shape::Maps {
            height,
            width,
            channels,
        } if !seen[of] => Some([channels, height, width]),
        _ => None,
    };
    Flats {
        as_it_is: (0..layers.len())
            .map(|place| maps(place).is_some())
            .collect(),
        dense: dense.into_iter().map(|of| of.and_then(maps)).collect(),
    }
}
