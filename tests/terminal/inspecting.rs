//! `inspect` says how it read a folder, what is to be known of it and how else it could be read; names cannot command
//! the terminal, and long lists end.

use std::fs;

use super::support::Desk;

#[test]
fn inspect_says_how_it_read_a_folder_and_reads_it_otherwise_when_asked() {
    let desk = Desk::new();
    for (place, grey) in [
        ("2019/cats", 40),
        ("2019/dogs", 200),
        ("2020/cats", 60),
        ("2020/dogs", 180),
    ] {
        desk.class("data", place, 3, grey);
    }
    let told = desk.run("inspect data").succeeded().stdout;
    assert!(
        told.contains("Read as: The folder is the class: 2019, 2020"),
        "{told}"
    );
    assert!(
        told.contains("What fits too: The folder at level 2 is the class: cats, dogs"),
        "{told}"
    );
    let report = desk
        .run("inspect data --class-level 2 --json")
        .succeeded()
        .json();
    assert_eq!(report["classes"]["cats"], 6);
    assert_eq!(report["layout"]["level"], 2);
    assert_eq!(report["layouts"].as_array().unwrap().len(), 2);
    desk.run("inspect data --table none.csv --image a --class b")
        .failed(&["none.csv"]);
}

#[test]
fn the_sets_of_a_folder_and_what_is_to_be_known_are_told() {
    let desk = Desk::new();
    for (place, grey) in [
        ("training_set/a", 40),
        ("training_set/b", 200),
        ("test_set/a", 40),
        ("test_set/b", 200),
    ] {
        desk.class("data", place, 4, grey);
    }
    fs::write(desk.path("data/labels.csv"), "words and nothing else\n").unwrap();
    let told = desk.run("inspect data").succeeded().stdout;
    assert!(
        told.contains("8 for training, 0 for validation, 8 for test"),
        "{told}"
    );
    assert!(told.contains("Note: labels.csv is not used"), "{told}");
    let report = desk.run("inspect data --json").succeeded().json();
    assert_eq!(report["sets"]["test"], 8);
    assert!(
        report["notices"][0]
            .as_str()
            .unwrap()
            .contains("labels.csv")
    );
    let words = "train data --network small.toml --device cpu --epochs 1";
    let told = desk.run(words).succeeded().stdout;
    assert!(told.contains("labels.csv is not used"), "{told}");
}

#[test]
#[cfg(unix)]
fn names_of_files_cannot_command_the_terminal() {
    let desk = Desk::new();
    desk.two_classes("data", 3);
    desk.class("data", "red\u{1b}[31m\u{202e}", 3, 100);
    for words in ["inspect data", "inspect data --json"] {
        let told = desk.run(words).succeeded().stdout;
        assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told:?}");
        assert!(told.contains("red\\u001b[31m\\u202e"), "{told}");
    }
    let report = desk.run("inspect data --json").succeeded().json();
    assert_eq!(report["classes"]["red\u{1b}[31m\u{202e}"], 3);
}

#[test]
fn a_thousand_missing_files_do_not_fill_the_screen() {
    let desk = Desk::new();
    desk.two_classes("data", 3);
    let rows = (0..1200).map(|number| format!("no{number}.png,bright\n"));
    let table: String = rows.collect();
    let table = format!("file,label\ndata/bright/000.png,x\ndata/dark/000.png,y\n{table}");
    fs::write(desk.path("t.csv"), table).unwrap();
    let told = desk.run("inspect t.csv").succeeded().stdout;
    assert!(told.lines().count() < 60, "{}", told.lines().count());
    assert!(told.contains("more (--json has all)"), "{told}");
    let report = desk.run("inspect t.csv --json").succeeded().json();
    assert!(report["problems"].as_array().unwrap().len() > 900);
}

#[test]
fn a_run_is_evaluated_on_one_of_its_classes_and_no_empty_set_is_shown() {
    let desk = Desk::new();
    desk.two_classes("data", 6);
    let words =
        "train data --network small.toml --device cpu --epochs 1 --split validation=0,test=0";
    let told = desk.run(words).succeeded().stdout;
    assert!(!told.contains("validation set"), "{told}");
    desk.class("one", "bright", 5, 200);
    let report = desk.run("evaluate 1 one --json").succeeded().json();
    assert_eq!(report["predictions"].as_array().unwrap().len(), 5);
}

#[test]
fn a_folder_without_a_command_is_told_what_to_do_with_it() {
    let desk = Desk::new();
    desk.two_classes("data", 3);
    let out = desk.run("data");
    assert_eq!(out.code, Some(2), "{out:?}");
    assert!(out.stderr.contains("mapsto inspect data"), "{out:?}");
    assert!(out.stderr.contains("mapsto train data"), "{out:?}");
}
