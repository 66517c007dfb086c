//! Small questions beside a card: where a wire goes, how it joins, what a block is called, which kind
//! replaces a layer.

use egui::{
    Align, Button, Id, Key, Layout, Popup, PopupAnchor, PopupCloseBehavior, PopupKind, Pos2,
    ScrollArea, TextEdit, Ui,
};

use super::rows::Rows;
use super::{palette, text, wires};
use crate::app::command::Command;
use crate::app::theme::SPACE;
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Arity, Edit, Kind, LayerId};

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// The comment of a layer; asked on the card itself.
    Comment(LayerId),
    /// The kind that it becomes.
    Replace { id: LayerId, search: String },
    /// Where a wire from this layer goes.
    Connect { from: LayerId, search: String },
    /// How the output of a layer comes to another one that takes one input.
    Join { from: LayerId, to: LayerId },
    /// Nothing: why what was wanted cannot be done.
    Refused { id: LayerId, reason: String },
    /// The name of a new block.
    Name { ids: Vec<LayerId>, name: String },
}

impl Question {
    pub fn connect(from: LayerId) -> Self {
        let search = String::new();
        Self::Connect { from, search }
    }

    pub fn replace(id: LayerId) -> Self {
        let search = String::new();
        Self::Replace { id, search }
    }

    pub fn name(ids: Vec<LayerId>) -> Self {
        let name = String::new();
        Self::Name { ids, name }
    }

    /// The layer to ask beside.
    fn beside(&self) -> Option<LayerId> {
        match self {
            Self::Comment(id) | Self::Replace { id, .. } | Self::Refused { id, .. } => Some(*id),
            Self::Connect { from, .. } => Some(*from),
            Self::Join { to, .. } => Some(*to),
            Self::Name { ids, .. } => ids.first().copied(),
        }
    }
}

/// A question that is open.
pub struct Asking {
    question: Question,
    /// Where; beside the card where that is not told.
    at: Option<Pos2>,
    /// Not shown yet: the click that asked is not one beside it.
    fresh: bool,
}

impl Asking {
    pub fn new(question: Question, at: Option<Pos2>) -> Self {
        let fresh = true;
        Self {
            question,
            at,
            fresh,
        }
    }

    /// Draws it; `card` says where the card of a row lies. False when it is answered or put away.
    pub fn show(
        &mut self,
        ui: &Ui,
        view: &View<'_>,
        rows: &Rows,
        card: impl Fn(usize) -> Option<Pos2>,
        commands: &mut Vec<Command>,
    ) -> bool {
        let mut open = true;
        let row = self.question.beside().and_then(|id| rows.of_layer(id));
        let Some(at) = self.at.or_else(|| row.and_then(card)) else {
            return false;
        };
        let at = at.clamp(ui.clip_rect().min, ui.clip_rect().max);
        let mut next = None;
        let popup = Popup::new(
            Id::unique("question of the column"),
            ui.ctx().clone(),
            PopupAnchor::Position(at),
            ui.layer_id(),
        );
        let behaviour = match self.fresh {
            true => PopupCloseBehavior::IgnoreClicks,
            false => PopupCloseBehavior::CloseOnClickOutside,
        };
        let popup = match &self.question {
            Question::Name { .. } | Question::Refused { .. } => popup,
            _ => popup
                .layout(Layout::top_down_justified(Align::Min))
                .style(egui::containers::menu::menu_style),
        };
        popup
            .kind(PopupKind::Menu)
            .close_behavior(behaviour)
            .open_bool(&mut open)
            .show(|ui| {
                ui.spacing_mut().button_padding.x = SPACE[1];
                next = answer(ui, &mut self.question, self.fresh, view, rows, commands);
            });
        self.fresh = false;
        if let Some(question) = next {
            *self = Self::new(question, self.at);
            return true;
        }
        open
    }
}

/// The question's contents; returns the question that follows.
fn answer(
    ui: &mut Ui,
    question: &mut Question,
    fresh: bool,
    view: &View<'_>,
    rows: &Rows,
    commands: &mut Vec<Command>,
) -> Option<Question> {
    match question {
        Question::Comment(_) => ui.close(),
        Question::Refused { reason, .. } => {
            ui.set_max_width(300.0);
            ui.label(text::sentence(reason));
        }
        Question::Replace { id, search } => replace(ui, *id, search, fresh, commands),
        Question::Connect { from, search } => {
            return connect(ui, *from, search, fresh, view, rows, commands);
        }
        Question::Join { from, to } => join(ui, (*from, *to), view, rows, commands),
        Question::Name { ids, name } => {
            widgets::caption(ui, "Name of the block");
            let field = TextEdit::singleline(name)
                .hint_text("Block")
                .desired_width(180.0);
            let field = ui.add(field).accessible_name("Name of the block");
            if fresh {
                field.request_focus();
            }
            let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let made = ui.button("Make the block").clicked();
            if enter || made {
                let name = match name.trim() {
                    "" => "Block".to_owned(),
                    name => name.to_owned(),
                };
                let ids = ids.clone();
                commands.push(Command::Edit(Edit::Group { ids, name }));
                ui.close();
            }
        }
    }
    None
}

/// The kinds that a layer can become.
fn replace(
    ui: &mut Ui,
    id: LayerId,
    search: &mut String,
    fresh: bool,
    commands: &mut Vec<Command>,
) {
    widgets::caption(ui, "Replace by");
    let field = TextEdit::singleline(search)
        .hint_text("Search layers")
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(180.0);
    let field = ui.add(field).accessible_name("Kind to replace it by");
    if fresh {
        field.request_focus();
    }
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let list = ScrollArea::vertical().max_height(380.0);
    let clicked = list.show(ui, |ui| palette::found(ui, search)).inner;
    let typed = enter && !search.trim().is_empty();
    let chosen = clicked.or_else(|| palette::first(search).filter(|_| typed));
    if let Some(kind) = chosen {
        commands.push(Command::Edit(Edit::Exchange { id, kind }));
        ui.close();
    }
}

/// The layers that a wire can go to.
fn connect(
    ui: &mut Ui,
    from: LayerId,
    search: &mut String,
    fresh: bool,
    view: &View<'_>,
    rows: &Rows,
    commands: &mut Vec<Command>,
) -> Option<Question> {
    let mut next = None;
    let graph = view.editor.graph();
    widgets::caption(ui, &format!("Connect {} to", graph.name_of(from)));
    let field = TextEdit::singleline(search)
        .hint_text("Search layers")
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(180.0);
    let field = ui.add(field).accessible_name("Layer to connect to");
    if fresh {
        field.request_focus();
    }
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let wanted = search.trim().to_lowercase();
    let fits = |name: &str| name.contains(&wanted);
    let layers = view.report.layers.iter().skip(1);
    let found: Vec<_> = layers
        .filter(|layer| layer.id != from && fits(&layer.name))
        .collect();
    ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        for (number, layer) in found.iter().enumerate() {
            let button = Button::new(&layer.name).frame_when_inactive(false);
            let clicked = ui.add(button).clicked();
            if clicked || (enter && number == 0) {
                next = wire(view, rows, from, layer.id, commands);
                if next.is_none() {
                    ui.close();
                }
            }
        }
        if found.is_empty() {
            widgets::note(ui, "No layer is called that");
        }
    });
    next
}

/// Draws a wire: at once to a join; to another layer it is asked how.
pub fn wire(
    view: &View<'_>,
    rows: &Rows,
    from: LayerId,
    to: LayerId,
    commands: &mut Vec<Command>,
) -> Option<Question> {
    let graph = view.editor.graph();
    let node = graph.node(to)?;
    let folded = rows.of_layer(to).and_then(|row| rows.rows.get(row)?.folded);
    if node.layer.kind().entry().arity == Arity::Many && folded.is_none() {
        commands.push(Command::Edit(Edit::Connect { from, to }));
        return None;
    }
    Some(Question::Join { from, to })
}

/// How an output comes to a layer that takes one input.
fn join(
    ui: &mut Ui,
    (from, to): (LayerId, LayerId),
    view: &View<'_>,
    rows: &Rows,
    commands: &mut Vec<Command>,
) {
    let graph = view.editor.graph();
    let (from_name, to_name) = (graph.name_of(from), graph.name_of(to));
    widgets::caption(ui, &format!("{from_name} to {to_name}"));
    for kind in [Kind::Add, Kind::Concatenate, Kind::Multiply] {
        let entry = kind.entry();
        let help = format!("A join before {to_name}. {}", entry.help);
        if ui.button(entry.title).on_hover_text(help).clicked() {
            commands.push(Command::Edit(Edit::Join { from, to, kind }));
            ui.close();
        }
    }
    ui.separator();
    let has = graph.node(to).and_then(|node| node.inputs.first());
    let has = has.map_or_else(|| "what it has".to_owned(), |id| graph.name_of(*id));
    let instead = ui.button("Take this instead");
    let help = format!("{to_name} takes the output of {from_name} in place of {has}");
    if instead.on_hover_text(help).clicked() {
        commands.extend(wires::instead(view, rows, from, to));
        ui.close();
    }
}
