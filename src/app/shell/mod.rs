//! What surrounds the four workspaces and is always there: the bar on top, the rail, the status
//! line, and what lies over the window (dialogs, the command palette, messages).

mod dialogs;
mod icons;
mod keys_list;
mod menus;
mod notices;
mod palette;
mod palette_items;
mod rail;
pub mod shortcuts;
mod status_line;
mod top_bar;

use egui::{CentralPanel, Frame, Panel, Ui, UiBuilder, UiKind, UiStackInfo};

use self::dialogs::Dialogs;
use self::palette::Palette;
use super::command::Command;
use super::theme::{RAIL_WIDTH, STATUS_HEIGHT, TOP_HEIGHT, Tokens};
use super::view::View;

/// The frame of the window. It holds what belongs to the drawing alone: the text in a search field
/// or a dialog.
#[derive(Default)]
pub struct Shell {
    palette: Palette,
    dialogs: Dialogs,
}

impl Shell {
    /// Draws everything; `central` draws the workspace into what is left in the middle.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        view: &View<'_>,
        commands: &mut Vec<Command>,
        central: impl FnOnce(&mut Ui, &mut Vec<Command>),
    ) {
        shortcuts::collect(ui.ctx(), view, commands);
        let tokens = Tokens::of(ui);
        let bar = Frame::new().fill(tokens.panel);
        Panel::top("top bar")
            .exact_size(TOP_HEIGHT)
            .resizable(false)
            .frame(bar)
            .show(ui, |ui| top_bar::show(ui, view, commands));
        Panel::bottom("status line")
            .exact_size(STATUS_HEIGHT)
            .resizable(false)
            .frame(bar)
            .show(ui, |ui| status_line::show(ui, view, commands));
        Panel::left("rail")
            .exact_size(RAIL_WIDTH)
            .resizable(false)
            .frame(bar)
            .show(ui, |ui| rail::show(ui, view, commands));
        // The window is cleared with the ground's colour: no panel paints it again. What fades into it is told of it.
        let ground =
            UiStackInfo::new(UiKind::CentralPanel).with_frame(Frame::new().fill(tokens.ground));
        CentralPanel::no_frame().show(ui, |ui| {
            ui.scope_builder(UiBuilder::new().ui_stack_info(ground), |ui| {
                central(ui, commands);
            });
        });

        let ctx = ui.ctx().clone();
        notices::show(&ctx, view, commands);
        self.palette.show(&ctx, view, commands);
        self.dialogs.show(&ctx, view, commands);
    }
}
