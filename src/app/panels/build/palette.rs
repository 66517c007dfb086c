//! The palette: every layer of the catalogue by group. A click adds, a drag puts it where it is dropped.

use std::path::Path;

use egui::accesskit::Role;
use egui::{
    Align2, Color32, Id, Rect, Response, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2,
};

use super::drag::Dragged;
use super::rows::Rows;
use super::{addition, anchor, saved, text};
use crate::app::command::Command;
use crate::app::theme::{self, CORNER_SMALL, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Entry, Group, Kind};

const ROW: f32 = 28.0;

/// The search text, and what the pointer is on.
#[derive(Default)]
pub struct Palette {
    search: String,
    /// Where a click would put the layer under the pointer.
    place: Option<usize>,
}

impl Palette {
    /// Where the column should show that a click would add.
    pub fn shows_place(&self) -> Option<usize> {
        self.place
    }

    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, rows: &Rows, commands: &mut Vec<Command>) {
        self.place = None;
        let search = ui.add(
            TextEdit::singleline(&mut self.search)
                .hint_text("Search layers")
                .desired_width(f32::INFINITY)
                .min_size(vec2(0.0, ROW))
                .align(Align2::LEFT_CENTER),
        );
        let search = search.accessible_name("Search layers");
        let enter = search.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if enter && let Some(entry) = self.found().next().filter(|_| !self.search.is_empty()) {
            commands.push(Command::Edit(addition(view, rows, entry.kind).0));
            search.request_focus();
        }
        ui.add_space(SPACE[1]);
        ScrollArea::vertical()
            .id_salt("palette")
            .auto_shrink(false)
            .show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for group in Group::ALL {
                    self.group(ui, group, view, rows, commands);
                }
                let blocks = self.blocks(ui, view, rows, commands);
                if self.found().next().is_none() && !blocks {
                    widgets::note(ui, "No layer is called that; clear the search to see all");
                }
            });
    }

    /// What the search leaves, in the palette's order.
    fn found(&self) -> impl Iterator<Item = &'static Entry> {
        let matches =
            |entry: &&'static Entry| entry.kind != Kind::Input && fits(entry, &self.search);
        Group::ALL
            .into_iter()
            .flat_map(Group::entries)
            .filter(matches)
    }

    fn group(
        &mut self,
        ui: &mut Ui,
        group: Group,
        view: &View<'_>,
        rows: &Rows,
        commands: &mut Vec<Command>,
    ) {
        let entries: Vec<_> = self.found().filter(|entry| entry.group == group).collect();
        if entries.is_empty() {
            return;
        }
        heading(ui, group.title());
        for entry in entries {
            self.entry(ui, entry, view, rows, commands);
        }
    }

    fn entry(
        &mut self,
        ui: &mut Ui,
        entry: &'static Entry,
        view: &View<'_>,
        rows: &Rows,
        commands: &mut Vec<Command>,
    ) {
        let look = Look {
            title: entry.title,
            colour: theme::group_colour(Tokens::of(ui), entry.group),
            help: entry.help,
        };
        let response = line(ui, entry.name, &look, Dragged::New(entry.kind));
        let (edit, row) = addition(view, rows, entry.kind);
        if response.hovered() || response.has_focus() {
            self.place = Some(row);
        }
        if response.clicked() {
            commands.push(Command::Edit(edit));
        }
    }

    /// The blocks of the library, and those that the user has saved.
    fn blocks(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        rows: &Rows,
        commands: &mut Vec<Command>,
    ) -> bool {
        let words = self.search.to_lowercase();
        let mut any = false;
        for (number, block) in saved::offered(view).enumerate() {
            let text = format!("{} block", block.name).to_lowercase();
            if !words.split_whitespace().all(|word| text.contains(word)) {
                continue;
            }
            if !any {
                heading(ui, "Blocks");
            }
            any = true;
            let look = Look {
                title: block.name,
                colour: Tokens::of(ui).accent,
                help: block.help,
            };
            let response = line(
                ui,
                &format!("block {number}"),
                &look,
                Dragged::Block(number),
            );
            if (response.hovered() || response.has_focus())
                && let Some(after) = anchor(view, rows)
            {
                self.place = rows.of_layer(after).map(|row| row + 1);
            }
            if response.clicked() {
                commands.extend(saved::add(view, rows, number));
            }
            if let Some(path) = block.path {
                delete(ui, response.rect, block.name, path, commands);
            }
        }
        any
    }
}

/// A small cross at the end of a saved block's row.
fn delete(ui: &Ui, row: Rect, name: &str, path: &Path, commands: &mut Vec<Command>) {
    let place = Rect::from_center_size(pos2(row.max.x - 14.0, row.center().y), vec2(22.0, 22.0));
    let response = ui.interact(place, Id::unique(("delete block", path)), Sense::click());
    let label = format!("Delete the saved block {name}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let tokens = Tokens::of(ui);
    let near = ui.rect_contains_pointer(row) || response.has_focus();
    if near {
        let ink = if response.hovered() {
            tokens.error
        } else {
            tokens.muted
        };
        for across in [vec2(3.5, 3.5), vec2(3.5, -3.5)] {
            let ends = [place.center() - across, place.center() + across];
            ui.painter().line_segment(ends, egui::Stroke::new(1.5, ink));
        }
    }
    if response.on_hover_text(label).clicked() {
        commands.push(saved::ask_to_delete(name, path));
    }
}

/// What a row of the palette says.
struct Look<'a> {
    title: &'a str,
    colour: Color32,
    help: &'a str,
}

fn heading(ui: &mut Ui, title: &str) {
    ui.add_space(SPACE[2]);
    widgets::caption(ui, title);
    ui.add_space(SPACE[0]);
}

/// A row that is clicked or dragged.
fn line(ui: &mut Ui, salt: &str, look: &Look<'_>, dragged: Dragged) -> Response {
    let size = vec2(ui.available_width(), ROW);
    let (_, rect) = ui.allocate_space(size);
    let id = Id::unique(("palette", salt));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, look.title));
    response.dnd_set_drag_payload(dragged);
    let tokens = Tokens::of(ui);
    let mut cut = false;
    if ui.is_rect_visible(rect) {
        if response.hovered() || response.dragged() || response.has_focus() {
            ui.painter().rect(
                rect,
                CORNER_SMALL,
                tokens.card,
                egui::Stroke::new(1.0, tokens.line),
                egui::StrokeKind::Inside,
            );
        }
        let row = rect.shrink2(vec2(SPACE[1], 0.0));
        let dot = pos2(row.min.x + 4.0, row.center().y);
        ui.painter().circle_filled(dot, 4.0, look.colour);
        let title = egui::RichText::new(look.title).color(tokens.text);
        let at = pos2(row.min.x + SPACE[3], row.center().y);
        let title = text::line(ui, title, row.max.x - at.x);
        cut = title.elided;
        text::left(ui, at, title);
    }
    let help = look.help;
    response.on_hover_ui(|ui| {
        ui.set_max_width(260.0);
        if cut {
            ui.label(theme::semibold(look.title));
        }
        ui.label(help);
        let hint = egui::RichText::new("Click to add it, or drag it to its place");
        ui.label(hint.size(NOTE_SIZE).color(Tokens::of(ui).muted));
    })
}

/// A menu of all layers, for "+" between two cards. Returns the chosen kind.
pub fn menu(ui: &mut Ui) -> Option<Kind> {
    found(ui, "")
}

/// The layers that fit the words typed, as a menu.
pub fn found(ui: &mut Ui, words: &str) -> Option<Kind> {
    let mut chosen = None;
    let mut any = false;
    ui.set_min_width(176.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.spacing_mut().button_padding.x = SPACE[1];
    for group in Group::ALL {
        let addable = |entry: &&Entry| entry.kind != Kind::Input && fits(entry, words);
        for (number, entry) in group.entries().filter(addable).enumerate() {
            any = true;
            if number == 0 {
                ui.add_space(SPACE[1]);
                ui.horizontal(|ui| {
                    ui.add_space(SPACE[1]);
                    widgets::caption(ui, group.title());
                });
            }
            if ui.button(entry.title).on_hover_text(entry.help).clicked() {
                chosen = Some(entry.kind);
                ui.close();
            }
        }
    }
    if !any {
        widgets::note(ui, "No layer is called that");
    }
    chosen
}

/// The first layer that fits the words typed.
pub fn first(words: &str) -> Option<Kind> {
    let entries = Group::ALL.into_iter().flat_map(Group::entries);
    let mut fitting = entries.filter(|entry| entry.kind != Kind::Input && fits(entry, words));
    fitting.next().map(|entry| entry.kind)
}

/// Whether all words are found in a layer's names or in its group's.
fn fits(entry: &Entry, words: &str) -> bool {
    let text = format!("{} {} {}", entry.title, entry.name, entry.group.title());
    let (text, words) = (text.to_lowercase(), words.to_lowercase());
    words.split_whitespace().all(|word| text.contains(word))
}
