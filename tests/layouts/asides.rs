//! What lies beside the images is told and is no loss; tables as tools write them are read, or it is told why not.

use mapsto::dataset::{Dataset, Health, HealthContext, Severity, health};
use rawzip::CompressionMethod;

use crate::made::{Made, folder, open, pictures, problem, told, with, zip};

fn four() -> Vec<Made> {
    pictures(&["a/1.png", "a/2.png", "b/1.png", "b/2.png"])
}

fn report(data: &Dataset) -> Health {
    health(data, None, &HealthContext::default())
}

#[test]
fn documents_are_no_loss() {
    let plain = report(&open(folder(&four()).path()).unwrap()).score;
    let mut files = four();
    for name in [
        "README.md",
        "LICENSE",
        "classes.txt",
        "train.py",
        "a/1.xml",
        "a/1.png.json",
        "b/clip.mp4",
    ] {
        files = with(files, name, "words");
    }
    let data = open(folder(&files).path()).unwrap();
    assert_eq!(problem(&data, "a/1.xml"), "a document, no image");
    let report = report(&data);
    assert_eq!(report.score, plain);
    assert!(report.notes.iter().all(|note| !note.contains("left out")));
    let told = report
        .findings
        .iter()
        .find(|it| it.title.contains("beside the images"));
    let told = told.unwrap();
    assert_eq!((told.severity, told.files.len()), (Severity::Told, 7));
}

#[test]
fn a_lost_picture_is_still_a_loss() {
    let files = with(four(), "a/broken.png", "no picture");
    let report = report(&open(folder(&files).path()).unwrap());
    let lost = report
        .findings
        .iter()
        .find(|it| it.title.contains("left out"))
        .unwrap();
    assert_eq!(lost.severity, Severity::Severe);
}

#[test]
fn a_column_for_each_class_is_read() {
    let files = pictures(&["all/1.png", "all/2.png", "all/3.png"]);
    let files = with(
        files,
        "labels.csv",
        "file, cat, dog\n1.png, 1, 0\n2.png, 0.0, 1.0\n3.png, 1, 0\n",
    );
    let data = open(folder(&files).path()).unwrap();
    assert_eq!(
        told(&data),
        ["all/1.png cat", "all/2.png dog", "all/3.png cat"]
    );

    let files = pictures(&["train/1.png", "train/2.png", "valid/3.png", "valid/4.png"]);
    let files = with(
        files,
        "train/_classes.csv",
        "filename, cat, dog\n1.png, 1, 0\n2.png, 0, 1\n",
    );
    let files = with(
        files,
        "valid/_classes.csv",
        "filename, cat, dog\n3.png, 1, 0\n4.png, 0, 1\n",
    );
    let data = open(folder(&files).path()).unwrap();
    let wanted = [
        "train/1.png cat train",
        "train/2.png dog train",
        "valid/3.png cat validation",
        "valid/4.png dog validation",
    ];
    assert_eq!(told(&data), wanted);
}

#[test]
fn lines_before_the_header_are_no_rows() {
    for before in ["# made by hand, in May\n", "sep=;\r\n", "# a\n# b\n", "#"] {
        let files = pictures(&["all/1.png", "all/2.png"]);
        let table = format!("{before}file;label\n1.png;cat\n2.png;dog\n3.png;dog\n");
        let data = open(folder(&with(files, "t.csv", table)).path()).unwrap();
        assert_eq!(told(&data), ["all/1.png cat", "all/2.png dog"], "{before}");
        let line = 4 + before.matches('\n').count();
        assert!(
            problem(&data, "3.png").contains(&format!("line {line}")),
            "{before}"
        );
        assert_eq!(data.problems.len(), 1);
    }
}

#[test]
fn a_table_that_cannot_be_used_is_told() {
    for (content, reason) in [
        (
            "file,score\na/1.png,0.5\na/2.png,0.25\n",
            "no column that could be the class",
        ),
        ("words and nothing else\n", "has one column"),
        ("file,label\n1.png,\0\n", "is no text"),
    ] {
        let data = open(folder(&with(four(), "labels.csv", content)).path()).unwrap();
        let told = data
            .notices
            .iter()
            .any(|it| it.contains("labels.csv is not used") && it.contains(reason));
        assert!(told, "{reason}: {:?}", data.notices);
    }
    let long = format!("file,label\n1.png,{}\n", "x".repeat(1 << 20));
    let data = open(folder(&with(four(), "labels.csv", long)).path()).unwrap();
    assert!(
        data.notices[0].contains("256 KiB in line 2"),
        "{:?}",
        data.notices
    );
    assert!(!data.notices[0].contains("quote"), "{:?}", data.notices);
}

#[test]
fn the_refusal_of_one_class_tells_of_the_table() {
    for (name, reason) in [
        ("labels.csv", "has one column"),
        ("labels.xlsx", "save it as CSV"),
    ] {
        let files = with(
            pictures(&["all/1.png", "all/2.png"]),
            name,
            "words and nothing else\n",
        );
        let words = open(folder(&files).path()).unwrap_err().to_string();
        assert!(
            words.contains("one class only") && words.contains(reason),
            "{words}"
        );
    }
}

#[test]
fn one_name_that_is_there_twice_does_not_discard_a_table() {
    let names: Vec<String> = (0..10)
        .map(|number| format!("images/{number}.png"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let files = pictures(&[&names[..], &["other/0.png"]].concat());
    let rows = |number: usize| format!("{number}.png,{}\n", ["cat", "dog"][number % 2]);
    let table: String = (0..10).map(rows).collect();
    let data = open(folder(&with(files, "labels.csv", format!("file,label\n{table}"))).path());
    let data = data.unwrap();
    assert_eq!((data.classes.len(), data.len()), (2, 9));
    assert!(problem(&data, "0.png").contains("2 files could be meant"));
}

#[test]
fn what_looks_like_one_class_and_is_two_is_told() {
    let names = [
        "Cat/1.png",
        "cat/1.png",
        "caf\u{e9}/1.png",
        "cafe\u{301}/1.png",
        "dog/1.png",
    ];
    let data = open(folder(&pictures(&names)).path()).unwrap();
    let has = |words: &str| data.notices.iter().any(|notice| notice.contains(words));
    assert!(has("“Cat” and “cat” differ in upper and lower case only"));
    assert!(has("may look the same"), "{:?}", data.notices);
}

#[test]
fn leftovers_are_no_data_and_hidden_pictures_are_counted() {
    let mut files = four();
    for name in [
        "a/@eaDir/1.png",
        "a/3.png~",
        "a/4.png.bak",
        "a/5.png.part",
        "a/.6.png",
        "a/._1.png",
    ] {
        files = with(files, name, "x");
    }
    let data = open(folder(&files).path()).unwrap();
    assert!(data.problems.is_empty(), "{:?}", data.problems);
    assert_eq!(data.len(), 4);
    assert!(
        data.notices[0].starts_with("4 hidden pictures"),
        "{:?}",
        data.notices
    );
}

#[test]
fn old_archives_name_their_files_in_code_page_437() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("old.zip");
    let files = pictures(&["frXg/1.png", "dog/1.png"]);
    zip(&path, &files, CompressionMethod::STORE);
    let mut bytes = std::fs::read(&path).unwrap();
    for at in 0..bytes.len() - 4 {
        if &bytes[at..at + 4] == b"frXg" {
            bytes[at + 2] = 0x94;
        }
    }
    std::fs::write(&path, bytes).unwrap();
    let data = open(&path).unwrap();
    assert_eq!(data.classes, ["dog", "frög"]);
    assert!(data.read(1).is_ok());
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_no_text_meet_no_others() {
    use std::os::unix::ffi::OsStrExt;
    let files = with(four(), r"a/latin\xE9.png", pictures(&["x"])[0].1.clone());
    let root = folder(&files);
    let name = std::ffi::OsStr::from_bytes(b"a/latin\xE9.png");
    std::fs::write(root.path().join(name), &pictures(&["x", "y"])[1].1).unwrap();
    let data = open(root.path()).unwrap();
    assert_eq!(data.len(), 6);
    for index in 0..6 {
        data.read(index).unwrap();
    }
}

#[test]
fn a_folder_with_nothing_but_an_archive_says_to_open_it() {
    let root = folder(&with(Vec::new(), "data.zip", "PK"));
    let words = open(root.path()).unwrap_err().to_string();
    assert!(
        words.contains("“data.zip” is an archive: open it"),
        "{words}"
    );
}
