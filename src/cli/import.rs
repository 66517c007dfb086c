//! `mapsto import`: a network file of another program as a project.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::json;

use super::args::Import;
use super::output::line;
use crate::import::{Imported, onnx};
use crate::network::{Context, Shape, check, grouped};
use crate::project::{Project, Recipe, save};
use crate::training::write_weights;

pub fn run(options: &Import) -> super::Outcome {
    let stem = options.file.file_stem().unwrap_or_default();
    let out = options.out.clone().unwrap_or_else(|| named(stem));
    let weights = out.with_extension("weights.safetensors");
    if let Some(there) = [&out, &weights].into_iter().find(|path| path.exists()) {
        return Err(anyhow!(
            "{} is there already: name another project with --out",
            there.display()
        ));
    }
    let imported = onnx(&options.file)?;
    write_weights(&weights, &imported.weights)?;
    let recipe = Recipe {
        loss: imported.loss(),
        start: weights.file_name().map(PathBuf::from),
        ..Recipe::default()
    };
    let project = Project {
        name: out
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default(),
        data: None,
        graph: imported.graph.clone(),
        recipe,
        template: None,
        pinned: None,
        layout: None,
        changes: crate::dataset::Changes::default(),
    };
    save(&project, &out)?;
    tell(options, &imported, &project, &out, &weights);
    Ok(())
}

/// Dots in the name stay: "net-1.0.onnx" becomes "net-1.0.mapsto".
fn named(stem: &OsStr) -> PathBuf {
    let mut name = stem.to_owned();
    name.push(".mapsto");
    PathBuf::from(name)
}

fn tell(options: &Import, imported: &Imported, project: &Project, out: &Path, weights: &Path) {
    let context = Context {
        classes: None,
        loss: project.recipe.loss,
        batch: 1,
    };
    let report = check(&imported.graph, &context);
    let input = report.layers.first().and_then(|layer| layer.output);
    let output = report.layers.last().and_then(|layer| layer.output);
    let layers = imported.graph.nodes().len().saturating_sub(1);
    let problems: Vec<&str> = report.errors().map(|it| it.message.as_str()).collect();
    if options.json {
        let value = json!({
            "project": out,
            "weights": weights,
            "input": input.map(Shape::dims),
            "output": output.map(Shape::dims),
            "layers": layers,
            "parameters": report.parameters,
            "tensors": imported.weights.len(),
            "notes": imported.notes,
            "problems": problems,
        });
        line(&value.to_string());
        return;
    }
    let words = |shape: Option<Shape>| shape.map_or("?".to_owned(), |shape| shape.to_string());
    line(&format!(
        "{}: {layers} layers, {} parameters; from {} to {}",
        options.file.display(),
        grouped(report.parameters),
        words(input),
        words(output)
    ));
    imported.notes.iter().for_each(|note| line(note));
    for problem in problems {
        line(&format!("does not fit: {problem}"));
    }
    line(&format!(
        "The project is {}, which starts from the weights in {}",
        out.display(),
        weights.display()
    ));
}
