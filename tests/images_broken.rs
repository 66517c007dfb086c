//! What cannot be read is refused in words, at once, and within limits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/pictures.rs"]
mod pictures;

use std::fs;
use std::time::Instant;

use image::ImageFormat;
use mapsto::dataset::{DecodeFault, decode, pixels, read_image};
use pictures::{PNG, chunk, deflated, encode, header, photo, size};

fn refusal(bytes: &[u8]) -> String {
    decode(bytes).unwrap_err().to_string()
}

#[test]
fn a_file_cut_short_is_refused_in_every_format() {
    let formats = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::Tiff,
    ];
    for format in formats {
        let whole = encode(&photo(60, 40), format);
        assert!(decode(&whole).is_ok(), "{format:?}");
        let half = refusal(&whole[..whole.len() / 2]);
        assert!(
            half.contains("cut short") || half.contains("damaged"),
            "{format:?}: {half}"
        );
        if format == ImageFormat::Jpeg {
            assert!(half.contains("cut short: copy it again"), "{half}");
        }
    }
}

#[test]
fn a_jpeg_with_something_behind_it_is_whole() {
    let jpeg = [
        encode(&photo(20, 20), ImageFormat::Jpeg),
        b"camera maker's appendix".to_vec(),
    ]
    .concat();
    assert!(decode(&jpeg).is_ok());
}

#[test]
fn no_truncation_and_no_flipped_byte_panics() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Tiff,
    ] {
        let whole = encode(&photo(16, 12), format);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0xFF;
            for bytes in [&flipped[..], &whole[..at]] {
                if let Ok(image) = decode(bytes) {
                    assert_eq!(pixels(&image, size(3, 3, 3)).len(), 27);
                }
            }
        }
    }
}

#[test]
fn what_is_no_image_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let reason = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let error = read_image(&path).unwrap_err();
        assert!(
            error.to_string().starts_with(&path.display().to_string()),
            "{error}"
        );
        error.fault.to_string()
    };
    assert_eq!(
        reason("a.png", b""),
        "the file is empty (0 bytes): copy it again, or remove it"
    );
    assert_eq!(
        reason("b.png", b"hello"),
        "not an image (its content is text, whatever its name says)"
    );
    assert_eq!(reason("c.csv", b"a,b\n1,2\n"), "not an image (a .csv file)");
    assert_eq!(
        reason("d", b"%PDF-1.7"),
        "not an image (a PDF document: save its pages as PNG or JPEG)"
    );
    assert_eq!(
        reason("e.jpg", b"\0\0\0\x18ftypheic\0\0\0\0"),
        "HEIC images are not supported: convert it to JPEG (an iPhone takes JPEG photos after Settings, Camera, Formats, Most Compatible)"
    );
    let missing = read_image(&folder.path().join("gone.png")).unwrap_err();
    assert!(matches!(missing.fault, DecodeFault::Missing));
    let not_a_file = read_image(folder.path()).unwrap_err();
    assert!(matches!(not_a_file.fault, DecodeFault::Special));
}

#[test]
fn a_header_of_sixty_thousand_pixels_a_side_is_refused_at_once() {
    let start = Instant::now();
    let png = [
        PNG,
        &header(60_000, 60_000, 8, 6),
        &chunk(b"IDAT", &deflated(&[0])),
        &chunk(b"IEND", &[]),
    ]
    .concat();
    assert_eq!(
        refusal(&png),
        "60000×60000 pixels are too many (at most 20000 a side and 100 million in all): make it smaller"
    );
    let wide = [
        PNG,
        &header(19_000, 19_000, 8, 2),
        &chunk(b"IDAT", &deflated(&[0])),
        &chunk(b"IEND", &[]),
    ]
    .concat();
    assert!(refusal(&wide).starts_with("19000×19000 pixels are too many"));
    assert!(start.elapsed().as_secs() < 10, "took {:?}", start.elapsed());
}

#[test]
fn a_strip_of_a_million_pixels_is_refused_before_memory_is_taken() {
    let png = [
        PNG,
        &header(1_000_000, 1, 8, 2),
        &chunk(b"IDAT", &deflated(&[0])),
        &chunk(b"IEND", &[]),
    ]
    .concat();
    assert!(refusal(&png).starts_with("1000000×1 pixels are too many"));
    assert!(refusal(b"P6 1000000 1 255\n").starts_with("1000000×1 pixels are too many"));
    let qoi = [
        b"qoif".as_slice(),
        &1_000_000_u32.to_be_bytes(),
        &[0, 0, 0, 1, 3, 0],
    ]
    .concat();
    assert!(refusal(&qoi).starts_with("1000000×1 pixels are too many"));
}

#[test]
fn a_file_that_is_being_written_is_not_half_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bmp");
    let whole = encode(&photo(600, 600), ImageFormat::Bmp);
    fs::write(&path, &whole).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                fs::write(&path, &whole).unwrap();
            }
        });
        for _ in 0..50 {
            if let Err(error) = read_image(&path) {
                let told = matches!(
                    error.fault,
                    DecodeFault::Changing | DecodeFault::Empty | DecodeFault::Truncated
                );
                assert!(told, "{error}");
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(read_image(&path).is_ok());
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("a.png");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    let mut paths = vec![std::path::PathBuf::from("/dev/zero")];
    if made.is_ok_and(|status| status.success()) {
        paths.push(pipe);
    }
    for path in paths {
        let fault = read_image(&path).unwrap_err().fault;
        assert!(matches!(fault, DecodeFault::Special), "{fault}");
    }
}
