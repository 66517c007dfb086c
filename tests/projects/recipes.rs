//! Recipes: their faults in words, and those of the templates.

use std::fs;

use mapsto::dataset::Amount;
use mapsto::dataset::Augment;
use mapsto::network::{Loss, template};
use mapsto::project::{Optimizer, Recipe, load, unknown_fields};

const BEFORE: &str = "data = \"digits\"\n[recipe]\n";
const NETWORK: &str = "
[network]
[[network.layers]]
kind = \"input\"
height = 8
width = 8
channels = 1
";

/// What a project file with this line in its recipe is refused with.
fn refusal(line: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mapsto");
    fs::write(&path, format!("{BEFORE}{line}\n{NETWORK}")).unwrap();
    match load(&path) {
        Err(error) => error.to_string(),
        Ok(project) => match project.recipe.faults().first() {
            Some(fault) => fault.in_file(&path),
            None => panic!("{line} is taken"),
        },
    }
}

#[test]
fn a_mistake_in_a_file_by_hand_is_told_with_its_line_its_field_and_what_is_possible() {
    for (line, field, words) in MISTAKES {
        let told = refusal(line);
        assert!(told.contains("a.mapsto, line 3"), "{line}: {told}");
        assert!(told.contains(field), "{line}: no {field} in {told}");
        assert!(told.contains(words), "{line}: no “{words}” in {told}");
        for rust in ["u32", "f64", "enum", "struct", "variant", "usize"] {
            assert!(!told.contains(rust), "{line}: {told}");
        }
    }
}

#[rustfmt::skip]
const MISTAKES: [(&str, &str, &str); 46] = [
    ("epochs = 0", "recipe.epochs: ", "1 or more"),
    ("epochs = -3", "recipe.epochs: ", "-3 is not a whole number from 0 up"),
    ("epochs = 1e3", "recipe.epochs: ", "1000.0 is not a whole number"),
    ("epochs = 99999999999", "recipe.epochs: ", "not a whole number"),
    ("epochs = \"ten\"", "recipe.epochs: ", "not a whole number"),
    ("batch = 0", "recipe.batch: ", "from 1 to 65536"),
    ("batch = 100000", "recipe.batch: ", "from 1 to 65536"),
    ("learning_rate = nan", "recipe.learning_rate: ", "above 0, not NaN"),
    ("learning_rate = inf", "recipe.learning_rate: ", "above 0, not inf"),
    ("learning_rate = -0.1", "recipe.learning_rate: ", "above 0, not -0.1"),
    ("learning_rate = \"fast\"", "recipe.learning_rate: ", "is not a number"),
    ("loss = \"mse\"", "recipe.loss: ", "mean-squared-error"),
    ("target_accuracy = 95", "recipe.target_accuracy: ", "from 0 to 1, not 95"),
    ("target_accuracy = nan", "recipe.target_accuracy: ", "from 0 to 1"),
    ("device = \"\"", "recipe.device: ", "auto"),
    ("optimizer = \"adam\"", "recipe.optimizer: ", "a table of settings"),
    ("optimizer = {name=\"sdg\"}", "recipe.optimizer", "`rmsprop`"),
    ("optimizer = {name=\"adam\", beta1=1.0}", "recipe.optimizer.beta1: ", "below 1"),
    ("optimizer = {name=\"adam\", epsilon=0.0}", "recipe.optimizer.epsilon: ", "above 0"),
    ("optimizer = {name=\"sgd\", momentum=-0.5}", "recipe.optimizer.momentum: ", "from 0"),
    ("optimizer = {name=\"sgd\", nesterov=true}", "recipe.optimizer.nesterov: ", "momentum"),
    ("optimizer = {name=\"adamw\", weight_decay=nan}", "recipe.optimizer.weight_decay: ", "0 or more"),
    ("split = {validation=0.6, test=0.6}", "recipe.split.test: ", "together less than 1"),
    ("split = {validation=-0.1}", "recipe.split.validation: ", "from 0 up"),
    ("split = {validation=nan}", "recipe.split.validation: ", "from 0 up"),
    ("split = {folds=1, fold=1}", "recipe.split.folds: ", "2 folds or more"),
    ("split = {folds=3, fold=4}", "recipe.split.fold: ", "from 1 to 3"),
    ("split = {fold=2}", "recipe.split.fold: ", "no number of folds"),
    ("split = {group={kind=\"pattern\", of=\"\"}}", "recipe.split.group: ", "1 to 1000 letters"),
    ("split = {group={kind=\"pattern\", of=\"([\"}}", "recipe.split.group: ", "no regular expression"),
    ("split = {group={kind=\"pattern\"}}", "recipe.split.group: ", "it lacks `of`"),
    ("split = {group=\"folder\"}", "recipe.split.group: ", "a table of settings"),
    ("preprocess = {resize=\"squeeze\"}", "recipe.preprocess.resize: ", "`crop`"),
    ("preprocess = {normalise={kind=\"given\", mean=[0.5,0.5,0.5], deviation=[0.0,1.0,1.0]}}", "recipe.preprocess.normalise: ", "above 0"),
    ("preprocess = {normalise={kind=\"given\", mean=[127.0,0.5,0.5], deviation=[0.2,0.2,0.2]}}", "recipe.preprocess.normalise: ", "counted from 0 to 255"),
    ("preprocess = {normalise={kind=\"given\", mean=[0.5], deviation=[0.2]}}", "recipe.preprocess.normalise", "needs"),
    ("augment = {rotate=400}", "recipe.augment.rotate: ", "0 to 180°"),
    ("augment = {shift=nan}", "recipe.augment.shift: ", "not a number"),
    ("augment = {crop=28}", "recipe.augment.crop: ", "0 to 100 %"),
    ("augment = {noise=-0.1}", "recipe.augment.noise: ", "0 to 50 %"),
    ("augment = {policy={kind=\"rand_augment\", count=0, magnitude=9}}", "recipe.augment.policy.count: ", "1 to 10"),
    ("augment = {policy={kind=\"rand_augment\", count=2, magnitude=99}}", "recipe.augment.policy.magnitude: ", "0 to 30"),
    ("augment = {flip_horizontal=1}", "recipe.augment.flip_horizontal: ", "1 is not true or false"),
    ("balance = {focal_gamma=-1.0}", "recipe.balance.focal_gamma: ", "from 0 (off) to 10"),
    ("balance = {focal_gamma=nan}", "recipe.balance.focal_gamma: ", "γ is NaN"),
    ("balance = 3", "recipe.balance: ", "a table of settings"),
];

#[test]
fn settings_that_are_not_known_are_found_with_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mapsto");
    let lines = "epoch = 5\nsplit = {test=0.2, tset=0.1}\naugment = {rotat=15.0, rotate=5.0}";
    fs::write(&path, format!("{BEFORE}{lines}\n{NETWORK}")).unwrap();
    let found = unknown_fields(&path);
    let found: Vec<(&str, usize)> = found
        .iter()
        .map(|(field, line)| (field.as_str(), *line))
        .collect();
    assert_eq!(
        found,
        [
            ("recipe.epoch", 3),
            ("recipe.split.tset", 4),
            ("recipe.augment.rotat", 5)
        ]
    );
}

#[test]
fn no_setting_that_is_written_is_called_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mapsto");
    let mut recipe = Recipe::default();
    for setting in Augment::settings() {
        setting.set(&mut recipe.augment, setting.usual).unwrap();
    }
    let rand = Amount::Choice("rand_augment");
    Augment::setting("policy")
        .unwrap()
        .set(&mut recipe.augment, rand)
        .unwrap();
    recipe.split.folds = 3;
    recipe.split.fold = 1;
    recipe.split.group = mapsto::dataset::Group::Folder;
    recipe.preprocess.resize = mapsto::dataset::Resize::Fit;
    recipe.preprocess.normalise = mapsto::dataset::Normalise::Statistics;
    recipe.preprocess.reduced_decoding = true;
    recipe.balance.class_weights = true;
    recipe.balance.oversample = true;
    recipe.balance.focal_gamma = 1.0;
    recipe.target_accuracy = Some(0.5);
    recipe.start = Some("a.safetensors".into());
    let project = mapsto::project::Project {
        recipe,
        ..super::project()
    };
    mapsto::project::save(&project, &path).unwrap();
    assert_eq!(unknown_fields(&path), []);
}

#[test]
fn every_fault_of_a_recipe_is_told() {
    let mut recipe = Recipe::default();
    assert!(recipe.validate().is_empty());
    recipe.epochs = 0;
    recipe.batch = 70_000;
    recipe.learning_rate = f64::NAN;
    recipe.target_accuracy = Some(97.0);
    recipe.split.test = 0.95;
    recipe.device = " ".into();
    recipe.optimizer = Optimizer::Sgd {
        momentum: 1.0,
        nesterov: false,
        weight_decay: -1.0,
    };
    assert_eq!(recipe.validate().len(), 8, "{:?}", recipe.validate());
    for optimizer in Optimizer::all() {
        assert_eq!(Optimizer::from_name(optimizer.name()), Some(optimizer));
    }
    assert_eq!(Optimizer::from_name("adamax"), None);
}

#[test]
fn templates_have_the_recipes_of_the_design() {
    let of = |name| Recipe::for_template(template(name).unwrap());
    let digits = of("digits-cnn");
    assert_eq!(
        (digits.batch, digits.epochs, digits.learning_rate),
        (128, 10, 1e-3)
    );
    let mlp = of("plain-mlp");
    assert_eq!((mlp.batch, mlp.epochs, mlp.learning_rate), (32, 10, 0.01));
    assert_eq!(mlp.optimizer, Optimizer::from_name("sgd").unwrap());
    let dropout = of("dropout-mlp");
    assert_eq!((dropout.batch, dropout.epochs), (32, 5));
    assert_eq!(dropout.optimizer, Optimizer::from_name("adam").unwrap());
    let photo = of("photo-binary");
    assert_eq!((photo.batch, photo.epochs), (32, 10));
    assert_eq!(photo.loss, Loss::BinaryCrossEntropy);
    assert_eq!((of("colour-cnn").batch, of("colour-cnn").epochs), (32, 10));
}
