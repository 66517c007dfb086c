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
    let dicom = [&[0; 128][..], b"DICM\x02\0\0\0UL\x04\0"].concat();
    let cases: [(&[u8], &str); 5] = [
        (&dicom, "DICOM"),
        (
            b"\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- by hand -->\n<svg width=\"9\">",
            "SVG",
        ),
        (
            b"<!DOCTYPE svg PUBLIC \"x\" [<!ENTITY a \"b\">]>\n<svg>",
            "SVG",
        ),
        (b"II\xBC\x01\x20\0\0\0", "JPEG XR"),
        (b"Pf\n32 32\n-1.0\n", "PFM"),
    ];
    for (bytes, kind) in cases {
        let expected = format!("{kind} images are not supported: convert it to PNG or JPEG");
        assert_eq!(refused(bytes, "a.dat"), expected);
    }
}

#[test]
fn what_is_no_picture_is_named_with_the_remedy_whatever_its_name_says() {
    let cases: [(&[u8], &str); 8] = [
        (
            b"\0\0\0\x18ftypisom\0\0\0\0isommp42",
            "a video: save single pictures",
        ),
        (b"RIFF\x99\0\0\0AVI LIST", "a video: save single pictures"),
        (
            b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81",
            "a video: save single pictures",
        ),
        (b"%PDF-1.7", "a PDF document: save its pages"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 9\n",
            "run `git lfs pull`",
        ),
        (b"\x93NUMPY\x01\0", "an array of NumPy: save each picture"),
        (b"\x89HDF\r\n\x1A\n", "an HDF5 file: save each picture"),
        (b"MATLAB 5.0 MAT-file", "a MATLAB file: save each picture"),
    ];
    for (bytes, words) in cases {
        for name in ["a.jpg", "a.dat", "a"] {
            let told = refused(bytes, name);
            assert!(
                told.starts_with("not an image (") && told.contains(words),
                "{told}"
            );
            assert!(!told.contains("whatever"), "{told}");
        }
    }
    // An XML file that is no drawing.
    assert!(refused(b"<?xml version=\"1.0\"?>\n<html><svg>", "a.xml").contains("a .xml file"));
}

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new("tests/fixtures/jpeg");
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_jpeg_whose_colours_are_finer_than_its_light_has_its_colours() {
    // Three columns: red, green, blue.
    for name in ["colours-finer.jpg", "colours-across.jpg", "in-thirds.jpg"] {
        let image = decode(&fixture(name)).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (24, 16), "{name}");
        for (x, expected) in [(3, [220, 30, 30]), (12, [30, 200, 60]), (20, [40, 60, 210])] {
            let found = image.get_pixel(x, 8).0;
            let far = found.iter().zip(expected).any(|(a, b)| a.abs_diff(b) > 10);
            assert!(!far, "{name}: {found:?} at {x}, not {expected:?}");
        }
    }
}

#[test]
fn a_lossless_jpeg_keeps_every_value() {
    let image = decode(&fixture("lossless-grey.jpg")).unwrap().to_luma8();
    let expected: Vec<u8> = (0..72).map(|value| value * 3).collect();
    assert_eq!((image.dimensions(), image.into_raw()), ((12, 6), expected));
}

#[test]
fn a_jpeg_of_a_rare_kind_is_named_and_not_called_damaged() {
    let jpeg = encode(&photo(8, 8), ImageFormat::Jpeg);
    let header = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    let cases = [
        (1, 0xC9, "JPEG with arithmetic coding"),
        (1, 0xF7, "JPEG-LS"),
        (1, 0xC5, "hierarchical JPEG"),
        (4, 12, "JPEG of 12 bits"),
    ];
    for (at, byte, words) in cases {
        let mut other = jpeg.clone();
        other[header + at] = byte;
        let expected = format!("its kind is not supported ({words}): convert it to PNG or JPEG");
        assert_eq!(refused(&other, "a.jpg"), expected);
    }
}

#[test]
fn an_icon_may_hold_a_png_of_any_kind_and_the_largest_is_taken() {
    let entry = |side: u8, bits: u8, length: usize, start: usize| {
        let number = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
        let head = [side, side, 0, 0, 1, 0, bits, 0];
        [&head[..], &number(length), &number(start)].concat()
    };
    let small = encode(&photo(16, 16).into_rgba8().into(), ImageFormat::Png);
    let large = encode(&photo(32, 32), ImageFormat::Png);
    let icon = [
        &[0, 0, 1, 0, 2, 0][..],
        &entry(16, 32, small.len(), 38),
        &entry(32, 24, large.len(), 38 + small.len()),
        &small,
        &large,
    ]
    .concat();
    assert_eq!(decode(&icon).unwrap(), photo(32, 32));
    assert_eq!(told(&icon, "a.ico").mode, Mode::Colour);
    assert!(!told(&icon, "a.ico").misnamed);
}

#[test]
fn an_orientation_kept_in_other_sizes_of_number_counts_too() {
    let jpeg = encode(&photo(8, 4), ImageFormat::Jpeg);
    let exif: [&[u8]; 3] = [
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x04\0\0\0\x01\0\0\0\x06\0\0\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x01\0\0\0\x01\x06\0\0\0\0\0\0\0",
    ];
    for exif in exif {
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let bytes = [&jpeg[..2], &[0xFF, 0xE1], &length, exif, &jpeg[2..]].concat();
        assert_eq!(decode(&bytes).unwrap().width(), 4);
        assert!(told(&bytes, "a.jpg").turned);
    }
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
    let folder = Path::new("tests/fixtures/resize");
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
