//! Folders as they should not be: each is refused, or used without its broken files, in words that name it.

use std::fs;

use super::support::{Desk, cut_in_half};

/// What `train` and `inspect` say of a folder that cannot be used.
fn refused(desk: &Desk, folder: &str, words: &[&str]) {
    let out = desk.train(folder, "").failed(words);
    assert_eq!(out.last_event()["event"], "failed");
    assert!(out.last_event()["error"].as_str().unwrap().contains(folder));
    desk.run(&format!("inspect {folder}")).failed(words);
    desk.run(&format!("inspect {folder} --json")).failed(words);
    assert!(!desk.path("runs").exists());
}

#[test]
fn a_folder_that_cannot_be_used_is_refused_with_what_to_do() {
    let desk = Desk::new();
    refused(
        &desk,
        "nowhere",
        &["nowhere does not exist", "check the path"],
    );
    fs::create_dir(desk.path("empty")).unwrap();
    refused(
        &desk,
        "empty",
        &["empty is empty", "folder of images", "each class"],
    );
    refused(
        &desk,
        "small.toml",
        &["small.toml is a file", "choose the folder"],
    );
    desk.class("one", "cats", 5, 100);
    refused(&desk, "one", &["one class only", "“cats”", "two or more"]);
    fs::create_dir(desk.path("loose")).unwrap();
    fs::copy(desk.path("one/cats/000.png"), desk.path("loose/a.png")).unwrap();
    refused(
        &desk,
        "loose",
        &["loose has no class folders", "named after the class"],
    );
    fs::create_dir_all(desk.path("texts/a")).unwrap();
    fs::write(desk.path("texts/a/a.txt"), "a").unwrap();
    refused(
        &desk,
        "texts",
        &["texts holds no image", "a.txt", "PNG, JPEG"],
    );
}

#[test]
fn a_class_with_one_image_trains_and_is_told() {
    let desk = Desk::new();
    desk.class("data", "common", 10, 40);
    desk.class("data", "rare", 1, 200);
    let words = "train data --network small.toml --device cpu --epochs 1";
    let told = desk.run(words).succeeded().stdout;
    assert!(
        told.contains("“rare” has one image: it is used for training only"),
        "{told}"
    );
    desk.run("evaluate 1 --device cpu --json").succeeded();
}

/// A PNG of nothing but a header that tells of 60,000×60,000 pixels.
fn huge_png() -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(60_000_u32.to_be_bytes());
    header.extend(60_000_u32.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    file.extend(&header);
    file.extend(crc.sum().to_be_bytes());
    file.extend([0; 1000]);
    file
}

#[test]
fn broken_files_are_left_out_with_their_reason_and_training_goes_on() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    fs::write(desk.path("data/dark/huge.png"), huge_png()).unwrap();
    fs::write(desk.path("data/dark/text.jpg"), "no picture at all").unwrap();
    fs::write(desk.path("data/dark/empty.png"), "").unwrap();
    cut_in_half(&desk.path("data/dark/009.png"));
    #[cfg(unix)]
    std::os::unix::fs::symlink("/nowhere/at/all.png", desk.path("data/dark/gone.png")).unwrap();
    let report = desk.run("inspect data --json").succeeded().json();
    assert_eq!(report["classes"]["dark"], 9);
    let problems = report["problems"].as_array().unwrap();
    for (file, reason) in [
        ("dark/huge.png", "60000×60000 pixels are too many"),
        ("dark/text.jpg", "not an image"),
        ("dark/empty.png", "empty"),
        ("dark/009.png", "cut short"),
        #[cfg(unix)]
        ("dark/gone.png", ""),
    ] {
        let found = problems.iter().find(|problem| problem["file"] == file);
        let found = found.unwrap_or_else(|| panic!("{file} is not among {problems:?}"));
        assert!(
            found["reason"].as_str().unwrap().contains(reason),
            "{found}"
        );
    }
    desk.train("data", "").succeeded();
    let told = desk
        .run("train data --network small.toml --device cpu --epochs 1")
        .succeeded()
        .stdout;
    assert!(
        told.contains("dark/huge.png") && told.contains("60000×60000"),
        "{told}"
    );
    let words =
        "predict 1 data/dark/huge.png data/dark/009.png data/dark/000.png --device cpu --json";
    let answers = desk.run(words).succeeded().json();
    assert!(
        answers[0]["error"]
            .as_str()
            .unwrap()
            .contains("60000×60000")
    );
    assert!(answers[1]["error"].as_str().unwrap().contains("cut short"));
    assert!(answers[2]["predicted"].is_string());
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_left_out() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.two_classes("data", 10);
    let secret = desk.path("data/dark/000.png");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        eprintln!("SKIPPED: root reads every file, so one without permission was not tested");
        return;
    }
    let report = desk.run("inspect data --json").succeeded().json();
    let problem = &report["problems"][0];
    assert_eq!(problem["file"], "dark/000.png");
    assert!(
        problem["reason"]
            .as_str()
            .unwrap()
            .contains("no permission")
    );
    desk.train("data", "").succeeded();
}

#[test]
fn a_folder_that_vanishes_while_training_costs_the_test_figures_only() {
    let desk = Desk::new();
    desk.two_classes("data", 30);
    let words = "train data --network dropout-mlp --device cpu --epochs 30 --json";
    let mut running = desk.start(words);
    running.wait_for("\"event\":\"epoch\"");
    fs::rename(desk.path("data"), desk.path("gone")).unwrap();
    let out = running.end().succeeded();
    assert_eq!(out.last_event()["event"], "done");
    assert!(
        out.stderr
            .contains("no test figures: the folder data is no longer there"),
        "{}",
        out.stderr
    );
    assert_eq!(desk.listed(1)["state"], "finished");
    desk.run("evaluate 1 gone --device cpu").succeeded();
}

#[test]
fn a_folder_that_vanishes_while_it_is_read_ends_in_words() {
    let desk = Desk::new();
    desk.two_classes("data", 400);
    let running = desk.start("train data --network small.toml --device cpu --epochs 1 --json");
    fs::rename(desk.path("data"), desk.path("gone")).unwrap();
    let out = running.end();
    // It may have been quicker than this test.
    if out.code != Some(0) {
        let error = out.failed(&["data"]).last_event()["error"].clone();
        assert!(error.as_str().unwrap().contains("data"), "{error}");
    }
}

#[test]
fn names_that_are_not_ascii_go_through_everything() {
    let desk = Desk::new();
    desk.class("Bilder für alle", "Äpfel & Birnen", 10, 40);
    desk.class("Bilder für alle", "猫 ねこ", 10, 200);
    let words = [
        "train",
        "Bilder für alle",
        "--network",
        "small.toml",
        "--device",
        "cpu",
        "--epochs",
        "1",
    ];
    let told = desk.run_all(&words).succeeded().stdout;
    assert!(
        told.contains("Äpfel & Birnen") && told.contains("猫 ねこ"),
        "{told}"
    );
    let words = [
        "evaluate",
        "1",
        "Bilder für alle",
        "--device",
        "cpu",
        "--json",
    ];
    let report = desk.run_all(&words).succeeded().json();
    assert_eq!(report["classes"][1], "猫 ねこ");
    let file = report["predictions"][0]["file"].as_str().unwrap();
    desk.run_all(&["predict", "1", file, "--device", "cpu"])
        .succeeded();
}

/// Batches of CIFAR-100: of each picture the coarse label, the fine one and 3,072 bytes.
fn hundred(desk: &Desk) {
    fs::create_dir_all(desk.path("cifar")).unwrap();
    let batch = |count: u8| -> Vec<u8> {
        let record = |number: u8| {
            let fine = number % 4;
            let mut record = vec![fine / 2, fine];
            record.extend((0..3072_u32).map(|at| fine * 60 + (at % 17) as u8 + number));
            record
        };
        (0..count).flat_map(record).collect()
    };
    fs::write(desk.path("cifar/train.bin"), batch(40)).unwrap();
    fs::write(desk.path("cifar/test.bin"), batch(8)).unwrap();
    for (kind, count) in [("fine", 100), ("coarse", 20)] {
        let names: String = (0..count).map(|at| format!("{kind}{at}\n")).collect();
        fs::write(desk.path(&format!("cifar/{kind}_label_names.txt")), names).unwrap();
    }
}

#[test]
fn cifar_100_is_learnt_by_its_fine_or_its_coarse_labels() {
    let desk = Desk::new();
    hundred(&desk);
    let classes = |more: &str| {
        let events = desk.train("cifar", more).succeeded().events();
        let start = events
            .iter()
            .find(|event| event["event"] == "start")
            .unwrap();
        start["classes"].clone()
    };
    let fine = serde_json::json!(["fine0", "fine1", "fine2", "fine3"]);
    let coarse = serde_json::json!(["coarse0", "coarse1"]);
    assert_eq!(classes(""), fine);
    assert_eq!(classes("--labels fine"), fine);
    assert_eq!(classes("--labels coarse --test cifar"), coarse);
    // The run knows how its own images are read; of others it is said.
    let own = desk
        .run("evaluate 3 --device cpu --json")
        .succeeded()
        .json();
    assert_eq!(own["predictions"].as_array().unwrap().len(), 8);
    let other = "evaluate 3 cifar --device cpu --json";
    desk.run(other).failed(&["coarse0, coarse1"]);
    let other = desk
        .run(&format!("{other} --labels coarse"))
        .succeeded()
        .json();
    assert_eq!(other["classes"], coarse);
    desk.two_classes("data", 5);
    desk.train("data", "--labels coarse").failed(&[
        "CIFAR-100 by its coarse labels is not what the files are",
        "What fits",
    ]);
    let wrong = desk.run("evaluate 3 --labels coarse");
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert_eq!(
        desk.train("data", "--labels coarse --class-level 1").code,
        Some(2)
    );
}
