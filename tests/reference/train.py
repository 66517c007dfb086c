"""Trains one of the five reference systems in PyTorch, on the sets of a mapsto run.

    mapsto train FOLDER --network digits-cnn --seed 1
    python train.py digits-cnn runs/…/data.json --data FOLDER --seeds 1 2 3

`--data` is the folder that mapsto was given, or `digits` for the bundled set. Prints the accuracy
on the test set with the weights of the best epoch on validation, for each seed, and their mean
(on validation where there is no test set). What is trained, and how, is written once more here, so
that it can be compared with mapsto's own templates: Glorot uniform weights and zero biases (Plain
MLP: PyTorch's defaults), every image once an epoch in a new order, the smaller last batch included.
"""

import argparse
import json
import statistics
import time
from pathlib import Path

import torch

from load_run import Network, opener, probabilities, read_bytes
from training import FLATTEN, conv, dense, glorot, image, loss_of, pool

DIGITS = Path(__file__).parent.parent.parent / "assets/digits"
POOL = pool("max_pool")
DROPOUT = {"kind": "dropout", "rate": 0.2}
# name: layers without the last, the last activation, batch, epochs
TEMPLATES = {
    "digits-cnn": ([image(28, 28, 1), conv(32, activation="relu"), POOL, conv(64, activation="relu"),
                    POOL, conv(64, activation="relu"), FLATTEN, dense(64, "relu")], "softmax", 128, 10),
    "photo-binary": ([image(64, 64, 3), conv(32, activation="relu"), POOL, conv(64, activation="relu"),
                      POOL, FLATTEN, dense(128, "relu")], "sigmoid", 32, 10),
    "plain-mlp": ([image(28, 28, 1), FLATTEN, dense(500, "relu")], "linear", 32, 10),
    "dropout-mlp": ([image(28, 28, 1), FLATTEN, dense(128, "relu"), DROPOUT], "softmax", 32, 5),
    "colour-cnn": ([image(32, 32, 3), conv(32, activation="relu"), POOL, conv(64, activation="relu"),
                    POOL, FLATTEN], "softmax", 32, 10),
}


def build(template, classes):
    """The network and its loss, fitted to the number of classes."""
    layers, last, *_ = TEMPLATES[template]
    binary = last == "sigmoid" and classes == 2
    last = "softmax" if last == "sigmoid" and not binary else last
    network = Network(layers + [dense(1 if binary else classes, last)])
    if template != "plain-mlp":
        glorot(network)
    return network, "binary-cross-entropy" if binary else "cross-entropy"


def class_of(file, classes):
    """Index of the class: the top folder, below a train/, val/ or test/."""
    first, second, *_ = file.split("/") + [""]
    return classes.index(first if first in classes and second else second)


def read_set(files, classes, shape, locate):
    """uint8 [n, channels, height, width] and labels [n]."""
    height, width, channels = shape
    pixels = torch.empty(len(files), channels, height, width, dtype=torch.uint8)
    for i, file in enumerate(files):
        pixels[i] = torch.from_numpy(read_bytes(locate(file), shape))
    return pixels, torch.tensor([class_of(file, classes) for file in files])


@torch.no_grad()
def accuracy(network, loss, classes, pixels, labels):
    network.eval()
    right = sum(
        (probabilities(network, p.float() / 255, loss, classes).argmax(1) == l).sum().item()
        for p, l in zip(pixels.split(256), labels.split(256))
    )
    network.train()
    return right / len(labels)


def train(template, sets, classes, seed, batch, epochs):
    """The accuracy on the last set, with the weights of the best epoch on the second."""
    torch.manual_seed(seed)
    network, loss = build(template, classes)
    parameters = network.parameters()
    stepper = torch.optim.SGD(parameters, lr=0.01) if template == "plain-mlp" else torch.optim.Adam(parameters, lr=1e-3)
    pixels, labels = sets[0]
    best, weights, start = -1.0, None, time.time()
    for epoch in range(1, epochs + 1):
        total = 0.0
        for rows in torch.randperm(len(labels)).split(batch):
            stepper.zero_grad()
            value = loss_of(network, pixels[rows].float() / 255, labels[rows], loss)
            value.backward()
            stepper.step()
            total += value.item() * len(rows)
        validation = accuracy(network, loss, classes, *sets[1])
        print(f"  epoch {epoch:2}  loss {total / len(labels):.4f}  validation {validation:.4f}  {time.time() - start:.0f} s", flush=True)
        if validation > best:  # the earliest wins a tie
            best, weights = validation, {k: v.clone() for k, v in network.state_dict().items()}
    network.load_state_dict(weights)
    return accuracy(network, loss, classes, *sets[-1])


def main():
    parser = argparse.ArgumentParser(description="Train a reference system in PyTorch.")
    parser.add_argument("template", choices=TEMPLATES)
    parser.add_argument("sets", help="the data.json of a run")
    parser.add_argument("--data", required=True, help="the folder of the images, or digits")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    layers, _, batch, epochs = TEMPLATES[arguments.template]
    sets = json.loads(Path(arguments.sets).read_text(encoding="utf-8"))
    classes = sets["classes"]
    shape = (layers[0]["height"], layers[0]["width"], layers[0]["channels"])
    locate = opener(DIGITS if arguments.data == "digits" else arguments.data)
    data = [read_set(sets[name], classes, shape, locate)
            for name in ("train", "validation", "test") if sets[name]]
    count = sum(p.numel() for p in build(arguments.template, len(classes))[0].parameters())
    print(f"{arguments.template}: {count:,} parameters, {[len(labels) for _, labels in data]} images")
    results = []
    for seed in arguments.seeds:
        results.append(train(arguments.template, data, len(classes), seed,
                             arguments.batch or batch, arguments.epochs or epochs))
        print(f"seed {seed}: accuracy {results[-1]:.4f}", flush=True)
    print(f"mean of {len(results)}: {statistics.mean(results):.4f}")


if __name__ == "__main__":
    main()
