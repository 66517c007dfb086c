//! `mapsto inspect`: what a folder holds and what is wrong with it; nothing is changed.

use serde_json::{Map, Value, json};

use super::args::Inspect;
use super::output::{self, line};
use crate::dataset::{Dataset, Health, Source, health};

pub fn run(options: &Inspect) -> super::Outcome {
    let source = Source::parse(&options.data);
    let data = output::with_bar(options.json, "Reading the images", |progress| {
        Dataset::open(&source, progress)
    })??;
    let health = health(&data);
    if options.json {
        line(&value(&health).to_string());
    } else {
        tell(&source, &health);
    }
    Ok(())
}

fn value(health: &Health) -> Value {
    let classes: Map<String, Value> = health
        .classes
        .iter()
        .map(|class| (class.class.clone(), json!(class.images)))
        .collect();
    let problems: Vec<Value> = health
        .problems
        .iter()
        .map(|problem| json!({"file": problem.file, "reason": problem.reason}))
        .collect();
    let sizes: Vec<Value> = health
        .sizes
        .iter()
        .map(|size| json!({"width": size.width, "height": size.height, "images": size.images}))
        .collect();
    json!({
        "images": health.images,
        "classes": classes,
        "problems": problems,
        "sizes": sizes,
        "notes": health.notes,
    })
}

fn tell(source: &Source, health: &Health) {
    line(&format!(
        "{source}: {} images in {} classes",
        health.images,
        health.classes.len()
    ));
    for class in &health.classes {
        line(&format!("  {:>8}  {}", class.images, class.class));
    }
    for note in &health.notes {
        line(note);
    }
    if health.problems.is_empty() {
        line("Every file can be used");
        return;
    }
    line(&format!("{} left out:", health.problems.len()));
    for problem in &health.problems {
        line(&format!("  {}: {}", problem.file, problem.reason));
    }
}
