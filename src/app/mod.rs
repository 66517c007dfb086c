//! The window.
//!
//! One frame: [`State::fold`] takes in what jobs and the engine have come to; the shell and one
//! panel draw the [`View`] that the state lends, and push [`Command`]s; [`State::carry_out`] does
//! what they say.

mod arrivals;
mod carry_out;
mod code_out;
pub mod command;
pub mod comparison;
mod curves;
pub mod desk;
mod done;
mod drawn;
mod edits;
mod fold;
mod fresh;
mod inspection;
mod jobs;
mod lane;
pub mod layer_actions;
pub mod maps;
mod open_project;
pub mod panels;
mod project_commands;
pub mod shell;
mod shown;
mod state;
pub mod theme;
pub mod thumbnails;
pub mod view;
mod waker;
pub mod widgets;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use eframe::egui_wgpu;
use thiserror::Error;

use self::command::Command;
use self::panels::build::BuildPanel;
use self::panels::data::DataPanel;
use self::panels::inspect::InspectPanel;
use self::panels::train::TrainPanel;
use self::shell::Shell;
use self::state::State;
use self::view::{Panel, Workspace};
use self::waker::Waker;
use crate::project::Places;
use crate::training::Session;

/// What the window opens on.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// A project file; none opens the untitled project.
    pub project: Option<PathBuf>,
    /// Where the program keeps what is its own; none is the user's data folder.
    pub home: Option<PathBuf>,
}

/// Why no window could be opened.
#[derive(Debug, Error)]
pub enum WindowError {
    #[error("{0}")]
    Window(String),
    #[error("the engine's thread could not be started: {0}")]
    Engine(#[from] std::io::Error),
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// There is no display, or no graphics adapter that can draw on it.
pub fn run(launch: Launch) -> Result<(), WindowError> {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/assets/icon.png"
    )));
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("mapsto")
        .with_app_id("mapsto")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([960.0, 640.0]);
    if let Ok(icon) = icon {
        viewport = viewport.with_icon(Arc::new(icon));
    }
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Wgpu,
        // Shadows and fades are too short to show bands, and in software it takes a tenth of a frame.
        dithering: false,
        ..eframe::NativeOptions::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(move |context| {
        let render_state = context.wgpu_render_state.as_ref();
        let app = App::new(&context.egui_ctx, render_state, launch)?;
        OPENED.store(true, Ordering::Relaxed);
        Ok(Box::new(app))
    });
    // A system library that is missing makes winit panic: it is told in words like the rest.
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if OPENED.load(Ordering::Relaxed) || std::thread::current().name() != Some("main") {
            told(panic);
        }
    }));
    let run = std::panic::AssertUnwindSafe(|| eframe::run_native("mapsto", options, create));
    match std::panic::catch_unwind(run) {
        Ok(done) => done.map_err(|error| WindowError::Window(in_words(&error))),
        Err(panic) if OPENED.load(Ordering::Relaxed) => std::panic::resume_unwind(panic),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let text = text.unwrap_or("a library of the system is missing");
            Err(WindowError::Window(format!("{text} {PACKAGES}")))
        }
    }
}

/// The window has been opened: what happens from now on is no failure to open it.
static OPENED: AtomicBool = AtomicBool::new(false);

/// What a window needs of a Linux distribution.
const PACKAGES: &str =
    "On Debian and Ubuntu the packages libxkbcommon-x11-0 and mesa-vulkan-drivers are needed";

/// Why there is no window, and what to do.
fn in_words(error: &eframe::Error) -> String {
    match error {
        eframe::Error::AppCreation(error) => error.to_string(),
        eframe::Error::Wgpu(_) => {
            format!("no graphics driver of this machine can draw a window. {PACKAGES}")
        }
        eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => format!(
            "the display could not be reached; see whether DISPLAY or WAYLAND_DISPLAY names it. {PACKAGES}"
        ),
    }
}

/// The window's contents.
pub struct App {
    waker: Arc<Waker>,
    /// What the window is cleared with.
    ground: egui::Color32,
    state: State,
    shell: Shell,
    data: DataPanel,
    build: BuildPanel,
    train: TrainPanel,
    inspect: InspectPanel,
    /// Time of the last frame that the engine asked for.
    frame_times: FrameTimes,
}

/// How long frames take, for the benchmark.
#[derive(Default)]
struct FrameTimes {
    last: Duration,
}

impl App {
    /// The window on its project; `render_state` is there when it is drawn by wgpu.
    ///
    /// # Errors
    /// The engine's thread could not be started.
    pub fn new(
        ctx: &egui::Context,
        render_state: Option<&egui_wgpu::RenderState>,
        launch: Launch,
    ) -> Result<Self, WindowError> {
        if let Some(render_state) = render_state {
            maps::install(render_state);
        }
        let software = render_state
            .is_none_or(|state| state.adapter.get_info().device_type == wgpu::DeviceType::Cpu);
        theme::install(ctx, view::ThemeChoice::System);
        let places = launch.home.map_or_else(Places::default, Places::at);
        let waker = Arc::new(Waker::new(ctx, software));
        let news = waker.clone();
        let session = Session::start(move || news.news())?;
        let mut state = State::new(ctx, places, session);
        state.waiting.launch = launch.project;
        state.jobs.start_up();
        Ok(Self {
            waker,
            ground: ctx.global_style().visuals.panel_fill,
            state,
            shell: Shell::default(),
            data: DataPanel::default(),
            build: BuildPanel::default(),
            train: TrainPanel::default(),
            inspect: InspectPanel::default(),
            frame_times: FrameTimes::default(),
        })
    }

    /// Takes in what is new; also called while the window is hidden.
    pub fn fold(&mut self) {
        let theme = self.state.settings.theme;
        self.state.fold();
        if self.state.settings.theme != theme {
            theme::apply(
                &self.state.ctx,
                state::theme_choice(self.state.settings.theme),
            );
        }
    }

    /// One frame.
    pub fn frame(&mut self, ui: &mut egui::Ui) {
        let start = Instant::now();
        if ui.input(|input| !input.raw.events.is_empty()) {
            self.waker.touched();
        }
        // Of the theme that this frame is drawn in.
        self.ground = ui.visuals().panel_fill;
        self.fold();
        let mut commands = Vec::new();
        {
            let view = self.state.view();
            let panel: &mut dyn Panel = match view.workspace {
                Workspace::Data => &mut self.data,
                Workspace::Build => &mut self.build,
                Workspace::Train => &mut self.train,
                Workspace::Inspect => &mut self.inspect,
            };
            self.shell.show(ui, &view, &mut commands, |ui, commands| {
                panel.show(ui, &view, commands);
            });
        }
        self.state.thumbnails.hand_over();
        let dropped: Vec<PathBuf> = ui.input(|input| {
            let files = input.raw.dropped_files.iter();
            files.map(|file| file.path().to_path_buf()).collect()
        });
        if !dropped.is_empty() {
            self.state.dropped(dropped);
        }
        for command in commands {
            self.state.carry_out(command);
        }
        self.close_or_ask(ui);
        self.frame_times.last = start.elapsed();
    }

    /// Own work of the last frame: folding, drawing commands, carrying out.
    pub fn last_frame(&self) -> Duration {
        self.frame_times.last
    }

    /// Sends a command as a panel would.
    pub fn send(&mut self, command: Command) {
        self.state.carry_out(command);
    }

    /// What panels see.
    pub fn view(&self) -> view::View<'_> {
        self.state.view()
    }

    fn close_or_ask(&mut self, ui: &egui::Ui) {
        let asked = ui.input(|input| input.viewport().close_requested());
        if asked && !self.state.may_close {
            self.state.ask_to_close();
            if !self.state.may_close {
                ui.ctx()
                    .send_viewport_cmd(egui::ViewportCommand::CancelClose);
            }
        }
        if self.state.may_close && !asked {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if ctx.input(|input| input.viewport().minimized) == Some(true) {
            self.fold();
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
    }

    /// What panels without a colour of their own stand on.
    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        self.ground.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        self.state.keep_untitled();
    }
}
