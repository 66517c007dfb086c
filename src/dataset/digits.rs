//! The bundled digits: 10,000 of MNIST in its own IDX format (`assets/digits`, with their licence).

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use image::{DynamicImage, GrayImage};

const IMAGES: &[u8] = include_bytes!("../../assets/digits/mnist-10k-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../../assets/digits/mnist-10k-labels-idx1-ubyte.gz");

/// Width and height of a digit.
pub(super) const SIDE: u32 = 28;
const PIXELS: usize = (SIDE * SIDE) as usize;

#[derive(Default)]
struct Digits {
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

/// What each digit shows, 0 to 9, in the order of the file.
pub(super) fn labels() -> &'static [u8] {
    &unpacked().labels
}

/// The digit at that place of the file.
pub(super) fn read(place: usize) -> Option<DynamicImage> {
    let start = place.checked_mul(PIXELS)?;
    let pixels = unpacked().pixels.get(start..start.checked_add(PIXELS)?)?;
    GrayImage::from_raw(SIDE, SIDE, pixels.to_vec()).map(DynamicImage::ImageLuma8)
}

/// Unpacked once, at the first use (8 MB).
fn unpacked() -> &'static Digits {
    static DIGITS: OnceLock<Digits> = OnceLock::new();
    DIGITS.get_or_init(|| unpack().unwrap_or_default())
}

/// IDX: a magic number, then each dimension as a big-endian u32, then bytes (yann.lecun.org/exdb/mnist).
fn unpack() -> Option<Digits> {
    let pixels = body(IMAGES, 16)?;
    let labels = body(LABELS, 8)?;
    let whole = pixels.len() == labels.len() * PIXELS && labels.iter().all(|&label| label < 10);
    whole.then_some(Digits { pixels, labels })
}

fn body(packed: &[u8], header: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut bytes).ok()?;
    bytes.drain(..header.min(bytes.len()));
    Some(bytes)
}
