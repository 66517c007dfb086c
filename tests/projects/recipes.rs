//! Recipes: their faults in words, and those of the templates.

use mapsto::network::{Loss, template};
use mapsto::project::{Optimizer, Recipe};

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
