//! `mapsto evaluate`.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use anyhow::anyhow;
use serde_json::json;

use super::args::Evaluate;
use super::output::{self, line};
use crate::dataset::Source;
use crate::project::{find_run, open_run};
use crate::results::Evaluation;
use crate::training::{Answer, Over, Session};

pub fn run(options: &Evaluate) -> super::Outcome {
    let run = find_run(&options.place.out, &options.run)?;
    let source = match &options.data {
        Some(data) => Source::parse(data),
        None => open_run(&run)?.data()?.source.clone(),
    };
    let over = match &options.data {
        Some(_) => Over::Folder(source.clone()),
        None => Over::OwnTest,
    };
    let evaluation = evaluate(&run, over, &options.place.device, options.json)?;
    if options.json {
        line(&report(&evaluation, &source).to_string());
    } else {
        output::evaluation(&evaluation, &run.display().to_string());
    }
    Ok(())
}

fn evaluate(run: &Path, over: Over, device: &str, quiet: bool) -> anyhow::Result<Arc<Evaluation>> {
    let (waker, woken) = channel();
    let session = Session::start(move || {
        waker.send(()).ok();
    })?;
    let (wanted, progress) = session.evaluate(run.to_path_buf(), over, device);
    let bar = output::bar(quiet, "Evaluating");
    loop {
        // A time-out only means that there is progress to show.
        woken.recv_timeout(Duration::from_millis(50)).ok();
        bar.set_position((f64::from(progress.fraction().unwrap_or(0.0)) * 1000.0) as u64);
        bar.set_message(format!("{} of {}", progress.done(), progress.total()));
        for answer in session.answers() {
            if let Answer::Evaluation { ticket, result } = answer
                && ticket == wanted
            {
                bar.finish_and_clear();
                return result.map_err(|message| anyhow!("{message}"));
            }
        }
    }
}

/// Paths as given plus what is below them; the bundled digits have names only.
fn file(source: &Source, file: &str) -> String {
    match source {
        Source::Digits => format!("digits/{file}"),
        Source::Folder(root) => root.join(file).display().to_string(),
    }
}

fn report(evaluation: &Evaluation, source: &Source) -> serde_json::Value {
    let confusion = evaluation.confusion();
    let class = |index: usize| evaluation.classes.get(index).cloned().unwrap_or_default();
    let per_class: Vec<_> = confusion
        .per_class()
        .into_iter()
        .map(|figures| {
            json!({
                "class": figures.class,
                "precision": figures.precision,
                "recall": figures.recall,
                "f1": figures.f1,
                "support": figures.support,
            })
        })
        .collect();
    let predictions: Vec<_> = evaluation
        .rows
        .iter()
        .map(|row| {
            json!({
                "file": file(source, &row.file),
                "label": class(row.label),
                "predicted": class(row.predicted),
                "probabilities": row.probabilities,
            })
        })
        .collect();
    json!({
        "accuracy": evaluation.accuracy(),
        "loss": evaluation.loss,
        "classes": evaluation.classes,
        "confusion": confusion.rows(),
        "per_class": per_class,
        "predictions": predictions,
    })
}
