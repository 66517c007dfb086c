//! A run leaves as a program: each target writes what it promises, and nothing is written over without being asked.

use std::fs;

use serde_json::json;

use super::support::Desk;

/// One run of the small network.
fn trained() -> Desk {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    desk
}

#[test]
fn each_target_writes_a_program_that_names_its_weights_and_classes() {
    let desk = trained();
    let targets = [
        (
            "pytorch",
            "0001-small.py",
            "self.conv2d_1 = nn.Conv2d(1, 4, 3)",
        ),
        ("keras", "own.py", "layers.Conv2D(4, 3"),
        ("burn", "own.rs", "Conv2dConfig::new([1, 4], [3, 3])"),
    ];
    for (target, file, line) in targets {
        // Named after the run unless told otherwise.
        let named = if file == "0001-small.py" { "" } else { file };
        let out = desk.run(&format!("export 1 --to {target} {named} --json"));
        let told = out.succeeded().json();
        assert_eq!(told["file"], file);
        assert_eq!(told["format"], target);
        assert_eq!(told["parameters"], desk.listed(1)["parameters"]);
        assert_eq!(told["classes"], json!(["bright", "dark"]));
        assert_eq!(told["weights"], "runs/0001-small/weights.safetensors");
        let text = fs::read_to_string(desk.path(file)).unwrap();
        for part in [
            line,
            "\"bright\",",
            "\"dark\"",
            "batch_norm_1",
            "weights.safetensors",
        ] {
            assert!(text.contains(part), "no “{part}” in {target}: {text}");
        }
    }
    let told = desk
        .run("export small --to keras other.py")
        .succeeded()
        .stdout;
    assert!(
        told.contains("other.py") && told.contains("for Keras"),
        "{told}"
    );
    assert!(
        told.contains("runs/0001-small/weights.safetensors"),
        "{told}"
    );
}

#[test]
fn nothing_is_written_over_without_being_asked() {
    let desk = trained();
    fs::write(desk.path("mine.py"), "my work").unwrap();
    desk.run("export 1 --to pytorch mine.py")
        .failed(&["mine.py is there already", "--force"]);
    assert_eq!(fs::read_to_string(desk.path("mine.py")).unwrap(), "my work");
    desk.run("export 1 --to pytorch mine.py --force")
        .succeeded();
    assert!(
        fs::read_to_string(desk.path("mine.py"))
            .unwrap()
            .contains("class Model")
    );
    // By its own choice of name neither.
    desk.run("export 1 --to pytorch").succeeded();
    desk.run("export 1 --to pytorch")
        .failed(&["0001-small.py is there already"]);
    for words in ["export 1 --to burn data", "export 1 --to burn data --force"] {
        desk.run(words).failed(&["data is a folder", "name a file"]);
    }
}

#[test]
fn what_cannot_be_exported_or_written_is_told() {
    let desk = trained();
    desk.run("export 7 --to pytorch")
        .failed(&["7", "0001-small"]);
    desk.run("export gone/run --to pytorch --out nowhere")
        .failed(&["gone/run", "nowhere"]);
    desk.run("export missing.mapsto --to pytorch")
        .failed(&["missing.mapsto"]);
    desk.run("export 1 --to pytorch no/such/folder.py")
        .failed(&["no/such/folder.py"]);
    fs::write(desk.path("bad.mapsto"), "format = 1\n[network\n").unwrap();
    desk.run("export bad.mapsto --to keras")
        .failed(&["bad.mapsto", "line 2"]);
    fs::write(desk.path("runs/0001-small/network.toml"), "layers = 3").unwrap();
    desk.run("export 1 --to keras").failed(&["network.toml"]);
    assert!(!desk.path("0001-small.py").exists());
}

/// The program is of use without them: it can train by itself.
#[test]
fn a_run_without_weights_is_exported_without_them() {
    let desk = trained();
    fs::remove_file(desk.path("runs/0001-small/weights.safetensors")).unwrap();
    let out = desk.run("export 1 --to pytorch --json").succeeded();
    assert_eq!(out.json()["weights"], json!(null));
    assert!(desk.path("0001-small.py").exists());
    let told = desk.run("export 1 --to keras other.py").succeeded().stdout;
    assert!(
        told.contains("no weights") && told.contains("train"),
        "{told}"
    );
}

/// A run's head says its name; a name is no way out of the folder.
#[test]
fn the_name_of_a_run_cannot_lead_elsewhere() {
    let desk = trained();
    let head = desk.path("runs/0001-small/run.toml");
    let text = fs::read_to_string(&head).unwrap();
    fs::write(&head, text.replace("\"0001-small\"", "\"../outside\"")).unwrap();
    let told = desk.run("export 1 --to burn --json").succeeded().json();
    let file = told["file"].as_str().unwrap();
    assert!(!file.contains(['/', '\\']), "{file}");
    assert!(desk.path(file).exists());
}

#[test]
fn an_imported_network_keeps_the_dots_of_its_name() {
    let desk = Desk::new();
    fs::copy("tests/fixtures/onnx/plain.onnx", desk.path("net-1.0.onnx")).unwrap();
    let told = desk.run("import net-1.0.onnx --json").succeeded().json();
    assert_eq!(told["project"], "net-1.0.mapsto");
    assert_eq!(told["weights"], "net-1.0.weights.safetensors");
    desk.run("import net-1.0.onnx")
        .failed(&["is there already", "--out"]);
    desk.run("export net-1.0.mapsto --to burn").succeeded();
    let text = fs::read_to_string(desk.path("net-1.0.rs")).unwrap();
    assert!(text.contains("\"class 3\""), "{text}");
    desk.run("import none.onnx")
        .failed(&["none.onnx cannot be read"]);
}
