//! `mapsto networks`: the templates, fitted to what is given.

use serde_json::{Value, json};

use super::args::Networks;
use super::output::line;
use crate::network::{Context, Report, Template, check, grouped, templates};

pub fn run(options: &Networks) -> super::Outcome {
    let chosen: Vec<&Template> = templates()
        .iter()
        .filter(|template| {
            options
                .name
                .as_deref()
                .is_none_or(|name| name == template.name)
        })
        .collect();
    let fitted: Vec<(&Template, Report)> = chosen
        .into_iter()
        .map(|template| (template, fit(template, options)))
        .collect();
    if options.json {
        let values: Vec<Value> = fitted.iter().map(|(t, report)| value(t, report)).collect();
        line(&Value::Array(values).to_string());
        return Ok(());
    }
    for (template, report) in &fitted {
        tell(template, report, options.name.is_some());
    }
    Ok(())
}

fn fit(template: &Template, options: &Networks) -> Report {
    let classes = options.classes.map(|classes| classes as usize);
    let graph = match options.input {
        Some([height, width, channels]) => template.with_input(height, width, channels, classes),
        None => template.graph(classes),
    };
    let context = Context {
        classes,
        loss: template.fitted_loss(classes),
        batch: 1,
    };
    check(&graph, &context)
}

fn layers(report: &Report) -> Vec<Value> {
    report
        .layers
        .iter()
        // The input has a field of its own.
        .skip(1)
        .map(|layer| {
            json!({
                "kind": kind(&layer.name),
                "name": layer.name,
                "output": layer.output.map(crate::network::Shape::dims),
                "parameters": layer.parameters,
            })
        })
        .collect()
}

/// `conv2d_1` is of the kind `conv2d`.
fn kind(name: &str) -> &str {
    name.rsplit_once('_')
        .filter(|(_, ordinal)| ordinal.chars().all(|c| c.is_ascii_digit()))
        .map_or(name, |(kind, _)| kind)
}

fn value(template: &Template, report: &Report) -> Value {
    let input = report.layers.first().and_then(|layer| layer.output);
    let problems: Vec<&str> = report.errors().map(|p| p.message.as_str()).collect();
    json!({
        "name": template.name,
        "title": template.title,
        "input": input.map(crate::network::Shape::dims),
        "parameters": report.parameters,
        "multiply_adds": report.multiply_adds,
        "layers": layers(report),
        "problems": problems,
    })
}

fn tell(template: &Template, report: &Report, detailed: bool) {
    line(&format!(
        "{:<14} {:<22} {:>12} parameters  {}",
        template.name,
        template.title,
        grouped(report.parameters),
        template.summary
    ));
    if detailed {
        for layer in &report.layers {
            let output = layer.output.map(|shape| shape.to_string());
            line(&format!(
                "  {:<24} {:>14} {:>12}",
                layer.name,
                output.unwrap_or_default(),
                grouped(layer.parameters)
            ));
        }
    }
    for problem in report.errors() {
        line(&format!("  does not fit: {}", problem.message));
    }
}
