//! Tables and lists: what programs write and people type, quotes, separators, encodings, and what does not fit.

use std::path::Path;

use mapsto::dataset::{DatasetError, Layout};

use crate::made::{chosen, folder, open, open_as, pictures, problem, readable, told, with};

fn shoes() -> Vec<(String, Vec<u8>)> {
    pictures(&[
        "images/1.png",
        "images/2.png",
        "images/3.png",
        "images/4.png",
    ])
}

const EXPECTED: [&str; 4] = [
    "images/1.png boot",
    "images/2.png shoe",
    "images/3.png boot",
    "images/4.png shoe",
];

#[test]
fn a_table_of_labels_is_found_whatever_its_separator_quotes_and_encoding() {
    let utf16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let plain =
        "file,label\nimages/1.png,boot\nimages/2.png,shoe\nimages/3.png,boot\nimages/4.png,shoe\n";
    let tables: [(&str, Vec<u8>); 9] = [
        ("labels.csv", plain.into()),
        ("labels.csv", plain.replace(',', ";").replace('\n', "\r\n").into()),
        ("labels.tsv", plain.replace(',', "\t").into()),
        ("labels.csv", format!("\u{FEFF}{plain}").into()),
        ("labels.csv", utf16(plain)),
        ("labels.csv", utf16(plain)[2..].to_vec()),
        // Quoted, with a comma and a line end inside a field; without folder, without ending; a column in between.
        (
            "labels.csv",
            "\"Image ID\",note,\"Class\"\n\"1\",\"a, b\",boot\n2,\"c\nd\",shoe\n3,,boot\n4,\"\"\"\",shoe\n".into(),
        ),
        // No header, and backslashes.
        (
            "labels.csv",
            "images\\1.png,boot\nimages\\2.png,shoe\nimages\\3.png,boot\n.\\images\\4.png,shoe\n".into(),
        ),
        // Somebody else's absolute paths, and columns of no telling name.
        (
            "meta.csv",
            "n,a,b,c\n1,C:\\data\\images\\1.png,boot,3.5\n2,C:\\data\\images\\2.png,shoe,1.5\n3,C:\\data\\images\\3.png,boot,2.5\n4,/x/images/4.png,shoe,9.5\n".into(),
        ),
    ];
    for (name, content) in tables {
        let root = folder(&with(shoes(), name, &content));
        let data = open(root.path()).unwrap();
        assert_eq!(
            told(&data),
            EXPECTED,
            "{}",
            String::from_utf8_lossy(&content)
        );
        assert!(data.problems.is_empty(), "{:?}", data.problems);
        assert!(matches!(chosen(&data), Layout::Table { .. }));
        readable(&data);
    }
}

#[test]
fn a_table_of_the_west_is_read_as_latin_1_and_told() {
    let table = b"file,label\n1.png,M\xFCnchen\n2.png,K\xF6ln\n";
    let root = folder(&with(pictures(&["1.png", "2.png"]), "a.csv", table));
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["Köln", "München"]);
    assert_eq!(
        data.notices,
        [
            "a.csv is no UTF-8: it is read as Latin-1 (Windows-1252); look at the names of the classes"
        ]
    );
}

#[test]
fn a_column_or_the_tables_names_say_the_sets() {
    let table = "path,split,label\n1.png,train,a\n2.png,train,b\n3.png,val,a\n4.png,test,b\n5.png,spare,b\n";
    let files = pictures(&["1.png", "2.png", "3.png", "4.png", "5.png"]);
    let root = folder(&with(
        files.clone(),
        "x.csv",
        table.replace("5.png,spare,b\n", ""),
    ));
    let sets = [
        "1.png a train",
        "2.png b train",
        "3.png a validation",
        "4.png b test",
    ];
    assert_eq!(told(&open(root.path()).unwrap()), sets);

    let layout = Layout::Table {
        file: "x.csv".into(),
        image: "path".into(),
        class: "label".into(),
        set: Some("split".into()),
    };
    let root = folder(&with(files.clone(), "x.csv", table));
    let data = open_as(root.path(), layout).unwrap();
    assert_eq!(told(&data), sets);
    assert!(
        problem(&data, "5.png").contains("no line for it")
            || problem(&data, "5.png").contains("“spare”")
    );

    let files = with(files, "train.csv", "path,label\n1.png,a\n2.png,b\n");
    let files = with(files, "val.csv", "path,label\n3.png,a\n");
    let root = folder(&with(files, "test.csv", "path,label\n4.png,b\n5.png,b\n"));
    let mut sets = sets.map(str::to_owned).to_vec();
    sets.push("5.png b test".into());
    assert_eq!(told(&open(root.path()).unwrap()), sets);
}

#[test]
fn competition_folders_with_train_and_test_use_the_table_and_not_the_folders() {
    let files = pictures(&[
        "train/1.png",
        "train/2.png",
        "train/3.png",
        "test/1.png",
        "test/9.png",
    ]);
    let files = with(files, "train.csv", "id,species\n1,oak\n2,elm\n3,oak\n");
    let root = folder(&with(
        files,
        "sample_submission.csv",
        "id,species\n9,oak\n1,oak\n",
    ));
    let data = open(root.path()).unwrap();
    assert_eq!(
        told(&data),
        ["train/1.png oak", "train/2.png elm", "train/3.png oak"]
    );
    // Nobody has labelled them: no loss, but told.
    assert!(data.problems.is_empty(), "{:?}", data.problems);
    assert!(data.notices[0].starts_with("test/: train.csv has no line for its 2 images"));
    assert!(
        data.layouts
            .iter()
            .any(|choice| choice.layout == Layout::Folders { level: 1 })
    );
}

#[test]
fn class_folders_stay_the_classes_where_a_table_lies_beside_them() {
    let files = pictures(&["cats/1.png", "dogs/2.png"]);
    let root = folder(&with(
        files,
        "meta.csv",
        "file,label\ncats/1.png,x\ndogs/2.png,y\n",
    ));
    let data = open(root.path()).unwrap();
    assert_eq!(data.classes, ["cats", "dogs"]);
    let table = data.layouts.iter().find(|choice| !choice.chosen).unwrap();
    assert_eq!(
        table.title,
        "meta.csv: the column “label” is the class: x, y"
    );
    assert_eq!(
        open_as(root.path(), table.layout.clone()).unwrap().classes,
        ["x", "y"]
    );
}

#[test]
fn rows_and_files_that_do_not_meet_are_told() {
    let files = pictures(&[
        "a/1.png", "a/2.png", "a/3.png", "b/3.png", "b/4.png", "b/5.png", "b/6.png",
    ]);
    let table = "file,label\na/1.png,x\na/2.png,y\n3.png,x\ngone.png,x\nb/4.png,\nb/5.png,x\nb/5.png,y\na/1.png,x\n../../etc/passwd,x\n,y\n";
    let root = folder(&with(files, "t.csv", table));
    let layout = Layout::Table {
        file: "t.csv".into(),
        image: "file".into(),
        class: "label".into(),
        set: None,
    };
    let data = open_as(root.path(), layout).unwrap();
    assert_eq!(told(&data), ["a/1.png x", "a/2.png y"]);
    let says = |file: &str, words: &str| {
        let reason = problem(&data, file);
        assert!(reason.contains(words), "{file}: {reason}");
    };
    says("3.png", "line 4), and 2 files could be meant");
    says(
        "gone.png",
        "named in t.csv (line 5), but there is no such file",
    );
    says("b/4.png", "gives it no class");
    says("b/5.png", "two classes, “x” in line 7 and “y” in line 8");
    says("../../etc/passwd", "but it lies outside");
    says("b/6.png", "no line for it");
    assert_eq!(
        data.notices,
        ["t.csv names 1 file once more with the same class: each counts once"]
    );
}

#[test]
fn a_list_of_paths_gives_classes_behind_them_or_by_folder() {
    let files = pictures(&["a b/1.png", "a b/2.png", "c/3.png", "c/4.png"]);
    let list = "# made by hand\na b/1.png x\n\n\"a b/2.png\"\ty\nc/3.png, x\nc/4.png;y\n";
    let root = folder(&with(files.clone(), "list.txt", list));
    let layout = Layout::List {
        file: "list.txt".into(),
    };
    let data = open_as(root.path(), layout.clone()).unwrap();
    assert_eq!(
        told(&data),
        ["a b/1.png x", "a b/2.png y", "c/3.png x", "c/4.png y"]
    );

    let root = folder(&with(
        files.clone(),
        "list.txt",
        "a b/1.png\nc/3.png\nc/gone.png\n",
    ));
    let data = open_as(root.path(), layout).unwrap();
    assert_eq!(told(&data), ["a b/1.png a b", "c/3.png c"]);
    assert!(problem(&data, "c/gone.png").contains("there is no such file"));

    let files = with(files, "train.txt", "a b/1.png 0\nc/3.png 1\n");
    let root = folder(&with(files, "val.txt", "a b/2.png 0\nc/4.png 1\n"));
    let data = open_as(
        root.path(),
        Layout::List {
            file: "train.txt".into(),
        },
    )
    .unwrap();
    assert_eq!(
        told(&data),
        [
            "a b/1.png 0 train",
            "a b/2.png 0 validation",
            "c/3.png 1 train",
            "c/4.png 1 validation"
        ]
    );
}

#[test]
fn an_opened_table_or_list_may_name_files_elsewhere_and_one_in_the_folder_may_not() {
    let elsewhere = folder(&pictures(&["far away.png"]));
    let far = elsewhere.path().join("far away.png").display().to_string();
    for (name, content) in [
        ("list.txt", format!("near/1.png x\n{far} y\n")),
        ("table.csv", format!("file,label\nnear/1.png,x\n{far},y\n")),
    ] {
        let root = folder(&with(
            pictures(&["near/1.png", "near/2.png"]),
            name,
            content,
        ));
        let data = open(&root.path().join(name)).unwrap();
        assert_eq!(told(&data), [format!("{far} y"), "near/1.png x".to_owned()]);
        readable(&data);
        assert_eq!(data.path(0).as_deref(), Some(Path::new(&far)));
        let error = open(root.path()).unwrap_err().to_string();
        assert!(error.contains("one class only"), "{error}");
    }
}

#[test]
fn hostile_tables_are_told_and_never_taken() {
    let open_table = |content: &[u8]| {
        let root = folder(&with(pictures(&["1.png", "2.png"]), "t.csv", content));
        (
            open(root.path())
                .map(|data| told(&data))
                .unwrap_err()
                .to_string(),
            open(&root.path().join("t.csv")).unwrap_err(),
        )
    };
    let endless = format!("file,label\n1.png,\"{}\n2.png,b\n", "x,".repeat(300_000));
    let wide = format!("{}\n", "a,".repeat(5000));
    for (content, words) in [
        (b"".as_slice(), "is empty"),
        (
            b"file,label\nno.png,a\nnone.png,b\n",
            "names no file that is here",
        ),
        (b"1.png\n2.png\n", "has one column"),
        (b"file,label\n\0\0\0,\x01\n", "“t.csv” is no text"),
        (
            endless.as_bytes(),
            "a quote in line 2 or later that is not closed",
        ),
        (wide.as_bytes(), "more than 1024 columns"),
        (
            b"file,size\n1.png,1.5\n2.png,2.5\n",
            "no column that could be the class",
        ),
    ] {
        let (message, error) = open_table(content);
        assert!(
            message.contains("“t.csv”") && message.contains(words),
            "{words}: {message}"
        );
        assert!(matches!(error, DatasetError::Layout { .. }), "{error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}
