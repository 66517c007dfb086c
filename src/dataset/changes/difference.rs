//! What has changed in the data since a training.

use std::collections::BTreeMap;

use crate::dataset::{Dataset, Set, Splits};

/// The images of an earlier training.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// File to what was known of it.
    pub images: BTreeMap<String, Known>,
}

/// What an earlier training knew of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its set.
    pub set: Set,
    /// Its class.
    pub class: String,
    /// The sum of its bytes ([`Look::sum`](crate::dataset::Look::sum)); 0 where it was not kept.
    pub sum: u64,
}

/// What is different now, each by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// New images.
    pub added: Vec<String>,
    /// Images that are gone or left out.
    pub removed: Vec<String>,
    /// File, the class before, the class now.
    pub relabelled: Vec<(String, String, String)>,
    /// Images whose files have other contents.
    pub rewritten: Vec<String>,
    /// Images that stand in another set.
    pub moved: Vec<String>,
}

impl Difference {
    /// Compares an earlier training's images with those of the sets now.
    pub fn between(before: &Before, data: &Dataset, splits: &Splits) -> Self {
        let mut left = before.images.clone();
        let mut difference = Self::default();
        for set in Set::ALL {
            for &index in splits.get(set) {
                let Some(image) = data.images.get(index) else {
                    continue;
                };
                let file = image.file.clone();
                let Some(known) = left.remove(&file) else {
                    difference.added.push(file);
                    continue;
                };
                let class = data.class_of(index);
                if known.sum != 0 && image.look.sum != 0 && known.sum != image.look.sum {
                    difference.rewritten.push(file.clone());
                }
                if known.set != set {
                    difference.moved.push(file.clone());
                }
                if known.class != class {
                    difference
                        .relabelled
                        .push((file, known.class, class.to_owned()));
                }
            }
        }
        difference.removed = left.into_keys().collect();
        difference.added.sort_unstable();
        difference.moved.sort_unstable();
        difference.rewritten.sort_unstable();
        difference.relabelled.sort_unstable();
        difference
    }

    /// Whether the images are the same, in the same sets, of the same classes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In words, a sentence for each kind of difference; none where there is none.
    pub fn sentences(&self) -> Vec<String> {
        let named = |count: usize, what: [&str; 2], first: Option<&str>| {
            let first = first?;
            Some(match count {
                1 => format!("1 image {}: {first}", what[0]),
                _ => format!("{count} images {}, {first} the first of them", what[1]),
            })
        };
        let of =
            |files: &[String], what| named(files.len(), what, files.first().map(String::as_str));
        let relabelled = self
            .relabelled
            .first()
            .map(|(file, from, to)| format!("{file} (“{from}” to “{to}”)"));
        let sentences = [
            of(&self.added, ["is new", "are new"]),
            of(
                &self.removed,
                ["is gone or left out", "are gone or left out"],
            ),
            named(
                self.relabelled.len(),
                ["has another class", "have another class"],
                relabelled.as_deref(),
            ),
            of(
                &self.rewritten,
                ["has other contents", "have other contents"],
            ),
            of(
                &self.moved,
                ["stands in another set", "stand in another set"],
            ),
        ];
        sentences.into_iter().flatten().collect()
    }
}
