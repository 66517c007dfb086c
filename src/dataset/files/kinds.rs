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
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    let ending = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_owned());
    if plain.contains("ubyte") || ending(plain).is_some_and(|ending| ending.starts_with("idx")) {
        return Kind::Idx;
    }
    match ending(&name).as_deref() {
        Some("csv" | "tsv" | "tab") => Kind::Table,
        Some("txt" | "lst" | "list") => Kind::List,
        Some("bin") => Kind::Batch,
        Some(ending) if PICTURES.contains(&ending) => Kind::Picture,
        _ => Kind::Other,
    }
}
