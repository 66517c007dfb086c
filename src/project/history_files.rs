//! A run's history as tables. `steps.csv` and `epochs.csv` hold no times, so that two equal runs leave equal files;
//! `timings.csv` has them.
//!
//! Numbers are in the shortest form that reads back as the same number (`{:?}`: "0.1", "1e-7", "NaN").

use std::fmt::Write as _;
use std::path::Path;

use super::ProjectError;
use super::table::{Table, read_table};
use crate::results::{Epoch, History, Step};

const STEPS: (&str, &str) = ("steps.csv", "step,epoch,loss,accuracy");
const EPOCHS: (&str, &str) = (
    "epochs.csv",
    "epoch,train_loss,train_accuracy,val_loss,val_accuracy,learning_rate",
);
const TIMINGS: (&str, &str) = ("timings.csv", "epoch,seconds,images_per_second");

/// The three tables of a run, open for appending.
#[derive(Debug)]
pub struct HistoryFiles {
    steps: Table,
    epochs: Table,
    timings: Table,
}

impl HistoryFiles {
    pub fn create(folder: &Path) -> Result<Self, ProjectError> {
        let table = |(name, header): (&str, &str)| Table::create(folder.join(name), header);
        Ok(Self {
            steps: table(STEPS)?,
            epochs: table(EPOCHS)?,
            timings: table(TIMINGS)?,
        })
    }

    pub fn append_steps(&mut self, steps: &[Step]) -> Result<(), ProjectError> {
        let mut lines = String::with_capacity(32 * steps.len());
        for step in steps {
            let Step {
                step,
                epoch,
                loss,
                accuracy,
            } = step;
            // Writing to a string cannot fail.
            writeln!(lines, "{step},{epoch},{loss:?},{accuracy:?}").ok();
        }
        self.steps.append(&lines)
    }

    /// The epoch's line comes last: an epoch that is there has its steps and its time.
    pub fn append_epoch(&mut self, epoch: &Epoch) -> Result<(), ProjectError> {
        let maybe =
            |value: Option<f64>| value.map(|value| format!("{value:?}")).unwrap_or_default();
        let (val_loss, val_accuracy) = (maybe(epoch.val_loss), maybe(epoch.val_accuracy));
        let Epoch {
            epoch: number,
            train_loss,
            train_accuracy,
            learning_rate,
            seconds,
            images_per_second,
            ..
        } = epoch;
        self.timings
            .append(&format!("{number},{seconds:?},{images_per_second:?}\n"))?;
        self.epochs.append(&format!(
            "{number},{train_loss:?},{train_accuracy:?},{val_loss},{val_accuracy},{learning_rate:?}\n"
        ))?;
        self.steps.sync()?;
        self.timings.sync()?;
        self.epochs.sync()
    }
}

/// The history as far as it can be read, and what is wrong with its files.
pub fn read_history(folder: &Path) -> (History, Vec<ProjectError>) {
    let at = |name: &str| folder.join(name);
    let (steps, steps_damage) = read_table(&at(STEPS.0), STEPS.1, parse_step);
    let (mut epochs, epochs_damage) = read_table(&at(EPOCHS.0), EPOCHS.1, parse_epoch);
    let (timings, timings_damage) = read_table(&at(TIMINGS.0), TIMINGS.1, parse_timing);
    for (epoch, (number, seconds, images_per_second)) in epochs.iter_mut().zip(timings) {
        if epoch.epoch == number {
            (epoch.seconds, epoch.images_per_second) = (seconds, images_per_second);
        }
    }
    let damage = [steps_damage, epochs_damage, timings_damage];
    (
        History { steps, epochs },
        damage.into_iter().flatten().collect(),
    )
}

fn parse_step(fields: &[&str]) -> Option<Step> {
    let [step, epoch, loss, accuracy] = fields else {
        return None;
    };
    Some(Step {
        step: step.parse().ok()?,
        epoch: epoch.parse().ok()?,
        loss: loss.parse().ok()?,
        accuracy: accuracy.parse().ok()?,
    })
}

fn parse_epoch(fields: &[&str]) -> Option<Epoch> {
    let [
        epoch,
        train_loss,
        train_accuracy,
        val_loss,
        val_accuracy,
        learning_rate,
    ] = fields
    else {
        return None;
    };
    let maybe = |field: &str| match field {
        "" => Some(None),
        number => number.parse().ok().map(Some),
    };
    Some(Epoch {
        epoch: epoch.parse().ok()?,
        train_loss: train_loss.parse().ok()?,
        train_accuracy: train_accuracy.parse().ok()?,
        val_loss: maybe(val_loss)?,
        val_accuracy: maybe(val_accuracy)?,
        learning_rate: learning_rate.parse().ok()?,
        seconds: 0.0,
        images_per_second: 0.0,
    })
}

fn parse_timing(fields: &[&str]) -> Option<(u32, f64, f64)> {
    let [epoch, seconds, images_per_second] = fields else {
        return None;
    };
    Some((
        epoch.parse().ok()?,
        seconds.parse().ok()?,
        images_per_second.parse().ok()?,
    ))
}
