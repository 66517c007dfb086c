//! Promise: from a terminal, mapsto does the whole work, tells programs what it lists in `--json`, and says of every
//! bad input what happened, to which file or layer, and what to do. It never panics, and nothing that was saved is lost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "terminal/commands.rs"]
mod commands;
#[path = "terminal/damage.rs"]
mod damage;
#[path = "terminal/disks.rs"]
mod disks;
#[path = "terminal/endings.rs"]
mod endings;
#[path = "terminal/evaluating.rs"]
mod evaluating;
#[path = "terminal/exporting.rs"]
mod exporting;
#[path = "terminal/folders.rs"]
mod folders;
#[path = "terminal/inspecting.rs"]
mod inspecting;
#[path = "terminal/networks.rs"]
mod networks;
#[path = "terminal/pipes.rs"]
mod pipes;
#[path = "terminal/projects.rs"]
mod projects;
#[path = "terminal/recipe.rs"]
mod recipe;
#[path = "terminal/repeat.rs"]
mod repeat;
#[path = "terminal/support.rs"]
mod support;
#[path = "support/disk.rs"]
mod support_disk;

use support::Desk;

#[test]
fn help_and_version_are_no_failures() {
    let desk = Desk::new();
    for words in ["--help", "--version", "train --help", "evaluate --help"] {
        desk.run(words).succeeded();
    }
    let help = desk.run("--help").succeeded().stdout;
    for command in [
        "train", "evaluate", "predict", "inspect", "import", "export", "networks", "runs",
    ] {
        assert!(help.contains(command), "{command} is missing in {help}");
    }
}

#[test]
fn bad_arguments_end_with_status_2_and_say_what_is_wanted() {
    let desk = Desk::new();
    for (words, wanted) in [
        ("train", "<DATA>"),
        ("nonsense", "no command and no project file called nonsense"),
        ("trian digits", "did you mean mapsto train?"),
        ("evalute 1 --json", "did you mean mapsto evaluate?"),
        ("train digits --epochs 0", "1..=100000"),
        ("train digits --batch -5", "1..=65536"),
        ("train digits --lr 0", "a number above 0"),
        ("train digits --lr -1", "a number above 0"),
        ("train digits --lr nan", "a number above 0"),
        (
            "train digits --optimizer sdg",
            "sgd, adam, adamw and rmsprop",
        ),
        ("train digits --loss mse", "mean-squared-error"),
        ("train digits --target-accuracy 95", "from 0 to 1"),
        ("train digits --seed -1", "a whole number from 0"),
        ("train digits --momentum 0.9", "adam has no momentum"),
        (
            "train digits --network resnet",
            "the templates are digits-cnn",
        ),
        ("train digits --frobnicate", "--frobnicate"),
        ("networks resnet", "known are digits-cnn"),
        ("networks --input 28", "28x28x1"),
        ("networks --classes 1", "2..=100000"),
        ("predict 1", "<IMAGES>"),
        ("export 1", "--to <LIBRARY>"),
        ("export 1 --to tensorflow", "pytorch, keras and burn"),
        ("import", "<FILE>"),
    ] {
        let out = desk.run(words);
        assert_eq!(out.code, Some(2), "{words}: {}", out.stderr);
        assert!(out.stderr.contains(wanted), "{words}: {}", out.stderr);
        assert!(!desk.path("runs").exists(), "{words} made a runs folder");
    }
    let out = desk.run_all(&["train", ""]);
    assert_eq!(out.code, Some(2), "{}", out.stderr);
}
