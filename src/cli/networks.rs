//! `mapsto networks`: the templates, fitted to what is given.

use serde_json::{Value, json};

use super::args::Networks;
use super::output::line;
use crate::network::{Context, Graph, Report, Shape, Template, check, grouped, templates};

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
    let fitted: Vec<(&Template, Graph, Report)> = chosen
        .into_iter()
        .map(|template| {
            let (graph, report) = fit(template, options);
            (template, graph, report)
        })
        .collect();
    if options.json {
        let values: Vec<Value> = fitted
            .iter()
            .map(|(template, graph, report)| value(template, graph, report))
            .collect();
        line(&Value::Array(values).to_string());
        return Ok(());
    }
    for (template, _, report) in &fitted {
        tell(template, report, options.name.is_some());
    }
    Ok(())
}

fn fit(template: &Template, options: &Networks) -> (Graph, Report) {
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
    let report = check(&graph, &context);
    (graph, report)
}

fn layers(graph: &Graph, report: &Report) -> Vec<Value> {
    let layers = graph.nodes().iter().zip(&report.layers);
    // The input has a field of its own.
    layers
        .skip(1)
        .map(|(node, layer)| {
            json!({
                "kind": node.layer.kind().entry().name,
                "name": layer.name,
                "output": layer.output.map(Shape::dims),
                "parameters": layer.parameters,
            })
        })
        .collect()
}

fn value(template: &Template, graph: &Graph, report: &Report) -> Value {
    let input = report.layers.first().and_then(|layer| layer.output);
    let problems: Vec<&str> = report.errors().map(|p| p.message.as_str()).collect();
    json!({
        "name": template.name,
        "title": template.title,
        "input": input.map(Shape::dims),
        "parameters": report.parameters,
        "multiply_adds": report.multiply_adds,
        "layers": layers(graph, report),
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
