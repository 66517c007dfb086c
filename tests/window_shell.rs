//! What stands around the workspaces: the bar on top, the rail, keys, the palette, questions.

mod whole_window;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _, by};
use mapsto::app::command::{Command, ENTRIES};
use mapsto::app::view::{Data, Dialog, ThemeChoice, Workspace};
use mapsto::network::{Edit, Kind};
use mapsto::project::Places;
use mapsto::training::Phase;
use whole_window::{Window, ready, saved_project, yes};

#[test]
fn a_new_user_presses_train_and_it_learns() {
    let mut window = Window::new();
    assert_eq!(window.view().train_blocked, None);
    assert_eq!(window.view().template, Some("digits-cnn"));
    window.click_train();
    window.until("a training step", |view| {
        view.status.steps_done > 0 || view.status.phase == Phase::Compiling
    });
    assert!(window.button("Pause") && window.button("Stop"));
    assert!(!window.button("Train"), "one button at a time");
    assert!(window.shows("epoch 1 of 10"), "the bar says how far it is");
    window.stop();
    assert!(window.button("Train"));
}

#[test]
fn pause_resume_and_stop_are_in_the_bar() {
    let mut window = Window::new();
    window.train();
    window.click("Pause");
    window.until("the pause", |view| view.status.phase == Phase::Paused);
    window.click("Step");
    window.until("the pause after the step", |view| {
        view.status.phase == Phase::Paused && view.status.requested.is_none()
    });
    window.click("Resume");
    window.until("training again", |view| {
        view.status.phase == Phase::Training
    });
    window.click("Stop");
    window.until("the end", |view| view.status.phase == Phase::Stopped);
}

#[test]
fn train_says_why_it_cannot_be_pressed() {
    let mut window = Window::new();
    let last = window
        .view()
        .editor
        .graph()
        .nodes()
        .last()
        .expect("a layer")
        .id;
    window.send(Command::Edit(Edit::Delete(last)));
    let reason = window.view().train_blocked.expect("a reason").to_owned();
    let train = window.harness.get(by().role(Role::Button).label("Train"));
    assert!(train.accesskit_node().is_disabled());
    train.hover();
    // A tooltip takes its time.
    window.harness.run_steps(60);
    assert!(window.shows(&reason), "hovering tells: {reason}");
    window.send(Command::Undo);
    assert_eq!(window.view().train_blocked, None);
}

#[test]
fn the_palette_finds_and_does_with_keys_alone() {
    let mut window = Window::new();
    window.press(Modifiers::COMMAND, Key::K);
    assert!(window.view().palette);
    window.type_in("inspect");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.view().workspace, Workspace::Inspect);
    assert!(!window.view().palette, "it closes by itself");

    window.press(Modifiers::COMMAND, Key::K);
    window.type_in("plain mlp");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(
        window.view().template,
        Some("plain-mlp"),
        "templates are found too"
    );

    window.press(Modifiers::COMMAND, Key::K);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.view().palette);
    window.press(Modifiers::COMMAND, Key::K);
    window.press(Modifiers::COMMAND, Key::K);
    assert!(!window.view().palette, "the same keys close it");
}

#[test]
fn every_workspace_has_its_key_and_its_place_in_the_rail() {
    let mut window = Window::new();
    let places = [
        (Key::Num1, Workspace::Data, "Data workspace"),
        (Key::Num2, Workspace::Build, "Build workspace"),
        (Key::Num3, Workspace::Train, "Train workspace"),
        (Key::Num4, Workspace::Inspect, "Inspect workspace"),
    ];
    for (key, place, _) in places {
        window.press(Modifiers::COMMAND, key);
        assert_eq!(window.view().workspace, place);
    }
    for (_, place, name) in places {
        window.harness.get_by_label(name).click();
        window.harness.run_steps(3);
        assert_eq!(window.view().workspace, place);
    }
}

#[test]
fn undo_has_its_keys() {
    let mut window = Window::new();
    let before = window.view().editor.graph().nodes().len();
    let layer = mapsto::network::Layer::new(Kind::Dropout);
    window.send(Command::Edit(Edit::Insert { at: 2, layer }));
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.view().editor.graph().nodes().len(), before);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    assert_eq!(window.view().editor.graph().nodes().len(), before + 1);
}

#[test]
fn the_theme_changes_at_once_and_is_remembered() {
    let mut window = Window::new();
    // Many choices in a row: the last one has to be written last.
    for _ in 0..20 {
        for (choice, theme) in [
            (ThemeChoice::Light, egui::Theme::Light),
            (ThemeChoice::Dark, egui::Theme::Dark),
        ] {
            window.send(Command::SetTheme(choice));
            assert_eq!(window.harness.ctx.theme(), theme);
        }
    }
    let Window { harness, home, .. } = window;
    // Closing waits for what is still to be written.
    drop(harness);
    let settings = Places::at(home.path()).settings();
    assert_eq!(settings.theme, mapsto::project::Theme::Dark);
    let mut again = Window::in_home(home, None);
    again.until("the theme of the last time", |view| {
        view.theme == ThemeChoice::Dark
    });
}

#[test]
fn an_idle_window_closes_without_a_question() {
    let mut window = Window::new();
    assert!(window.close());
    assert!(window.view().dialog.is_none());
}

#[test]
fn closing_while_training_asks_and_a_yes_closes() {
    let mut window = Window::new();
    window.train();
    assert!(!window.close(), "the window stays");
    assert!(matches!(window.view().dialog, Some(Dialog::Confirm { .. })));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.view().dialog.is_none());
    assert!(
        window.view().status.phase.is_active(),
        "no means that nothing happens"
    );

    assert!(!window.close());
    assert!(!window.close(), "asking again is no yes");
    window.click(&yes(&window));
    assert!(window.view().dialog.is_none(), "asked once");
    assert!(window.close(), "and now it closes");
}

#[test]
fn a_new_project_while_training_asks_and_starts_clean() {
    let mut window = Window::new();
    window.train();
    let before = window.view().editor.graph().clone();
    window.send(Command::NewProject);
    assert!(matches!(window.view().dialog, Some(Dialog::Confirm { .. })));
    window.click("Cancel");
    assert_eq!(window.view().editor.graph().nodes(), before.nodes());

    window.send(Command::NewProject);
    window.click(&yes(&window));
    window.until("a new project", |view| view.template == Some("digits-cnn"));
    window.until("the end of the old training", |view| {
        !view.status.phase.is_active()
    });
    window.until("its images", ready);
    assert!(
        window.view().shown.is_none(),
        "the run of the old project is not the new one's"
    );
    assert!(window.view().curves.train_loss.is_empty());
}

#[test]
fn a_question_that_is_open_is_no_yes_to_another() {
    let mut window = Window::new();
    window.train();
    let other = saved_project(window.home.path(), "other");
    window.send(Command::NewProject);
    window.drop_on(&[&other]);
    assert!(
        matches!(window.view().dialog, Some(Dialog::Confirm { .. })),
        "it is asked about this too"
    );
    assert!(window.view().status.phase.is_active());
    assert_eq!(window.view().project_path, None);
}

#[test]
fn editing_while_training_is_for_the_next_run() {
    let mut window = Window::new();
    window.train();
    let device = window.view().status.device.clone();
    let last = window
        .view()
        .editor
        .graph()
        .nodes()
        .last()
        .expect("a layer")
        .id;
    window.send(Command::Edit(Edit::Delete(last)));
    let steps = window.view().status.steps_done;
    window.until("more steps", |view| view.status.steps_done > steps);
    assert_eq!(window.view().status.device, device);
    window.stop();
    assert!(
        window.view().train_blocked.is_some(),
        "the drawing has changed, the run has not"
    );
}

/// Boxes of the system cannot be closed from here: they are opened only where none can come up.
fn opens_a_system_box(command: &Command) -> bool {
    matches!(
        command,
        Command::ChooseFolder
            | Command::OpenProject(None)
            | Command::SaveProject
            | Command::SaveProjectAs(None)
            | Command::TryPictures(None)
    )
}

#[test]
fn every_command_of_the_table_can_be_sent_at_any_time() {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let mut window = Window::new();
    for training in [false, true] {
        if training {
            // One of the entries has begun a training, which another may have ended.
            window.stop();
            window.train();
        }
        for entry in ENTRIES {
            let command = (entry.command)();
            if desktop && opens_a_system_box(&command) {
                continue;
            }
            window.send(command);
            window.send(Command::ShowDialog(None));
            window.send(Command::ShowPalette(false));
            window.until("the images", |view| {
                !matches!(view.data, Data::Scanning { .. })
            });
        }
    }
    window.stop();
}

#[test]
fn entries_have_texts_of_their_own_and_keys_of_their_own() {
    for (place, entry) in ENTRIES.iter().enumerate() {
        assert!(
            !entry.help.is_empty() && !entry.text.ends_with('.'),
            "{}",
            entry.text
        );
        for other in &ENTRIES[place + 1..] {
            assert_ne!(entry.text, other.text);
            assert!(
                entry.shortcut.is_none() || entry.shortcut != other.shortcut,
                "{}",
                other.text
            );
        }
    }
}

#[test]
fn everything_that_can_be_clicked_has_a_name() {
    let mut window = Window::new();
    for place in [
        Workspace::Data,
        Workspace::Build,
        Workspace::Train,
        Workspace::Inspect,
    ] {
        window.send(Command::Go(place));
        let root = window.harness.root();
        for node in root.children_recursive() {
            let node = node.accesskit_node();
            let named = node.label().is_some_and(|label| !label.trim().is_empty());
            let clickable = matches!(
                node.role(),
                Role::Button | Role::Tab | Role::CheckBox | Role::TextInput
            );
            assert!(
                named || !clickable,
                "something without a name in {place:?}: {:?}",
                node.role()
            );
        }
    }
}

#[test]
fn the_about_box_names_licences_and_closes_by_key() {
    let mut window = Window::new();
    window.send(Command::ShowAbout(true));
    for text in [
        "CC BY-SA 3.0",
        "Yann LeCun and Corinna Cortes",
        "SIL Open Font License",
    ] {
        assert!(window.shows(text), "{text}");
    }
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.view().dialog.is_none());
}
