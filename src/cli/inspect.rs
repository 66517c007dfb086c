//! `mapsto inspect`: what a folder holds and what is wrong with it; nothing is changed.

use serde_json::{Map, Value, json};

use super::args::Inspect;
use super::data_args::cache;
use super::output::{self, line};
use crate::dataset::{
    Action, Alike, Dataset, Finding, Health, HealthContext, Opening, Severity, Source, SplitRecipe,
    health, split_with,
};

/// Files of a finding that are named for people; `--json` has all of them.
const NAMED: usize = 5;
/// Findings that come first.
const FIRST: usize = 3;

pub fn run(options: &Inspect) -> super::Outcome {
    let source = Source::parse(&options.data);
    let opening = Opening {
        cache: Some(cache()),
        ..Opening::from(source.clone())
    };
    let data = output::with_bar(options.json, "Reading the images", |progress| {
        Dataset::open_with(&opening, progress)
    })??;
    let alike = output::with_bar(options.json, "Comparing the images", |progress| {
        Alike::find(&data, progress)
    })??;
    // As training would divide them; a folder of test images alone cannot be divided, and is looked at all the same.
    let splits = split_with(&data, &SplitRecipe::default(), &alike.near).ok();
    let context = HealthContext {
        alike: Some(&alike),
        ..HealthContext::default()
    };
    let health = health(&data, splits.as_ref(), &context);
    if options.json {
        line(&value(&data, &health).to_string());
    } else {
        tell(&source, &data, &health);
    }
    Ok(())
}

fn name(data: &Dataset, index: usize) -> &str {
    data.images
        .get(index)
        .map_or("", |image| image.file.as_str())
}

fn value(data: &Dataset, health: &Health) -> Value {
    let classes: Map<String, Value> = health
        .classes
        .iter()
        .map(|class| (class.class.clone(), json!(class.images)))
        .collect();
    let findings: Vec<Value> = health
        .findings
        .iter()
        .map(|finding| finding_value(data, finding))
        .collect();
    json!({
        "images": health.images,
        "classes": classes,
        "problems": health.problems,
        "sizes": health.sizes,
        "modes": health.modes,
        "colours": health.colours,
        "notes": health.notes,
        "score": health.score,
        "findings": findings,
    })
}

/// A finding with the names of its files in place of their numbers.
fn finding_value(data: &Dataset, finding: &Finding) -> Value {
    let names =
        |images: &[usize]| -> Vec<&str> { images.iter().map(|&index| name(data, index)).collect() };
    let action = |action: &Action| match action {
        Action::Exclude(images) => json!({"do": "exclude", "files": names(images)}),
        Action::SameSide(moves) => {
            let of = |(index, set): &(usize, _)| (name(data, *index).to_owned(), json!(set));
            json!({"do": "same-side", "files": moves.iter().map(of).collect::<Map<_, _>>()})
        }
        Action::Accept => json!({"do": "accept"}),
    };
    json!({
        "key": finding.key,
        "kind": finding.kind,
        "severity": finding.severity,
        "title": finding.title,
        "advice": finding.advice,
        "files": names(&finding.images),
        "groups": finding.groups.iter().map(names).collect::<Vec<_>>(),
        "problems": finding.files,
        "actions": finding.actions.iter().map(action).collect::<Vec<_>>(),
        "cost": finding.cost,
        "accepted": finding.accepted,
    })
}

fn tell(source: &Source, data: &Dataset, health: &Health) {
    line(&format!(
        "{source}: {} images in {} classes, health {} of 100",
        health.images,
        health.classes.len(),
        health.score
    ));
    let (wrong, told): (Vec<&Finding>, Vec<&Finding>) = health
        .findings
        .iter()
        .partition(|finding| finding.severity != Severity::Told);
    if wrong.is_empty() {
        line("Every file can be used, and nothing is wrong");
    }
    for (number, finding) in wrong.iter().enumerate() {
        match number {
            0 if wrong.len() > FIRST => line("\nWhat matters most"),
            FIRST => line("\nThe rest"),
            _ => {}
        }
        tell_finding(data, finding);
    }
    line("\nFigures");
    for finding in told {
        line(&format!("  {}", finding.title));
    }
    for class in &health.classes {
        line(&format!("  {:>8}  {}", class.images, class.class));
    }
    for size in health.sizes.iter().take(NAMED) {
        let size_of = format!("{}×{}", size.width, size.height);
        line(&format!("  {:>8}  of {size_of} pixels", size.images));
    }
    if let Some(more) = health.sizes.get(NAMED..).filter(|more| !more.is_empty()) {
        line(&format!("            and {} more sizes", more.len()));
    }
    if health.problems.is_empty() {
        return;
    }
    line(&format!("\n{} left out:", health.problems.len()));
    for problem in &health.problems {
        line(&format!("  {}: {}", problem.file, problem.reason));
    }
}

fn tell_finding(data: &Dataset, finding: &Finding) {
    line(&format!(
        "  {:<9} {}",
        finding.severity.title(),
        finding.title
    ));
    line(&format!("            {}", finding.advice));
    if finding.images.is_empty() {
        return;
    }
    let shown: Vec<&str> = finding
        .images
        .iter()
        .take(NAMED)
        .map(|&index| name(data, index))
        .collect();
    let more = match finding.images.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    line(&format!("            {}{more}", shown.join(", ")));
}
