//! The files that are left out, grouped by reason: a card a reason, opened to its files, copied whole.

use std::collections::HashMap;

use egui::{Frame, Label, RichText, ScrollArea, Sense, Ui};

use crate::app::theme::{CAPTION_SIZE, CORNER_SMALL, SPACE, Tokens, figure, semibold};
use crate::app::widgets::thousands;
use crate::dataset::Problem;

/// Files that share a reason.
pub struct Group {
    reason: String,
    files: Vec<String>,
}

/// Groups problems by reason, the most frequent first; files keep their order.
pub fn grouped(problems: &[Problem]) -> Vec<Group> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for problem in problems {
        let place = *places.entry(&problem.reason).or_insert_with(|| {
            groups.push(Group {
                reason: problem.reason.clone(),
                files: Vec::new(),
            });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.files.push(problem.file.clone());
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.files.len()));
    groups
}

/// Draws the cards; `open` is the one whose files are listed.
pub fn show(ui: &mut Ui, groups: &[Group], open: &mut Option<usize>) {
    if groups.is_empty() {
        return;
    }
    for (index, group) in groups.iter().enumerate() {
        let is_open = *open == Some(index);
        if one(ui, group, is_open) {
            *open = (!is_open).then_some(index);
        }
    }
    let help = "Copy every file with its reason, a line each";
    if ui
        .button("Copy the list of problems")
        .on_hover_text(help)
        .clicked()
    {
        ui.ctx().copy_text(as_text(groups));
    }
}

/// One reason; true when it was clicked.
fn one(ui: &mut Ui, group: &Group, open: bool) -> bool {
    let tokens = Tokens::of(ui);
    let count = group.files.len();
    let mut clicked = false;
    let frame = Frame::new()
        .fill(tokens.card)
        .corner_radius(CORNER_SMALL)
        .inner_margin(SPACE[1]);
    let drawn = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = SPACE[0];
        let files = if count == 1 {
            "1 file left out".to_owned()
        } else {
            format!("{} files left out", thousands(count as u64))
        };
        ui.label(semibold(files));
        ui.add(Label::new(RichText::new(&group.reason).color(tokens.muted)).wrap());
        let text = if open {
            "Hide the files"
        } else {
            "Show the files"
        };
        let link =
            ui.add(Label::new(RichText::new(text).color(tokens.accent)).sense(Sense::click()));
        let spoken = format!("{text}: {}", group.reason);
        link.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
        clicked = link
            .on_hover_cursor(egui::CursorIcon::PointingHand)
            .clicked();
        if open {
            files_list(ui, group);
        }
    });
    let mut edge = drawn.response.rect;
    edge.set_width(3.0);
    ui.painter().rect_filled(edge, 2, tokens.error);
    clicked
}

/// The files, drawn as far as they are visible.
fn files_list(ui: &mut Ui, group: &Group) {
    let height = ui.text_style_height(&egui::TextStyle::Body);
    ScrollArea::vertical()
        .id_salt(("files", &group.reason))
        .max_height(160.0)
        .auto_shrink([false, true])
        .show_rows(ui, height, group.files.len(), |ui, visible| {
            for file in group.files.get(visible).unwrap_or(&[]) {
                ui.add(Label::new(figure(file).size(CAPTION_SIZE)).truncate());
            }
        });
}

fn as_text(groups: &[Group]) -> String {
    let lines = groups.iter().flat_map(|group| {
        group
            .files
            .iter()
            .map(move |file| format!("{file}\t{}\n", group.reason))
    });
    lines.collect()
}
