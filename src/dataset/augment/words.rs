//! Augmentation in words: what is impossible, and what is on.

use super::settings::{Amount, AugmentSetting};
use super::{Augment, Policy};

impl Augment {
    /// What is impossible in it, in words: "Rotate: 400°; it takes 0 to 180°". Nothing where all is well.
    pub fn faults(&self) -> Vec<String> {
        Self::settings()
            .iter()
            .filter(|setting| !setting.span.contains(setting.get(self)))
            .map(|setting| setting.refusal(setting.get(self)))
            .collect()
    }

    /// What is on, in short words, for the recipe and the notes of a run: "flipped, rotated ±15°, mixup 0.2"; "none"
    /// by default.
    pub fn describe(&self) -> String {
        let words: Vec<String> = Self::settings()
            .iter()
            .filter(|setting| setting.get(self) != setting.default)
            .filter_map(|setting| self.words(setting))
            .collect();
        if words.is_empty() {
            return "none".to_owned();
        }
        words.join(", ")
    }

    fn words(&self, setting: &AugmentSetting) -> Option<String> {
        let figure = match setting.get(self) {
            Amount::Real(value) => {
                format!("{}{}", plain(value * setting.factor), setting.unit_after())
            }
            _ => String::new(),
        };
        let (before, after) = match setting.name {
            "flip_horizontal" if self.flip_vertical => return None,
            "flip_vertical" if self.flip_horizontal => ("flipped both ways", ""),
            "flip_horizontal" => ("flipped", ""),
            "flip_vertical" => ("flipped top to bottom", ""),
            "rotate" => ("rotated ±", ""),
            "shift" => ("shifted ±", ""),
            "zoom" => ("zoomed ±", ""),
            "shear" => ("sheared ±", ""),
            "crop" => ("cropped to ", " at least"),
            "blur" => ("blurred up to ", ""),
            "noise" => ("noise up to ", ""),
            "erase" => ("erased up to ", ""),
            "mixup" => return Some(format!("mixup {}", plain(self.mixup))),
            "cutmix" => return Some(format!("cutmix {}", plain(self.cutmix))),
            "policy" => return self.policy_words(),
            "policy_count" | "policy_magnitude" => return None,
            // Brightness, contrast, saturation, hue.
            name => return Some(format!("{name} ±{figure}")),
        };
        Some(format!("{before}{figure}{after}"))
    }

    fn policy_words(&self) -> Option<String> {
        match self.policy {
            Policy::None => None,
            Policy::RandAugment { count, magnitude } => {
                Some(format!("RandAugment {count} × {magnitude}"))
            }
            Policy::TrivialAugment => Some("TrivialAugment".to_owned()),
        }
    }
}

/// At most two places behind the point, none where they are 0.
pub(super) fn plain(value: f32) -> String {
    let rounded = (f64::from(value) * 100.0).round() / 100.0;
    format!("{rounded}")
}
