//! Questions and boxes over the window, one at a time. Enter takes the button that stands out, Esc
//! closes the box.

use std::path::PathBuf;

use egui::{Align, Context, Id, Key, Label, Layout, Modal, RichText, TextEdit, Ui, WidgetInfo};

use super::keys_list;
use super::palette::{backdrop, frame};
use crate::app::command::Command;
use crate::app::comparison::Other;
use crate::app::theme::{HEADING_SIZE, SPACE, Tokens, semibold};
use crate::app::view::{Dialog, PathPurpose, View};
use crate::app::widgets::{heading, note, primary_button};
use crate::dataset::Source;

const WIDTH: f32 = 460.0;

/// The box that is open, as far as the drawing must know: whether it is new, and what was typed.
#[derive(Default)]
pub(super) struct Dialogs {
    /// What tells one box from the next.
    open: Option<String>,
    fresh: bool,
    path: String,
}

/// What the user made of a box.
enum Answer {
    /// Close it, and send this.
    Send(Command),
    Close,
}

impl Dialogs {
    pub(super) fn show(&mut self, ctx: &Context, view: &View<'_>, commands: &mut Vec<Command>) {
        let Some(dialog) = view.dialog else {
            self.open = None;
            return;
        };
        let name = name_of(dialog);
        self.fresh = self.open.as_ref() != Some(&name);
        if self.fresh {
            self.open = Some(name);
            if let Dialog::Path { start, .. } = dialog {
                self.path.clone_from(start);
            }
        }
        let modal = Modal::new(Id::unique("dialog"))
            .backdrop_color(backdrop(ctx))
            .frame(frame(ctx).inner_margin(SPACE[4]));
        let shown = modal.show(ctx, |ui| {
            let wide = matches!(dialog, Dialog::Keys);
            ui.set_width(if wide { keys_list::WIDTH } else { WIDTH });
            ui.spacing_mut().item_spacing.y = SPACE[2];
            match dialog {
                Dialog::About => self.about(ui),
                Dialog::Keys => self.keys(ui),
                Dialog::Path { purpose, note, .. } => self.path(ui, *purpose, note),
                Dialog::Confirm {
                    title,
                    text,
                    yes,
                    then,
                } => self.confirm(ui, title, text, yes, then),
                Dialog::Recover { name, saved } => self.recover(ui, name, saved),
            }
        });
        match &shown.inner {
            Some(Answer::Send(command)) => {
                commands.push(Command::ShowDialog(None));
                commands.push(command.clone());
            }
            Some(Answer::Close) => commands.push(Command::ShowDialog(None)),
            None if shown.should_close() => commands.push(Command::ShowDialog(None)),
            None => {}
        }
    }

    fn about(&self, ui: &mut Ui) -> Option<Answer> {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = SPACE[0] + 2.0;
            ui.label(semibold("mapsto").size(20.0));
            ui.label(semibold("↦").size(21.0).color(tokens.accent));
            let version = format!("version {}", env!("CARGO_PKG_VERSION"));
            ui.label(RichText::new(version).color(tokens.muted));
        });
        ui.add(Label::new("A workbench for image classifiers: draw a network, pick a folder, watch it learn, look at its mistakes").wrap());
        let fact = |ui: &mut Ui, title: &str, text: &str| {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = SPACE[0];
                heading(ui, title);
                let text = RichText::new(text).color(tokens.muted);
                ui.add(Label::new(text).wrap().selectable(true));
            });
        };
        fact(
            ui,
            "Licences",
            "mapsto: MIT OR Apache-2.0\n\
             MNIST digits by Yann LeCun and Corinna Cortes: CC BY-SA 3.0\n\
             Inter and JetBrains Mono: SIL Open Font License",
        );
        let place = crate::project::data_dir().display().to_string();
        fact(ui, "Untitled projects and settings are in", &place);
        let close = self.buttons(ui, |ui| primary_button(ui, "Close", Ok(())), |_| None);
        close.map(|_| Answer::Close)
    }

    fn keys(&self, ui: &mut Ui) -> Option<Answer> {
        title_of(ui, "Keys");
        keys_list::show(ui);
        let close = self.buttons(ui, |ui| primary_button(ui, "Close", Ok(())), |_| None);
        close.map(|_| Answer::Close)
    }

    fn confirm(
        &self,
        ui: &mut Ui,
        title: &str,
        text: &str,
        yes: &str,
        then: &Command,
    ) -> Option<Answer> {
        title_of(ui, title);
        ui.add(Label::new(text).wrap());
        self.buttons(
            ui,
            |ui| primary_button(ui, yes, Ok(())),
            |ui| ui.button("Cancel").clicked().then_some(Answer::Close),
        )
        .map(|answer| {
            answer.unwrap_or_else(|| Answer::Send(Command::Confirmed(Box::new(then.clone()))))
        })
    }

    fn recover(&self, ui: &mut Ui, name: &str, saved: &str) -> Option<Answer> {
        title_of(ui, "Recover unsaved work?");
        let text = format!(
            "The last session ended without saving the project “{name}”. Its work of {saved} was kept"
        );
        ui.add(Label::new(text).wrap());
        self.buttons(
            ui,
            |ui| primary_button(ui, "Recover", Ok(())),
            |ui| {
                let discard = ui
                    .button("Discard")
                    .on_hover_text("Forget the unsaved work and open what was saved");
                discard
                    .clicked()
                    .then_some(Answer::Send(Command::Recover(false)))
            },
        )
        .map(|answer| answer.unwrap_or(Answer::Send(Command::Recover(true))))
    }

    /// A path typed by hand.
    fn path(&mut self, ui: &mut Ui, purpose: PathPurpose, why: &str) -> Option<Answer> {
        let words = words_for(purpose);
        title_of(ui, words.title);
        if !why.is_empty() {
            note(ui, why);
        }
        let field = TextEdit::singleline(&mut self.path)
            .id_salt("typed path")
            .hint_text(words.hint)
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        let typed = self.path.clone();
        field.widget_info(|| {
            let mut info = WidgetInfo::text_edit(true, "", &typed, words.hint);
            info.label = Some("Path".to_owned());
            info
        });
        if self.fresh {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let empty = self.path.trim().is_empty();
        let enabled = if empty {
            Err("Type a path first")
        } else {
            Ok(())
        };
        let answer = self.buttons(
            ui,
            |ui| primary_button(ui, words.yes, enabled),
            |ui| ui.button("Cancel").clicked().then_some(Answer::Close),
        );
        match answer {
            Some(Some(close)) => Some(close),
            Some(None) => Some(Answer::Send(command_for(purpose, &self.path))),
            None if entered && !empty => Some(Answer::Send(command_for(purpose, &self.path))),
            None => None,
        }
    }

    /// The row of buttons at the foot. `Some(None)` is the default button, or Enter where nothing
    /// else has the keyboard.
    #[allow(
        clippy::option_option,
        reason = "nothing yet, the default, or another answer"
    )]
    fn buttons(
        &self,
        ui: &mut Ui,
        default: impl FnOnce(&mut Ui) -> egui::Response,
        other: impl FnOnce(&mut Ui) -> Option<Answer>,
    ) -> Option<Option<Answer>> {
        ui.add_space(SPACE[0]);
        let size = egui::vec2(ui.available_width(), ui.spacing().interact_size.y);
        ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
            let button = default(ui);
            let nothing = ui.memory(|memory| memory.focused().is_none());
            if self.fresh && nothing && button.enabled() {
                button.request_focus();
            }
            let enter = ui.input(|input| input.key_pressed(Key::Enter));
            let by_key = nothing && !self.fresh && enter && button.enabled();
            match other(ui) {
                Some(answer) => Some(Some(answer)),
                None => (button.clicked() || by_key).then_some(None),
            }
        })
        .inner
    }
}

fn title_of(ui: &mut Ui, text: &str) {
    ui.add(Label::new(semibold(text).size(HEADING_SIZE + 2.0)).wrap());
}

fn name_of(dialog: &Dialog) -> String {
    match dialog {
        Dialog::About => "about".to_owned(),
        Dialog::Keys => "keys".to_owned(),
        Dialog::Path { purpose, .. } => format!("path {purpose:?}"),
        Dialog::Confirm { title, text, .. } => format!("confirm {title} {text}"),
        Dialog::Recover { name, .. } => format!("recover {name}"),
    }
}

struct Words {
    title: &'static str,
    hint: &'static str,
    yes: &'static str,
}

fn words_for(purpose: PathPurpose) -> Words {
    let (title, hint, yes) = match purpose {
        PathPurpose::OpenProject => ("Open project", "Path of a .mapsto file", "Open"),
        PathPurpose::SaveProjectAs => ("Save project as", "Path of the new file", "Save"),
        PathPurpose::ChooseFolder => (
            "Choose image folder",
            "Path of a folder with one sub-folder a class",
            "Open",
        ),
        PathPurpose::DataFile => (
            "Open data file",
            "Path of an archive, a table, a list or an IDX file",
            "Open",
        ),
        PathPurpose::CopyData => ("Write a copy of the data", "Path of a new folder", "Write"),
        PathPurpose::TryPictures => ("Try an image", "Path of a picture", "Try"),
        PathPurpose::ExportCode(target) => (target.title(), "Path of the new file", "Write"),
        PathPurpose::CompareNetwork => (
            "Compare with a file",
            "Path of a .mapsto file or a network.toml",
            "Compare",
        ),
    };
    Words { title, hint, yes }
}

fn command_for(purpose: PathPurpose, typed: &str) -> Command {
    let path = home(typed.trim());
    match purpose {
        PathPurpose::OpenProject => Command::OpenProject(Some(path)),
        PathPurpose::SaveProjectAs if path.extension().is_none() => {
            Command::SaveProjectAs(Some(path.with_extension("mapsto")))
        }
        PathPurpose::SaveProjectAs => Command::SaveProjectAs(Some(path)),
        PathPurpose::CopyData => Command::CopyData(Some(path)),
        PathPurpose::ChooseFolder | PathPurpose::DataFile => {
            Command::OpenData(Source::parse(&path.display().to_string()))
        }
        PathPurpose::TryPictures => Command::TryPictures(Some(vec![path])),
        PathPurpose::ExportCode(target) => Command::ExportCode(target, Some(path)),
        PathPurpose::CompareNetwork => Command::Compare(Some(Other::File(path))),
    }
}

/// `~/…` as people type it.
fn home(typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), directories::BaseDirs::new()) {
        (Some(rest), Some(dirs)) => dirs.home_dir().join(rest),
        _ => PathBuf::from(typed),
    }
}
