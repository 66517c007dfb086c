//! Once a frame: what jobs and the engine have come to goes into the state. Bounded in time, so
//! that a frame stays short.

use std::time::{Duration, Instant};

use super::state::State;
use super::view::{Data, Pinned, Tried, Workspace};
use crate::training::{Answer, Phase};

/// Results are taken for this long in one frame; the rest waits for the next.
const BUDGET: Duration = Duration::from_millis(2);
/// Unsaved work is kept this often.
const AUTOSAVE: Duration = Duration::from_secs(20);

impl State {
    /// Takes in everything that is new.
    pub fn fold(&mut self) {
        let start = Instant::now();
        while let Some(done) = self.jobs.take() {
            self.take(done);
            if start.elapsed() > BUDGET {
                // The rest comes in the next frame.
                self.ctx.request_repaint();
                break;
            }
        }
        self.follow_session();
        self.follow_desk();
        self.follow_since();
        self.thumbnails.update(&self.ctx);
        self.drop_old_notices();
        self.autosave();
        self.refresh_blocked();
    }

    fn follow_session(&mut self) {
        let before = std::mem::replace(&mut self.status, self.session.status());
        for answer in self.session.answers() {
            self.answer(answer);
        }
        let moved_on = before.run != self.status.run
            || before.epoch != self.status.epoch
            || before.phase.is_active() != self.status.phase.is_active();
        if moved_on {
            self.jobs.list_runs(self.runs_dir());
        }
        if before.phase != self.status.phase {
            self.phase_changed();
        }
        self.maps = self.session.maps();
        self.follow_drawn();
        self.shown
            .update(&self.status, &self.runs, &self.session, &self.jobs);
        self.update_curves();
    }

    fn phase_changed(&mut self) {
        if !self.status.phase.is_active() {
            // The memory of the training is free again.
            self.look_at_drawn();
        }
        match self.status.phase.clone() {
            Phase::Failed(message) => self.tell(true, format!("The training failed: {message}")),
            Phase::Finished => {
                // Train shows them itself.
                if self.workspace != Workspace::Train {
                    for note in self.status.notes.clone() {
                        self.tell(false, note);
                    }
                }
                let best = self.status.best.map(|(epoch, accuracy)| {
                    format!("; best epoch {epoch} with {:.1} %", accuracy * 100.0)
                });
                let text = format!("The training has finished{}", best.unwrap_or_default());
                self.tell(false, text);
            }
            _ => {}
        }
    }

    /// A job has ended without a result: nothing waits for it any more.
    pub(super) fn job_broke(&mut self) {
        let message = "Something went wrong inside mapsto; the program goes on, and the last request can be tried again";
        if let Data::Scanning { source, .. } = &self.data {
            self.data = Data::Failed {
                source: source.clone(),
                message: message.to_owned(),
            };
            self.waiting.scan = None;
        }
        (self.desk.remaking, self.desk.previewing) = (false, false);
        (self.desk.looking, self.desk.applying) = (None, None);
        self.desk.moving_back = false;
        self.tell(true, message);
    }

    fn update_curves(&mut self) {
        let Some(live) = self.shown.run().map(|run| run.live) else {
            self.curve_maker.clear(&mut self.curves);
            return;
        };
        let mut late = None;
        if live {
            let (epochs, per_epoch) = (self.status.epochs, self.status.steps_per_epoch);
            let history = self.session.history();
            let curves = &mut self.curves;
            late = self
                .curve_maker
                .update(curves, &history, epochs, per_epoch, 0);
        } else if let Some(loaded) = self.shown.stored() {
            let run = &loaded.run;
            let epochs = run.recipe.as_ref().map_or(0, |recipe| recipe.epochs);
            let steps = run.history.steps.iter();
            let per_epoch = steps.take_while(|step| step.epoch == 1).count();
            let source = u64::from(run.info.number) + 1;
            let curves = &mut self.curves;
            late = self
                .curve_maker
                .update(curves, &run.history, epochs, per_epoch, source);
        }
        if let Some(wait) = late {
            self.ctx.request_repaint_after(wait);
        }
    }

    fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Prediction { ticket, result, .. } => {
                if self.waiting.examined == Some(ticket) {
                    self.waiting.examined = None;
                    self.shown.explained(result);
                    return;
                }
                let number = self.waiting.predictions.remove(&ticket);
                if let Some(tried) = number.and_then(|number| self.tried_of(number)) {
                    tried.answer = Some(result);
                }
            }
            Answer::Evaluation { ticket, result } => match result {
                Ok(evaluation) => self.jobs.analyse(ticket, evaluation),
                Err(message) => self.shown.evaluation_failed(ticket, message),
            },
        }
    }

    /// The tried picture of a number, unless it was cleared away.
    pub(super) fn tried_of(&mut self, number: u64) -> Option<&mut Tried> {
        let place = self.tried_numbers.iter().position(|n| *n == number)?;
        self.tried.get_mut(place)
    }

    /// Keeps unsaved work from time to time.
    fn autosave(&mut self) {
        let (changes, at) = self.autosaved;
        if changes == self.changes {
            return;
        }
        if at.elapsed() < AUTOSAVE {
            // Also where nothing else draws the window again.
            self.ctx.request_repaint_after(AUTOSAVE - at.elapsed());
            return;
        }
        self.autosaved = (self.changes, Instant::now());
        if self.is_unsaved() && self.project.saved.is_some() {
            self.jobs
                .autosave(self.snapshot(), self.project.path.clone());
        }
    }

    /// Goes where a new user should look next.
    pub fn go(&mut self, workspace: Workspace) {
        self.workspace = workspace;
    }

    /// Pins an image: its maps are shown from now on.
    pub fn pin(&mut self, index: usize) {
        let Some((data, _)) = self.data.ready() else {
            return;
        };
        let Some(image) = data.images.get(index) else {
            return;
        };
        self.pinned = Some(Pinned {
            index,
            file: image.file.clone(),
            class: data.classes.get(image.class).cloned().unwrap_or_default(),
            texture: None,
        });
        self.jobs.pin(data.clone(), index);
    }
}
