//! Cross-validation from the terminal: one training for each fold, one after the other.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::follow::{follow, on_interrupt};
use super::output::{line, percent};
use crate::dataset::{Progress, SplitRecipe, split_with, together};
use crate::training::Job;

/// The accuracy of one fold's training.
struct Fold {
    number: usize,
    /// Of its best epoch on the images that it was not trained on, 0 to 1.
    accuracy: f64,
    run: Option<PathBuf>,
}

/// Trains a job once for each fold, which is its validation set, and tells mean and deviation of the accuracies.
/// Ctrl+C ends it after the training in progress.
pub fn train(job: &Job, folds: u32, json: bool) -> super::Outcome {
    let interrupted = on_interrupt();
    // Pictures that look alike are found once, as the window finds them.
    let alike = together(&job.data, &job.recipe.split, &Progress::default())?;
    let mut done: Vec<Fold> = Vec::new();
    for number in 1..=folds as usize {
        let mut job = Job::clone(job);
        job.recipe.split = SplitRecipe {
            fold: number,
            ..job.recipe.split
        };
        let mut splits = split_with(&job.data, &job.recipe.split, &alike)?;
        if job.test.is_some() {
            splits.test.clear();
        }
        job.splits = splits;
        if json {
            line(&json!({"event": "fold", "fold": number, "folds": folds}).to_string());
        } else {
            line(&format!(
                "\nFold {number} of {folds}: {} images for training, {} for validation",
                job.splits.train.len(),
                job.splits.validation.len()
            ));
        }
        let ended = follow(job, json, &interrupted)?;
        if let Some(accuracy) = ended.accuracy {
            done.push(Fold {
                number,
                accuracy,
                run: ended.run,
            });
        }
        if interrupted.load(Ordering::Relaxed) {
            break;
        }
    }
    tell(&done, json);
    Ok(())
}

fn tell(done: &[Fold], json: bool) {
    let (mean, deviation) = mean_and_deviation(done);
    if json {
        let accuracies: Vec<f64> = done.iter().map(|fold| fold.accuracy).collect();
        let runs: Vec<_> = done.iter().map(|fold| &fold.run).collect();
        let event = json!({
            "event": "folds",
            "accuracies": accuracies,
            "mean": mean,
            "deviation": deviation,
            "runs": runs,
        });
        line(&event.to_string());
        return;
    }
    line("\nAccuracy on the images of each fold, best epoch");
    for fold in done {
        line(&format!(
            "  fold {:>3}  {}",
            fold.number,
            percent(fold.accuracy)
        ));
    }
    if let (Some(mean), Some(deviation)) = (mean, deviation) {
        line(&format!(
            "  mean {} ± {}",
            percent(mean),
            percent(deviation)
        ));
    }
}

/// Mean and standard deviation (n − 1); the latter of two folds or more.
fn mean_and_deviation(done: &[Fold]) -> (Option<f64>, Option<f64>) {
    if done.is_empty() {
        return (None, None);
    }
    let count = done.len() as f64;
    let mean = done.iter().map(|fold| fold.accuracy).sum::<f64>() / count;
    let squares = done.iter().map(|fold| (fold.accuracy - mean).powi(2));
    let deviation = (done.len() > 1).then(|| (squares.sum::<f64>() / (count - 1.0)).sqrt());
    (Some(mean), deviation)
}
