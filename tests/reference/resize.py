"""Makes tests/fixtures/resize/cases.json: what Pillow makes of small pictures, for tests/images.rs.

    python3 -m venv venv && venv/bin/pip install pillow && venv/bin/python tests/reference/resize.py

The source of each case is not stored: tests/images.rs draws it by the same formula as `source` here.
"""

import json
import pathlib

import PIL
from PIL import Image

# width, height, to width, to height
SIZES = [(37, 23, 13, 11), (13, 11, 37, 23), (64, 48, 9, 48), (5, 7, 5, 3), (101, 67, 8, 8), (1, 1, 3, 2), (28, 28, 28, 28)]


def source(width, height, channels):
    """A smooth slope, a sharp pattern, and something like noise, one for each channel."""
    kinds = (
        lambda x, y: (x * 255 // max(width - 1, 1) + y * 3) % 256,
        lambda x, y: 255 if (x // 3 + y // 2) % 2 else 0,
        lambda x, y: (x * 7919 + y * 104729 + x * y * 31) % 256,
    )
    order = kinds if channels == 3 else kinds[2:]
    return bytes(kind(x, y) for y in range(height) for x in range(width) for kind in order)


def case(mode, to, size):
    width, height, to_width, to_height = size
    image = Image.frombytes(mode, (width, height), source(width, height, len(mode)))
    out = image.convert(to).resize((to_width, to_height), Image.Resampling.BILINEAR)
    return {"mode": mode, "to": to, "size": size, "pixels": out.tobytes().hex()}


cases = [case(mode, to, size) for size in SIZES for mode, to in (("L", "L"), ("RGB", "RGB"), ("RGB", "L"))]
folder = pathlib.Path(__file__).parent.parent / "fixtures" / "resize"
folder.mkdir(parents=True, exist_ok=True)
text = ",\n".join(json.dumps(case) for case in cases)
(folder / "cases.json").write_text(f'{{"pillow": "{PIL.__version__}", "cases": [\n{text}\n]}}\n')
