"""Makes tests/fixtures/preprocess/cases.json: small pictures fitted and cropped, for tests/preprocess.rs.

    python3 -m venv venv && venv/bin/pip install torch torchvision pillow
    venv/bin/python tests/reference/preprocess.py

Fitted is Pillow's `ImageOps.pad` with mean grey; cropped is torchvision's `resize` of the shorter side (by Pillow) and
`center_crop`. torchvision has a shorter side only for square inputs: for others the sizes follow its rule (the other
side is cut off behind the point). The sources are those of resize.py.
"""

import json
import pathlib

import PIL
import torchvision
import torchvision.transforms.functional as F
from PIL import Image, ImageOps

# width, height, to width, to height
SIZES = [(37, 23, 12, 12), (23, 37, 12, 12), (64, 48, 9, 20), (5, 7, 9, 9), (101, 7, 8, 8), (1, 1, 3, 2), (40, 30, 17, 10), (50, 25, 10, 5), (3, 40, 16, 16), (28, 28, 28, 28)]


def source(width, height, channels):
    """A smooth slope, a sharp pattern, and something like noise, one for each channel."""
    kinds = (
        lambda x, y: (x * 255 // max(width - 1, 1) + y * 3) % 256,
        lambda x, y: 255 if (x // 3 + y // 2) % 2 else 0,
        lambda x, y: (x * 7919 + y * 104729 + x * y * 31) % 256,
    )
    order = kinds if channels == 3 else kinds[2:]
    return bytes(kind(x, y) for y in range(height) for x in range(width) for kind in order)


def cropped(image, to_width, to_height):
    width, height = image.size
    if to_width == to_height:
        whole = F.resize(image, to_width)
    elif width * to_height > to_width * height:
        whole = image.resize((int(to_height * width / height), to_height), Image.Resampling.BILINEAR)
    else:
        whole = image.resize((to_width, int(to_width * height / width)), Image.Resampling.BILINEAR)
    return F.center_crop(whole, [to_height, to_width])


def case(mode, size):
    width, height, to_width, to_height = size
    image = Image.frombytes(mode, (width, height), source(width, height, len(mode)))
    grey = (128,) * 3 if mode == "RGB" else 128
    fitted = ImageOps.pad(image, (to_width, to_height), Image.Resampling.BILINEAR, color=grey)
    crop = cropped(image, to_width, to_height)
    return {"mode": mode, "size": size, "fit": fitted.tobytes().hex(), "crop": crop.tobytes().hex()}


cases = [case(mode, size) for size in SIZES for mode in ("L", "RGB")]
folder = pathlib.Path(__file__).parent.parent / "fixtures" / "preprocess"
folder.mkdir(parents=True, exist_ok=True)
text = ",\n".join(json.dumps(case) for case in cases)
versions = f'"pillow": "{PIL.__version__}", "torchvision": "{torchvision.__version__}"'
(folder / "cases.json").write_text(f'{{{versions}, "cases": [\n{text}\n]}}\n')
