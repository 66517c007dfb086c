//! MNIST's IDX files and CIFAR's batches: any size, plain or gzip, cut short or lying.

use std::path::Path;

use mapsto::dataset::{DatasetError, Layout, Set};

use crate::made::{Made, chosen, folder, gzip, open, open_as, problem, readable, told, with};

/// An IDX file of bytes.
fn idx(dimensions: &[u32], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(content);
    bytes
}

fn counting(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at % 251) as u8).collect()
}

/// Four pictures of 3 rows and 5 columns for training, two for testing.
fn mnist() -> Vec<Made> {
    let files = with(
        Vec::new(),
        "train-images-idx3-ubyte",
        idx(&[4, 3, 5], &counting(60)),
    );
    let files = with(files, "train-labels-idx1-ubyte", idx(&[4], &[7, 0, 7, 3]));
    let files = with(
        files,
        "t10k-images-idx3-ubyte",
        idx(&[2, 3, 5], &counting(30)),
    );
    with(files, "t10k-labels-idx1-ubyte", idx(&[2], &[3, 0]))
}

const MNIST: [&str; 6] = [
    "t10k/00000 3 test",
    "t10k/00001 0 test",
    "train/00000 7 train",
    "train/00001 0 train",
    "train/00002 7 train",
    "train/00003 3 train",
];

#[test]
fn mnist_opens_plain_or_packed_from_its_folder_or_one_of_its_files() {
    let packed: Vec<Made> = mnist()
        .into_iter()
        .map(|(name, content)| (format!("raw/{name}.gz"), gzip(&content)))
        .collect();
    let mut both = mnist();
    both.extend(
        packed
            .iter()
            .map(|(name, content)| (name.replace("raw/", ""), content.clone())),
    );
    for files in [mnist(), packed, both] {
        let root = folder(&files);
        let one = root.path().join(&files[0].0);
        for path in [root.path(), &one] {
            let data = open(path).unwrap();
            assert_eq!(told(&data), MNIST);
            assert!(data.problems.is_empty(), "{:?}", data.problems);
            assert_eq!(chosen(&data), &Layout::Idx);
            assert_eq!((data.layouts[0].classes, data.layouts[0].images), (3, 6));
            assert_eq!(data.usual_size(), [3, 5, 1]);
            assert_eq!(data.path(0), None);
            readable(&data);
            let second = data.read(3).unwrap().to_luma8();
            assert_eq!(second.dimensions(), (5, 3));
            assert_eq!(second.into_raw(), counting(30)[15..]);
        }
    }
}

#[test]
fn colour_idx_is_read_with_channels_first_or_last() {
    for (dimensions, second) in [([2, 2, 4, 3], [3, 4, 5]), ([2, 3, 2, 4], [1, 9, 17])] {
        let files = with(Vec::new(), "images.idx", idx(&dimensions, &counting(48)));
        let root = folder(&with(files, "labels.idx", idx(&[2], &[0, 1])));
        let data = open(root.path()).unwrap();
        assert_eq!(told(&data), ["images/00000 0", "images/00001 1"]);
        let image = data.read(0).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (4, 2));
        assert_eq!(image.get_pixel(1, 0).0, second);
    }
}

#[test]
fn lying_and_broken_idx_files_are_told_and_take_no_memory() {
    let label = || with(Vec::new(), "labels-idx1-ubyte", idx(&[3], &[0, 1, 0]));
    let root = folder(&with(
        label(),
        "images-idx3-ubyte",
        idx(&[u32::MAX, 2, 2], &counting(8)),
    ));
    let data = open(root.path()).unwrap();
    assert_eq!(data.len(), 2);
    assert_eq!(
        problem(&data, "images-idx3-ubyte"),
        "states 4294967295 pictures and holds 2: it is cut short; copy it again"
    );
    assert_eq!(
        data.notices,
        ["images: 2 images and 3 labels: the first 2 are used"]
    );
    for (content, words) in [
        (
            idx(&[3, u32::MAX, u32::MAX], &counting(9)),
            "which cannot be",
        ),
        (idx(&[3, 0, 4], &[]), "which cannot be"),
        (
            idx(&[3, 2, 2, 5], &counting(60)),
            "neither 1 nor 3 channels",
        ),
        (idx(&[3, 4], &counting(12)), "has 2 dimensions"),
        (vec![0, 0, 13, 3, 0, 0], "other numbers than unsigned bytes"),
        (vec![0, 0, 8, 3, 0, 0], "cut short"),
        (b"hello".to_vec(), "is no IDX file"),
        (Vec::new(), "is no IDX file"),
    ] {
        let root = folder(&with(label(), "images-idx3-ubyte", content));
        let message = open(root.path()).unwrap_err().to_string();
        assert!(message.contains(words), "{words}: {message}");
    }
    let root = folder(&with(
        label(),
        "images-idx3-ubyte.gz",
        &gzip(&idx(&[3, 2, 2], &counting(12)))[..20],
    ));
    let message = open(root.path()).unwrap_err().to_string();
    assert!(message.contains("images-idx3-ubyte.gz"), "{message}");
}

/// A batch of CIFAR with these labels, each picture filled by red, green and blue of its number.
fn batch(labels: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, label) in labels.iter().enumerate() {
        bytes.extend(*label);
        for channel in 0..3 {
            bytes.extend([(10 * number + channel) as u8; 1024]);
        }
    }
    bytes
}

const TEN: &str = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

fn check_colours(path: &Path) {
    let data = open(path).unwrap();
    let at = data.index_of("data_batch_1/00001").unwrap();
    let image = data.read(at).unwrap().to_rgb8();
    assert_eq!(image.dimensions(), (32, 32));
    assert!(image.pixels().all(|pixel| pixel.0 == [10, 11, 12]));
}

#[test]
fn cifar_10_opens_with_its_names_and_sets() {
    let files = with(Vec::new(), "data_batch_1.bin", batch(&[&[3], &[9]]));
    let files = with(files, "data_batch_2.bin", batch(&[&[3]]));
    let files = with(files, "readme.html", "<html>");
    let files = with(files, "test_batch.bin", batch(&[&[9]]));
    let root = folder(&with(files, "batches.meta.txt", TEN));
    for path in [
        root.path().to_path_buf(),
        root.path().join("data_batch_1.bin"),
    ] {
        let data = open(&path).unwrap();
        assert_eq!(
            told(&data),
            [
                "data_batch_1/00000 cat train",
                "data_batch_1/00001 truck train",
                "data_batch_2/00000 cat train",
                "test_batch/00000 truck test"
            ]
        );
        readable(&data);
        check_colours(&path);
    }
}

#[test]
fn cifar_100_has_fine_and_coarse_classes() {
    let names = |count: usize, word: &str| -> String {
        (0..count).map(|at| format!("{word}{at:02}\n")).collect()
    };
    let files = with(Vec::new(), "train.bin", batch(&[&[1, 99], &[0, 5]]));
    let files = with(files, "test.bin", batch(&[&[1, 5]]));
    let files = with(files, "fine_label_names.txt", names(100, "fine"));
    let root = folder(&with(files, "coarse_label_names.txt", names(20, "coarse")));
    let data = open(root.path()).unwrap();
    assert_eq!(
        told(&data),
        [
            "test/00000 fine05 test",
            "train/00000 fine99 train",
            "train/00001 fine05 train"
        ]
    );
    let data = open_as(root.path(), Layout::Cifar { coarse: true }).unwrap();
    assert_eq!(data.classes, ["coarse00", "coarse01"]);
    assert_eq!(data.images[0].given, Some(Set::Test));
    assert_eq!(data.layouts.len(), 2);
}

#[test]
fn broken_batches_are_told() {
    let mut cut = batch(&[&[0], &[1], &[44]]);
    cut.extend([1, 2, 3]);
    let root = folder(&with(Vec::new(), "data_batch_1.bin", cut));
    let data = open(root.path()).unwrap();
    assert_eq!(
        told(&data),
        ["data_batch_1/00000 0", "data_batch_1/00001 1"]
    );
    let problems: Vec<&str> = data
        .problems
        .iter()
        .map(|problem| problem.reason.as_str())
        .collect();
    assert_eq!(
        problems,
        [
            "is cut short in its last picture (3 of 3073 bytes): copy it again",
            "1 picture with a label above 9 left out: is it really a batch of CIFAR-10?"
        ]
    );
    let root = folder(&with(Vec::new(), "data_batch_1", b"\x80\x02}q\0"));
    let error = open(root.path()).unwrap_err();
    assert!(matches!(error, DatasetError::NoClasses { .. }));
    assert!(
        error.to_string().contains("get the binary version"),
        "{error}"
    );
}
