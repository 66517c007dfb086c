//! `mapsto inspect`: what a folder holds and what is wrong with it; nothing is changed.

use serde_json::{Map, Value, json};

use super::args::Inspect;
use super::data_args::cache;
use super::output::{self, line};
use crate::dataset::{
    Action, Alike, Dataset, Finding, Health, HealthContext, Opening, Severity, Source, SplitRecipe,
    health, split_with,
};
use crate::network::grouped;

/// Files of a finding that are named for people; `--json` has all of them.
const NAMED: usize = 5;
/// Classes that are counted one by one.
const CLASSES: usize = 100;
/// Files that are left out, and notes, one by one.
const LISTED: usize = 20;
/// Findings that come first.
const FIRST: usize = 3;

pub fn run(options: &Inspect) -> super::Outcome {
    let source = Source::parse(&options.data);
    let opening = Opening {
        layout: options.reading.layout(),
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
    let chosen = data.layouts.iter().find(|choice| choice.chosen);
    json!({
        "images": health.images,
        "layout": chosen.map(|choice| &choice.layout),
        "layouts": data.layouts,
        "sets": given(health).map(|sets| json!({"train": sets[0], "validation": sets[1], "test": sets[2]})),
        "notices": data.notices,
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
        number(health.images),
        number(health.classes.len()),
        health.score
    ));
    tell_reading(data, health);
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
    for class in health.classes.iter().take(CLASSES) {
        line(&format!("  {:>8}  {}", number(class.images), class.class));
    }
    if let Some(more) = health.classes.len().checked_sub(CLASSES + 1) {
        line(&format!(
            "            and {} more",
            counted(more + 1, "class")
        ));
    }
    for size in health.sizes.iter().take(NAMED) {
        let size_of = format!("{}×{}", size.width, size.height);
        line(&format!(
            "  {:>8}  of {size_of} pixels",
            number(size.images)
        ));
    }
    if let Some(more) = health.sizes.get(NAMED..).filter(|more| !more.is_empty()) {
        line(&format!(
            "            and {} more",
            counted(more.len(), "size")
        ));
    }
    tell_left_out(health);
}

/// How the files were read, and how else they could be.
fn tell_reading(data: &Dataset, health: &Health) {
    if let Some(chosen) = data.layouts.iter().find(|choice| choice.chosen) {
        line(&format!("Read as: {}", chosen.title));
    }
    if let Some([train, validation, test]) = given(health).map(|sets| sets.map(number)) {
        line(&format!(
            "Sets of the folder: {train} for training, {validation} for validation, {test} for test"
        ));
    }
    let others = data.layouts.iter().filter(|choice| !choice.chosen);
    let others: Vec<&str> = others.map(|choice| choice.title.as_str()).collect();
    if !others.is_empty() {
        line(&format!(
            "What fits too: {} (--class-level, --table, --list, --names and --labels choose)",
            others.join("; ")
        ));
    }
    for notice in data.notices.iter().take(LISTED) {
        line(&format!("Note: {notice}"));
    }
}

/// Files that are lost; documents are no loss, and a finding tells of them.
fn tell_left_out(health: &Health) {
    let lost = || {
        health
            .problems
            .iter()
            .filter(|problem| !problem.is_no_image())
    };
    let count = lost().count();
    if count == 0 {
        return;
    }
    line(&format!("\n{} left out:", number(count)));
    for problem in lost().take(LISTED) {
        line(&format!("  {}: {}", problem.file, problem.reason));
    }
    if let Some(more) = count.checked_sub(LISTED + 1) {
        line(&format!("  and {} more (--json has all)", number(more + 1)));
    }
}

/// The images of the three sets that the folder itself gives, if it gives any.
fn given(health: &Health) -> Option<[usize; 3]> {
    let sum = |at: usize| {
        health
            .classes
            .iter()
            .filter_map(|class| class.given.get(at))
            .sum()
    };
    let sets = [sum(0), sum(1), sum(2)];
    (sets != [0; 3]).then_some(sets)
}

fn number(count: usize) -> String {
    grouped(u64::try_from(count).unwrap_or(u64::MAX))
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if noun.ends_with('s') { "es" } else { "s" };
    let ending = if count == 1 { "" } else { plural };
    format!("{} {noun}{ending}", number(count))
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
