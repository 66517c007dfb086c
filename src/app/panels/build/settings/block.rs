//! The settings of a block: its name, how often it is repeated, and what its layers let it set.

use egui::{
    Align2, Id, Rect, RichText, Sense, Stroke, TextEdit, Ui, WidgetInfo, accesskit::Role, pos2,
    vec2,
};

use super::{Settings, help, problems, section};
use crate::app::command::Command;
use crate::app::theme::{CONTROL_HEIGHT, CONTROL_WIDTH, SPACE, Tokens};
use crate::app::view::View;
use crate::app::widgets;
use crate::network::{
    Block, BlockChange, BlockSetting, Edit, MAX_REPEAT, Node, Setting, Value, grouped,
};

/// The block whose settings are shown: a folded one that the selected layer is in, or one of which all
/// layers are selected.
pub fn shown<'a>(view: &View<'a>) -> Option<&'a Block> {
    let graph = view.editor.graph();
    let id = graph.node(view.selected?)?.block?;
    let block = graph.block(id)?;
    let count = graph.members(id).count();
    let members = graph.members(id);
    let all = count == view.selection.len()
        && members
            .map(|node| node.id)
            .all(|id| view.selection.contains(&id));
    (block.folded || all).then_some(block)
}

fn change(block: &Block, change: BlockChange) -> Command {
    let id = block.id;
    Command::Edit(Edit::Block { id, change })
}

impl Settings {
    pub(super) fn block(
        &mut self,
        ui: &mut Ui,
        block: &Block,
        view: &View<'_>,
        commands: &mut Vec<Command>,
    ) {
        let graph = view.editor.graph();
        widgets::heading(ui, &block.name);
        let layers = graph.members(block.id).count();
        let plural = if layers == 1 { "" } else { "s" };
        widgets::note(ui, &format!("A block of {layers} layer{plural}"));
        ui.add_space(SPACE[2]);
        self.head(ui, block, commands);
        for (number, setting) in block.settings.iter().enumerate() {
            self.block_setting(ui, block, number, setting, view, commands);
        }
        if block.settings.is_empty() {
            widgets::note(
                ui,
                "Open the block and pin settings of its layers to set them here",
            );
        }
        self.seal(ui, commands);
        ui.add_space(SPACE[1]);
        buttons(ui, block, commands);
        section(ui, "This block");
        figures(ui, block, view);
        let members = graph.members(block.id);
        let told = members.flat_map(|node| view.report.of(node.id));
        problems(ui, told, view, commands);
    }

    /// Name and repeats.
    fn head(&mut self, ui: &mut Ui, block: &Block, commands: &mut Vec<Command>) {
        let mut name = block.name.clone();
        let field = widgets::setting_row(ui, "Name", "What the block is called", |ui| {
            let size = vec2(CONTROL_WIDTH, CONTROL_HEIGHT);
            let id = Id::unique(("block name", block.id.0));
            ui.add_sized(
                size,
                TextEdit::singleline(&mut name)
                    .id(id)
                    .align(Align2::LEFT_CENTER),
            )
        });
        let field = field.accessible_name("Block name");
        if field.changed() {
            commands.push(change(block, BlockChange::Rename(name)));
        } else if field.lost_focus() {
            if name.trim().is_empty() {
                commands.push(change(block, BlockChange::Rename("Block".to_owned())));
            }
            commands.push(Command::SealEdit);
        }
        let explain = format!("How many copies follow one another\nTakes 1 to {MAX_REPEAT}");
        let times = widgets::setting_row(ui, "Repeat", &explain, |ui| {
            let range = [1, u64::from(MAX_REPEAT)];
            super::control::whole(
                ui,
                u64::from(block.repeat),
                range,
                CONTROL_WIDTH,
                "Repeat",
                None,
            )
        });
        if let Some(times) = times.and_then(|times| u32::try_from(times).ok()) {
            self.changing = true;
            commands.push(change(block, BlockChange::Repeat(times)));
        }
    }

    fn block_setting(
        &mut self,
        ui: &mut Ui,
        block: &Block,
        number: usize,
        setting: &BlockSetting,
        view: &View<'_>,
        commands: &mut Vec<Command>,
    ) {
        let graph = view.editor.graph();
        let first = setting.targets.first();
        let spec = first.and_then(|target| {
            let node = graph.node(target.layer)?;
            node.layer.kind().entry().setting(&target.setting)
        });
        let Some((spec, value)) = spec.zip(setting.value(graph)) else {
            return;
        };
        let row = Row::here(ui);
        let changed = ui.push_id(("block setting", block.id.0, number), |ui| {
            widgets::setting_row(ui, &setting.name, &help(spec), |ui| {
                self.control.show(ui, spec, &setting.name, &value, false)
            })
        });
        if let Some(value) = changed.inner {
            self.changing = true;
            let set = BlockChange::Set {
                setting: number,
                value,
            };
            commands.push(change(block, set));
        }
        let name = format!("Unpin {}", setting.name);
        if pin(ui, &row, true, &name, "Set its layers one by one again") {
            let hide = setting.targets.iter().map(|target| Edit::Block {
                id: block.id,
                change: BlockChange::Hide {
                    layer: target.layer,
                    setting: target.setting.clone(),
                },
            });
            commands.push(Command::Edits(hide.collect()));
        }
    }
}

fn buttons(ui: &mut Ui, block: &Block, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        let fold = if block.folded { "Open" } else { "Fold" };
        let button = ui.button(fold).on_hover_text("Ctrl+E");
        if button
            .accessible_name(format!("{fold} the block"))
            .clicked()
        {
            commands.push(change(block, BlockChange::Fold(!block.folded)));
        }
        let help = "Make its layers plain ones; copies then stand one after another (Ctrl+Shift+G)";
        if ui.button("Ungroup").on_hover_text(help).clicked() {
            commands.push(Command::Edit(Edit::Ungroup(block.id)));
        }
        let help = "Keep the block in the palette, for other projects too";
        if ui.button("Save block").on_hover_text(help).clicked() {
            commands.push(Command::SaveBlock(block.id));
        }
    });
}

fn figures(ui: &mut Ui, block: &Block, view: &View<'_>) {
    let Some(report) = view.report.block(block.id) else {
        return;
    };
    let text = |shape: Option<crate::network::Shape>| {
        shape.map_or("unknown".to_owned(), |shape| shape.to_string())
    };
    widgets::stat_row(ui, "Input", &text(report.input));
    widgets::stat_row(ui, "Output", &text(report.output));
    widgets::stat_row(ui, "Parameters", &grouped(report.parameters));
    widgets::stat_row(ui, "Multiply-adds", &widgets::short(report.multiply_adds));
}

/// Where a row of the settings stands, to put a pin beside its control.
pub(super) struct Row(Rect);

impl Row {
    pub fn here(ui: &Ui) -> Self {
        let corner = ui.cursor().min;
        Self(Rect::from_min_size(
            corner,
            vec2(ui.available_width(), CONTROL_HEIGHT),
        ))
    }
}

/// The pin of a layer's setting: whether its block can set it.
pub(super) fn expose(
    ui: &Ui,
    row: &Row,
    node: &Node,
    setting: &Setting,
    view: &View<'_>,
    commands: &mut Vec<Command>,
) {
    let graph = view.editor.graph();
    let Some(block) = node.block.and_then(|id| graph.block(id)) else {
        return;
    };
    let own = |it: &BlockSetting| {
        let mut targets = it.targets.iter();
        targets.any(|target| target.layer == node.id && target.setting == setting.name)
    };
    let pinned = block.settings.iter().any(own);
    let verb = if pinned { "Unpin" } else { "Pin" };
    let name = format!("{verb} {}", setting.title);
    let explain = match pinned {
        true => format!("{} sets it too; click to set it here alone", block.name),
        false => format!("Make it a setting of {}", block.name),
    };
    if !pin(ui, row, pinned, &name, &explain) {
        return;
    }
    let (layer, name) = (node.id, setting.name.to_owned());
    let joined = block.settings.iter().position(|it| {
        it.name == setting.title && fits(it.value(graph), node.layer.get(setting.name))
    });
    commands.push(change(
        block,
        match pinned {
            true => BlockChange::Hide {
                layer,
                setting: name,
            },
            false => BlockChange::Expose {
                layer,
                setting: name,
                into: joined,
            },
        },
    ));
}

/// Whether a layer's value can follow that of its block.
fn fits(of: Option<Value>, own: Option<&Value>) -> bool {
    match (of, own) {
        (Some(Value::Int(of)), Some(Value::Int(own))) => of > 0 && own.is_multiple_of(of),
        (Some(of), Some(own)) => of == *own,
        _ => false,
    }
}

/// A small pin left of a control. True when it was clicked.
fn pin(ui: &Ui, row: &Row, on: bool, name: &str, explain: &str) -> bool {
    let at = pos2(row.0.max.x - CONTROL_WIDTH - 14.0, row.0.center().y);
    let rect = Rect::from_center_size(at, vec2(18.0, 22.0));
    let response = ui.interact(rect, ui.scope_id().with(("pin", name)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let tokens = Tokens::of(ui);
    let ink = match (on, response.hovered() || response.has_focus()) {
        (true, _) => tokens.accent,
        (false, true) => tokens.text,
        (false, false) => tokens.muted.gamma_multiply(0.7),
    };
    let head = at - vec2(0.0, 2.5);
    let stroke = Stroke::new(1.5, ink);
    if on {
        ui.painter().circle_filled(head, 3.5, ink);
    } else {
        ui.painter().circle_stroke(head, 3.0, stroke);
    }
    ui.painter()
        .vline(at.x, head.y + 3.5..=head.y + 8.0, stroke);
    response.on_hover_text(RichText::new(explain)).clicked()
}
