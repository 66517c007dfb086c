//! `mapsto train`: what is read and checked before the engine starts.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use serde_json::json;

use super::args::{BadArgument, Train, template_names};
use super::data_args::cache;
use super::folds;
use super::follow::{Failure, follow, on_interrupt};
use super::output::{self, Told, line};
use crate::dataset::{Dataset, HealthContext, Opening, Source, Splits, health, split};
use crate::network::{self, Context, Graph, Network, Template, check, fit_classes, template};
use crate::project::{Optimizer, ProjectError, Recipe, atomic, load, open_run};
use crate::training::Job;

pub fn run(options: &Train) -> super::Outcome {
    let prepared = prepare(options);
    let trained = prepared.and_then(|job| match options.images.folds {
        None => follow(job, options.json, &on_interrupt()).map(|_| ()),
        Some(folds) => folds::train(&job, folds, options.json),
    });
    match trained {
        Ok(()) => Ok(()),
        Err(error) if options.json && !error.is::<BadArgument>() => {
            let message = format!("{error:#}");
            let run = error.downcast_ref::<Failure>().map(|failure| &failure.run);
            line(&json!({"event": "failed", "error": message, "run": run}).to_string());
            Err(Told(message).into())
        }
        Err(error) => Err(error),
    }
}

/// Everything read and checked before the engine starts.
fn prepare(options: &Train) -> anyhow::Result<Job> {
    let Chosen {
        title,
        mut graph,
        mut recipe,
        template,
    } = network_of(&options.network)?;
    change(&mut recipe, options)?;
    if let [first, ..] = recipe.validate().as_slice() {
        return Err(anyhow!("{}: {first}", options.network));
    }
    let (data, test) = open_images(options)?;
    if test.is_some() {
        // The test images come from elsewhere, so that none of these is kept back for it.
        recipe.split.test = 0.0;
    }
    let mut splits = split(&data, &recipe.split)?;
    if test.is_some() {
        // Those below `test/` of the data itself.
        splits.test.clear();
    }
    if !options.json && recipe.split.folds == 0 {
        tell_split(&data, &splits);
    }
    // A template by its name fits the images; a project's network is the user's.
    if let Some(template) = network::template(&options.network) {
        let fitted = template.for_images(Some(data.usual_size()), Some(data.classes.len()));
        if !options.json && !fitted.changes.is_empty() {
            line(&format!("{}: {}", template.name, fitted.changes.join("; ")));
        }
        graph = fitted.graph;
    }
    if options.loss.is_none()
        && let Some(template) = template.filter(|template| template.loss == recipe.loss)
    {
        recipe.loss = template.fitted_loss(Some(data.classes.len()));
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

/// The images, and those to test on where they come from elsewhere.
fn open_images(options: &Train) -> anyhow::Result<(Dataset, Option<Arc<Dataset>>)> {
    let open = |opening: &Opening| {
        output::with_bar(options.json, "Reading the images", |progress| {
            Dataset::open_with(opening, progress)
        })
    };
    let source = Source::parse(&options.data);
    let data = open(&options.images.reading.opening(source))??;
    if !options.json {
        tell_problems(&data);
    }
    let Some(folder) = &options.test else {
        return Ok((data, None));
    };
    let opening = Opening {
        cache: Some(cache()),
        ..Opening::from(Source::parse(folder))
    };
    let test = open(&opening)??;
    same_classes(&data, &test)?;
    Ok((data, Some(Arc::new(test))))
}

/// Hours of training must not end without test figures for folders that are named otherwise.
fn same_classes(data: &Dataset, test: &Dataset) -> anyhow::Result<()> {
    if test
        .classes
        .iter()
        .any(|class| data.classes.contains(class))
    {
        return Ok(());
    }
    Err(anyhow!(
        "the test images in {} have none of the classes of {} ({}): name their folders alike",
        test.source,
        data.source,
        data.classes.join(", ")
    ))
}

fn tell_problems(data: &Dataset) {
    const SHOWN: usize = 10;
    for note in health(data, None, &HealthContext::default()).notes {
        line(&note);
    }
    for problem in data.problems.iter().take(SHOWN) {
        line(&format!("  {}: {}", problem.file, problem.reason));
    }
    if data.problems.len() > SHOWN {
        line(&format!(
            "  … (mapsto inspect {} lists them all)",
            data.source
        ));
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

/// What a name or file of a network stands for.
struct Chosen {
    title: String,
    graph: Graph,
    recipe: Recipe,
    /// What the network began as: its loss gives way where the number of classes needs another.
    template: Option<&'static Template>,
}

fn network_of(name: &str) -> anyhow::Result<Chosen> {
    if let Some(template) = template(name) {
        return Ok(Chosen {
            title: template.name.to_owned(),
            graph: template.graph(None),
            recipe: Recipe::for_template(template),
            template: Some(template),
        });
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
        path.file_stem().map_or_else(
            || "network".to_owned(),
            |s| s.to_string_lossy().into_owned(),
        )
    };
    if path
        .extension()
        .is_some_and(|extension| extension == "mapsto")
    {
        let project = load(&path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        return Ok(Chosen {
            title: stem(&path),
            graph: project.graph,
            recipe: project.recipe.found_in(folder),
            template: project.template.as_deref().and_then(template),
        });
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| anyhow!(atomic::explain(&error)))
        .with_context(|| format!("{} cannot be read", path.display()))?;
    let graph = Graph::parse(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    let (title, recipe) = of_run(&path)?.unwrap_or_else(|| (stem(&path), Recipe::default()));
    Ok(Chosen {
        title,
        graph,
        recipe,
        template: None,
    })
}

/// The network of a run comes with its title and its recipe.
fn of_run(network: &Path) -> Result<Option<(String, Recipe)>, ProjectError> {
    let folder = network
        .parent()
        .filter(|folder| folder.join("run.toml").is_file());
    let Some(folder) = folder else {
        return Ok(None);
    };
    let run = open_run(folder)?;
    Ok(Some((
        run.info.title.clone(),
        run.recipe()?.clone().found_in(folder),
    )))
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
        recipe.optimizer = *optimizer;
    }
    match (&mut recipe.optimizer, options.momentum) {
        (_, None) => {}
        (Optimizer::Sgd { momentum, .. } | Optimizer::RmsProp { momentum, .. }, Some(value)) => {
            *momentum = value;
        }
        (other, Some(_)) => {
            let message = format!(
                "{} has no momentum; it is for sgd and rmsprop",
                other.name()
            );
            return Err(BadArgument(message).into());
        }
    }
    options.images.change(recipe)?;
    recipe.loss = options.loss.unwrap_or(recipe.loss);
    recipe.target_accuracy = options.target_accuracy.or(recipe.target_accuracy);
    if let Some(device) = &options.device {
        recipe.device.clone_from(device);
    }
    Ok(())
}

/// The network for that many classes, or every problem in words.
fn fitted(mut graph: Graph, recipe: &Recipe, classes: usize) -> anyhow::Result<(Graph, Network)> {
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
    // Each says which layer it is about and what to do.
    let reasons: Vec<&str> = report.errors().map(|p| p.message.as_str()).collect();
    match report.network {
        Some(network) => Ok((graph, network)),
        None => Err(anyhow!(
            "the network does not fit:\n  {}",
            reasons.join("\n  ")
        )),
    }
}
