"""Writes tests/fixtures/layers/*.safetensors: each layer's output and gradients in PyTorch.

    python tests/reference/layers.py [FOLDER]

A file for each case: a network of the input and one layer (a flatten before it, where it needs a
vector). Tensors, all f32:
    input [n, C, H, W], output             what goes in and what comes out
    upstream                               of output's shape; the loss is sum(output × upstream)
    dense_1.weight, …                      the parameters; a batch norm's running statistics too
    grad.input, grad.dense_1.weight, …     gradients of that loss
    after.batch_norm_1.running_mean, …     batch norm in training: the statistics after the step
Cases of your own: call `write` with them, and name the folder to the test in MAPSTO_LAYER_FIXTURES.
Metadata: title, network (TOML), mode ("training" or "evaluation"), torch (its version).
"""

import sys
import tomllib
from pathlib import Path

import torch

from load_run import Network
from training import FLATTEN, batch_norm, conv, dense, image, pool, save_file, state, toml

ACTIVATIONS = ("relu", "leaky_relu", "gelu", "sigmoid", "tanh", "softmax", "silu", "mish", "elu", "selu",
               "hard_swish", "softplus", "relu6")
ORDERS = ("height_width_channels", "width_height_channels", "channels_height_width",
          "height_channels_width", "width_channels_height", "channels_width_height")


def activation(name):
    return {"kind": "activation", "function": name}


def layer(kind, **settings):
    return {"kind": kind, **settings}


def patches(dimensions, patch=(2, 2), **settings):
    return {"kind": "patch_embedding", "patch": list(patch), "dimensions": dimensions, **settings}


def recurrent(kind, direction, output, **settings):
    return {"kind": kind, "units": 3, "direction": direction, "output": output, **settings}


# A patch embedding or a convolution before them, so that the gradients of what goes in are seen as well.
SEQUENCES = [
    ("patch_embedding", [image(4, 6, 3), patches(5, (2, 3))], 2),
    ("patch_embedding-no-bias", [image(6, 4, 1), patches(3, (3, 1), bias=False)], 2),
    ("class_token", [image(4, 4, 1), patches(3), {"kind": "class_token"}], 2),
    ("position_embedding-learnt", [image(4, 4, 1), patches(3), {"kind": "position_embedding", "method": "learnt"}], 2),
    ("attention-1-head", [image(4, 6, 1), patches(4), {"kind": "attention", "heads": 1}], 2),
    ("attention-3-heads", [image(4, 6, 1), patches(6), {"kind": "attention", "heads": 3}], 2),
    ("attention-no-bias", [image(4, 4, 1), patches(6), {"kind": "attention", "heads": 2, "bias": False}], 2),
    ("attention-of-maps-after-a-token", [image(4, 4, 3), patches(6), {"kind": "class_token"},
                                         {"kind": "position_embedding", "method": "learnt"},
                                         {"kind": "attention", "heads": 2}, {"kind": "select_token", "token": "first"}], 3),
    ("dense-sequence", [image(4, 6, 1), patches(4), dense(5, "relu")], 2),
    ("flatten-sequence", [image(4, 4, 1), patches(3), FLATTEN, dense(4)], 2),
    ("lstm-tokens", [image(4, 6, 1), patches(4), recurrent("lstm", "both", "sequence")], 2),
    ("gru-tokens", [image(4, 6, 1), patches(4), recurrent("gru", "backward", "last")], 2),
    ("lstm-columns", [image(4, 5, 3), conv(2), recurrent("lstm", "both", "sequence", over="columns")], 2),
    ("gru-columns", [image(4, 5, 3), conv(2), recurrent("gru", "both", "last", over="columns")], 2),
    ("gru-of-gru", [image(4, 5, 1), recurrent("gru", "both", "sequence"), recurrent("gru", "forward", "last")], 2),
    ("lstm-one-step", [image(1, 4, 3), recurrent("lstm", "both", "sequence")], 2),
]
SEQUENCES += [(f"position_embedding-sinusoidal-{features}", [image(6, 4, 1), patches(features),
              {"kind": "position_embedding", "method": "sinusoidal"}], 2) for features in (4, 5)]
SEQUENCES += [(f"select_token-{token}", [image(4, 6, 1), patches(4), {"kind": "select_token", "token": token}], 2)
              for token in ("first", "last", "mean")]
SEQUENCES += [(f"{kind}-{direction}-{output}", [image(7, 3, 3), conv(2, (2, 2)), recurrent(kind, direction, output)], 2)
              for kind in ("lstm", "gru") for direction in ("forward", "backward", "both") for output in ("last", "sequence")]

CASES = [  # title, layers, images
    ("conv2d-valid", [image(7, 6, 3), conv(2)], 2),
    ("conv2d-valid-3x5-stride-2x1", [image(8, 9, 1), conv(3, (3, 5), (2, 1))], 2),
    ("conv2d-valid-1x1-relu", [image(5, 4, 3), conv(4, (1, 1), activation="relu")], 2),
    ("conv2d-same", [image(6, 5, 3), conv(2, padding="same")], 2),
    ("conv2d-same-stride-2-even", [image(6, 8, 1), conv(2, (3, 3), (2, 2), "same")], 2),
    ("conv2d-same-stride-2-odd", [image(7, 9, 1), conv(2, (3, 3), (2, 2), "same")], 2),
    ("conv2d-same-2x4-stride-1", [image(5, 7, 1), conv(2, (2, 4), (1, 1), "same")], 2),
    ("conv2d-same-3x5-stride-2x3", [image(8, 9, 3), conv(2, (3, 5), (2, 3), "same", "tanh")], 2),
    ("conv2d-same-1x1-stride-3", [image(7, 5, 3), conv(2, (1, 1), (3, 3), "same")], 2),
    ("conv2d-softmax", [image(4, 5, 3), conv(3, activation="softmax")], 2),
    ("max_pool-valid", [image(7, 6, 3), pool("max_pool")], 2),
    ("max_pool-valid-3x2-stride-2x1", [image(8, 5, 1), pool("max_pool", (3, 2), (2, 1))], 2),
    ("max_pool-same", [image(5, 7, 3), pool("max_pool", padding="same")], 2),
    ("max_pool-same-3x5-stride-2x3", [image(8, 9, 1), pool("max_pool", (3, 5), (2, 3), "same")], 2),
    ("average_pool-valid", [image(7, 6, 3), pool("average_pool")], 2),
    ("average_pool-valid-3x2-stride-2x1", [image(8, 5, 1), pool("average_pool", (3, 2), (2, 1))], 2),
    ("average_pool-same", [image(5, 7, 3), pool("average_pool", padding="same")], 2),
    ("average_pool-same-3x5-stride-2x3", [image(8, 9, 1), pool("average_pool", (3, 5), (2, 3), "same")], 2),
    ("global_average_pool", [image(5, 4, 3), {"kind": "global_average_pool"}], 2),
    ("flatten", [image(2, 4, 3), FLATTEN], 2),
    ("dense", [image(2, 3, 3), FLATTEN, dense(5)], 3),
    ("batch_norm-maps", [image(4, 3, 3), batch_norm()], 3),
    ("batch_norm-maps-settings", [image(4, 3, 3), batch_norm(1e-2, 0.25)], 3),
    ("batch_norm-vector", [image(2, 2, 3), FLATTEN, batch_norm()], 5),
]


def more(layer, **settings):
    """With settings that most layers leave alone: pad=(1, 2) makes the padding explicit."""
    if "pad" in settings and "padding" in layer:
        layer = layer | {"padding": "explicit"}
    settings = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
    return layer | settings


def conv_like(kind, kernel=(3, 3), stride=(1, 1), padding="valid", activation="linear", **settings):
    layer = conv(1, kernel, stride, padding, activation) | {"kind": kind}
    del layer["filters"]
    return more(layer, **settings)


def transposed(filters, kernel=(2, 2), stride=(2, 2), **settings):
    layer = conv_like("transposed_conv2d", kernel, stride, filters=filters)
    del layer["padding"]
    return more(layer, **settings)


def adaptive(height, width):
    return {"kind": "adaptive_average_pool", "size": [height, width]}


def scaled(*layers):
    """Layers after a 1×1 convolution, which gives them more channels than an image has."""
    return [image(*layers[0]), conv(layers[1], (1, 1)), *layers[2:]]


CASES += [
    ("conv2d-explicit-1x2", [image(5, 6, 3), more(conv(2), pad=(1, 2))], 2),
    ("conv2d-explicit-3-beyond-the-kernel", [image(3, 4, 1), more(conv(2, (2, 2)), pad=(3, 3))], 2),
    ("conv2d-explicit-0x1-stride-2x3", [image(7, 8, 1), more(conv(2, (3, 2), (2, 3)), pad=(0, 1))], 2),
    ("conv2d-dilation-2x3", [image(8, 9, 1), more(conv(2, (3, 2)), dilation=(2, 3))], 2),
    ("conv2d-dilation-2-same-stride-2", [image(6, 7, 1), more(conv(2, (3, 3), (2, 2), "same"), dilation=(2, 2))], 2),
    ("conv2d-dilation-3-explicit", [image(5, 6, 3), more(conv(2, stride=(2, 1)), dilation=(3, 2), pad=(3, 2))], 2),
    ("conv2d-no-bias", [image(5, 4, 3), more(conv(2), bias=False)], 2),
    ("conv2d-groups-3", [image(5, 4, 3), more(conv(6, activation="relu"), groups=3)], 2),
    ("conv2d-groups-2", scaled((6, 5, 3), 4, more(conv(6, (3, 2), (2, 1)), groups=2, pad=(1, 1), bias=False)), 2),
    ("conv2d-groups-2-dilation", scaled((6, 7, 1), 4, more(conv(2, (2, 3)), groups=2, dilation=(2, 2))), 2),
    ("depthwise_conv2d", [image(6, 5, 3), conv_like("depthwise_conv2d")], 2),
    ("depthwise_conv2d-stride-2-same", [image(7, 6, 3), conv_like("depthwise_conv2d", (3, 5), (2, 2), "same", "relu")], 2),
    ("depthwise_conv2d-multiplier-2", [image(6, 5, 3), conv_like("depthwise_conv2d", (2, 3), multiplier=2, pad=(1, 1))], 2),
    ("depthwise_conv2d-dilation-no-bias", [image(7, 6, 3), conv_like("depthwise_conv2d", (3, 2), (1, 2), dilation=(2, 2), bias=False)], 2),
    ("separable_conv2d", [image(6, 5, 3), conv_like("separable_conv2d", filters=4)], 2),
    ("separable_conv2d-same-stride-2", [image(7, 6, 3), conv_like("separable_conv2d", (3, 2), (2, 2), "same", "tanh", filters=2)], 2),
    ("separable_conv2d-dilation-no-bias", [image(7, 6, 3), conv_like("separable_conv2d", filters=2, dilation=(2, 1), pad=(2, 1), bias=False)], 2),
    ("transposed_conv2d", [image(3, 4, 3), transposed(2)], 2),
    ("transposed_conv2d-3x2-stride-2x1", [image(3, 4, 3), transposed(2, (3, 2), (2, 1), activation="relu")], 2),
    ("transposed_conv2d-pad-output-pad", [image(3, 4, 1), transposed(2, (3, 4), (2, 3), pad=(1, 2), output_pad=(1, 2))], 2),
    ("transposed_conv2d-stride-above-kernel", [image(3, 2, 1), transposed(2, (2, 1), (3, 3), output_pad=(2, 0), bias=False)], 2),
    ("transposed_conv2d-pad-beyond-the-kernel", [image(4, 5, 1), transposed(2, (2, 3), (2, 1), pad=(2, 3))], 2),
    ("adaptive_average_pool-1x1", [image(5, 4, 3), adaptive(1, 1)], 2),
    ("adaptive_average_pool-uneven", [image(7, 5, 1), adaptive(3, 2)], 2),
    ("adaptive_average_pool-larger", [image(2, 3, 1), adaptive(5, 4)], 2),
    ("dense-no-bias", [image(2, 2, 3), FLATTEN, more(dense(4, "relu"), bias=False)], 3),
]
for kind in ("max_pool", "average_pool"):
    CASES += [
        (f"{kind}-explicit-3x4-stride-2", [image(6, 7, 1), more(pool(kind, (3, 4), (2, 2)), pad=(1, 2))], 2),
        (f"{kind}-ceil", [image(6, 7, 1), more(pool(kind, (3, 2), (2, 2)), ceil=True)], 2),
        (f"{kind}-ceil-explicit", [image(6, 5, 1), more(pool(kind, (3, 2), (2, 3)), pad=(1, 1), ceil=True)], 2),
        (f"{kind}-ceil-window-beyond-the-edge", [image(2, 4, 1), more(pool(kind, (3, 1), (2, 3)), ceil=True)], 2),
        (f"{kind}-ceil-same", [image(5, 6, 1), more(pool(kind, (2, 3), (2, 2), "same"), ceil=True)], 2),
    ]
CASES += [(f"activation-{name}", [image(4, 3, 3), activation(name)], 2) for name in ACTIVATIONS]
CASES += [
    ("layer_norm-maps", [image(4, 3, 3), layer("layer_norm")], 2),
    ("layer_norm-maps-epsilon", [image(4, 3, 3), layer("layer_norm", epsilon=0.05)], 2),
    ("layer_norm-vector", [image(2, 2, 3), FLATTEN, layer("layer_norm")], 3),
    ("group_norm-maps", [image(4, 3, 1), conv(6), layer("group_norm", groups=3)], 2),
    ("group_norm-maps-one-group", [image(4, 3, 3), layer("group_norm", groups=1, epsilon=0.05)], 2),
    ("group_norm-maps-a-group-a-map", [image(4, 3, 3), layer("group_norm", groups=3)], 2),
    ("group_norm-vector", [image(2, 2, 3), FLATTEN, layer("group_norm", groups=4)], 3),
    ("instance_norm", [image(4, 3, 3), layer("instance_norm")], 2),
    ("instance_norm-without-scale", [image(4, 3, 3), layer("instance_norm", affine=False, epsilon=0.05)], 2),
    ("layer_scale-maps", [image(4, 3, 3), layer("layer_scale")], 2),
    ("layer_scale-vector", [image(2, 2, 3), FLATTEN, layer("layer_scale", initial=0.5)], 2),
    ("prelu-maps", [image(4, 3, 3), layer("prelu")], 2),
    ("prelu-one-map", [image(4, 3, 1), layer("prelu", initial=0.1)], 2),
    ("prelu-vector", [image(2, 2, 3), FLATTEN, layer("prelu")], 2),
    ("reshape-maps", [image(2, 6, 3), layer("reshape", height=3, width=3, channels=4)], 2),
    ("reshape-vector", [image(2, 4, 3), FLATTEN, layer("reshape", height=4, width=1, channels=6)], 2),
    ("zero_padding", [image(3, 4, 3), layer("zero_padding")], 2),
    ("zero_padding-sides", [image(3, 4, 1), layer("zero_padding", rows=[0, 2], columns=[3, 1])], 2),
    ("upsample-nearest", [image(3, 4, 3), layer("upsample")], 2),
    ("upsample-nearest-3x1", [image(2, 3, 1), layer("upsample", factor=[3, 1])], 2),
    ("upsample-bilinear", [image(3, 4, 3), layer("upsample", method="bilinear")], 2),
    ("upsample-bilinear-3x4", [image(2, 3, 1), layer("upsample", factor=[3, 4], method="bilinear")], 2),
    ("upsample-bilinear-one-pixel", [image(1, 1, 3), layer("upsample", method="bilinear")], 2),
]
CASES += [(f"permute-{name}", [image(2, 4, 3), layer("permute", order=name)], 2) for name in ORDERS]
# Far beyond where some of them bend, or overflow when done carelessly.
CASES += [(f"activation-{name}-wide", [image(4, 3, 3), activation(name)], 2) for name in ACTIVATIONS[6:]]
# Whole numbers: at 0 and wherever else they bend, and equal values within a window.
CASES += [(f"activation-{name}-bends", [image(4, 5, 3), activation(name)], 2)
          for name in ("relu", "leaky_relu", "elu", "selu", "hard_swish", "relu6")]
CASES += [("prelu-bends", [image(4, 5, 3), layer("prelu")], 2)]
CASES += [("max_pool-ties-bends", [image(6, 7, 3), pool("max_pool", (3, 3), (2, 2), "same")], 2)]
CASES += [("activation-softmax-vector", [image(2, 2, 3), FLATTEN, activation("softmax")], 2)]

# Of a sequence the features are what is normalised, scaled or summed over.
SEQUENCES += [(f"{title}-sequence", [image(4, 6, 1), patches(4), it], 2) for title, it in [
    ("layer_norm", layer("layer_norm")),
    ("layer_scale", layer("layer_scale", initial=0.5)),
    ("prelu", layer("prelu")),
    ("permute", layer("permute", order="width_height_channels")),
    ("permute-identity", layer("permute", order="height_width_channels")),
    ("reshape", layer("reshape", height=4, width=3, channels=2)),
    ("activation-softmax", activation("softmax")),
    ("activation-gelu", activation("gelu")),
]]
CASES += SEQUENCES


def write(folder, title, layers, images, mode):
    torch.manual_seed(11)
    text = toml(layers)
    network = Network(tomllib.loads(text)["layers"]).train(mode == "training")
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_var") or (name.startswith("batch_norm") and name.endswith("weight")):
                value.uniform_(0.5, 2.0)
            elif value.is_floating_point():
                value.normal_(0.0, 0.5)
    height, width, channels = network.input_shape
    # Below zero on the whole, so that a padding of zeros in a max pool shows.
    spread = 60.0 if title.endswith("-wide") else 1.5
    pixels = torch.randn(images, channels, height, width) * spread - 0.5
    if title.endswith("-bends"):
        pixels = (pixels * 2).round()
    pixels.requires_grad_()
    tensors = {"input": pixels.detach().clone(), **state(network)}
    output = network(pixels)
    upstream = torch.randn_like(output)
    (output * upstream).sum().backward()
    tensors |= {"output": output.detach().clone(), "upstream": upstream, "grad.input": pixels.grad}
    tensors |= {f"grad.{name}": p.grad for name, p in network.named_parameters()}
    if mode == "training":
        tensors |= {name: value for name, value in state(network, "after.").items() if "running" in name}
    metadata = {"title": title, "network": text, "mode": mode, "torch": torch.__version__}
    save_file({name: value.contiguous() for name, value in tensors.items()},
              folder / f"{title}.safetensors", metadata)


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "fixtures/layers")
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for title, layers, images in CASES:
        if title.startswith("batch_norm"):
            write(folder, f"{title}-training", layers, images, "training")
            write(folder, f"{title}-evaluation", layers, images, "evaluation")
        else:
            write(folder, title, layers, images, "training")


if __name__ == "__main__":
    main()
