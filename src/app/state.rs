//! The one truth of the window: what panels see is lent from here, and commands change it
//! (`carry_out`), as does what jobs and the engine have come to (`fold`).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Context;

use super::comparison::Comparison;
use super::curves::CurveMaker;
use super::desk::Desk;
use super::drawn::OfDrawn;
pub use super::fresh::fresh_project;
use super::jobs::Jobs;
use super::layer_actions::LayerAction;
use super::open_project::Brought;
use super::shown::Shown;
use super::thumbnails::Thumbnails;
use super::view::{Curves, Data, Dialog, Notice, Pinned, ThemeChoice, Tried, View, Workspace};
use crate::dataset::{Progress, Source};
use crate::network::{self, Editor, Graph, LayerId, Report, check};
use crate::project::{
    ListedRun, Lock, Places, Project, Recipe, Recovery, SavedBlock, Settings, runs_dir,
};
use crate::training::{DeviceInfo, FeatureMaps, Session, Status};

/// Messages that tell no fault go away by themselves.
const NOTICE_TIME: Duration = Duration::from_secs(8);

/// The project that is open, apart from its network (which the editor holds).
pub struct OpenProject {
    pub name: String,
    /// Its file; an untitled one lies in the program's own folder.
    pub path: PathBuf,
    pub untitled: bool,
    /// Held while the project is open.
    pub lock: Option<Lock>,
    pub source: Option<Source>,
    pub recipe: Recipe,
    pub template: Option<String>,
    /// The pinned image by name, to be found again when the images are there.
    pub pinned: Option<String>,
    /// What the file holds, to know whether anything has changed.
    pub saved: Option<Project>,
    /// Another number for another `saved`.
    pub saves: u64,
    /// What came and went with other networks that were put in place of this one.
    pub brought: Brought,
}

impl OpenProject {
    /// Where its file lies.
    pub fn folder(&self) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).to_path_buf()
    }
}

/// What waits for the user's yes or for a job.
#[derive(Default)]
pub struct Waiting {
    pub recovery: Option<Box<Recovery>>,
    /// The command being carried out has been confirmed.
    pub confirmed: bool,
    /// The tickets of predictions, and the number of the picture each is about.
    pub predictions: HashMap<u64, u64>,
    /// The ticket of the row that is looked at closely.
    pub examined: Option<u64>,
    /// The scan in progress.
    pub scan: Option<Arc<Progress>>,
    /// The project to open once it is known what the last session has left.
    pub launch: Option<PathBuf>,
    /// That project is being opened: where it cannot be, there is a new one.
    pub launching: bool,
}

pub struct State {
    pub ctx: Context,
    pub jobs: Jobs,
    pub session: Session,
    pub settings: Settings,

    pub workspace: Workspace,
    pub dialog: Option<Dialog>,
    pub palette: bool,
    pub recent: Vec<PathBuf>,
    pub notices: Vec<Notice>,
    /// When each of `notices` was told.
    pub told_at: Vec<Instant>,
    pub notices_made: u64,

    pub project: OpenProject,
    pub editor: Editor,
    pub report: Report,
    /// The layer whose settings are shown: the last of the selected ones.
    pub selected: Option<LayerId>,
    pub comparison: Option<Box<Comparison>>,
    pub selection: Vec<LayerId>,
    /// What the command palette wants done with them.
    pub on_layers: Option<LayerAction>,
    /// Blocks that the user has saved.
    pub blocks: Vec<SavedBlock>,
    /// Counts changes of anything that is saved.
    pub changes: u64,
    pub autosaved: (u64, Instant),

    pub data: Data,
    pub desk: Desk,
    pub scans: u64,
    pub thumbnails: Thumbnails,
    pub pinned: Option<Pinned>,

    pub devices: Vec<DeviceInfo>,
    pub status: Status,
    pub curves: Curves,
    pub curve_maker: CurveMaker,
    pub maps: Option<Arc<FeatureMaps>>,
    pub drawn: OfDrawn,
    pub runs: Vec<ListedRun>,
    pub shown: Shown,
    pub tried: Vec<Tried>,
    /// The number of each of `tried`, by which jobs find it.
    pub tried_numbers: Vec<u64>,
    pub tried_made: u64,
    pub tried_selected: Option<usize>,
    pub train_blocked: Option<String>,
    pub waiting: Waiting,
    pub may_close: bool,
}

impl State {
    /// A new project on the bundled digits; what lies on disk comes in by jobs.
    pub fn new(ctx: &Context, places: Places, session: Session) -> Self {
        let fresh = fresh_project();
        let path = places.untitled_project();
        Self {
            ctx: ctx.clone(),
            jobs: Jobs::new(ctx, places),
            session,
            settings: Settings::default(),
            workspace: Workspace::Build,
            dialog: None,
            palette: false,
            recent: Vec::new(),
            notices: Vec::new(),
            told_at: Vec::new(),
            notices_made: 0,
            report: report(&fresh.graph, &fresh.recipe, None),
            editor: Editor::new(fresh.graph),
            project: OpenProject {
                name: fresh.name,
                path,
                untitled: true,
                lock: None,
                source: None,
                recipe: fresh.recipe,
                template: fresh.template,
                pinned: None,
                saved: None,
                saves: 0,
                brought: Brought::default(),
            },
            selected: None,
            comparison: None,
            selection: Vec::new(),
            on_layers: None,
            blocks: Vec::new(),
            changes: 0,
            autosaved: (0, Instant::now()),
            data: Data::None,
            desk: Desk::default(),
            scans: 0,
            thumbnails: Thumbnails::empty(),
            pinned: None,
            devices: Vec::new(),
            status: Status::default(),
            curves: Curves {
                smoothing: 0.6,
                ..Curves::default()
            },
            curve_maker: CurveMaker::default(),
            maps: None,
            drawn: OfDrawn::default(),
            runs: Vec::new(),
            shown: Shown::default(),
            tried: Vec::new(),
            tried_numbers: Vec::new(),
            tried_made: 0,
            tried_selected: None,
            train_blocked: None,
            waiting: Waiting::default(),
            may_close: false,
        }
    }

    /// What panels may read.
    pub fn view(&self) -> View<'_> {
        let titled = !self.project.untitled;
        View {
            workspace: self.workspace,
            dialog: self.dialog.as_ref(),
            palette: self.palette,
            project_name: &self.project.name,
            project_path: titled.then_some(self.project.path.as_path()),
            unsaved: self.is_unsaved(),
            recent: &self.recent,
            theme: theme_choice(self.settings.theme),
            source: self.project.source.as_ref(),
            data: &self.data,
            desk: &self.desk,
            thumbnails: &self.thumbnails,
            editor: &self.editor,
            report: &self.report,
            comparison: self.comparison.as_deref(),
            on_layers: self.on_layers,
            template: self.project.template.as_deref(),
            selected: self.selected,
            selection: &self.selection,
            blocks: &self.blocks,
            recipe: &self.project.recipe,
            devices: &self.devices,
            train_blocked: self.train_blocked.as_deref(),
            status: &self.status,
            curves: &self.curves,
            maps: self.maps.as_ref(),
            drawn: self.drawn.view(self.project.recipe.batch),
            pinned: self.pinned.as_ref(),
            runs: &self.runs,
            shown: self.shown.run(),
            tried: &self.tried,
            tried_selected: self.tried_selected,
            notices: &self.notices,
        }
    }

    /// The project as it would be saved.
    pub fn snapshot(&self) -> Project {
        Project {
            name: self.project.name.clone(),
            data: self.project.source.clone(),
            graph: self.editor.graph().clone(),
            recipe: self.project.recipe.clone(),
            template: self.project.template.clone(),
            pinned: self.project.pinned.clone(),
            layout: self.desk.layout.clone(),
            changes: self.desk.changes.as_ref().clone(),
        }
    }

    /// Whether the project differs from its file.
    pub fn is_unsaved(&self) -> bool {
        let project = &self.project;
        project.saved.as_ref().is_none_or(|saved| {
            saved.graph != *self.editor.graph()
                || saved.recipe != project.recipe
                || saved.data != project.source
                || saved.template != project.template
                || saved.pinned != project.pinned
                || saved.layout != self.desk.layout
                || !self.desk.is_saved(&saved.changes, project.saves)
        })
    }

    pub fn runs_dir(&self) -> PathBuf {
        runs_dir(&self.project.path)
    }

    /// Checks the network again after it, the data or the recipe has changed.
    pub fn check_again(&mut self) {
        let classes = self.data.ready().map(|(data, _)| data.classes.len());
        self.report = report(self.editor.graph(), &self.project.recipe, classes);
        if self
            .selected
            .is_some_and(|id| self.editor.graph().node(id).is_none())
        {
            self.selected = None;
        }
        self.compare_again();
        self.look_at_drawn();
        let graph = self.editor.graph();
        self.selection.retain(|id| graph.node(*id).is_some());
        self.selected = self.selection.last().copied();
        self.changes += 1;
    }

    /// Selects layers, the last of them as the primary one.
    pub fn select(&mut self, ids: Vec<LayerId>) {
        self.selected = ids.last().copied();
        self.selection = ids;
    }

    /// Says why Train cannot be pressed, if it cannot.
    pub fn refresh_blocked(&mut self) {
        self.train_blocked = self.why_blocked();
    }

    fn why_blocked(&self) -> Option<String> {
        if self.status.phase.is_active() {
            return Some("A training is running; stop it first".to_owned());
        }
        match &self.data {
            Data::None => return Some("Choose a folder of images in Data first".to_owned()),
            Data::Scanning { .. } => return Some("The images are still being read".to_owned()),
            Data::Failed { message, .. } => return Some(message.clone()),
            Data::Ready { .. } => {}
        }
        if let Some(fault) = &self.desk.split_fault {
            return Some(format!("The sets: {fault}"));
        }
        if let Some(fault) = self.project.recipe.validate().first() {
            return Some(format!("The recipe: {fault}"));
        }
        let problem = self.report.errors().next()?;
        let layer = problem.layer.map(|id| self.editor.graph().name_of(id));
        Some(match layer {
            // Most messages name the layer themselves.
            Some(layer) if !problem.message.contains(&layer) => {
                format!("{layer}: {}", problem.message)
            }
            _ => problem.message.clone(),
        })
    }

    /// Tells the user something.
    pub fn tell(&mut self, error: bool, text: impl Into<String>) {
        let text = text.into();
        // The same again is no news.
        self.keep_notices(|notice, _| notice.text != text);
        self.notices_made += 1;
        let id = self.notices_made;
        self.notices.push(Notice { id, error, text });
        self.told_at.push(Instant::now());
        if !error {
            self.ctx.request_repaint_after(NOTICE_TIME);
        }
    }

    /// At the end: an untitled project stays where it is found again.
    pub fn keep_untitled(&mut self) {
        if self.project.untitled && self.project.lock.is_some() && self.is_unsaved() {
            let path = self.project.path.clone();
            let kept = crate::project::save(&self.snapshot(), &path)
                .and_then(|()| self.jobs.places.clear_recovery(Some(&path)));
            if let Err(error) = kept {
                log::error!("{error}");
            }
        } else if !self.project.untitled
            && let Err(error) = self.jobs.places.clear_recovery(Some(&self.project.path))
        {
            log::error!("{error}");
        }
    }

    /// Puts away what has been told long enough.
    pub fn drop_old_notices(&mut self) {
        self.keep_notices(|notice, since| notice.error || since.elapsed() < NOTICE_TIME);
    }

    /// Keeps the messages that `keep` wants.
    pub fn keep_notices(&mut self, keep: impl Fn(&Notice, Instant) -> bool) {
        let both = std::mem::take(&mut self.notices)
            .into_iter()
            .zip(std::mem::take(&mut self.told_at));
        (self.notices, self.told_at) = both.filter(|(notice, at)| keep(notice, *at)).unzip();
    }
}

fn report(graph: &Graph, recipe: &Recipe, classes: Option<usize>) -> Report {
    let context = network::Context {
        classes,
        loss: recipe.loss,
        batch: recipe.batch,
    };
    check(graph, &context)
}

/// A project's name for people: the name of its file.
pub fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(
        || "untitled".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}

pub fn theme_choice(theme: crate::project::Theme) -> ThemeChoice {
    match theme {
        crate::project::Theme::Light => ThemeChoice::Light,
        crate::project::Theme::Dark => ThemeChoice::Dark,
        crate::project::Theme::System => ThemeChoice::System,
    }
}
