//! Pictures made by hand, for the tests of everything that reads pictures.

#![allow(dead_code, reason = "each test file uses some of these")]

use std::io::{Cursor, Write};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use mapsto::dataset::InputSize;

pub fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn size(height: usize, width: usize, channels: usize) -> InputSize {
    InputSize {
        height,
        width,
        channels,
    }
}

/// A picture with something to see everywhere.
pub fn photo(width: u32, height: u32) -> DynamicImage {
    let pixel = |x: u32, y: u32| {
        Rgb([
            (x * 255 / width) as u8,
            (y * 255 / height) as u8,
            ((x * y) % 251) as u8,
        ])
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
}

/// An APP1 segment whose only entry is the orientation.
pub fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01".to_vec();
    exif.extend([
        0x01,
        0x12,
        0,
        3,
        0,
        0,
        0,
        1,
        0,
        orientation,
        0,
        0,
        0,
        0,
        0,
        0,
    ]);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let inner = [kind.as_slice(), body].concat();
    [
        &u32::try_from(body.len()).unwrap().to_be_bytes(),
        inner.as_slice(),
        &crc32(&inner).to_be_bytes(),
    ]
    .concat()
}

pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn header(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    chunk(
        b"IHDR",
        &[
            &width.to_be_bytes()[..],
            &height.to_be_bytes(),
            &[depth, colour, 0, 0, 0],
        ]
        .concat(),
    )
}

pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
