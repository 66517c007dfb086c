//! Which images of a list are chosen: by click, with Shift and Ctrl, by keys.

use std::collections::BTreeSet;

use egui::Modifiers;

/// Chosen images of one list, by their index into the data set; the cursor is a place in the list.
#[derive(Default)]
pub struct Selection {
    chosen: BTreeSet<usize>,
    /// Where a range begins.
    anchor: usize,
    pub cursor: usize,
    /// Counts changes of what is chosen.
    state: u64,
}

impl Selection {
    pub fn clear(&mut self) {
        let state = self.state + 1;
        *self = Self {
            state,
            ..Self::default()
        };
    }

    /// Another number than before where something else is chosen.
    pub fn state(&self) -> u64 {
        self.state
    }

    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.chosen.iter().copied()
    }

    pub fn is_empty(&self) -> bool {
        self.chosen.is_empty()
    }

    pub fn len(&self) -> usize {
        self.chosen.len()
    }

    pub fn has(&self, image: usize) -> bool {
        self.chosen.contains(&image)
    }

    pub fn images(&self) -> Vec<usize> {
        self.chosen.iter().copied().collect()
    }

    /// What is not in the list any more is not chosen any more.
    pub fn keep(&mut self, list: &[usize]) {
        if !self.chosen.is_empty() {
            let there: BTreeSet<usize> = list.iter().copied().collect();
            self.chosen.retain(|image| there.contains(image));
            self.state += 1;
        }
        self.cursor = self.cursor.min(list.len().saturating_sub(1));
    }

    pub fn all(&mut self, list: &[usize]) {
        self.state += 1;
        self.chosen = list.iter().copied().collect();
    }

    /// A click, or a step of the cursor, onto a place of the list.
    pub fn click(&mut self, list: &[usize], place: usize, modifiers: Modifiers) {
        let Some(&image) = list.get(place) else {
            return;
        };
        self.cursor = place;
        self.state += 1;
        if modifiers.shift {
            let (from, to) = (self.anchor.min(place), self.anchor.max(place));
            if !modifiers.command {
                self.chosen.clear();
            }
            self.chosen
                .extend(list.get(from..=to).unwrap_or(&[]).iter().copied());
            return;
        }
        self.anchor = place;
        if modifiers.command {
            if !self.chosen.remove(&image) {
                self.chosen.insert(image);
            }
            return;
        }
        self.chosen.clear();
        self.chosen.insert(image);
    }
}
