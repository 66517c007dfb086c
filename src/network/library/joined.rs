//! Blocks whose branches are put one after another: dense, fire and inception.

use super::parts::{activation, active, conv, pool};
use crate::network::builder::Builder;
use crate::network::entry::Kind;
use crate::network::function::{Activation, Initialiser};
use crate::network::layer::Layer;

/// Dense layers (Huang et al. 2016): each makes `growth` new maps of all those before it, and adds them to these.
pub fn dense_layers(b: &mut Builder, repeat: u32, growth: u64) {
    let mut convs = None;
    let id = b.block("Dense block", repeat, |b| {
        let source = b.here();
        b.then(Layer::new(Kind::BatchNorm));
        b.then(activation(Activation::Relu));
        let narrow = b.then(conv(4 * growth, 1, 1));
        b.then(Layer::new(Kind::BatchNorm));
        b.then(activation(Activation::Relu));
        let new = b.then(conv(growth, 3, 1));
        b.join(Kind::Concatenate, &[source, new]);
        convs = Some([narrow, new]);
    });
    if let Some([narrow, new]) = convs {
        let growth = [(new, "filters", 1), (narrow, "filters", 4)];
        b.setting(id, "Growth", &growth);
    }
}

/// Between two dense blocks: to `filters` maps of half the size.
pub fn transition(b: &mut Builder, filters: u64) {
    let mut narrow = None;
    let id = b.block("Transition", 1, |b| {
        b.then(Layer::new(Kind::BatchNorm));
        b.then(activation(Activation::Relu));
        narrow = Some(b.then(conv(filters, 1, 1)));
        b.then(Layer::new(Kind::AveragePool));
    });
    if let Some(narrow) = narrow {
        b.setting(id, "Filters", &[(narrow, "filters", 1)]);
    }
}

/// Fire modules of SqueezeNet (Iandola et al. 2016): narrowed to `squeezed` maps, of which 1×1 and 3×3
/// convolutions make `expanded` each.
pub fn fire(b: &mut Builder, repeat: u32, squeezed: u64, expanded: u64) {
    let relu = |filters, kernel| {
        active(filters, kernel, 1, Activation::Relu).with("initialiser", Initialiser::HeUniform)
    };
    let mut convs = None;
    let id = b.block("Fire", repeat, |b| {
        let squeeze = b.then(relu(squeezed, 1));
        let one = b.then(relu(expanded, 1));
        let three = b.after(squeeze, relu(expanded, 3));
        b.join(Kind::Concatenate, &[one, three]);
        convs = Some([squeeze, one, three]);
    });
    if let Some([squeeze, one, three]) = convs {
        b.setting(id, "Squeezed to", &[(squeeze, "filters", 1)]);
        let expanded = [(one, "filters", 1), (three, "filters", 1)];
        b.setting(id, "Expanded to", &expanded);
    }
}

/// How many maps each branch of an inception block makes.
#[derive(Clone, Copy)]
pub struct Branches {
    pub one: u64,
    /// Before the 3×3 convolution, and of it.
    pub three: [u64; 2],
    /// Before the 5×5 convolution, and of it.
    pub five: [u64; 2],
    /// After the pooling.
    pub pooled: u64,
}

/// Four branches that look at places of different sizes, as in GoogLeNet (Szegedy et al. 2014), with the batch
/// norm of its later versions left out.
pub fn inception(b: &mut Builder, of: Branches) {
    let relu = |filters, kernel| active(filters, kernel, 1, Activation::Relu);
    let mut convs = None;
    let id = b.block("Inception", 1, |b| {
        let source = b.here();
        let one = b.then(relu(of.one, 1));
        b.after(source, relu(of.three[0], 1));
        let three = b.then(relu(of.three[1], 3));
        b.after(source, relu(of.five[0], 1));
        let five = b.then(relu(of.five[1], 5));
        let pooling = pool(Kind::MaxPool, 3, 1);
        b.after(source, super::parts::padded(pooling, 1));
        let pooled = b.then(relu(of.pooled, 1));
        b.join(Kind::Concatenate, &[one, three, five, pooled]);
        convs = Some([one, three, five, pooled]);
    });
    let names = [
        "1×1 filters",
        "3×3 filters",
        "5×5 filters",
        "Pooled filters",
    ];
    for (name, layer) in names.iter().zip(convs.into_iter().flatten()) {
        b.setting(id, name, &[(layer, "filters", 1)]);
    }
}
