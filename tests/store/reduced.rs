//! Decoding at a reduced size: nearly the same picture, only where there is something to gain.

use std::fs;
use std::path::Path;

use image::{DynamicImage, ImageEncoder, Rgb, RgbImage};
use mapsto::dataset::{InputSize, Preprocess, Room, Stored};

use crate::made::{Desk, bytes, picture};

const SMALL: InputSize = InputSize {
    height: 24,
    width: 32,
    channels: 3,
};

/// A soft picture, as JPEG keeps photographs.
fn photograph(path: &Path, width: u32, height: u32, exif: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let image = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (f64::from(x) / 37.0, f64::from(y) / 23.0);
        let wave = |shift: f64| ((x + shift).sin() * y.cos() * 100.0 + 128.0) as u8;
        Rgb([wave(0.0), wave(1.0), wave(2.0)])
    });
    let file = fs::File::create(path).unwrap();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(file, 92);
    if !exif.is_empty() {
        encoder.set_exif_metadata(exif.to_vec()).unwrap();
    }
    encoder.encode_image(&DynamicImage::from(image)).unwrap();
}

fn both(desk: &Desk) -> (Vec<u8>, Vec<u8>) {
    let [whole, reduced] = [false, true].map(|reduced_decoding| {
        let preprocess = Preprocess {
            reduced_decoding,
            ..Preprocess::default()
        };
        let stored = Stored::plain(SMALL, &preprocess);
        bytes(&desk.store_as(&Room::memory(1 << 20), &stored))
    });
    (whole, reduced)
}

#[test]
fn large_photographs_are_nearly_the_same_and_upright() {
    // "Rotated by a quarter" in TIFF's words: tag 0x112 is 6.
    let turned = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    for exif in [b"".as_slice(), turned] {
        let desk = Desk::with(0);
        photograph(&desk.data().join("cat/a.jpg"), 640, 480, exif);
        photograph(&desk.data().join("dog/b.jpg"), 333, 417, exif);
        let (whole, reduced) = both(&desk);
        assert_ne!(whole, reduced, "nothing was reduced");
        let far: u32 = whole
            .iter()
            .zip(&reduced)
            .map(|(one, other)| u32::from(one.abs_diff(*other)))
            .sum();
        let mean = f64::from(far) / whole.len() as f64;
        // Colour, which these files keep at half the size, is coarser; a picture that lay on its side would be 30 off.
        assert!(mean < 4.0, "{mean}");
    }
}

#[test]
fn small_pictures_and_other_formats_stay_exactly_as_they_are() {
    let desk = Desk::with(0);
    photograph(&desk.data().join("cat/a.jpg"), 63, 47, b"");
    picture(&desk.data().join("dog/b.png"), 3);
    let (whole, reduced) = both(&desk);
    assert_eq!(whole, reduced);
}
