"""ONNX files and what ONNX Runtime computes with them, for tests/import.rs.

    pip install torch torchvision onnx onnxscript onnxruntime numpy

    python tests/reference/import.py tests/fixtures/onnx      the small files of the repository, made again

    python tests/reference/import.py --torchvision DIR        torchvision's networks, exported both ways
    MAPSTO_ONNX=DIR cargo test --release --test import        … opened and compared: 1e-4 at most

Each NETWORK.onnx gets a NETWORK.json: {"input": [2 images, [channel, height, width], flat], "output": [flat]}.
"""

import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper
from torch import nn

IMAGES = 2


def compared(path, images=None):
    """Writes what ONNX Runtime makes of random images beside the file."""
    session = onnxruntime.InferenceSession(str(path))
    taken = session.get_inputs()[0]
    shape = [IMAGES if isinstance(size, str) or index == 0 else size for index, size in enumerate(taken.shape)]
    images = np.random.default_rng(1).random(shape, dtype=np.float32)
    fixed = not isinstance(taken.shape[0], str)
    batches = [images[i : i + 1] for i in range(IMAGES)] if fixed else [images]
    outputs = np.concatenate([session.run(None, {taken.name: batch})[0] for batch in batches])
    if shape[1] not in (1, 3):  # channels last
        images = images.transpose(0, 3, 1, 2)
    numbers = {
        "input": [round(float(v), 6) for v in images.reshape(-1)],
        "output": [float(v) for v in outputs.reshape(-1)],
    }
    path.with_suffix(".json").write_text(json.dumps(numbers))


def lively(module, shape):
    """Batch norms that have seen images, so that these are told apart to the end, and biases that are not zero."""
    norms = [part for part in module.modules() if isinstance(part, nn.BatchNorm2d)]
    for part in module.modules():
        if getattr(part, "bias", None) is not None and part not in norms:
            nn.init.normal_(part.bias, 0, 0.1)
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        module.train()(torch.rand(8, *shape))
    for norm in norms:
        norm.momentum = 0.1
    return module.eval()


def exported(module, shape, path, new=True, **more):
    module = lively(module, shape)
    images = torch.rand(1, *shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if new:
            torch.onnx.export(module, (images,), str(path), dynamo=True, verbose=False, **more)
        else:
            axes = {"image": {0: "batch"}}
            torch.onnx.export(
                module, (images,), str(path), dynamo=False, input_names=["image"], dynamic_axes=axes, **more
            )
    without_traces(path)
    compared(path)


def without_traces(path):
    """Leaves out what PyTorch notes of its own source: lines of code and paths of the machine."""
    model = onnx.load(path, load_external_data=False)
    parts = [model, model.graph, *model.functions, *model.graph.node, *model.graph.value_info]
    for function in model.functions:
        parts += function.node
    for part in parts:
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, str(path))


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(1, 4, 3, padding=1)
        self.two = nn.Conv2d(4, 6, 3, stride=2, padding=1)
        self.dense = nn.Linear(6 * 4 * 4, 8)
        self.last = nn.Linear(8, 3)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.one(x)), 2)
        x = F.leaky_relu(self.two(x), 0.01)
        x = F.dropout(x.view(x.size(0), -1), 0.3, self.training)
        return self.last(torch.tanh(self.dense(x)))


class Gated(nn.Module):
    """What small networks of today are made of: depthwise, squeeze and excitation, skips, newer activations."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.Hardswish())
        self.depth = nn.Sequential(nn.Conv2d(8, 16, 3, 1, 1, groups=8), nn.ReLU6())
        self.squeeze = nn.Conv2d(16, 4, 1)
        self.excite = nn.Conv2d(4, 16, 1)
        self.project = nn.Conv2d(16, 8, 1)
        self.group = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=2)
        self.last = nn.Linear(16, 4)

    def forward(self, x):
        x = self.stem(x)
        y = self.depth(x)
        gate = F.adaptive_avg_pool2d(y, 1)
        gate = torch.sigmoid(self.excite(F.silu(self.squeeze(gate))))
        x = x + self.project(y * gate)
        x = torch.cat([F.gelu(x), F.elu(self.group(x))], 1)
        x = F.avg_pool2d(F.mish(F.interpolate(x, scale_factor=2, mode="nearest")), 3, 2, 1, count_include_pad=False)
        return self.last(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Maker:
    """Writes a file operator by operator."""

    def __init__(self):
        self.nodes, self.weights, self.random = [], [], np.random.default_rng(3)

    def weight(self, *shape, positive=False):
        values = self.random.normal(0, 0.4, shape).astype(np.float32)
        return self.constant(np.abs(values) + 0.5 if positive else values)

    def constant(self, values):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def __call__(self, operator, *inputs, **attributes):
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def save(self, path, shape, output, opset, check=True):
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", *shape])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
        onnx.save(model, path)
        if check:
            compared(path)


def keras_like(path):
    """Channels last, padding by name, matrices and their biases apart."""
    m = Maker()
    x = m("Transpose", "image", perm=[0, 3, 1, 2])
    x = m("Conv", x, m.weight(4, 3, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2], kernel_shape=[3, 3])
    x = m("Add", x, m.weight(1, 4, 1, 1))
    x = m("Relu", x)
    x = m(
        "BatchNormalization", x, m.weight(4), m.weight(4), m.weight(4), m.weight(4, positive=True), epsilon=1e-3
    )
    x = m("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")
    x = m("Transpose", x, perm=[0, 2, 3, 1])
    x = m("Reshape", x, m.constant(np.array([-1, 3 * 2 * 4])))
    x = m("Relu", m("Add", m("MatMul", x, m.weight(24, 5)), m.weight(5)))
    x = m("Softmax", m("Add", m("MatMul", x, m.weight(5, 3)), m.weight(3)), axis=1)
    m.save(path, [9, 7, 3], x, 9)


def parts(path):
    """The rest of what is read, in one chain."""
    m = Maker()
    x = m("Pad", "image", m.constant(np.array([0, 0, 1, 0, 0, 0, 0, 2])))
    x = m("Conv", x, m.weight(4, 1, 3, 3), m.weight(4), pads=[1, 0, 0, 1])
    x = m("PRelu", x, m.weight(4, 1, 1))
    x = m("ConvTranspose", x, m.weight(4, 3, 2, 2), m.weight(3), strides=[2, 2])
    x = m("LeakyRelu", x, alpha=0.2)
    x = m("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    x = m("InstanceNormalization", x, m.weight(3), m.weight(3))
    x = m("Clip", x, m.constant(np.float32(0)), m.constant(np.float32(6)))
    y = m("Conv", x, m.weight(3, 3, 1, 1))
    x = m("Concat", x, m("Selu", y), axis=1)
    x = m("GroupNormalization", x, m.weight(6), m.weight(6), num_groups=2)
    half = m("Constant", value_float=0.5)
    erf = m("Erf", m("Div", x, m("Constant", value_float=2**0.5)))
    x = m("Mul", m("Mul", x, m("Add", erf, m("Constant", value_float=1.0))), half)
    x = m("Resize", x, "", m.constant(np.array([1, 1, 2, 2], np.float32)), mode="linear")
    x = m("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    x = m("ReduceMean", x, m.constant(np.array([2, 3])), keepdims=0)
    x = m("Gemm", x, m.weight(6, 5), m.weight(5), alpha=0.5, beta=2.0)
    x = m("LayerNormalization", x, m.weight(5), m.weight(5), axis=-1)
    x = m("Gemm", m("Softplus", x), m.weight(2, 5), transB=1)
    m.save(path, [1, 10, 8], x, 21)


def unknown(path):
    m = Maker()
    x = m("Relu", m("Conv", "image", m.weight(2, 1, 3, 3)))
    x = m("GridSample", m("GridSample", x, m.weight(1, 4, 4, 2)), m.weight(1, 4, 4, 2))
    x = m("Flatten", m("Det", x))
    m.save(path, [1, 8, 8], x, 21, check=False)


def small(folder):
    exported(Plain(), (1, 16, 16), folder / "plain.onnx", external_data=False)
    exported(Plain(), (1, 16, 16), folder / "plain-opset-11.onnx", new=False, opset_version=11)
    exported(Gated(), (3, 16, 16), folder / "gated.onnx", external_data=False)
    exported(Gated(), (3, 16, 16), folder / "gated-opset-13.onnx", new=False, opset_version=13)
    exported(nn.Sequential(nn.Conv2d(3, 16, 5), nn.Flatten(), nn.Linear(16 * 16, 4)), (3, 8, 8), folder / "outside.onnx")
    keras_like(folder / "channels-last.onnx")
    parts(folder / "parts.onnx")
    unknown(folder / "unknown.onnx")


def torchvision(folder):
    import torchvision.models as models

    networks = {
        "resnet18": models.resnet18,
        "vgg11": models.vgg11,
        "squeezenet": models.squeezenet1_1,
        "mobilenet_v2": models.mobilenet_v2,
        "densenet121": models.densenet121,
        "efficientnet_b0": models.efficientnet_b0,
    }
    for name, network in networks.items():
        size = {"densenet121": 96, "vgg11": 224}.get(name, 64)
        exported(network(num_classes=4), (3, size, size), folder / f"{name}.onnx")
        exported(network(num_classes=4), (3, size, size), folder / f"{name}-opset-17.onnx", new=False, opset_version=17)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--torchvision", action="store_true")
    chosen = arguments.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    (torchvision if chosen.torchvision else small)(chosen.folder)
