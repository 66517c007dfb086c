//! Which picture format some bytes are: by content, and by name only where the content does not say (TGA).

use image::ImageFormat;

use super::{DecodeFault, foreign};

/// What the name of a picture file may end in, and the format that it then promises.
const ENDINGS: [(&str, &str); 42] = [
    ("png", "PNG"),
    ("apng", "PNG"),
    ("jpg", "JPEG"),
    ("jpeg", "JPEG"),
    ("jpe", "JPEG"),
    ("jfif", "JPEG"),
    ("jif", "JPEG"),
    ("mpo", "JPEG"),
    ("webp", "WebP"),
    ("bmp", "BMP"),
    ("dib", "BMP"),
    ("gif", "GIF"),
    ("tif", "TIFF"),
    ("tiff", "TIFF"),
    ("tga", "TGA"),
    ("icb", "TGA"),
    ("vda", "TGA"),
    ("vst", "TGA"),
    ("ico", "icon"),
    ("pnm", "PNM"),
    ("pbm", "PNM"),
    ("pgm", "PNM"),
    ("ppm", "PNM"),
    ("pam", "PNM"),
    ("qoi", "QOI"),
    ("heic", "HEIC"),
    ("heif", "HEIC"),
    ("hif", "HEIC"),
    ("avif", "AVIF"),
    ("jxl", "JPEG XL"),
    ("jp2", "JPEG 2000"),
    ("j2k", "JPEG 2000"),
    ("psd", "Photoshop"),
    ("svg", "SVG"),
    ("dds", "DDS"),
    ("hdr", "HDR"),
    ("exr", "OpenEXR"),
    ("dng", RAW),
    ("nef", RAW),
    ("cr2", RAW),
    ("arw", RAW),
    ("pef", RAW),
];
pub(super) const RAW: &str = "camera raw";

/// The format that the ending of a name promises, if it is one that pictures have.
pub(super) fn promised(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let is_it = |(known, _): &&(&str, _)| known.eq_ignore_ascii_case(ending);
    ENDINGS.iter().find(is_it).map(|&(_, format)| format)
}

/// As people call the format.
pub(super) fn title(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "PNG",
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::WebP => "WebP",
        ImageFormat::Bmp => "BMP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Tga => "TGA",
        ImageFormat::Pnm => "PNM",
        ImageFormat::Qoi => "QOI",
        ImageFormat::Ico => "icon",
        ImageFormat::Avif => "AVIF",
        ImageFormat::Hdr => "HDR",
        ImageFormat::OpenExr => "OpenEXR",
        ImageFormat::Dds => "DDS",
        ImageFormat::Farbfeld => "farbfeld",
        _ => "such",
    }
}

/// The format by the first bytes (TGA: by the last ones, or by the name), if it is one of those that are read.
pub(super) fn sniff(bytes: &[u8], name: &str) -> Result<ImageFormat, DecodeFault> {
    if bytes.is_empty() {
        return Err(DecodeFault::Empty);
    }
    if let Some(kind) = foreign::picture(bytes, promised(name) == Some(RAW)) {
        return Err(DecodeFault::Unsupported(kind));
    }
    if let Some(words) = foreign::other(bytes) {
        return Err(DecodeFault::NotAnImage(words.into()));
    }
    // BigTIFF, which the library reads and does not know by its first bytes.
    if bytes.starts_with(b"II+\0") || bytes.starts_with(b"MM\0+") {
        return Ok(ImageFormat::Tiff);
    }
    match image::guess_format(bytes).ok() {
        Some(ImageFormat::Bmp) if !is_bmp(bytes) => {}
        Some(ImageFormat::Pnm) if !is_pnm(bytes) => {}
        Some(
            format @ (ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::WebP
            | ImageFormat::Bmp
            | ImageFormat::Gif
            | ImageFormat::Tiff
            | ImageFormat::Pnm
            | ImageFormat::Qoi
            | ImageFormat::Ico),
        ) => return Ok(format),
        Some(other) => return Err(DecodeFault::Unsupported(title(other))),
        None => {}
    }
    if has_tga_footer(bytes) || (promised(name) == Some("TGA") && is_tga(bytes)) {
        return Ok(ImageFormat::Tga);
    }
    Err(DecodeFault::NotAnImage(describe(bytes).into()))
}

/// Whether a file with that head is worth reading. A TGA file tells only at its end, or by its name.
pub(super) fn may_be_one(head: &[u8]) -> Result<(), DecodeFault> {
    match sniff(head, "") {
        Err(DecodeFault::NotAnImage(_)) if is_tga(head) => Ok(()),
        other => other.map(drop),
    }
}

/// Two letters are little to know a format by: a text may begin with `BM` too. Behind them follow the file's size, a
/// reserved field, and the size of a header of which there are few kinds.
fn is_bmp(bytes: &[u8]) -> bool {
    let header = bytes.get(14..18).and_then(|size| size.first_chunk());
    let size = header.map(|size| u32::from_le_bytes(*size));
    size.is_none_or(|size| matches!(size, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// `P1` to `P7` and white space; then come numbers, a comment, or (P7) a keyword.
fn is_pnm(bytes: &[u8]) -> bool {
    let pam = bytes.starts_with(b"P7");
    let Some([first, rest @ ..]) = bytes.get(2..) else {
        return false;
    };
    let rest = rest.trim_ascii_start();
    first.is_ascii_whitespace()
        && rest.first().is_none_or(|&next| {
            next == b'#' || (pam && next.is_ascii_uppercase()) || (!pam && next.is_ascii_digit())
        })
}

/// The signature of version 2 in a TGA file's last 26 bytes.
fn has_tga_footer(bytes: &[u8]) -> bool {
    bytes.ends_with(b"TRUEVISION-XFILE.\0")
}

/// Whether that can be the header of a TGA file: few bits of proof.
fn is_tga(bytes: &[u8]) -> bool {
    let Some(
        &[
            _,
            map,
            kind,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            w0,
            w1,
            h0,
            h1,
            depth,
            _,
        ],
    ) = bytes.first_chunk::<18>()
    else {
        return false;
    };
    map <= 1
        && matches!(kind, 1..=3 | 9..=11)
        && matches!(depth, 8 | 15 | 16 | 24 | 32)
        && (w0 | w1) > 0
        && (h0 | h1) > 0
}

fn describe(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..bytes.len().min(512)).unwrap_or(bytes);
    let printable = |&byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    if head.starts_with(b"PK\x03\x04") {
        "a ZIP archive or an office document"
    } else if head.iter().all(printable) {
        "its content is text"
    } else if head.iter().all(|&byte| byte == 0) {
        "its content is nothing but zeros"
    } else {
        "its content is no picture format that mapsto knows"
    }
}

/// For a file whose name does not promise an image, the name's ending explains more than the content does.
pub(super) fn named(fault: DecodeFault, name: &str) -> DecodeFault {
    let file = name.rsplit('/').next().unwrap_or(name);
    match (fault, file.rsplit_once('.')) {
        (DecodeFault::NotAnImage(what), Some((_, ending))) => {
            if foreign::is_known(&what) {
                DecodeFault::NotAnImage(what)
            } else if promised(name).is_some() {
                DecodeFault::NotAnImage(format!("{what}, whatever its name says"))
            } else {
                DecodeFault::NotAnImage(format!("a .{} file", ending.to_ascii_lowercase()))
            }
        }
        (fault, _) => fault,
    }
}
