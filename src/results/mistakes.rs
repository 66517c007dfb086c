//! Which images stand behind a cell of the confusion matrix, and which mistakes are the worst.

use super::Evaluation;

/// Indices into `rows` of the images of class `truth` that were predicted as `predicted`, most confident first.
pub fn of_cell(evaluation: &Evaluation, truth: usize, predicted: usize) -> Vec<usize> {
    select(evaluation, |label, said| {
        label == truth && said == predicted
    })
}

/// Indices into `rows` of every image predicted wrong, most confident first.
pub fn worst(evaluation: &Evaluation) -> Vec<usize> {
    select(evaluation, |label, said| label != said)
}

/// The rows that `wanted(label, predicted)` takes, by falling probability of the predicted class.
/// The sort is stable: equally confident ones keep the order of the set.
fn select(evaluation: &Evaluation, wanted: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut found: Vec<(usize, f32)> = evaluation
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| wanted(row.label, row.predicted))
        .map(|(index, row)| (index, row.confidence()))
        .collect();
    found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    found.into_iter().map(|(index, _)| index).collect()
}
