//! What is not read here, known by its first bytes, so that the words can say what to do.

use super::format::RAW;

/// Picture formats that people do have and that are not read here. `raw` says that the name promises a camera's raw
/// format: most of them are TIFF files whose first picture is a thumbnail.
pub(super) fn picture(bytes: &[u8], raw: bool) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 20] = [
        (b"8BPS", "Photoshop"),
        (b"\x00\x00\x00\x0CJXL ", "JPEG XL"),
        (b"\xFF\x0A", "JPEG XL"),
        (b"\x00\x00\x00\x0CjP  ", "JPEG 2000"),
        (b"\xFF\x4F\xFF\x51", "JPEG 2000"),
        (b"II\xBC", "JPEG XR"),
        (b"WMPHOTO\0", "JPEG XR"),
        (b"PF\n", "PFM"),
        (b"Pf\n", "PFM"),
        (b"<svg", "SVG"),
        (b"%!PS", "PostScript"),
        (b"\xC5\xD0\xD3\xC6", "PostScript"),
        (b"SIMPLE  =", "FITS"),
        (b"gimp xcf", "GIMP"),
        (b"IIRO", RAW),
        (b"IIRS", RAW),
        (b"MMOR", RAW),
        (b"IIU\0", RAW),
        (b"FUJIFILMCCD-RAW", RAW),
        (b"\0MRM", RAW),
    ];
    if bytes.get(4..8) == Some(b"ftyp") {
        return boxed(bytes);
    }
    let tiff = bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*");
    if tiff && (bytes.get(8..10) == Some(b"CR") || raw) {
        return Some(RAW);
    }
    if bytes.get(128..132) == Some(b"DICM") {
        return Some("DICOM");
    }
    if is_svg(bytes) {
        return Some("SVG");
    }
    let known = STARTS.iter().find(|(start, _)| bytes.starts_with(start));
    known.map(|&(_, kind)| kind)
}

const PDF: &str = "a PDF document: save its pages as PNG or JPEG";
const VIDEO: &str = "a video: save single pictures of it as PNG or JPEG";
const POINTER: &str = "a Git LFS pointer in place of the file: run `git lfs pull` in its folder";
const ARRAY: &str = "an array of NumPy: save each picture in it as PNG";
const HDF5: &str = "an HDF5 file: save each picture in it as PNG";
const MATLAB: &str = "a MATLAB file: save each picture in it as PNG";
const OTHERS: [&str; 6] = [PDF, VIDEO, POINTER, ARRAY, HDF5, MATLAB];

/// In words, what is no picture and is known all the same.
pub(super) fn other(bytes: &[u8]) -> Option<&'static str> {
    const STARTS: [(&[u8], &str); 10] = [
        (b"%PDF", PDF),
        (b"\x1A\x45\xDF\xA3", VIDEO),
        (b"\x00\x00\x01\xBA", VIDEO),
        (b"\x00\x00\x01\xB3", VIDEO),
        (b"FLV\x01", VIDEO),
        (b"\x30\x26\xB2\x75\x8E\x66\xCF\x11", VIDEO),
        (b"version https://git-lfs.github.com/spec/", POINTER),
        (b"\x93NUMPY", ARRAY),
        (b"\x89HDF\r\n\x1A\n", HDF5),
        (b"MATLAB ", MATLAB),
    ];
    let starts = STARTS.iter().find(|(start, _)| bytes.starts_with(start));
    let avi = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"AVI ");
    // Old QuickTime films have no box that says their kind.
    let film = [b"ftyp", b"moov", b"mdat", b"wide"];
    let boxes = bytes
        .get(4..8)
        .is_some_and(|name| film.iter().any(|film| name == *film));
    match starts {
        Some(&(_, words)) => Some(words),
        None => (avi || boxes).then_some(VIDEO),
    }
}

/// Whether these are words of [`other`], which say more than the ending of a name.
pub(super) fn is_known(words: &str) -> bool {
    OTHERS.contains(&words)
}

/// `<svg` behind nothing but an XML prologue: declarations, comments, white space.
fn is_svg(bytes: &[u8]) -> bool {
    let mut rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = if rest.starts_with(b"<svg") {
            return true;
        } else if rest.starts_with(b"<?xml") {
            b"?>"
        } else if rest.starts_with(b"<!--") {
            b"-->"
        } else if rest.starts_with(b"<!DOCTYPE svg") {
            // It may declare entities in brackets, which hold more of such ends.
            let bracket = rest.iter().position(|&byte| byte == b'[' || byte == b'>');
            if bracket.and_then(|at| rest.get(at)) == Some(&b'[') {
                b"]>"
            } else {
                b">"
            }
        } else {
            return false;
        };
        let Some(at) = rest.windows(end.len()).position(|part| part == end) else {
            return false;
        };
        rest = rest.get(at + end.len()..).unwrap_or_default();
    }
}

/// What the brands of an ISO media file say (ISO/IEC 14496-12, the `ftyp` box).
fn boxed(bytes: &[u8]) -> Option<&'static str> {
    let size = bytes.first_chunk::<4>().copied().map(u32::from_be_bytes)?;
    let size = usize::try_from(size).ok()?.clamp(12, 256);
    let brands = bytes.get(8..size.min(bytes.len()))?;
    let has = |wanted: &[&[u8; 4]]| {
        let mut brands = brands.as_chunks::<4>().0.iter();
        brands.any(|brand| wanted.contains(&brand))
    };
    if has(&[b"avif", b"avis"]) {
        Some("AVIF")
    } else if has(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    ]) {
        Some("HEIC")
    } else if has(&[b"crx "]) {
        Some(RAW)
    } else {
        None
    }
}
