//! The command palette (Ctrl+K): one field that finds everything that mapsto can do.

use egui::{
    Align, Align2, Context, Frame, Id, Key, Label, Layout, Modal, Modifiers, Order, RichText,
    ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2,
};

use super::palette_items::{self, Item};
use crate::app::command::Command;
use crate::app::theme::{CAPTION_SIZE, CORNER_SMALL, HEADING_SIZE, NOTE_SIZE, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets::key_text;

const WIDTH: f32 = 560.0;
const ROW: f32 = 32.0;
const ROWS: f32 = 11.0;

/// What was typed, and the line that Enter takes.
#[derive(Default)]
pub(super) struct Palette {
    open: bool,
    query: String,
    chosen: usize,
}

impl Palette {
    pub(super) fn show(&mut self, ctx: &Context, view: &View<'_>, commands: &mut Vec<Command>) {
        if !view.palette || view.dialog.is_some() {
            self.open = false;
            return;
        }
        if !self.open {
            *self = Self {
                open: true,
                ..Self::default()
            };
        }
        let id = Id::unique("command palette");
        let area = Modal::default_area(id)
            .anchor(Align2::CENTER_TOP, vec2(0.0, 96.0))
            .order(Order::Foreground);
        let modal = Modal::new(id)
            .area(area)
            .backdrop_color(backdrop(ctx))
            .frame(frame(ctx));
        let shown = modal.show(ctx, |ui| self.contents(ui, view));
        if let Some(item) = &shown.inner {
            commands.push(Command::ShowPalette(false));
            commands.extend(item.commands.iter().cloned());
        } else if shown.should_close() {
            commands.push(Command::ShowPalette(false));
        }
    }

    /// The item that was taken.
    fn contents(&mut self, ui: &mut Ui, view: &View<'_>) -> Option<Item> {
        ui.set_width(WIDTH);
        let (up, down, enter) = ui.input_mut(|input| {
            (
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
                input.consume_key(Modifiers::NONE, Key::Enter),
            )
        });
        if self.field(ui) {
            self.chosen = 0;
        }
        let mut items = palette_items::find(ui.ctx(), view, &self.query);
        let last = items.len().saturating_sub(1);
        self.chosen = (self.chosen + down).saturating_sub(up).min(last);
        ui.add_space(SPACE[1]);
        if items.is_empty() {
            let text = "Nothing is called that; try a command, a layer, a template or a run";
            let muted = Tokens::of(ui).muted;
            ui.label(RichText::new(text).size(NOTE_SIZE).color(muted));
            return None;
        }
        let clicked = self.list(ui, &items, up + down > 0);
        let taken = clicked.or(enter.then_some(self.chosen))?;
        let free = items.get(taken)?.blocked.is_none();
        free.then(|| items.swap_remove(taken))
    }

    /// The search field, which always has the keyboard; true when the text changed.
    fn field(&mut self, ui: &mut Ui) -> bool {
        let field = TextEdit::singleline(&mut self.query)
            .id_salt("palette search")
            .hint_text("Search commands, layers, templates, runs")
            .desired_width(f32::INFINITY)
            .margin(vec2(SPACE[2], SPACE[1]))
            .font(egui::FontId::proportional(HEADING_SIZE));
        let response = ui.add(field);
        let text = self.query.clone();
        response.widget_info(|| {
            let mut info = WidgetInfo::text_edit(true, "", &text, "Search commands");
            info.label = Some("Search commands".to_owned());
            info
        });
        if !response.has_focus() {
            response.request_focus();
        }
        response.changed()
    }

    /// The lines that fit; the one that was clicked.
    fn list(&mut self, ui: &mut Ui, items: &[Item], follow: bool) -> Option<usize> {
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut clicked = None;
        ScrollArea::vertical()
            .max_height(ROW * ROWS)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                for (index, item) in items.iter().enumerate() {
                    let response = row(ui, item, index == self.chosen);
                    if follow && index == self.chosen {
                        response.scroll_to_me(None);
                    }
                    let moved = ui.input(|input| input.pointer.delta() != egui::Vec2::ZERO);
                    if response.hovered() && moved {
                        self.chosen = index;
                    }
                    if response.clicked() {
                        clicked = Some(index);
                    }
                }
            });
        clicked
    }
}

fn row(ui: &mut Ui, item: &Item, chosen: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let enabled = item.blocked.is_none();
    response.widget_info(|| {
        WidgetInfo::selected(egui::Role::ListBoxOption, enabled, chosen, &item.text)
    });
    if !ui.is_rect_visible(rect) {
        return response;
    }
    if chosen {
        ui.painter()
            .rect_filled(rect, CORNER_SMALL, tokens.chosen());
    }
    let inside = rect.shrink2(vec2(SPACE[2], 0.0));
    let builder = egui::UiBuilder::new()
        .max_rect(inside)
        .layout(Layout::right_to_left(Align::Center));
    ui.scope_builder(builder, |ui| {
        if !item.keys.is_empty() {
            key_text(ui, &item.keys);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let ink = if enabled { tokens.text } else { tokens.muted };
            ui.label(RichText::new(&item.text).color(ink));
            let help = item.blocked.as_ref().unwrap_or(&item.help);
            let help = RichText::new(help).size(CAPTION_SIZE).color(tokens.muted);
            ui.add(Label::new(help).truncate());
        });
    });
    match &item.blocked {
        Some(reason) => response.on_hover_text(reason),
        None => response,
    }
}

pub(super) fn tokens(ctx: &Context) -> &'static Tokens {
    match ctx.theme() {
        egui::Theme::Dark => &crate::app::theme::DARK,
        egui::Theme::Light => &crate::app::theme::LIGHT,
    }
}

pub(super) fn backdrop(ctx: &Context) -> egui::Color32 {
    tokens(ctx).backdrop()
}

/// The frame of what lies over the window.
pub(super) fn frame(ctx: &Context) -> Frame {
    Frame::popup(&ctx.style_of(ctx.theme())).inner_margin(SPACE[2])
}
