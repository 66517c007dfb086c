//! Every picture comes out right: orientation, colours, transparency, depth.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/pictures.rs"]
mod pictures;

use std::fs;
use std::path::Path;

use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage,
    RgbaImage,
};
use mapsto::dataset::{decode, pixels, thumbnail};
use pictures::{PNG, chunk, deflated, encode, header, photo, size, with_orientation};

#[test]
fn all_eight_exif_orientations_come_out_upright() {
    // The quarters: red, green above, blue, white below.
    let quarters = RgbImage::from_fn(32, 16, |x, y| match (x < 16, y < 8) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    });
    let jpeg = encode(&DynamicImage::ImageRgb8(quarters), ImageFormat::Jpeg);
    // Which colour stands at the top left and the top right, by the EXIF standard.
    let expected = [
        (1, "rg"),
        (2, "gr"),
        (3, "wb"),
        (4, "bw"),
        (5, "rb"),
        (6, "br"),
        (7, "wg"),
        (8, "gw"),
    ];
    for (orientation, corners) in expected {
        let image = decode(&with_orientation(&jpeg, orientation))
            .unwrap()
            .to_rgb8();
        let turned = orientation > 4;
        assert_eq!(
            image.dimensions(),
            if turned { (16, 32) } else { (32, 16) },
            "orientation {orientation}"
        );
        let name = |pixel: &Rgb<u8>| match pixel.0.map(|value| value > 127) {
            [true, false, false] => 'r',
            [false, true, false] => 'g',
            [false, false, true] => 'b',
            _ => 'w',
        };
        let found: String = [
            name(image.get_pixel(2, 2)),
            name(image.get_pixel(image.width() - 3, 2)),
        ]
        .iter()
        .collect();
        assert_eq!(found, corners, "orientation {orientation}");
    }
}

#[test]
fn damaged_exif_data_loses_no_picture() {
    let jpeg = encode(&photo(20, 10), ImageFormat::Jpeg);
    let mut bytes = with_orientation(&jpeg, 6);
    bytes[12..20].fill(0xEE);
    assert_eq!(decode(&bytes).unwrap().width(), 20);
}

#[test]
fn grey_and_colour_follow_pillow() {
    let text = fs::read_to_string(Path::new("tests/fixtures/resize/cases.json"));
    let fixture: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
    for case in fixture["cases"].as_array().unwrap() {
        let [width, height, to_width, to_height] =
            [0, 1, 2, 3].map(|at| u32::try_from(case["size"][at].as_u64().unwrap()).unwrap());
        let grey = case["mode"] == "L";
        let image = drawn(width, height, grey);
        let channels = if case["to"] == "L" { 1 } else { 3 };
        let ours = pixels(
            &image,
            size(to_height as usize, to_width as usize, channels),
        );
        let hex = case["pixels"].as_str().unwrap();
        let theirs: Vec<u8> = (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let plane = (to_width * to_height) as usize;
        let mut differing = 0;
        for (at, &our) in ours.iter().enumerate() {
            let their = theirs[(at % plane) * channels + at / plane];
            assert!(
                our.abs_diff(their) <= 1,
                "{} at {at}: {our}, Pillow {their}",
                case["size"]
            );
            differing += usize::from(our != their);
        }
        assert!(
            differing * 100 <= ours.len(),
            "{}: {differing} of {} differ",
            case["size"],
            ours.len()
        );
    }
}

/// The picture of `tests/reference/resize.py`.
fn drawn(width: u32, height: u32, grey: bool) -> DynamicImage {
    let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729 + x * y * 31) % 256) as u8;
    let slope = |x: u32, y: u32| ((x * 255 / (width - 1).max(1) + y * 3) % 256) as u8;
    let pattern = |x: u32, y: u32| if (x / 3 + y / 2) % 2 == 1 { 255 } else { 0 };
    if grey {
        DynamicImage::ImageLuma8(GrayImage::from_fn(width, height, |x, y| {
            Luma([noise(x, y)])
        }))
    } else {
        let pixel = |x, y| Rgb([slope(x, y), pattern(x, y), noise(x, y)]);
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel))
    }
}

#[test]
fn a_picture_of_the_right_size_is_unchanged_and_laid_out_in_planes() {
    let image = photo(7, 5);
    let rgb = image.to_rgb8();
    let values = pixels(&image, size(5, 7, 3));
    for (x, y, pixel) in rgb.enumerate_pixels() {
        for channel in 0..3 {
            assert_eq!(
                values[channel * 35 + (y * 7 + x) as usize],
                pixel.0[channel]
            );
        }
    }
}

#[test]
fn grey_pictures_fill_three_channels_alike() {
    let image =
        DynamicImage::ImageLuma8(GrayImage::from_fn(6, 4, |x, y| Luma([(x * 40 + y) as u8])));
    let values = pixels(&image, size(4, 6, 3));
    assert_eq!(values[..24], values[24..48]);
    assert_eq!(values[..24], values[48..]);
    assert_eq!(values[..24], pixels(&image, size(4, 6, 1)));
}

#[test]
fn transparency_is_laid_on_white() {
    let pixels_of = |image: DynamicImage, channels| {
        let back = decode(&encode(&image, ImageFormat::Png)).unwrap();
        pixels(&back, size(1, 3, channels))
    };
    let grey = GrayAlphaImage::from_raw(3, 1, vec![0, 0, 0, 128, 0, 255]).unwrap();
    assert_eq!(pixels_of(grey.into(), 1), [255, 127, 0]);
    let colour = RgbaImage::from_raw(3, 1, vec![9, 9, 9, 0, 255, 0, 0, 128, 1, 2, 3, 255]).unwrap();
    assert_eq!(
        pixels_of(colour.into(), 3),
        [255, 255, 1, 255, 127, 2, 255, 127, 3]
    );
}

#[test]
fn sixteen_bits_become_eight_by_their_high_byte() {
    let grey: ImageBuffer<Luma<u16>, _> =
        ImageBuffer::from_raw(3, 1, vec![0x00FF, 0x80FF, 0xFFFF]).unwrap();
    let image = decode(&encode(&grey.into(), ImageFormat::Png)).unwrap();
    assert_eq!(pixels(&image, size(1, 3, 1)), [0, 128, 255]);
    assert_eq!(
        pixels(&image, size(1, 3, 3)),
        [0, 128, 255, 0, 128, 255, 0, 128, 255]
    );
    let colour: ImageBuffer<Rgb<u16>, _> =
        ImageBuffer::from_raw(1, 1, vec![0x12FF, 0x34FF, 0x56FF]).unwrap();
    let image = decode(&encode(&colour.into(), ImageFormat::Png)).unwrap();
    assert_eq!(pixels(&image, size(1, 1, 3)), [0x12, 0x34, 0x56]);
    assert_eq!(thumbnail(&image, 8).as_raw(), &[0x12, 0x34, 0x56, 255]);
}

#[test]
fn palette_pictures_show_their_colours() {
    let palette = [250, 0, 0, 0, 200, 0];
    let rows = deflated(&[0, 0b0100_0000]);
    let bytes = [
        PNG,
        &header(2, 1, 1, 3),
        &chunk(b"PLTE", &palette),
        &chunk(b"IDAT", &rows),
        &chunk(b"IEND", &[]),
    ]
    .concat();
    assert_eq!(
        pixels(&decode(&bytes).unwrap(), size(1, 2, 3)),
        [250, 0, 0, 200, 0, 0]
    );
}

#[test]
fn cmyk_photos_come_out_in_colour() {
    let bytes = fs::read(Path::new("tests/fixtures/resize/cmyk-red.jpg")).unwrap();
    let image = decode(&bytes).unwrap().to_rgb8();
    let [red, green, blue] = image.get_pixel(8, 8).0;
    assert!(red > 240 && green < 16 && blue < 16, "{red} {green} {blue}");
}

#[test]
fn an_animation_shows_its_first_frame() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for colour in [[255, 0, 0, 255], [0, 0, 255, 255]] {
        let frame = RgbaImage::from_pixel(4, 4, image::Rgba(colour));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    assert_eq!(pixels(&decode(&bytes).unwrap(), size(1, 1, 3)), [255, 0, 0]);
}

#[test]
fn a_thumbnail_fits_and_keeps_proportions() {
    assert_eq!(thumbnail(&photo(400, 100), 96).dimensions(), (96, 24));
    assert_eq!(thumbnail(&photo(3, 900), 90).dimensions(), (1, 90));
    assert_eq!(thumbnail(&photo(28, 28), 96).dimensions(), (28, 28));
}
