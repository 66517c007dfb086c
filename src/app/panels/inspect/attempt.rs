//! "Try an image": what the model makes of pictures that it has never seen.

use std::path::PathBuf;

use egui::{
    Align, Layout, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    Vec2, WidgetInfo, vec2,
};

use crate::app::command::Command;
use crate::app::panels::parts::row::{ROW as HEIGHT, elided, ends, path_field};
use crate::app::panels::parts::{picture, probabilities};
use crate::app::theme::{CORNER_SMALL, NOTE_SIZE, SPACE, Tokens, figure, semibold};
use crate::app::view::{Tried, View};
use crate::app::widgets::{bar, card, note, percent, thousands};

const ROW: f32 = 72.0;

/// What is being typed, and how many pictures there were, so that new ones are noticed.
#[derive(Default)]
pub struct Attempt {
    path: String,
    seen: usize,
}

impl Attempt {
    /// Whether pictures came since the last frame: the place for them should be in sight.
    pub fn has_news(&mut self, view: &View<'_>) -> bool {
        let before = std::mem::replace(&mut self.seen, view.tried.len());
        view.tried.len() > before
    }

    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let no_model = view.shown.is_none() && !view.status.phase.is_active();
        card(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = SPACE[1];
            let hovered = ui.input(|input| !input.raw.hovered_files.is_empty());
            let text = if hovered {
                "Let go to see what the network makes of it"
            } else {
                "Drop pictures here, or"
            };
            ui.label(RichText::new(text).color(Tokens::of(ui).muted));
            if no_model {
                note(
                    ui,
                    "There is no model yet: train a network first, then it can be asked",
                );
            }
            ui.add_enabled_ui(!no_model, |ui| self.choose(ui, commands));
        });
        if view.tried.is_empty() {
            return;
        }
        ui.add_space(SPACE[0]);
        let count = view.tried.len();
        let text = if count == 1 {
            "1 picture".to_owned()
        } else {
            format!("{} pictures", thousands(count as u64))
        };
        let mut clear = false;
        ends(
            ui,
            "tried",
            |ui| {
                ui.label(RichText::new(text).color(Tokens::of(ui).muted));
            },
            |ui| {
                clear = ui
                    .button("Clear")
                    .on_hover_text("Take the pictures off the list")
                    .clicked();
            },
        );
        if clear {
            commands.push(Command::ClearTried);
        }
        list(ui, view, commands);
    }

    fn choose(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) {
        ui.horizontal(|ui| {
            ui.spacing_mut().interact_size.y = HEIGHT;
            if ui.button("Choose pictures…").clicked() {
                commands.push(Command::TryPictures(None));
            }
            let width = ui.available_width();
            let typed = path_field(ui, &mut self.path, "Path of a picture, then Enter", width);
            if let Some(path) = typed {
                commands.push(Command::TryPictures(Some(vec![PathBuf::from(path)])));
                self.path.clear();
            }
        });
    }
}

fn list(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.spacing_mut().item_spacing.y = SPACE[0];
    ScrollArea::vertical()
        .id_salt("tried")
        .auto_shrink(false)
        .show_rows(ui, ROW, view.tried.len(), |ui, visible| {
            for index in visible {
                let Some(tried) = view.tried.get(index) else {
                    continue;
                };
                let current = view.tried_selected == Some(index);
                if row(ui, tried, current) {
                    commands.push(Command::ExamineTried(Some(index)));
                }
            }
        });
}

/// One picture with its answer; true when it was clicked.
fn row(ui: &mut Ui, tried: &Tried, current: bool) -> bool {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    ui.painter().rect_filled(rect, CORNER_SMALL, tokens.card);
    let stroke = if current {
        Stroke::new(1.5, tokens.accent)
    } else {
        Stroke::new(1.0, tokens.line)
    };
    ui.painter()
        .rect_stroke(rect, CORNER_SMALL, stroke, StrokeKind::Inside);
    let inner = rect.shrink(SPACE[1]);
    let place = Rect::from_min_size(inner.min, Vec2::splat(inner.height()));
    match &tried.texture {
        Some(texture) => picture::paint(ui, place, texture.id(), texture.size_vec2()),
        None => {
            ui.painter().rect_filled(place, 2, tokens.panel);
        }
    }
    let text = Rect::from_min_max(inner.min + vec2(inner.height() + SPACE[2], 0.0), inner.max);
    let layout = Layout::top_down(Align::Min);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(text).layout(layout));
    inside.spacing_mut().item_spacing.y = 2.0;
    inside.spacing_mut().interact_size.y = 16.0;
    elided(&mut inside, semibold(file_name(&tried.name)));
    answer(&mut inside, tried);
    let spoken = format!("{}: {}", tried.name, spoken(tried));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, current, &spoken));
    response.on_hover_text(&tried.name).clicked()
}

fn answer(ui: &mut Ui, tried: &Tried) {
    let tokens = Tokens::of(ui);
    match &tried.answer {
        None => {
            ui.label(RichText::new("Waiting for the network…").color(tokens.muted));
        }
        Some(Err(message)) => {
            let reason = reason(message, &tried.name);
            elided(ui, RichText::new(reason).color(tokens.error));
        }
        Some(Ok(explained)) => {
            let best = probabilities::likeliest(&explained.probabilities, 2);
            for class in best {
                let value = explained.probabilities.get(class).copied().unwrap_or(0.0);
                let first = class == explained.predicted;
                ui.horizontal(|ui| {
                    let colour = if first { tokens.accent } else { tokens.muted };
                    bar(ui, value, 72.0, colour);
                    ui.label(
                        figure(percent(f64::from(value)))
                            .size(NOTE_SIZE)
                            .color(tokens.muted),
                    );
                    let name = explained.classes.get(class).map_or("?", String::as_str);
                    elided(
                        ui,
                        if first {
                            semibold(name)
                        } else {
                            RichText::new(name).color(tokens.muted)
                        },
                    );
                });
            }
        }
    }
}

fn spoken(tried: &Tried) -> String {
    match &tried.answer {
        None => "waiting".to_owned(),
        Some(Err(message)) => message.clone(),
        Some(Ok(explained)) => {
            let value = explained
                .probabilities
                .get(explained.predicted)
                .copied()
                .unwrap_or(0.0);
            let class = explained
                .classes
                .get(explained.predicted)
                .map_or("?", String::as_str);
            format!("{class}, {}", percent(f64::from(value)))
        }
    }
}

/// What is wrong with a picture, without the path that stands above it already.
pub(super) fn reason<'a>(message: &'a str, name: &str) -> &'a str {
    message
        .strip_prefix(name)
        .and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(message)
}

/// The last part of a path; the whole of it is in the tooltip.
pub(super) fn file_name(name: &str) -> String {
    let last = std::path::Path::new(name).file_name();
    last.map_or_else(
        || name.to_owned(),
        |last| last.to_string_lossy().into_owned(),
    )
}
