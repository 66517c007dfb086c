//! The settings of several selected layers: those of each kind are set together.

use std::collections::HashSet;

use egui::{CollapsingHeader, Ui};

use super::{Settings, help, problems, section};
use crate::app::command::Command;
use crate::app::theme::SPACE;
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{Edit, Kind, LayerId, Node, Setting, Value, grouped};

/// The selected layers by kind, in the network's order; the kind of the primary one first.
pub(super) struct Several<'a> {
    kinds: Vec<(Kind, Vec<&'a Node>)>,
}

impl<'a> Several<'a> {
    pub fn of(view: &View<'a>) -> Self {
        let graph = view.editor.graph();
        let mut kinds: Vec<(Kind, Vec<&Node>)> = Vec::new();
        if view.selection.len() > 1 {
            let chosen: HashSet<LayerId> = view.selection.iter().copied().collect();
            let nodes = graph.nodes().iter().skip(1);
            for node in nodes.filter(|node| chosen.contains(&node.id)) {
                let kind = node.layer.kind();
                match kinds.iter_mut().find(|(it, _)| *it == kind) {
                    Some((_, nodes)) => nodes.push(node),
                    None => kinds.push((kind, vec![node])),
                }
            }
        }
        let primary = view.selected.and_then(|id| graph.node(id));
        let primary = primary.map(|node| node.layer.kind());
        kinds.sort_by_key(|(kind, _)| Some(*kind) != primary);
        Self { kinds }
    }

    pub fn count(&self) -> usize {
        self.kinds.iter().map(|(_, nodes)| nodes.len()).sum()
    }

    fn ids(&self) -> HashSet<LayerId> {
        let nodes = self.kinds.iter().flat_map(|(_, nodes)| nodes);
        nodes.map(|node| node.id).collect()
    }
}

impl Settings {
    pub(super) fn several(
        &mut self,
        ui: &mut Ui,
        several: &Several<'_>,
        view: &View<'_>,
        commands: &mut Vec<Command>,
    ) {
        let count = grouped(several.count() as u64);
        match several.kinds.as_slice() {
            [(kind, _)] => widgets::heading(ui, &format!("{count} {} layers", kind.entry().title)),
            _ => widgets::heading(ui, &format!("{count} layers")),
        };
        widgets::note(ui, "A change is made to all of its kind");
        for (number, (kind, nodes)) in several.kinds.iter().enumerate() {
            if several.kinds.len() > 1 {
                let count = nodes.len();
                let plural = if count == 1 { "" } else { "s" };
                section(ui, &format!("{count} {} layer{plural}", kind.entry().title));
            } else {
                ui.add_space(SPACE[2]);
            }
            // Two kinds may have a setting of the same name.
            let of = (number > 0).then_some(kind.entry().title);
            self.kind(ui, nodes, of, commands);
        }
        self.seal(ui, commands);
        let chosen = several.ids();
        section(ui, "These layers");
        let layers = view.report.layers.iter();
        let layers = layers.filter(|layer| chosen.contains(&layer.id));
        let (parameters, adds) = layers.fold((0_u64, 0_u64), |(parameters, adds), layer| {
            (
                parameters.saturating_add(layer.parameters),
                adds.saturating_add(layer.multiply_adds),
            )
        });
        widgets::stat_row(ui, "Parameters", &grouped(parameters));
        widgets::stat_row(ui, "Multiply-adds an image", &widgets::short(adds));
        let all = view.report.problems.iter();
        let own = all.filter(|problem| problem.layer.is_some_and(|id| chosen.contains(&id)));
        problems(ui, own, view, commands);
    }

    /// The usual settings of the layers of one kind, and the others behind "More".
    fn kind(
        &mut self,
        ui: &mut Ui,
        nodes: &[&Node],
        of: Option<&str>,
        commands: &mut Vec<Command>,
    ) {
        let Some(first) = nodes.first() else { return };
        let kind = first.layer.kind();
        if first.layer.settings().next().is_none() {
            widgets::note(ui, "Nothing to set");
        }
        for (setting, _) in first.layer.settings().filter(|(it, _)| !it.more) {
            self.shared(ui, nodes, setting, of, commands);
        }
        let more: Vec<_> = first.layer.settings().filter(|(it, _)| it.more).collect();
        if more.is_empty() {
            return;
        }
        CollapsingHeader::new("More")
            .id_salt(("more settings of several", kind.entry().name))
            .show_unindented(ui, |ui| {
                for (setting, _) in more {
                    self.shared(ui, nodes, setting, of, commands);
                }
            });
    }

    fn shared(
        &mut self,
        ui: &mut Ui,
        nodes: &[&Node],
        setting: &Setting,
        of: Option<&str>,
        commands: &mut Vec<Command>,
    ) {
        let values = || nodes.iter().filter_map(|node| node.layer.get(setting.name));
        let Some(value) = values().next() else { return };
        let mixed = values().any(|other| other != value);
        let mut help = help(setting);
        if mixed {
            help.push_str(&format!("\nNow {}", listed(values())));
        }
        let name = of.map_or(setting.title.to_owned(), |of| {
            format!("{} of {of}", setting.title)
        });
        let changed = ui.push_id(&name, |ui| {
            widgets::setting_row(ui, setting.title, &help, |ui| {
                self.control.show(ui, setting, &name, value, mixed)
            })
        });
        if let Some(value) = changed.inner {
            self.changing = true;
            commands.push(Command::Edit(Edit::SetAll {
                ids: nodes.iter().map(|node| node.id).collect(),
                name: setting.name.to_owned(),
                value,
            }));
        }
    }
}

/// The different values, the first few of them.
fn listed<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let mut different: Vec<String> = Vec::new();
    for value in values.map(ToString::to_string) {
        if !different.contains(&value) {
            different.push(value);
        }
        if different.len() > 6 {
            different[6] = "…".to_owned();
            break;
        }
    }
    different.join(", ")
}
