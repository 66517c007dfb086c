//! Which of the layouts that fit a listing is meant, and the images that follow.

use std::collections::BTreeSet;

use rayon::prelude::*;
use twox_hash::XxHash3_64;

use super::super::files::{Kind, kind};
use super::assign::{assign_list, assign_table};
use super::find::{Fit, Fits, How, find};
use super::folders::Shape;
use super::lines::Origin;
use super::names::{self, Names};
use super::records::is_pickle;
use super::{DatasetError, Found, Layout, LayoutChoice, Plan, Progress, Tree, brief};

/// Finds the images of a listing: as `wanted`, or as is likeliest. `focus`: the file in it that the user has opened.
pub(in crate::dataset) fn read(
    mut tree: Tree,
    focus: Option<&str>,
    wanted: Option<&Layout>,
    progress: &Progress,
) -> Result<Plan, DatasetError> {
    if let Some(focus) = focus
        && matches!(kind(focus), Kind::Table | Kind::List)
    {
        add_outside(&mut tree, focus);
    }
    let mut found = find(&tree, focus, wanted)?;
    let at = choose(&found, focus, wanted);
    if progress.cancelled() {
        return Err(DatasetError::Cancelled);
    }
    let Some(at) = at else {
        return Err(nothing(&tree, &found, focus, wanted));
    };
    let unused = match wanted {
        None if focus.is_none() => unused(&tree, &found, at),
        _ => Vec::new(),
    };
    let choices = choices(&found, at);
    let option = found.fits.swap_remove(at);
    let mut plan = carry_out(&mut tree, &found.shape, option.how, progress)?;
    plan.problems.append(&mut tree.problems);
    plan.notices.append(&mut tree.notices);
    plan.notices.extend(unused);
    plan.notices.extend(same_but_case(&plan));
    plan.choices = choices;
    if let Some(choice) = plan.choices.iter_mut().find(|choice| choice.chosen)
        && choice.layout == Layout::Idx
    {
        // Only the labels themselves say how many classes there are.
        let classes: BTreeSet<&String> = plan.groups.iter().map(|group| &group.class).collect();
        choice.classes = classes.len();
        choice.images = plan.found.len();
    }
    Ok(plan)
}

/// Tables that could not be used, where none is.
fn unused(tree: &Tree, found: &Fits, chosen: usize) -> Vec<String> {
    let chosen = found.fits.get(chosen);
    if chosen.is_some_and(|fit| matches!(fit.how, How::Table(..) | How::Idx(_) | How::Cifar(..))) {
        return Vec::new();
    }
    let tables = found
        .refused
        .iter()
        .filter(|(file, _)| kind(file) == Kind::Table);
    let words = |(file, reason): &(String, String)| format!("{}{UNUSED}{reason}", brief(file));
    let sheets = tree
        .entries
        .iter()
        .filter(|entry| ends_in(&entry.path, &["xlsx", "xls", "ods"]));
    let sheets = sheets.map(|entry| {
        let file = brief(&entry.path);
        format!("{file}{UNUSED}is a spreadsheet: save it as CSV")
    });
    tables.map(words).chain(sheets).take(3).collect()
}

fn ends_in(path: &str, endings: &[&str]) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    endings
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// Between the name of a table and the reason.
const UNUSED: &str = " is not used: it ";

/// Of what is told, why tables do not serve, to go on a sentence with.
pub(in crate::dataset) fn unused_tables(notices: &[String]) -> String {
    let notices = notices.iter().filter(|notice| notice.contains(UNUSED));
    notices.map(|notice| format!(". {notice}")).collect()
}

/// The layouts that fit and give more than one class, for the user to choose among.
fn choices(found: &Fits, chosen: usize) -> Vec<LayoutChoice> {
    let choice = |(number, fit): (usize, &Fit)| LayoutChoice {
        layout: fit.candidate.layout.clone(),
        title: fit.candidate.title.clone(),
        classes: fit.candidate.classes,
        images: fit.candidate.images,
        chosen: number == chosen,
    };
    let is_one =
        |choice: &LayoutChoice| choice.chosen || choice.classes > 1 || choice.layout == Layout::Idx;
    found
        .fits
        .iter()
        .enumerate()
        .map(choice)
        .filter(is_one)
        .collect()
}

/// A list that was opened by itself may name files anywhere: the user has asked for them.
fn add_outside(tree: &mut Tree, focus: &str) {
    let Ok((text, _)) = super::table::load(tree, focus) else {
        return;
    };
    let fields = text
        .split(['\n', '\r', '\t', ',', ';', '|', '"'])
        .filter_map(|field| names::outside(&tree.store.root, field));
    let mut paths: Vec<String> = fields.collect();
    // A list divides by spaces, and paths have spaces too.
    let by_space = text.lines().filter_map(|line| {
        let (path, _) = line.trim().rsplit_once(' ')?;
        names::outside(&tree.store.root, path)
    });
    paths.extend(by_space);
    paths.sort_unstable();
    paths.dedup();
    tree.add_outside(paths);
}

/// The number of the option that is meant.
fn choose(found: &Fits, focus: Option<&str>, wanted: Option<&Layout>) -> Option<usize> {
    let position = |test: &dyn Fn(&Fit) -> bool| found.fits.iter().position(test);
    if let Some(wanted) = wanted {
        return position(&|option| option.candidate.layout == *wanted);
    }
    let usual = found.shape.usual;
    let folders = position(&|option| matches!(option.how, How::Folders(level) if level == usual));
    let records = position(&|option| {
        matches!(option.how, How::Idx(_) | How::Cifar(..))
            && (focus.is_some() || option.candidate.images > found.pictures)
    });
    let rows = |stated: bool| {
        let fits = |option: &Fit| {
            let candidate = &option.candidate;
            matches!(option.how, How::Table(..) | How::List(_))
                && candidate.classes >= 2
                && (candidate.stated || !stated)
                && candidate.images * 4 >= found.pictures
        };
        let best = found
            .fits
            .iter()
            .enumerate()
            .filter(|(_, option)| fits(option))
            .max_by_key(|(at, option)| {
                (
                    option.candidate.stated,
                    option.candidate.images,
                    std::cmp::Reverse(*at),
                )
            });
        best.map(|(at, _)| at)
    };
    let many = folders.filter(|&at| {
        found
            .fits
            .get(at)
            .is_some_and(|option| option.candidate.classes >= 2)
    });
    // A table that labels what the folders leave without a class (the test images of a competition) says more.
    let in_folders = folders.and_then(|at| found.fits.get(at));
    let in_folders = in_folders.map_or(0, |option| option.candidate.images);
    let labels_more = |at: usize| {
        let labelled = found.fits.get(at).map_or(0, |table| table.candidate.images);
        (labelled > in_folders && found.shape.has_unlabelled())
            || (labelled * 4 >= found.pictures * 3 && found.shape.says_less())
    };
    let stated = rows(true).filter(|&at| found.shape.says_little() || labels_more(at));
    let by_name = position(&|option| matches!(option.how, How::Names));
    let rather = by_name.filter(|_| found.shape.says_nothing());
    let first = (!found.fits.is_empty()).then_some(0);
    let any = if focus.is_some() { first } else { None };
    records
        .or(stated)
        .or(rather)
        .or(many)
        .or(rows(false))
        .or(by_name)
        .or(folders)
        .or(any)
}

fn carry_out(
    tree: &mut Tree,
    shape: &Shape,
    how: How,
    progress: &Progress,
) -> Result<Plan, DatasetError> {
    let source = |family: &[Origin]| {
        let names: Vec<&str> = family.iter().map(|origin| origin.file.as_str()).collect();
        names.join(" and ")
    };
    let root = tree.store.root.clone();
    let refused = |reason: String| DatasetError::Layout {
        folder: root,
        reason,
    };
    match how {
        How::Folders(level) => Ok(shape.plan(tree, level)),
        How::Names => Ok(super::prefix::plan(tree)),
        How::Idx(pairs) => pairs.plan(tree, progress).map(Plan::sorted),
        How::Cifar(batches, coarse) => batches.plan(tree, coarse, progress).map(Plan::sorted),
        How::Table(family, choice) => {
            let assigned = assign_table(tree, &Names::new(tree), &family, &choice);
            let (assignment, notices) = assigned.map_err(refused)?;
            let mut plan = assignment.plan(tree, &source(&family));
            plan.notices.extend(notices);
            Ok(plan)
        }
        How::List(family) => {
            let (assignment, notices) = assign_list(tree, &Names::new(tree), &family);
            let mut plan = assignment.plan(tree, &source(&family));
            plan.notices.extend(notices);
            Ok(plan)
        }
    }
}

/// Why there is no layout, in words that say what there is.
fn nothing(
    tree: &Tree,
    found: &Fits,
    focus: Option<&str>,
    wanted: Option<&Layout>,
) -> DatasetError {
    let folder = tree.store.root.clone();
    if tree.entries.is_empty() {
        let first = tree.problems.first();
        let detail = first.map_or(String::new(), |first| {
            format!(" ({}: {})", first.file, first.reason)
        });
        return DatasetError::NoImages { folder, detail };
    }
    let told = |(file, reason): &(String, String)| format!("“{}” {reason}", brief(file));
    if let Some(wanted) = wanted {
        let file = match wanted {
            Layout::Table { file, .. } | Layout::List { file } => Some(file.as_str()),
            _ => None,
        };
        let refused = found.refused.iter().rev();
        let mut refused = refused.filter(|(other, _)| file.is_none_or(|file| file == other));
        let why = refused.next().map(told);
        let kinds: Vec<&str> = found
            .fits
            .iter()
            .map(|option| option.candidate.title.as_str())
            .collect();
        let instead = match kinds.as_slice() {
            [] => String::new(),
            kinds => format!(". What fits: {}", kinds.join("; ")),
        };
        let reason = format!(
            "{}{instead}",
            why.unwrap_or_else(|| format!("{} is not what the files are", words(wanted)))
        );
        return DatasetError::Layout { folder, reason };
    }
    if focus.is_some() {
        let why: Vec<String> = found.refused.iter().map(told).collect();
        let reason = match why.as_slice() {
            [] => "there are no images with classes in it".to_owned(),
            why => why.join("; "),
        };
        return DatasetError::Layout { folder, reason };
    }
    let mut hint: String = found
        .refused
        .iter()
        .take(3)
        .map(|refused| format!(". {}", told(refused)))
        .collect();
    hint.push_str(&other_forms(tree));
    DatasetError::NoClasses { folder, hint }
}

/// Files that hold images in a form that is opened otherwise, to go on a sentence with.
fn other_forms(tree: &Tree) -> String {
    let mut hint = String::new();
    let is_archive =
        |path: &str| ends_in(path, &["zip", "tar", "tgz", "gz"]) && kind(path) == Kind::Other;
    if let Some(archive) = tree.entries.iter().find(|entry| is_archive(&entry.path)) {
        let name = brief(&archive.path);
        hint.push_str(&format!(". “{name}” is an archive: open it by itself"));
    }
    if tree.entries.iter().any(|entry| is_pickle(&entry.path)) {
        hint.push_str(". These are CIFAR's batches in Python's form: get the binary version (…-binary.tar.gz)");
    }
    hint
}

fn words(layout: &Layout) -> String {
    match layout {
        Layout::Folders { level } => format!("the folder at level {level} as the class"),
        Layout::Table { file, .. } => format!("the table {}", brief(file)),
        Layout::List { file } => format!("the list {}", brief(file)),
        Layout::Names => "the beginning of the files' names as the class".into(),
        Layout::Idx => "MNIST's IDX files".into(),
        Layout::Cifar { coarse: false } => "CIFAR's batches".into(),
        Layout::Cifar { coarse: true } => "CIFAR-100 by its coarse labels".into(),
    }
}

/// Files whose names differ in upper and lower case alone, which other systems cannot keep apart.
fn same_but_case(plan: &Plan) -> Option<String> {
    let has_capitals = |found: &Found| {
        let lower = |byte: &u8| byte.is_ascii() && !byte.is_ascii_uppercase();
        !found.file.as_bytes().iter().all(lower)
    };
    // Names are all different, so one of two that become equal has capitals.
    if !plan.found.par_iter().any(has_capitals) {
        return None;
    }
    let sum = |found: &Found| {
        let lower = match found.file.is_ascii() {
            true => found.file.to_ascii_lowercase(),
            false => found.file.to_lowercase(),
        };
        XxHash3_64::oneshot(lower.as_bytes())
    };
    let sums = plan.found.par_iter().enumerate();
    let mut sums: Vec<(u64, usize)> = sums.map(|(at, found)| (sum(found), at)).collect();
    sums.par_sort_unstable();
    let later = sums.windows(2).filter_map(|pair| match pair {
        [(one, _), (other, at)] if one == other => Some(*at),
        _ => None,
    });
    let (count, first) = later.fold((0, usize::MAX), |(count, first), at| {
        (count + 1, first.min(at))
    });
    let first = brief(&plan.found.get(first)?.file);
    Some(match count {
        1 => {
            format!("{first} differs from another file in upper and lower case only: both are used")
        }
        _ => format!(
            "{count} files differ from others in upper and lower case only, as {first}: all are used"
        ),
    })
}
