//! `mapsto train`: what is read and checked before the engine starts.

use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;
use serde_json::json;

use super::args::{BadArgument, Train};
use super::chosen::Chosen;
use super::data_args::cache;
use super::folds;
use super::follow::{Failure, follow, on_interrupt};
use super::named::{Named, runs_of};
use super::output::{self, Told, complain, line};
use crate::dataset::{Dataset, HealthContext, Layout, Opening, Source, Splits, health, split};
use crate::network::{Context, Graph, Network, check, fit_classes};
use crate::project::{Fault, Optimizer, Recipe, unknown_fields};
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
    let named = Named::parse(&options.data)?;
    let Chosen {
        title,
        mut graph,
        mut recipe,
        template,
        fits,
        file,
    } = Chosen::new(options.network.as_deref(), &named)?;
    tell_unknown(file.as_deref());
    let before = recipe.faults();
    change(&mut recipe, options)?;
    refuse(&recipe, &before, file.as_deref())?;
    let (data, test) = open_images(options, &named)?;
    if test.is_some() {
        // The test images come from elsewhere, so that none of these is kept back for it.
        recipe.split.test = 0.0;
    }
    let mut splits = split(&data, &recipe.split)?;
    if test.is_some() {
        // Those below `test/` of the data itself.
        splits.test.clear();
    }
    if !options.json && options.images.folds.is_none() {
        tell_split(&data, &splits);
    }
    // A template by its name fits the images; a project's network is the user's.
    if let Some(template) = template.filter(|_| fits) {
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
        runs_dir: runs_of(options.out.as_deref(), named.project_file()),
    })
}

/// A misspelt setting would do nothing in silence.
fn tell_unknown(file: Option<&Path>) {
    for (field, number) in file.map(unknown_fields).unwrap_or_default() {
        let file = file.unwrap_or(Path::new("")).display();
        complain(&format!(
            "{file}, line {number}: {field} is no setting that this mapsto knows: it does nothing"
        ));
    }
}

/// Refuses a recipe that cannot be trained with: what its file says wrong, or what the arguments make of it.
fn refuse(recipe: &Recipe, before: &[Fault], file: Option<&Path>) -> anyhow::Result<()> {
    let Some(fault) = recipe.faults().into_iter().next() else {
        return Ok(());
    };
    match file {
        Some(file) if before.iter().any(|known| known.field == fault.field) => {
            Err(anyhow!(fault.in_file(file)))
        }
        _ => Err(BadArgument(format!("{}: {}", option_of(&fault.field), fault.words)).into()),
    }
}

/// The option that decides a field of the recipe.
fn option_of(field: &str) -> String {
    let (first, rest) = field.split_once('.').unwrap_or((field, ""));
    let name = match (first, rest) {
        ("learning_rate", _) => "lr",
        ("optimizer", "momentum") => "momentum",
        ("target_accuracy", _) => "target-accuracy",
        ("split", "group") => "group",
        ("split", "fold" | "folds") => "folds",
        ("preprocess", _) => "normalise",
        (first, _) => first,
    };
    format!("--{name}")
}

/// The images, and those to test on where they come from elsewhere.
fn open_images(options: &Train, named: &Named) -> anyhow::Result<(Dataset, Option<Arc<Dataset>>)> {
    let open = |opening: &Opening| {
        output::with_bar(options.json, "Reading the images", |progress| {
            Dataset::open_with(opening, progress)
        })
    };
    let reading = &options.images.reading;
    let data = open(&named.opening(reading))??;
    if options.json {
        // For people who watch: standard output is the program's.
        data.notices.iter().for_each(|notice| complain(notice));
    } else {
        tell_problems(&data);
    }
    named.tell(&data, options.json);
    let Some(folder) = &options.test else {
        return Ok((data, None));
    };
    let opening = Opening {
        // The other folder may have its classes elsewhere; batches of CIFAR-100 leave the same choice.
        layout: reading
            .layout()
            .filter(|it| matches!(it, Layout::Cifar { .. })),
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
    for notice in data.notices.iter().take(SHOWN) {
        line(notice);
    }
    let lost = || {
        data.problems
            .iter()
            .filter(|problem| !problem.is_no_image())
    };
    for problem in lost().take(SHOWN) {
        line(&format!("  {}: {}", problem.file, problem.reason));
    }
    if lost().count() > SHOWN {
        line(&format!(
            "  … (mapsto inspect {} lists them all)",
            data.source
        ));
    }
}

fn tell_split(data: &Dataset, splits: &Splits) {
    let used = data.images.iter().filter(|image| !image.excluded).count();
    line(&format!(
        "{}: {used} images in {} classes; {} for training, {} for validation, {} for test",
        data.source,
        data.classes.len(),
        splits.train.len(),
        splits.validation.len(),
        splits.test.len()
    ));
    if !splits.apart.is_empty() {
        line(&format!(
            "{} images look alike, too many to be in one set: they are dealt out one by one (--group keeps together what belongs together)",
            splits.apart.images()
        ));
    }
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
