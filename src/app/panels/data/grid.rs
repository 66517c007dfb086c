//! A list of images as a grid: choosing some, and what can be done with them.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Key, Modifiers, Rect, Response, ScrollArea, TextStyle, Ui, vec2};

use super::listing::Listing;
use super::selection::Selection;
use crate::app::command::Command;
use crate::app::desk::DataChange;
use crate::app::panels::parts::picture::{Mark, thumbnail};
use crate::app::panels::parts::relabel::Relabel;
use crate::app::panels::parts::row::elided;
use crate::app::theme::{CAPTION_SIZE, SPACE, Tokens, figure, semibold};
use crate::app::view::View;
use crate::app::widgets::{note, thousands};
use crate::dataset::{Changes, Set};

const SIDE: f32 = 88.0;
/// Height of the two lines under an image.
const WORDS: f32 = 32.0;
const LINE: f32 = 14.0;
/// What stands left of a group.
const GUTTER: f32 = 76.0;

/// The grid and what is chosen in it.
#[derive(Default)]
pub struct Grid {
    selection: Selection,
    relabel: Relabel,
    /// Scroll so that the cursor is seen.
    follow: bool,
    /// The rows for so many columns: with a million images they are not made in every frame.
    rows: Option<(usize, Vec<Row>)>,
    /// Whether one of the chosen images is changed, with the state of the choice and the changes that it is of.
    changed: Option<(u64, Arc<Changes>, bool)>,
}

/// One row of the grid: its group, where it has one, and the places of its images.
struct Row {
    group: Option<usize>,
    first: bool,
    places: Range<usize>,
}

impl Grid {
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Another listing, or the same with other images, is shown from now on.
    pub fn relist(&mut self, listing: &Listing) {
        self.selection.keep(&listing.images);
        self.rows = None;
        self.changed = None;
    }

    /// Draws the grid; true when the user wants to go back.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        listing: &Listing,
        commands: &mut Vec<Command>,
    ) -> bool {
        let mut back = false;
        ui.horizontal(|ui| {
            back |= ui.button("← All classes").clicked();
            let count = thousands(listing.images.len() as u64);
            ui.label(figure(count).color(Tokens::of(ui).muted));
            elided(ui, semibold(&listing.title));
        });
        if !listing.advice.is_empty() {
            note(ui, &listing.advice);
        }
        if listing.images.is_empty() {
            note(ui, "No image here; it may be in another set");
            back |= escape(ui);
            return back;
        }
        self.bar(ui, view, commands);
        ui.spacing_mut().item_spacing = vec2(SPACE[1], SPACE[1]);
        let gutter = if listing.groups.is_empty() {
            0.0
        } else {
            GUTTER + SPACE[1]
        };
        let room = ui.available_width() - SPACE[2] - gutter;
        let columns = ((room + SPACE[1]) / (SIDE + SPACE[1])).floor().max(1.0) as usize;
        back |= self.keys(ui, view, listing, columns, commands);
        self.rows(ui, view, listing, columns, commands);
        back
    }

    /// What can be done with the chosen images.
    fn bar(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let muted = Tokens::of(ui).muted;
        ui.horizontal(|ui| {
            if self.selection.is_empty() {
                let words = "Click chooses an image, Shift and Ctrl choose more, Ctrl+A all";
                ui.colored_label(muted, words);
                return;
            }
            let count = thousands(self.selection.len() as u64);
            ui.label(semibold(format!("{count} chosen")));
            let help = "Leave them out of training and of all figures; the files stay (Delete)";
            if ui.button("Exclude").on_hover_text(help).clicked() {
                commands.push(exclude(&self.selection));
            }
            if let Some(class) = self.relabel.button(ui, view) {
                let images = self.selection.images();
                commands.push(Command::ChangeData(DataChange::Relabel(images, class)));
            }
            let changed = self.any_changed(view);
            let button = ui.add_enabled(changed, egui::Button::new("Restore"));
            let button = button
                .on_hover_text(
                    "Take them back as their files say: in, of the class of their folder",
                )
                .on_disabled_hover_text("None of them is excluded, relabelled or moved");
            if button.clicked() {
                let images = self.selection.images();
                commands.push(Command::ChangeData(DataChange::Restore(images)));
            }
            if ui.button("Choose none").clicked() {
                self.selection.clear();
            }
        });
    }

    fn keys(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        listing: &Listing,
        columns: usize,
        commands: &mut Vec<Command>,
    ) -> bool {
        if view.dialog.is_some() || view.palette || ui.ctx().egui_wants_keyboard_input() {
            return false;
        }
        let list = &listing.images;
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if pressed(Modifiers::COMMAND, Key::A) {
            self.selection.all(list);
        }
        let chosen = !self.selection.is_empty();
        if chosen && pressed(Modifiers::NONE, Key::Delete) {
            commands.push(exclude(&self.selection));
        }
        let cursor = self.selection.cursor;
        let moves = [
            (Key::ArrowLeft, cursor.saturating_sub(1)),
            (Key::ArrowRight, cursor + 1),
            (Key::ArrowUp, cursor.saturating_sub(columns)),
            (Key::ArrowDown, cursor + columns),
            (Key::Home, 0),
            (Key::End, list.len()),
        ];
        for (key, to) in moves {
            let to = to.min(list.len().saturating_sub(1));
            for modifiers in [Modifiers::SHIFT, Modifiers::NONE] {
                if pressed(modifiers, key) {
                    self.selection.click(list, to, modifiers);
                    self.follow = true;
                    commands.extend(list.get(to).map(|image| Command::Pin(*image)));
                }
            }
        }
        if !escape(ui) {
            return false;
        }
        self.selection.clear();
        !chosen
    }

    fn rows(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        listing: &Listing,
        columns: usize,
        commands: &mut Vec<Command>,
    ) {
        let known = self.rows.take().filter(|(known, _)| *known == columns);
        let (_, rows) = known.unwrap_or_else(|| (columns, rows_of(listing, columns)));
        let height = SIDE + if listing.captions { WORDS } else { 0.0 };
        let mut area = ScrollArea::vertical()
            .id_salt(("images", &listing.title))
            .auto_shrink(false);
        if std::mem::take(&mut self.follow) {
            let cursor = self.selection.cursor;
            let row = rows.iter().position(|row| row.places.contains(&cursor));
            let top = row.unwrap_or(0) as f32 * (height + SPACE[1]);
            let shown = ui.available_height();
            area = area.vertical_scroll_offset((top - (shown - height) / 2.0).max(0.0));
        }
        area.show_rows(ui, height, rows.len(), |ui, visible| {
            for row in rows.get(visible).unwrap_or(&[]) {
                ui.push_id(row.places.start, |ui| {
                    ui.horizontal_top(|ui| {
                        if !listing.groups.is_empty() {
                            gutter(ui, listing, row, height);
                        }
                        for place in row.places.clone() {
                            self.cell(ui, view, listing, place, commands);
                        }
                    });
                });
            }
        });
        self.rows = Some((columns, rows));
    }

    fn cell(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        listing: &Listing,
        place: usize,
        commands: &mut Vec<Command>,
    ) {
        let Some(&image) = listing.images.get(place) else {
            return;
        };
        let chosen = self.selection.has(image);
        let mark = if chosen { Mark::Chosen } else { Mark::None };
        let response = if listing.captions {
            with_words(ui, view, image, mark)
        } else {
            thumbnail(ui, view, image, SIDE, mark)
        };
        if response.clicked() {
            let modifiers = ui.input(|input| input.modifiers);
            self.selection.click(&listing.images, place, modifiers);
            if !modifiers.shift && !modifiers.command {
                commands.push(Command::Pin(image));
            }
        }
    }
}

impl Grid {
    /// Whether an image of the choice can be restored.
    fn any_changed(&mut self, view: &View<'_>) -> bool {
        let Some((dataset, _)) = view.data.ready() else {
            return false;
        };
        let changes = &view.desk.changes;
        let state = self.selection.state();
        if let Some((known, of, answer)) = &self.changed
            && *known == state
            && Arc::ptr_eq(of, changes)
        {
            return *answer;
        }
        let is_changed = |index: usize| {
            dataset.images.get(index).is_some_and(|image| {
                changes.excluded.contains(&image.file)
                    || changes.relabelled.contains_key(&image.file)
                    || changes.moved.contains_key(&image.file)
            })
        };
        let answer = self.selection.iter().any(is_changed);
        self.changed = Some((state, changes.clone(), answer));
        answer
    }
}

fn exclude(selection: &Selection) -> Command {
    Command::ChangeData(DataChange::Exclude(selection.images()))
}

fn escape(ui: &Ui) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
}

/// Groups begin a row of their own.
fn rows_of(listing: &Listing, columns: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |group: Option<usize>, places: Range<usize>| {
        let start = places.start;
        for from in places.clone().step_by(columns) {
            rows.push(Row {
                group,
                first: from == start,
                places: from..(from + columns).min(places.end),
            });
        }
    };
    if listing.groups.is_empty() {
        add(None, 0..listing.images.len());
    }
    for number in 0..listing.groups.len() {
        add(Some(number), listing.group(number));
    }
    rows
}

/// The number of a group and how many images it has, over a thin line.
fn gutter(ui: &mut Ui, listing: &Listing, row: &Row, height: f32) {
    let tokens = Tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(GUTTER, height), egui::Sense::hover());
    let Some(number) = row.group.filter(|_| row.first) else {
        return;
    };
    let right = ui.max_rect().right();
    let y = rect.top() - SPACE[0];
    let line = egui::Stroke::new(1.0, tokens.line);
    ui.painter().hline(rect.left()..=right, y, line);
    let layout = egui::Layout::top_down(egui::Align::Min);
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect).layout(layout));
    inside.spacing_mut().item_spacing.y = 2.0;
    let name = listing.names.get(number);
    let name = name.map_or_else(
        || format!("Group {}", number + 1),
        |name| (*name).to_owned(),
    );
    inside.label(semibold(name));
    let count = listing.group(number).len();
    let words = match count {
        1 => "1 image".to_owned(),
        _ => format!("{} images", thousands(count as u64)),
    };
    let words = egui::RichText::new(words);
    inside.label(words.size(CAPTION_SIZE).color(tokens.muted));
}

/// An image with its class, its set and its file below it.
fn with_words(ui: &mut Ui, view: &View<'_>, image: usize, mark: Mark) -> Response {
    let cell = ui.vertical(|ui| {
        ui.set_width(SIDE);
        ui.spacing_mut().item_spacing.y = 0.0;
        let response = thumbnail(ui, view, image, SIDE, mark);
        let (below, _) = ui.allocate_exact_size(vec2(SIDE, WORDS), egui::Sense::hover());
        words(ui, view, image, below);
        response
    });
    cell.inner
}

fn words(ui: &Ui, view: &View<'_>, image: usize, below: Rect) {
    let Some((dataset, splits)) = view.data.ready() else {
        return;
    };
    let tokens = Tokens::of(ui);
    let in_set = |set: &Set| splits.get(*set).binary_search(&image).is_ok();
    let set = Set::ALL.into_iter().find(in_set);
    let file = dataset.images.get(image).map_or("", |image| &image.file);
    let file = file.rsplit('/').next().unwrap_or(file);
    let place = match set {
        Some(Set::Validation) => format!("val · {file}"),
        Some(set) => format!("{set} · {file}"),
        None => file.to_owned(),
    };
    let font = TextStyle::Small.resolve(ui.style());
    let lines = [
        (dataset.class_of(image), tokens.text),
        (place.as_str(), tokens.muted),
    ];
    for (line, (text, colour)) in lines.into_iter().enumerate() {
        let mut job = LayoutJob::simple_singleline(text.to_owned(), font.clone(), colour);
        job.wrap = TextWrapping::truncate_at_width(SIDE);
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let at = below.min + vec2(0.0, 2.0 + LINE * line as f32);
        ui.painter().galley(at, galley, colour);
    }
}
