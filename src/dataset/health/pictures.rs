//! What the files are like: unreadable, misnamed, turned, blank, grey among colour; and their colours in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::classes::is_empty_class;
use super::finding::{Action, Finding, Kind};
use super::indices;
use super::words::{counted, percent, share_of};
use crate::dataset::{Dataset, Image, Look, Mode, Problem};

/// Mean and standard deviation of red, green and blue, 0 to 1, over all pixels, each picture counting once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Colours {
    /// Of red, green, blue.
    pub mean: [f64; 3],
    /// Of red, green, blue.
    pub deviation: [f64; 3],
}

/// How often files keep their colours in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeCount {
    /// The way.
    pub mode: Mode,
    /// Its images.
    pub images: usize,
}

/// Everything about single pictures. `images`: those that are not excluded.
pub fn findings(
    data: &Dataset,
    modes: &[ModeCount],
    colours: Option<&Colours>,
    images: usize,
) -> Vec<Finding> {
    let having = |kind, test: fn(&Look) -> bool, words: fn(usize) -> (String, &'static str)| {
        let found = indices(data, |image| test(&image.look));
        let (title, advice) = words(found.len());
        let finding = Finding::new(kind, share_of(found.len(), images), title, advice);
        (!found.is_empty()).then(|| finding.of(found))
    };
    let misnamed = having(
        Kind::Misnamed,
        |look| look.misnamed,
        |count| {
            let title = format!("The names of {} end as another format's do", files(count));
            (
                title,
                "They are read by their content, so nothing need be done; other programs may stumble over them",
            )
        },
    );
    let turned = having(
        Kind::Turned,
        |look| look.turned,
        |count| {
            let title = format!(
                "{} turned by EXIF data",
                if count == 1 {
                    "1 photo is".to_owned()
                } else {
                    format!("{count} photos are")
                }
            );
            (
                title,
                "mapsto turns them upright, so nothing need be done; programs that do not would see them lying",
            )
        },
    );
    let animated = having(
        Kind::Animated,
        |look| look.animated,
        |count| {
            (
                format!("{} with several pictures", files(count)),
                "The first picture of each is used",
            )
        },
    );
    [
        unreadable(data, images),
        beside(data),
        blank(data, images),
        narrow(data, images),
        mixed(data, modes, images),
        misnamed,
        turned,
        animated,
        told(colours),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn files(count: usize) -> String {
    counted(count, "file")
}

fn unreadable(data: &Dataset, images: usize) -> Option<Finding> {
    let files: Vec<Problem> = data
        .problems
        .iter()
        .filter(|problem| !is_empty_class(&problem.reason) && !problem.is_no_image())
        .cloned()
        .collect();
    let first = files.first()?;
    let title = match files.len() {
        1 => format!("1 entry is left out: {}: {}", first.file, first.reason),
        count => format!(
            "{count} entries are left out, such as {}: {}",
            first.file, first.reason
        ),
    };
    let advice = "They are in no set, and training goes on without them: mend or replace the files that you miss";
    let share = share_of(files.len(), files.len() + images);
    let mut finding = Finding::new(Kind::Unreadable, share, title, advice);
    finding.files = files;
    Some(finding)
}

/// Documents and the like, which nobody means as images.
fn beside(data: &Dataset) -> Option<Finding> {
    let files = data.problems.iter().filter(|problem| problem.is_no_image());
    let files: Vec<Problem> = files.cloned().collect();
    let first = files.first()?;
    let title = match files.len() {
        1 => format!("1 file beside the images is none: {}", first.file),
        count => format!(
            "{count} files beside the images are none, such as {}",
            first.file
        ),
    };
    let mut finding = Finding::new(
        Kind::Beside,
        0.0,
        title,
        "Nothing is lost, and nothing need be done",
    );
    finding.files = files;
    Some(finding)
}

/// Standard deviation of each channel, 0 to 1.
fn deviation(look: &Look) -> [f64; 3] {
    let full = f64::from(u16::MAX);
    let mut deviation = [0.0; 3];
    for (slot, (mean, square)) in deviation.iter_mut().zip(look.mean.iter().zip(look.square)) {
        let mean = f64::from(*mean) / full;
        *slot = (f64::from(square) / full - mean * mean).max(0.0).sqrt();
    }
    deviation
}

/// Pictures of one colour, to within what rounding of the figures hides (two grey levels).
fn blank(data: &Dataset, images: usize) -> Option<Finding> {
    const FLAT: f64 = 2.0 / 255.0;
    let flat = |image: &Image| {
        image.look.mode != Mode::Unknown
            && image.look.print == [0; 4]
            && deviation(&image.look).iter().all(|&value| value <= FLAT)
    };
    let found = indices(data, flat);
    (!found.is_empty()).then(|| {
        let title = format!(
            "{} of one colour, with nothing to see",
            if found.len() == 1 {
                "1 picture is".to_owned()
            } else {
                format!("{} pictures are", found.len())
            }
        );
        let advice = "Nothing can be learned from them but that their class has some: exclude them";
        Finding::new(Kind::Blank, share_of(found.len(), images), title, advice)
            .or(Action::Exclude(found.clone()))
            .of(found)
    })
}

/// Pictures of 16 bits a channel that hold what a camera of 12 bits or fewer gave: nearly black, in a few levels. Told
/// where nearly all of them are so, for one alone may be dark.
fn narrow(data: &Dataset, images: usize) -> Option<Finding> {
    let deep = |image: &Image| matches!(image.look.mode, Mode::DeepGrey | Mode::DeepColour);
    let found = indices(data, |image| {
        deep(image) && range(&image.look) <= 1.0 / 16.0
    });
    if found.is_empty() || found.len() * 20 < indices(data, deep).len() * 19 {
        return None;
    }
    let used = |index: &usize| {
        data.images
            .get(*index)
            .map_or(0.0, |image| range(&image.look))
    };
    let most = found.iter().map(used).fold(0.0, f64::max);
    let title = format!(
        "{} of 16 bits use little of their range (about {})",
        counted(found.len(), "picture"),
        percent(most)
    );
    let advice = "They hold 12 bits or fewer, so they are nearly black here and few of their levels are left: stretch them to the whole range when you export them";
    Some(Finding::new(Kind::Narrow, share_of(found.len(), images), title, advice).of(found))
}

/// How much of 0 to 1 the brightest channel surely uses, from below: no mean of squares is more than the mean times the
/// highest value.
fn range(look: &Look) -> f64 {
    let channels = look.mean.iter().zip(look.square);
    let ranges = channels.map(|(mean, square)| f64::from(square) / f64::from(*mean).max(1.0));
    ranges.fold(0.0, f64::max)
}

/// How often each way to keep colours occurs, most frequent first; unknown ones are not counted.
pub fn modes(data: &Dataset) -> Vec<ModeCount> {
    let mut counts: BTreeMap<Mode, usize> = BTreeMap::new();
    for image in data.images.iter().filter(|image| !image.excluded) {
        *counts.entry(image.look.mode).or_default() += 1;
    }
    counts.remove(&Mode::Unknown);
    let count = |(mode, images)| ModeCount { mode, images };
    let mut modes: Vec<ModeCount> = counts.into_iter().map(count).collect();
    modes.sort_by_key(|mode| std::cmp::Reverse(mode.images));
    modes
}

fn mixed(data: &Dataset, modes: &[ModeCount], images: usize) -> Option<Finding> {
    let (usual, others) = modes.split_first()?;
    if others.is_empty() {
        return None;
    }
    let found = indices(data, |image| {
        image.look.mode != usual.mode && image.look.mode != Mode::Unknown
    });
    let list: Vec<String> = modes
        .iter()
        .map(|mode| format!("{} {}", mode.images, mode.mode.title()))
        .collect();
    let title = format!("Colour modes are mixed: {}", list.join(", "));
    let advice = "All become what the network takes, and transparency becomes white; where a mode goes with a class, the network learns the mode";
    Some(Finding::new(Kind::Modes, share_of(found.len(), images), title, advice).of(found))
}

/// Over the pictures that have been looked at, if any.
pub fn colours(data: &Dataset) -> Option<Colours> {
    let mut sums = [[0.0; 3]; 2];
    let mut count = 0;
    for image in data
        .images
        .iter()
        .filter(|image| !image.excluded && image.look.mode != Mode::Unknown)
    {
        count += 1;
        for (sums, values) in sums.iter_mut().zip([image.look.mean, image.look.square]) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += f64::from(value);
            }
        }
    }
    let [mean, square] =
        sums.map(|sums| sums.map(|sum| sum / (f64::from(u16::MAX) * f64::from(count))));
    let mut deviation = [0.0; 3];
    for (slot, (mean, square)) in deviation.iter_mut().zip(mean.iter().zip(square)) {
        *slot = (square - mean * mean).max(0.0).sqrt();
    }
    (count > 0).then_some(Colours { mean, deviation })
}

fn told(colours: Option<&Colours>) -> Option<Finding> {
    let colours = colours?;
    let list = |values: [f64; 3]| values.map(|value| format!("{value:.3}")).join(", ");
    let title = format!(
        "Mean {} and deviation {} of red, green, blue",
        list(colours.mean),
        list(colours.deviation)
    );
    Some(Finding::new(
        Kind::Colours,
        0.0,
        title,
        "Of pixels from 0 to 1; “per-channel statistics” normalises by those of the training images",
    ))
}

/// Images of a share of all, for sentences: `12 images (3.4 %)`.
pub fn part(count: usize, images: usize) -> String {
    format!(
        "{} ({})",
        counted(count, "image"),
        percent(share_of(count, images))
    )
}
