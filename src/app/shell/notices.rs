//! Messages in the corner at the bottom right: the newest last, until they are put away or their
//! time is over.

use egui::{
    Align, Align2, Area, Context, Frame, Id, Label, Layout, Margin, Order, Stroke, Ui, vec2,
};

use crate::app::command::Command;
use crate::app::theme::{CORNER_SMALL, SPACE, STATUS_HEIGHT, Tokens};
use crate::app::view::{Notice, View};
use crate::app::widgets::edge;

const WIDTH: f32 = 380.0;
/// More than this would hide the work.
const MOST: usize = 4;

pub(super) fn show(ctx: &Context, view: &View<'_>, commands: &mut Vec<Command>) {
    if view.notices.is_empty() {
        return;
    }
    let offset = vec2(-SPACE[3], -(STATUS_HEIGHT + SPACE[3]));
    Area::new(Id::unique("notices"))
        .anchor(Align2::RIGHT_BOTTOM, offset)
        .order(Order::Middle)
        .show(ctx, |ui| {
            ui.set_width(WIDTH);
            let hidden = view.notices.len().saturating_sub(MOST);
            for notice in view.notices.iter().skip(hidden) {
                if card(ui, notice) {
                    commands.push(Command::Dismiss(notice.id));
                }
            }
        });
}

/// One message; true when it is to be put away.
fn card(ui: &mut Ui, notice: &Notice) -> bool {
    let tokens = Tokens::of(ui);
    let margin = Margin {
        left: SPACE[3] as i8,
        right: SPACE[1] as i8,
        top: SPACE[1] as i8,
        bottom: SPACE[1] as i8,
    };
    let shown = Frame::new()
        .fill(tokens.card)
        .stroke(Stroke::new(1.0, tokens.line))
        .corner_radius(CORNER_SMALL)
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(margin)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                let button = egui::Button::new("Dismiss").frame_when_inactive(false);
                let dismissed = ui.add(button).clicked();
                ui.with_layout(Layout::top_down(Align::Min), |ui| {
                    ui.add_space(6.0);
                    ui.add(Label::new(&notice.text).wrap().selectable(true));
                    ui.add_space(6.0);
                });
                dismissed
            })
            .inner
        });
    let colour = if notice.error {
        tokens.error
    } else {
        tokens.accent
    };
    edge(ui, shown.response.rect, colour);
    shown.inner
}
