//! Photographs of a sort, and short ways to their stores.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::{Rgb, RgbImage};
use mapsto::dataset::{
    Augment, Dataset, DatasetError, InputSize, Normalise, Normaliser, PixelStore, Preprocess,
    Progress, Room, Source, Stored,
};
use tempfile::TempDir;

pub const SIZE: InputSize = InputSize {
    height: 12,
    width: 16,
    channels: 3,
};

/// A folder beside which a cache may lie.
pub struct Desk {
    home: TempDir,
}

impl Desk {
    /// `count` pictures, in two classes.
    pub fn with(count: usize) -> Self {
        let desk = Self {
            home: tempfile::tempdir().unwrap(),
        };
        for number in 0..count {
            picture(&desk.file(number), number as u8);
        }
        desk
    }

    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub fn cache(&self) -> PathBuf {
        self.home.path().join("project runs/pixels.cache")
    }

    pub fn file(&self, number: usize) -> PathBuf {
        let class = ["cat", "dog"][number % 2];
        self.data().join(class).join(format!("{number:03}.png"))
    }

    pub fn open(&self) -> Arc<Dataset> {
        let source = Source::Folder(self.data());
        Arc::new(Dataset::open(&source, &Progress::default()).unwrap())
    }

    /// With memory for so many images, and the cache.
    pub fn room(&self, images: usize) -> Room {
        Room {
            budget_bytes: images * SIZE.elements(),
            cache: Some(self.cache()),
        }
    }

    /// All images, from files as they are now.
    pub fn store(&self, room: &Room) -> PixelStore {
        self.store_as(room, &plain())
    }

    pub fn store_as(&self, room: &Room, stored: &Stored) -> PixelStore {
        load(&self.open(), stored, room).unwrap()
    }
}

pub fn load(data: &Arc<Dataset>, stored: &Stored, room: &Room) -> Result<PixelStore, DatasetError> {
    let indices: Vec<usize> = (0..data.len()).rev().collect();
    PixelStore::load(data, &indices, stored, room, &Progress::default())
}

pub fn plain() -> Stored {
    Stored::plain(SIZE, &Preprocess::default())
}

pub fn larger() -> Stored {
    let augment = Augment {
        zoom: 0.5,
        ..Augment::default()
    };
    Stored::augmented(SIZE, &Preprocess::default(), &augment)
}

pub fn unit() -> Normaliser {
    Normaliser::new(Normalise::Unit, SIZE.channels)
}

pub fn picture(path: &Path, value: u8) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    RgbImage::from_fn(40, 30, |x, y| {
        Rgb([
            value.wrapping_mul(37),
            (x * 6) as u8,
            value.wrapping_add((x * y) as u8),
        ])
    })
    .save(path)
    .unwrap();
}

/// Every image of a store.
pub fn bytes(store: &PixelStore) -> Vec<u8> {
    let positions: Vec<usize> = (0..store.len()).collect();
    let mut bytes = Vec::new();
    store.copy_into(&positions, &mut bytes).unwrap();
    bytes
}
