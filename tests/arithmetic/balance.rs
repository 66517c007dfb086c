//! The training loss with class weights, focal and mixed, against PyTorch's.

use std::path::Path;

use mapsto::dataset::{Augment, Balance, InputSize, Mix};
use mapsto::network::Loss;
use mapsto::project::Recipe;
use mapsto::training::{Pending, Stepper, open};

use super::{Fixture, batch, distance, fixtures_in, network};

const SIZE: InputSize = InputSize {
    height: 6,
    width: 6,
    channels: 1,
};

/// The stepper of a fixture, with its means against imbalance.
fn stepper(fixture: &Fixture) -> Stepper {
    let loss = Loss::from_name(fixture.text("loss")).unwrap();
    let classes: usize = fixture.text("classes").parse().unwrap();
    let counts: Vec<usize> = serde_json::from_str(fixture.text("counts")).unwrap();
    let recipe = Recipe {
        balance: Balance {
            class_weights: !counts.is_empty(),
            focal_gamma: fixture.text("gamma").parse().unwrap(),
            oversample: false,
        },
        ..Recipe::default()
    };
    let network = network(fixture.text("network"), loss, classes);
    let mut stepper = Stepper::new(&network, &recipe, &open("cpu").unwrap());
    stepper.load(&fixture.weights()).unwrap();
    stepper.balance(&recipe, &counts);
    stepper
}

fn all() -> Vec<Fixture> {
    let fixtures = fixtures_in(Path::new("tests/fixtures/balance"));
    assert!(fixtures.len() >= 10, "the fixtures are missing");
    fixtures
}

#[test]
fn class_weights_and_focal_loss_equal_pytorchs() {
    let mut greatest = [0.0_f32; 2];
    for fixture in all() {
        let (pixels, labels) = batch(&fixture, 0);
        let mut stepper = stepper(&fixture);
        let gradients = stepper.gradients(pixels.clone(), &labels);
        for gradient in &gradients {
            let theirs = fixture.values(&format!("grad.{}", gradient.name));
            let apart = distance(&gradient.values, theirs);
            greatest[1] = greatest[1].max(apart);
            assert!(
                apart < 1e-5,
                "{} {}: {apart}",
                fixture.name(),
                gradient.name
            );
        }
        let step = stepper.step(pixels, &labels);
        let loss = Pending::read(vec![step])[0].loss;
        let apart = (loss - fixture.values("losses")[0]).abs();
        greatest[0] = greatest[0].max(apart);
        assert!(apart < 1e-5, "{}: {loss} is {apart} apart", fixture.name());
    }
    println!("greatest differences of losses and gradients: {greatest:?}");
}

/// What the mixing of a batch should cost: share · L(own classes) + (1 − share) · L(partners' classes) of pictures that
/// were mixed on the host.
fn by_hand(fixture: &Fixture, mix: &Mix) -> f32 {
    let (pixels, labels) = batch(fixture, 0);
    let mixed = mix.mixed(&pixels, SIZE);
    let loss = |labels: &[usize]| {
        Pending::read(vec![stepper(fixture).step(mixed.clone(), labels)])[0].loss
    };
    let others: Vec<usize> = mix.partner.iter().map(|&place| labels[place]).collect();
    let share = mix.share(SIZE);
    share * loss(&labels) + (1.0 - share) * loss(&others)
}

#[test]
fn every_loss_of_a_mixed_batch_is_shared_by_both_classes() {
    let augment = Augment {
        mixup: 0.5,
        cutmix: 1.0,
        ..Augment::default()
    };
    let mut cut = 0;
    for fixture in all() {
        for seed in 0..4 {
            let mix = augment.mix(seed, 1, 0, 4).unwrap();
            cut += usize::from(mix.rectangle(SIZE).is_some());
            let (pixels, labels) = batch(&fixture, 0);
            let step = stepper(&fixture).step_mixed(pixels, &labels, Some(&mix));
            let apart = (Pending::read(vec![step])[0].loss - by_hand(&fixture, &mix)).abs();
            assert!(apart < 1e-6, "{} seed {seed}: {apart}", fixture.name());
        }
    }
    assert!(cut > 0 && cut < 40, "{cut} are cut");
}

#[test]
fn images_that_are_surely_known_give_the_focal_loss_no_infinite_slope() {
    let known = all();
    let known = known
        .iter()
        .find(|fixture| fixture.name() == "balance-cross-entropy-focal-weights");
    let known = known.unwrap();
    let mut stepper = stepper(known);
    // Enormous pictures make enormous outputs: a probability of exactly 1.
    let (pixels, labels) = batch(known, 0);
    let pixels: Vec<f32> = pixels.iter().map(|value| value * 1e6).collect();
    for gradient in stepper.gradients(pixels, &labels) {
        let finite = gradient.values.iter().all(|value| value.is_finite());
        assert!(finite, "{}", gradient.name);
    }
}
