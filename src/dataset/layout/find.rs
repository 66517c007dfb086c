//! The layouts that fit a listing, each with its classes and images, before any image is opened.

use std::collections::HashSet;

use super::super::files::{Kind, kind};
use super::assign::{assign_list, assign_table, main_of};
use super::columns::{Columns, ONE_HOT};
use super::folders::{self, Shape};
use super::lines::{self, Origin};
use super::list::List;
use super::names::Names;
use super::prefix;
use super::records::{Batches, Pairs, batches, pairs};
use super::table::Sheet;
use super::{Candidate, DatasetError, Layout, Tree, brief, some};

/// Tables, and lists, that are looked into.
const MAX_LOOKED: usize = 24;

/// A candidate with what is needed to read it.
pub(super) struct Fit {
    pub candidate: Candidate,
    pub how: How,
}

pub(super) enum How {
    Folders(usize),
    Table(Vec<Origin>, Choice),
    List(Vec<Origin>),
    Idx(Pairs),
    Cifar(Batches, bool),
    Names,
}

/// Columns by name.
#[derive(Clone)]
pub(super) struct Choice {
    pub image: String,
    pub class: String,
    pub set: Option<String>,
}

/// What could be meant, and what could not.
pub(super) struct Fits {
    pub fits: Vec<Fit>,
    pub shape: Shape,
    pub pictures: usize,
    /// Files that looked like tables or lists, and why they do not serve.
    pub refused: Vec<(String, String)>,
}

/// Looks for everything that a listing can mean.
pub(super) fn find(
    tree: &Tree,
    focus: Option<&str>,
    wanted: Option<&Layout>,
) -> Result<Fits, DatasetError> {
    let nothing = tree.entries.is_empty() && tree.empty.is_empty();
    if nothing && tree.problems.is_empty() {
        return Err(DatasetError::Empty(tree.store.root.clone()));
    }
    let shape = folders::shape(tree);
    let mut found = Fits {
        fits: Vec::new(),
        pictures: tree
            .entries
            .iter()
            .filter(|entry| entry.kind == Kind::Picture)
            .count(),
        shape,
        refused: Vec::new(),
    };
    let focused = focus.map(kind);
    let any = focused.is_none();
    if any {
        let levels = found.shape.candidates();
        found.fits.extend(levels.into_iter().map(|candidate| {
            let level = match candidate.layout {
                Layout::Folders { level } => level,
                _ => 1,
            };
            Fit {
                candidate,
                how: How::Folders(level),
            }
        }));
    }
    if any && let Some(candidate) = prefix::candidate(tree, &found.shape) {
        let how = How::Names;
        found.fits.push(Fit { candidate, how });
    }
    let names = Names::new(tree);
    if any || focused == Some(Kind::Table) {
        found.tables(tree, &names, focus, wanted);
    }
    if any || focused == Some(Kind::List) {
        found.lists(tree, &names, focus);
    }
    if any || !matches!(focused, Some(Kind::Table | Kind::List)) {
        found.records(tree, focus);
    }
    Ok(found)
}

/// Files of a kind, the ones nearest to the root first.
fn of_kind(tree: &Tree, wanted: Kind) -> Vec<String> {
    let depth = |path: &&str| path.matches('/').count();
    let mut files: Vec<&str> = tree
        .entries
        .iter()
        .filter(|entry| entry.kind == wanted)
        .map(|entry| entry.path.as_str())
        .collect();
    files.sort_by_key(depth);
    files.into_iter().map(str::to_owned).collect()
}

/// The files that are looked into, each with those that belong to it; one that belongs to an earlier one is not looked
/// into again.
fn families<'a>(
    all: &'a [String],
    focus: Option<&str>,
) -> impl Iterator<Item = (&'a String, Vec<Origin>)> {
    let is_looked_at = move |file: &&String| focus.is_none_or(|focus| focus == *file);
    let mut seen: HashSet<String> = HashSet::new();
    let files = all.iter().filter(is_looked_at).take(MAX_LOOKED);
    files.filter_map(move |file| {
        if seen.contains(file) {
            return None;
        }
        let family = match focus {
            Some(_) => lines::family(file, std::slice::from_ref(file)),
            None => lines::family(file, all),
        };
        seen.extend(family.iter().map(|origin| origin.file.clone()));
        Some((file, family))
    })
}

impl Fits {
    fn tables(
        &mut self,
        tree: &Tree,
        names: &Names<'_>,
        focus: Option<&str>,
        wanted: Option<&Layout>,
    ) {
        let all = of_kind(tree, Kind::Table);
        for (file, family) in families(&all, focus) {
            let found = main_of(&family).and_then(|main| {
                let sheet = Sheet::open(tree, names, main.clone())?;
                let columns = sheet.columns(names)?;
                Ok((sheet, columns))
            });
            match found {
                Ok((sheet, columns)) => {
                    for columns in columns {
                        self.table(tree, names, &family, &sheet, &columns);
                    }
                }
                Err(reason) => self.refused.push((file.clone(), reason)),
            }
        }
        // Columns that the user has chosen and nobody would guess.
        if let Some(
            layout @ Layout::Table {
                file,
                image,
                class,
                set,
            },
        ) = wanted
            && !self.has(layout)
            && all.contains(file)
        {
            let choice = Choice {
                image: image.clone(),
                class: class.clone(),
                set: set.clone(),
            };
            let family = lines::family(file, &all);
            self.table_by_name(tree, names, family, file, choice, true);
        }
    }

    fn table(
        &mut self,
        tree: &Tree,
        names: &Names<'_>,
        family: &[Origin],
        sheet: &Sheet,
        columns: &Columns,
    ) {
        let name = |at: usize| sheet.header.get(at).cloned().unwrap_or_default();
        let choice = Choice {
            image: name(columns.image),
            class: match columns.one_hot.is_empty() {
                true => name(columns.class),
                false => ONE_HOT.to_owned(),
            },
            set: columns.set.map(name),
        };
        let file = &sheet.origin.file;
        self.table_by_name(tree, names, family.to_vec(), file, choice, columns.stated);
    }

    fn table_by_name(
        &mut self,
        tree: &Tree,
        names: &Names<'_>,
        mut family: Vec<Origin>,
        file: &str,
        choice: Choice,
        stated: bool,
    ) {
        if choice.set.is_some() {
            // A column says the set, so the file's name need not.
            family.retain(|origin| origin.file == file);
            family.iter_mut().for_each(|origin| origin.set = None);
        }
        let assignment = match assign_table(tree, names, &family, &choice) {
            Ok((assignment, _)) => assignment,
            Err(reason) => return self.refused.push((file.to_owned(), reason)),
        };
        let (classes, images) = assignment.counts();
        self.fits.push(Fit {
            candidate: Candidate {
                layout: Layout::Table {
                    file: file.to_owned(),
                    image: choice.image.clone(),
                    class: choice.class.clone(),
                    set: choice.set.clone(),
                },
                title: match choice.class.as_str() {
                    ONE_HOT => format!(
                        "{}: a column for each class: {}",
                        brief(file),
                        assignment.names()
                    ),
                    class => format!(
                        "{}: the column “{}” is the class: {}",
                        brief(file),
                        brief(class),
                        assignment.names()
                    ),
                },
                classes,
                images,
                stated: stated && !file.to_lowercase().contains("submission"),
            },
            how: How::Table(family, choice),
        });
    }

    fn lists(&mut self, tree: &Tree, names: &Names<'_>, focus: Option<&str>) {
        let all = of_kind(tree, Kind::List);
        for (file, family) in families(&all, focus) {
            let list = match main_of(&family).and_then(|main| List::open(tree, main.clone())) {
                Ok(list) => list,
                Err(reason) => {
                    self.refused.push((file.clone(), reason));
                    continue;
                }
            };
            let share = list.share(names);
            if !share.is_list() {
                if focus.is_some() {
                    let reason = "names hardly a file that is there: write a path in each line, from the list's folder on";
                    self.refused.push((file.clone(), reason.into()));
                }
                continue;
            }
            let (assignment, _) = assign_list(tree, names, &family);
            let (classes, images) = assignment.counts();
            let what = if share.classed > 0 {
                "behind it"
            } else {
                "by folder"
            };
            self.fits.push(Fit {
                candidate: Candidate {
                    layout: Layout::List {
                        file: list.origin.file.clone(),
                    },
                    title: format!(
                        "{}: a path in each line, the class {what}: {}",
                        brief(&list.origin.file),
                        assignment.names()
                    ),
                    classes,
                    images,
                    stated: share.classed > 0,
                },
                how: How::List(family),
            });
        }
    }

    fn records(&mut self, tree: &Tree, focus: Option<&str>) {
        let pairs = pairs(tree, focus);
        let refused = pairs.problems().iter();
        let refused = refused.map(|problem| (problem.file.clone(), problem.reason.clone()));
        self.refused.extend(refused);
        if pairs.count() > 0 {
            let names = some(pairs.names(), pairs.names().count());
            self.fits.push(Fit {
                candidate: Candidate {
                    layout: Layout::Idx,
                    title: format!("IDX files as MNIST has them: {names}"),
                    classes: 0,
                    images: pairs.count(),
                    stated: true,
                },
                how: How::Idx(pairs),
            });
        }
        let Some(batches) = batches(tree, focus) else {
            return;
        };
        for coarse in [false, true] {
            if coarse && !batches.hundred {
                continue;
            }
            let names = batches.names(tree, coarse);
            let kind = match (batches.hundred, coarse) {
                (false, _) => "CIFAR-10",
                (true, false) => "CIFAR-100, the fine classes",
                (true, true) => "CIFAR-100, the coarse classes",
            };
            self.fits.push(Fit {
                candidate: Candidate {
                    layout: Layout::Cifar { coarse },
                    title: format!(
                        "{kind}: {}",
                        some(names.iter().map(String::as_str), names.len())
                    ),
                    classes: names.len(),
                    images: batches.count(tree),
                    stated: true,
                },
                how: How::Cifar(batches.clone(), coarse),
            });
        }
    }

    fn has(&self, layout: &Layout) -> bool {
        self.fits
            .iter()
            .any(|option| option.candidate.layout == *layout)
    }
}
