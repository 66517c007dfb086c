"""What torchvision and Pillow make of real pictures, for tests/augment_reference.rs, and how far mapsto is from it.

    python3 -m venv venv && venv/bin/pip install torch torchvision pillow
    venv/bin/python tests/reference/augment.py tests/fixtures/augment CAT.png COFFEE.png
    venv/bin/python tests/reference/augment.py /tmp/large --whole PICTURE...     (as large as they are)
    MAPSTO_AUGMENT=/tmp/large cargo test --release --test augment_reference      (compares, writes what mapsto makes)
    venv/bin/python tests/reference/augment.py --compare /tmp/large              (prints the differences)

The fixtures were made from `chelsea.png` and `coffee.png` of scikit-image 0.22, both CC0.

Where the definitions agree, the bytes agree: flips, whole shifts, brightness, contrast, saturation, hue, posterize,
solarize, autocontrast, equalize, erasing; and Pillow's resize with a box, for zooms and crops. Differences:

- Rotation, shear and free zooms read four pixels with weights of 11 bits, torchvision in single precision: the last
  place may differ by one, where a value lies near a half.
  Where a move lands between pixels by simple fractions (a quarter turn of a picture with an odd and an even side, a
  slant of 0.2) many values are exact halves: mapsto rounds them up, torchvision to the even neighbour.
- Upright zooms and crops round after the rows and after the columns, as Pillow does; torchvision's affine once.
- Outside of the picture mapsto mirrors it, torchvision fills with black: only pixels inside are compared.
- An upright zoom below 1 is anti-aliased in mapsto, as Pillow's resize is; torchvision's affine skips pixels.
- A random resized crop reads beyond the edge of its box where the picture goes on; torchvision cuts it out first.
- Sharpness: at the edge torchvision blends a pixel with itself, which single precision takes one down here and there;
  mapsto leaves it.
- A blur has weights of 16 bits; the last place may differ by one.
- Contrast: the mean grey is summed exactly; torchvision's sum in single precision moves some values by one.
"""

import gzip
import json
import pathlib
import sys

import numpy
import PIL
import torch
import torchvision
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode
import math

BILINEAR = InterpolationMode.BILINEAR
EXACT = (0, 0.0)
LAST_PLACE = (1, 0.02)
HALVES = (1, 0.25)


def affine(image, angle=0.0, translate=(0, 0), scale=1.0, shear=(0.0, 0.0), center=None):
    """The picture, and where all four pixels that a pixel reads lie inside."""
    def move(tensor):
        return F.affine(tensor, angle, list(translate), scale, list(shear), BILINEAR, center=center)

    inside = move(torch.ones(1, *image.shape[1:]))
    return move(image), inside > 0.9999


def everywhere(image):
    return image, torch.ones(1, *image.shape[1:], dtype=torch.bool)


def pillow_box(image, box, size):
    """Pillow's resize of a box (left, top, right, bottom) to (height, width)."""
    array = image.permute(1, 2, 0).numpy()
    picture = Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)
    made = numpy.asarray(picture.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box))
    return torch.from_numpy(made.reshape(*size, -1).copy()).permute(2, 0, 1)


def crop_cases(image):
    """A part of the picture fills it; the box in whole pixels, because torchvision takes no other."""
    _, height, width = image.shape
    top, left, high, wide = height // 5, width // 4, height * 3 // 5, width // 2
    move = {"crop": [left / width, top / height, wide / width, high / height]}
    yield "crop, Pillow's box", [move], [], everywhere(pillow_box(image, (left, top, left + wide, top + high), (height, width))), EXACT
    made = F.resize(image[:, top:top + high, left:left + wide], [height, width], BILINEAR, antialias=True)
    inside = torch.zeros(1, height, width, dtype=torch.bool)
    edge = math.ceil(height / high), math.ceil(width / wide)
    inside[:, edge[0]:-edge[0], edge[1]:-edge[1]] = True
    yield "crop, torchvision", [move], [], (made, inside), HALVES


def move_cases(image):
    _, height, width = image.shape
    yield "flip horizontal", ["flip_horizontal"], [], everywhere(F.hflip(image)), EXACT
    yield "flip vertical", ["flip_vertical"], [], everywhere(F.vflip(image)), EXACT
    yield "rotate 180", [{"rotate": 180}], [], everywhere(F.rotate(image, 180, BILINEAR)), EXACT
    for angle, most in ((15, LAST_PLACE), (-33.3, LAST_PLACE), (90, HALVES)):
        yield f"rotate {angle}", [{"rotate": angle}], [], affine(image, angle=angle), most
    yield "translate 3 -2", [{"translate": [3, -2]}], [], affine(image, translate=(3, -2)), EXACT
    yield "shift 10 %", [{"shift": [0.1, 0.1]}], [], affine(image, translate=(round(width * 0.1), round(height * 0.1))), EXACT
    yield "shear 12", [{"shear": 12}], [], affine(image, shear=(12, 0)), LAST_PLACE
    yield "zoom 1.25", [{"zoom": 1.25}], [], affine(image, scale=1.25), HALVES
    wide, high = width / 1.25, height / 1.25
    box = (width / 2 - wide / 2, height / 2 - high / 2, width / 2 + wide / 2, height / 2 + high / 2)
    yield "zoom 1.25, Pillow's box", [{"zoom": 1.25}], [], everywhere(pillow_box(image, box, (height, width))), (1, 0.005)
    # torchvision turns counter-clockwise by `rotate`, clockwise by `affine`; its order is scale, shear, turn, shift.
    together = [{"zoom": 1.1}, {"shear": 8}, {"rotate": 20}, {"translate": [2, 3]}]
    yield "all at once", together, [], affine(image, 20, (2, 3), 1.1, (8, 0)), LAST_PLACE
    yield "all at once, smaller", [{"zoom": 0.85}, *together[1:]], [], affine(image, 20, (2, 3), 0.85, (8, 0)), LAST_PLACE
    for name, x, y in (("x", 0.3, 0.0), ("y", 0.0, -0.2)):
        degrees = [math.degrees(math.atan(x)), math.degrees(math.atan(y))]
        yield f"slant {name}", [{"slant": [x, y]}], [], affine(image, shear=degrees, center=[0, 0]), HALVES


def step_cases(image):
    steps = [
        ("brightness", (0.0, 0.7, 1.3, 1.99), F.adjust_brightness, EXACT),
        ("contrast", (0.0, 0.6, 1.4, 1.99), F.adjust_contrast, (1, 0.01)),
        ("saturation", (0.0, 0.5, 1.6), F.adjust_saturation, EXACT),
        ("hue", (18, -90, 180), lambda image, degrees: F.adjust_hue(image, degrees / 360), EXACT),
        ("sharpness", (0.0, 0.5, 1.9), F.adjust_sharpness, (1, 0.05)),
        ("posterize", (2, 4, 7), F.posterize, EXACT),
        ("solarize", (0.0, 76.5, 128.0, 255.0), F.solarize, EXACT),
        ("blur", (0.3, 1.0, 2.3), lambda image, sigma: F.gaussian_blur(image, 2 * math.ceil(3 * sigma) + 1, sigma), LAST_PLACE),
    ]
    for name, values, change, most in steps:
        for value in values:
            yield f"{name} {value}", [], [{name: value}], everywhere(change(image, value)), most
    yield "autocontrast", [], ["autocontrast"], everywhere(F.autocontrast(image)), EXACT
    yield "equalize", [], ["equalize"], everywhere(F.equalize(image)), EXACT
    _, height, width = image.shape
    area = (height // 4, width // 3, height // 2, width // 5)
    shares = [area[1] / width, area[0] / height, area[3] / width, area[2] / height]
    yield "erase", [], [{"erase": shares}], everywhere(F.erase(image, *area, torch.tensor(128, dtype=torch.uint8))), EXACT
    jitter = F.adjust_saturation(F.adjust_contrast(F.adjust_brightness(image, 1.2), 0.8), 1.3)
    steps = [{"brightness": 1.2}, {"contrast": 0.8}, {"saturation": 1.3}]
    yield "brightness, contrast, saturation", [], steps, everywhere(jitter), (2, 0.02)


def size_cases(image):
    """From the size of the store to the input's."""
    _, height, width = image.shape
    for share in (0.67, 0.8, 1.3):
        size = (round(height * share), round(width * share))
        yield f"to {share}", [], [], everywhere(pillow_box(image, (0, 0, width, height), size)), EXACT


def make(folder, pictures, whole):
    blob, images, cases = bytearray(), [], []
    loaded = []
    for place, path in enumerate(pictures):
        picture = Image.open(path).convert("RGB")
        # The last of several once more, in grey.
        for mode in ("RGB", "L") if place == len(pictures) - 1 else ("RGB",):
            small = picture.convert(mode)
            if not whole:
                small = small.resize((40, 31), Image.Resampling.LANCZOS)
            array = numpy.asarray(small)
            array = array.reshape(*array.shape[:2], -1).transpose(2, 0, 1).copy()
            images.append({"name": pathlib.Path(path).name, "channels": array.shape[0], "height": array.shape[1], "width": array.shape[2]})
            blob += array.tobytes()
            loaded.append(torch.from_numpy(array))
    for place, image in enumerate(loaded):
        for source in (move_cases, crop_cases, step_cases, size_cases):
            for name, moves, steps, (made, inside), (most, mean) in source(image):
                cases.append({"image": place, "name": name, "moves": moves, "steps": steps, "height": made.shape[1], "width": made.shape[2], "most": most, "mean": mean})
                blob += made.numpy().tobytes() + inside.to(torch.uint8).numpy().tobytes()
    folder.mkdir(parents=True, exist_ok=True)
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "pillow": PIL.__version__}
    listed = ",\n".join(json.dumps(case) for case in cases)
    (folder / "cases.json").write_text(f'{{"made by": {json.dumps(versions)},\n"images": {json.dumps(images)},\n"cases": [\n{listed}\n]}}\n')
    (folder / "pixels.gz").write_bytes(gzip.compress(bytes(blob), 9, mtime=0))


def compare(folder):
    """Prints, for each operation, the largest and the mean absolute difference to what mapsto has written."""
    told = json.loads((folder / "cases.json").read_text())
    blob = memoryview(gzip.decompress((folder / "pixels.gz").read_bytes()))
    ours = memoryview((folder / "mapsto.bin").read_bytes())
    at = sum(image["channels"] * image["height"] * image["width"] for image in told["images"])
    ours_at, worst = 0, {}
    for case in told["cases"]:
        area = case["height"] * case["width"]
        length = told["images"][case["image"]]["channels"] * area
        wanted = numpy.frombuffer(blob[at:at + length], numpy.uint8).reshape(-1, area).astype(int)
        inside = numpy.frombuffer(blob[at + length:at + length + area], numpy.uint8) > 0
        made = numpy.frombuffer(ours[ours_at:ours_at + length], numpy.uint8).reshape(-1, area).astype(int)
        at, ours_at = at + length + area, ours_at + length
        difference = abs(wanted - made)[:, inside]
        figures = (difference.max(initial=0), difference.mean() if difference.size else 0.0, inside.mean())
        worst.setdefault(case["name"], []).append(figures)
    print(f"{'operation':34} {'largest':>7} {'mean':>8} {'compared':>9}")
    for name, figures in worst.items():
        largest, mean, inside = (max(f[0] for f in figures), max(f[1] for f in figures), min(f[2] for f in figures))
        print(f"{name:34} {largest:7} {mean:8.5f} {inside:9.0%}")


if sys.argv[1] == "--compare":
    compare(pathlib.Path(sys.argv[2]))
else:
    rest = sys.argv[2:]
    make(pathlib.Path(sys.argv[1]), [path for path in rest if path != "--whole"], "--whole" in rest)
