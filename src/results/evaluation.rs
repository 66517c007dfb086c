//! What a trained network said about every image of a set.

use serde::{Deserialize, Serialize};

use super::Confusion;

/// A confusion matrix is dense, so that a file with absurdly many classes must not be able to fill the memory.
const MAX_CLASSES: usize = 10_000;

/// The predictions for a whole set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Names of the classes; `label`, `predicted` and `probabilities` count along them.
    pub classes: Vec<String>,
    /// Mean loss over the images.
    #[serde(with = "number_or_null")]
    pub loss: f64,
    pub rows: Vec<Prediction>,
}

/// The prediction for one image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Below the data's root, with `/`.
    pub file: String,
    /// Index of the true class.
    pub label: usize,
    /// Index of the predicted class.
    pub predicted: usize,
    /// One for each class; they sum to 1.
    #[serde(with = "numbers_or_null")]
    pub probabilities: Vec<f32>,
}

impl Evaluation {
    /// The fraction of images predicted right, from 0 to 1; 0 for an empty set.
    pub fn accuracy(&self) -> f64 {
        let right = self.rows.iter().filter(|row| row.is_right()).count();
        if self.rows.is_empty() {
            0.0
        } else {
            right as f64 / self.rows.len() as f64
        }
    }

    /// Counts of images by true and predicted class.
    pub fn confusion(&self) -> Confusion {
        let pairs = self.rows.iter().map(|row| (row.label, row.predicted));
        Confusion::new(&self.classes, pairs)
    }

    /// What is wrong with an evaluation that was read from a file, in words; `None` when it is sound.
    pub fn fault(&self) -> Option<String> {
        let classes = self.classes.len();
        if classes > MAX_CLASSES {
            return Some(format!(
                "it names {classes} classes, and {MAX_CLASSES} are the limit"
            ));
        }
        let fits = |row: &Prediction| {
            row.label < classes && row.predicted < classes && row.probabilities.len() == classes
        };
        let row = self.rows.iter().find(|row| !fits(row))?;
        Some(format!(
            "the prediction for {} does not fit its {classes} classes",
            row.file
        ))
    }
}

impl Prediction {
    /// Whether the true class was predicted.
    pub fn is_right(&self) -> bool {
        self.label == self.predicted
    }

    /// The probability of the predicted class, from 0 to 1; 0 where it is missing or no number.
    pub fn confidence(&self) -> f32 {
        let probability = self.probabilities.get(self.predicted).copied();
        probability.filter(|value| !value.is_nan()).unwrap_or(0.0)
    }
}

/// JSON has no NaN: a diverged network's figures are written as null and read back as NaN.
mod number_or_null {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_f64(*value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(input)?.unwrap_or(f64::NAN))
    }
}

/// The same for a list of single-precision numbers.
mod numbers_or_null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(values: &[f32], out: S) -> Result<S::Ok, S::Error> {
        values.serialize(out)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<f32>, D::Error> {
        let values = Vec::<Option<f32>>::deserialize(input)?;
        Ok(values
            .into_iter()
            .map(|value| value.unwrap_or(f32::NAN))
            .collect())
    }
}
