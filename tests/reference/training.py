"""Writes tests/fixtures/training/*.safetensors: what PyTorch makes of tiny networks.

    python tests/reference/training.py [FOLDER]

A file for each loss (with Adam) and for each optimiser (with cross-entropy). Tensors, all f32 but
the labels (i64):
    pixels [20, 4, C, H, W], labels [20, 4]    20 batches of 4
    conv2d_1.weight, …                         the weights at the start
    grad.conv2d_1.weight, …                    of the loss of the first batch, before the first step
    losses [20]                                of each batch, before its step
    final.conv2d_1.weight, …                   the weights after the 20 steps
Metadata: title, network (TOML), classes, loss, optimizer (JSON: name, learning_rate and the
settings that PyTorch has), torch (its version).

Beside that folder balance/*.safetensors, of the loss alone: pixels [1, 4, C, H, W], labels [1, 4], the weights, grad.* and losses [1] of
a batch. Metadata besides: counts (JSON: training images of each class, from which the class weights come; empty
without them), gamma (of the focal loss).
"""

import json
import sys
import tomllib
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save

from load_run import Network

STEPS, BATCH, SIDE = 20, 4, 6
FLATTEN = {"kind": "flatten"}


def toml(layers):
    """A network as mapsto writes it; `layers` are dictionaries with a kind and settings."""
    text = lambda value: "true" if value is True else json.dumps(value)
    return "\n".join(
        "[[layers]]\n" + "".join(f"{name} = {text(value)}\n" for name, value in layer.items())
        for layer in layers
    )


def image(height, width, channels):
    return {"kind": "input", "height": height, "width": width, "channels": channels}


def conv(filters, kernel=(3, 3), stride=(1, 1), padding="valid", activation="linear"):
    return {"kind": "conv2d", "filters": filters, "kernel": list(kernel), "stride": list(stride),
            "padding": padding, "activation": activation, "initialiser": "glorot_uniform"}


def pool(kind, size=(2, 2), stride=None, padding="valid"):
    return {"kind": kind, "size": list(size), "stride": list(stride or size), "padding": padding}


def dense(units, activation="linear"):
    return {"kind": "dense", "units": units, "activation": activation, "initialiser": "glorot_uniform"}


def batch_norm(epsilon=1e-5, momentum=0.1):
    return {"kind": "batch_norm", "epsilon": epsilon, "momentum": momentum}


def tiny(units, activation):
    """Input 6×6×1 · conv2d 3 3×3 relu · max_pool 2 · flatten · dense 5 relu · dense."""
    return [image(SIDE, SIDE, 1), conv(3, activation="relu"), pool("max_pool"),
            FLATTEN, dense(5, "relu"), dense(units, activation)]


def normed(units):
    """Batch norm after a convolution and on a vector, with an average pool. The convolution before
    the batch norm has a bias whose true gradient is 0, so what Adam makes of it is rounding."""
    return [image(SIDE, SIDE, 1), conv(4, padding="same"), batch_norm(),
            {"kind": "activation", "function": "relu"}, pool("average_pool"),
            conv(6, (2, 2), activation="leaky_relu"), FLATTEN, batch_norm(1e-2, 0.2),
            dense(units, "softmax")]


def pooled(units):
    """Padding, a global average pool, and the smooth activations."""
    return [image(SIDE, SIDE, 1), conv(6, padding="same", activation="gelu"),
            pool("max_pool", (3, 3), (2, 2), "same"), conv(8, (2, 2), activation="tanh"),
            {"kind": "global_average_pool"}, dense(units, "softmax")]


def loss_of(network, pixels, labels, loss):
    """PyTorch's mean over the batch (and over the classes, where there are targets for each)."""
    logits = network(pixels, logits=True)
    if network.outputs == 1:  # two classes, the second is the positive one
        targets = labels[:, None].float()
    else:
        targets = F.one_hot(labels, network.outputs).float()
    if loss == "cross-entropy":
        return F.cross_entropy(logits, labels)
    if loss == "binary-cross-entropy":
        return F.binary_cross_entropy_with_logits(logits, targets)
    return F.mse_loss(network(pixels), targets)


def optimizer_of(parameters, name, learning_rate, **settings):
    if "beta1" in settings:
        settings["betas"] = (settings.pop("beta1"), settings.pop("beta2"))
    if "epsilon" in settings:
        settings["eps"] = settings.pop("epsilon")
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam,
             "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}
    return kinds[name](parameters, lr=learning_rate, **settings)


def glorot(network):
    """Glorot uniform weights, zero biases."""
    for name, parameter in network.named_parameters():
        if name.startswith("batch_norm"):
            continue
        if name.endswith("weight"):
            torch.nn.init.xavier_uniform_(parameter)
        else:
            torch.nn.init.zeros_(parameter)


def batches(classes):
    """Pictures with a pattern for each class under noise, so that there is something to learn;
    whole numbers of 1/255, as pixels of files are."""
    patterns = torch.rand(classes, 1, SIDE, SIDE).round()
    labels = torch.randint(classes, (STEPS, BATCH))
    pixels = 0.7 * patterns[labels] + 0.3 * torch.rand(STEPS, BATCH, 1, SIDE, SIDE)
    return (pixels * 255).round() / 255, labels


def state(network, prefix=""):
    return {prefix + name: value.detach().clone() for name, value in network.state_dict().items()
            if not name.endswith("num_batches_tracked")}


def save_file(tensors, path, metadata):
    """As safetensors' own, with the metadata in order, so that equal contents are equal files."""
    data = save(tensors)
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps({"__metadata__": metadata} | json.loads(data[8:end])).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + data[end:])


def in_groups(network, weight_decay):
    """The parameters in PyTorch's groups: weights of layers with a decay of their own have theirs and the
    optimiser's."""
    groups = {}
    for name, parameter in network.named_parameters():
        layer = network.layers[network.names.index(name.split(".")[0])]
        own = layer.get("weight_decay", 0.0) if name.endswith("weight") else 0.0
        groups.setdefault(own, []).append(parameter)
    return [{"params": parameters, "weight_decay": weight_decay + own} for own, parameters in groups.items()]


def decaying(units):
    """`tiny` with weight decays in two layers."""
    layers = tiny(units, "softmax")
    layers[1] |= {"weight_decay": 0.04}
    layers[4] |= {"weight_decay": 0.1}
    return layers


def write(folder, title, layers, classes, loss, optimizer):
    torch.manual_seed(7)
    text = toml(layers)
    network = Network(tomllib.loads(text)["layers"])
    glorot(network)
    with torch.no_grad():  # biases that are not all zero show errors that zeros hide
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.uniform_(0.0, 0.1)
    pixels, labels = batches(classes)
    tensors = {"pixels": pixels, "labels": labels, **state(network)}
    stepper = optimizer_of(in_groups(network, optimizer["weight_decay"]), **optimizer)
    losses = []
    for step in range(STEPS):
        stepper.zero_grad()
        loss_value = loss_of(network, pixels[step], labels[step], loss)
        loss_value.backward()
        if step == 0:
            tensors |= {f"grad.{name}": p.grad.clone() for name, p in network.named_parameters()}
        stepper.step()
        losses.append(loss_value.detach())
    tensors |= {"losses": torch.stack(losses), **state(network, "final.")}
    metadata = {"title": title, "network": text, "classes": str(classes), "loss": loss,
                "optimizer": json.dumps(optimizer), "torch": torch.__version__}
    save_file(tensors, folder / f"{title}.safetensors", metadata)
    print(f"{title:32} loss {losses[0]:.4f} -> {torch.stack(losses[-5:]).mean():.4f}")


ADAM = {"name": "adam", "learning_rate": 0.03, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8,
        "weight_decay": 0.0}
SGD = {"name": "sgd", "learning_rate": 0.3, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
RMSPROP = {"name": "rmsprop", "learning_rate": 0.01, "alpha": 0.99, "epsilon": 1e-8,
           "momentum": 0.0, "centered": False, "weight_decay": 0.0}

LOSSES = [  # title, units, activation, classes, loss
    ("cross-entropy-softmax", 4, "softmax", 4, "cross-entropy"),
    ("cross-entropy-linear", 4, "linear", 4, "cross-entropy"),
    ("binary-one-sigmoid", 1, "sigmoid", 2, "binary-cross-entropy"),
    ("binary-one-linear", 1, "linear", 2, "binary-cross-entropy"),
    ("binary-sigmoid-a-class", 4, "sigmoid", 4, "binary-cross-entropy"),
    ("squared-softmax", 4, "softmax", 4, "mean-squared-error"),
    ("squared-sigmoid", 4, "sigmoid", 4, "mean-squared-error"),
    ("squared-linear", 4, "linear", 4, "mean-squared-error"),
    ("squared-relu", 4, "relu", 4, "mean-squared-error"),
    ("squared-one-sigmoid", 1, "sigmoid", 2, "mean-squared-error"),
]
OPTIMIZERS = [
    ("sgd", SGD),
    ("sgd-momentum", SGD | {"momentum": 0.9, "learning_rate": 0.1}),
    ("sgd-nesterov", SGD | {"momentum": 0.9, "nesterov": True, "learning_rate": 0.1}),
    ("sgd-decay", SGD | {"weight_decay": 0.05}),
    ("sgd-momentum-decay", SGD | {"momentum": 0.9, "learning_rate": 0.1, "weight_decay": 0.05}),
    ("adam", ADAM),
    ("adam-decay", ADAM | {"weight_decay": 0.05}),
    ("adam-settings", ADAM | {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}),
    ("adamw", ADAM | {"name": "adamw", "weight_decay": 0.1}),
    ("rmsprop", RMSPROP),
    ("rmsprop-momentum", RMSPROP | {"momentum": 0.9, "learning_rate": 0.002}),
    ("rmsprop-centered", RMSPROP | {"centered": True}),
    ("rmsprop-decay", RMSPROP | {"weight_decay": 0.05, "alpha": 0.9}),
]

DECAYS = [  # of layers, on top of the optimiser's own
    ("sgd", SGD | {"momentum": 0.9, "learning_rate": 0.1}),
    ("adam", ADAM | {"weight_decay": 0.02}),
    ("adamw", ADAM | {"name": "adamw", "weight_decay": 0.1}),
    ("rmsprop", RMSPROP),
]


def each_loss(network, pixels, labels, loss, gamma):
    """The loss of each image, by PyTorch's own functions; focal as torchvision's `sigmoid_focal_loss` without alpha,
    and as equation 4 of Lin et al. for a softmax."""
    logits = network(pixels, logits=True)
    one = network.outputs == 1
    targets = labels[:, None].float() if one else F.one_hot(labels, network.outputs).float()
    if loss == "cross-entropy":
        entropy = F.cross_entropy(logits, labels, reduction="none")
        return (1 - torch.softmax(logits, 1).gather(1, labels[:, None])[:, 0]) ** gamma * entropy
    if loss == "binary-cross-entropy":
        p = torch.sigmoid(logits)
        entropy = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        return (entropy * (1 - (p * targets + (1 - p) * (1 - targets))) ** gamma).mean(1)
    return F.mse_loss(network(pixels), targets, reduction="none").mean(1)


def balanced(network, pixels, labels, loss, weights, gamma):
    """PyTorch's weighted mean: divided by the sum of the weights."""
    each = each_loss(network, pixels, labels, loss, gamma)
    if loss == "cross-entropy" and gamma == 0:
        # Its own words for the same.
        own = F.cross_entropy(network(pixels, logits=True), labels, weight=weights)
        assert torch.allclose(own, (each * weights[labels]).sum() / weights[labels].sum())
    return (each * weights[labels]).sum() / weights[labels].sum()


def write_balanced(folder, title, units, activation, classes, loss, counts=(), gamma=0.0):
    torch.manual_seed(11)
    text = toml(tiny(units, activation))
    network = Network(tomllib.loads(text)["layers"])
    glorot(network)
    patterns = torch.rand(classes, 1, SIDE, SIDE).round()
    labels = torch.tensor([0, 1, 1, classes - 1])
    pixels = ((0.7 * patterns[labels] + 0.3 * torch.rand(4, 1, SIDE, SIDE)) * 255).round() / 255
    weights = torch.tensor([sum(counts) / (len(counts) * c) for c in counts]) if counts else torch.ones(classes)
    tensors = {"pixels": pixels[None], "labels": labels[None], **state(network)}
    value = balanced(network, pixels, labels, loss, weights, gamma)
    value.backward()
    tensors |= {f"grad.{name}": p.grad.clone() for name, p in network.named_parameters()}
    tensors["losses"] = value.detach()[None]
    metadata = {"title": title, "network": text, "classes": str(classes), "loss": loss, "optimizer": json.dumps(ADAM),
                "counts": json.dumps(counts), "gamma": str(gamma),
                "torch": torch.__version__}
    save_file(tensors, folder / f"{title}.safetensors", metadata)
    print(f"{title:32} loss {value:.4f}")


COUNTS = (30, 5, 60, 1)
BALANCES = [  # what, settings; of every loss
    ("weights", {"counts": True}),
    ("focal", {"gamma": 2.0}),
    ("focal-weights", {"gamma": 0.5, "counts": True}),
]
BALANCED = [
    ("cross-entropy", 4, "softmax", 4, "cross-entropy"),
    ("binary-one", 1, "sigmoid", 2, "binary-cross-entropy"),
    ("binary", 4, "sigmoid", 4, "binary-cross-entropy"),
    ("squared", 4, "softmax", 4, "mean-squared-error"),
]


def balances(folder):
    for name, units, activation, classes, loss in BALANCED:
        for what, settings in BALANCES:
            if loss == "mean-squared-error" and "gamma" in settings:
                continue
            settings = dict(settings)
            if settings.pop("counts", False):
                settings["counts"] = COUNTS[:classes]
            write_balanced(folder, f"balance-{name}-{what}", units, activation, classes, loss, **settings)


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "fixtures/training")
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for title, units, activation, classes, loss in LOSSES:
        write(folder, f"loss-{title}", tiny(units, activation), classes, loss, ADAM)
    for title, optimizer in OPTIMIZERS:
        write(folder, f"optimizer-{title}", tiny(4, "softmax"), 4, "cross-entropy", optimizer)
    for title, optimizer in DECAYS:
        write(folder, f"layer-decay-{title}", decaying(4), 4, "cross-entropy", optimizer)
    write(folder, "network-batch-norm", normed(4), 4, "cross-entropy", ADAM | {"learning_rate": 0.01})
    write(folder, "network-global-pool", pooled(4), 4, "cross-entropy", ADAM)
    balanced_folder = folder.parent / "balance"
    balanced_folder.mkdir(parents=True, exist_ok=True)
    balances(balanced_folder)


if __name__ == "__main__":
    main()
