//! Softmax with cross-entropy, which together have a simple gradient: softmax − targets.
//!
//! Slices are `[image, class]`. Targets are what each image counts, times the shares of the classes in it: for a mean over
//! images of one class each, 1 / images at the class.

/// −Σ targets · log softmax(logits), and the softmax.
pub fn forward(classes: usize, logits: &[f32], targets: &[f32]) -> (f32, Vec<f32>) {
    let mut softmax = vec![0.0; logits.len()];
    let mut loss = 0.0;
    let rows = logits
        .chunks_exact(classes)
        .zip(targets.chunks_exact(classes));
    for ((logits, targets), softmax) in rows.zip(softmax.chunks_exact_mut(classes)) {
        // What is no number stays none: `max` leaves it out, the exponential does not.
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for (softmax, logit) in softmax.iter_mut().zip(logits) {
            *softmax = (logit - greatest).exp();
            sum += *softmax;
        }
        softmax.iter_mut().for_each(|share| *share /= sum);
        let log_sum = sum.ln();
        for (logit, target) in logits.iter().zip(targets) {
            if *target != 0.0 {
                loss -= f64::from(*target) * f64::from(logit - greatest - log_sum);
            }
        }
    }
    (loss as f32, softmax)
}

/// The gradient by the logits, given that by the loss.
pub fn backward(classes: usize, softmax: &[f32], targets: &[f32], upstream: f32) -> Vec<f32> {
    let mut gradient = vec![0.0; softmax.len()];
    let rows = softmax
        .chunks_exact(classes)
        .zip(targets.chunks_exact(classes));
    for ((softmax, targets), gradient) in rows.zip(gradient.chunks_exact_mut(classes)) {
        let all: f32 = targets.iter().sum();
        for ((gradient, share), target) in gradient.iter_mut().zip(softmax).zip(targets) {
            *gradient = upstream * (all * share - target);
        }
    }
    gradient
}
