//! How fast a training goes: images a second, milliseconds a step, time left.

use std::time::{Duration, Instant};

/// Weight of the newest step in the running means.
const NEWEST: f64 = 0.1;

/// Clocks of a training; pauses and looks at feature maps do not count as training time.
pub(super) struct Throughput {
    /// Running means of a step's seconds and images.
    step_seconds: f64,
    step_images: f64,
    /// Training time of the epoch in progress.
    epoch: Duration,
    training: Duration,
    /// Of the time of training and validation, and of the epoch's: waiting for images.
    waited: Duration,
    epoch_waited: Duration,
    looks: Duration,
    /// Of the newest validation, of that of the epoch in progress, and of all.
    validation: Duration,
    epoch_validation: Duration,
    validations: Duration,
    /// From the end of one step to the end of the next, so that waiting for data counts.
    last: Instant,
    first: bool,
}

impl Throughput {
    pub fn new() -> Self {
        Self {
            step_seconds: 0.0,
            step_images: 0.0,
            epoch: Duration::ZERO,
            training: Duration::ZERO,
            waited: Duration::ZERO,
            epoch_waited: Duration::ZERO,
            looks: Duration::ZERO,
            validation: Duration::ZERO,
            epoch_validation: Duration::ZERO,
            validations: Duration::ZERO,
            last: Instant::now(),
            first: true,
        }
    }

    pub fn begin_epoch(&mut self) {
        self.epoch = Duration::ZERO;
        self.epoch_waited = Duration::ZERO;
        self.epoch_validation = Duration::ZERO;
        self.last = Instant::now();
    }

    /// The time since the last step was no training.
    pub fn paused(&mut self) {
        self.last = Instant::now();
    }

    /// A step is done, for which the training has `waited` for images.
    pub fn step(&mut self, images: usize, waited: Duration) {
        let took = self.last.elapsed();
        self.last = Instant::now();
        self.epoch += took;
        self.epoch_waited += waited;
        if self.first {
            // The first step compiles and tunes; the figures begin with the second.
            self.first = false;
            self.step_images = images as f64;
            return;
        }
        self.training += took;
        self.waited += waited;
        if self.step_seconds == 0.0 {
            self.step_seconds = took.as_secs_f64();
        } else {
            self.step_seconds += NEWEST * (took.as_secs_f64() - self.step_seconds);
            self.step_images += NEWEST * (images as f64 - self.step_images);
        }
    }

    /// A look at the feature maps took that long.
    pub fn look(&mut self, took: Duration) {
        self.looks += took;
        self.last = Instant::now();
    }

    /// The validation that ends the epoch took that long, of which it `waited` for images.
    pub fn validation(&mut self, took: Duration, waited: Duration) {
        self.validation = took;
        self.validations += took;
        self.epoch_validation = took;
        self.waited += waited;
        self.epoch_waited += waited;
    }

    /// Seconds and images a second of the epoch that has ended.
    pub fn epoch(&self, images: usize) -> (f64, f64) {
        let seconds = self.epoch.as_secs_f64();
        (seconds, images as f64 / seconds.max(1e-9))
    }

    pub fn images_per_second(&self) -> f64 {
        if self.step_seconds > 0.0 {
            self.step_images / self.step_seconds
        } else {
            0.0
        }
    }

    pub fn step_ms(&self) -> f64 {
        self.step_seconds * 1000.0
    }

    /// Share of the time that went into feature maps, 0 to 1.
    pub fn look_share(&self) -> f64 {
        let looks = self.looks.as_secs_f64();
        let all = looks + self.training.as_secs_f64();
        if all > 0.0 { looks / all } else { 0.0 }
    }

    /// Share of the time of training and validation that went by waiting for images, 0 to 1.
    pub fn wait_share(&self) -> f64 {
        share(self.waited, self.training + self.validations)
    }

    /// The same of the epoch that has ended.
    pub fn epoch_wait_share(&self) -> f64 {
        share(self.epoch_waited, self.epoch + self.epoch_validation)
    }

    /// Time for `epochs` more (a fraction) of `images` each.
    pub fn time_left(&self, epochs: f64, images: usize) -> Option<Duration> {
        let rate = self.images_per_second();
        if rate <= 0.0 {
            return None;
        }
        let training = epochs * images as f64 / rate;
        let validation = epochs.ceil() * self.validation.as_secs_f64();
        Duration::try_from_secs_f64(training + validation).ok()
    }
}

/// A part of some time, 0 to 1; a pause may have come in between.
fn share(part: Duration, all: Duration) -> f64 {
    if all.is_zero() {
        return 0.0;
    }
    (part.as_secs_f64() / all.as_secs_f64()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_in_a_validation_counts_in_the_share_of_its_epoch_and_no_other() {
        let mut clocks = Throughput::new();
        clocks.begin_epoch();
        clocks.validation(Duration::from_secs(4), Duration::from_secs(1));
        assert!((clocks.epoch_wait_share() - 0.25).abs() < 1e-6);
        assert!((clocks.wait_share() - 0.25).abs() < 1e-6);
        clocks.begin_epoch();
        assert!(clocks.epoch_wait_share() < 1e-6);
        clocks.validation(Duration::from_secs(4), Duration::ZERO);
        assert!((clocks.wait_share() - 0.125).abs() < 1e-6);
    }
}
