//! Classes of very different size can be made to count alike, and nothing is lost by it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapsto::dataset::{Balance, shuffled};

const WEIGHTED: Balance = Balance {
    class_weights: true,
    oversample: false,
    focal_gamma: 0.0,
};

const OVERSAMPLED: Balance = Balance {
    class_weights: false,
    oversample: true,
    focal_gamma: 0.0,
};

fn counts_of(order: &[usize], labels: &[usize]) -> Vec<usize> {
    let mut counts = vec![0; labels.iter().max().unwrap() + 1];
    for &position in order {
        counts[labels[position]] += 1;
    }
    counts
}

/// 50 of class 0, 7 of class 1, none of class 2, 1 of class 3, not sorted.
fn labels() -> Vec<usize> {
    let mut labels = vec![0; 58];
    for place in [3, 9, 11, 20, 33, 50, 57] {
        labels[place] = 1;
    }
    labels[40] = 3;
    labels
}

#[test]
fn weights_make_every_class_that_is_there_count_the_same() {
    let weights = WEIGHTED.weights(&[60, 30, 0, 10]);
    assert_eq!(weights, [100.0 / 180.0, 100.0 / 90.0, 0.0, 100.0 / 30.0]);
    let effect = WEIGHTED.effect(&[60, 30, 0, 10]);
    for (share, wanted) in effect
        .iter()
        .zip([100.0 / 3.0, 100.0 / 3.0, 0.0, 100.0 / 3.0])
    {
        assert!((share - wanted).abs() < 1e-9, "{effect:?}");
    }
}

#[test]
fn without_means_nothing_changes() {
    let none = Balance::default();
    assert_eq!(none.weights(&[5, 0]), [1.0, 1.0]);
    assert_eq!(none.effect(&[5, 0]), [5.0, 0.0]);
    assert_eq!(none.order(&labels(), 7, 3), shuffled(58, 7, 3));
    assert_eq!(none.describe(), "none");
    assert!(none.weights(&[]).is_empty() && none.effect(&[]).is_empty());
}

#[test]
fn oversampling_shows_every_image_and_fills_each_class_up_to_the_largest() {
    let labels = labels();
    let order = OVERSAMPLED.order(&labels, 1, 0);
    assert_eq!(counts_of(&order, &labels), [50, 50, 0, 50]);
    let mut times = vec![0; labels.len()];
    for &position in &order {
        times[position] += 1;
    }
    assert!(times.iter().all(|&times| times >= 1), "each is shown");
    let of_class = |class: usize| {
        let times = times
            .iter()
            .zip(&labels)
            .filter(move |(_, label)| **label == class);
        times.map(|(times, _)| *times)
    };
    assert!(of_class(0).all(|times| times == 1));
    assert!(of_class(1).all(|times| times == 7 || times == 8), "in turn");
    assert_eq!(OVERSAMPLED.effect(&[50, 7, 0, 1]), [50.0, 50.0, 0.0, 50.0]);
}

#[test]
fn seed_and_epoch_decide_the_order() {
    let labels = labels();
    let order = OVERSAMPLED.order(&labels, 1, 0);
    assert_eq!(OVERSAMPLED.order(&labels, 1, 0), order);
    assert_ne!(OVERSAMPLED.order(&labels, 1, 1), order);
    assert_ne!(OVERSAMPLED.order(&labels, 2, 0), order);
    // Not only the order differs: other images of the small class are repeated once more.
    let repeated = |epoch: u32| {
        let mut shown = OVERSAMPLED.order(&labels, 1, epoch);
        shown.sort_unstable();
        shown
    };
    assert!((1..20).any(|epoch| repeated(epoch) != repeated(0)));
    assert!(OVERSAMPLED.order(&[], 1, 0).is_empty());
    assert_eq!(OVERSAMPLED.order(&[4], 1, 0), [0]);
}

#[test]
fn impossible_focal_losses_are_refused_in_words() {
    let focal = |focal_gamma: f64| Balance {
        focal_gamma,
        ..Balance::default()
    };
    assert!(focal(2.0).faults().is_empty());
    assert_eq!(
        focal(-1.0).faults(),
        ["Focal loss: γ is -1; it takes a number from 0 (off) to 10"]
    );
    for gamma in [f64::NAN, f64::INFINITY, 11.0] {
        assert_eq!(focal(gamma).faults().len(), 1);
    }
    let all = Balance {
        class_weights: true,
        oversample: true,
        focal_gamma: 1.5,
    };
    assert_eq!(
        all.describe(),
        "class weights, over-sampling, focal loss γ 1.5"
    );
}
