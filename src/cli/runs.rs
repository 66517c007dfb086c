//! `mapsto runs`.

use serde_json::{Value, json};

use super::args::Runs;
use super::output::{line, percent};
use crate::project::{ListedRun, list_runs};

pub fn run(options: &Runs) -> super::Outcome {
    let runs = list_runs(&options.dir)?;
    if options.json {
        let values: Vec<Value> = runs.iter().map(value).collect();
        line(&Value::Array(values).to_string());
        return Ok(());
    }
    if runs.is_empty() {
        line(&format!(
            "{} holds no runs yet; mapsto train makes one",
            options.dir.display()
        ));
    }
    for run in &runs {
        let accuracy = run.info.best_accuracy.map_or("–".to_owned(), percent);
        line(&format!(
            "{:>4}  {:<28} {:>8}  {:>4} epochs  {:<11}  {}",
            run.info.number,
            run.info.name,
            accuracy,
            run.info.epochs_done,
            run.info.state.to_string(),
            run.info.created
        ));
        if let Some(problem) = &run.problem {
            line(&format!("      {problem}"));
        }
    }
    Ok(())
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
        "error": run.info.error,
        "problem": run.problem,
    })
}
