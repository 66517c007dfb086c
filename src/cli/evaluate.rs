//! `mapsto evaluate`.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::anyhow;
use serde_json::json;

use super::args::{BadArgument, Evaluate};
use super::data_args::cache;
use super::named::{Named, runs_of};
use super::output::{self, complain, line};
use crate::dataset::{Set, Source};
use crate::project::{RunData, find_run, open_run};
use crate::results::Evaluation;
use crate::training::{Answer, Evaluating, Over, Session};

pub fn run(options: &Evaluate) -> super::Outcome {
    if options.data.is_none() && options.reading.layout().is_some() {
        let message = "how images are read is said for other images: name them behind the run";
        return Err(BadArgument(message.to_owned()).into());
    }
    let named = options.data.as_deref().map(Named::parse).transpose()?;
    let project = named.as_ref().and_then(Named::project_file);
    let runs = runs_of(options.place.out.as_deref(), project);
    let run = find_run(&runs, &options.run)?;
    let stored = open_run(&run)?;
    let (source, over, on) = match &named {
        Some(named) => {
            let opening = named.opening(&options.reading);
            let on = match project {
                Some(project) => format!("{}{}", project.display(), named.changed()),
                None => named.source.to_string(),
            };
            (named.source.clone(), Over::Folder(Box::new(opening)), on)
        }
        None => {
            let (source, set) = own_set(stored.data()?);
            (source.clone(), Over::OwnTest, format!("its {set} set"))
        }
    };
    output::damage(&stored);
    let views = options.tta.map_or(1, |views| views as usize);
    let asked = Evaluating {
        run,
        over,
        device: options.place.device.clone(),
        views,
        cache: Some(cache()),
    };
    let evaluation = evaluate(asked, options.json)?;
    if options.json {
        line(&report(&evaluation, &source).to_string());
    } else {
        let views = match views {
            1 => String::new(),
            views => format!(", mean of {views} views"),
        };
        output::evaluation(&evaluation, &format!("{} on {on}{views}", stored.info.name));
    }
    Ok(())
}

/// Where the images are that a run is evaluated on unless told otherwise.
fn own_set(data: &RunData) -> (&Source, Set) {
    match &data.test_source {
        _ if data.test.is_empty() => (&data.source, Set::Validation),
        Some(source) => (source, Set::Test),
        None => (&data.source, Set::Test),
    }
}

fn evaluate(asked: Evaluating, quiet: bool) -> anyhow::Result<Arc<Evaluation>> {
    let (waker, woken) = channel();
    let session = Session::start(move || {
        waker.send(()).ok();
    })?;
    let (wanted, progress) = session.evaluate_as(asked);
    let bar = output::bar(quiet, "Evaluating");
    loop {
        // A time-out only means that there is progress to show.
        let gone = woken.recv_timeout(Duration::from_millis(50));
        bar.set_position((f64::from(progress.fraction().unwrap_or(0.0)) * 1000.0) as u64);
        bar.set_message(format!("{} of {}", progress.done(), progress.total()));
        for answer in session.answers() {
            if let Answer::Evaluation { ticket, result } = answer
                && ticket == wanted
            {
                bar.finish_and_clear();
                session
                    .status()
                    .notes
                    .iter()
                    .for_each(|note| complain(note));
                return result.map_err(|message| anyhow!("{message}"));
            }
        }
        if gone == Err(RecvTimeoutError::Disconnected) {
            return Err(anyhow!(output::ENGINE_GONE));
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
