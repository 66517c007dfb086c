//! A change of the data on the list of changes, and in words.

use super::DataChange;
use crate::app::widgets::thousands;
use crate::dataset::{Changes, Dataset, Set};

/// How many files would move, and where to.
pub fn asking(data: &Dataset, changes: &Changes) -> (String, String) {
    let there = |file: &&String| data.index_of(file).is_some();
    let excluded = changes.excluded.iter().filter(there).count();
    let moves = changes.relabelled.keys().chain(changes.moved.keys());
    let moves = moves.filter(|file| !changes.excluded.contains(*file));
    let moves: std::collections::BTreeSet<&String> = moves.filter(there).collect();
    let mut text = Vec::new();
    if !moves.is_empty() {
        let count = files(moves.len());
        text.push(format!(
            "{count} to the folder of the class or set that you gave."
        ));
    }
    if excluded > 0 {
        let root = data
            .root()
            .map_or_else(String::new, |root| root.display().to_string());
        text.push(format!("{} to {root}-excluded.", files(excluded)));
    }
    text.push("Nothing is deleted or written over, and the moves can be taken back.".to_owned());
    let all = files(moves.len() + excluded);
    (format!("Move {all}?"), text.join(" "))
}

fn files(count: usize) -> String {
    match count {
        1 => "1 file".to_owned(),
        _ => format!("{} files", thousands(count as u64)),
    }
}

fn images(count: usize) -> String {
    match count {
        1 => "1 image".to_owned(),
        _ => format!("{} images", thousands(count as u64)),
    }
}

/// The changes with one more, and the name of the step.
pub fn changed(data: &Dataset, now: &Changes, change: &DataChange) -> (String, Changes) {
    let mut after = now.clone();
    let file = |index: &usize| data.images.get(*index).map(|image| image.file.as_str());
    let name = match change {
        DataChange::Exclude(list) => {
            after.exclude(list.iter().filter_map(file));
            format!("exclude {}", images(list.len()))
        }
        DataChange::Restore(list) => {
            after.restore(list.iter().filter_map(file));
            format!("restore {}", images(list.len()))
        }
        DataChange::Relabel(list, class) => {
            for &index in list {
                let found = data.class_before(index);
                let found = found.unwrap_or_else(|| data.class_of(index));
                if let Some(file) = file(&index) {
                    after.relabel(file, found, class);
                }
            }
            format!("relabel {} as {class}", images(list.len()))
        }
        DataChange::SameSide(list) => {
            for (index, set) in list {
                same_side(data, &mut after, *index, *set);
            }
            format!("move {} to the same side", images(list.len()))
        }
        DataChange::Accept(key, true) => {
            after.accepted.insert(key.clone());
            "accept a finding".to_owned()
        }
        DataChange::Accept(key, false) => {
            after.accepted.remove(key);
            "count a finding again".to_owned()
        }
        DataChange::RestoreAll => {
            after = Changes::default();
            String::new()
        }
    };
    (name, after)
}

fn same_side(data: &Dataset, after: &mut Changes, index: usize, set: Set) {
    if let Some(image) = data.images.get(index) {
        after.moved.insert(image.file.clone(), set);
    }
}
