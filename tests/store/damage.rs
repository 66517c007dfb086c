//! A cache that is cut, overwritten, deleted or refused costs time, never an image.

use std::fs;
use std::io::{Seek, SeekFrom, Write};

use mapsto::dataset::Room;

use crate::made::{Desk, SIZE, bytes};
use crate::support_disk::{TinyDisk, fill};

#[test]
fn a_cache_may_be_damaged_anywhere() {
    let desk = Desk::with(12);
    let expected = bytes(&desk.store(&Room::memory(1 << 20)));
    drop(desk.store(&desk.room(0)));
    let whole = fs::read(desk.cache()).unwrap();
    let length = whole.len();
    // The header, the table, the slots.
    for place in [0, 3, 20, 60, 64, 70, 100, 140, length - 1, length - 3000] {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x5A;
        fs::write(desk.cache(), damaged).unwrap();
        let store = desk.store(&desk.room(0));
        assert_eq!(bytes(&store), expected, "byte {place}");
        drop(store);
    }
    for rest in [0, 1, 63, 64, 1000, length / 2, length - 1] {
        fs::write(desk.cache(), &whole[..rest]).unwrap();
        let store = desk.store(&desk.room(0));
        assert_eq!((store.cached(), store.notice()), (12, None), "{rest} bytes");
        assert_eq!(bytes(&store), expected, "{rest} bytes");
    }
    fs::write(desk.cache(), "a text of the user's own".repeat(1000)).unwrap();
    assert_eq!(bytes(&desk.store(&desk.room(0))), expected);
    fs::remove_dir_all(desk.cache().parent().unwrap()).unwrap();
    assert_eq!(bytes(&desk.store(&desk.room(0))), expected);
}

#[test]
fn a_cache_that_is_overwritten_while_it_is_used_is_mended() {
    let desk = Desk::with(12);
    let expected = bytes(&desk.store(&Room::memory(1 << 20)));
    let store = desk.store(&desk.room(0));
    let length = fs::metadata(desk.cache()).unwrap().len();
    let mut file = fs::OpenOptions::new()
        .write(true)
        .open(desk.cache())
        .unwrap();
    file.seek(SeekFrom::Start(length - 5000)).unwrap();
    file.write_all(&[7; 5000]).unwrap();
    assert_eq!(bytes(&store), expected);
    drop(file);
    // Decoded once: now the files may go.
    fs::remove_dir_all(desk.data()).unwrap();
    assert_eq!(bytes(&store), expected);
}

#[test]
fn a_cache_that_is_deleted_while_it_is_used_is_missed_by_nobody() {
    let desk = Desk::with(12);
    let store = desk.store(&desk.room(0));
    let expected = bytes(&store);
    fs::remove_file(desk.cache()).unwrap();
    assert_eq!(bytes(&store), expected);
    drop(store);
    assert_eq!(bytes(&desk.store(&desk.room(0))), expected);
    assert!(desk.cache().exists());
}

#[test]
fn a_full_disk_is_told_and_gets_its_room_back() {
    let desk = Desk::with(300);
    let expected = bytes(&desk.store(&Room::memory(1 << 20)));
    let folder = desk.cache().parent().unwrap().to_path_buf();
    fs::create_dir_all(&folder).unwrap();
    // Room for the table and for some of 300 images of 576 bytes.
    let Some(disk) = TinyDisk::mount(&folder) else {
        return;
    };
    let store = desk.store(&desk.room(10));
    let notice = store.notice().unwrap().to_owned();
    assert!(notice.contains("pixels.cache"), "{notice}");
    assert!(notice.contains("the disk is full"), "{notice}");
    assert!(notice.contains("Free some space"), "{notice}");
    assert_eq!((store.kept(), store.cached()), (10, 0));
    assert_eq!(bytes(&store), expected);
    // A checkpoint can be saved.
    fs::write(folder.join("weights"), vec![1; 60_000]).unwrap();
    drop(store);
    fill(&folder);
    fs::remove_file(desk.cache()).unwrap();
    fill(&folder);
    assert_eq!(bytes(&desk.store(&desk.room(10))), expected);
    drop(disk);
}

#[test]
fn a_cache_that_cannot_be_made_is_told() {
    let desk = Desk::with(8);
    let expected = bytes(&desk.store(&Room::memory(1 << 20)));
    // A file where the folder should be.
    let folder = desk.cache().parent().unwrap().to_path_buf();
    fs::write(&folder, "mine").unwrap();
    let store = desk.store(&desk.room(2));
    assert!(store.notice().unwrap().contains("cannot be written"));
    assert_eq!((store.kept(), store.cached()), (2, 0));
    assert_eq!(bytes(&store), expected);
    assert_eq!(fs::read_to_string(&folder).unwrap(), "mine");
    assert_eq!(expected.len(), 8 * SIZE.elements());
}
