"""mapsto's loader beside PyTorch's DataLoader with torchvision: the same files, the same size, all cores.

    python loader.py BENCH FOLDER [SIDE] [HOW] [ROUNDS]

BENCH is the program of `cargo bench --bench loader --no-run`; FOLDER has a folder for each class; HOW is decode,
reduced, cache, memory or augment (see benches/loader.rs). The two take turns, because a machine is not equally fast
all the time; the ratio of each round and the median are printed.
"""

import os
import statistics
import subprocess
import sys
import time

import torch
from torchvision import datasets, transforms

BATCH = 32


def peer(folder, side):
    """A loader whose workers are up: their start is not counted."""
    steps = transforms.Compose([transforms.Resize((side, side)), transforms.ToTensor()])
    data = datasets.ImageFolder(folder, steps)
    cores = len(os.sched_getaffinity(0))
    loader = torch.utils.data.DataLoader(
        data, batch_size=BATCH, shuffle=True, num_workers=cores, persistent_workers=True
    )
    for _ in loader:
        pass
    return loader, len(data)


def of_peer(loader, images):
    start = time.perf_counter()
    for _ in loader:
        pass
    return images / (time.perf_counter() - start)


def of_mapsto(bench, folder, side, how):
    words = [bench, "pass", folder, str(side), how]
    output = subprocess.run(words, capture_output=True, text=True, check=True)
    return float(output.stdout.split()[-1])


def main():
    bench, folder = sys.argv[1:3]
    side = int(sys.argv[3]) if len(sys.argv) > 3 else 224
    how = sys.argv[4] if len(sys.argv) > 4 else "decode"
    rounds = int(sys.argv[5]) if len(sys.argv) > 5 else 5
    torch.set_num_threads(1)
    loader, images = peer(folder, side)
    of_mapsto(bench, folder, side, how)
    ratios = []
    for number in range(rounds):
        theirs = of_peer(loader, images)
        ours = of_mapsto(bench, folder, side, how)
        ratios.append(ours / theirs)
        print(f"round {number + 1}: mapsto {ours:.0f}, torchvision {theirs:.0f} images/s: {ours / theirs:.2f} times")
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"{how}, {images} images to {side}x{side}: median {statistics.median(ratios):.2f} times ({spread})")


if __name__ == "__main__":
    main()
