//! The blocks that the user keeps for other projects: a small TOML file each, in the program's own folder.

use std::path::{Path, PathBuf};

use super::{Places, ProjectError, atomic, places::make_parent, read};
use crate::network::Fragment;

/// More blocks than this are not listed.
const LISTED: usize = 200;

/// A block that is kept.
#[derive(Clone, Debug)]
pub struct SavedBlock {
    pub name: String,
    pub path: PathBuf,
    pub fragment: Fragment,
}

impl Places {
    fn blocks_folder(&self) -> PathBuf {
        self.root().join("blocks")
    }

    /// All kept blocks by name, and what is wrong with the files that cannot be read.
    pub fn blocks(&self) -> (Vec<SavedBlock>, Vec<String>) {
        let mut blocks = Vec::new();
        let mut problems = Vec::new();
        let files = std::fs::read_dir(self.blocks_folder())
            .into_iter()
            .flatten();
        let mut files: Vec<PathBuf> = files
            .flatten()
            .map(|file| file.path())
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .collect();
        files.sort();
        for path in files.into_iter().take(LISTED) {
            match block(&path) {
                Ok(block) => blocks.push(block),
                Err(problem) => problems.push(problem),
            }
        }
        blocks.sort_by(|left, right| left.name.cmp(&right.name));
        (blocks, problems)
    }

    /// Keeps a block under its name, with a number behind it where another block has the name already: what the user
    /// has kept is not written over.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save_block(&self, name: &str, text: &str) -> Result<PathBuf, ProjectError> {
        let name = file_name(name);
        let place = |number: usize| match number {
            1 => self.blocks_folder().join(format!("{name}.toml")),
            _ => self.blocks_folder().join(format!("{name} {number}.toml")),
        };
        let other = |path: &Path| match std::fs::read(path) {
            Ok(there) => there != text.as_bytes(),
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        };
        let free = (1..=LISTED).map(place).find(|path| !other(path));
        let path = free.ok_or_else(|| ProjectError::NotWritable {
            path: place(1),
            reason: format!("{LISTED} blocks have this name: delete some, or choose another name"),
        })?;
        make_parent(&path)?;
        atomic::save(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Deletes the file of a kept block; no other file.
    ///
    /// # Errors
    /// Where the file is none of these, or cannot be deleted.
    pub fn delete_block(&self, path: &Path) -> Result<(), ProjectError> {
        if path.parent() != Some(self.blocks_folder().as_path()) {
            return Err(ProjectError::NotWritable {
                path: path.to_path_buf(),
                reason: "it is no saved block".to_owned(),
            });
        }
        std::fs::remove_file(path).map_err(|error| ProjectError::writing(path, &error))
    }
}

fn block(path: &Path) -> Result<SavedBlock, String> {
    let text = read::text(path).map_err(|error| error.to_string())?;
    let fragment =
        Fragment::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    // The block's own name says more than its file's, unless a number in the file's keeps two of that name apart.
    let name = match fragment.graph().blocks() {
        [block] if file_name(&block.name) == stem => block.name.clone(),
        _ => stem.into_owned(),
    };
    Ok(SavedBlock {
        name,
        path: path.to_path_buf(),
        fragment,
    })
}

/// A name as a file's: nothing in it leads to another folder.
fn file_name(name: &str) -> String {
    let letters = name.chars().map(|letter| match letter {
        letter if letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_') => letter,
        _ => '_',
    });
    let name: String = letters.take(60).collect();
    match name.trim() {
        "" => "Block".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Graph, Kind, Layer};

    #[test]
    fn a_block_is_kept_listed_and_deleted() {
        let home = tempfile::tempdir().expect("a folder");
        let places = Places::at(home.path());
        let graph = Graph::chain(Layer::new(Kind::Input), [Layer::new(Kind::Conv2d)]);
        let fragment = Fragment::new(graph);
        let path = places.save_block("../up/Rest", &fragment.to_text());
        let path = path.expect("a file");
        assert!(path.starts_with(home.path().join("blocks")));
        std::fs::write(home.path().join("blocks/broken.toml"), "kind = ").expect("a file");
        let (blocks, problems) = places.blocks();
        assert_eq!((blocks.len(), problems.len()), (1, 1), "{problems:?}");
        assert_eq!(blocks[0].fragment, fragment);
        let other = Graph::chain(Layer::new(Kind::Input), [Layer::new(Kind::Flatten)]);
        let second = places.save_block("../up/Rest", &Fragment::new(other).to_text());
        let again = places.save_block("../up/Rest", &fragment.to_text());
        assert_eq!(again.expect("the same file"), path);
        let names = places.blocks().0.into_iter().map(|block| block.name);
        assert!(names.eq(["___up_Rest", "___up_Rest 2"]), "both are kept");
        places
            .delete_block(&second.expect("a file"))
            .expect("it is deleted");
        let elsewhere = home.path().join("settings.json");
        assert!(places.delete_block(&elsewhere).is_err());
        places.delete_block(&path).expect("it is deleted");
        assert!(places.blocks().0.is_empty());
    }
}
