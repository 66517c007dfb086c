//! The network as a program for another library.

use std::path::PathBuf;

use super::state::State;
use super::view::PathPurpose;
use crate::export::{Target, code};
use crate::network::Network;
use crate::project::{Recipe, atomic};
use crate::training::TrainingImages;

/// A program to be written.
pub struct Program {
    target: Target,
    path: PathBuf,
    network: Network,
    recipe: Recipe,
    classes: Vec<String>,
    /// For the figures that the recipe takes from them.
    images: Option<TrainingImages>,
}

impl Program {
    /// Writes it to its file, which must not be there yet.
    ///
    /// # Errors
    /// In words: what the library cannot express, or why the file cannot be written.
    pub fn write(mut self) -> Result<PathBuf, String> {
        if let Some(images) = &self.images {
            let normalise = &mut self.recipe.preprocess.normalise;
            *normalise = images.resolved(*normalise, self.network.input());
        }
        let mut path = self.path;
        if path.extension().is_none() {
            path.set_extension(self.target.extension());
        }
        if path.exists() {
            let path = path.display();
            return Err(format!("{path} is there already: name another file"));
        }
        let text = code(self.target, &self.network, &self.recipe, &self.classes);
        let text = text.map_err(|error| error.to_string())?;
        let written = atomic::write(&path, text.as_bytes());
        written.map_err(|error| format!("{}: {}", path.display(), atomic::explain(&error)))?;
        Ok(path)
    }
}

impl State {
    pub(super) fn export_code(&mut self, target: Target, path: Option<PathBuf>) {
        let Some(network) = self.report.network.clone() else {
            self.tell(
                true,
                "Mend the network first: its problems are told at its cards",
            );
            return;
        };
        let Some(path) = path else {
            let name = format!("{}.{}", self.project.name, target.extension());
            self.jobs.choose(PathPurpose::ExportCode(target), name);
            return;
        };
        let named = self.data.ready().map(|(data, _)| data.classes.clone());
        // Without images its classes are known by number only.
        let count = network.outputs().max(2);
        let numbered = || {
            (1..=count)
                .map(|number| format!("class {number}"))
                .collect()
        };
        self.jobs.export(Program {
            target,
            path,
            recipe: self.project.recipe.clone(),
            images: self.training_images(),
            classes: named.unwrap_or_else(numbered),
            network,
        });
    }

    pub(super) fn exported(&mut self, written: Result<PathBuf, String>) {
        match written {
            Ok(path) => self.tell(false, format!("The program is in {}", path.display())),
            Err(message) => self.tell(true, message),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dataset::{Dataset, Normalise, Splits};
    use crate::network::{Context, Loss, check, template};

    #[test]
    fn a_program_normalises_as_a_training_on_these_images_would() {
        let folder = tempfile::tempdir().unwrap();
        let mut recipe = Recipe::default();
        recipe.preprocess.normalise = Normalise::Statistics;
        let context = Context {
            classes: Some(10),
            loss: Loss::CrossEntropy,
            batch: 1,
        };
        let graph = template("digits-cnn").unwrap().graph(Some(10));
        let splits = Splits {
            train: (0..100).collect(),
            ..Splits::default()
        };
        let images = TrainingImages {
            data: Arc::new(Dataset::digits()),
            splits: Arc::new(splits),
        };
        let program = |name: &str, images: Option<TrainingImages>| {
            let program = Program {
                target: Target::PyTorch,
                path: folder.path().join(name),
                network: check(&graph, &context).network.unwrap(),
                recipe: recipe.clone(),
                classes: (0..10).map(|class| class.to_string()).collect(),
                images,
            };
            std::fs::read_to_string(program.write().unwrap()).unwrap()
        };
        assert!(program("with.py", Some(images)).contains("MEAN = "));
        assert!(!program("without.py", None).contains("MEAN = "));
    }
}
