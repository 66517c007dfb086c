//! TIFF files of every common kind come out as they were meant, and the others are named.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/pictures.rs"]
mod pictures;

use mapsto::dataset::{Mode, decode, look, pixels};
use pictures::size;

const WIDTH: u16 = 256;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const FILL_ORDER: u16 = 266;
const SAMPLES: u16 = 277;
const PLANAR: u16 = 284;
const COLOUR_MAP: u16 = 320;
const EXTRA: u16 = 338;
const FORMAT: u16 = 339;

const GREY: (u16, &[u16]) = (PHOTOMETRIC, &[1]);
const RGB: [(u16, &[u16]); 2] = [(PHOTOMETRIC, &[2]), (SAMPLES, &[3])];
const SIGNED: (u16, &[u16]) = (FORMAT, &[2]);
const REAL: (u16, &[u16]) = (FORMAT, &[3]);

/// A TIFF of one row and one strip. The tags are those that differ from one channel of 8 bits, not packed.
fn tiff(width: u16, tags: &[(u16, &[u16])], data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let mut all: std::collections::BTreeMap<u16, Vec<u16>> = [
        (WIDTH, width),
        (257, 1),
        (BITS, 8),
        (COMPRESSION, 1),
        (273, 8),
        (SAMPLES, 1),
        (278, 1),
        (279, length),
    ]
    .into_iter()
    .map(|(tag, value)| (tag, vec![value]))
    .collect();
    all.extend(tags.iter().map(|(tag, values)| (*tag, values.to_vec())));
    if all.get(&PLANAR) == Some(&vec![2]) {
        let planes = all[&SAMPLES][0];
        let part = length / planes;
        all.insert(273, (0..planes).map(|plane| 8 + plane * part).collect());
        all.insert(279, vec![part; usize::from(planes)]);
    }
    let directory = 8 + data.len().next_multiple_of(2);
    let mut bytes = b"II*\0".to_vec();
    bytes.extend(u32::try_from(directory).unwrap().to_le_bytes());
    bytes.extend(data);
    bytes.resize(directory, 0);
    let mut beyond = directory + 2 + all.len() * 12 + 4;
    let mut tail = Vec::new();
    bytes.extend(u16::try_from(all.len()).unwrap().to_le_bytes());
    for (tag, values) in all {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(3_u16.to_le_bytes());
        bytes.extend(u32::try_from(values.len()).unwrap().to_le_bytes());
        let mut raw: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        if raw.len() <= 4 {
            raw.resize(4, 0);
            bytes.extend(raw);
        } else {
            bytes.extend(u32::try_from(beyond).unwrap().to_le_bytes());
            beyond += raw.len();
            tail.extend(raw);
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(tail);
    bytes
}

/// What a network sees: red, then green, then blue.
fn seen(bytes: &[u8]) -> Vec<u8> {
    let image = decode(bytes).unwrap();
    let wide = usize::try_from(image.width()).unwrap();
    pixels(&image, size(1, wide, 3))
}

/// The same of a grey picture, each pixel once.
fn seen_grey(bytes: &[u8]) -> Vec<u8> {
    let image = decode(bytes).unwrap();
    let wide = usize::try_from(image.width()).unwrap();
    pixels(&image, size(1, wide, 1))
}

fn refused(bytes: &[u8]) -> String {
    decode(bytes).unwrap_err().to_string()
}

fn mode(bytes: &[u8]) -> Mode {
    look(bytes, "a.tif").unwrap().2.mode
}

fn raw<const N: usize>(values: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
    values.into_iter().flatten().collect()
}

fn floats(values: &[f32]) -> Vec<u8> {
    raw(values.iter().map(|value| value.to_le_bytes()))
}

#[test]
fn whole_numbers_of_32_bits_are_scaled_alike_in_grey_and_colour() {
    let full = raw([0, 0x8080_8080, u32::MAX].map(u32::to_le_bytes));
    let grey = tiff(3, &[GREY, (BITS, &[32])], &full);
    assert_eq!(seen_grey(&grey), [0, 128, 255]);
    assert_eq!(mode(&grey), Mode::DeepGrey);
    let colour = tiff(1, &[RGB[0], RGB[1], (BITS, &[32; 3])], &full);
    assert_eq!(seen(&colour), [0, 128, 255]);
    assert_eq!(mode(&colour), Mode::DeepColour);
    // Small numbers in a large type are of the scale that small types have.
    let bytes = raw([0, 128, 200_u32].map(u32::to_le_bytes));
    assert_eq!(
        seen_grey(&tiff(3, &[GREY, (BITS, &[32])], &bytes)),
        [0, 128, 200]
    );
    let words = raw([0, 257, 65_535_u32].map(u32::to_le_bytes));
    assert_eq!(
        seen_grey(&tiff(3, &[GREY, (BITS, &[32])], &words)),
        [0, 1, 255]
    );
}

#[test]
fn floating_point_is_scaled_by_what_it_holds_and_never_clipped_to_white() {
    let cases: [(&[f32], [u8; 3]); 5] = [
        (&[0.0, 0.5, 1.0], [0, 128, 255]),
        (&[0.0, 60.0, 200.0], [0, 60, 200]),
        (&[-100.0, 0.0, 100.0], [0, 128, 255]),
        (&[1000.0, 2000.0, 3000.0], [0, 128, 255]),
        (&[0.0, f32::NAN, 0.25], [0, 0, 64]),
    ];
    for (values, expected) in cases {
        let grey = tiff(3, &[GREY, REAL, (BITS, &[32])], &floats(values));
        assert_eq!(seen_grey(&grey), expected, "{values:?}");
        let colour = tiff(
            1,
            &[RGB[0], RGB[1], REAL, (BITS, &[32; 3])],
            &floats(values),
        );
        assert_eq!(seen(&colour), expected, "{values:?}");
    }
    let double = raw([0.0, 0.5, 1.0_f64].map(f64::to_le_bytes));
    assert_eq!(
        seen_grey(&tiff(3, &[GREY, REAL, (BITS, &[64])], &double)),
        [0, 128, 255]
    );
    // 1.0 and 0.5 as IEEE half precision.
    let half = [0x00, 0x3C, 0x00, 0x38];
    assert_eq!(
        seen_grey(&tiff(2, &[GREY, REAL, (BITS, &[16])], &half)),
        [255, 128]
    );
}

#[test]
fn signed_numbers_keep_their_scale_or_stretch_when_some_are_negative() {
    let positive = raw([0, 16_384, i16::MAX].map(i16::to_le_bytes));
    assert_eq!(
        seen_grey(&tiff(3, &[GREY, SIGNED, (BITS, &[16])], &positive)),
        [0, 128, 255]
    );
    let scan = raw([-1000, 0, 1000_i16].map(i16::to_le_bytes));
    assert_eq!(
        seen_grey(&tiff(3, &[GREY, SIGNED, (BITS, &[16])], &scan)),
        [0, 128, 255]
    );
}

#[test]
fn associated_transparency_is_laid_on_white_once() {
    // Red of half its strength, which is kept as half: (255, 0, 0) at 128 of 255.
    let colour = [(PHOTOMETRIC, &[2][..]), (SAMPLES, &[4]), (BITS, &[8; 4])];
    let with = |kind: &[u16], data: &[u8]| {
        let tags = [colour[0], colour[1], colour[2], (EXTRA, kind)];
        seen(&tiff(1, &tags, data))
    };
    assert_eq!(with(&[1], &[128, 0, 0, 128]), [255, 127, 127]);
    assert_eq!(with(&[2], &[255, 0, 0, 128]), [255, 127, 127]);
    assert_eq!(with(&[1], &[0, 0, 0, 0]), [255, 255, 255]);
    // A fourth channel of which nobody says that it is transparency is none.
    assert_eq!(with(&[0], &[9, 8, 7, 0]), [9, 8, 7]);
    let grey = [GREY, (SAMPLES, &[2]), (BITS, &[8; 2]), (EXTRA, &[1])];
    let grey = tiff(2, &grey, &[100, 200, 0, 128]);
    assert_eq!(seen_grey(&grey), [155, 127]);
    assert_eq!(mode(&grey), Mode::GreyAlpha);
}

#[test]
fn palettes_and_small_depths_are_read() {
    let mut map = [0_u16; 48];
    map[2] = 0xFFFF;
    map[16 + 1] = 0x8000;
    map[32 + 15] = 0x40FF;
    let palette = |bits: u16, data: &[u8]| {
        let entries = 3 << bits;
        let map: Vec<u16> = (0..entries)
            .map(|at| map.get(at).copied().unwrap_or(0))
            .collect();
        seen(&tiff(
            3,
            &[(PHOTOMETRIC, &[3]), (BITS, &[bits]), (COLOUR_MAP, &map)],
            data,
        ))
    };
    assert_eq!(palette(4, &[0x21, 0xF0]), [255, 0, 0, 0, 128, 0, 0, 0, 64]);
    let grey = |bits: u16, data: &[u8]| seen_grey(&tiff(3, &[GREY, (BITS, &[bits])], data));
    assert_eq!(grey(1, &[0b1010_0000]), [255, 0, 255]);
    assert_eq!(grey(2, &[0b0001_1100]), [0, 85, 255]);
    assert_eq!(grey(4, &[0x0F, 0x80]), [0, 255, 136]);
    let white = tiff(2, &[(PHOTOMETRIC, &[0]), (BITS, &[4])], &[0xF0]);
    assert_eq!(seen_grey(&white), [0, 255]);
}

#[test]
fn planes_come_together_pixel_by_pixel() {
    let planes = [RGB[0], RGB[1], (BITS, &[8; 3]), (PLANAR, &[2])];
    assert_eq!(
        seen(&tiff(2, &planes, &[1, 2, 3, 4, 5, 6])),
        [1, 2, 3, 4, 5, 6]
    );
}

#[test]
fn a_channel_that_is_dropped_does_not_disturb_the_others() {
    // Differences between neighbours (predictor 2), packed by deflate, of four channels.
    let packed = pictures::deflated(&[10, 20, 30, 99, 1, 1, 1, 1]);
    let tags = [
        RGB[0],
        (SAMPLES, &[4][..]),
        (BITS, &[8; 4]),
        (COMPRESSION, &[8]),
        (317, &[2]),
        (EXTRA, &[0]),
    ];
    assert_eq!(seen(&tiff(2, &tags, &packed)), [10, 11, 20, 21, 30, 31]);
}

#[test]
fn bits_from_the_right_are_turned_round() {
    let tags = [GREY, (BITS, &[1][..]), (FILL_ORDER, &[2])];
    assert_eq!(
        seen_grey(&tiff(8, &tags, &[0b0000_0011])),
        [255, 255, 0, 0, 0, 0, 0, 0]
    );
    // One white row in Group 4 (the code V0 is the bit 1), then the end of the block.
    let tags = [(PHOTOMETRIC, &[0][..]), (BITS, &[1]), (COMPRESSION, &[4])];
    let group4 = [0b1000_0000, 0b0000_1000, 0b0000_0000, 0b1000_0000];
    let turned = group4.map(u8::reverse_bits);
    let right = [tags[0], tags[1], tags[2], (FILL_ORDER, &[2])];
    assert_eq!(seen_grey(&tiff(8, &tags, &group4)), [255; 8]);
    assert_eq!(seen_grey(&tiff(8, &right, &turned)), [255; 8]);
}

#[test]
fn ycbcr_becomes_red_green_and_blue() {
    let tags = [
        (PHOTOMETRIC, &[6][..]),
        (SAMPLES, &[3]),
        (BITS, &[8; 3]),
        (530, &[1, 1]),
    ];
    assert_eq!(seen(&tiff(1, &tags, &[76, 85, 255])), [254, 0, 0]);
    let coarse = [tags[0], tags[1], tags[2], (530, &[2, 2])];
    assert!(refused(&tiff(1, &coarse, &[76, 85, 255])).contains("YCbCr colours coarser"));
}

#[test]
fn what_is_not_read_is_told_in_words() {
    let many = [GREY, (SAMPLES, &[13][..]), (BITS, &[8; 13])];
    let cases = [
        (tiff(1, &many, &[0; 13]), "13 channels"),
        (
            tiff(1, &[GREY, (BITS, &[12])], &[0; 2]),
            "12 bits a channel",
        ),
        (
            tiff(1, &[GREY, (COMPRESSION, &[3])], &[0]),
            "CCITT Group 3 compression",
        ),
        (
            tiff(1, &[GREY, (COMPRESSION, &[50_000])], &[0]),
            "Zstandard compression",
        ),
        (tiff(1, &[(PHOTOMETRIC, &[8])], &[0]), "Lab colours"),
        (tiff(1, &[], &[0]), "nothing says its colours"),
    ];
    for (bytes, words) in cases {
        let expected = format!("its kind is not supported ({words}): convert it to PNG or JPEG");
        assert_eq!(refused(&bytes), expected);
    }
}
