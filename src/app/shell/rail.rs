//! The rail on the left: the four workspaces in the order of the work.

use egui::{Align2, FontId, Rect, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use super::icons;
use super::shortcuts;
use crate::app::command::Command;
use crate::app::theme::{CORNER_SMALL, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::{View, Workspace};

const HEIGHT: f32 = 68.0;

const PLACES: [(Workspace, &str); 4] = [
    (Workspace::Data, "Data"),
    (Workspace::Build, "Build"),
    (Workspace::Train, "Train"),
    (Workspace::Inspect, "Inspect"),
];

pub(super) fn show(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(SPACE[1]);
    for (place, name) in PLACES {
        if button(ui, place, name, view.workspace == place) {
            commands.push(Command::Go(place));
        }
    }
}

fn button(ui: &mut Ui, place: Workspace, name: &str, chosen: bool) -> bool {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(egui::Role::Tab, true, chosen, format!("{name} workspace"))
    });
    let painter = ui.painter();
    if chosen {
        painter.rect_filled(rect, 0, tokens.hover());
        let edge = Rect::from_min_size(rect.min, vec2(3.0, rect.height()));
        painter.rect_filled(edge, 0, tokens.accent);
    } else if response.hovered() {
        painter.rect_filled(rect, 0, tokens.card);
    }
    if response.has_focus() {
        let ring = egui::Stroke::new(1.5, tokens.accent);
        let inside = rect.shrink(3.0);
        painter.rect_stroke(inside, CORNER_SMALL, ring, egui::StrokeKind::Inside);
    }
    let colour = if chosen || response.hovered() {
        tokens.text
    } else {
        tokens.muted
    };
    let middle = pos2(rect.center().x, rect.top() + 25.0);
    icons::workspace(painter, place, middle, colour);
    let family = TextStyle::Body.resolve(ui.style()).family;
    let font = FontId::new(NOTE_SIZE, family);
    let at = pos2(rect.center().x, rect.top() + 48.0);
    painter.text(at, Align2::CENTER_CENTER, name, font, colour);

    let clicked = response.clicked();
    let entry = shortcuts::entry_of(|command| matches!(command, Command::Go(to) if *to == place));
    if let Some(entry) = entry {
        let keys = shortcuts::keys(ui.ctx(), entry);
        response.on_hover_text(format!("{} ({keys})", entry.help));
    }
    clicked
}
