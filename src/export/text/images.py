def read_image(file):
    """An image file as mapsto reads it: turned upright, transparency laid on white, stretched to the
    input's size (bilinear, with anti-aliasing), from 0 to 1: float [height, width, channels]."""
    image = ImageOps.exif_transpose(Image.open(file))
    if image.mode.startswith("I"):  # 16 bits: the high byte
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA")).astype(np.uint32)
        colour, alpha = rgba[..., :3], rgba[..., 3:]
        image = Image.fromarray(((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8))
    image = image.convert("L" if CHANNELS == 1 else "RGB")
    if image.size != (WIDTH, HEIGHT):
        image = image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
    return np.array(image, dtype=np.float32).reshape(HEIGHT, WIDTH, CHANNELS) / 255


def find_images(folder):
    """(file, label) of every image below the folders of the classes."""
    endings = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
    found = []
    for label, name in enumerate(CLASSES):
        files = sorted(Path(folder, name).rglob("*"))
        found += [(file, label) for file in files if file.suffix.lower() in endings]
    if not found:
        raise SystemExit(f"{folder} has no images in folders named {', '.join(CLASSES)}")
    return found


def test_images(folder):
    """What to evaluate: the folder test where there are such folders, else every image."""
    train, test = Path(folder, "train"), Path(folder, "test")
    return find_images(test if train.is_dir() and test.is_dir() else folder)


def split(folder):
    """Images for training, validation and test: those of the folders train, val and test, or shares
    of every class."""
    folder = Path(folder)
    draw = random.Random(SEED)
    if not (folder / "train").is_dir():
        return shares(find_images(folder), VALIDATION, TEST, draw)
    rest = find_images(folder / "train")
    validation = find_images(folder / "val") if (folder / "val").is_dir() else None
    test = find_images(folder / "test") if (folder / "test").is_dir() else []
    if validation is None:
        rest, validation, _ = shares(rest, VALIDATION, 0, draw)
    return rest, validation, test


def shares(images, validation, test, draw):
    """Seeded and stratified."""
    sets = [], [], []
    for label in range(len(CLASSES)):
        of_class = [image for image in images if image[1] == label]
        draw.shuffle(of_class)
        held = round(len(of_class) * validation)
        kept = held + round(len(of_class) * test)
        sets[0].extend(of_class[kept:])
        sets[1].extend(of_class[:held])
        sets[2].extend(of_class[held:kept])
    return sets
