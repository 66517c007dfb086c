//! `mapsto runs`.

use serde_json::{Value, json};

use super::args::Runs;
use super::named::runs_of;
use super::output::{left, line, percent};
use crate::project::{ListedRun, ProjectError, broken_part, list_runs};

pub fn run(options: &Runs) -> super::Outcome {
    let dir = runs_of(options.dir.as_deref(), None);
    // The usual folder comes with the first training; one that is named should be there.
    if options.dir.is_some() && !dir.exists() {
        return Err(ProjectError::Missing { path: dir }.into());
    }
    let runs = list_runs(&dir)?;
    if options.json {
        let values: Vec<Value> = runs.iter().map(value).collect();
        line(&Value::Array(values).to_string());
        return Ok(());
    }
    if runs.is_empty() {
        line(&format!(
            "{} holds no runs yet; mapsto train makes one",
            dir.display()
        ));
    }
    for run in &runs {
        let accuracy = run.info.best_accuracy.map_or("–".to_owned(), percent);
        line(&format!(
            "{:>4}  {} {:>8}  {:>4} {:<6}  {:<11}  {}",
            run.info.number,
            left(&run.info.name, 28),
            accuracy,
            run.info.epochs_done,
            if run.info.epochs_done == 1 {
                "epoch"
            } else {
                "epochs"
            },
            run.info.state.to_string(),
            run.info.created
        ));
        if !run.info.changed.is_empty() {
            let changed = run.info.changed.join("; ");
            line(&format!("      since the run before: {changed}"));
        }
        for told in run.info.error.iter().chain(&problem(run)) {
            line(&format!("      {told}"));
        }
    }
    Ok(())
}

/// What keeps a run from being used again: its head, or the parts that are quick to look at.
fn problem(run: &ListedRun) -> Option<String> {
    let told = run.problem.clone();
    told.or_else(|| broken_part(&run.path, &run.info).map(|error| error.to_string()))
}

fn value(run: &ListedRun) -> Value {
    json!({
        "number": run.info.number,
        "name": run.info.name,
        "path": run.path,
        "state": run.info.state.to_string(),
        "created": run.info.created,
        "device": run.info.device,
        "parameters": run.info.parameters,
        "epochs": run.info.epochs_done,
        "best_epoch": run.info.best_epoch,
        "best_accuracy": run.info.best_accuracy,
        "changed": run.info.changed,
        "error": run.info.error,
        "problem": problem(run),
    })
}
