//! Health: what a look over the data found. It tells; nothing on disk is changed.

use std::sync::Arc;

use egui::{RichText, Ui};

use super::changed;
use super::findings::{self, Findings};
use super::listing::Open;
use crate::app::command::Command;
use crate::app::desk::input_size;
use crate::app::panels::parts::row::{column_scroll, elided};
use crate::app::theme::{SPACE, Tokens, figure, semibold};
use crate::app::view::View;
use crate::app::widgets::{caption, card, heading, note, percent, stat_row, thousands};
use crate::dataset::{Health, InputSize, SizeCount};

/// The health tab and what it keeps from frame to frame.
#[derive(Default)]
pub struct HealthSide {
    summary: Option<Summary>,
    findings: Findings,
}

/// Made once for a report.
struct Summary {
    health: Arc<Health>,
    /// Classes by their number of images, fewest first; only the first few.
    smallest: Vec<(String, usize)>,
    /// What resizing does, for the input that it was told for: photographs have thousands of sizes.
    effect: Option<(InputSize, String)>,
}

/// So many of the smallest classes and of the sizes are listed.
const LISTED: usize = 5;

impl HealthSide {
    /// Draws the tab; gives what the user wants to see.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        commands: &mut Vec<Command>,
    ) -> Option<Open> {
        let mut opened = None;
        column_scroll("health").show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = SPACE[1];
            let Some(health) = &view.desk.health else {
                heading(ui, "Health");
                note(ui, "The images are being looked over");
                opened = changed::show(ui, view, commands);
                return;
            };
            let known = self.summary.take();
            let known = known.filter(|known| Arc::ptr_eq(&known.health, health));
            let mut summary = known.unwrap_or_else(|| Summary::new(health));
            findings::score(ui, health);
            usable(ui, &summary);
            opened = changed::show(ui, view, commands);
            findings::looking(ui, view, commands);
            opened = self
                .findings
                .show(ui, view, health, commands)
                .or(opened.take());
            smallest(ui, &summary);
            sizes(ui, health, input_size(view.report), &mut summary.effect);
            colours(ui, health);
            self.summary = Some(summary);
        });
        opened
    }
}

impl Summary {
    fn new(health: &Arc<Health>) -> Self {
        let mut smallest: Vec<(String, usize)> = health
            .classes
            .iter()
            .map(|class| (class.class.clone(), class.images))
            .collect();
        smallest.sort_by_key(|(_, images)| *images);
        smallest.truncate(LISTED);
        Self {
            health: health.clone(),
            smallest,
            effect: None,
        }
    }
}

fn usable(ui: &mut Ui, summary: &Summary) {
    let usable = summary.health.images as u64;
    let all = usable + summary.health.problems.len() as u64;
    let text = if usable == all {
        format!(
            "All {} images are usable. Nothing on disk is changed",
            thousands(all)
        )
    } else {
        let (usable, all) = (thousands(usable), thousands(all));
        format!("{usable} of {all} files are usable. Nothing on disk is changed")
    };
    note(ui, &text);
}

/// Mean and deviation a channel, and how files keep their colours.
fn colours(ui: &mut Ui, health: &Health) {
    if let Some(colours) = &health.colours {
        section(ui, "Colours, 0 to 1");
        for (channel, name) in ["red", "green", "blue"].into_iter().enumerate() {
            let (mean, deviation) = (colours.mean[channel], colours.deviation[channel]);
            stat_row(ui, name, &format!("{mean:.3} ± {deviation:.3}"));
        }
    }
    if health.modes.len() > 1 {
        section(ui, "How files keep colours");
        for mode in &health.modes {
            stat_row(ui, mode.mode.title(), &thousands(mode.images as u64));
        }
    }
}

/// The name of a part, with air above it.
fn section(ui: &mut Ui, text: &str) {
    ui.add_space(SPACE[1]);
    caption(ui, text);
}

fn smallest(ui: &mut Ui, summary: &Summary) {
    let health = &summary.health;
    let (Some(least), Some(most)) = (&health.smallest, &health.largest) else {
        return;
    };
    if least.images == most.images {
        let each = thousands(least.images as u64);
        section(ui, "Classes");
        note(ui, &format!("Every class has {each} images"));
        return;
    }
    section(ui, "Smallest classes");
    let fewer = 1.0 - least.images as f64 / most.images.max(1) as f64;
    let text = format!(
        "{} has {:.0} % fewer images than {}",
        least.class,
        fewer * 100.0,
        most.class
    );
    note(ui, &text);
    for (class, images) in &summary.smallest {
        stat_row(ui, class, &thousands(*images as u64));
    }
}

fn sizes(
    ui: &mut Ui,
    health: &Health,
    input: Option<InputSize>,
    known: &mut Option<(InputSize, String)>,
) {
    section(ui, "Image sizes");
    for size in health.sizes.iter().take(LISTED) {
        let share = size.images as f64 / health.images.max(1) as f64;
        let name = format!("{}×{}", size.width, size.height);
        stat_row(
            ui,
            &name,
            &format!("{} · {}", thousands(size.images as u64), percent(share)),
        );
    }
    if let Some(more) = health
        .sizes
        .len()
        .checked_sub(LISTED)
        .filter(|more| *more > 0)
    {
        note(ui, &format!("and {} more sizes", thousands(more as u64)));
    }
    let Some(input) = input else { return };
    ui.add_space(SPACE[1]);
    card(ui, |ui| {
        ui.set_width(ui.available_width());
        let colour = if input.channels == 1 {
            "grey"
        } else {
            "colour"
        };
        elided(ui, semibold("Into the network"));
        let size = format!("{}×{}, {colour}", input.width, input.height);
        ui.label(figure(size));
        let muted = Tokens::of(ui).muted;
        if known.as_ref().is_none_or(|(of, _)| *of != input) {
            *known = Some((input, effect(&health.sizes, input)));
        }
        let text = known.as_ref().map_or("", |(_, text)| text.as_str());
        ui.label(RichText::new(text).color(muted));
    });
}

/// What resizing to the network's input does to the images, in words.
fn effect(sizes: &[SizeCount], input: InputSize) -> String {
    let count = |test: &dyn Fn(&SizeCount) -> bool| -> u64 {
        sizes
            .iter()
            .filter(|size| test(size))
            .map(|size| size.images as u64)
            .sum()
    };
    let (width, height) = (input.width as f64, input.height as f64);
    let stretch = |size: &SizeCount| {
        let ratio =
            (f64::from(size.width) / f64::from(size.height).max(1.0)) / (width / height.max(1.0));
        ratio.max(1.0 / ratio)
    };
    let same =
        |size: &SizeCount| f64::from(size.width) == width && f64::from(size.height) == height;
    let smaller =
        |size: &SizeCount| f64::from(size.width) < width || f64::from(size.height) < height;
    let all = count(&|_| true);
    if count(&same) == all {
        return "Every image has this size already: nothing is resized".to_owned();
    }
    let mut text = format!("{} images are resized", thousands(all - count(&same)));
    let bent = count(&|size| stretch(size) > 1.25);
    if bent > 0 {
        text += &format!(
            "; {} change their proportions by more than a quarter",
            thousands(bent)
        );
    }
    let grown = count(&|size| !same(size) && smaller(size));
    if grown > 0 {
        text += &format!("; {} are smaller and get blurred", thousands(grown));
    }
    text
}
