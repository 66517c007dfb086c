//! What surrounds the workspaces, on a made-up project: the bar, the rail, the status line, the
//! palette, the dialogs and the keys, driven by their accessible names.

mod panels_world;

use std::cell::RefCell;
use std::rc::Rc;

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use mapsto::app::command::Command;
use mapsto::app::shell::Shell;
use mapsto::app::theme;
use mapsto::app::view::{Dialog, Notice, PathPurpose, ThemeChoice, Workspace};
use mapsto::network::Edit;
use mapsto::training::{Control, Phase};
use panels_world::World;

#[derive(Default)]
struct Frame {
    world: Option<World>,
    shell: Shell,
    installed: bool,
    palette: bool,
    dialog: Option<Dialog>,
    notices: Vec<Notice>,
    typed: String,
    commands: Rc<RefCell<Vec<Command>>>,
}

impl Frame {
    fn on(world: World) -> Self {
        Self {
            world: Some(world),
            ..Self::default()
        }
    }

    fn harness(self) -> Harness<'static, Self> {
        let mut harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .with_max_steps(12)
            .allow_missing_glyphs()
            .build_ui_state(|ui, frame: &mut Self| frame.draw(ui), self);
        harness.run_steps(4);
        harness
    }

    fn draw(&mut self, ui: &mut egui::Ui) {
        if !self.installed {
            theme::install(ui.ctx(), ThemeChoice::Dark);
            self.installed = true;
            return;
        }
        let Some(world) = &self.world else { return };
        let mut view = world.view();
        view.palette = self.palette;
        view.dialog = self.dialog.as_ref();
        view.notices = &self.notices;
        let mut commands = Vec::new();
        let typed = &mut self.typed;
        self.shell.show(ui, &view, &mut commands, |ui, _| {
            let field = ui.text_edit_singleline(typed);
            field.widget_info(|| {
                let mut info = egui::WidgetInfo::text_edit(true, "", typed.as_str(), "");
                info.label = Some("A field".to_owned());
                info
            });
        });
        for command in &commands {
            match command {
                Command::ShowPalette(open) => self.palette = *open,
                Command::ShowDialog(dialog) => self.dialog.clone_from(dialog),
                _ => {}
            }
        }
        self.commands.borrow_mut().append(&mut commands);
    }
}

fn sent(harness: &Harness<'_, Frame>) -> Vec<Command> {
    harness.state().commands.borrow().clone()
}

fn press(harness: &mut Harness<'_, Frame>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run_steps(3);
}

fn write(harness: &mut Harness<'_, Frame>, text: &str) {
    harness.event(egui::Event::Text(text.to_owned()));
    harness.run_steps(3);
}

#[test]
fn the_rail_and_its_keys_go_to_the_workspaces() {
    let mut harness = Frame::on(World::with_classes(3)).harness();
    harness.get_by_label("Inspect workspace").click();
    harness.run_steps(2);
    press(&mut harness, Modifiers::COMMAND, Key::Num3);
    let places: Vec<Workspace> = sent(&harness)
        .iter()
        .filter_map(|command| match command {
            Command::Go(place) => Some(*place),
            _ => None,
        })
        .collect();
    assert_eq!(places, [Workspace::Inspect, Workspace::Train]);
}

#[test]
fn train_can_be_pressed_unless_something_is_in_the_way() {
    let mut world = World::with_classes(3);
    world.blocked = None;
    let mut harness = Frame::on(world).harness();
    harness.get_by_label("Train").click();
    harness.run_steps(2);
    assert!(matches!(sent(&harness)[..], [Command::Train]));

    let mut world = World::with_classes(3);
    world.blocked = Some("Choose images first".to_owned());
    let mut harness = Frame::on(world).harness();
    assert!(harness.get_by_label("Train").accesskit_node().is_disabled());
    assert!(harness.query_by_label("Choose images first").is_some());
    press(&mut harness, Modifiers::COMMAND, Key::Enter);
    assert!(sent(&harness).is_empty());
}

#[test]
fn a_training_can_be_held_and_ended() {
    let mut world = World::with_classes(3).training();
    world.status.phase = Phase::Training;
    world.status.requested = None;
    let mut harness = Frame::on(world).harness();
    assert!(harness.query_by_label("Train").is_none());
    harness.get_by_label("Pause").click();
    harness.run_steps(2);
    harness.get_by_label("Stop").click();
    harness.run_steps(2);
    assert!(matches!(
        sent(&harness)[..],
        [Command::Pause, Command::Stop]
    ));

    let mut world = World::with_classes(3).training();
    world.status.phase = Phase::Training;
    world.status.requested = Some(Control::Pause);
    let harness = Frame::on(world).harness();
    assert!(harness.get_by_label("Pause").accesskit_node().is_disabled());
    let waits = harness.query_by_label("Pausing after the step in progress");
    assert!(waits.is_some());

    let mut world = World::with_classes(3).training();
    world.status.phase = Phase::Paused;
    let mut harness = Frame::on(world).harness();
    harness.get_by_label("Step").click();
    harness.run_steps(2);
    harness.get_by_label("Resume").click();
    harness.run_steps(2);
    assert!(matches!(
        sent(&harness)[..],
        [Command::Step, Command::Resume]
    ));
}

#[test]
fn the_palette_finds_layers_and_closes() {
    let mut harness = Frame::on(World::with_classes(3)).harness();
    press(&mut harness, Modifiers::COMMAND, Key::K);
    assert!(harness.state().palette);
    write(&mut harness, "add conv");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(!harness.state().palette);
    let sent = sent(&harness);
    let Some(Command::Edit(Edit::Insert { at, .. })) = sent.last() else {
        panic!("{sent:?}");
    };
    let layers = harness
        .state()
        .world
        .as_ref()
        .map(|world| world.editor.graph().nodes().len());
    assert_eq!(Some(*at), layers);

    press(&mut harness, Modifiers::COMMAND, Key::K);
    assert!(harness.state().palette);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(!harness.state().palette);
}

#[test]
fn arrows_choose_in_the_palette() {
    let mut harness = Frame::on(World::with_classes(3)).harness();
    press(&mut harness, Modifiers::COMMAND, Key::K);
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::ArrowUp);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let sent = sent(&harness);
    assert!(
        matches!(sent.last(), Some(Command::Go(Workspace::Data))),
        "{sent:?}"
    );
}

#[test]
fn enter_takes_the_default_of_a_dialog_and_escape_closes_it() {
    let question = Dialog::Confirm {
        title: "Close while training?".to_owned(),
        text: "The training ends".to_owned(),
        yes: "Stop and close".to_owned(),
        then: Box::new(Command::Quit),
    };
    let mut frame = Frame::on(World::with_classes(3));
    frame.dialog = Some(question.clone());
    let mut harness = frame.harness();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let commands = sent(&harness);
    let [Command::ShowDialog(None), Command::Confirmed(then)] = &commands[..] else {
        panic!("{commands:?}");
    };
    assert!(matches!(**then, Command::Quit));

    let mut frame = Frame::on(World::with_classes(3));
    frame.dialog = Some(question);
    let mut harness = frame.harness();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(matches!(sent(&harness)[..], [Command::ShowDialog(None)]));
}

#[test]
fn a_typed_path_is_sent_for_its_purpose() {
    let mut frame = Frame::on(World::with_classes(3));
    frame.dialog = Some(Dialog::Path {
        purpose: PathPurpose::SaveProjectAs,
        note: String::new(),
        start: "/home/me/".to_owned(),
    });
    let mut harness = frame.harness();
    write(&mut harness, "cats");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let sent = sent(&harness);
    let [
        Command::ShowDialog(None),
        Command::SaveProjectAs(Some(path)),
    ] = &sent[..]
    else {
        panic!("{sent:?}");
    };
    assert_eq!(path.to_string_lossy(), "/home/me/cats.mapsto");
}

#[test]
fn a_field_that_is_typed_into_keeps_its_own_undo() {
    let mut world = World::with_classes(3);
    let id = world.editor.graph().nodes()[1].id;
    world.editor.apply(Edit::Delete(id)).expect("a layer");
    // In Data, undo is that of the data.
    world.workspace = mapsto::app::view::Workspace::Build;
    let mut harness = Frame::on(world).harness();
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert!(matches!(sent(&harness)[..], [Command::Undo]));
    harness.get_by_label("A field").focus();
    harness.run_steps(2);
    press(&mut harness, Modifiers::COMMAND, Key::Z);
    assert_eq!(sent(&harness).len(), 1);
    press(&mut harness, Modifiers::COMMAND, Key::S);
    assert!(matches!(sent(&harness)[..], [_, Command::SaveProject]));
}

#[test]
fn messages_can_be_put_away() {
    let mut frame = Frame::on(World::with_classes(3));
    frame.notices = vec![Notice {
        id: 7,
        error: true,
        text: "No space is left on the disk".to_owned(),
    }];
    let mut harness = frame.harness();
    assert!(
        harness
            .query_by_label("No space is left on the disk")
            .is_some()
    );
    harness.get_by_label("Dismiss").click();
    harness.run_steps(2);
    assert!(matches!(sent(&harness)[..], [Command::Dismiss(7)]));
}

#[test]
fn the_menus_open_by_their_names() {
    let mut harness = Frame::on(World::with_classes(3)).harness();
    let name = harness
        .state()
        .world
        .as_ref()
        .map(|world| format!("Project {}", world.view().project_name));
    harness.get_by_label(&name.expect("a world")).click();
    harness.run_steps(3);
    harness.get_by_label("Save as…").click();
    harness.run_steps(3);
    assert!(matches!(sent(&harness)[..], [Command::SaveProjectAs(None)]));
}
