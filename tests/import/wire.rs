//! ONNX files made byte by byte, for what no exporter would write.

/// Fields of a message.
pub type Bytes = Vec<u8>;

pub fn varint(mut number: u64) -> Bytes {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

pub fn int(field: u64, value: u64) -> Bytes {
    [varint(field << 3), varint(value)].concat()
}

pub fn bytes(field: u64, content: &[u8]) -> Bytes {
    let length = varint(content.len() as u64);
    [&varint(field << 3 | 2), &length, content].concat()
}

pub fn text(field: u64, content: &str) -> Bytes {
    bytes(field, content.as_bytes())
}

/// `NodeProto`: an operator without a name unless `more` has one.
pub fn node(operator: &str, inputs: &[&str], output: &str, more: &[Bytes]) -> Bytes {
    let mut all: Vec<Bytes> = inputs.iter().map(|name| text(1, name)).collect();
    all.extend([text(2, output), text(4, operator)]);
    all.extend_from_slice(more);
    all.concat()
}

pub fn attribute(name: &str, value: u64) -> Bytes {
    bytes(5, &[text(1, name), int(3, value), int(20, 2)].concat())
}

/// `TensorProto` of a type, with what holds its values.
pub fn tensor(name: &str, dims: &[u64], kind: u64, values: &[Bytes]) -> Bytes {
    let mut all: Vec<Bytes> = dims.iter().map(|size| int(1, *size)).collect();
    all.extend([int(2, kind), text(8, name)]);
    all.extend_from_slice(values);
    all.concat()
}

pub fn floats(name: &str, dims: &[u64], values: &[f32]) -> Bytes {
    let raw: Bytes = values.iter().flat_map(|it| it.to_le_bytes()).collect();
    tensor(name, dims, 1, &[bytes(9, &raw)])
}

/// `ValueInfoProto`; a size of 0 is left open.
pub fn info(name: &str, kind: u64, dims: &[u64]) -> Bytes {
    let dims = dims.iter().map(|size| match size {
        0 => bytes(1, &text(2, "N")),
        size => bytes(1, &int(1, *size)),
    });
    let shape = bytes(2, &dims.collect::<Vec<_>>().concat());
    let of_tensor = bytes(1, &[int(1, kind), shape].concat());
    [text(1, name), bytes(2, &of_tensor)].concat()
}

/// A whole file whose image is “image” and whose output is “out”.
pub struct File {
    pub opset: u64,
    pub nodes: Vec<Bytes>,
    pub tensors: Vec<Bytes>,
    pub inputs: Vec<Bytes>,
}

impl File {
    /// Images of 2×2×1, the batch open.
    pub fn new(nodes: Vec<Bytes>, tensors: Vec<Bytes>) -> Self {
        Self {
            opset: 17,
            nodes,
            tensors,
            inputs: vec![info("image", 1, &[0, 1, 2, 2])],
        }
    }

    pub fn bytes(&self) -> Bytes {
        let mut graph: Vec<Bytes> = Vec::new();
        graph.extend(self.nodes.iter().map(|it| bytes(1, it)));
        graph.extend(self.tensors.iter().map(|it| bytes(5, it)));
        graph.extend(self.inputs.iter().map(|it| bytes(11, it)));
        graph.push(bytes(12, &info("out", 1, &[0, 2])));
        let opset = bytes(8, &[text(1, ""), int(2, self.opset)].concat());
        [int(1, 9), opset, bytes(7, &graph.concat())].concat()
    }
}
