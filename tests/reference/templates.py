"""Makes tests/fixtures/templates.json: what torchvision's networks consist of.

Run in an environment of its own (torchvision is no dependency of mapsto):
    python3 -m venv /tmp/tv && /tmp/tv/bin/pip install torch torchvision
    /tmp/tv/bin/python tests/reference/templates.py > tests/fixtures/templates.json

For each network, at 224×224×3 and 1,000 classes: its parameters, the multiply-adds of its convolutions, linear
layers and attention, and its layers in the order of computing, each as [kind, output, parameters]. Outputs are height, width,
channels; length, features; or units. Layers that have no weights are left out, pooling excepted. vit-tiny is
DeiT-Tiny (Touvron et al. 2021), which is torchvision's VisionTransformer at that size.
"""

import json

import torch
from torch import nn
from torchvision import models
from torchvision.models.vision_transformer import VisionTransformer

NETWORKS = {
    "alexnet": models.alexnet,
    "vgg-11": models.vgg11,
    "vgg-16": models.vgg16,
    "squeezenet-1.1": models.squeezenet1_1,
    "resnet-18": models.resnet18,
    "resnet-34": models.resnet34,
    "resnet-50": models.resnet50,
    "mobilenet-v2": models.mobilenet_v2,
    "efficientnet-b0": models.efficientnet_b0,
    "densenet-121": models.densenet121,
    "convnext-tiny": models.convnext_tiny,
    "vit-tiny": lambda: VisionTransformer(224, 16, 12, 3, 192, 768),
}

KINDS = {
    nn.Conv2d: "conv2d",
    nn.BatchNorm2d: "batch_norm",
    nn.LayerNorm: "layer_norm",
    nn.Linear: "dense",
    nn.MaxPool2d: "max_pool",
    nn.AvgPool2d: "average_pool",
    nn.MultiheadAttention: "attention",
}


def kind_of(module):
    return next((name for kind, name in KINDS.items() if isinstance(module, kind)), None)


def described(network):
    layers, multiply_adds = [], 0

    def seen(module, _, output):
        nonlocal multiply_adds
        output = output[0] if isinstance(output, tuple) else output
        shape = list(output.shape[1:])
        # torchvision's ConvNeXt has its maps with the channels last from a layer norm on.
        first = isinstance(module, (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d))
        first = first or (len(shape) == 3 and type(module).__name__ == "LayerNorm2d")
        if len(shape) == 3 and first:
            shape = shape[1:] + shape[:1]
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            multiply_adds += output[0].numel() * module.weight[0].numel()
        if isinstance(module, nn.MultiheadAttention):
            # Four projections of every token, and all tokens with all for the scores and for the values.
            length, features = shape
            multiply_adds += 4 * length * features**2 + 2 * length**2 * features
        parameters = sum(p.numel() for p in module.parameters())
        layers.append([kind_of(module), shape, parameters])

    def attach(module):
        if kind_of(module):
            module.register_forward_hook(seen)
        else:
            for child in module.children():
                attach(child)

    attach(network)
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, 224, 224))
    return {
        "parameters": sum(p.numel() for p in network.parameters()),
        "multiply_adds": multiply_adds,
        "layers": layers,
    }


def main():
    lines = [
        f"  {json.dumps(name)}: {json.dumps(described(make()), separators=(',', ':'))}"
        for name, make in NETWORKS.items()
    ]
    print("{\n" + ",\n".join(lines) + "\n}")


if __name__ == "__main__":
    main()
