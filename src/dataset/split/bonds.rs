//! Images that a recipe's group keeps together, by their folders or names.

use std::collections::BTreeMap;

use regex_lite::{Regex, RegexBuilder};

use super::Group;
use crate::dataset::{Dataset, DatasetError, Groups};

/// Longest pattern, in bytes, and most memory of a compiled one: patterns come with projects from anywhere.
const PATTERN_BYTES: usize = 1_000;
const COMPILED_BYTES: usize = 1 << 20;

/// From a file's name and class.
type Key<'a> = Box<dyn Fn(&str, usize) -> Option<String> + 'a>;

/// The groups of two images or more. Errors: a pattern that is none or finds nothing, or one group of everything.
pub fn bonds(data: &Dataset, group: &Group) -> Result<Groups, DatasetError> {
    let key: Key<'_> = match group {
        Group::Single => return Ok(Groups::default()),
        Group::Folder => Box::new(|file, class| folder(data, file, class)),
        Group::Pattern(text) => {
            let pattern = pattern(text).map_err(DatasetError::Split)?;
            Box::new(move |file, _| {
                let name = file.rsplit('/').next().unwrap_or(file);
                let found = pattern.captures(name)?;
                let found = found.get(1).or_else(|| found.get(0))?;
                Some(found.as_str().to_owned())
            })
        }
    };
    let mut keyed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut images = 0;
    for (index, image) in data.images.iter().enumerate() {
        if image.excluded {
            continue;
        }
        images += 1;
        if let Some(key) = key(&image.file, image.class) {
            keyed.entry(key).or_default().push(index);
        }
    }
    if let (Group::Pattern(text), true) = (group, keyed.is_empty()) {
        let example = data.images.first().map_or("", |image| image.file.as_str());
        return Err(DatasetError::Split(format!(
            "the pattern “{text}” finds nothing in any file's name, such as {example}: change it, or group by nothing"
        )));
    }
    if let Some((key, _)) = keyed
        .iter()
        .find(|(_, group)| group.len() == images && images > 1)
    {
        return Err(DatasetError::Split(format!(
            "all images are in one group (“{key}”), so nothing is left to check with: group by something else"
        )));
    }
    Ok(Groups::new(
        keyed.into_values().filter(|group| group.len() > 1),
    ))
}

/// A file's folder, unless it is that of its class.
fn folder(data: &Dataset, file: &str, class: usize) -> Option<String> {
    let (folder, _) = file.rsplit_once('/')?;
    let name = folder.rsplit('/').next().unwrap_or(folder);
    (data.classes.get(class)? != name).then(|| folder.to_owned())
}

/// The compiled pattern, or what is wrong with it. Matching takes time linear in the length of a name.
pub fn pattern(text: &str) -> Result<Regex, String> {
    if text.is_empty() || text.len() > PATTERN_BYTES {
        return Err(format!(
            "a pattern for groups has from 1 to {PATTERN_BYTES} letters, such as ^(patient\\d+)"
        ));
    }
    let built = RegexBuilder::new(text).size_limit(COMPILED_BYTES).build();
    built.map_err(|error| format!("the pattern “{text}” is no regular expression ({error}): mend it, such as ^(patient\\d+)"))
}
