//! What other programs rely on: the `--json` of every command as DESIGN.md lists it, and the exit status.

use std::fs;

use serde_json::{Value, json};

use super::support::Desk;

fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "no {field} in {value}");
    }
}

fn near(value: &Value, wanted: f64) {
    let value = value.as_f64().unwrap();
    assert!((value - wanted).abs() < 1e-6, "{value}, not {wanted}");
}

#[test]
fn train_tells_its_start_each_epoch_and_its_end() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    let events = desk
        .run("train data --network small.toml --device cpu --epochs 3 --json")
        .succeeded()
        .events();
    assert_eq!(events.len(), 5, "{events:?}");
    assert_eq!(events[0]["event"], "start");
    has(&events[0], &["device", "parameters"]);
    assert_eq!(events[0]["parameters"], 338);
    assert_eq!(events[0]["classes"], json!(["bright", "dark"]));
    for (number, epoch) in events[1..4].iter().enumerate() {
        assert_eq!(epoch["event"], "epoch");
        assert_eq!(epoch["epoch"], number + 1);
        for field in [
            "train_loss",
            "train_accuracy",
            "val_loss",
            "val_accuracy",
            "images_per_second",
        ] {
            assert!(epoch[field].is_f64(), "{field} in {epoch}");
        }
    }
    assert_eq!(events[4]["event"], "done");
    let best = events[4]["best_epoch"].as_u64().unwrap();
    assert!((1..=3).contains(&best));
    let run = desk.path(events[4]["run"].as_str().unwrap());
    assert_eq!(run, desk.path("runs/0001-small"));
    for file in [
        "run.toml",
        "recipe.toml",
        "network.toml",
        "steps.csv",
        "weights.safetensors",
    ] {
        assert!(run.join(file).is_file(), "{file}");
    }
}

#[test]
fn every_template_trains_on_a_folder() {
    let desk = Desk::new();
    desk.two_classes("data", 8);
    for name in [
        "digits-cnn",
        "photo-binary",
        "plain-mlp",
        "dropout-mlp",
        "colour-cnn",
    ] {
        let words = format!("train data --network {name} --epochs 1 --device cpu --json");
        let done = desk.run(&words).succeeded().last_event();
        assert_eq!(done["event"], "done", "{name}");
        let run = done["run"].as_str().unwrap();
        assert!(run.ends_with(name), "{run}");
        desk.run(&format!("evaluate {run} --device cpu --json"))
            .succeeded();
    }
    // Three classes: the network for two becomes one unit a class.
    desk.class("data", "middle", 8, 120);
    let words = "train data --network photo-binary --epochs 1 --device cpu --json";
    let classes = desk.run(words).succeeded().events()[0]["classes"].clone();
    assert_eq!(classes, json!(["bright", "dark", "middle"]));
    // As the window and `networks --classes 3` have it.
    let recipe = fs::read_to_string(desk.path("runs/0006-photo-binary/recipe.toml")).unwrap();
    assert!(recipe.contains("loss = \"cross-entropy\""), "{recipe}");
}

#[test]
fn the_arguments_decide_over_the_recipe() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    let more = "--epochs 1 --batch 3 --lr 0.5 --optimizer sgd --momentum 0.5 --seed 7 \
                --loss mean-squared-error";
    let words = format!("train data --network plain-mlp --device cpu --json {more}");
    desk.run(&words).succeeded();
    let recipe = fs::read_to_string(desk.path("runs/0001-plain-mlp/recipe.toml")).unwrap();
    for line in [
        "epochs = 1",
        "batch = 3",
        "learning_rate = 0.5",
        "seed = 7",
        "mean-squared-error",
    ] {
        assert!(recipe.contains(line), "no {line} in {recipe}");
    }
    assert!(
        recipe.contains("sgd") && recipe.contains("momentum = 0.5"),
        "{recipe}"
    );
    // The network of a run comes with its title and its recipe.
    let words = "train data --network runs/0001-plain-mlp/network.toml --device cpu --json";
    let done = desk.run(words).succeeded().last_event();
    assert_eq!(done["run"], "runs/0002-plain-mlp");
    let again = fs::read_to_string(desk.path("runs/0002-plain-mlp/recipe.toml")).unwrap();
    assert_eq!(again, recipe);
}

#[test]
fn a_target_accuracy_ends_a_run_early() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    let words = "train data --network small.toml --device cpu --epochs 500 --lr 0.01 --json \
                 --target-accuracy 0.9";
    let events = desk.run(words).succeeded().events();
    assert!(events.len() < 400, "{} events", events.len());
    let last = &events[events.len() - 2];
    assert!(last["val_accuracy"].as_f64().unwrap() >= 0.9, "{last}");
}

#[test]
fn evaluate_tells_every_figure_and_every_prediction() {
    let desk = Desk::new();
    desk.two_classes("data", 20);
    desk.train("data", "").succeeded();
    let report = desk
        .run("evaluate 1 --device cpu --json")
        .succeeded()
        .json();
    has(&report, &["accuracy", "loss"]);
    assert_eq!(report["classes"], json!(["bright", "dark"]));
    let predictions = report["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), 4, "a tenth of 40 images");
    let mut confusion = [[0; 2]; 2];
    for prediction in predictions {
        let place = |field: &str| usize::from(prediction[field] == "dark");
        confusion[place("label")][place("predicted")] += 1;
        let file = prediction["file"].as_str().unwrap();
        assert!(desk.path(file).is_file(), "{file}");
        let probabilities = prediction["probabilities"].as_array().unwrap();
        let sum: f64 = probabilities.iter().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{sum}");
    }
    assert_eq!(report["confusion"], json!(confusion));
    let right = f64::from(confusion[0][0] + confusion[1][1]);
    near(&report["accuracy"], right / 4.0);
    let per_class = report["per_class"].as_array().unwrap();
    assert_eq!(per_class[1]["class"], "dark");
    has(&per_class[1], &["precision", "recall", "f1"]);
    assert_eq!(per_class[1]["support"], 2);
}

#[test]
fn predict_answers_for_each_picture_and_names_the_unreadable_one() {
    let desk = Desk::new();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    fs::write(desk.path("no picture.png"), "some text").unwrap();
    let pictures = ["data/dark/000.png", "no picture.png", "nowhere.png", "data"];
    let words = ["predict", "1", "--device", "cpu", "--json"];
    let out = desk
        .run_all(&[&words[..], &pictures[..]].concat())
        .succeeded();
    let answers = out.json();
    assert_eq!(answers.as_array().unwrap().len(), 4);
    for (answer, picture) in answers.as_array().unwrap().iter().zip(pictures) {
        assert_eq!(answer["file"], picture);
    }
    let first = &answers[0];
    let predicted = first["predicted"].as_str().unwrap();
    assert_eq!(first["probability"], first["probabilities"][predicted]);
    let sum = first["probabilities"]["bright"].as_f64().unwrap()
        + first["probabilities"]["dark"].as_f64().unwrap();
    assert!((sum - 1.0).abs() < 1e-5);
    for (index, why) in [(1, "not an image"), (2, "no such file"), (3, "is a folder")] {
        let error = answers[index]["error"].as_str().unwrap();
        assert!(
            error.contains(why) && error.matches(pictures[index]).count() == 1,
            "{error}"
        );
    }
    // Not one that can be read: the work failed.
    desk.run("predict 1 nowhere.png --device cpu")
        .failed(&["nowhere.png"]);
}

#[test]
fn inspect_counts_the_classes_and_lists_what_is_left_out() {
    let desk = Desk::new();
    desk.two_classes("data", 3);
    fs::write(desk.path("data/dark/notes.txt"), "hello").unwrap();
    let report = desk.run("inspect data --json").succeeded().json();
    assert_eq!(report["classes"], json!({"bright": 3, "dark": 3}));
    let problems = report["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0]["file"], "dark/notes.txt");
    assert!(
        problems[0]["reason"]
            .as_str()
            .unwrap()
            .contains("a document, no image")
    );
    let told = desk.run("inspect data").succeeded().stdout;
    assert!(told.contains("dark/notes.txt"), "{told}");
    let digits = desk.run("inspect digits --json").succeeded().json();
    assert_eq!(digits["classes"].as_object().unwrap().len(), 10);
}

#[test]
fn networks_tells_shapes_and_parameters_fitted_to_what_is_given() {
    let desk = Desk::new();
    let all = desk.run("networks --json").succeeded().json();
    let counts: Vec<u64> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n["parameters"].as_u64().unwrap())
        .collect();
    let reference = [93_322, 1_625_281, 397_510, 101_770, 42_442];
    assert_eq!(counts[..5], reference);
    assert_eq!(counts.len(), 19);
    let one = desk
        .run("networks colour-cnn --input 64x48x3 --classes 5 --json")
        .succeeded()
        .json();
    let network = &one[0];
    has(network, &["name", "title"]);
    assert_eq!(network["input"], json!([64, 48, 3]));
    let layers = network["layers"].as_array().unwrap();
    assert_eq!(layers[0]["kind"], "conv2d");
    assert_eq!(layers[0]["output"], json!([62, 46, 32]));
    assert_eq!(layers[0]["parameters"], 896);
    assert_eq!(layers.last().unwrap()["output"], json!([5]));
    let sum: u64 = layers
        .iter()
        .map(|layer| layer["parameters"].as_u64().unwrap())
        .sum();
    assert_eq!(network["parameters"], sum);
}

#[test]
fn networks_says_what_it_adapts_and_what_images_are_too_small_for() {
    let desk = Desk::new();
    let words = "networks resnet-18 --input 32x32x3 --classes 10 --json";
    let resnet = &desk.run(words).succeeded().json()[0];
    assert_eq!(resnet["parameters"], 11_173_962);
    assert_eq!(resnet["smallest"], json!([8, 8]));
    assert_eq!(resnet["problems"], json!([]));
    let changes = resnet["changes"].to_string();
    for change in ["first pooling", "3×3 with stride 1", "10 units"] {
        assert!(changes.contains(change), "{changes}");
    }
    let layers = resnet["layers"].as_array().unwrap();
    // A repeated block computes each time.
    let convolutions = layers.iter().filter(|layer| layer["kind"] == "conv2d");
    assert_eq!(convolutions.count(), 20);
    let out = desk.run("networks resnet-18 --input 4x32x3");
    assert_eq!(out.code, Some(2), "{}", out.stderr);
    assert!(out.stderr.contains("8×8 pixels or more"), "{}", out.stderr);
    let listed = desk.run("networks --input 9x9x1").succeeded().stdout;
    assert!(listed.contains("too small"), "{listed}");
    let all = desk.run("networks --input 9x9x1 --json").succeeded().json();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 19);
    let small = |network: &&Value| network["error"].is_string();
    assert_eq!(all.iter().filter(small).count(), 5, "{all:?}");
}

#[test]
fn networks_shows_a_long_network_by_its_blocks() {
    let desk = Desk::new();
    let told = desk.run("networks resnet-18").succeeded().stdout;
    // Each layer is told once, under its block, with the figures of all copies.
    for line in ["Residual × 2 56×56×64 147,968", "conv2d_2 56×56×64 73,728"] {
        let spaced = |it: &str| it.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = told.lines().map(spaced).filter(|it| it == line).count();
        assert_eq!(found, 1, "{line} in {told}");
    }
    assert!(!told.contains("conv2d_2.2"), "{told}");
    let json = desk.run("networks resnet-18 --json").succeeded().json();
    let layers = json[0]["layers"].as_array().unwrap();
    let second = layers.iter().find(|layer| layer["name"] == "conv2d_2.2");
    let second = second.unwrap();
    assert_eq!(
        (&second["block"], &second["copy"]),
        (&json!("Residual"), &json!(2))
    );
    assert_eq!(layers[0]["block"], Value::Null);
}

#[test]
fn runs_lists_what_there_is() {
    let desk = Desk::new();
    assert_eq!(desk.run("runs --json").succeeded().json(), json!([]));
    desk.run("runs").succeeded();
    desk.two_classes("data", 10);
    desk.train("data", "").succeeded();
    desk.train("data", "--out elsewhere").succeeded();
    let run = desk.listed(1);
    assert_eq!(
        (&run["name"], &run["state"]),
        (&json!("0001-small"), &json!("finished"))
    );
    assert_eq!(run["problem"], Value::Null);
    let told = desk.run("runs elsewhere").succeeded().stdout;
    assert!(told.contains("0001-small"), "{told}");
}
