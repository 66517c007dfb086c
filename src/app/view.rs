//! What a panel may read. Panels compute nothing and change nothing: they draw a [`View`] and push
//! [`Command`]s; what belongs to the drawing alone (scroll, search text, folded sections) is theirs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::command::Command;
use super::comparison::Comparison;
use super::desk::Desk;
use super::layer_actions::LayerAction;
use super::thumbnails::Thumbnails;
use crate::dataset::{Dataset, Progress, Set, Source, Splits};
use crate::export::Target;
use crate::network::{Editor, LayerId, Report};
use crate::project::{ListedRun, OpenRun, Recipe, SavedBlock};
use crate::results::{Confusion, Evaluation};
use crate::training::{DeviceInfo, Explained, FeatureMaps, Status};

/// The four places of the rail, in the order of the work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Workspace {
    Data,
    #[default]
    Build,
    Train,
    Inspect,
}

impl Workspace {
    /// Whether undo is that of the data here: where images are excluded and relabelled. Elsewhere it is the network's.
    pub fn changes_data(self) -> bool {
        matches!(self, Self::Data | Self::Inspect)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    #[default]
    System,
    Light,
    Dark,
}

/// Which evaluation Inspect shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InspectSet {
    #[default]
    Validation,
    Test,
}

/// The images: none yet, being scanned, there, or refused.
pub enum Data {
    None,
    Scanning {
        source: Source,
        progress: Arc<Progress>,
    },
    Ready {
        dataset: Arc<Dataset>,
        splits: Arc<Splits>,
        /// Images of each class in each set: `[class][train, validation, test]`.
        counts: Vec<[usize; 3]>,
    },
    Failed {
        source: Source,
        message: String,
    },
}

impl Data {
    /// The images, once they are there.
    pub fn ready(&self) -> Option<(&Arc<Dataset>, &Arc<Splits>)> {
        match self {
            Self::Ready {
                dataset, splits, ..
            } => Some((dataset, splits)),
            _ => None,
        }
    }
}

/// A curve ready to plot: epochs (fractions for steps) against a value, already decimated.
#[derive(Default)]
pub struct Curves {
    pub train_loss: Vec<[f64; 2]>,
    pub train_loss_smooth: Vec<[f64; 2]>,
    pub val_loss: Vec<[f64; 2]>,
    pub train_accuracy: Vec<[f64; 2]>,
    pub val_accuracy: Vec<[f64; 2]>,
    /// Epochs of the whole run, for the axis.
    pub epochs: f64,
    /// The factor that `train_loss_smooth` was made with, 0 to below 1.
    pub smoothing: f32,
}

/// The run whose curves and mistakes are shown.
pub struct ShownRun {
    pub name: String,
    pub path: Option<PathBuf>,
    /// The run in training: its figures still move.
    pub live: bool,
    /// Everything on disk; `None` for a live run that is not finished.
    pub stored: Option<Arc<OpenRun>>,
    pub set: InspectSet,
    pub evaluation: Option<Arc<Evaluation>>,
    pub confusion: Option<Arc<Confusion>>,
    /// Rows of the evaluation that are wrong, most confident first.
    pub mistakes: Arc<Vec<usize>>,
    /// An evaluation is being computed.
    pub evaluating: Option<Arc<Progress>>,
    /// Why there is no evaluation, in words.
    pub problem: Option<String>,
    /// The row looked at closely, and what the model says of it.
    pub examined: Option<(usize, Option<Result<Explained, String>>)>,
}

/// A picture given to "Try an image".
pub struct Tried {
    pub name: String,
    pub texture: Option<egui::TextureHandle>,
    /// `None` until the engine has answered.
    pub answer: Option<Result<Explained, String>>,
}

/// The pinned image.
pub struct Pinned {
    pub index: usize,
    pub file: String,
    pub class: String,
    pub texture: Option<egui::TextureHandle>,
}

/// A message at the foot of the window that stays until it is put away or its time is over.
pub struct Notice {
    pub id: u64,
    pub error: bool,
    pub text: String,
}

/// What a typed path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    OpenProject,
    SaveProjectAs,
    ChooseFolder,
    /// An archive or a file that stands for images.
    DataFile,
    /// An empty folder for a copy of the data.
    CopyData,
    TryPictures,
    /// A project file or a network.toml.
    CompareNetwork,
    ExportCode(Target),
}

/// A question or box over the window; one at a time.
#[derive(Clone, Debug)]
pub enum Dialog {
    About,
    /// All keys.
    Keys,
    /// A path typed by hand, for desktops without a file dialog; `note` says why it is here.
    Path {
        purpose: PathPurpose,
        note: String,
        start: String,
    },
    /// Asked before something that ends work; `then` is sent on yes.
    Confirm {
        title: String,
        text: String,
        yes: String,
        then: Box<Command>,
    },
    /// Work of a session that ended without saving was found.
    Recover {
        name: String,
        saved: String,
    },
}

/// What this machine makes of the network as it is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drawn<'a> {
    /// What the pinned image becomes in it: with the weights of this moment where it is the one in training or
    /// trained last, else with those that a training would begin with.
    pub maps: Option<&'a Arc<FeatureMaps>>,
    /// Why `maps` are not of the whole network, in a few words.
    pub note: Option<&'a str>,
    /// Estimate of what training at the recipe's batch size takes, in the passes in which it is computed.
    pub bytes: u64,
    /// Images that go through the network at once where a whole batch does not fit; 0 where not even one does.
    pub pass: Option<usize>,
    /// Bytes that are free on the chosen device, where that is known.
    pub memory: Option<u64>,
    /// Images a batch that would fit it; 0 where not even one does.
    pub largest_batch: Option<u64>,
    /// The chosen device in short: "CPU".
    pub device: Option<&'a str>,
    /// Estimate for an epoch, once the device has been measured.
    pub epoch: Option<Duration>,
}

impl Drawn<'_> {
    /// Whether a training is refused: it would take more memory than there is, where that is known.
    pub fn is_too_large(&self) -> bool {
        self.pass == Some(0)
    }
}

/// Everything that a panel may read.
pub struct View<'a> {
    pub workspace: Workspace,
    pub dialog: Option<&'a Dialog>,
    pub palette: bool,
    pub project_name: &'a str,
    /// Where the project is saved; `None` while untitled.
    pub project_path: Option<&'a Path>,
    pub unsaved: bool,
    pub recent: &'a [PathBuf],
    pub theme: ThemeChoice,

    pub source: Option<&'a Source>,
    pub data: &'a Data,
    /// How the data is read, what was changed of it and what is wrong with it.
    pub desk: &'a Desk,
    pub thumbnails: &'a Thumbnails,

    pub editor: &'a Editor,
    pub report: &'a Report,
    /// The other network, where two are compared.
    pub comparison: Option<&'a Comparison>,
    /// What the command palette wants done with the selected layers.
    pub on_layers: Option<LayerAction>,
    /// The template that the network came from, by name.
    pub template: Option<&'a str>,
    /// The layer whose settings are shown, and all that are selected, itself among them.
    pub selected: Option<LayerId>,
    pub selection: &'a [LayerId],
    /// Blocks that the user has saved.
    pub blocks: &'a [SavedBlock],

    pub recipe: &'a Recipe,
    pub devices: &'a [DeviceInfo],
    /// Why Train cannot be pressed, in words; `None` when it can.
    pub train_blocked: Option<&'a str>,
    pub status: &'a Status,
    pub curves: &'a Curves,
    /// Of the model in training, or trained last.
    pub maps: Option<&'a Arc<FeatureMaps>>,
    pub drawn: Drawn<'a>,
    pub pinned: Option<&'a Pinned>,

    pub runs: &'a [ListedRun],
    pub shown: Option<&'a ShownRun>,
    pub tried: &'a [Tried],
    pub tried_selected: Option<usize>,
    pub notices: &'a [Notice],
}

impl View<'_> {
    /// Whether a set has images, for the switches of Data and Inspect.
    pub fn has(&self, set: Set) -> bool {
        self.data
            .ready()
            .is_some_and(|(_, splits)| !splits.get(set).is_empty())
    }
}

/// One workspace. A test loops over all of them.
pub trait Panel {
    /// Draws into `ui` and pushes what the user asked for.
    fn show(&mut self, ui: &mut egui::Ui, view: &View<'_>, commands: &mut Vec<Command>);
}
