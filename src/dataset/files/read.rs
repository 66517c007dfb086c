//! The bytes of entries: of a picture as a whole, of a file of many records by their places.

use std::fs::File;
use std::io::Read;

use rawzip::{FileReader, RangeReader, ReaderAt};

use super::unpack::{self, Packing};
use super::{Bytes, Entry, Store, tar::Span};
use crate::dataset::{DatasetError, DecodeFault, Progress, decode};

/// A file that is read by position, from any thread.
#[derive(Debug)]
pub(in crate::dataset) struct Body {
    file: Handle,
    start: u64,
    /// Size of the content.
    pub bytes: u64,
}

#[derive(Debug)]
enum Handle {
    Own(FileReader),
    Shared(std::sync::Arc<FileReader>),
}

impl Body {
    /// Fills `out` from the content at `at`.
    pub fn read(&self, out: &mut [u8], at: u64) -> Result<(), DecodeFault> {
        let at = self.start.checked_add(at).ok_or(DecodeFault::Truncated)?;
        match &self.file {
            Handle::Own(file) => file.read_exact_at(out, at),
            Handle::Shared(file) => file.read_exact_at(out, at),
        }
        .map_err(DecodeFault::from)
    }
}

impl Store {
    /// The whole content of a file that may be a picture; larger ones than pictures are, and what is no picture by its
    /// first bytes, are refused before they are read.
    pub fn bytes(&self, file: &str, place: u32) -> Result<Vec<u8>, DecodeFault> {
        match self.path(file) {
            Some(path) => decode::read_bytes(&path),
            None => {
                let (content, bytes) = self.packed(place)?;
                decode::read_all(content, bytes)
            }
        }
    }

    /// The content of an entry from its start, and the size that is stated.
    pub fn reader(&self, entry: &Entry) -> Result<(Box<dyn Read + '_>, u64), DecodeFault> {
        match self.path(&entry.path) {
            Some(path) => {
                let about = std::fs::metadata(&path)?;
                if !about.is_file() {
                    return Err(DecodeFault::Special);
                }
                Ok((Box::new(File::open(path)?), about.len()))
            }
            None => self.packed(entry.place),
        }
    }

    fn packed(&self, place: u32) -> Result<(Box<dyn Read + '_>, u64), DecodeFault> {
        match &self.kind {
            Bytes::Disk(_) => Err(DecodeFault::Missing),
            Bytes::Zip(zip) => zip.open(place),
            Bytes::Tar(file, _) => {
                let span = self.span(place).ok_or(DecodeFault::Missing)?;
                let range = span.start..span.start.saturating_add(span.bytes);
                let content = RangeReader::new(std::sync::Arc::clone(file), range);
                Ok((Box::new(content), span.bytes))
            }
        }
    }

    fn span(&self, place: u32) -> Option<Span> {
        match &self.kind {
            Bytes::Tar(_, spans) => spans.get(usize::try_from(place).ok()?).copied(),
            _ => None,
        }
    }

    /// The first bytes of an entry, as many as there are up to `most`; unpacked where it is gzip.
    pub fn head(&self, entry: &Entry, most: u64) -> Result<Vec<u8>, DecodeFault> {
        let (content, _) = self.reader(entry)?;
        let mut content: Box<dyn Read> = Box::new(std::io::BufReader::new(content));
        if entry.path.to_ascii_lowercase().ends_with(".gz") {
            content = Packing::Gzip.reader(content);
        }
        let mut head = Vec::new();
        content.take(most).read_to_end(&mut head)?;
        Ok(head)
    }

    /// An entry to be read by position: in place where it can be, otherwise unpacked to a file without a name.
    pub fn body(&self, entry: &Entry, progress: &Progress) -> Result<Body, DatasetError> {
        let fault = |fault: DecodeFault| DatasetError::Image(fault.at(entry.path.clone()));
        let gzip = entry.path.to_ascii_lowercase().ends_with(".gz");
        if !gzip {
            if let Some(path) = self.path(&entry.path) {
                let file = File::open(&path).map_err(|error| fault(error.into()))?;
                return Ok(Body {
                    bytes: file.metadata().map_err(|error| fault(error.into()))?.len(),
                    file: Handle::Own(FileReader::from(file)),
                    start: 0,
                });
            }
            if let (Bytes::Tar(file, _), Some(span)) = (&self.kind, self.span(entry.place)) {
                return Ok(Body {
                    file: Handle::Shared(std::sync::Arc::clone(file)),
                    start: span.start,
                    bytes: span.bytes,
                });
            }
        }
        let (content, stated) = self.reader(entry).map_err(fault)?;
        let mut content: Box<dyn Read> = Box::new(std::io::BufReader::new(content));
        if gzip {
            content = Packing::Gzip.reader(content);
        }
        let path = self.path(&entry.path);
        let name = path.unwrap_or_else(|| self.root.join(&entry.path));
        let (file, bytes) = unpack::to_nameless(&name, stated, &mut content, progress)?;
        Ok(Body {
            file: Handle::Own(file),
            start: 0,
            bytes,
        })
    }
}
