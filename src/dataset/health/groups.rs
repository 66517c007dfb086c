//! Images that belong together, and how they are joined.

use serde::{Deserialize, Serialize};

/// Disjoint groups of two images or more: indices into [`Dataset::images`](crate::dataset::Dataset::images), ascending
/// in each group, and the groups by their first image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups(pub(super) Vec<Vec<usize>>);

impl Groups {
    /// From any lists of images; lists that share an image become one group.
    pub fn new(lists: impl IntoIterator<Item = Vec<usize>>) -> Self {
        let lists: Vec<Vec<usize>> = lists.into_iter().collect();
        let len = lists.iter().flatten().max().map_or(0, |last| last + 1);
        let mut union = Union::new(len);
        for list in &lists {
            for pair in list.windows(2) {
                if let [left, right] = *pair {
                    union.join(left, right);
                }
            }
        }
        union.groups()
    }

    /// The groups.
    pub fn iter(&self) -> impl Iterator<Item = &[usize]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// Number of groups.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Images that are in a group.
    pub fn images(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// These groups and those, joined where they share an image.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return if self.is_empty() { other } else { self }.clone();
        }
        Self::new(self.0.iter().chain(&other.0).cloned())
    }

    /// The group of each of `len` images, if it has one.
    pub fn of_images(&self, len: usize) -> Vec<Option<usize>> {
        let mut of = vec![None; len];
        for (number, group) in self.0.iter().enumerate() {
            for &image in group {
                if let Some(of) = of.get_mut(image) {
                    *of = Some(number);
                }
            }
        }
        of
    }
}

/// Disjoint sets with path halving (Tarjan and van Leeuwen 1984); the root of a set is its smallest element.
pub struct Union(Vec<u32>);

impl Union {
    pub fn new(len: usize) -> Self {
        Self((0..u32::try_from(len).unwrap_or(u32::MAX)).collect())
    }

    fn parent(&self, item: usize) -> usize {
        self.0.get(item).map_or(item, |&parent| parent as usize)
    }

    pub fn root(&mut self, mut item: usize) -> usize {
        loop {
            let parent = self.parent(item);
            if parent == item {
                return item;
            }
            let above = self.parent(parent);
            if let Some(slot) = self.0.get_mut(item) {
                *slot = above as u32;
            }
            item = above;
        }
    }

    pub fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        if let Some(slot) = self.0.get_mut(left.max(right)) {
            *slot = left.min(right) as u32;
        }
    }

    /// The sets of two or more.
    pub fn groups(&mut self) -> Groups {
        let len = self.0.len();
        let mut place = vec![u32::MAX; len];
        let mut sizes = vec![0u32; len];
        for item in 0..len {
            let root = self.root(item);
            if let Some(size) = sizes.get_mut(root) {
                *size += 1;
            }
        }
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for item in 0..len {
            let root = self.root(item);
            let (Some(place), Some(size)) = (place.get_mut(root), sizes.get(root)) else {
                continue;
            };
            if *size < 2 {
                continue;
            }
            if *place == u32::MAX {
                *place = groups.len() as u32;
                groups.push(Vec::with_capacity(*size as usize));
            }
            if let Some(group) = groups.get_mut(*place as usize) {
                group.push(item);
            }
        }
        Groups(groups)
    }
}
