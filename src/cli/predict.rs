//! `mapsto predict`.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::args::Predict;
use super::named::runs_of;
use super::output::{self, complain, line, percent};
use crate::project::{Weights, find_run, open_run};
use crate::training::{Answer, Explained, Model, Picture, Session};

pub fn run(options: &Predict) -> super::Outcome {
    let run = find_run(&runs_of(options.place.out.as_deref(), None), &options.run)?;
    let stored = open_run(&run)?;
    // A run that cannot answer is told once, not for every picture.
    stored.graph()?;
    stored.recipe()?;
    stored.weights(Weights::Best)?;
    output::damage(&stored);
    let (waker, woken) = channel();
    let session = Session::start(move || {
        waker.send(()).ok();
    })?;
    let pictures: Vec<Picture> = options.images.iter().cloned().map(Picture::File).collect();
    let wanted = pictures.len();
    session.predict(Model::Run(run), pictures, false, &options.place.device);
    let mut answers = Vec::with_capacity(wanted);
    while answers.len() < wanted {
        // A time-out only means another look for answers.
        let gone = woken.recv_timeout(Duration::from_millis(50));
        for answer in session.answers() {
            if let Answer::Prediction { name, result, .. } = answer {
                answers.push((name, result));
            }
        }
        if gone == Err(RecvTimeoutError::Disconnected) && answers.len() < wanted {
            anyhow::bail!(output::ENGINE_GONE);
        }
    }
    if options.json {
        let values: Vec<Value> = answers.iter().map(|(name, r)| value(name, r)).collect();
        line(&Value::Array(values).to_string());
    } else {
        for (name, result) in &answers {
            match result {
                Err(error) => complain(error),
                Ok(explained) => line(&text(name, explained)),
            }
        }
    }
    let failed = answers.iter().filter(|(_, result)| result.is_err()).count();
    if failed == wanted {
        anyhow::bail!("no picture could be looked at");
    }
    Ok(())
}

fn value(name: &str, result: &Result<Explained, String>) -> Value {
    match result {
        Err(error) => json!({"file": name, "error": error}),
        Ok(explained) => {
            let pairs = explained.classes.iter().zip(&explained.probabilities);
            let probabilities: Map<String, Value> = pairs
                .map(|(class, probability)| (class.clone(), json!(probability)))
                .collect();
            json!({
                "file": name,
                "predicted": explained.classes.get(explained.predicted),
                "probability": explained.probabilities.get(explained.predicted),
                "probabilities": probabilities,
            })
        }
    }
}

fn text(name: &str, explained: &Explained) -> String {
    let class = explained.classes.get(explained.predicted);
    let probability = explained.probabilities.get(explained.predicted);
    format!(
        "{name}: {} ({})",
        class.map_or("?", String::as_str),
        percent(f64::from(probability.copied().unwrap_or(0.0)))
    )
}
