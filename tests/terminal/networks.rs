//! Networks and settings that do not work: the message names the layer or the line, and what to do.

use std::fs;

use super::support::{Desk, SMALL};

fn with_network(desk: &Desk, text: &str) -> super::support::Out {
    fs::write(desk.path("other.toml"), text).unwrap();
    desk.run("train data --network other.toml --device cpu --epochs 2 --json")
}

/// "line 3" for the line that holds `word`.
fn line(text: &str, word: &str) -> String {
    let before = text.lines().take_while(|line| !line.contains(word));
    format!("line {}", before.count() + 1)
}

#[test]
fn a_network_that_does_not_fit_the_images_names_the_layer_and_the_remedy() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    let wide = SMALL.replace("kernel = [3, 3]", "kernel = [9, 9]");
    let words = [
        "9×9 window of conv2d_1",
        "8×8×1",
        "set padding of conv2d_1 to same",
    ];
    with_network(&desk, &wide).failed(&words);
    let maps = SMALL.replace("kind = \"flatten\"", "kind = \"max_pool\"");
    with_network(&desk, &maps).failed(&["dense_1", "flatten"]);
    let many = SMALL.replace("units = 2", "units = 2000000");
    with_network(&desk, &many).failed(&["units of dense_1", "2,000,000"]);
    assert!(!desk.path("runs").exists());
    // As many units as classes is what a name or file is fitted to.
    with_network(&desk, &SMALL.replace("units = 2", "units = 7")).succeeded();
}

#[test]
fn a_network_file_that_cannot_be_read_names_the_file_and_the_line() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    with_network(&desk, "nonsense = [").failed(&["other.toml", "line 1"]);
    with_network(&desk, "").failed(&["other.toml", "[[layers]]"]);
    let unknown = SMALL.replace("kind = \"flatten\"", "kind = \"flatter\"");
    with_network(&desk, &unknown).failed(&["other.toml", &line(&unknown, "flatter"), "flatter"]);
    let setting = SMALL.replace("rate = 0.25", "ratio = 0.25");
    with_network(&desk, &setting).failed(&[
        "other.toml",
        &line(&setting, "ratio"),
        "ratio",
        "rate",
    ]);
    let project = "version = 1\n[recipe]\nepochs = 0\n";
    fs::write(desk.path("bad.mapsto"), project).unwrap();
    desk.run("train data --network bad.mapsto --json")
        .failed(&["bad.mapsto"]);
    desk.run("train data --network data --json")
        .failed(&["data cannot be read", "folder"]);
}

#[test]
fn a_loss_that_becomes_nan_says_to_lower_the_learning_rate() {
    let desk = Desk::new();
    desk.two_classes("data", 40);
    let words = ["NaN", "Lower the learning rate (now 1e30)", "epoch 1"];
    let several_steps = "train data --network plain-mlp --lr 1e30 --epochs 3 --device cpu --json";
    let out = desk.run(several_steps).failed(&words);
    let failed = out.last_event();
    assert_eq!(failed["event"], "failed");
    assert_eq!(failed["run"], "runs/0001-plain-mlp");
    // One step an epoch: only the validation notices.
    let one_step = "train data --network plain-mlp --lr 1e30 --batch 100 --epochs 1 --device cpu";
    desk.run(one_step).failed(&words);
    for number in [1, 2] {
        let run = desk.listed(number);
        assert_eq!(run["state"], "failed");
        assert!(
            run["error"].as_str().unwrap().contains("learning rate"),
            "{run}"
        );
        let evaluate = format!("evaluate {number} --device cpu");
        desk.run(&evaluate).failed(&["no weights", "train again"]);
    }
}

#[test]
fn a_device_that_is_not_there_is_told_with_those_that_are() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.run("train data --network small.toml --device voodoo")
        .failed(&["“voodoo”", "CPU"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_network_that_plainly_exceeds_the_memory_is_refused() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    // 2.1 thousand million weights, and as many gradients and moments: 33 GB.
    let layers = "[[layers]]\nkind = \"input\"\nheight = 8\nwidth = 8\nchannels = 1\n[[layers]]\nkind = \"flatten\"\n\
                  [[layers]]\nkind = \"dense\"\nunits = 46000\n[[layers]]\nkind = \"dense\"\nunits = 46000\n\
                  [[layers]]\nkind = \"dense\"\nunits = 2\n";
    let free = fs::read_to_string("/proc/meminfo").unwrap();
    let line = free
        .lines()
        .find(|line| line.starts_with("MemTotal:"))
        .unwrap();
    let kib: u64 = line
        .trim_matches(|c: char| !c.is_ascii_digit())
        .parse()
        .unwrap();
    if kib > 30 << 20 {
        eprintln!("SKIPPED: this machine has too much memory for the test of too little");
        return;
    }
    with_network(&desk, layers).failed(&["takes about", "GiB", "smaller input"]);
}

#[test]
fn a_batch_that_does_not_fit_a_gpu_is_computed_in_passes_and_that_is_told() {
    let desk = Desk::new();
    desk.two_classes("data", 120);
    // A MiB an image, of 128 MiB that a buffer of Mesa's software adapter has.
    let layers = "[[layers]]\nkind = \"input\"\nheight = 8\nwidth = 8\nchannels = 1\n[[layers]]\nkind = \"upsample\"\n\
                  factor = 64\n[[layers]]\nkind = \"global_average_pool\"\n[[layers]]\nkind = \"dense\"\nunits = 2\n";
    fs::write(desk.path("large.toml"), layers).unwrap();
    let out =
        desk.run("train data --network large.toml --device llvmpipe --epochs 1 --batch 150 --json");
    if out.stderr.contains("no device is called") {
        assert!(
            std::env::var_os("MAPSTO_REQUIRE_GPU").is_none(),
            "there is no software adapter; install mesa-vulkan-drivers"
        );
        return eprintln!("SKIPPED, LOUDLY: this machine has no software GPU adapter");
    }
    let wanted = "A batch of 150 does not fit one buffer of llvmpipe";
    assert!(out.stderr.contains(wanted), "{}", out.stderr);
    let wanted = "computed in 2 passes of 75 images each; the result is that of the whole batch";
    assert!(out.stderr.contains(wanted), "{}", out.stderr);
    let event = out.succeeded().last_event();
    assert_eq!(
        (&event["event"], &event["stopped"]),
        (&"done".into(), &false.into())
    );
}
