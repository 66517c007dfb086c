"""Runs what `mapsto export` writes, and compares it with mapsto: the programs for PyTorch and Keras must have the
same number of parameters and, with the weights of a run, give the same probabilities within 1e-4; so must those for
burn, if asked for.

    python -m venv scratch
    scratch/bin/pip install torch keras numpy pillow safetensors
    cargo build --release
    scratch/bin/python tests/reference/export.py path/to/mapsto [--burn FOLDER] [--odd] [--train WORDS] [NETWORK...]

NETWORK is the name of a template, or of a network in tests/reference/export, or a file of one; without one, all of
tests/reference/export and the reference systems are done. Each is trained for an epoch on a few images that are made
up, exported, and asked about other images. FOLDER becomes a crate with a program for each network, as their heads
say, which takes ten minutes to build at first; programs for burn read pictures within a step of 255, too. With
`--odd` the other images are of odd sizes and kinds (turned, 16 bits, palettes, inks, transparency), and the
probabilities must agree within 2e-2: resizing and JPEG differ by a step or two of 255. WORDS are more arguments for
`mapsto train`, such as "--resize fit --normalise statistics". Ends with status 1 if anything differs.

An LSTM in Keras has one bias where PyTorch's and mapsto's have two that are added: that many parameters fewer.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import torch
from PIL import Image

HERE = Path(__file__).parent / "export"
REFERENCE = ["digits-cnn", "photo-binary", "plain-mlp", "dropout-mlp", "colour-cnn"]
TOLERANCE = 1e-4
# A step of 255 in every pixel moves a network that has hardly learnt by this much.
ODD_TOLERANCE = 2e-2


def make_images(folder, classes, number, draw, fixed=None):
    """Small pictures of coloured blobs, a folder a class, of any size or of one (height, width)."""
    files = []
    for label in range(classes):
        place = folder / f"class {label}"
        place.mkdir(parents=True)
        for index in range(number):
            size = fixed or draw.integers(20, 60, 2)
            pixels = draw.integers(0, 256, (size[0] // 4 + 1, size[1] // 4 + 1, 3), dtype=np.uint8)
            pixels[..., label % 3] //= 2
            image = Image.fromarray(pixels).resize((int(size[1]), int(size[0])), Image.Resampling.BICUBIC)
            files.append(place / f"{index}.png")
            image.save(files[-1])
    return files


def make_odd(folder, draw):
    """Pictures as they come: thin, long and tiny ones, turned ones, and each way to keep colours."""
    folder.mkdir(parents=True)
    pixels = draw.integers(0, 256, (40, 53, 3), dtype=np.uint8)
    image = Image.fromarray(pixels).resize((211, 157), Image.Resampling.BICUBIC)
    alpha = Image.fromarray(np.add.outer(np.arange(157), np.arange(211)).astype(np.uint8))
    clear, grey_clear, grey = image.copy(), image.convert("L"), image.convert("L")
    clear.putalpha(alpha)
    grey_clear.putalpha(alpha)
    palette = image.quantize(64)
    deep = Image.fromarray((np.asarray(grey).astype(np.uint16) * 257))
    for size in (97, 311), (31, 33), (5, 3), (1, 1), (2, 500), (401, 17):
        image.resize(size).save(folder / f"{size[0]}x{size[1]}.png")
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x112] = orientation
        image.save(folder / f"turned-{orientation}.jpg", quality=92, exif=exif.tobytes())
    image.save(folder / "progressive.jpg", progressive=True)
    image.convert("CMYK").save(folder / "inks.jpg", quality=92)
    clear.save(folder / "clear.png")
    clear.save(folder / "clear.webp", lossless=True)
    grey_clear.save(folder / "grey-clear.png")
    deep.save(folder / "deep.png")
    image.convert("1").save(folder / "bits.png")
    palette.save(folder / "palette.png")
    palette.save(folder / "palette.gif")
    palette.save(folder / "palette-clear.png", transparency=bytes(range(0, 256, 4)))
    return sorted(folder.iterdir())


def mapsto(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"mapsto {' '.join(map(str, words))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def load(file):
    spec = importlib.util.spec_from_file_location(file.stem.replace("-", "_"), file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_pytorch(file, weights, pictures):
    """Number of parameters and probabilities."""
    program = load(file)
    model = program.Model()
    program.load_weights(model, weights)
    model.eval()
    pixels = torch.stack([torch.from_numpy(program.read_image(picture)).permute(2, 0, 1) for picture in pictures])
    with torch.no_grad():
        outputs = program.probabilities(model(pixels)).numpy()
    # One step of training, to see that it goes.
    steps = program.optimiser(model.train())
    program.loss_of(model(pixels), torch.zeros(len(pixels), dtype=torch.long)).backward()
    steps.step()
    missing = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    if missing:
        sys.exit(f"{file}: {missing} get no gradient")
    return sum(parameter.numel() for parameter in model.parameters()), outputs


def with_keras(file, weights, pictures):
    import keras

    program = load(file)
    model = program.build_model()
    program.load_weights(model, weights)
    pixels = np.stack([program.read_image(picture) for picture in pictures])
    outputs = program.probabilities(keras.ops.convert_to_numpy(model(pixels, training=False)))
    model.compile(optimizer=program.optimiser(), loss=program.loss_of, metrics=[program.accuracy])
    model.train_on_batch(pixels, program.targets(np.zeros(len(pixels), dtype=int)))
    count = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    keras.backend.clear_session()
    return count, outputs


def with_burn(folder, file, weights, pictures):
    """Probabilities, of which a program prints four digits."""
    crate = folder / "Cargo.toml"
    text = file.read_text()
    if not crate.exists():
        lines = text.split("```toml\n//! ")[1].split("//! ```")[0].replace("//! ", "")
        head = '[package]\nname = "exported"\nversion = "0.1.0"\nedition = "2024"\n\n[workspace]\n\n[dependencies]\n'
        (folder / "src/bin").mkdir(parents=True)
        crate.write_text(head + lines)
    name = file.stem.replace("burn_", "")
    (folder / "src/bin" / f"{name}.rs").write_text(text)
    words = ["cargo", "run", "--quiet", "--release", "--bin", name, "--", "predict", weights, *pictures]
    done = subprocess.run(list(map(str, words)), cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{file}\n{done.stdout[-2000:]}{done.stderr[-6000:]}")
    rows = []
    for picture, line in zip(pictures, done.stdout.splitlines(), strict=True):
        parts = line.removeprefix(f"{picture} ").split("  ")
        rows.append([float(part.rsplit(" ", 1)[1]) for part in parts])
    return np.array(rows)


def second_biases(weights):
    """The biases that Keras's LSTM does not have."""
    from safetensors.numpy import load_file

    tensors = load_file(weights).items()
    return sum(tensor.size for name, tensor in tensors if name.startswith("lstm") and ".bias_hh" in name)


def check(program, network, scratch, draw, crate, odd=False, more=()):
    """The greatest difference of each program; none where Keras refuses."""
    classes = 2 if network == "photo-binary" else 3
    make_images(scratch / "data", classes, 16, draw)
    file = Path(network) if network.endswith(".toml") else HERE / f"{network}.toml"
    name = file.stem
    words = ["train", scratch / "data", "--network", file if file.exists() else network, "--epochs", 1]
    *_, done = mapsto(program, *words, *more, "--batch", 8, "--device", "cpu", "--out", scratch / "runs", "--json")
    run = Path(done["run"])
    weights, files = run / "weights.safetensors", {}
    for target in ("pytorch", "keras", "burn"):
        ending = "rs" if target == "burn" else "py"
        files[target] = scratch / f"{target}_{name.replace('-', '_')}.{ending}"
        [told] = mapsto(program, "export", run, "--to", target, files[target], "--json")
    # Of the input's own size: another may be resized to a byte's last bit.
    size = load(files["pytorch"]).HEIGHT, load(files["pytorch"]).WIDTH
    pictures = make_odd(scratch / "odd", draw) if odd else make_images(scratch / "other", classes, 4, draw, size)
    [answers] = mapsto(program, "predict", run, *pictures, "--device", "cpu", "--json")
    wanted = np.array([list(answer["probabilities"].values()) for answer in answers])
    found = {}
    for target, ask in (("pytorch", with_pytorch), ("keras", with_keras)):
        count, outputs = ask(files[target], weights, pictures)
        expected = told["parameters"] - (second_biases(weights) if target == "keras" else 0)
        if count != expected:
            sys.exit(f"{network}, {target}: {count} parameters, mapsto counts {expected}")
        found[target] = float(np.abs(outputs - wanted).max())
    if crate:
        outputs = with_burn(crate, files["burn"], weights.resolve(), [picture.resolve() for picture in pictures])
        found["burn"] = float(np.abs(outputs - wanted).max())
    return told["parameters"], found


def main():
    parser = argparse.ArgumentParser(description="Compare exported programs with mapsto.")
    parser.add_argument("program", help="the mapsto program")
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--burn", type=Path, help="a folder for a crate with the programs for burn, which are run too")
    parser.add_argument("--odd", action="store_true", help="ask about pictures of odd sizes and kinds")
    parser.add_argument("--train", default="", metavar="WORDS", help="more arguments for mapsto train, in one word")
    parser.add_argument("--keep", help="a folder to keep the programs in")
    arguments = parser.parse_intermixed_args()
    networks = arguments.networks or REFERENCE + sorted(file.stem for file in HERE.glob("*.toml"))
    wrong = False
    for network in networks:
        draw = np.random.default_rng(7)
        with tempfile.TemporaryDirectory() as scratch:
            scratch = Path(arguments.keep, Path(network).stem) if arguments.keep else Path(scratch)
            more = arguments.train.split()
            parameters, found = check(arguments.program, network, scratch, draw, arguments.burn, arguments.odd, more)
        wrong |= max(found.values()) > (ODD_TOLERANCE if arguments.odd else TOLERANCE)
        told = "  ".join(f"{target} {difference:.1e}" for target, difference in found.items())
        print(f"{network:20} {parameters:>12,} parameters, greatest difference: {told}", flush=True)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
