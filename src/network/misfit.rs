//! Why a layer cannot take its input, in words, and what would help.

use std::collections::HashMap;

use super::catalogue::nearest_divisor;
use super::edit::Edit;
use super::entry::{Kind, ShapeError};
use super::graph::{Graph, LayerId, Node};
use super::layer::Layer;
use super::remedy::{self, advice};
use super::report::Remedy;
use super::shape::Shape;
use super::value::Value;

/// A layer that cannot take its inputs.
pub(super) struct Misfit<'a> {
    pub graph: &'a Graph,
    pub names: &'a [String],
    /// Where every layer stands.
    pub places: &'a HashMap<LayerId, usize>,
    pub position: usize,
    pub node: &'a Node,
    /// Their shapes, by wire.
    pub inputs: &'a [Shape],
    /// The place of the layer that made a vector, or a sequence, of what comes in first.
    pub made_by: usize,
    /// The place of the layer that made the first such of maps.
    pub left_maps: Option<usize>,
}

type Told = (String, Option<Remedy>);

impl Misfit<'_> {
    /// The message and the remedy.
    pub fn told(&self, error: &ShapeError) -> Told {
        let name = self.name(self.position);
        match error {
            ShapeError::NeedsVector => self.needs_vector(),
            ShapeError::NeedsSequence => self.needs_sequence(),
            ShapeError::NeedsMaps => self.needs_maps(),
            ShapeError::WindowTooLarge => self.window_too_large(),
            ShapeError::TakesNoInput => {
                let remedy = remedy::delete(self.node.id, name);
                (
                    format!("{name} must be the first layer: {}", advice(&remedy)),
                    Some(remedy),
                )
            }
            ShapeError::Overflow => (
                format!("the output of {name} is too large to be counted: make its input smaller"),
                None,
            ),
            ShapeError::Differ => self.differ(),
            ShapeError::Refused { reason, set } => match set {
                Some((setting, value)) => {
                    let remedy = remedy::set_to(self.node, name, setting, value.clone());
                    (
                        format!("{name} {reason}: {}", advice(&remedy)),
                        Some(remedy),
                    )
                }
                None => (format!("{name} {reason}"), None),
            },
        }
    }

    fn name(&self, position: usize) -> &str {
        self.names.get(position).map_or("", String::as_str)
    }

    /// The name of the layer at the other end of a wire.
    fn source(&self, wire: usize) -> (LayerId, &str) {
        let id = self.node.inputs.get(wire).copied().unwrap_or(LayerId(0));
        let place = self.places.get(&id);
        (id, place.map_or("", |place| self.name(*place)))
    }

    fn first(&self) -> Shape {
        self.inputs
            .first()
            .copied()
            .unwrap_or(Shape::Vector { units: 0 })
    }

    fn needs_vector(&self) -> Told {
        let (name, (from, before)) = (self.name(self.position), self.source(0));
        let gives = described(self.first());
        let remedy = remedy::insert_between(from, self.node.id, Layer::new(Kind::Flatten), name);
        let message = format!(
            "{name} takes a vector, but {before} gives {gives}: {}",
            advice(&remedy)
        );
        (message, Some(remedy))
    }

    /// Maps are cut into patches; a recurrent layer can give what it knows after each step; behind any other
    /// vector there is nothing to make a sequence of.
    fn needs_sequence(&self) -> Told {
        let (name, (from, before)) = (self.name(self.position), self.source(0));
        let remedy = match self.first() {
            Shape::Maps { height, width, .. } => {
                let layer = self.patches(height, width);
                let label = format!(
                    "Insert patch embedding with {} patches before {name}",
                    layer.get("patch").map(Value::to_string).unwrap_or_default()
                );
                let to = self.node.id;
                remedy::one(label, Edit::InsertBetween { from, to, layer })
            }
            _ => match self
                .places
                .get(&from)
                .and_then(|at| self.graph.nodes().get(*at))
            {
                Some(node) if node.layer.choice("output") == "last" => {
                    remedy::set_to(node, before, "output", "sequence".into())
                }
                _ => {
                    let place = self.made_by;
                    remedy::move_before(self.node.id, name, place, self.name(place))
                }
            },
        };
        let takes = match self.node.layer.kind() {
            Kind::Lstm | Kind::Gru => "maps or a sequence",
            _ => "a sequence",
        };
        let message = format!(
            "{name} takes {takes}, but {before} gives {}: {}",
            described(self.first()),
            advice(&remedy)
        );
        (message, Some(remedy))
    }

    /// A patch embedding that fits maps of this size: about seven patches a side, of 16 pixels at most, and
    /// features that the heads of an attention divide.
    fn patches(&self, height: usize, width: usize) -> Layer {
        let patch = [height, width].map(|side| nearest_divisor(side, (side / 7).clamp(1, 16)));
        let layer = Layer::new(Kind::PatchEmbedding)
            .with("patch", patch.map(|side| u64::try_from(side).unwrap_or(1)));
        let heads = self.node.layer.int("heads").max(1);
        if layer.int("dimensions").is_multiple_of(heads) {
            layer
        } else {
            layer.with("dimensions", heads.saturating_mul(64))
        }
    }

    fn needs_maps(&self) -> Told {
        let (name, (_, before)) = (self.name(self.position), self.source(0));
        let input = self.first();
        // What does for a sequence what these do for maps.
        let of_sequence = matches!(input, Shape::Sequence { .. });
        let kind = match self.node.layer.kind() {
            Kind::BatchNorm | Kind::GroupNorm | Kind::InstanceNorm => Some(Kind::LayerNorm),
            Kind::SpatialDropout => Some(Kind::Dropout),
            _ => None,
        };
        let remedy = match kind.filter(|_| of_sequence) {
            Some(kind) => remedy::one(
                format!("Make {name} {}", kind.entry().title.to_lowercase()),
                Edit::Exchange {
                    id: self.node.id,
                    kind,
                },
            ),
            None => {
                let place = self.left_maps.unwrap_or(self.made_by);
                remedy::move_before(self.node.id, name, place, self.name(place))
            }
        };
        let takes = match self.node.layer.kind() {
            Kind::BatchNorm | Kind::GroupNorm => "maps or a vector",
            _ => "maps",
        };
        let message = format!(
            "{name} takes {takes}, but {before} gives {}: {}",
            described(input),
            advice(&remedy)
        );
        (message, Some(remedy))
    }

    fn window_too_large(&self) -> Told {
        let name = self.name(self.position);
        let window = self.node.layer.kind().entry().window(&self.node.layer);
        let [height, width] = window.size;
        let input = self.first();
        let message = |help: &str| {
            format!(
                "the {height}×{width} window of {name} is larger than its input ({input}): {help}make it smaller, or pool less before it"
            )
        };
        if self.node.layer.get("padding").is_none() {
            return (message(""), None);
        }
        let remedy = remedy::pad(self.node.id, name);
        (message(&format!("{}, ", advice(&remedy))), Some(remedy))
    }

    /// The inputs of a join do not fit each other.
    fn differ(&self) -> Told {
        let name = self.name(self.position);
        let (_, first_name) = self.source(0);
        let whole = self.first();
        let fits = |shape: &Shape| {
            (self.node.layer.kind().entry().shape)(&self.node.layer, &[whole, *shape]).is_ok()
        };
        let odd = self.inputs.iter().position(|shape| !fits(shape));
        let (wire, shape) = odd
            .and_then(|wire| Some((wire, *self.inputs.get(wire)?)))
            .unwrap_or((0, whole));
        let (from, odd_name) = self.source(wire);
        let wanted = match (self.node.layer.kind(), whole) {
            (Kind::Concatenate, Shape::Sequence { .. }) => "the same features",
            (Kind::Concatenate, _) => "the same height and width",
            _ => "the same shape",
        };
        let remedy = self.matching(from, whole, shape);
        let advice = remedy
            .as_ref()
            .map_or_else(|| "change one of them".to_owned(), advice);
        let message = format!(
            "{name} takes inputs of {wanted}, but {first_name} gives {} and {odd_name} gives {}: {advice}",
            described(whole),
            described(shape),
        );
        (message, remedy)
    }

    /// What makes the output of `from` fit: a 1×1 convolution with the wanted maps, whose stride makes them as
    /// small as they must be; a dense layer on each token; or a flatten.
    fn matching(&self, from: LayerId, whole: Shape, shape: Shape) -> Option<Remedy> {
        let name = self.name(self.position);
        match (whole, shape) {
            (
                Shape::Maps {
                    height,
                    width,
                    channels,
                },
                Shape::Maps {
                    height: tall,
                    width: wide,
                    channels: present,
                },
            ) => {
                let stride = [stride(tall, height)?, stride(wide, width)?];
                let maps = match self.node.layer.kind() {
                    Kind::Concatenate => present,
                    _ => channels,
                };
                let layer = Layer::new(Kind::Conv2d)
                    .with("filters", maps)
                    .with("kernel", [1, 1])
                    .with("stride", stride)
                    .with("activation", "linear");
                let steps = match stride {
                    [1, 1] => String::new(),
                    [down, across] if down == across => format!(" and stride {down}"),
                    [down, across] => format!(" and stride {down}×{across}"),
                };
                let to = self.node.id;
                let label =
                    format!("Add a 1×1 convolution with {maps} filters{steps} before {name}");
                let edit = Edit::InsertBetween { from, to, layer };
                Some(remedy::one(label, edit))
            }
            (
                Shape::Sequence { length, features },
                Shape::Sequence {
                    length: tokens,
                    features: present,
                },
            ) if features != present
                && (length == tokens || self.node.layer.kind() == Kind::Concatenate) =>
            {
                let layer = Layer::new(Kind::Dense)
                    .with("units", features)
                    .with("activation", "linear");
                let to = self.node.id;
                let label = format!("Add dense with {features} units before {name}");
                let edit = Edit::InsertBetween { from, to, layer };
                Some(remedy::one(label, edit))
            }
            (Shape::Vector { .. }, Shape::Maps { .. }) => Some(remedy::insert_between(
                from,
                self.node.id,
                Layer::new(Kind::Flatten),
                name,
            )),
            _ => None,
        }
    }
}

/// The stride with which a window of 1 makes `from` positions `to`.
fn stride(from: usize, to: usize) -> Option<u64> {
    let guess = from.checked_div(to)?;
    [guess, guess + 1]
        .into_iter()
        .find(|stride| *stride > 0 && from.saturating_sub(1) / stride + 1 == to)
        .and_then(|stride| u64::try_from(stride).ok())
}

/// "maps (28×28×1)".
fn described(shape: Shape) -> String {
    match shape {
        Shape::Maps { .. } => format!("maps ({shape})"),
        Shape::Vector { .. } => format!("a vector ({shape})"),
        Shape::Sequence { .. } => format!("a sequence ({shape})"),
    }
}
