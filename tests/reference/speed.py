"""How fast mapsto trains and predicts beside PyTorch: the same networks, batches and optimisers, in turn.

    cargo bench --bench step --no-run             prints where the bench is
    python tests/reference/speed.py BENCH [--systems digits-cnn …] [--rounds 9] [--steps 10] [--threads 2]
                                          [--readme README.md]

Each round runs some steps of the one and of the other, in an order that changes; the ratio of a round is that of their
medians. Prints images per second and the median of the ratios with the least and the greatest, then the most memory that
each took for some steps in a process of its own; with `--readme`, the table there becomes this one. Run it on a machine
that does nothing else: PyTorch's threads wait for one another by turning, and suffer more than others from company.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

INFER = (1, 256)


def conv(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3), nn.ReLU()]


def resnet(fitted):
    from torchvision.models import resnet18

    network = resnet18(num_classes=10)
    if fitted:
        network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    return network


POOL = nn.MaxPool2d(2)
# name: network, (channels, side), batch, optimiser, loss
SYSTEMS = {
    "digits-cnn": (lambda: nn.Sequential(*conv(1, 32), POOL, *conv(32, 64), POOL, *conv(64, 64), nn.Flatten(),
                                         nn.Linear(576, 64), nn.ReLU(), nn.Linear(64, 10)), (1, 28), 128),
    "colour-cnn": (lambda: nn.Sequential(*conv(3, 32), POOL, *conv(32, 64), POOL, nn.Flatten(),
                                         nn.Linear(2304, 10)), (3, 32), 32),
    "photo-binary": (lambda: nn.Sequential(*conv(3, 32), POOL, *conv(32, 64), POOL, nn.Flatten(),
                                           nn.Linear(12544, 128), nn.ReLU(), nn.Linear(128, 1)), (3, 64), 32),
    "plain-mlp": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 10)), (1, 28), 32),
    "dropout-mlp": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2),
                                          nn.Linear(128, 10)), (1, 28), 32),
    "resnet-18": (lambda: resnet(False), (3, 64), 32),
    "resnet-18-fitted": (lambda: resnet(True), (3, 64), 32),
}
OPTIMIZERS = {
    "plain-mlp": lambda weights: torch.optim.SGD(weights, lr=1e-3),
    "resnet-18": lambda weights: torch.optim.SGD(weights, lr=1e-3, momentum=0.9, weight_decay=1e-4),
    "resnet-18-fitted": lambda weights: torch.optim.SGD(weights, lr=1e-3, momentum=0.9, weight_decay=1e-4),
}


class Torch:
    def __init__(self, name):
        make, (channels, side), self.batch = SYSTEMS[name]
        self.network = make()
        adam = lambda weights: torch.optim.Adam(weights, lr=1e-3)
        self.optimizer = OPTIMIZERS.get(name, adam)(self.network.parameters())
        self.shape = (channels, side, side)
        self.binary = name == "photo-binary"

    def steps(self, count):
        self.network.train()
        pixels = torch.rand(self.batch, *self.shape)
        labels = torch.arange(self.batch) % (2 if self.binary else 10)
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            self.optimizer.zero_grad()
            outputs = self.network(pixels.clone())
            if self.binary:
                loss = nn.functional.binary_cross_entropy_with_logits(outputs[:, 0], labels.float())
            else:
                loss = nn.functional.cross_entropy(outputs, labels)
            loss.backward()
            self.optimizer.step()
            loss.item()
            seconds.append(time.perf_counter() - start)
        return seconds

    def predictions(self, batch, count):
        self.network.eval()
        pixels = torch.rand(batch, *self.shape)
        seconds = []
        with torch.inference_mode():
            for _ in range(count):
                start = time.perf_counter()
                self.network(pixels.clone())
                seconds.append(time.perf_counter() - start)
        return seconds


class Mapsto:
    def __init__(self, bench, threads):
        environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen([bench, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return [float(number) for number in self.process.stdout.readline().strip("[]\n").split(",")]


def compare(what, images, ours, theirs, rounds):
    """Runs both in turn; gives images per second of each and the ratio, as a row."""
    ours(), theirs()
    ratios, rates = [], ([], [])
    for number in range(rounds):
        pair = {}
        for side in (0, 1) if number % 2 else (1, 0):
            pair[side] = statistics.median((ours, theirs)[side]())
            rates[side].append(images / pair[side])
        ratios.append(pair[1] / pair[0])
    mapsto, torches = map(statistics.median, rates)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    return f"| {what} | {mapsto:,.0f} | {torches:,.0f} | {statistics.median(ratios):.2f} ({spread}) |"


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--systems", nargs="*", default=list(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--readme")
    parser.add_argument("--alone", help="only some steps of this system in PyTorch, for its memory")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.alone:
        return Torch(options.alone).steps(18)
    bench = Mapsto(options.bench, options.threads)
    lines = [f"{processor()}, {options.threads} threads, PyTorch {torch.__version__}:", "",
             "| | mapsto, images/s | PyTorch, images/s | ratio (least to greatest) |", "| --- | --- | --- | --- |"]
    print("\n".join(lines))

    def tell(row):
        lines.append(row)
        print(row, flush=True)

    for name in options.systems:
        system = Torch(name)
        tell(compare(f"{name}, training, batch {system.batch}", system.batch,
                     lambda: bench.ask(f"step {name} {options.steps}"), lambda: system.steps(options.steps),
                     options.rounds))
        for batch in INFER:
            count = options.steps * (10 if batch == 1 else 1)
            tell(compare(f"{name}, prediction, batch {batch}", batch,
                         lambda: bench.ask(f"infer {name} {batch} {count}"), lambda: system.predictions(batch, count),
                         options.rounds))
    tell("")
    tell("| peak memory of some steps | mapsto, MiB | PyTorch, MiB |")
    tell("| --- | --- | --- |")
    for name in options.systems:
        ours = peak([options.bench, name])
        theirs = peak([sys.executable, __file__, options.bench, "--alone", name])
        tell(f"| {name} | {ours:.0f} | {theirs:.0f} |")
    if options.readme:
        write(options.readme, lines)


main()
