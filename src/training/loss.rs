//! The losses, as means over the batch, of the last layer's output before a folded softmax or
//! sigmoid. Numerically stable forms, equal to PyTorch's `CrossEntropyLoss`, `BCEWithLogitsLoss`
//! and `MSELoss`.

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::model::Model;
use crate::network::Loss;

/// What the outputs are compared with: `[batch, outputs]`, one-hot, or 0/1 for one unit.
pub fn targets(labels: &[usize], outputs: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0_f32; labels.len() * outputs];
    for (row, label) in values.chunks_exact_mut(outputs).zip(labels) {
        match row {
            [unit] => *unit = if *label == 1 { 1.0 } else { 0.0 },
            row => {
                if let Some(unit) = row.get_mut(*label) {
                    *unit = 1.0;
                }
            }
        }
    }
    Tensor::from_data(TensorData::new(values, [labels.len(), outputs]), device)
}

/// The loss of a batch, `[1]`, from outputs and targets `[batch, outputs]`.
pub fn mean(loss: Loss, model: &Model, outputs: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    match loss {
        Loss::CrossEntropy => {
            let batch = outputs.dims()[0] as f64;
            let log_probabilities = activation::log_softmax(outputs, 1);
            -((log_probabilities * targets).sum() / batch)
        }
        Loss::BinaryCrossEntropy => {
            // max(x, 0) − x·y + ln(1 + e^−|x|)
            let tail = (-outputs.clone().abs()).exp().log1p();
            (activation::relu(outputs.clone()) - outputs * targets + tail).mean()
        }
        Loss::MeanSquaredError => {
            let difference = model.activated(outputs) - targets;
            (difference.clone() * difference).mean()
        }
    }
}

/// How many of a batch are right, `[1]`: the largest output, or one unit's sign.
pub fn hits(model: &Model, outputs: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    if outputs.dims()[1] == 1 {
        let positive = model.activated(outputs).greater_elem(0.5);
        return positive.equal(targets.greater_elem(0.5)).float().sum();
    }
    outputs.argmax(1).equal(targets.argmax(1)).float().sum()
}
