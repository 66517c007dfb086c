//! Images come as batches, whatever the memory, the threads and the disk do.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mapsto::dataset::{
    Batch, DatasetError, Draw, Loader, Normalise, Normaliser, PixelStore, Preprocess, Progress,
    Room, Stored, pixels, shuffled,
};

use crate::SIZE;
use crate::made::{many, open};

/// The numbers from 0 to 1, unchanged.
fn plain() -> Arc<Draw> {
    Arc::new(Draw::plain(Normaliser::new(Normalise::Unit, SIZE.channels)))
}

fn store(root: &Path, budget: usize) -> PixelStore {
    let data = Arc::new(open(root).unwrap());
    let indices: Vec<usize> = (0..data.len()).rev().collect();
    let stored = Stored::plain(SIZE, &Preprocess::default());
    let room = Room::memory(budget);
    PixelStore::load(&data, &indices, &stored, &room, &Progress::default()).unwrap()
}

#[test]
fn images_beyond_the_memory_budget_are_the_same() {
    let root = many(&[("a", 7), ("b", 6)]);
    let [all, some, none] =
        [1 << 20, 5 * SIZE.elements() + 3, 0].map(|budget| store(root.path(), budget));
    assert_eq!([all.kept(), some.kept(), none.kept()], [13, 5, 0]);
    let positions = [12, 0, 4, 5, 5, 7];
    let [mut first, mut second, mut third] = [Vec::new(), Vec::new(), vec![9; 3]];
    all.copy_into(&positions, &mut first).unwrap();
    some.copy_into(&positions, &mut second).unwrap();
    none.copy_into(&positions, &mut third).unwrap();
    assert_eq!(first, second);
    assert_eq!(first, third);
    assert_eq!(all.index(12), 0);
    assert_eq!(all.label(0), 1);
    let straight = pixels(&all.data().read(0).unwrap(), SIZE);
    assert_eq!(first[..SIZE.elements()], straight);
    assert!(matches!(
        all.copy_into(&[13], &mut first),
        Err(DatasetError::NoSuchImage(13))
    ));
}

#[test]
fn batches_come_in_order_whatever_the_number_of_threads() {
    let root = many(&[("a", 7), ("b", 6)]);
    let order = shuffled(13, 5, 0);
    let batches = |threads: usize, budget: usize| -> Vec<Batch> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let store = Arc::new(store(root.path(), budget));
            Loader::start(store, order.clone(), 4, plain())
                .map(Result::unwrap)
                .collect()
        })
    };
    let reference = batches(1, 1 << 20);
    assert_eq!(
        reference
            .iter()
            .map(|batch| batch.labels.len())
            .collect::<Vec<_>>(),
        [4, 4, 4, 1]
    );
    let positions: Vec<usize> = reference
        .iter()
        .flat_map(|batch| batch.positions.clone())
        .collect();
    assert_eq!(positions, order);
    assert!(
        reference
            .iter()
            .flat_map(|batch| batch.pixels.numbers())
            .all(|value| (0.0..=1.0).contains(value))
    );
    for threads in [2, 5] {
        assert_eq!(batches(threads, 1 << 20), reference);
        assert_eq!(batches(threads, 0), reference);
    }
}

#[test]
fn an_unfinished_loader_ends_when_it_is_dropped() {
    let store = Arc::new(store(many(&[("a", 7), ("b", 6)]).path(), 1 << 20));
    let mut loader = Loader::start(Arc::clone(&store), shuffled(13, 1, 1), 1, plain());
    assert!(loader.next().is_some());
    drop(loader);
    assert_eq!(Arc::strong_count(&store), 1);
}

#[test]
fn a_folder_that_vanishes_while_training_is_named() {
    let root = many(&[("a", 7), ("b", 6)]);
    let path: PathBuf = root.path().to_path_buf();
    let store = Arc::new(store(&path, 0));
    fs::remove_file(path.join("a/003.png")).unwrap();
    let failures = |order: Vec<usize>| -> Vec<String> {
        Loader::start(Arc::clone(&store), order, 4, plain())
            .filter_map(Result::err)
            .map(|error| error.to_string())
            .collect()
    };
    let lost = failures((0..13).collect());
    assert_eq!(lost.len(), 1);
    assert!(
        lost[0].contains("003.png: the file is no longer there"),
        "{}",
        lost[0]
    );
    drop(root);
    let gone = failures((0..13).collect());
    assert_eq!(
        gone,
        [format!(
            "the folder {} is no longer there: connect its drive or put it back, then start again",
            path.display()
        )]
    );
}
