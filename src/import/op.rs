//! One step of the network in the file: an operator with its inputs, outputs and attributes.

use super::Reason;
use super::model::{Attribute, Node, is_standard};

/// A node, or several that are one layer here.
#[derive(Clone, Debug)]
pub(super) struct Op<'a> {
    /// "Conv", or a name of `fuse`'s own; with its domain where that is not ONNX's.
    pub kind: String,
    /// For people: its name, or else its output's.
    pub name: &'a str,
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    pub attributes: &'a [Attribute<'a>],
}

impl<'a> Op<'a> {
    pub fn of(node: &'a Node<'a>) -> Self {
        let output = node.outputs.first().copied().unwrap_or_default();
        Self {
            kind: if is_standard(node.domain) {
                node.operator.to_owned()
            } else {
                format!("{}.{}", node.domain, node.operator)
            },
            name: if node.name.is_empty() {
                output
            } else {
                node.name
            },
            inputs: node.inputs.clone(),
            outputs: node.outputs.clone(),
            attributes: &node.attributes,
        }
    }

    /// The name of an input; `None` where it is left out.
    pub fn input(&self, index: usize) -> Option<&'a str> {
        let name = self.inputs.get(index).copied();
        name.filter(|name| !name.is_empty())
    }

    pub fn output(&self) -> &'a str {
        self.outputs.first().copied().unwrap_or_default()
    }

    pub fn attribute(&self, name: &str) -> Option<&'a Attribute<'a>> {
        self.attributes.iter().find(|it| it.name == name)
    }

    pub fn int(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |it| it.int)
    }

    pub fn float(&self, name: &str, default: f32) -> f32 {
        self.attribute(name).map_or(default, |it| it.float)
    }

    /// Empty where there is no such attribute.
    pub fn ints(&self, name: &str) -> &'a [i64] {
        self.attribute(name).map_or(&[], |it| &it.ints)
    }

    /// A text in capitals or small letters; empty where there is none.
    pub fn text(&self, name: &str) -> &'a str {
        let text = self.attribute(name).map(|it| it.text).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or("?")
    }

    /// Height and width, or `default` where they are not given.
    ///
    /// # Errors
    /// Other than two numbers, or one below 0: the operator works on something else than maps.
    pub fn pair(&self, name: &str, default: [u64; 2]) -> Result<[u64; 2], Reason> {
        match self.ints(name) {
            [] => Ok(default),
            [height, width] => match (u64::try_from(*height), u64::try_from(*width)) {
                (Ok(height), Ok(width)) => Ok([height, width]),
                _ => Err(format!("{name} of {height}×{width} is below 0")),
            },
            other => Err(format!(
                "{name} has {} numbers: mapsto works on height and width alone",
                other.len()
            )),
        }
    }
}
