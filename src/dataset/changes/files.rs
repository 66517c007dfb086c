//! The user's changes carried out on files: a copy of the data as it is now, or files moved; nothing is ever deleted
//! or written over.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::Changes;
use crate::dataset::{Dataset, DatasetError, Progress, Set};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Images that were written or moved: where from (as [`Image::file`](crate::dataset::Image::file) has it), where to.
    pub done: Vec<(String, PathBuf)>,
    /// Why it ended before all was done; nothing when it did not.
    pub stopped: Option<String>,
}

/// Writes the images that are not left out to `target`, a folder for each class in it, below a folder for each set
/// where the data gives sets. Files are copied byte for byte; images of other places become PNG files.
///
/// # Errors
/// `target` is no empty folder, or cannot be made. What goes wrong later is in [`Applied::stopped`].
pub fn copy_to(
    data: &Dataset,
    target: &Path,
    progress: &Progress,
) -> Result<Applied, DatasetError> {
    let cannot = |reason: String| DatasetError::NotWritten {
        path: target.to_path_buf(),
        reason,
    };
    let words = |error: io::Error| cannot(error.to_string());
    if let Some(root) = data.root()
        && let (Ok(root), Ok(parent)) = (root.canonicalize(), real_parent(target))
        && parent.starts_with(root)
    {
        return Err(cannot(
            "it lies in the data's own folder: choose a place beside it".into(),
        ));
    }
    fs::create_dir_all(target).map_err(words)?;
    if fs::read_dir(target).map_err(words)?.next().is_some() {
        return Err(cannot("the folder is not empty: choose a new one".into()));
    }
    let folders = folder_names(data);
    let sets = data.has_given_sets();
    progress.begin(data.len());
    let mut applied = Applied::default();
    for (index, image) in data.images.iter().enumerate() {
        progress.advance(1);
        if image.excluded {
            continue;
        }
        if progress.cancelled() {
            applied.stopped = Some("it was cancelled".into());
            break;
        }
        let class = folders.get(data.class_of(index)).map_or("", String::as_str);
        let folder = match image.given.filter(|_| sets) {
            Some(set) => target.join(set_folder(set)).join(class),
            None => target.join(class),
        };
        match write_one(data, index, &folder) {
            Ok(path) => applied.done.push((image.file.clone(), path)),
            Err(reason) => {
                applied.stopped = Some(format!("{}: {reason}", image.file));
                break;
            }
        }
    }
    Ok(applied)
}

/// The nearest folder above a path that may not be there yet, without links.
fn real_parent(path: &Path) -> io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let there = absolute.ancestors().find(|folder| folder.exists());
    there.unwrap_or(&absolute).canonicalize()
}

fn set_folder(set: Set) -> &'static str {
    match set {
        Set::Train => "train",
        Set::Validation => "val",
        Set::Test => "test",
    }
}

fn write_one(data: &Dataset, index: usize, folder: &Path) -> Result<PathBuf, String> {
    let words = |error: io::Error| error.to_string();
    fs::create_dir_all(folder).map_err(words)?;
    let file = data
        .images
        .get(index)
        .map_or("", |image| image.file.as_str());
    let name = flat_name(file);
    match data.path(index) {
        Some(from) => {
            let mut from = File::open(from).map_err(words)?;
            let (path, mut to) = create(folder, &name).map_err(words)?;
            if let Err(error) = io::copy(&mut from, &mut to).and_then(|_| to.sync_data()) {
                // A half-written picture would be taken for a broken one.
                return Err(match fs::remove_file(&path) {
                    Ok(()) => error.to_string(),
                    Err(_) => format!("{error}; {} is not whole", path.display()),
                });
            }
            Ok(path)
        }
        None => {
            let image = data.read(index).map_err(|error| error.fault.to_string())?;
            let mut png = io::Cursor::new(Vec::new());
            image
                .write_to(&mut png, image::ImageFormat::Png)
                .map_err(|error| error.to_string())?;
            let name = Path::new(&name).with_extension("png");
            let (path, mut to) = create(folder, &name.to_string_lossy()).map_err(words)?;
            io::Write::write_all(&mut to, png.get_ref()).map_err(words)?;
            Ok(path)
        }
    }
}

/// The last part of a path, as a name for a file.
fn flat_name(file: &str) -> String {
    let last = file.rsplit('/').next().unwrap_or(file);
    safe(last, "image")
}

/// A new file of that name, or with a number behind it where the name is taken.
fn create(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    for number in 1_u32.. {
        let path = folder.join(numbered(name, number));
        match File::options().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// `a.jpg`, `a (2).jpg`, `a (3).jpg`…
fn numbered(name: &str, number: u32) -> String {
    if number == 1 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem} ({number}).{ending}"),
        _ => format!("{name} ({number})"),
    }
}

/// Every class's name as a folder's name; different classes have different folders.
fn folder_names(data: &Dataset) -> BTreeMap<String, String> {
    let mut folders: BTreeMap<String, String> = BTreeMap::new();
    for class in data.classes.iter().chain(&data.emptied) {
        let wanted = safe(class, "class");
        // Case alone does not keep folders apart everywhere.
        let taken = |name: &str, folders: &BTreeMap<String, String>| {
            folders
                .values()
                .any(|folder| folder.to_lowercase() == name.to_lowercase())
        };
        let name = (1_u32..)
            .map(|number| numbered(&wanted, number))
            .find(|name| !taken(name, &folders));
        folders.insert(class.clone(), name.unwrap_or(wanted));
    }
    folders
}

/// A text as a name for a file on any system.
fn safe(text: &str, otherwise: &str) -> String {
    let harmless = |letter: char| {
        let special = matches!(letter, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
        if special || letter.is_control() {
            '_'
        } else {
            letter
        }
    };
    let name: String = text.chars().map(harmless).collect();
    let name = name.trim().trim_start_matches('.').trim_end_matches('.');
    let mut end = name.len().min(200);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    match name.get(..end) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => otherwise.to_owned(),
    }
}

/// Moves the files of a folder so that the folder itself says what the changes say: an image of another class goes to
/// that class's folder, one of another set to that set's, and one that is left out to a folder beside the data's that
/// has `-excluded` behind its name. Gives back the changes that are left (none, when all went well).
///
/// # Errors
/// The data is no folder whose sub-folders are the classes.
pub fn move_files(
    data: &Dataset,
    changes: &Changes,
    progress: &Progress,
) -> Result<(Applied, Changes), DatasetError> {
    let root = data.root().filter(|root| root.is_dir());
    let root = root.ok_or_else(|| DatasetError::NotWritten {
        path: PathBuf::from(data.source.to_string()),
        reason: "only files of a folder can be moved: write a copy instead".into(),
    })?;
    let folders = folder_names(data);
    let mut left = changes.clone();
    let mut applied = Applied::default();
    progress.begin(data.len());
    for (index, image) in data.images.iter().enumerate() {
        progress.advance(1);
        let file = &image.file;
        let excluded = changes.excluded.contains(file);
        if !excluded && data.class_before(index).is_none() && !changes.moved.contains_key(file) {
            continue;
        }
        if progress.cancelled() {
            applied.stopped = Some("it was cancelled".into());
            break;
        }
        let folder = folders.get(data.class_of(index)).map_or("", String::as_str);
        let moved = match target(data, index, excluded, folder, root) {
            Ok(to) => rename(data, index, &to),
            Err(reason) => Err(reason),
        };
        match moved {
            Ok(to) => {
                left.restore([file.as_str()]);
                applied.done.push((file.clone(), to));
            }
            Err(reason) => {
                applied.stopped = Some(format!("{file}: {reason}"));
                break;
            }
        }
    }
    Ok((applied, left))
}

/// Takes moves back, the last first; gives what could not be taken back, with the reason.
pub fn move_back(data: &Dataset, applied: &Applied) -> Vec<(PathBuf, String)> {
    let back = |(file, now): &(String, PathBuf)| {
        let before = data.index_of(file).and_then(|index| data.path(index));
        let result = match before {
            None => Err("its place is not known any more".to_owned()),
            Some(before) if before.exists() => Err("another file is in its place".to_owned()),
            Some(before) => fs::rename(now, before).map_err(|error| error.to_string()),
        };
        result.err().map(|reason| (now.clone(), reason))
    };
    applied.done.iter().rev().filter_map(back).collect()
}

/// Where an image's file belongs.
fn target(
    data: &Dataset,
    index: usize,
    excluded: bool,
    class_folder: &str,
    root: &Path,
) -> Result<PathBuf, String> {
    let path = data.path(index).ok_or("it is no file of its own")?;
    let Ok(below) = path.strip_prefix(root) else {
        return Err("it lies outside the data's folder".to_owned());
    };
    if excluded {
        let mut name = root.file_name().unwrap_or_default().to_os_string();
        name.push("-excluded");
        return Ok(root.with_file_name(name).join(below));
    }
    let mut parts: Vec<std::ffi::OsString> = below.iter().map(Into::into).collect();
    let file = parts.pop().ok_or("it has no name")?;
    if let Some(found) = data.class_before(index) {
        let part = parts
            .iter_mut()
            .find(|part| part.to_string_lossy() == found);
        *part.ok_or("no folder above it has the name of its class: write a copy instead")? =
            class_folder.into();
    }
    if let Some(set) = data
        .was_given
        .get(&index)
        .and(data.images.get(index))
        .and_then(|image| image.given)
    {
        let is_set =
            |part: &&mut std::ffi::OsString| Set::from_folder(&part.to_string_lossy()).is_some();
        let part = parts.iter_mut().find(is_set);
        *part.ok_or("no folder above it stands for a set: write a copy instead")? =
            set_folder_of(root, set);
    }
    Ok(root.join(parts.iter().collect::<PathBuf>()).join(file))
}

/// The folder that stands for a set: the one that is there, whatever it is called.
fn set_folder_of(root: &Path, set: Set) -> std::ffi::OsString {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort();
    let stands = |name: &std::ffi::OsString| Set::from_folder(&name.to_string_lossy()) == Some(set);
    names
        .into_iter()
        .find(stands)
        .unwrap_or_else(|| set_folder(set).into())
}

/// Moves one file to a place that is free, near the one wanted.
fn rename(data: &Dataset, index: usize, wanted: &Path) -> Result<PathBuf, String> {
    let words = |error: io::Error| error.to_string();
    let from = data.path(index).ok_or("it is no file of its own")?;
    let folder = wanted.parent().ok_or("it has no folder")?;
    fs::create_dir_all(folder).map_err(words)?;
    let name = wanted
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    // A name that is no UTF-8 is kept where it is free, else it is moved under a readable one.
    let mut to = wanted.to_path_buf();
    for number in 2_u32.. {
        if fs::symlink_metadata(&to).is_err() {
            break;
        }
        to = folder.join(numbered(&name, number));
    }
    fs::rename(&from, &to).map_err(words)?;
    Ok(to)
}
