//! Opening the file: the one that is there where it fits, else a new one.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::layout::{HEADER, Header, Key, ROW, Row};
use super::{Cache, ROWS, State, place};
use crate::dataset::Dataset;
use crate::dataset::store::Stored;

/// The caches that this program has open: the sets of one training share theirs.
static OPEN: Mutex<Vec<(PathBuf, Weak<Cache>)>> = Mutex::new(Vec::new());

impl Cache {
    /// Opens the cache for a data set. One of another size, of other preprocessing, with too little room, or damaged,
    /// is made anew. Errors: in words for the user.
    pub fn open(path: &Path, stored: &Stored, data: &Dataset) -> Result<Arc<Self>, String> {
        let wanted = Header::new(stored, data.len());
        let mut open = OPEN.lock();
        open.retain(|(_, cache)| cache.strong_count() > 0);
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let known = open.iter().find(|(known, _)| *known == path);
        if let Some(cache) = known.and_then(|(_, cache)| cache.upgrade()) {
            if wanted.fits(&cache.header) {
                return Ok(cache);
            }
            return Err(in_use(&path));
        }
        let cache = opened(&path, wanted, data)?;
        cache
            .free_lost(data)
            .map_err(|error| cannot(&path, &error))?;
        let cache = Arc::new(cache);
        open.push((path, Arc::downgrade(&cache)));
        Ok(cache)
    }

    /// Slots of images that are not in the data set any more are for others.
    fn free_lost(&self, data: &Dataset) -> io::Result<()> {
        let mut names: Vec<u64> = data.images.iter().map(Key::name_of).collect();
        names.sort_unstable();
        let mut free = Vec::new();
        self.each_slot(|key, slot| {
            if names.binary_search(&key.name).is_err() {
                free.push(slot.number);
            }
        })?;
        self.state.lock().free = free;
        Ok(())
    }
}

fn opened(path: &Path, wanted: Header, data: &Dataset) -> Result<Cache, String> {
    let file = locked(path)?;
    let (header, used) = match found(&file, &wanted, data.len()) {
        Some(found) => found,
        None => {
            anew(&file, &wanted).map_err(|error| cannot(path, &error))?;
            (wanted, 0)
        }
    };
    Ok(Cache {
        path: path.to_path_buf(),
        file,
        header,
        state: Mutex::new(State {
            used,
            free: Vec::new(),
            refused: None,
        }),
    })
}

fn locked(path: &Path) -> Result<File, String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| cannot(path, &error))?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| cannot(path, &error))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(in_use(path)),
        // Disks that know no locks: the checks of the slots must do.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(file),
    }
}

/// The header that is there and the slots that are given out, where they are of use.
fn found(file: &File, wanted: &Header, images: usize) -> Option<(Header, u32)> {
    let mut bytes = [0; HEADER];
    place::read_at(file, &mut bytes, 0).ok()?;
    let header = Header::from_bytes(&bytes)?;
    let fits = wanted.fits(&header) && header.capacity >= images as u64;
    let size = file.metadata().ok()?.len();
    if !fits || size < header.slots() {
        return None;
    }
    let slots = (size - header.slots()).checked_div(header.slot_bytes())?;
    let there = u32::try_from(slots.min(header.capacity)).ok()?;
    let used = last_used(file, &header, there).ok()?;
    Some((header, used))
}

/// The slots up to the last of these that has a row.
fn last_used(file: &File, header: &Header, there: u32) -> io::Result<u32> {
    let mut bytes = vec![0; ROWS * ROW];
    let mut end = there;
    while end > 0 {
        let rows = end.min(ROWS as u32);
        let bytes = bytes.get_mut(..rows as usize * ROW).unwrap_or_default();
        place::read_at(file, bytes, header.row(end - rows))?;
        let rows_read = bytes.as_chunks::<ROW>().0;
        if let Some(last) = rows_read
            .iter()
            .rposition(|row| Row::from_bytes(row).is_some())
        {
            return Ok(end - rows + u32::try_from(last).unwrap_or(0) + 1);
        }
        end -= rows;
    }
    Ok(0)
}

fn anew(file: &File, header: &Header) -> io::Result<()> {
    file.set_len(0)?;
    file.set_len(header.slots())?;
    place::write_at(file, &header.to_bytes(), 0)
}

fn in_use(path: &Path) -> String {
    format!(
        "{} is in use elsewhere: images that do not fit memory are decoded again in every epoch, which is slower",
        path.display()
    )
}

/// The words for a cache that the disk refuses.
pub fn cannot(path: &Path, error: &io::Error) -> String {
    let (why, remedy) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            (
                "the disk is full".to_owned(),
                ". Free some space, then start again",
            )
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ("no permission".to_owned(), "")
        }
        _ => (error.to_string(), ""),
    };
    format!(
        "{} cannot be written ({why}): images that do not fit memory are decoded again in every epoch, which is slower{remedy}",
        path.display()
    )
}
