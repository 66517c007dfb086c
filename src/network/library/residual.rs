//! Residual blocks (He et al. 2015): what comes in is added to what a few convolutions make of it.

use super::parts::{activation, conv, normed, normed_active};
use crate::network::builder::Builder;
use crate::network::entry::Kind;
use crate::network::function::Activation;
use crate::network::graph::LayerId;

/// Two 3×3 convolutions and a skip connection; takes and gives `filters` maps.
pub fn basic(b: &mut Builder, repeat: u32, filters: u64) {
    let mut convs = None;
    let id = b.block("Residual", repeat, |b| {
        let source = b.here();
        convs = Some(two_convs(b, filters, 1));
        let branch = b.here();
        end(b, branch, source);
    });
    if let Some([first, second]) = convs {
        let filters = [(first, "filters", 1), (second, "filters", 1)];
        b.setting(id, "Filters", &filters);
    }
}

/// As [`basic`], where a 1×1 convolution on the skip connection brings it to `filters` maps and the stride.
pub fn basic_projected(b: &mut Builder, filters: u64, stride: u64) {
    let mut convs = None;
    let id = b.block("Residual, projected", 1, |b| {
        let source = b.here();
        let [first, second] = two_convs(b, filters, stride);
        let branch = b.here();
        let skip = project(b, source, filters, stride);
        convs = Some([first, second, skip]);
        let projected = b.here();
        end(b, branch, projected);
    });
    if let Some([first, second, skip]) = convs {
        let all = [first, second, skip].map(|layer| (layer, "filters", 1));
        b.setting(id, "Filters", &all);
        b.setting(id, "Stride", &[(first, "stride", 1), (skip, "stride", 1)]);
    }
}

/// A 1×1 convolution to `width` maps, a 3×3, a 1×1 to four times as many, and a skip connection; takes and gives
/// 4 `width` maps.
pub fn bottleneck(b: &mut Builder, repeat: u32, width: u64) {
    let mut convs = None;
    let id = b.block("Bottleneck", repeat, |b| {
        let source = b.here();
        convs = Some(three_convs(b, width, 4 * width, 1));
        let branch = b.here();
        end(b, branch, source);
    });
    if let Some([narrow, middle, wide]) = convs {
        let filters = [
            (narrow, "filters", 1),
            (middle, "filters", 1),
            (wide, "filters", 4),
        ];
        b.setting(id, "Filters", &filters);
    }
}

/// As [`bottleneck`] for any number of maps: `out`, which are those that come in.
pub fn bottleneck_of(b: &mut Builder, width: u64, out: u64) {
    if out == 4 * width {
        return bottleneck(b, 1, width);
    }
    let mut convs = None;
    let id = b.block("Bottleneck", 1, |b| {
        let source = b.here();
        convs = Some(three_convs(b, width, out, 1));
        let branch = b.here();
        end(b, branch, source);
    });
    if let Some([narrow, middle, _]) = convs {
        let filters = [(narrow, "filters", 1), (middle, "filters", 1)];
        b.setting(id, "Filters", &filters);
    }
}

/// As [`bottleneck`], with a convolution on the skip connection. The stride is that of the 3×3 convolution, as
/// in torchvision ("version 1.5"), not that of the first as in the paper.
pub fn bottleneck_projected(b: &mut Builder, width: u64, stride: u64) {
    let mut convs = None;
    let id = b.block("Bottleneck, projected", 1, |b| {
        let source = b.here();
        let [narrow, middle, wide] = three_convs(b, width, 4 * width, stride);
        let branch = b.here();
        let skip = project(b, source, 4 * width, stride);
        convs = Some([narrow, middle, wide, skip]);
        let projected = b.here();
        end(b, branch, projected);
    });
    if let Some([narrow, middle, wide, skip]) = convs {
        let filters = [
            (narrow, "filters", 1),
            (middle, "filters", 1),
            (wide, "filters", 4),
            (skip, "filters", 4),
        ];
        b.setting(id, "Filters", &filters);
        b.setting(id, "Stride", &[(middle, "stride", 1), (skip, "stride", 1)]);
    }
}

fn two_convs(b: &mut Builder, filters: u64, stride: u64) -> [LayerId; 2] {
    let first = normed_active(b, conv(filters, 3, stride), Activation::Relu);
    [first, normed(b, conv(filters, 3, 1))]
}

fn three_convs(b: &mut Builder, width: u64, out: u64, stride: u64) -> [LayerId; 3] {
    let narrow = normed_active(b, conv(width, 1, 1), Activation::Relu);
    let middle = normed_active(b, conv(width, 3, stride), Activation::Relu);
    [narrow, middle, normed(b, conv(out, 1, 1))]
}

/// The skip connection's convolution.
fn project(b: &mut Builder, source: LayerId, filters: u64, stride: u64) -> LayerId {
    b.go(source);
    normed(b, conv(filters, 1, stride))
}

fn end(b: &mut Builder, branch: LayerId, skip: LayerId) {
    b.join(Kind::Add, &[branch, skip]);
    b.then(activation(Activation::Relu));
}
