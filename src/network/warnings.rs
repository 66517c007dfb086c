//! What can be trained, but is hardly meant.

use super::entry::Kind;
use super::function::Activation;
use super::graph::Node;
use super::remedy::{self, advice};
use super::report::{Problem, Remedy, Severity};
use super::shape::Shape;

/// The warnings at one layer: `last` where the network ends with it, in batches of `batch` images.
pub(super) fn warnings(
    node: &Node,
    name: &str,
    input: Option<Shape>,
    last: bool,
    batch: usize,
) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut tell = |message: String, remedy: Option<Remedy>| {
        found.push(Problem {
            layer: Some(node.id),
            severity: Severity::Warning,
            message,
            remedy,
        });
    };
    let kind = node.layer.kind();
    if !last && node.layer.activation() == Activation::Softmax {
        let remedy = remedy::activation(node, name, Activation::Relu);
        let message = format!(
            "softmax in {name} belongs at the end, and slows learning in the middle: {}",
            advice(&remedy),
        );
        tell(message, Some(remedy));
    }
    if kind == Kind::Flatten && matches!(input, Some(Shape::Vector { .. })) {
        let message =
            format!("{name} changes nothing, as its input is a vector already: delete it");
        tell(message, Some(remedy::delete(node.id, name)));
    }
    if last && matches!(kind, Kind::Dropout | Kind::StochasticDepth) {
        let message = format!("{name} at the end drops random answers while training: delete it");
        tell(message, Some(remedy::delete(node.id, name)));
    }
    if kind == Kind::BatchNorm && batch == 1 {
        let message = format!(
            "{name} has little to average in batches of one image: choose a larger batch size"
        );
        tell(message, None);
    }
    found
}
