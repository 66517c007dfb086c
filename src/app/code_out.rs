//! The network as a program for another library.

use std::path::PathBuf;

use super::state::State;
use super::view::PathPurpose;
use crate::export::{Target, code};
use crate::network::Network;
use crate::project::{Recipe, atomic};

/// A program to be written.
pub struct Program {
    target: Target,
    path: PathBuf,
    network: Network,
    recipe: Recipe,
    classes: Vec<String>,
}

impl Program {
    /// Writes it to its file, which must not be there yet.
    ///
    /// # Errors
    /// In words: what the library cannot express, or why the file cannot be written.
    pub fn write(self) -> Result<PathBuf, String> {
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
