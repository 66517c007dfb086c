//! Sizes and proportions, and what bringing them to the network's input does.

use super::finding::{Finding, Kind};
use super::indices;
use super::pictures::part;
use super::words::{are, percent, share_of};
use crate::dataset::{Dataset, Image, InputSize, Resize};

/// From here on a change of proportions, a cut or a bar is worth telling.
const NOTICED: f64 = 0.2;
/// The longer side of a strip is so many times the shorter.
const STRIP: f64 = 5.0;

/// What the sizes say. `images`: those that are not excluded.
pub fn findings(
    data: &Dataset,
    input: Option<InputSize>,
    resize: Resize,
    images: usize,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(input) = input.filter(|input| input.width > 0 && input.height > 0) {
        findings.extend(resized(data, input, resize, images));
        findings.extend(enlarged(data, input, images));
    }
    findings.extend(strips(data, images));
    findings
}

fn proportion(width: f64, height: f64) -> f64 {
    width.max(1.0) / height.max(1.0)
}

/// By how much a picture's proportions are off the input's: the share of its area that a crop cuts away, that bars
/// take of the input, or by which one side shrinks against the other when stretched.
pub fn misfit(image: &Image, input: InputSize) -> f64 {
    let ratio = proportion(f64::from(image.width), f64::from(image.height))
        / proportion(input.width as f64, input.height as f64);
    1.0 - ratio.min(1.0 / ratio)
}

fn resized(data: &Dataset, input: InputSize, resize: Resize, images: usize) -> Option<Finding> {
    let found = indices(data, |image| misfit(image, input) > NOTICED);
    let shown = found.iter().filter_map(|&index| data.images.get(index));
    let worst = shown
        .clone()
        .map(|image| misfit(image, input))
        .fold(0.0, f64::max);
    let mean = shown.map(|image| misfit(image, input)).sum::<f64>() / found.len().max(1) as f64;
    (!found.is_empty()).then(|| {
        let (which, size) = (part(found.len(), images), format!("{}×{}", input.width, input.height));
        let (mean, worst) = (percent(mean), percent(worst));
        let (title, advice) = match resize {
            Resize::Stretch => (
                format!("Stretched to {size}, {which} shrink in one direction by {mean} against the other, {worst} at worst"),
                "Shapes change: where they matter, fit with padding or crop",
            ),
            Resize::Fit => (
                format!("Fitted into {size}, {which} leave {mean} of the input to bars, {worst} at worst"),
                "The network sees them smaller: where there is only one thing in the middle, crop",
            ),
            Resize::Crop => (
                format!("Cropped to {size}, {which} lose {mean} of their area, {worst} at worst"),
                "What lies at the edges is lost: where it matters, fit with padding",
            ),
        };
        Finding::new(Kind::Resizing, share_of(found.len(), images), title, advice).of(found)
    })
}

fn enlarged(data: &Dataset, input: InputSize, images: usize) -> Option<Finding> {
    let factor = |image: &Image| {
        let across = input.width as f64 / f64::from(image.width.max(1));
        let down = input.height as f64 / f64::from(image.height.max(1));
        across.max(down)
    };
    let found = indices(data, |image| factor(image) > 1.0);
    let most = found
        .iter()
        .filter_map(|&index| data.images.get(index))
        .map(factor)
        .fold(1.0, f64::max);
    (!found.is_empty()).then(|| {
        let title = format!(
            "{} {} smaller than {}×{}: enlarged, up to {most:.1} times",
            part(found.len(), images),
            are(found.len()),
            input.width,
            input.height
        );
        let advice = "Enlarged pictures are blurred and cost as much as sharp ones: a smaller input may do as well";
        Finding::new(Kind::Enlarged, share_of(found.len(), images), title, advice).of(found)
    })
}

fn strips(data: &Dataset, images: usize) -> Option<Finding> {
    let long = |image: &Image| {
        let ratio = proportion(f64::from(image.width), f64::from(image.height));
        ratio.max(1.0 / ratio) >= STRIP
    };
    let found = indices(data, long);
    (!found.is_empty()).then(|| {
        let title = format!(
            "{} {} {STRIP:.0} times as long as wide, or more",
            part(found.len(), images),
            are(found.len())
        );
        let advice =
            "Little of them is left at the network's input: cut them into pieces, or exclude them";
        Finding::new(Kind::Strips, share_of(found.len(), images), title, advice)
            .or(super::Action::Exclude(found.clone()))
            .of(found)
    })
}
