//! The messages of an ONNX file, as far as a network needs them. Field numbers are those of `onnx.proto`
//! (github.com/onnx/onnx); what is not read here is passed over.

use super::wire::{Broken, Fields, Room};

/// `ModelProto`
#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    /// Of the operators without a domain.
    pub opset: i64,
    pub graph: Graph<'a>,
}

/// `GraphProto`
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub nodes: Vec<Node<'a>>,
    pub initialisers: Vec<Tensor<'a>>,
    pub inputs: Vec<Info<'a>>,
    pub outputs: Vec<Info<'a>>,
}

/// `NodeProto`
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    pub name: &'a str,
    pub operator: &'a str,
    pub domain: &'a str,
    pub attributes: Vec<Attribute<'a>>,
}

/// `AttributeProto`
#[derive(Debug, Default)]
pub(super) struct Attribute<'a> {
    pub name: &'a str,
    pub float: f32,
    pub int: i64,
    pub text: &'a [u8],
    pub tensor: Option<Tensor<'a>>,
    pub floats: Vec<f32>,
    pub ints: Vec<i64>,
}

/// `TensorProto`
#[derive(Debug, Default)]
pub(super) struct Tensor<'a> {
    pub name: &'a str,
    pub dims: Vec<i64>,
    /// `TensorProto.DataType`
    pub kind: i64,
    pub raw: Option<&'a [u8]>,
    pub floats: Vec<f32>,
    pub doubles: Vec<f64>,
    /// Of `int32_data` or `int64_data`: whole numbers, or the bits of 16-bit floats.
    pub ints: Vec<i64>,
    /// Where its values are, if in another file.
    pub outside: Option<Outside<'a>>,
}

/// The entries of `external_data`
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outside<'a> {
    pub location: &'a str,
    pub offset: u64,
    pub length: Option<u64>,
}

/// `ValueInfoProto` of a tensor
#[derive(Debug, Default)]
pub(super) struct Info<'a> {
    pub name: &'a str,
    /// `TensorProto.DataType`; 0 where it is not told.
    pub kind: i64,
    pub dims: Vec<Dimension<'a>>,
}

/// `TensorShapeProto.Dimension`
#[derive(Clone, Copy, Debug)]
pub(super) enum Dimension<'a> {
    Fixed(i64),
    /// Left open, under this name.
    Open(&'a str),
}

type Parsed<T> = Result<T, Broken>;

pub(super) fn model(bytes: &[u8]) -> Parsed<Model<'_>> {
    let room = &Room::default();
    let mut model = Model::default();
    let mut graph = None;
    for field in Fields(bytes) {
        let (number, value) = field?;
        match number {
            7 => graph = Some(read_graph(value.bytes()?, room)?),
            8 => {
                let (domain, version) = opset(value.bytes()?)?;
                if is_standard(domain) {
                    model.opset = version;
                }
            }
            _ => {}
        }
    }
    model.graph = graph.ok_or(Broken::Damaged)?;
    Ok(model)
}

/// Whether operators of this domain are those of ONNX itself.
pub(super) fn is_standard(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

fn opset(bytes: &[u8]) -> Parsed<(&str, i64)> {
    let (mut domain, mut version) = ("", 0);
    for field in Fields(bytes) {
        match field? {
            (1, value) => domain = value.text()?,
            (2, value) => version = value.int()?,
            _ => {}
        }
    }
    Ok((domain, version))
}

fn read_graph<'a>(bytes: &'a [u8], room: &Room) -> Parsed<Graph<'a>> {
    let mut graph = Graph::default();
    for field in Fields(bytes) {
        let (number, value) = field?;
        match number {
            1 => graph.nodes.push(node(value.bytes()?, room)?),
            5 => graph.initialisers.push(tensor(value.bytes()?, room)?),
            11 => graph.inputs.push(info(value.bytes()?, room)?),
            12 => graph.outputs.push(info(value.bytes()?, room)?),
            _ => {}
        }
    }
    Ok(graph)
}

fn node<'a>(bytes: &'a [u8], room: &Room) -> Parsed<Node<'a>> {
    room.take()?;
    let mut node = Node::default();
    for field in Fields(bytes) {
        let (number, value) = field?;
        match number {
            1 | 2 => {
                room.take()?;
                let list = if number == 1 {
                    &mut node.inputs
                } else {
                    &mut node.outputs
                };
                list.push(value.text()?);
            }
            3 => node.name = value.text()?,
            4 => node.operator = value.text()?,
            5 => node.attributes.push(attribute(value.bytes()?, room)?),
            7 => node.domain = value.text()?,
            _ => {}
        }
    }
    Ok(node)
}

fn attribute<'a>(bytes: &'a [u8], room: &Room) -> Parsed<Attribute<'a>> {
    room.take()?;
    let mut attribute = Attribute::default();
    for field in Fields(bytes) {
        let (number, value) = field?;
        match number {
            1 => attribute.name = value.text()?,
            2 => attribute.float = value.float()?,
            3 => attribute.int = value.int()?,
            4 => attribute.text = value.bytes()?,
            5 => attribute.tensor = Some(tensor(value.bytes()?, room)?),
            7 => value.fixed(&mut attribute.floats, f32::from_le_bytes)?,
            8 => value.ints(&mut attribute.ints, room)?,
            _ => {}
        }
    }
    Ok(attribute)
}

fn tensor<'a>(bytes: &'a [u8], room: &Room) -> Parsed<Tensor<'a>> {
    room.take()?;
    let mut tensor = Tensor::default();
    let mut outside = Outside::default();
    let mut elsewhere = false;
    for field in Fields(bytes) {
        let (number, value) = field?;
        match number {
            1 => value.ints(&mut tensor.dims, room)?,
            2 => tensor.kind = value.int()?,
            4 => value.fixed(&mut tensor.floats, f32::from_le_bytes)?,
            5 | 7 => value.ints(&mut tensor.ints, room)?,
            8 => tensor.name = value.text()?,
            9 => tensor.raw = Some(value.bytes()?),
            10 => value.fixed(&mut tensor.doubles, f64::from_le_bytes)?,
            13 => outside_entry(value.bytes()?, &mut outside)?,
            14 => elsewhere = value.int()? == 1,
            _ => {}
        }
    }
    tensor.outside = elsewhere.then_some(outside);
    Ok(tensor)
}

fn outside_entry<'a>(bytes: &'a [u8], outside: &mut Outside<'a>) -> Parsed<()> {
    let (mut key, mut text) = ("", "");
    for field in Fields(bytes) {
        match field? {
            (1, value) => key = value.text()?,
            (2, value) => text = value.text()?,
            _ => {}
        }
    }
    let number = || text.parse().map_err(|_no_number| Broken::Damaged);
    match key {
        "location" => outside.location = text,
        "offset" => outside.offset = number()?,
        "length" => outside.length = Some(number()?),
        _ => {}
    }
    Ok(())
}

fn info<'a>(bytes: &'a [u8], room: &Room) -> Parsed<Info<'a>> {
    room.take()?;
    let mut info = Info::default();
    for field in Fields(bytes) {
        match field? {
            (1, value) => info.name = value.text()?,
            // TypeProto, its tensor_type, and that one's shape.
            (2, value) => {
                let tensor = inner(value.bytes()?, 1)?;
                for field in Fields(tensor) {
                    if let (1, value) = field? {
                        info.kind = value.int()?;
                    }
                }
                for field in Fields(inner(tensor, 2)?) {
                    if let (1, value) = field? {
                        room.take()?;
                        info.dims.push(dimension(value.bytes()?)?);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(info)
}

/// The message in a field of a message; an empty one where there is none.
fn inner(bytes: &[u8], wanted: u64) -> Parsed<&[u8]> {
    let mut found: &[u8] = &[];
    for field in Fields(bytes) {
        let (number, value) = field?;
        if number == wanted {
            found = value.bytes()?;
        }
    }
    Ok(found)
}

fn dimension(bytes: &[u8]) -> Parsed<Dimension<'_>> {
    let mut dimension = Dimension::Open("");
    for field in Fields(bytes) {
        match field? {
            (1, value) => dimension = Dimension::Fixed(value.int()?),
            (2, value) => dimension = Dimension::Open(value.text()?),
            _ => {}
        }
    }
    Ok(dimension)
}
