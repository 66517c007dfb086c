//! The right side: the selected layer's settings, made from the catalogue, its figures and problems;
//! with nothing selected, the whole network's.

mod block;
pub(super) mod control;
mod several;

use egui::{CollapsingHeader, Id, RichText, ScrollArea, TextEdit, Ui};

use super::plan::shows;
use super::{card, figures, text};
use crate::app::command::Command;
use crate::app::maps;
use crate::app::theme::{self, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Edit, LayerReport, Node, Problem, Range, Setting, Value, grouped};

/// Side of a map in this narrow place, and rows of them.
const CELL: f32 = 38.0;
const ROWS: usize = 10;

/// What the settings remember between frames.
#[derive(Default)]
pub struct Settings {
    control: control::Memory,
    /// A setting was changed by a drag that goes on.
    changing: bool,
}

impl Settings {
    pub fn show(&mut self, ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
        let graph = view.editor.graph();
        let selected = view.selected.and_then(|id| graph.node(id));
        let several = several::Several::of(view);
        ScrollArea::vertical()
            .id_salt("settings")
            .auto_shrink(false)
            .show(ui, |ui| match (block::shown(view), selected) {
                (Some(block), _) => self.block(ui, block, view, commands),
                (None, Some(_)) if several.count() > 1 => {
                    self.several(ui, &several, view, commands);
                }
                (None, Some(node)) => self.layer(ui, node, view, commands),
                (None, None) => network(ui, view, commands),
            });
    }

    /// The usual settings, and the others behind "More".
    fn settings(&mut self, ui: &mut Ui, node: &Node, view: &View<'_>, commands: &mut Vec<Command>) {
        for (setting, value) in node.layer.settings().filter(|(it, _)| !it.more) {
            self.setting(ui, node, setting, value, view, commands);
        }
        let more: Vec<_> = node.layer.settings().filter(|(it, _)| it.more).collect();
        if more.is_empty() {
            return;
        }
        // What is not as usual is not hidden.
        let changed = |(setting, value): &(&Setting, &Value)| **value != setting.default.value();
        CollapsingHeader::new("More")
            .id_salt(("more settings", node.id.0))
            .default_open(more.iter().any(changed))
            .show_unindented(ui, |ui| {
                for (setting, value) in more {
                    self.setting(ui, node, setting, value, view, commands);
                }
            });
    }

    fn setting(
        &mut self,
        ui: &mut Ui,
        node: &Node,
        setting: &Setting,
        value: &Value,
        view: &View<'_>,
        commands: &mut Vec<Command>,
    ) {
        let row = block::Row::here(ui);
        let changed = ui.push_id((node.id.0, setting.name), |ui| {
            widgets::setting_row(ui, setting.title, &help(setting), |ui| {
                self.control.show(ui, setting, setting.title, value, false)
            })
        });
        block::expose(ui, &row, node, setting, view, commands);
        if let Some(value) = changed.inner {
            self.changing = true;
            commands.push(Command::Edit(Edit::Set {
                id: node.id,
                name: setting.name.to_owned(),
                value,
            }));
        }
    }

    /// Once a drag has ended, the next change is a step of its own for undo.
    fn seal(&mut self, ui: &Ui, commands: &mut Vec<Command>) {
        if self.changing && !ui.input(|input| input.pointer.any_down()) {
            self.changing = false;
            commands.push(Command::SealEdit);
        }
    }

    fn layer(&mut self, ui: &mut Ui, node: &Node, view: &View<'_>, commands: &mut Vec<Command>) {
        let entry = node.layer.kind().entry();
        let report = view.report.layer(node.id);
        ui.horizontal(|ui| {
            widgets::heading(ui, entry.title);
            if let Some(report) = report {
                let name = RichText::new(&report.name).color(Tokens::of(ui).muted);
                ui.label(name);
            }
        });
        widgets::note(ui, entry.help);
        ui.add_space(SPACE[2]);
        self.settings(ui, node, view, commands);
        self.seal(ui, commands);
        comment(ui, node, commands);
        section(ui, "This layer");
        if let Some(report) = report {
            figures::layer(ui, node, report);
        }
        problems(ui, view.report.of(node.id), view, commands);
        if let Some(report) = report {
            feature_maps(ui, view, report);
        }
    }
}

/// The note at a layer, which its card shows.
fn comment(ui: &mut Ui, node: &Node, commands: &mut Vec<Command>) {
    ui.add_space(SPACE[1]);
    let mut text = node.comment.clone();
    let field = TextEdit::multiline(&mut text)
        .id(Id::unique(("comment", node.id.0)))
        .hint_text(RichText::new("Comment").size(theme::NOTE_SIZE))
        .font(egui::FontId::proportional(theme::NOTE_SIZE))
        .desired_rows(2)
        .desired_width(f32::INFINITY);
    let field = ui.add(field).accessible_name("Comment");
    if field.changed() {
        commands.push(Command::Edit(Edit::Comment { id: node.id, text }));
    } else if field.lost_focus() {
        commands.push(Command::SealEdit);
    }
}

/// What the setting does, and what it takes.
fn help(setting: &Setting) -> String {
    let unit = match (setting.unit, &setting.range) {
        ("", _) => String::new(),
        (unit, Range::Int { .. } | Range::Pair { .. } | Range::Real { .. }) => format!(" {unit}"),
        _ => String::new(),
    };
    match &setting.range {
        Range::Choice(_) => setting.help.to_owned(),
        range => format!("{}\nTakes {}{unit}", setting.help, range.describe()),
    }
}

fn section(ui: &mut Ui, title: &str) {
    ui.add_space(SPACE[3]);
    widgets::caption(ui, title);
    ui.add_space(SPACE[0]);
}

/// The figures of all layers together.
fn network(ui: &mut Ui, view: &View<'_>, commands: &mut Vec<Command>) {
    let report = view.report;
    widgets::heading(ui, "Network");
    widgets::note(ui, "Select a layer to change its settings");
    section(ui, "All layers");
    let layers = report.layers.len().saturating_sub(1);
    widgets::stat_row(ui, "Layers", &grouped(layers as u64));
    let ends = [report.layers.first(), report.layers.last()];
    for (label, layer) in ["Input", "Output"].into_iter().zip(ends) {
        let shape = layer.and_then(|layer| layer.output);
        let shape = shape.map_or("unknown".to_owned(), |shape| shape.to_string());
        widgets::stat_row(ui, label, &shape);
    }
    widgets::stat_row(ui, "Parameters", &grouped(report.parameters));
    widgets::stat_row(
        ui,
        "Multiply-adds an image",
        &widgets::short(report.multiply_adds),
    );
    figures::training(ui, view, commands);
    problems(ui, report.problems.iter(), view, commands);
    if report.problems.is_empty() {
        section(ui, "Problems");
        widgets::note(ui, "None: the network fits together");
    }
}

/// Every problem with its remedy; where it is another layer's, a click on the name goes there.
fn problems<'a>(
    ui: &mut Ui,
    problems: impl Iterator<Item = &'a Problem>,
    view: &View<'_>,
    commands: &mut Vec<Command>,
) {
    for (number, problem) in problems.enumerate() {
        if number == 0 {
            section(ui, "Problems");
        }
        let other = problem.layer.filter(|id| view.selected != Some(*id));
        if let Some(report) = other.and_then(|id| view.report.layer(id)) {
            let link = ui.link(RichText::new(&report.name).size(theme::NOTE_SIZE));
            if link.on_hover_text("Select this layer").clicked() {
                commands.push(Command::Select(other));
            }
        }
        let remedy = problem.remedy.as_ref();
        let label = remedy.map(|remedy| remedy.label.as_str());
        let colour = card::colour(Tokens::of(ui), problem.severity);
        let clicked = ui.push_id(("problem", number), |ui| {
            widgets::problem(ui, colour, &text::without(&problem.message, label), label)
        });
        if let Some(remedy) = remedy.filter(|_| clicked.inner) {
            commands.push(Command::Edits(remedy.edits.clone()));
        }
        ui.add_space(SPACE[1]);
    }
}

/// All maps that are kept of the layer, where the card shows a row of them.
fn feature_maps(ui: &mut Ui, view: &View<'_>, report: &LayerReport) {
    let layers = view.drawn.maps.map(|maps| (maps.version, &maps.layers));
    let found = layers.and_then(|(version, layers)| {
        let maps = layers.iter().find(|maps| maps.name == report.last_name())?;
        shows(maps, report.output).then_some((version, maps))
    });
    let Some((version, maps)) = found else {
        return;
    };
    section(ui, "Feature maps");
    maps::strip(ui, maps, version, CELL, ROWS);
    let [channels, ..] = maps.shape;
    if maps.kept < channels {
        ui.add_space(SPACE[0]);
        let (kept, channels) = (grouped(maps.kept as u64), grouped(channels as u64));
        widgets::caption(ui, &format!("The first {kept} of {channels}"));
    }
}
