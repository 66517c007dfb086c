//! `mapsto export`: a run or a project as a program for another library.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::json;

use super::args::Export;
use super::named::{names_project, project_file, runs_of};
use super::output::{self, line};
use crate::dataset::Normalise;
use crate::export::code;
use crate::network::{Context, Graph, Network, check, fit_classes};
use crate::project::{ProjectError, Recipe, Weights, atomic, find_run, load, open_run};

pub fn run(options: &Export) -> super::Outcome {
    let wanted = wanted(options)?;
    let network = checked(&wanted)?;
    let text = code(options.to, &network, &wanted.recipe, &wanted.classes)?;
    let file = match &options.file {
        Some(file) => file.clone(),
        None => named(&wanted.name, options.to.extension()),
    };
    if file.is_dir() {
        return Err(anyhow!("{} is a folder: name a file in it", file.display()));
    }
    if file.exists() && !options.force {
        return Err(anyhow!(
            "{} is there already: name another file, or overwrite it with --force",
            file.display()
        ));
    }
    atomic::write(&file, text.as_bytes())?;
    if options.json {
        let told = json!({
            "file": file,
            "format": options.to.name(),
            "parameters": network.parameters(),
            "classes": wanted.classes,
            "weights": wanted.weights,
        });
        line(&told.to_string());
        return Ok(());
    }
    line(&format!(
        "{}: {} parameters, for {}",
        file.display(),
        crate::network::grouped(network.parameters()),
        options.to.title()
    ));
    line(&match &wanted.weights {
        Some(weights) => format!("  it reads the weights {}", weights.display()),
        None => "  there are no weights yet: the program can train its own".to_owned(),
    });
    if wanted.recipe.preprocess.normalise == Normalise::Statistics {
        line(
            "  mean and deviation of the images are known after a training: until then the program takes numbers from 0 to 1",
        );
    }
    Ok(())
}

/// A file in this folder, whatever the name is: "0001-net-1.0" becomes "0001-net-1.0.py".
fn named(name: &str, extension: &str) -> PathBuf {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    PathBuf::from(format!("{last}.{extension}"))
}

/// What a program is written of.
struct Wanted {
    /// For the file.
    name: String,
    graph: Graph,
    recipe: Recipe,
    classes: Vec<String>,
    weights: Option<PathBuf>,
}

fn wanted(options: &Export) -> anyhow::Result<Wanted> {
    let path = Path::new(&options.run);
    if project_file(path).is_some() {
        return of_project(path);
    }
    if names_project(path) && !path.exists() {
        let path = path.to_path_buf();
        return Err(ProjectError::Missing { path }.into());
    }
    let folder = find_run(&runs_of(options.out.as_deref(), None), &options.run)?;
    let run = open_run(&folder)?;
    let (graph, recipe) = (run.graph()?.clone(), run.recipe()?.clone());
    output::damage(&run);
    Ok(Wanted {
        name: run.info.name.clone(),
        graph,
        recipe,
        classes: run.info.classes.clone(),
        weights: run.weights(Weights::Best).ok(),
    })
}

/// A project need not have seen its data: its classes are named by number.
fn of_project(path: &Path) -> anyhow::Result<Wanted> {
    let project = load(path)?;
    let context = Context {
        classes: None,
        loss: project.recipe.loss,
        batch: project.recipe.batch,
    };
    let outputs = check(&project.graph, &context)
        .network
        .map(|it| it.outputs());
    let count = match outputs {
        None | Some(0) => 0,
        Some(1) => 2,
        Some(outputs) => outputs,
    };
    let name = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    Ok(Wanted {
        name: name.unwrap_or(project.name),
        graph: project.graph,
        recipe: project.recipe,
        classes: (1..=count)
            .map(|number| format!("class {number}"))
            .collect(),
        weights: None,
    })
}

/// The network, or every problem in words.
fn checked(wanted: &Wanted) -> anyhow::Result<Network> {
    let mut graph = wanted.graph.clone();
    let classes = Some(wanted.classes.len()).filter(|count| *count > 0);
    let remedy = classes.and_then(|classes| fit_classes(&graph, wanted.recipe.loss, classes));
    for edit in remedy.iter().flat_map(|remedy| &remedy.edits) {
        graph.apply(edit)?;
    }
    let context = Context {
        classes,
        loss: wanted.recipe.loss,
        batch: wanted.recipe.batch,
    };
    let report = check(&graph, &context);
    let reasons: Vec<&str> = report.errors().map(|p| p.message.as_str()).collect();
    let refused = anyhow!("the network does not fit:\n  {}", reasons.join("\n  "));
    report.network.ok_or(refused)
}
