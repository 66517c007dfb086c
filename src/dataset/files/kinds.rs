//! What the names of files promise. The content decides; a name only says where to look.

/// What a file is likely to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dataset) enum Kind {
    Picture,
    /// CSV, TSV.
    Table,
    /// Text with a path in each line.
    List,
    /// MNIST's format, perhaps gzip.
    Idx,
    /// Perhaps a batch of CIFAR.
    Batch,
    Other,
}

/// By the name alone.
pub(in crate::dataset) fn kind(path: &str) -> Kind {
    const PICTURES: [&str; 27] = [
        "png", "jpg", "jpeg", "jfif", "jpe", "webp", "bmp", "gif", "tif", "tiff", "heic", "heif",
        "avif", "ico", "pnm", "pbm", "pgm", "ppm", "pam", "qoi", "tga", "hdr", "exr", "dds", "jp2",
        "jxl", "ff",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = |name: &'_ str| name.rfind('.').map_or(name.len(), |dot| dot + 1);
    let of = |name: &str, known: &[&str]| {
        let ending = name.get(ending(name)..).unwrap_or_default();
        known.iter().any(|known| ending.eq_ignore_ascii_case(known))
    };
    if of(name, &PICTURES) {
        return Kind::Picture;
    }
    let plain = match name.get(name.len().saturating_sub(3)..) {
        Some(end) if end.eq_ignore_ascii_case(".gz") => name.get(..name.len() - 3).unwrap_or(name),
        _ => name,
    };
    let lower = plain.to_ascii_lowercase();
    if lower.contains("ubyte")
        || lower
            .get(ending(&lower)..)
            .is_some_and(|end| end.starts_with("idx"))
    {
        Kind::Idx
    } else if of(name, &["csv", "tsv", "tab"]) {
        Kind::Table
    } else if of(name, &["txt", "lst", "list"]) {
        Kind::List
    } else if of(name, &["bin"]) {
        Kind::Batch
    } else {
        Kind::Other
    }
}

/// What lies beside images and is none, by its name: in words that begin a sentence after it.
pub(in crate::dataset) fn beside(path: &str) -> Option<&'static str> {
    const DOCUMENTS: [&str; 48] = [
        "md", "txt", "csv", "tsv", "tab", "lst", "json", "jsonl", "xml", "yaml", "yml", "toml",
        "ini", "cfg", "py", "ipynb", "sh", "bat", "m", "r", "js", "css", "html", "htm", "pdf",
        "doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "ppt", "pptx", "log", "sql", "db",
        "sqlite", "h5", "pkl", "npy", "npz", "mat", "pt", "pth", "onnx", "aae", "url",
    ];
    const NAMES: [&str; 8] = [
        "readme",
        "license",
        "licence",
        "changelog",
        "authors",
        "notice",
        "copying",
        "makefile",
    ];
    const VIDEOS: [&str; 8] = ["mp4", "mov", "avi", "mkv", "webm", "m4v", "wmv", "mpg"];
    const ARCHIVES: [&str; 9] = ["zip", "tar", "tgz", "gz", "bz2", "xz", "7z", "rar", "zst"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let is =
        |known: &[&str], word: &str| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    if is(&DOCUMENTS, ending) || (is(&NAMES, stem) && kind(path) != Kind::Picture) {
        Some("a document, no image")
    } else if is(&VIDEOS, ending) {
        Some("a video, no image")
    } else if is(&ARCHIVES, ending) {
        Some("an archive, no image: open it by itself if you mean what is in it")
    } else {
        None
    }
}
