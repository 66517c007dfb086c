//! The Build workspace, driven as a user does: by accessible names, the keyboard and the pointer.

use std::sync::Arc;

use eframe::egui_wgpu::RendererOptions;
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, Pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::wgpu::{WgpuTestRenderer, create_render_state, default_wgpu_setup};
use mapsto::app::command::Command;
use mapsto::app::maps;
use mapsto::app::panels::build::BuildPanel;
use mapsto::app::theme;
use mapsto::app::thumbnails::Thumbnails;
use mapsto::app::view::{Curves, Data, Panel, ThemeChoice, View, Workspace};
use mapsto::network::{
    Context, Edit, Editor, Graph, Kind, Layer, LayerId, Loss, Report, check, template,
};
use mapsto::project::Recipe;
use mapsto::training::{FeatureMaps, LayerMaps, Status};

/// What of the program the Build workspace needs.
struct Bench {
    panel: BuildPanel,
    editor: Editor,
    report: Report,
    selected: Option<LayerId>,
    maps: Option<Arc<FeatureMaps>>,
    went: Option<Workspace>,
    thumbnails: Thumbnails,
    recipe: Recipe,
    status: Status,
    curves: Curves,
}

impl Bench {
    fn new(graph: Graph) -> Self {
        let report = checked(&graph);
        Self {
            panel: BuildPanel::default(),
            editor: Editor::new(graph),
            report,
            selected: None,
            maps: None,
            went: None,
            thumbnails: Thumbnails::default(),
            recipe: Recipe::default(),
            status: Status::default(),
            curves: Curves::default(),
        }
    }

    fn show(&mut self, ui: &mut egui::Ui) {
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
            thumbnails: &self.thumbnails,
            editor: &self.editor,
            report: &self.report,
            template: None,
            selected: self.selected,
            recipe: &self.recipe,
            devices: &[],
            train_blocked: None,
            status: &self.status,
            curves: &self.curves,
            maps: self.maps.as_ref(),
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

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Select(id) => self.selected = id,
            Command::Edit(edit) => {
                let new = self.editor.apply(edit).expect("an edit that can be made");
                self.selected = new.or(self.selected);
            }
            Command::Edits(edits) => {
                let label = edits.first().map(|edit| edit.label(self.editor.graph()));
                let label = label.unwrap_or_default();
                let outcome = self.editor.apply_all(&label, &edits);
                outcome.expect("a remedy that can be made");
            }
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
        self.report = checked(self.editor.graph());
    }

    fn kinds(&self) -> Vec<&'static str> {
        let nodes = self.editor.graph().nodes();
        nodes
            .iter()
            .map(|node| node.layer.kind().entry().name)
            .collect()
    }
}

fn checked(graph: &Graph) -> Report {
    let context = Context {
        classes: Some(10),
        loss: Loss::CrossEntropy,
        batch: 128,
    };
    check(graph, &context)
}

fn empty() -> Graph {
    Graph::new(Layer::new(Kind::Input))
}

fn digits() -> Graph {
    template("digits-cnn").expect("a template").graph(Some(10))
}

fn window(graph: Graph) -> Harness<'static, Bench> {
    window_of([1280.0, 800.0], graph)
}

fn window_of(size: [f32; 2], graph: Graph) -> Harness<'static, Bench> {
    let state = create_render_state(default_wgpu_setup(), RendererOptions::PREDICTABLE);
    maps::install(&state);
    let mut ready = false;
    let mut harness = Harness::builder()
        .with_size(size)
        .renderer(WgpuTestRenderer::from_render_state(state))
        .build_ui_state(
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

fn press(harness: &mut Harness<'_, Bench>, role: Role, name: &str) {
    harness.get_by_role_and_label(role, name).click();
    harness.run_steps(3);
}

/// Adds a layer by its name in the palette.
fn add(harness: &mut Harness<'_, Bench>, name: &str) {
    press(harness, Role::Button, name);
}

fn type_in(harness: &mut Harness<'_, Bench>, name: &str, text: &str) {
    harness
        .get_by_role_and_label(Role::SpinButton, name)
        .focus();
    harness.run_steps(2);
    harness.event(Event::Text(text.to_owned()));
    harness.run_steps(1);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
}

fn choose(harness: &mut Harness<'_, Bench>, name: &str, option: &str) {
    press(harness, Role::ComboBox, name);
    let options: Vec<_> = harness
        .get_all_by_label(option)
        .filter(|node| node.accesskit_node().role() != Role::Label)
        .collect();
    options.last().expect("the option").click();
    drop(options);
    harness.run_steps(3);
}

#[test]
fn the_digits_network_is_built_by_clicks_alone() {
    let mut harness = window(empty());
    add(&mut harness, "Conv 2D");
    type_in(&mut harness, "Filters", "32");
    add(&mut harness, "Max pool");
    for filters in ["64", "64"] {
        add(&mut harness, "Conv 2D");
        type_in(&mut harness, "Filters", filters);
        add(&mut harness, "Max pool");
    }
    // One pool too many, as happens.
    harness.key_press(Key::Delete);
    harness.run_steps(3);
    add(&mut harness, "Flatten");
    add(&mut harness, "Dense");
    type_in(&mut harness, "Units", "64");
    add(&mut harness, "Dense");
    type_in(&mut harness, "Units", "10");
    choose(&mut harness, "Activation", "softmax");

    let bench = harness.state();
    assert_eq!(bench.report.parameters, 93_322, "{:?}", bench.kinds());
    assert!(
        bench.report.network.is_some(),
        "{:?}",
        bench.report.problems
    );
    assert_eq!(bench.editor.graph(), &digits());
}

#[test]
fn each_typed_value_is_a_step_of_its_own() {
    let mut harness = window(digits());
    press(&mut harness, Role::ListBoxOption, "Layer dense_1");
    type_in(&mut harness, "Units", "100");
    type_in(&mut harness, "Units", "200");
    assert_eq!(harness.state().report.layers[7].parameters, 576 * 200 + 200);
    press(&mut harness, Role::Button, "Undo: change units of dense_1");
    assert_eq!(harness.state().report.layers[7].parameters, 576 * 100 + 100);
    press(&mut harness, Role::Button, "Undo: change units of dense_1");
    assert_eq!(harness.state().editor.graph(), &digits());
}

#[test]
fn height_and_width_change_together_until_unlinked() {
    let mut harness = window(digits());
    let kernel = |harness: &Harness<'_, Bench>| {
        harness.state().editor.graph().nodes()[1]
            .layer
            .pair("kernel")
    };
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    type_in(&mut harness, "Kernel height", "5");
    assert_eq!(kernel(&harness), [5, 5]);
    press(
        &mut harness,
        Role::CheckBox,
        "Kernel: same height and width",
    );
    type_in(&mut harness, "Kernel width", "3");
    assert_eq!(kernel(&harness), [5, 3]);
}

#[test]
fn a_template_is_one_click_and_one_undo() {
    let mut harness = window(empty());
    press(&mut harness, Role::Button, "Templates");
    press(&mut harness, Role::Button, "Dropout MLP");
    assert_eq!(harness.state().report.parameters, 101_770);
    press(&mut harness, Role::Button, "Undo: replace the network");
    assert_eq!(harness.state().kinds(), ["input"]);
    press(&mut harness, Role::Button, "Redo: replace the network");
    assert_eq!(harness.state().report.parameters, 101_770);
}

#[test]
fn the_keyboard_selects_moves_copies_and_deletes() {
    let mut harness = window(digits());
    let key = |harness: &mut Harness<'_, Bench>, modifiers, key| {
        harness.key_press_modifiers(modifiers, key);
        harness.run_steps(3);
    };
    let selected = |harness: &Harness<'_, Bench>| {
        let bench = harness.state();
        let id = bench.selected.expect("a selected layer");
        bench.editor.graph().name_of(id)
    };
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    assert_eq!(selected(&harness), "conv2d_1");
    key(&mut harness, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(selected(&harness), "max_pool_1");
    key(&mut harness, Modifiers::ALT, Key::ArrowDown);
    assert_eq!(
        harness.state().kinds()[..4],
        ["input", "conv2d", "conv2d", "max_pool"]
    );
    assert_eq!(selected(&harness), "max_pool_1");
    key(&mut harness, Modifiers::ALT, Key::ArrowUp);
    assert_eq!(harness.state().editor.graph(), &digits());
    key(&mut harness, Modifiers::COMMAND, Key::D);
    assert_eq!(
        harness.state().kinds()[1..4],
        ["conv2d", "max_pool", "max_pool"]
    );
    assert_eq!(selected(&harness), "max_pool_2");
    key(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(harness.state().editor.graph(), &digits());
    assert_eq!(selected(&harness), "conv2d_2");
    key(&mut harness, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(selected(&harness), "max_pool_1");
    for _ in 0..5 {
        key(&mut harness, Modifiers::NONE, Key::ArrowUp);
    }
    assert_eq!(selected(&harness), "input");
    key(&mut harness, Modifiers::NONE, Key::Delete);
    assert_eq!(harness.state().editor.graph(), &digits());
}

#[test]
fn typing_in_the_search_is_no_command() {
    let mut harness = window(digits());
    press(&mut harness, Role::ListBoxOption, "Layer conv2d_1");
    harness
        .get_by_role_and_label(Role::TextInput, "Search layers")
        .focus();
    harness.run_steps(2);
    harness.event(Event::Text("pool".to_owned()));
    harness.run_steps(2);
    harness.key_press(Key::Backspace);
    harness.run_steps(2);
    assert_eq!(harness.state().editor.graph(), &digits());
    assert!(
        harness
            .query_by_role_and_label(Role::Button, "Max pool")
            .is_some()
    );
    assert!(
        harness
            .query_by_role_and_label(Role::Button, "Flatten")
            .is_none()
    );
}

fn drag(harness: &mut Harness<'_, Bench>, from: Pos2, to: Pos2) {
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

#[test]
fn a_layer_is_dragged_from_the_palette_to_its_place() {
    let mut harness = window(digits());
    let from = harness
        .get_by_role_and_label(Role::Button, "Batch norm")
        .rect()
        .center();
    let card = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer max_pool_1")
        .rect();
    drag(
        &mut harness,
        from,
        card.center_top() - egui::vec2(60.0, 4.0),
    );
    assert_eq!(
        harness.state().kinds()[1..4],
        ["conv2d", "batch_norm", "max_pool"]
    );
}

#[test]
fn a_card_is_dragged_to_another_place() {
    let mut harness = window(digits());
    let from = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer max_pool_1")
        .rect();
    let to = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer conv2d_3")
        .rect();
    drag(
        &mut harness,
        from.center(),
        to.center_bottom() + egui::vec2(-60.0, 4.0),
    );
    let expected = [
        "input", "conv2d", "conv2d", "max_pool", "conv2d", "max_pool", "flatten",
    ];
    assert_eq!(harness.state().kinds()[..7], expected);
    // Dropping it where it is changes nothing.
    let revision = harness.state().editor.revision();
    let card = harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer flatten_1")
        .rect();
    drag(
        &mut harness,
        card.center(),
        card.center() + egui::vec2(30.0, 3.0),
    );
    assert_eq!(harness.state().editor.revision(), revision);
}

#[test]
fn a_remedy_is_one_click() {
    let broken = Graph::chain(
        Layer::new(Kind::Input),
        [
            Layer::new(Kind::Conv2d),
            Layer::new(Kind::Dense)
                .with("units", 10u64)
                .with("activation", "softmax"),
        ],
    );
    let mut harness = window(broken);
    let problem = harness
        .state()
        .report
        .errors()
        .next()
        .expect("an error")
        .clone();
    let remedy = problem.remedy.expect("a remedy");
    let buttons: Vec<_> = harness
        .get_all_by_role_and_label(Role::Button, &remedy.label)
        .collect();
    assert_eq!(buttons.len(), 2, "one on the card, one at the side");
    buttons[0].click();
    drop(buttons);
    harness.run_steps(3);
    assert_eq!(harness.state().report.errors().count(), 0);
    assert_eq!(
        harness.state().kinds(),
        ["input", "conv2d", "flatten", "dense"]
    );
}

#[test]
fn the_plus_between_two_cards_inserts_there() {
    let mut harness = window(digits());
    press(
        &mut harness,
        Role::Button,
        "Insert a layer before flatten_1",
    );
    let menu: Vec<_> = harness
        .get_all_by_role_and_label(Role::Button, "Dropout")
        .collect();
    menu.last().expect("the menu's entry").click();
    drop(menu);
    harness.run_steps(3);
    assert_eq!(
        harness.state().kinds()[5..8],
        ["conv2d", "dropout", "flatten"]
    );
}

#[test]
fn the_context_menu_copies_and_moves() {
    let mut harness = window(digits());
    harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer conv2d_1")
        .click_secondary();
    harness.run_steps(3);
    press(&mut harness, Role::Button, "Duplicate");
    assert_eq!(
        harness.state().kinds()[1..4],
        ["conv2d", "conv2d", "max_pool"]
    );
    harness
        .get_by_role_and_label(Role::ListBoxOption, "Layer input")
        .click_secondary();
    harness.run_steps(3);
    let delete = harness.get_by_role_and_label(Role::Button, "Delete");
    assert!(delete.accesskit_node().is_disabled(), "the input stays");
}

#[test]
fn a_rate_is_typed() {
    let mut harness = window(template("dropout-mlp").expect("a template").graph(Some(10)));
    press(&mut harness, Role::ListBoxOption, "Layer dropout_1");
    type_in(&mut harness, "Rate", "0.35");
    let rate = harness.state().editor.graph().nodes()[3].layer.real("rate");
    assert!((rate - 0.35).abs() < 1e-9, "{rate}");
}

#[test]
fn without_a_pinned_image_the_input_says_where_to_find_one() {
    let mut harness = window(digits());
    press(
        &mut harness,
        Role::Link,
        "Choose an image in Data to see its feature maps here",
    );
    assert_eq!(harness.state().went, Some(Workspace::Data));
}

#[test]
fn a_very_long_network_draws_the_visible_cards_only() {
    let layers = (0..500).map(|_| Layer::new(Kind::Activation));
    let mut harness = window(Graph::chain(Layer::new(Kind::Input), layers));
    let cards = |harness: &Harness<'_, Bench>| harness.get_all_by_role(Role::ListBoxOption).count();
    assert!(
        (8..40).contains(&cards(&harness)),
        "{} cards",
        cards(&harness)
    );
    // Selecting far below scrolls there.
    harness.key_press(Key::ArrowUp);
    harness.run_steps(20);
    assert!(
        harness
            .query_by_role_and_label(Role::ListBoxOption, "Layer activation_500")
            .is_some()
    );
    assert!(cards(&harness) < 40);
}

/// Maps of the digits network with a pattern that depends on `phase`.
fn pattern(phase: usize) -> FeatureMaps {
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

#[test]
fn feature_maps_are_drawn_and_follow_their_version() {
    // High enough for the last card, which has the probabilities.
    let mut harness = window_of([1280.0, 1000.0], digits());
    let mut strip = |phase| {
        harness.state_mut().maps = Some(Arc::new(pattern(phase)));
        harness.run_steps(2);
        let rect = harness
            .get_by_role_and_label(Role::Image, "Feature maps of conv2d_1")
            .rect();
        let picture = harness.render().expect("a picture");
        let [left, top] = [rect.min.x as u32, rect.min.y as u32];
        let (width, height) = (rect.width() as u32, rect.height() as u32);
        image::imageops::crop_imm(&picture, left, top, width, height).to_image()
    };
    let (first, second, again) = (strip(1), strip(2), strip(1));
    let mut colours: Vec<_> = first.pixels().map(|pixel| pixel.0).collect();
    colours.sort_unstable();
    colours.dedup();
    assert!(colours.len() >= 100, "{} colours", colours.len());
    // Viridis begins dark violet and ends yellow.
    let near = |wanted: [i32; 3]| {
        colours
            .iter()
            .any(|colour| (0..3).all(|at| (i32::from(colour[at]) - wanted[at]).abs() < 8))
    };
    assert!(near([68, 1, 84]), "no dark violet");
    assert!(near([253, 231, 37]), "no yellow");
    assert_ne!(first.as_raw(), second.as_raw());
    assert_eq!(first.as_raw(), again.as_raw());
    assert!(
        harness
            .query_by_label("Class probabilities: class 10 20.0 %")
            .is_some()
    );
}
