//! The grid of images behind a cell, a class, or all mistakes: the most confident one first.

use egui::{EventFilter, Id, Key, Modifiers, RichText, ScrollArea, Sense, Ui, vec2};

use super::cards;
use super::listing::Filter;
use crate::app::command::Command;
use crate::app::panels::parts::row::{elided, ends};
use crate::app::theme::{SPACE, Tokens, figure};
use crate::app::view::{ShownRun, View};
use crate::app::widgets::{note, thousands};
use crate::dataset::Source;
use crate::results::Evaluation;

/// Cards are about so wide.
const CARD: f32 = 80.0;

/// Where the keys stand in the grid.
#[derive(Default)]
pub struct Mistakes {
    cursor: usize,
    id: Option<Id>,
    wants_focus: bool,
    /// Go to the top again: another list is shown.
    rewound: bool,
    /// Offset and height of the scrolled part in the last frame.
    scrolled: (f32, f32),
}

impl Mistakes {
    /// The widget that holds the keyboard's focus.
    pub fn id(&self) -> Option<Id> {
        self.id
    }

    pub fn rewind(&mut self) {
        self.cursor = 0;
        self.rewound = true;
    }

    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Draws the grid; true when all mistakes are wanted again.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        evaluation: &Evaluation,
        rows: &[usize],
        filter: &Filter,
        commands: &mut Vec<Command>,
    ) -> bool {
        let clear = title(ui, evaluation, rows.len(), filter);
        not_open(ui, view, commands);
        if rows.is_empty() {
            note(
                ui,
                match filter {
                    Filter::All => "Not one mistake: every image of this set is predicted right",
                    Filter::Cell { .. } => "No image lies behind this cell",
                    Filter::Class(_) => "Every image of this class is predicted right",
                },
            );
            return clear;
        }
        self.grid(ui, view, evaluation, rows, commands);
        clear
    }

    fn grid(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        evaluation: &Evaluation,
        rows: &[usize],
        commands: &mut Vec<Command>,
    ) {
        let gap = SPACE[1];
        ui.spacing_mut().item_spacing = vec2(gap, gap);
        let room = ui.available_width() - SPACE[2];
        let columns = ((room + gap) / (CARD + gap)).floor().max(1.0) as usize;
        let width = (room - gap * (columns - 1) as f32) / columns as f32;
        let style = cards::Style::new(width, evaluation);
        let height = style.size().y;
        let open = is_open(view);
        let examined = view
            .shown
            .and_then(|shown| Some(shown.examined.as_ref()?.0));
        let moved = self.keys(ui, rows, columns, commands);
        let offset = self.offset(moved, columns, height + gap);
        let mut area = ScrollArea::vertical()
            .id_salt("mistakes")
            .auto_shrink(false);
        if let Some(offset) = offset {
            area = area.vertical_scroll_offset(offset);
        }
        let output = area.show_rows(ui, height, rows.len().div_ceil(columns), |ui, visible| {
            for line in visible {
                ui.push_id(line, |ui| {
                    ui.horizontal(|ui| {
                        for place in (line * columns)..((line + 1) * columns).min(rows.len()) {
                            let Some(&index) = rows.get(place) else {
                                continue;
                            };
                            let Some(row) = evaluation.rows.get(index) else {
                                continue;
                            };
                            let image = open.then(|| image_of(view, &row.file)).flatten();
                            let current = examined == Some(index);
                            let card =
                                cards::show(ui, view, evaluation, row, image, style, current);
                            if card.clicked() {
                                self.cursor = place;
                                self.wants_focus = true;
                                commands.push(Command::Examine(Some(index)));
                            }
                        }
                    });
                });
            }
        });
        self.scrolled = (output.state.clamped_offset().y, output.inner_rect.height());
    }

    /// Arrows move through the images, Enter looks at one.
    fn keys(
        &mut self,
        ui: &Ui,
        rows: &[usize],
        columns: usize,
        commands: &mut Vec<Command>,
    ) -> bool {
        let id = ui.scope_id().with("mistakes grid");
        self.id = Some(id);
        let focus = ui.interact(
            ui.available_rect_before_wrap(),
            id,
            Sense::focusable_noninteractive(),
        );
        focus.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Grid, true, "Mistakes grid"));
        if std::mem::take(&mut self.wants_focus) {
            focus.request_focus();
        }
        let last = rows.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        if !focus.has_focus() {
            return false;
        }
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let before = self.cursor;
        let moves = [
            (Key::ArrowLeft, self.cursor.saturating_sub(1)),
            (Key::ArrowRight, self.cursor + 1),
            (
                Key::ArrowUp,
                self.cursor.checked_sub(columns).unwrap_or(self.cursor),
            ),
            (Key::ArrowDown, self.cursor + columns),
            (Key::Home, 0),
            (Key::End, last),
        ];
        for (key, to) in moves {
            if pressed(key) {
                self.cursor = to.min(last);
            }
        }
        // The image under the cursor is looked at as it goes; Enter does it for the first one.
        if self.cursor != before || pressed(Key::Enter) {
            commands.extend(
                rows.get(self.cursor)
                    .map(|row| Command::Examine(Some(*row))),
            );
        }
        self.cursor != before
    }

    /// Where to scroll, if the cursor has left what is visible.
    fn offset(&mut self, moved: bool, columns: usize, pitch: f32) -> Option<f32> {
        if std::mem::take(&mut self.rewound) {
            return Some(0.0);
        }
        let (offset, height) = self.scrolled;
        let top = (self.cursor / columns) as f32 * pitch;
        if !moved {
            None
        } else if top < offset {
            Some(top)
        } else if top + pitch > offset + height {
            Some(top + pitch - height)
        } else {
            None
        }
    }
}

fn title(ui: &mut Ui, evaluation: &Evaluation, count: usize, filter: &Filter) -> bool {
    let name = |class: usize| evaluation.classes.get(class).map_or("?", String::as_str);
    let text = match *filter {
        Filter::All => "All mistakes, most confident first".to_owned(),
        Filter::Class(class) => format!("Mistakes of class {}", name(class)),
        Filter::Cell { truth, predicted } => {
            format!("True {}, predicted {}", name(truth), name(predicted))
        }
    };
    let mut clear = false;
    ends(
        ui,
        "mistakes title",
        |ui| {
            elided(ui, RichText::new(text).color(Tokens::of(ui).muted));
        },
        |ui| {
            ui.label(figure(thousands(count as u64)).color(Tokens::of(ui).muted));
            if *filter != Filter::All {
                let button = ui.button("All mistakes");
                clear = button
                    .on_hover_text("Take the selection back (Esc)")
                    .clicked();
            }
        },
    );
    clear
}

/// The data that the shown run was trained on, where it is known and not what is open.
fn other_data<'a>(view: &View<'a>) -> Option<&'a Source> {
    let shown: &ShownRun = view.shown?;
    let source = &shown.stored.as_ref()?.data.as_ref()?.source;
    let (dataset, _) = view.data.ready()?;
    (dataset.source != *source).then_some(source)
}

/// Whether the open images are those of the run.
pub fn is_open(view: &View<'_>) -> bool {
    view.data.ready().is_some() && other_data(view).is_none()
}

/// The place of a file in the open data.
pub fn image_of(view: &View<'_>, file: &str) -> Option<usize> {
    view.data
        .ready()
        .and_then(|(dataset, _)| dataset.index_of(file))
}

fn not_open(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    if let Some(source) = other_data(view) {
        ui.horizontal_wrapped(|ui| {
            note(
                ui,
                &format!("This run has seen other images than those open now: {source}"),
            );
            if ui.button("Open its images").clicked() {
                commands.push(Command::OpenData(source.clone()));
            }
        });
    }
}
