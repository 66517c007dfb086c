"""Loads a mapsto run in PyTorch and classifies images with it.

    pip install torch numpy pillow safetensors          (Python 3.11 or newer)

    python load_run.py RUN IMAGE...                     one line of probabilities an image
    mapsto evaluate RUN DATA --json > evaluate.json
    python load_run.py RUN --check evaluate.json --data DATA
                                                        the greatest difference from mapsto's figures

A run folder holds four things that are needed here:
    network.toml           the layers, in order: [[layers]] kind = "conv2d", filters = 32, …
    weights.safetensors    the best weights: "conv2d_1.weight" [out, in, height, width],
                           "dense_1.weight" [out, in], "….bias", and of a batch norm also
                           "running_mean" and "running_var"
    run.toml               the names of the classes
    recipe.toml            the loss

In your own program:
    from load_run import load_run, read_image
    run = load_run("runs/1-digits-cnn")
    print(run.classes, run.probabilities(read_image("three.png", run.network.input_shape)[None]))
"""

import argparse
import gzip
import json
import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors.torch import load_file
from torch import nn

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": F.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "gelu": F.gelu,  # the exact one, with erf
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softmax": lambda x: torch.softmax(x, dim=channel_axis(x)),
    "silu": F.silu,
    "mish": F.mish,
    "elu": F.elu,
    "selu": F.selu,
    "hard_swish": F.hardswish,
    "softplus": F.softplus,
    "relu6": F.relu6,
}


def channel_axis(x):
    """The channels of maps [n, c, h, w], the units of a vector, the features of a sequence [n, l, f]."""
    return 2 if x.dim() == 3 else 1


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels, wherever they are."""

    def forward(self, x):
        return super().forward(x.movedim(channel_axis(x), -1)).movedim(-1, channel_axis(x))


class LayerScale(nn.Module):
    def __init__(self, channels, initial):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), initial))

    def forward(self, x):
        return (x.movedim(channel_axis(x), -1) * self.weight).movedim(-1, channel_axis(x))


class PReLU(nn.PReLU):
    def forward(self, x):
        return super().forward(x.movedim(channel_axis(x), 1)).movedim(1, channel_axis(x))


class GaussianNoise(nn.Module):
    def __init__(self, deviation):
        super().__init__()
        self.deviation = deviation

    def forward(self, x):
        return x + torch.randn_like(x) * self.deviation if self.training else x


class StochasticDepth(nn.Module):
    """torchvision's, in "row" mode."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        kept = torch.rand([len(x)] + [1] * (x.dim() - 1)) >= self.rate
        return x * kept / (1 - self.rate)


def permute(x, order):
    """`order` says what of the input becomes height, width and channels."""
    axes = order.split("_")
    if x.dim() == 3:
        return x if axes[0] == "height" else x.transpose(1, 2)
    height, width, channels = ({"height": 2, "width": 3, "channels": 1}[axis] for axis in axes)
    return x.permute(0, channels, height, width)


def upsample(x, factor, method):
    aligned = {"align_corners": False} if method == "bilinear" else {}
    return F.interpolate(x, scale_factor=tuple(map(float, factor)), mode=method, **aligned)


def same_padding(x, kernel, stride, value=0.0):
    """Pads [n, c, h, w] so that the output has ceil(in / stride) rows and columns; where the
    padding is odd, the smaller half goes first (TensorFlow's rule)."""
    pads = []
    for axis in (3, 2):  # F.pad counts from the last axis
        size, k, s = x.shape[axis], kernel[axis - 2], stride[axis - 2]
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


def spread(layer):
    """The kernel's height and width with the gaps of its dilation."""
    kernel, dilation = layer.get("kernel", [3, 3]), layer.get("dilation", [1, 1])
    return [(k - 1) * d + 1 for k, d in zip(kernel, dilation)]


def pad_of(layer):
    """Rows and columns that explicit padding adds on each side."""
    return tuple(layer.get("pad", [0, 0])) if layer.get("padding") == "explicit" else (0, 0)


class SeparableConv2d(nn.Module):
    """A filter over each map on its own, then a 1×1 convolution with the only bias."""

    def __init__(self, channels, layer, options):
        super().__init__()
        bias = options.pop("bias")
        self.depthwise = nn.Conv2d(channels, channels, groups=channels, bias=False, **options)
        self.pointwise = nn.Conv2d(channels, layer["filters"], 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(layer["filters"])) if bias else None

    def forward(self, x):
        x = self.pointwise(self.depthwise(x))
        return x if self.bias is None else x + self.bias[:, None, None]


def average_pool(x, size, stride, padding, pad=(0, 0), ceil=False):
    """Padding counts neither in the sum nor in the number of values."""
    if padding != "same":
        return F.avg_pool2d(x, size, stride, pad, ceil, count_include_pad=False)
    total = F.avg_pool2d(same_padding(x, size, stride), size, stride, divisor_override=1)
    ones = same_padding(torch.ones_like(x[:1, :1]), size, stride)
    return total / F.avg_pool2d(ones, size, stride, divisor_override=1)


class PatchEmbedding(nn.Conv2d):
    """Maps [n, c, h, w] to a sequence [n, patches, features], row by row."""

    def forward(self, x):
        return super().forward(x).flatten(2).transpose(1, 2)


class ClassToken(nn.Module):
    """Puts a learnt token before those of a sequence."""

    def __init__(self, features):
        super().__init__()
        self.token = nn.Parameter(torch.randn(features) * 0.02)

    def forward(self, x):
        return torch.cat([self.token.expand(len(x), 1, -1), x], dim=1)


class PositionEmbedding(nn.Module):
    """Adds to each token where it stands: learnt, or the waves of Vaswani et al. 2017."""

    def __init__(self, length, features, method):
        super().__init__()
        if method == "learnt":
            self.weight = nn.Parameter(torch.randn(length, features) * 0.02)
            return
        even = torch.arange(features) // 2 * 2
        angles = torch.arange(length)[:, None] / 10000 ** (even / features).double()
        waves = torch.where(torch.arange(features) % 2 == 0, angles.sin(), angles.cos())
        self.register_buffer("weight", waves.float(), persistent=False)

    def forward(self, x):
        return x + self.weight


class Attention(nn.MultiheadAttention):
    """Self-attention: a sequence is its own query, key and value."""

    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


class Recurrent(nn.Module):
    """nn.LSTM or nn.GRU over the rows or columns of maps, or over a sequence. Its parameters are called as
    PyTorch's but for the "_l0"; those that read from the end on have "_reverse" only beside the others."""

    def __init__(self, layer, shape):
        super().__init__()
        self.direction = layer.get("direction", "forward")
        self.last = layer.get("output", "last") == "last"
        self.axes = (0, 3, 1, 2) if layer.get("over", "rows") == "columns" else (0, 2, 1, 3)
        features = self.steps(torch.zeros(shape)).shape[2]
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}[layer["kind"]]
        core = kind(features, layer["units"], batch_first=True, bidirectional=self.direction == "both")
        self.__dict__["core"] = core  # no module of this one, so that names are not twice there
        for name, parameter in core.named_parameters():
            self.register_parameter(name.replace("_l0", ""), parameter)

    def steps(self, x):
        x = x.permute(self.axes).flatten(2) if x.dim() == 4 else x
        return x.flip(1) if getattr(self, "direction", "") == "backward" else x

    def forward(self, x):
        known, state = self.core(self.steps(x))
        if self.last:
            state = state[0] if isinstance(state, tuple) else state
            return torch.cat(list(state), dim=1)
        return known.flip(1) if self.direction == "backward" else known


class Network(nn.Module):
    """The network of `network.toml`; the names of its parameters are those of the weights file."""

    def __init__(self, layers):
        super().__init__()
        first, *self.layers = layers
        self.input_shape = (first["height"], first["width"], first["channels"])
        self.names, seen = [], {}
        x = torch.zeros(2, first["channels"], first["height"], first["width"])
        for layer in self.layers:
            kind = layer["kind"]
            seen[kind] = seen.get(kind, 0) + 1
            self.names.append(f"{kind}_{seen[kind]}")
            module = self.build(layer, x.shape)
            if module is not None:
                self.add_module(self.names[-1], module)
            with torch.no_grad():
                x = self.run(layer, module.eval() if module else None, x)
        self.outputs = x.shape[1]
        self.train()

    @staticmethod
    def build(layer, shape):
        channels = shape[2] if len(shape) == 3 else shape[1]
        match layer["kind"]:
            case "conv2d" | "depthwise_conv2d" | "separable_conv2d" as kind:
                options = {"kernel_size": layer.get("kernel", [3, 3]), "stride": layer.get("stride", [1, 1]),
                           "padding": pad_of(layer), "dilation": layer.get("dilation", [1, 1]),
                           "bias": layer.get("bias", True)}
                if kind == "separable_conv2d":
                    return SeparableConv2d(shape[1], layer, options)
                if kind == "depthwise_conv2d":
                    return nn.Conv2d(shape[1], shape[1] * layer.get("multiplier", 1), groups=shape[1], **options)
                return nn.Conv2d(shape[1], layer["filters"], groups=layer.get("groups", 1), **options)
            case "transposed_conv2d":
                return nn.ConvTranspose2d(shape[1], layer["filters"], layer.get("kernel", [2, 2]),
                                          layer.get("stride", [2, 2]), layer.get("pad", [0, 0]),
                                          layer.get("output_pad", [0, 0]), bias=layer.get("bias", True))
            case "dense":
                return nn.Linear(shape[-1], layer["units"], layer.get("bias", True))
            case "dropout":
                return nn.Dropout(layer.get("rate", 0.5))
            case "batch_norm":
                kind = nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d
                return kind(shape[1], layer.get("epsilon", 1e-5), layer.get("momentum", 0.1))
            case "layer_norm":
                return ChannelNorm(channels, layer.get("epsilon", 1e-5))
            case "group_norm":
                return nn.GroupNorm(layer.get("groups", 8), channels, layer.get("epsilon", 1e-5))
            case "instance_norm":
                return nn.InstanceNorm2d(channels, layer.get("epsilon", 1e-5), affine=layer.get("affine", True))
            case "layer_scale":
                return LayerScale(channels, layer.get("initial", 1e-6))
            case "prelu":
                return PReLU(channels, layer.get("initial", 0.25))
            case "spatial_dropout":
                return nn.Dropout2d(layer.get("rate", 0.2))
            case "gaussian_noise":
                return GaussianNoise(layer.get("deviation", 0.1))
            case "stochastic_depth":
                return StochasticDepth(layer.get("rate", 0.1))
            case "patch_embedding":
                patch = layer.get("patch", [16, 16])
                return PatchEmbedding(shape[1], layer.get("dimensions", 192), patch, patch, bias=layer.get("bias", True))
            case "class_token":
                return ClassToken(shape[2])
            case "position_embedding":
                return PositionEmbedding(shape[1], shape[2], layer.get("method", "learnt"))
            case "attention":
                heads, bias, dropout = layer.get("heads", 3), layer.get("bias", True), layer.get("dropout", 0.0)
                return Attention(shape[2], heads, dropout, bias, batch_first=True)
            case "lstm" | "gru":
                return Recurrent({"units": 64, **layer}, shape)
        return None

    @staticmethod
    def run(layer, module, x):
        """One layer, without its activation."""
        kind, padding = layer["kind"], layer.get("padding", "valid")
        if kind.endswith("conv2d") and padding == "same":
            x = same_padding(x, spread(layer), layer.get("stride", [1, 1]))
        if module is not None:
            return module(x)
        if kind in ("max_pool", "average_pool"):
            size = layer.get("size", [2, 2])
            stride = layer.get("stride", size)
            ceil = layer.get("ceil", False) and padding != "same"
            if kind == "average_pool":
                return average_pool(x, size, stride, padding, pad_of(layer), ceil)
            if padding == "same":
                x = same_padding(x, size, stride, value=-torch.inf)
            return F.max_pool2d(x, size, stride, pad_of(layer), ceil_mode=ceil)
        if kind == "adaptive_average_pool":
            return F.adaptive_avg_pool2d(x, layer.get("size", [1, 1]))
        if kind == "global_average_pool":
            return x.mean(dim=(2, 3))
        if kind == "flatten":
            return x.flatten(1)  # channel, height, width
        if kind == "reshape":
            return x.reshape(len(x), *(layer[name] for name in ("channels", "height", "width")))
        if kind == "permute":
            return permute(x, layer.get("order", "width_height_channels"))
        if kind == "zero_padding":
            return F.pad(x, [*layer.get("columns", [1, 1]), *layer.get("rows", [1, 1])])
        if kind == "upsample":
            return upsample(x, layer.get("factor", [2, 2]), layer.get("method", "nearest"))
        if kind == "select_token":
            token = layer.get("token", "first")
            return x.mean(dim=1) if token == "mean" else x[:, 0 if token == "first" else -1]
        if kind == "activation":
            return x
        raise ValueError(f"unknown layer kind {kind!r}")

    @staticmethod
    def activation_of(layer):
        return layer.get("function" if layer["kind"] == "activation" else "activation", "linear")

    @property
    def last_activation(self):
        return self.activation_of(self.layers[-1])

    def forward(self, x, logits=False):
        """Pixels [n, channels, height, width], 0..1, to [n, outputs]. With `logits`, a softmax or
        sigmoid at the end is left out, as losses that contain it want."""
        for name, layer in zip(self.names, self.layers):
            x = self.run(layer, getattr(self, name, None), x)
            if logits and layer is self.layers[-1] and self.last_activation in ("softmax", "sigmoid"):
                return x
            x = ACTIVATIONS[self.activation_of(layer)](x)
        return x


class Run:
    """A trained network with the names of its classes."""

    def __init__(self, network, classes, loss):
        self.network, self.classes, self.loss = network, classes, loss

    @torch.no_grad()
    def probabilities(self, pixels):
        """[n, channels, height, width] to [n, classes]; each row sums to 1."""
        return probabilities(self.network.eval(), pixels, self.loss, len(self.classes))


def probabilities(network, pixels, loss, classes):
    output = network(pixels)
    if network.last_activation not in ("softmax", "sigmoid"):
        if loss == "cross-entropy":
            return torch.softmax(output, dim=1)
        if loss == "binary-cross-entropy":
            output = torch.sigmoid(output)
    if output.shape[1] == 1 and classes == 2:  # the second class is the positive one
        return torch.cat([1 - output, output], dim=1)
    if network.last_activation == "softmax":
        return output
    output = output.clamp(min=0)  # one against the rest, or squared error: shares of the whole
    total = output.sum(dim=1, keepdim=True)
    return torch.where(total > 0, output / total, torch.full_like(output, 1 / classes))


def load_run(folder):
    folder = Path(folder)
    text = lambda name: tomllib.loads((folder / name).read_text(encoding="utf-8"))
    network = Network(text("network.toml")["layers"])
    weights = load_file(folder / "weights.safetensors")
    wanted = {name for name in network.state_dict() if not name.endswith("num_batches_tracked")}
    if wanted - set(weights):
        sys.exit(f"{folder}: weights.safetensors lacks {sorted(wanted - set(weights))}")
    network.load_state_dict({name: weights[name] for name in wanted}, strict=False)
    return Run(network.eval(), text("run.toml")["classes"], text("recipe.toml")["loss"])


def read_image(source, shape):
    """An image file (or Pillow image) as mapsto reads it: float [channels, height, width], 0..1."""
    return torch.from_numpy(read_bytes(source, shape)).float() / 255


def read_bytes(source, shape):
    """The same before scaling: uint8 [channels, height, width]."""
    height, width, channels = shape
    image = source if isinstance(source, Image.Image) else Image.open(source)
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits: the high byte
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if image.has_transparency_data:  # laid on white
        rgba = np.asarray(image.convert("RGBA")).astype(np.uint32)
        colour, alpha = rgba[..., :3], rgba[..., 3:]
        image = Image.fromarray(((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.array(image).reshape(height, width, channels).transpose(2, 0, 1).copy()


def read_digits(folder):
    """The digits that mapsto bundles (its folder assets/digits): a function from a file name such
    as "3/00042" to the picture."""
    images, labels = (
        np.frombuffer(gzip.decompress(next(Path(folder).glob(pattern)).read_bytes()), np.uint8)[skip:]
        for pattern, skip in (("*images-idx3-ubyte.gz", 16), ("*labels-idx1-ubyte.gz", 8))
    )
    images = images.reshape(-1, 28, 28)

    def find(file):
        label, number = map(int, re.search(r"(\d)/(\d+)(?:\.\w+)?$", file).groups())
        if labels[number] != label:
            raise ValueError(f"{file}: digit {number} is a {labels[number]}")
        return Image.fromarray(images[number])

    return find


def opener(data):
    """A function from a file name of a data.json or evaluate.json to what `read_image` takes."""
    data = Path(data)
    if data.is_dir() and any(data.glob("*-ubyte.gz")):
        return read_digits(data)
    return lambda file: data / file if (data / file).exists() else Path(file)


def check(run, evaluation, data, limit):
    """Compares the first `limit` predictions with mapsto's; returns the greatest difference."""
    rows = evaluation["predictions"][:limit]
    locate, worst = opener(data), (0.0, "")
    for start in range(0, len(rows), 64):
        batch = rows[start : start + 64]
        pixels = torch.stack([read_image(locate(r["file"]), run.network.input_shape) for r in batch])
        theirs = torch.tensor([r["probabilities"] for r in batch])
        differences = (run.probabilities(pixels) - theirs).abs().amax(dim=1)
        worst = max([worst] + [(d.item(), r["file"]) for d, r in zip(differences, batch)])
    print(f"{len(rows)} images, greatest difference of a probability {worst[0]:.2e} ({worst[1]})")
    return worst[0]


def main():
    parser = argparse.ArgumentParser(description="Classify images with a mapsto run, in PyTorch.")
    parser.add_argument("run", help="the run folder")
    parser.add_argument("images", nargs="*")
    parser.add_argument("--check", metavar="JSON", help="what `mapsto evaluate RUN DATA --json` wrote")
    parser.add_argument("--data", metavar="FOLDER", default=".", help="the images of --check; assets/digits for the bundled digits")
    parser.add_argument("--limit", type=int, help="check so many images only")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    run = load_run(arguments.run)
    for file in arguments.images:
        try:
            pixels = read_image(file, run.network.input_shape)
        except (OSError, Image.DecompressionBombError) as error:
            print(f"{file}: {error}", file=sys.stderr)
            continue
        row = run.probabilities(pixels[None])[0].tolist()
        named = "  ".join(f"{name} {p:.4f}" for name, p in zip(run.classes, row))
        print(f"{file}: {named}")
    if arguments.check:
        evaluation = json.loads(Path(arguments.check).read_text(encoding="utf-8"))
        if check(run, evaluation, arguments.data, arguments.limit) > arguments.tolerance:
            sys.exit(1)


if __name__ == "__main__":
    main()
