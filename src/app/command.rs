//! Everything the user can do, as data: buttons, menus, the palette, shortcuts and tests send the
//! same commands, and one place carries them out (`carry_out.rs`).

use std::path::PathBuf;

use super::comparison::Other;
use super::desk::{DataChange, DataTab};
use super::layer_actions::LayerAction;
use super::view::{Dialog, InspectSet, ThemeChoice, Workspace};
use crate::dataset::{Layout, Source};
use crate::export::Target;
use crate::network::{BlockId, Edit, LayerId};
use crate::project::Recipe;

/// What a panel asks for.
#[derive(Clone, Debug)]
pub enum Command {
    Go(Workspace),
    /// The command palette, the shortcuts list and the about box.
    ShowPalette(bool),
    ShowAbout(bool),
    /// Opens a box, or closes the one that is open.
    ShowDialog(Option<Dialog>),
    /// The user said yes to what was asked before this command.
    Confirmed(Box<Command>),
    SetTheme(ThemeChoice),
    Quit,

    NewProject,
    /// `None` asks for the file with the native dialog; so below.
    OpenProject(Option<PathBuf>),
    SaveProject,
    SaveProjectAs(Option<PathBuf>),
    /// The autosaved work of a session that ended without saving.
    Recover(bool),

    ChooseFolder,
    /// Asks for an archive, a table, a list, an IDX or CIFAR file.
    ChooseDataFile,
    OpenData(Source),
    RescanData,
    ShowData(DataTab),
    /// The images that are different since the run of that folder.
    ShowSince(PathBuf),
    /// Reads the same files another way; `None` as it is found out.
    ReadAs(Option<Layout>),
    /// Excludes, relabels, restores, accepts; a step for undo.
    ChangeData(DataChange),
    UndoData,
    RedoData,
    /// Looks for copies after all.
    LookAgain,
    /// Other images for the preview.
    OtherImages,
    /// Writes a copy of the data as it is changed; `None` asks where to.
    CopyData(Option<PathBuf>),
    /// Moves files as the changes say, after asking.
    MoveFiles,
    MoveBack,
    CancelJob,

    UseTemplate(&'static str),
    /// Shows the network beside another one; `None` ends it.
    Compare(Option<Other>),
    /// Asks for the file of the other network.
    CompareFile,
    /// Writes the network as a program for another library; asks for the file where there is none.
    ExportCode(Target, Option<PathBuf>),
    Edit(Edit),
    /// Several edits that are one step for the user (a remedy).
    Edits(Vec<Edit>),
    /// The change of a setting is complete: the next one is a step of its own for undo.
    SealEdit,
    Undo,
    Redo,
    Select(Option<LayerId>),
    /// Several layers; the last one is the primary one, whose settings are shown.
    SelectMany(Vec<LayerId>),
    /// Several edits that are one step, under a name of its own for undo; what is new is selected.
    Together {
        label: String,
        edits: Vec<Edit>,
    },
    /// Layers as text, from the clipboard.
    PasteText {
        after: LayerId,
        text: String,
    },
    /// Something to do with the selected layers; `None` once it is done.
    OnLayers(Option<LayerAction>),
    /// Keeps a block for other projects.
    SaveBlock(BlockId),
    /// Deletes the file of a kept block.
    DeleteBlock(PathBuf),

    SetRecipe(Box<Recipe>),
    SetDevice(String),
    Train,
    Pause,
    Resume,
    Step,
    Stop,
    /// Index into the data set: the image whose feature maps are shown.
    Pin(usize),

    /// The run that Train and Inspect show; `None` is the run in training or trained last.
    ShowRun(Option<PathBuf>),
    ShowSet(InspectSet),
    /// How much the training loss is smoothed: 0 (as it is) to below 1.
    SetSmoothing(f32),
    /// Evaluate the shown run over the chosen set (where the run folder holds no figures).
    Evaluate,
    /// Look closely at one row of the shown evaluation.
    Examine(Option<usize>),
    /// Ask the shown model about pictures; `None` opens the dialog.
    TryPictures(Option<Vec<PathBuf>>),
    ExamineTried(Option<usize>),
    ClearTried,
    /// Put a message away.
    Dismiss(u64),
}

/// A command that the palette lists and a key can send.
pub struct Entry {
    /// Text of menus and the palette, in sentence case.
    pub text: &'static str,
    /// One sentence for the tooltip.
    pub help: &'static str,
    pub shortcut: Option<egui::KeyboardShortcut>,
    pub command: fn() -> Command,
}

const CTRL: egui::Modifiers = egui::Modifiers::COMMAND;

const fn key(modifiers: egui::Modifiers, key: egui::Key) -> Option<egui::KeyboardShortcut> {
    Some(egui::KeyboardShortcut::new(modifiers, key))
}

/// The one table of commands without arguments.
pub const ENTRIES: &[Entry] = &[
    Entry {
        text: "Train",
        help: "Train the network on the chosen images",
        shortcut: key(CTRL, egui::Key::Enter),
        command: || Command::Train,
    },
    Entry {
        text: "Pause",
        help: "Hold the training after the step in progress",
        shortcut: None,
        command: || Command::Pause,
    },
    Entry {
        text: "Resume",
        help: "Go on with the paused training",
        shortcut: None,
        command: || Command::Resume,
    },
    Entry {
        text: "One step",
        help: "Do one training step and pause again",
        shortcut: key(CTRL, egui::Key::Period),
        command: || Command::Step,
    },
    Entry {
        text: "Stop",
        help: "End the training; the best and the last weights are kept",
        shortcut: None,
        command: || Command::Stop,
    },
    Entry {
        text: "Data",
        help: "The images, their classes and what is wrong with them",
        shortcut: key(CTRL, egui::Key::Num1),
        command: || Command::Go(Workspace::Data),
    },
    Entry {
        text: "Build",
        help: "The network, layer by layer",
        shortcut: key(CTRL, egui::Key::Num2),
        command: || Command::Go(Workspace::Build),
    },
    Entry {
        text: "Train workspace",
        help: "Curves, figures and feature maps of the training",
        shortcut: key(CTRL, egui::Key::Num3),
        command: || Command::Go(Workspace::Train),
    },
    Entry {
        text: "Inspect",
        help: "The confusion matrix and the images behind it",
        shortcut: key(CTRL, egui::Key::Num4),
        command: || Command::Go(Workspace::Inspect),
    },
    Entry {
        text: "New project",
        help: "Start again with the bundled digits",
        shortcut: key(CTRL, egui::Key::N),
        command: || Command::NewProject,
    },
    Entry {
        text: "Open project…",
        help: "Open a .mapsto file",
        shortcut: key(CTRL, egui::Key::O),
        command: || Command::OpenProject(None),
    },
    Entry {
        text: "Save project",
        help: "Write the project to its file",
        shortcut: key(CTRL, egui::Key::S),
        command: || Command::SaveProject,
    },
    Entry {
        text: "Save project as…",
        help: "Write the project to another file",
        shortcut: key(CTRL.plus(egui::Modifiers::SHIFT), egui::Key::S),
        command: || Command::SaveProjectAs(None),
    },
    Entry {
        text: "Choose image folder…",
        help: "Open a folder with one sub-folder a class",
        shortcut: None,
        command: || Command::ChooseFolder,
    },
    Entry {
        text: "Open data file…",
        help: "An archive, a table of labels, a list of paths, an IDX or CIFAR file",
        shortcut: None,
        command: || Command::ChooseDataFile,
    },
    Entry {
        text: "Health of the data",
        help: "What is wrong with the images, and what to do",
        shortcut: None,
        command: || Command::ShowData(DataTab::Health),
    },
    Entry {
        text: "Sets and folds",
        help: "How the images are divided into training, validation and test",
        shortcut: None,
        command: || Command::ShowData(DataTab::Sets),
    },
    Entry {
        text: "Preprocessing and augmentation",
        help: "What happens to images on their way into the network, shown on real ones",
        shortcut: None,
        command: || Command::ShowData(DataTab::Prepare),
    },
    Entry {
        text: "Balance of the classes",
        help: "Class weights, over-sampling and the focal loss",
        shortcut: None,
        command: || Command::ShowData(DataTab::Balance),
    },
    Entry {
        text: "Use the bundled digits",
        help: "10,000 handwritten digits that come with mapsto",
        shortcut: None,
        command: || Command::OpenData(Source::Digits),
    },
    Entry {
        text: "Undo",
        help: "Take back the last change of the network",
        shortcut: key(CTRL, egui::Key::Z),
        command: || Command::Undo,
    },
    Entry {
        text: "Redo",
        help: "Do again what was taken back",
        shortcut: key(CTRL.plus(egui::Modifiers::SHIFT), egui::Key::Z),
        command: || Command::Redo,
    },
    Entry {
        text: "Try an image…",
        help: "See what the model makes of a picture of yours",
        shortcut: key(CTRL, egui::Key::T),
        command: || Command::TryPictures(None),
    },
    Entry {
        text: "Light theme",
        help: "Dark text on a light ground",
        shortcut: None,
        command: || Command::SetTheme(ThemeChoice::Light),
    },
    Entry {
        text: "Dark theme",
        help: "Light text on a dark ground",
        shortcut: None,
        command: || Command::SetTheme(ThemeChoice::Dark),
    },
    Entry {
        text: "Theme of the system",
        help: "Light or dark as the desktop is set",
        shortcut: None,
        command: || Command::SetTheme(ThemeChoice::System),
    },
    Entry {
        text: "Commands…",
        help: "Search everything that mapsto can do",
        shortcut: key(CTRL, egui::Key::K),
        command: || Command::ShowPalette(true),
    },
    Entry {
        text: "Keys…",
        help: "Every key that does something",
        shortcut: key(egui::Modifiers::NONE, egui::Key::F1),
        command: || Command::ShowDialog(Some(Dialog::Keys)),
    },
    Entry {
        text: "About mapsto…",
        help: "Version, licences, where the files are",
        shortcut: None,
        command: || Command::ShowAbout(true),
    },
    Entry {
        text: "Quit",
        help: "Close the window; a training in progress asks first",
        shortcut: key(CTRL, egui::Key::Q),
        command: || Command::Quit,
    },
];
