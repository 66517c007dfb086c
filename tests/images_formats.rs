//! Every format that people have is read by its content, and its peculiarities are told.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/pictures.rs"]
mod pictures;

use std::fs;
use std::path::Path;

use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, RgbImage, RgbaImage};
use mapsto::dataset::{Look, Mode, decode, look, read_image};
use pictures::{PNG, chunk, deflated, encode, header, photo, with_orientation};

fn told(bytes: &[u8], name: &str) -> Look {
    look(bytes, name).unwrap().2
}

fn refused(bytes: &[u8], name: &str) -> String {
    look(bytes, name).unwrap_err().to_string()
}

#[test]
fn every_format_is_read_by_content_whatever_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let formats = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
        ImageFormat::Pnm,
        ImageFormat::Qoi,
        ImageFormat::Ico,
    ];
    for format in formats {
        let path = folder.path().join("picture.csv");
        // Icons have transparency always.
        let picture = match format {
            ImageFormat::Ico => photo(30, 20).into_rgba8().into(),
            _ => photo(30, 20),
        };
        fs::write(&path, encode(&picture, format)).unwrap();
        let image = read_image(&path).unwrap();
        assert_eq!((image.width(), image.height()), (30, 20), "{format:?}");
    }
}

#[test]
fn tga_is_known_by_its_name_or_its_last_bytes() {
    let plain = encode(&photo(30, 20), ImageFormat::Tga);
    assert_eq!(look(&plain, "a/b.TGA").unwrap().0, 30);
    assert!(refused(&plain, "b.png").starts_with("not an image"));
    let signed = [&plain[..], &[0; 8], b"TRUEVISION-XFILE.\0"].concat();
    assert!(told(&signed, "b.png").misnamed);
    let folder = tempfile::tempdir().unwrap();
    // Longer than the head that is asked first.
    let long = encode(&photo(300, 200), ImageFormat::Tga);
    let path = folder.path().join("a.dat");
    fs::write(&path, [&long[..], &[0; 8], b"TRUEVISION-XFILE.\0"].concat()).unwrap();
    assert_eq!(read_image(&path).unwrap().width(), 300);
}

#[test]
fn text_that_begins_like_a_picture_is_no_picture() {
    for text in [
        "P1,P2\n3,4\n",
        "P5 of the list",
        "BMW, Opel, and other makes of cars",
    ] {
        assert!(
            refused(text.as_bytes(), "a.csv").contains("a .csv file"),
            "{text}"
        );
    }
    assert_eq!(
        decode(b"P1\n# drawn by hand\n2 1\n1 0\n").unwrap().width(),
        2
    );
}

#[test]
fn a_wrong_ending_is_told_and_a_strange_one_is_not() {
    let png = encode(&photo(4, 4), ImageFormat::Png);
    for (name, wrong) in [
        ("a.png", false),
        ("x/a.PNG", false),
        ("a", false),
        ("a.dat", false),
        ("a.jpg", true),
        ("a.HEIC", true),
    ] {
        assert_eq!(told(&png, name).misnamed, wrong, "{name}");
    }
    let jpeg = encode(&photo(4, 4), ImageFormat::Jpeg);
    assert!(!told(&jpeg, "a.jfif").misnamed);
}

#[test]
fn what_phones_and_cameras_give_is_named_with_the_remedy() {
    let heic = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic";
    assert!(refused(heic, "a.heic").contains("HEIC images are not supported: convert it to JPEG"));
    let avif = b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf";
    assert!(refused(avif, "a.avif").contains("AVIF images are not supported: convert it"));
    let tiff = encode(&photo(4, 4), ImageFormat::Tiff);
    assert!(refused(&tiff, "a.NEF").contains("camera raw images are not supported: develop it"));
    assert!(refused(b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a.jpg").contains("a film"));
}

#[test]
fn colours_are_told_as_the_file_keeps_them() {
    let rgba = RgbaImage::from_pixel(2, 2, image::Rgba([1, 2, 3, 4]));
    let deep: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_pixel(2, 2, Luma([999_u16]));
    let cases: [(DynamicImage, Mode); 4] = [
        (photo(2, 2).to_luma8().into(), Mode::Grey),
        (photo(2, 2), Mode::Colour),
        (rgba.into(), Mode::ColourAlpha),
        (deep.into(), Mode::DeepGrey),
    ];
    for (image, mode) in cases {
        assert_eq!(told(&encode(&image, ImageFormat::Png), "a.png").mode, mode);
    }
    let gif = encode(&photo(2, 2), ImageFormat::Gif);
    assert_eq!(told(&gif, "a.gif").mode, Mode::Colour);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/resize");
    let inks = fs::read(folder.join("cmyk-red.jpg")).unwrap();
    assert_eq!(told(&inks, "a.jpg").mode, Mode::Cmyk);
}

#[test]
fn turned_pictures_are_told_and_stand_upright_in_every_format() {
    let jpeg = encode(&photo(8, 4), ImageFormat::Jpeg);
    let (width, height, look) = look(&with_orientation(&jpeg, 6), "a.jpg").unwrap();
    assert_eq!((width, height, look.turned), (4, 8, true));
    assert!(!told(&with_orientation(&jpeg, 1), "a.jpg").turned);
    // A PNG's EXIF data may stand behind its pixels.
    let rows = deflated(&[0, 1, 2, 3]);
    let exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
    let (pixels, exif, end) = (
        chunk(b"IDAT", &rows),
        chunk(b"eXIf", exif),
        chunk(b"IEND", &[]),
    );
    let start = [PNG, &header(3, 1, 8, 0)].concat();
    for parts in [[&exif, &pixels], [&pixels, &exif]] {
        let bytes = [&start[..], parts[0], parts[1], &end].concat();
        let image = decode(&bytes).unwrap();
        assert_eq!((image.width(), image.height()), (1, 3));
        assert!(told(&bytes, "a.png").turned);
    }
}

#[test]
fn several_pictures_in_one_file_are_told() {
    let gif = |frames: u8| {
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
        for shade in 0..frames {
            let frame = RgbaImage::from_pixel(4, 4, image::Rgba([shade, 0, 0, 255]));
            encoder.encode_frame(image::Frame::new(frame)).unwrap();
        }
        drop(encoder);
        bytes
    };
    assert!(told(&gif(2), "a.gif").animated);
    assert!(!told(&gif(1), "a.gif").animated);
    let control = |frames: u8| {
        let control = chunk(b"acTL", &[0, 0, 0, frames, 0, 0, 0, 0]);
        let pixels = chunk(b"IDAT", &deflated(&[0, 9]));
        let end = chunk(b"IEND", &[]);
        [PNG, &header(1, 1, 8, 0), &control, &pixels, &end].concat()
    };
    assert!(told(&control(2), "a.png").animated);
    assert!(!told(&control(1), "a.png").animated);
}

#[test]
fn mean_and_mean_square_are_those_of_the_pixels() {
    let image = RgbImage::from_raw(2, 1, vec![0, 51, 255, 102, 51, 255]).unwrap();
    let look = told(&encode(&image.into(), ImageFormat::Png), "a.png");
    let full = |share: f64| (share * 65_535.0).round() as u16;
    assert_eq!(look.mean, [full(0.2), full(0.2), full(1.0)]);
    assert_eq!(look.square, [full(0.08), full(0.04), full(1.0)]);
    assert_ne!(look.sum, 0);
}

#[test]
fn big_tiff_is_read() {
    // One grey pixel: the header, the pixel, and a directory of 20 bytes an entry.
    let entry = |tag: u8, kind: u8, value: u8| {
        let head = [tag, 1, kind, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        [&head[..], &[value, 0, 0, 0, 0, 0, 0, 0]].concat()
    };
    let mut bytes = b"II+\0\x08\0\0\0\x18\0\0\0\0\0\0\0".to_vec();
    bytes.extend([77, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
    for (tag, kind, value) in [(0, 3, 1), (1, 3, 1), (2, 3, 8), (3, 3, 1), (6, 3, 1)] {
        bytes.extend(entry(tag, kind, value));
    }
    for (tag, kind, value) in [(0x11, 4, 16), (0x16, 3, 1), (0x17, 4, 1)] {
        bytes.extend(entry(tag, kind, value));
    }
    bytes.extend([0; 8]);
    assert_eq!(decode(&bytes).unwrap().to_luma8().into_raw(), [77]);
    assert!(!told(&bytes, "a.tif").animated);
}
