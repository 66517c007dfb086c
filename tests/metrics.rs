//! Promise: the figures in the window are the ones scikit-learn would print, and a curve drawn with fewer points
//! is the same curve. `reference/metrics.py` made the fixture.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use mapsto::results::{Cell, Confusion, Epoch, Evaluation, History, Prediction, curve, mistakes};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    classes: usize,
    truth: Vec<usize>,
    predicted: Vec<usize>,
    confusion: Vec<Vec<u64>>,
    by_row: Vec<Vec<f64>>,
    by_column: Vec<Vec<f64>>,
    accuracy: f64,
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    support: Vec<u64>,
    macro_f1: f64,
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("class {class}")).collect()
}

fn row(file: &str, label: usize, predicted: usize, confidence: f32) -> Prediction {
    let mut probabilities = vec![(1.0 - confidence) / 2.0; 3];
    probabilities[predicted] = confidence;
    Prediction {
        file: file.into(),
        label,
        predicted,
        probabilities,
    }
}

fn close(case: &str, ours: f64, theirs: f64) {
    assert!(
        (ours - theirs).abs() < 1e-12,
        "{case}: {ours} is not {theirs}"
    );
}

fn all_close(case: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{case}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        close(case, *ours, *theirs);
    }
}

#[test]
fn confusion_and_per_class_figures_equal_scikit_learns() {
    let fixture: Fixture = serde_json::from_str(include_str!("fixtures/metrics.json")).unwrap();
    assert!(fixture.cases.len() >= 8);
    for case in fixture.cases {
        let name = case.name.as_str();
        let pairs = case.truth.iter().copied().zip(case.predicted);
        let confusion = Confusion::new(&names(case.classes), pairs);
        assert_eq!(confusion.rows(), case.confusion, "{name}");
        all_close(name, &confusion.by_row(), &case.by_row.concat());
        all_close(name, &confusion.by_column(), &case.by_column.concat());
        close(name, confusion.accuracy(), case.accuracy);
        close(name, confusion.macro_f1(), case.macro_f1);
        for (class, figures) in confusion.per_class().into_iter().enumerate() {
            close(name, figures.precision, case.precision[class]);
            close(name, figures.recall, case.recall[class]);
            close(name, figures.f1, case.f1[class]);
            assert_eq!(figures.support, case.support[class], "{name}");
        }
    }
}

#[test]
fn an_empty_set_has_figures_too() {
    let confusion = Confusion::new(&names(2), []);
    assert_eq!((confusion.accuracy(), confusion.macro_f1()), (0.0, 0.0));
    assert!(confusion.worst_cells(3).is_empty());
    assert_eq!(Confusion::new(&[], [(0, 0)]).macro_f1(), 0.0);
    let outside = Confusion::new(&names(2), [(0, 0), (5, 1), (1, usize::MAX)]);
    assert_eq!(outside.total(), 1);
    assert_eq!(outside.at(7, 7), 0);
}

#[test]
fn the_fullest_wrong_cells_come_first() {
    let pairs = [(0, 0), (0, 0), (0, 0), (0, 1), (2, 1), (2, 1), (1, 0)];
    let worst = Confusion::new(&names(3), pairs).worst_cells(2);
    let cell = |truth, predicted, count| Cell {
        truth,
        predicted,
        count,
    };
    assert_eq!(worst, [cell(2, 1, 2), cell(0, 1, 1)]);
}

#[test]
fn the_most_confident_mistakes_come_first() {
    let mut rows = vec![
        row("right.png", 1, 1, 0.99),
        row("unsure.png", 0, 1, 0.5),
        row("sure.png", 0, 1, 0.9),
        row("other.png", 2, 0, 0.7),
        row("as-unsure.png", 0, 1, 0.5),
    ];
    rows.push(row("diverged.png", 0, 1, f32::NAN));
    let evaluation = Evaluation {
        classes: names(3),
        loss: 1.0,
        rows,
    };
    assert_eq!(mistakes::of_cell(&evaluation, 0, 1), [2, 1, 4, 5]);
    assert_eq!(mistakes::worst(&evaluation), [2, 3, 1, 4, 5]);
    assert_eq!(mistakes::of_cell(&evaluation, 1, 1), [0]);
    assert_eq!(mistakes::of_cell(&evaluation, 9, 9), [0usize; 0]);
    assert!((evaluation.accuracy() - 1.0 / 6.0).abs() < 1e-12);
}

#[test]
fn an_evaluation_survives_json_even_when_the_network_diverged() {
    let evaluation = Evaluation {
        classes: names(3),
        loss: f64::NAN,
        rows: vec![row("a.png", 0, 1, f32::NAN), row("b.png", 1, 1, 0.1)],
    };
    let text = serde_json::to_string(&evaluation).unwrap();
    let read: Evaluation = serde_json::from_str(&text).unwrap();
    assert!(read.loss.is_nan() && read.rows[0].probabilities[1].is_nan());
    assert_eq!(read.rows[1], evaluation.rows[1]);
    assert!(read.fault().is_none());
}

#[test]
fn an_evaluation_that_does_not_fit_its_classes_is_told() {
    let mut evaluation = Evaluation {
        classes: names(3),
        loss: 0.0,
        rows: vec![row("a.png", 0, 1, 0.5)],
    };
    evaluation.rows[0].label = 3;
    assert!(evaluation.fault().unwrap().contains("a.png"));
    // And counting it all the same does not panic.
    assert_eq!(evaluation.confusion().total(), 0);
}

fn epoch(number: u32, train_loss: f64, val_accuracy: Option<f64>) -> Epoch {
    Epoch {
        epoch: number,
        train_loss,
        train_accuracy: 0.5,
        val_loss: val_accuracy.map(|_| 1.0),
        val_accuracy,
        learning_rate: 1e-3,
        seconds: 1.0,
        images_per_second: 1.0,
    }
}

#[test]
fn the_best_epoch_is_the_earliest_with_the_highest_validation_accuracy() {
    let best = |epochs| {
        let steps = Vec::new();
        History { steps, epochs }
            .best_epoch()
            .map(|best| best.epoch)
    };
    let validated = [Some(0.5), Some(0.9), Some(0.9), Some(f64::NAN)];
    let epochs = (1..).zip(validated).map(|(n, v)| epoch(n, 1.0, v));
    assert_eq!(best(epochs.collect()), Some(2));
    let losses = [0.7, 0.3, f64::NAN, 0.3];
    let epochs = (1..).zip(losses).map(|(n, loss)| epoch(n, loss, None));
    assert_eq!(best(epochs.collect()), Some(2));
    assert_eq!(best(vec![epoch(1, f64::NAN, None)]), None);
    assert_eq!(best(vec![]), None);
}

#[test]
fn decimating_a_curve_keeps_its_ends_its_spikes_and_its_gaps() {
    let mut points: Vec<[f64; 2]> = (0..100_000)
        .map(|x| [f64::from(x), f64::from(x).sin()])
        .collect();
    points[31_234][1] = 50.0;
    points[77_777][1] = -50.0;
    points[50_000][1] = f64::NAN;
    points[90_001][1] = f64::INFINITY;
    let kept = curve::decimate(&points, 500);
    assert!(kept.len() <= 3 * 500 + 2, "{}", kept.len());
    assert_eq!(kept.first(), points.first());
    assert_eq!(kept.last(), points.last());
    assert!(kept.contains(&points[31_234]) && kept.contains(&points[77_777]));
    let gaps: Vec<f64> = kept
        .iter()
        .filter(|p| p[1].is_nan())
        .map(|p| p[0])
        .collect();
    assert_eq!(gaps, [50_000.0, 90_001.0]);
    assert!(kept.is_sorted_by(|a, b| a[0] <= b[0]));
}

#[test]
fn every_bucket_of_a_decimated_curve_keeps_its_lowest_and_highest() {
    let points: Vec<[f64; 2]> = (0..1000)
        .map(|x| [f64::from(x), f64::from(x * 7919 % 1000)])
        .collect();
    let kept = curve::decimate(&points, 10);
    for bucket in 0..10 {
        let inside = |p: &&[f64; 2]| (p[0] / 99.9) as usize == bucket;
        let lowest = |all: &[[f64; 2]]| {
            all.iter()
                .filter(inside)
                .map(|p| p[1])
                .fold(f64::MAX, f64::min)
        };
        let highest = |all: &[[f64; 2]]| {
            all.iter()
                .filter(inside)
                .map(|p| p[1])
                .fold(f64::MIN, f64::max)
        };
        assert_eq!(lowest(&kept), lowest(&points), "bucket {bucket}");
        assert_eq!(highest(&kept), highest(&points), "bucket {bucket}");
    }
}

#[test]
fn odd_curves_do_not_upset_decimation() {
    assert!(curve::decimate(&[], 10).is_empty());
    let few = [[0.0, 1.0], [1.0, 2.0]];
    assert_eq!(curve::decimate(&few, 10), few);
    let upright: Vec<[f64; 2]> = (0..100).map(|y| [5.0, f64::from(y)]).collect();
    let kept = curve::decimate(&upright, 4);
    assert!(kept.contains(&[5.0, 0.0]) && kept.contains(&[5.0, 99.0]));
    let nothing = vec![[0.0, f64::NAN]; 100];
    assert!(curve::decimate(&nothing, 0).iter().all(|p| p[1].is_nan()));
}

#[test]
fn smoothing_starts_at_the_first_value_and_steps_over_gaps() {
    let points = [[0.0, 4.0], [1.0, 2.0], [2.0, f64::NAN], [3.0, 2.0]];
    let smooth = curve::smooth(&points, 0.5);
    // (0.25·4 + 0.5·2) / 0.75 and (0.125·4 + 0.25·2 + 0.5·2) / 0.875
    let expected = [4.0, 2.0 / 0.75, f64::NAN, 2.0 / 0.875];
    for (ours, expected) in smooth.iter().zip(expected) {
        assert!((ours[1] - expected).abs() < 1e-12 || (ours[1].is_nan() && expected.is_nan()));
    }
    let same = curve::smooth(&points[..2], 0.0);
    assert_eq!(same, points[..2]);
}
