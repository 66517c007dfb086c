//! `mapsto train`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use indicatif::ProgressBar;
use serde_json::json;

use super::args::{BadArgument, Train, template_names};
use super::output::{self, Told, line, percent};
use crate::dataset::{Dataset, Set, Source, Splits, split};
use crate::network::{Context, Graph, Network, check, fit_classes, template};
use crate::project::{Optimizer, Recipe, load, open_run};
use crate::results::Epoch;
use crate::training::{Job, Phase, Session, Status};

pub fn run(options: &Train) -> super::Outcome {
    let prepared = prepare(options);
    match prepared.and_then(|job| follow(job, options.json)) {
        Ok(()) => Ok(()),
        Err(error) if options.json && !error.is::<BadArgument>() => {
            let message = format!("{error:#}");
            line(&json!({"event": "failed", "error": message}).to_string());
            Err(Told(message).into())
        }
        Err(error) => Err(error),
    }
}

/// Everything read and checked before the engine starts.
fn prepare(options: &Train) -> anyhow::Result<Job> {
    let source = Source::parse(&options.data);
    let open = |source: &Source| {
        output::with_bar(options.json, "Reading the images", |progress| {
            Dataset::open(source, progress)
        })
    };
    let (title, graph, mut recipe) = network_of(&options.network)?;
    let data = open(&source)??;
    if !options.json {
        tell_problems(&data);
    }
    change(&mut recipe, options)?;
    let test = match &options.test {
        Some(folder) => Some(Arc::new(open(&Source::parse(folder))??)),
        None => None,
    };
    if test.is_some() {
        // The test images come from elsewhere, so that none of these is kept back for it.
        recipe.split.test = 0.0;
    }
    let splits = split(&data, &recipe.split)?;
    if !options.json {
        tell_split(&data, &splits);
    }
    let (graph, network) = fitted(graph, &recipe, data.classes.len())?;
    Ok(Job {
        network,
        graph,
        title,
        data: Arc::new(data),
        test,
        splits,
        recipe,
        runs_dir: options.out.clone(),
    })
}

fn tell_problems(data: &Dataset) {
    const SHOWN: usize = 10;
    if data.problems.is_empty() {
        return;
    }
    line(&format!("{} files are left out:", data.problems.len()));
    for problem in data.problems.iter().take(SHOWN) {
        line(&format!("  {}: {}", problem.file, problem.reason));
    }
    if data.problems.len() > SHOWN {
        line("  … (mapsto inspect lists them all)");
    }
}

fn tell_split(data: &Dataset, splits: &Splits) {
    line(&format!(
        "{}: {} images in {} classes; {} for training, {} for validation, {} for test",
        data.source,
        data.len(),
        data.classes.len(),
        splits.train.len(),
        splits.validation.len(),
        splits.test.len()
    ));
}

/// The title, the drawing and the recipe that a name or file stands for.
fn network_of(name: &str) -> anyhow::Result<(String, Graph, Recipe)> {
    if let Some(template) = template(name) {
        let recipe = Recipe::for_template(template);
        return Ok((template.name.to_owned(), template.graph(None), recipe));
    }
    let path = PathBuf::from(name);
    if !path.exists() {
        return Err(BadArgument(format!(
            "there is no template and no file called {name}; the templates are {}",
            template_names()
        ))
        .into());
    }
    let stem = |path: &Path| {
        path.file_stem()
            .map_or_else(|| "network".to_owned(), |s| s.to_string_lossy().into_owned())
    };
    if path.extension().is_some_and(|extension| extension == "mapsto") {
        let project = load(&path)?;
        return Ok((stem(&path), project.graph, project.recipe));
    }
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let graph = Graph::parse(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    // The network of a run comes with its recipe.
    let recipe = path
        .parent()
        .and_then(|folder| open_run(folder).ok())
        .and_then(|run| run.recipe);
    Ok((stem(&path), graph, recipe.unwrap_or_default()))
}

/// What the arguments say otherwise than the recipe.
fn change(recipe: &mut Recipe, options: &Train) -> anyhow::Result<()> {
    if let Some(seed) = options.seed {
        recipe.set_seed(seed);
    }
    recipe.epochs = options.epochs.unwrap_or(recipe.epochs);
    recipe.batch = options.batch.map_or(recipe.batch, |batch| batch as usize);
    recipe.learning_rate = options.lr.unwrap_or(recipe.learning_rate);
    if let Some(optimizer) = &options.optimizer {
        recipe.optimizer = optimizer.clone();
    }
    match (&mut recipe.optimizer, options.momentum) {
        (_, None) => {}
        (Optimizer::Sgd { momentum, .. } | Optimizer::RmsProp { momentum, .. }, Some(value)) => {
            *momentum = value;
        }
        (other, Some(_)) => {
            let message = format!("{} has no momentum; it is for sgd and rmsprop", other.name());
            return Err(BadArgument(message).into());
        }
    }
    recipe.loss = options.loss.unwrap_or(recipe.loss);
    recipe.target_accuracy = options.target_accuracy.or(recipe.target_accuracy);
    if let Some(device) = &options.device {
        recipe.device.clone_from(device);
    }
    Ok(())
}

/// The network for that many classes, or every problem in words.
fn fitted(
    mut graph: Graph,
    recipe: &Recipe,
    classes: usize,
) -> anyhow::Result<(Graph, Network)> {
    if let Some(remedy) = fit_classes(&graph, recipe.loss, classes) {
        for edit in &remedy.edits {
            graph.apply(edit)?;
        }
    }
    let context = Context {
        classes: Some(classes),
        loss: recipe.loss,
        batch: recipe.batch,
    };
    let report = check(&graph, &context);
    let mut reasons = Vec::new();
    for problem in report.errors() {
        let layer = problem.layer.map(|id| format!("{}: ", graph.name_of(id)));
        let remedy = problem.remedy.as_ref();
        let remedy = remedy.map(|remedy| format!(" ({})", remedy.label));
        reasons.push(format!(
            "{}{}{}",
            layer.unwrap_or_default(),
            problem.message,
            remedy.unwrap_or_default()
        ));
    }
    match report.network {
        Some(network) => Ok((graph, network)),
        None => Err(anyhow!(
            "the network does not fit:\n  {}",
            reasons.join("\n  ")
        )),
    }
}

/// Trains a job to its end and tells what happens on the way.
pub fn follow(job: Job, json: bool) -> super::Outcome {
    let parameters = job.network.parameters();
    let classes = job.data.classes.clone();
    let title = job.title.clone();
    let (waker, woken) = channel();
    let session = Session::start(move || {
        // The main thread may have left its loop already.
        waker.send(()).ok();
    })?;
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    if let Err(error) = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed)) {
        log::warn!("Ctrl+C will not save the run: {error}");
    }
    session.train(job);
    let mut follower = Follower {
        session: &session,
        json,
        told: 0,
        started: false,
        bar: output::bar(json, &title),
    };
    let status = follower.watch(&woken, &interrupted, parameters, &classes);
    follower.bar.finish_and_clear();
    let ended = &status.phase;
    if let Phase::Failed(message) = ended {
        return Err(anyhow!("{message}"));
    }
    tell_end(&session, &status, json);
    Ok(())
}

struct Follower<'a> {
    session: &'a Session,
    json: bool,
    /// Epochs told so far.
    told: usize,
    started: bool,
    bar: ProgressBar,
}

impl Follower<'_> {
    fn watch(
        &mut self,
        woken: &Receiver<()>,
        interrupted: &AtomicBool,
        parameters: u64,
        classes: &[String],
    ) -> Status {
        let mut stopping = false;
        loop {
            let gone = woken.recv_timeout(Duration::from_millis(100));
            while woken.try_recv().is_ok() {}
            if interrupted.load(Ordering::Relaxed) && !stopping {
                stopping = true;
                self.session.stop();
            }
            let status = self.session.status();
            if !self.started && status.run.is_some() {
                self.started = true;
                self.start(&status, parameters, classes);
            }
            self.epochs();
            self.show(&status);
            if !status.phase.is_active() || gone == Err(RecvTimeoutError::Disconnected) {
                self.epochs();
                return status;
            }
        }
    }

    fn start(&self, status: &Status, parameters: u64, classes: &[String]) {
        if self.json {
            let event = json!({
                "event": "start",
                "device": status.device,
                "parameters": parameters,
                "classes": classes,
            });
            line(&event.to_string());
        } else {
            line(&format!("{parameters} parameters, on {}", status.device));
        }
    }

    /// Tells the epochs that have ended since the last call.
    fn epochs(&mut self) {
        let new: Vec<Epoch> = {
            let history = self.session.history();
            history.epochs.iter().skip(self.told).cloned().collect()
        };
        self.told += new.len();
        for epoch in new {
            if self.json {
                line(&epoch_event(&epoch).to_string());
            } else {
                self.bar.suspend(|| line(&epoch_line(&epoch)));
            }
        }
    }

    fn show(&self, status: &Status) {
        self.bar
            .set_position((f64::from(status.fraction()) * 1000.0) as u64);
        let left = status
            .time_left
            .map(|left| format!(", {} s left", left.as_secs()))
            .unwrap_or_default();
        self.bar.set_message(match &status.phase {
            Phase::Preparing { what, .. } => what.clone(),
            Phase::Compiling => "compiling kernels".to_owned(),
            Phase::Validating => "validating".to_owned(),
            Phase::Evaluating => "testing".to_owned(),
            _ => format!(
                "epoch {} of {}, {:.0} images/s{left}",
                status.epoch, status.epochs, status.images_per_second
            ),
        });
    }
}

fn epoch_event(epoch: &Epoch) -> serde_json::Value {
    json!({
        "event": "epoch",
        "epoch": epoch.epoch,
        "train_loss": epoch.train_loss,
        "train_accuracy": epoch.train_accuracy,
        "val_loss": epoch.val_loss,
        "val_accuracy": epoch.val_accuracy,
        "images_per_second": epoch.images_per_second,
    })
}

fn epoch_line(epoch: &Epoch) -> String {
    let validation = match (epoch.val_loss, epoch.val_accuracy) {
        (Some(loss), Some(accuracy)) => {
            format!("; validation loss {loss:.4}, accuracy {}", percent(accuracy))
        }
        _ => String::new(),
    };
    format!(
        "epoch {:>3}: loss {:.4}, accuracy {}{validation}; {:.0} images/s",
        epoch.epoch,
        epoch.train_loss,
        percent(epoch.train_accuracy),
        epoch.images_per_second
    )
}

fn tell_end(session: &Session, status: &Status, json: bool) {
    let run = status.run.clone().unwrap_or_default();
    if json {
        let best = session.history().best_epoch().map(|best| best.epoch);
        let event = json!({
            "event": "done",
            "run": run,
            "best_epoch": best,
            "stopped": status.phase == Phase::Stopped,
        });
        line(&event.to_string());
        return;
    }
    for note in &status.notes {
        line(note);
    }
    if let Ok(stored) = open_run(&run) {
        let shown = [Set::Test, Set::Validation].iter().find_map(|set| {
            let evaluation = stored.evaluations.get(set.name())?;
            Some((*set, evaluation))
        });
        if let Some((set, evaluation)) = shown {
            line("");
            output::evaluation(evaluation, &format!("{set} set, best weights"));
        }
    }
    line("");
    if status.phase == Phase::Stopped {
        line("Stopped; what was trained so far is kept");
    }
    line(&format!("The run is in {}", run.display()));
}
