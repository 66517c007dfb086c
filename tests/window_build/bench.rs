//! The part of the program that the Build workspace needs, and the hands that use it.

use std::sync::Arc;

use eframe::egui_wgpu::RendererOptions;
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};
use egui_kittest::{Harness, HarnessBuilder};
use mapsto::app::command::Command;
use mapsto::app::maps;
use mapsto::app::panels::build::BuildPanel;
use mapsto::app::theme;
use mapsto::app::thumbnails::Thumbnails;
use mapsto::app::view::{Curves, Data, Drawn, Panel, ThemeChoice, View, Workspace};
use mapsto::network::{
    BlockId, Context, Edit, Editor, Fragment, Graph, Kind, Layer, LayerId, Loss, Report, check,
    template,
};
use mapsto::project::{Recipe, SavedBlock};
use mapsto::training::{FeatureMaps, LayerMaps, Status, devices};

/// What of the program the Build workspace needs.
pub struct Bench {
    panel: BuildPanel,
    pub editor: Editor,
    pub report: Report,
    pub selected: Option<LayerId>,
    pub selection: Vec<LayerId>,
    pub blocks: Vec<SavedBlock>,
    /// The blocks that were asked to be kept.
    pub kept: Vec<BlockId>,
    /// What was told.
    pub told: Vec<String>,
    pub maps: Option<Arc<FeatureMaps>>,
    pub drawn: Drawn<'static>,
    pub went: Option<Workspace>,
    thumbnails: Thumbnails,
    recipe: Recipe,
    status: Status,
    curves: Curves,
}

impl Bench {
    pub fn new(graph: Graph) -> Self {
        let report = checked(&graph);
        Self {
            panel: BuildPanel::default(),
            editor: Editor::new(graph),
            report,
            selected: None,
            selection: Vec::new(),
            blocks: Vec::new(),
            kept: Vec::new(),
            told: Vec::new(),
            maps: None,
            drawn: Drawn::default(),
            went: None,
            thumbnails: Thumbnails::empty(),
            recipe: Recipe::default(),
            status: Status::default(),
            curves: Curves::default(),
        }
    }

    pub fn show(&mut self, ui: &mut egui::Ui) {
        let mut commands = Vec::new();
        let view = View {
            workspace: Workspace::Build,
            dialog: None,
            palette: false,
            project_name: "test",
            project_path: None,
            unsaved: false,
            recent: &[],
            theme: ThemeChoice::Dark,
            source: None,
            data: &Data::None,
            desk: &mapsto::app::desk::Desk::default(),
            thumbnails: &self.thumbnails,
            editor: &self.editor,
            report: &self.report,
            comparison: None,
            on_layers: None,
            template: None,
            selected: self.selected,
            selection: &self.selection,
            blocks: &self.blocks,
            recipe: &self.recipe,
            devices: &[],
            train_blocked: None,
            status: &self.status,
            curves: &self.curves,
            maps: None,
            drawn: Drawn {
                maps: self.maps.as_ref(),
                ..self.drawn
            },
            pinned: None,
            runs: &[],
            shown: None,
            tried: &[],
            tried_selected: None,
            notices: &[],
        };
        self.panel.show(ui, &view, &mut commands);
        for command in commands {
            self.carry_out(command);
        }
    }

    pub fn carry_out(&mut self, command: Command) {
        let before: Vec<LayerId> = self.ids();
        match command {
            Command::Select(id) => self.select(id.into_iter().collect()),
            Command::SelectMany(ids) => self.select(ids),
            Command::Edit(edit) => {
                let pasted = matches!(edit, Edit::Paste { .. });
                let new = self.editor.apply(edit).expect("an edit that can be made");
                match new {
                    Some(_) if pasted => self.select_new(&before),
                    Some(new) => self.select(vec![new]),
                    None => {}
                }
            }
            Command::Edits(edits) => {
                let label = edits.first().map(|edit| edit.label(self.editor.graph()));
                let label = label.unwrap_or_default();
                let outcome = self.editor.apply_all(&label, &edits);
                outcome.expect("a remedy that can be made");
            }
            Command::Together { label, edits } => {
                let outcome = self.editor.apply_all(&label, &edits);
                outcome.expect("edits that can be made");
                self.select_new(&before);
            }
            Command::PasteText { after, text } => match Fragment::parse(&text) {
                Ok(fragment) => self.carry_out(Command::Edit(Edit::Paste { after, fragment })),
                Err(error) => self.told.push(error.to_string()),
            },
            Command::SaveBlock(id) => self.kept.push(id),
            Command::SealEdit => self.editor.seal(),
            Command::Undo => {
                self.editor.undo();
            }
            Command::Redo => {
                self.editor.redo();
            }
            Command::UseTemplate(name) => {
                let graph = template(name).expect("a template").graph(Some(10));
                let outcome = self.editor.apply(Edit::Replace(graph));
                outcome.expect("a template that can be used");
            }
            Command::Go(workspace) => self.went = Some(workspace),
            other => panic!("the Build workspace sent {other:?}"),
        }
        let graph = self.editor.graph();
        self.selection.retain(|id| graph.node(*id).is_some());
        self.selected = self.selection.last().copied();
        self.report = checked(self.editor.graph());
    }

    fn ids(&self) -> Vec<LayerId> {
        let nodes = self.editor.graph().nodes().iter();
        nodes.map(|node| node.id).collect()
    }

    fn select(&mut self, ids: Vec<LayerId>) {
        self.selected = ids.last().copied();
        self.selection = ids;
    }

    fn select_new(&mut self, before: &[LayerId]) {
        let new = self.ids().into_iter().filter(|id| !before.contains(id));
        let new: Vec<LayerId> = new.collect();
        if !new.is_empty() {
            self.select(new);
        }
    }

    pub fn kinds(&self) -> Vec<&'static str> {
        let nodes = self.editor.graph().nodes();
        nodes
            .iter()
            .map(|node| node.layer.kind().entry().name)
            .collect()
    }
}

pub fn checked(graph: &Graph) -> Report {
    let context = Context {
        classes: Some(10),
        loss: Loss::CrossEntropy,
        batch: 128,
    };
    check(graph, &context)
}

pub fn empty() -> Graph {
    Graph::new(Layer::new(Kind::Input))
}

pub fn digits() -> Graph {
    template("digits-cnn").expect("a template").graph(Some(10))
}

/// A window that is laid out but not drawn.
pub fn window(graph: Graph) -> Harness<'static, Bench> {
    opened(Harness::builder().with_size([1280.0, 800.0]), graph)
}

/// A window that is drawn too; nothing, and loudly, where no adapter can draw it.
pub fn drawn_window(size: [f32; 2], graph: Graph) -> Option<Harness<'static, Bench>> {
    if devices().iter().all(|device| device.id == "cpu") {
        assert!(
            std::env::var_os("MAPSTO_REQUIRE_GPU").is_none(),
            "no adapter draws, not even a software one; install mesa-vulkan-drivers"
        );
        eprintln!("SKIPPED, LOUDLY: this machine has no adapter to draw with");
        return None;
    }
    let state = create_render_state(default_wgpu_setup(), RendererOptions::PREDICTABLE);
    maps::install(&state);
    let builder = Harness::builder()
        .with_size(size)
        .renderer(WgpuTestRenderer::from_render_state(state));
    Some(opened(builder, graph))
}

fn opened(builder: HarnessBuilder<Bench>, graph: Graph) -> Harness<'static, Bench> {
    let mut ready = false;
    let mut harness = builder.build_ui_state(
        move |ui, bench: &mut Bench| {
            if !ready {
                theme::install(ui.ctx(), ThemeChoice::Dark);
                ready = true;
            }
            bench.show(ui);
        },
        Bench::new(graph),
    );
    harness.run_steps(2);
    harness
}

pub fn press(harness: &mut Harness<'_, Bench>, role: Role, name: &str) {
    harness.get_by_role_and_label(role, name).click();
    harness.run_steps(3);
}

pub fn key(harness: &mut Harness<'_, Bench>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(3);
}

/// Presses the last of several buttons of a name: that of a menu, not that of the palette.
pub fn press_last(harness: &mut Harness<'_, Bench>, name: &str) {
    let buttons: Vec<_> = harness
        .get_all_by_role_and_label(Role::Button, name)
        .collect();
    buttons.last().expect("a button").click();
    drop(buttons);
    harness.run_steps(3);
}

/// Adds a layer or a block by its name in the palette.
pub fn add(harness: &mut Harness<'_, Bench>, name: &str) {
    harness
        .get_by_role_and_label(Role::Button, name)
        .scroll_to_me();
    harness.run_steps(8);
    press(harness, Role::Button, name);
}

pub fn type_in(harness: &mut Harness<'_, Bench>, name: &str, text: &str) {
    harness
        .get_by_role_and_label(Role::SpinButton, name)
        .focus();
    harness.run_steps(2);
    harness.event(Event::Text(text.to_owned()));
    harness.run_steps(1);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
}

pub fn choose(harness: &mut Harness<'_, Bench>, name: &str, option: &str) {
    press(harness, Role::ComboBox, name);
    let options: Vec<_> = harness
        .get_all_by_label(option)
        .filter(|node| node.accesskit_node().role() != Role::Label)
        .collect();
    options.last().expect("the option").click();
    drop(options);
    harness.run_steps(3);
}

pub fn drag(harness: &mut Harness<'_, Bench>, from: Pos2, to: Pos2) {
    harness.hover_at(from);
    harness.run_steps(1);
    harness.drag_at(from);
    harness.run_steps(1);
    for share in [0.3, 0.7, 1.0] {
        harness.hover_at(from.lerp(to, share));
        harness.run_steps(1);
    }
    harness.drop_at(to);
    harness.run_steps(3);
}

/// Maps of the digits network with a pattern that depends on `phase`.
pub fn pattern(phase: usize) -> FeatureMaps {
    let report = checked(&digits());
    let layers = report.layers.iter().skip(1).map(|layer| {
        let shape = match layer.output.expect("a shape").dims()[..] {
            [height, width, channels] => [channels, height, width],
            [units] => [units, 1, 1],
            _ => panic!("an unknown shape"),
        };
        let kept = shape[0].min(mapsto::training::MAPS_KEPT);
        let count = kept * shape[1] * shape[2];
        let values = (0..count).map(|at| ((at * 37 + phase * 101) % 256) as f32);
        LayerMaps {
            name: layer.name.clone(),
            shape,
            values: values.collect(),
            kept,
        }
    });
    FeatureMaps {
        step: phase as u64,
        version: phase as u64,
        layers: layers.collect(),
        probabilities: (0..10).map(|class| class as f32 / 45.0).collect(),
    }
}
