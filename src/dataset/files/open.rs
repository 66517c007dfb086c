//! What a path that the user has chosen is: a folder, an archive, or a single file that says where images are.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::unpack::Packing;
use super::{Kind, Tree, kind, tar};
use crate::dataset::{DatasetError, Progress};

/// What has been opened.
#[derive(Debug)]
pub(in crate::dataset) struct Opened {
    pub tree: Tree,
    /// The file in it that was chosen, where it was one and no archive: a table, a list, an IDX file, a batch.
    pub focus: Option<String>,
}

/// Lists what lies at a path.
pub(in crate::dataset) fn open(
    path: &Path,
    cache: Option<&Path>,
    progress: &Progress,
) -> Result<Opened, DatasetError> {
    let of_path = |error| DatasetError::of_folder(path, &error);
    let about = std::fs::metadata(path).map_err(of_path)?;
    let whole = |tree| Opened { tree, focus: None };
    if about.is_dir() {
        return Tree::of_folder(path, progress).map(whole);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !about.is_file() {
        return Err(DatasetError::NotAFolder(path.to_path_buf()));
    }
    let head = head(path).map_err(of_path)?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Tree::of_zip(path, progress).map(whole);
    }
    if tar::is_header(&head) {
        return Tree::of_tar(path, None, cache, progress).map(whole);
    }
    let mut content = head.clone();
    if let Some(packing) = Packing::sniff(&head) {
        content = start(packing, path)?;
        if tar::is_header(&content) {
            return Tree::of_tar(path, Some(packing), cache, progress).map(whole);
        }
    }
    if let Some(kind) = unread(&head) {
        return Err(DatasetError::Archive {
            archive: path.to_path_buf(),
            reason: format!("{kind} archives are not read: unpack it, and choose the folder"),
        });
    }
    let is_idx =
        content.starts_with(b"\0\0\x08") && content.get(3).is_some_and(|&count| count <= 8);
    let is_named = matches!(
        kind(&name),
        Kind::Table | Kind::List | Kind::Idx | Kind::Batch
    );
    if !is_idx && !is_named {
        return Err(DatasetError::NotAFolder(path.to_path_buf()));
    }
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str() != "" => folder,
        _ => Path::new("."),
    };
    let tree = Tree::of_folder(folder, progress)?;
    let focus = super::names::portable(Path::new(path.file_name().unwrap_or_default()));
    if tree.find(&focus).is_none() {
        return Err(DatasetError::NotAFolder(path.to_path_buf()));
    }
    Ok(Opened {
        tree,
        focus: Some(focus),
    })
}

/// The first block of a file.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(512).read_to_end(&mut head)?;
    Ok(head)
}

/// The first block of what a file unpacks to.
fn start(packing: Packing, path: &Path) -> Result<Vec<u8>, DatasetError> {
    let file = File::open(path).map_err(|error| DatasetError::of_folder(path, &error))?;
    let mut start = Vec::new();
    let packed = std::io::BufReader::new(file);
    match packing.reader(packed).take(512).read_to_end(&mut start) {
        Ok(_) => Ok(start),
        Err(error) => Err(DatasetError::Archive {
            archive: path.to_path_buf(),
            reason: format!(
                "it cannot be unpacked ({error}): it is cut short or damaged; copy it again"
            ),
        }),
    }
}

/// Archives that people have and that are not read, by name.
fn unread(head: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 4] = [
        (b"7z\xBC\xAF\x27\x1C", "7z"),
        (b"Rar!\x1A\x07", "RAR"),
        (b"\x28\xB5\x2F\xFD", "Zstandard"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
    ];
    starts
        .iter()
        .find(|(start, _)| head.starts_with(start))
        .map(|&(_, kind)| kind)
}
