//! `mapsto` without a command: the window, or on a machine without a display the main job in the
//! terminal.

use std::path::PathBuf;
use std::sync::Arc;

use super::args::BadArgument;
use super::follow::{follow, on_interrupt};
use super::mistyped;
use super::output::line;
use crate::dataset::{Dataset, split};
use crate::network::{Context, check, template};
use crate::project::{Recipe, load};
use crate::training::Job;

/// Opens the window, on a project where one is given.
pub fn open(project: Option<PathBuf>) -> super::Outcome {
    if let Some(path) = &project
        && !path.is_file()
    {
        if path.is_dir() {
            let path = path.display();
            return Err(BadArgument(format!(
                "{path} is a folder, and what to do with it is not said. Look at it with: mapsto inspect {path}; train on it with: mapsto train {path}"
            ))
            .into());
        }
        return Err(BadArgument(mistyped::unknown(&path.to_string_lossy())).into());
    }
    let missing = match no_display() {
        Some(reason) => reason,
        None => {
            let project = project.clone();
            match crate::app::run(crate::app::Launch {
                project,
                home: None,
            }) {
                Ok(()) => return Ok(()),
                Err(reason) => reason.to_string(),
            }
        }
    };
    if let Some(path) = project {
        let path_of = path.display();
        // One that cannot be read is not known to have any.
        let has_data = load(&path).is_ok_and(|project| project.data.is_some());
        let command = if has_data {
            format!("Train it here with: mapsto train {path_of}")
        } else {
            format!("Train the project's network here with: mapsto train DATA --network {path_of}")
        };
        return Err(anyhow::anyhow!(
            "the window cannot open: {missing}. {command}"
        ));
    }
    line(&format!("The window cannot open: {missing}"));
    line("So here is the main job in the terminal: the bundled digits and a small network.");
    line("");
    follow(digits()?, false, &on_interrupt())?;
    line("");
    line("What else there is (each tells more with --help):");
    line("  mapsto train DATA        train on a folder with one sub-folder a class");
    line("  mapsto evaluate RUN      accuracy, confusion matrix, every prediction");
    line("  mapsto predict RUN IMAGE ask a run about pictures");
    line("  mapsto inspect DATA      look at a folder before training");
    line("  mapsto networks          the networks that come with mapsto");
    line("  mapsto runs              the runs so far");
    Ok(())
}

/// Why there can be no window, where that is known beforehand.
fn no_display() -> Option<String> {
    if !cfg!(all(unix, not(target_os = "macos"))) {
        return None;
    }
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let display = set("DISPLAY") || set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET");
    (!display).then(|| {
        "this machine has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned()
    })
}

/// The bundled digits with the template that fits them.
fn digits() -> anyhow::Result<Job> {
    let template = template("digits-cnn")
        .ok_or_else(|| anyhow::anyhow!("the template digits-cnn is missing from this build"))?;
    let data = Dataset::digits();
    let recipe = Recipe {
        epochs: 3,
        ..Recipe::for_template(template)
    };
    let graph = template.graph(Some(data.classes.len()));
    let context = Context {
        classes: Some(data.classes.len()),
        loss: recipe.loss,
        batch: recipe.batch,
    };
    let network = check(&graph, &context)
        .network
        .ok_or_else(|| anyhow::anyhow!("the template digits-cnn does not fit the digits"))?;
    let splits = split(&data, &recipe.split)?;
    Ok(Job {
        network,
        graph,
        title: template.name.to_owned(),
        data: Arc::new(data),
        test: None,
        splits,
        recipe,
        runs_dir: PathBuf::from("runs"),
    })
}
