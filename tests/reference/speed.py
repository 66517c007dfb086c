"""How fast mapsto trains and predicts beside PyTorch and Keras: the same networks, batches and optimisers, in turn.

    cargo bench --bench step --no-run             prints where the bench is
    python tests/reference/speed.py BENCH [--peer pytorch keras] [--python keras=PATH] [--systems digits-cnn …]
                                          [--rounds 9] [--steps 10] [--threads 2] [--readme README.md]

The peer is PyTorch unless told otherwise. Each side is a process of its own, so that a peer may live in another
environment (`pip install keras tensorflow-cpu`): `--python` names its interpreter. Keras runs on the backend that
`KERAS_BACKEND` names, else on its default.

Each round runs some steps of each side, in an order that turns, with a short rest between them; the ratio of a round is
that of their medians. Prints images per second and the median of the ratios with the least and the greatest, then the
most memory that each took for some steps in a process of its own; with `--readme`, the table there becomes this one. Run
it on a machine that does nothing else: PyTorch's threads wait for one another by turning, and suffer more than others
from company.
"""

import argparse
import importlib
import itertools
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

INFER = (1, 256)
STEPS_FOR_MEMORY = 18

# Seconds before a side's turn: the threads of the one before it still look for work for some milliseconds.
REST = 0.05

# name: (side, channels), batch, optimiser
SYSTEMS = {
    "digits-cnn": ((28, 1), 128, "adam"),
    "colour-cnn": ((32, 3), 32, "adam"),
    "photo-binary": ((64, 3), 32, "adam"),
    "plain-mlp": ((28, 1), 32, "sgd"),
    "dropout-mlp": ((28, 1), 32, "adam"),
    "resnet-18": ((64, 3), 32, "momentum"),
    "resnet-18-fitted": ((64, 3), 32, "momentum"),
}


class PyTorch:
    """A system in PyTorch: images as [batch, channel, height, width]."""

    @staticmethod
    def begin(threads):
        """Takes so many threads; gives the title."""
        import torch

        torch.set_num_threads(threads)
        return f"PyTorch {torch.__version__}"

    def __init__(self, name):
        import torch

        self.torch = torch
        (side, channels), self.batch, optimizer = SYSTEMS[name]
        self.shape = (channels, side, side)
        self.binary = name == "photo-binary"
        self.network = self.drawn(name)
        weights = self.network.parameters()
        self.optimizer = {
            "adam": lambda: torch.optim.Adam(weights, lr=1e-3),
            "sgd": lambda: torch.optim.SGD(weights, lr=1e-3),
            "momentum": lambda: torch.optim.SGD(weights, lr=1e-3, momentum=0.9, weight_decay=1e-4),
        }[optimizer]()

    @staticmethod
    def drawn(name):
        from torch import nn

        def conv(inputs, outputs):
            return [nn.Conv2d(inputs, outputs, 3), nn.ReLU()]

        def dense(inputs, units):
            return [nn.Linear(inputs, units), nn.ReLU()]

        if name.startswith("resnet-18"):
            from torchvision.models import resnet18

            network = resnet18(num_classes=10)
            if name == "resnet-18-fitted":
                network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
            return network
        pool = nn.MaxPool2d(2)
        return nn.Sequential(*{
            "digits-cnn": lambda: [*conv(1, 32), pool, *conv(32, 64), pool, *conv(64, 64), nn.Flatten(),
                                   *dense(576, 64), nn.Linear(64, 10)],
            "colour-cnn": lambda: [*conv(3, 32), pool, *conv(32, 64), pool, nn.Flatten(), nn.Linear(2304, 10)],
            "photo-binary": lambda: [*conv(3, 32), pool, *conv(32, 64), pool, nn.Flatten(), *dense(12544, 128),
                                     nn.Linear(128, 1)],
            "plain-mlp": lambda: [nn.Flatten(), *dense(784, 500), nn.Linear(500, 10)],
            "dropout-mlp": lambda: [nn.Flatten(), *dense(784, 128), nn.Dropout(0.2), nn.Linear(128, 10)],
        }[name]())

    def steps(self, count):
        functional = self.torch.nn.functional
        self.network.train()
        pixels = self.torch.rand(self.batch, *self.shape)
        labels = self.torch.arange(self.batch) % (2 if self.binary else 10)

        def step():
            self.optimizer.zero_grad()
            outputs = self.network(pixels)
            if self.binary:
                loss = functional.binary_cross_entropy_with_logits(outputs[:, 0], labels.float())
            else:
                loss = functional.cross_entropy(outputs, labels)
            loss.backward()
            self.optimizer.step()
            loss.item()

        return timed(step, count)

    def predictions(self, batch, count):
        self.network.eval()
        pixels = self.torch.rand(batch, *self.shape)
        with self.torch.inference_mode():
            return timed(lambda: self.network(pixels), count)


class Keras:
    """A system in Keras 3, compiled as Keras does it: images as [batch, height, width, channel]."""

    @staticmethod
    def begin(threads):
        """Takes so many threads; gives the title."""
        # What JAX makes its pool of.
        os.environ["PJRT_NPROC"] = os.environ["NPROC"] = str(threads)
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        import keras

        backend = keras.backend.backend()
        library = importlib.import_module(backend)
        if backend == "tensorflow":
            library.config.threading.set_intra_op_parallelism_threads(threads)
            library.config.threading.set_inter_op_parallelism_threads(threads)
        elif backend == "torch":
            library.set_num_threads(threads)
        return f"Keras {keras.__version__} on {backend} {library.__version__}"

    def __init__(self, name):
        import keras

        (side, channels), self.batch, optimizer = SYSTEMS[name]
        self.shape = (side, side, channels)
        self.binary = name == "photo-binary"
        inputs = keras.Input(self.shape)
        self.network = keras.Model(inputs, self.drawn(name, inputs))
        losses = keras.losses
        self.network.compile(
            optimizer={
                "adam": lambda: keras.optimizers.Adam(1e-3),
                "sgd": lambda: keras.optimizers.SGD(1e-3),
                "momentum": lambda: keras.optimizers.SGD(1e-3, momentum=0.9, weight_decay=1e-4),
            }[optimizer](),
            loss=(losses.BinaryCrossentropy if self.binary else losses.SparseCategoricalCrossentropy)(from_logits=True),
        )

    @staticmethod
    def drawn(name, x):
        from keras import layers

        def conv(filters):
            return layers.Conv2D(filters, 3, activation="relu")

        def dense(units):
            return layers.Dense(units, activation="relu")

        if name.startswith("resnet-18"):
            return resnet(layers, x, fitted=name == "resnet-18-fitted")
        pool, flat = layers.MaxPooling2D, layers.Flatten
        chain = {
            "digits-cnn": lambda: [conv(32), pool(), conv(64), pool(), conv(64), flat(), dense(64), layers.Dense(10)],
            "colour-cnn": lambda: [conv(32), pool(), conv(64), pool(), flat(), layers.Dense(10)],
            "photo-binary": lambda: [conv(32), pool(), conv(64), pool(), flat(), dense(128), layers.Dense(1)],
            "plain-mlp": lambda: [flat(), dense(500), layers.Dense(10)],
            "dropout-mlp": lambda: [flat(), dense(128), layers.Dropout(0.2), layers.Dense(10)],
        }[name]()
        for layer in chain:
            x = layer(x)
        return x

    def pixels(self, batch):
        import numpy

        return numpy.random.default_rng(1).random((batch, *self.shape), dtype="float32")

    def steps(self, count):
        import numpy

        pixels, labels = self.pixels(self.batch), numpy.arange(self.batch) % (2 if self.binary else 10)
        return timed(lambda: self.network.train_on_batch(pixels, labels), count)

    def predictions(self, batch, count):
        pixels = self.pixels(batch)
        return timed(lambda: self.network.predict_on_batch(pixels), count)


def resnet(layers, x, fitted):
    """torchvision's ResNet-18 in Keras, which has none of its own."""

    def conv(x, filters, kernel, stride):
        if kernel > 1:
            x = layers.ZeroPadding2D(kernel // 2)(x)
        x = layers.Conv2D(filters, kernel, strides=stride, use_bias=False)(x)
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)

    x = layers.ReLU()(conv(x, 64, 3, 1) if fitted else conv(x, 64, 7, 2))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for filters, first in itertools.product((64, 128, 256, 512), (True, False)):
        stride = 2 if first and filters > 64 else 1
        skip = conv(x, filters, 1, stride) if stride == 2 else x
        x = conv(layers.ReLU()(conv(x, filters, 3, stride)), filters, 3, 1)
        x = layers.ReLU()(layers.Add()([x, skip]))
    return layers.Dense(10)(layers.GlobalAveragePooling2D()(x))


PEERS = {"pytorch": PyTorch, "keras": Keras}


def timed(work, count):
    """Seconds of each."""
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return seconds


def serve(peer, threads):
    """Answers as the bench does: first with its title, then to each line with the seconds of each step."""
    print(PEERS[peer].begin(threads), flush=True)
    systems = {}
    for line in sys.stdin:
        what, name, *numbers = line.split()
        if name not in systems:
            systems[name] = PEERS[peer](name)
        run = {"step": systems[name].steps, "infer": systems[name].predictions}[what]
        print(run(*map(int, numbers)), flush=True)


class Side:
    """A process that is asked for steps: the bench, or this script with a peer."""

    def __init__(self, command, threads, titled):
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)
        self.title = self.answer() if titled else "mapsto"

    def answer(self):
        line = self.process.stdout.readline().strip()
        return line or sys.exit(f"{self.process.args} has ended")

    def ask(self, line):
        """Seconds of each step."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(number) for number in self.answer().strip("[]").split(",")]


def compare(what, images, line, sides, rounds):
    """Runs all in turn; gives images per second of each and its ratio to the first, as a row."""
    for side in sides:
        side.ask(line)
    seconds = [[] for _ in sides]
    for number in range(rounds):
        first = number % len(sides)
        for place in [*range(first, len(sides)), *range(first)]:
            time.sleep(REST)
            seconds[place].append(statistics.median(sides[place].ask(line)))
    rates = [statistics.median(images / second for second in own) for own in seconds]
    cells = [f"{rates[0]:,.0f}"]
    for rate, theirs in zip(rates[1:], seconds[1:]):
        ratios = [their / our for our, their in zip(seconds[0], theirs)]
        cells += [f"{rate:,.0f}", f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"]
    return f"| {what} | {' | '.join(cells)} |"


def peak(command):
    """The most memory of a process, in MiB: looked at all the time, as it never shrinks."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    most = 0
    while process.poll() is None:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        most = int(found.group(1)) if found else most
        time.sleep(0.001)
    return most / 1024


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown processor"


def write(readme, lines):
    """Puts the lines in place of those between the marks."""
    path = pathlib.Path(readme)
    marks = "<!-- speed: begin -->", "<!-- speed: end -->"
    inner = marks[0] + "\n" + "\n".join(lines) + "\n" + marks[1]
    text, changed = re.subn(re.escape(marks[0]) + ".*" + re.escape(marks[1]), lambda _: inner, path.read_text(), flags=re.S)
    if not changed:
        sys.exit(f"{readme} has no marks")
    path.write_text(text)


def chosen():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--peer", nargs="+", choices=PEERS, default=["pytorch"])
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH")
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--readme")
    parser.add_argument("--serve", choices=PEERS, help="only answers for this peer")
    parser.add_argument("--alone", help="only some steps of this system in the peer that is served, for its memory")
    options = parser.parse_args()
    if options.readme and "pytorch" not in options.peer:
        parser.error("the README's table is PyTorch's: --peer pytorch, and keras beside it")
    return options


def main():
    options = chosen()
    if options.alone:
        PEERS[options.serve].begin(options.threads)
        return PEERS[options.serve](options.alone).steps(STEPS_FOR_MEMORY)
    if options.serve:
        return serve(options.serve, options.threads)
    pythons = dict(choice.split("=", 1) for choice in options.python)
    peers = {
        peer: [pythons.get(peer, sys.executable), __file__, options.bench, "--threads", str(options.threads),
               "--serve", peer]
        for peer in options.peer
    }
    sides = [Side([options.bench, "serve"], options.threads, titled=False)]
    sides += [Side(command, options.threads, titled=True) for command in peers.values()]
    lines = []

    def tell(row):
        lines.append(row)
        print(row, flush=True)

    def head(first, *columns):
        tell(" ".join(["|", *first.split(), "|", " | ".join(columns), "|"]))
        tell("| --- " * (len(columns) + 1) + "|")

    names = [PEERS[peer].__name__ for peer in options.peer]
    tell(f"{processor()}, {options.threads} threads, {', '.join(side.title for side in sides[1:])}:")
    tell("")
    head("", "mapsto, images/s",
         *(column for name in names for column in (f"{name}, images/s", "ratio (least to greatest)")))
    for name in options.systems:
        batch = SYSTEMS[name][1]
        tell(compare(f"{name}, training, batch {batch}", batch, f"step {name} {options.steps}", sides, options.rounds))
        for batch in INFER:
            count = options.steps * (10 if batch == 1 else 1)
            tell(compare(f"{name}, prediction, batch {batch}", batch, f"infer {name} {batch} {count}", sides,
                         options.rounds))
    tell("")
    head("peak memory of some steps", *(f"{name}, MiB" for name in ["mapsto", *names]))
    for name in options.systems:
        commands = [[options.bench, name], *([*command, "--alone", name] for command in peers.values())]
        tell(f"| {name} | {' | '.join(f'{peak(command):.0f}' for command in commands)} |")
    if options.readme:
        write(options.readme, lines)


main()
