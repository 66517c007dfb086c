//! `mapsto networks`: the templates, fitted to what is given.

use serde_json::{Value, json};

use super::args::{BadArgument, Networks};
use super::output::line;
use crate::network::{
    Context, Family, Fitted, Report, Shape, Template, TooSmall, check, grouped, template, templates,
};

/// A template as it is for the arguments.
type Fit = Result<(Fitted, Report), TooSmall>;

pub fn run(options: &Networks) -> super::Outcome {
    let chosen: Vec<&Template> = match options.name.as_deref() {
        Some(name) => template(name).into_iter().collect(),
        None => templates().iter().collect(),
    };
    let fitted = chosen.into_iter().map(|it| (it, fit(it, options)));
    let fitted: Vec<(&Template, Fit)> = fitted.collect();
    if let [(_, Err(too_small))] = fitted.as_slice() {
        return Err(BadArgument(too_small.to_string()).into());
    }
    if options.json {
        let values = fitted.iter().map(|(template, fit)| value(template, fit));
        line(&Value::Array(values.collect()).to_string());
        return Ok(());
    }
    let detailed = options.name.is_some();
    let mut family: Option<Family> = None;
    for (template, fit) in &fitted {
        if !detailed && family != Some(template.family) {
            line(template.family.title());
            family = Some(template.family);
        }
        tell(template, fit, detailed);
    }
    Ok(())
}

fn fit(template: &Template, options: &Networks) -> Fit {
    let classes = options.classes.map(|classes| classes as usize);
    let input = options.input.unwrap_or(template.natural_input());
    let fitted = template.fitted(input, classes)?;
    let context = Context {
        classes,
        loss: fitted.loss,
        batch: 1,
    };
    let report = check(&fitted.graph, &context);
    Ok((fitted, report))
}

/// One computed layer.
struct Row {
    kind: &'static str,
    name: String,
    output: Option<Shape>,
    parameters: u64,
    /// The name of its block, and which copy of it, from 1.
    block: Option<(String, u32)>,
}

/// All layers in the order of computing, those of repeated blocks in each copy; the input has a field of its own.
/// Of a network with a problem, those that are drawn.
fn rows(fitted: &Fitted, report: &Report) -> Vec<Row> {
    if let Some(network) = &report.network {
        let rows = network.layers().iter().map(|layer| Row {
            kind: layer.layer().kind().entry().name,
            name: layer.name().to_owned(),
            output: Some(layer.output()),
            parameters: layer.parameters(),
            block: layer
                .block()
                .map(|copy| (copy.name.to_string(), copy.copy + 1)),
        });
        return rows.collect();
    }
    let layers = fitted.graph.nodes().iter().zip(&report.layers).skip(1);
    let rows = layers.map(|(node, layer)| Row {
        kind: node.layer.kind().entry().name,
        name: layer.name.clone(),
        output: layer.output,
        parameters: layer.parameters,
        block: node
            .block
            .and_then(|id| Some((fitted.graph.block(id)?.name.clone(), 1))),
    });
    rows.collect()
}

fn value(template: &Template, fit: &Fit) -> Value {
    let (fitted, report) = match fit {
        Ok(fit) => fit,
        Err(too_small) => {
            return json!({
                "name": template.name,
                "title": template.title,
                "smallest": template.smallest,
                "error": too_small.to_string(),
                "input": null,
                "parameters": null,
                "layers": [],
            });
        }
    };
    let input = report.layers.first().and_then(|layer| layer.output);
    let problems: Vec<&str> = report.errors().map(|p| p.message.as_str()).collect();
    let layers = rows(fitted, report).into_iter().map(|row| {
        json!({
            "kind": row.kind,
            "name": row.name,
            "output": row.output.map(Shape::dims),
            "parameters": row.parameters,
            "block": row.block.as_ref().map(|(name, _)| name),
            "copy": row.block.as_ref().map(|(_, copy)| copy),
        })
    });
    json!({
        "name": template.name,
        "title": template.title,
        "family": template.family.title(),
        "input": input.map(Shape::dims),
        "smallest": template.smallest,
        "loss": fitted.loss.name(),
        "parameters": report.parameters,
        "multiply_adds": report.multiply_adds,
        "layers": layers.collect::<Vec<_>>(),
        "changes": fitted.changes,
        "problems": problems,
    })
}

/// Layer by layer; those of a block under its name, once however often it repeats.
fn tell_layers(fitted: &Fitted, report: &Report) {
    if fitted.graph.blocks().iter().any(|block| block.repeat > 1) {
        line("  × says how often a block repeats; its parameters are those of all copies");
    }
    let row = |name: String, output: Option<Shape>, parameters: u64| {
        let output = output.map(|shape| shape.to_string());
        line(&format!(
            "  {name:<32} {:>14} {:>12}",
            output.unwrap_or_default(),
            grouped(parameters)
        ));
    };
    let mut within = None;
    let layers = fitted.graph.nodes().iter().zip(&report.layers).skip(1);
    for (node, layer) in layers {
        let block = node.block.and_then(|id| fitted.graph.block(id));
        if let Some(block) = block.filter(|_| node.block != within) {
            let times = match block.repeat {
                0 | 1 => String::new(),
                repeat => format!(" × {repeat}"),
            };
            let figures = report.block(block.id);
            row(
                format!("{}{times}", block.name),
                figures.and_then(|it| it.output),
                figures.map_or(0, |it| it.parameters),
            );
        }
        within = node.block;
        let indent = if block.is_some() { "  " } else { "" };
        let name = format!("{indent}{}", layer.name);
        row(name, layer.output, layer.parameters);
    }
}

fn tell(template: &Template, fit: &Fit, detailed: bool) {
    let (fitted, report) = match fit {
        Ok(fit) => fit,
        Err(too_small) => {
            let [height, width] = template.smallest;
            let reason = format!(
                "too small: takes images of {height}×{width} or more, not {}×{}",
                too_small.given[0], too_small.given[1]
            );
            line(&format!(
                "  {:<16} {:<22} {reason}",
                template.name, template.title
            ));
            return;
        }
    };
    line(&format!(
        "  {:<16} {:<22} {:>12} parameters  {}",
        template.name,
        template.title,
        grouped(report.parameters),
        template.summary
    ));
    if detailed {
        let input = report.layers.first().and_then(|layer| layer.output);
        let input = input.map(|shape| shape.to_string()).unwrap_or_default();
        let [height, width] = template.smallest;
        line(&format!(
            "  input {input}, {height}×{width} or more; {} loss; {} million multiply-adds an image",
            fitted.loss.title().to_lowercase(),
            grouped(report.multiply_adds.div_ceil(1_000_000))
        ));
        for change in &fitted.changes {
            line(&format!("  changed: {change}"));
        }
        tell_layers(fitted, report);
    }
    for problem in report.errors() {
        line(&format!("    does not fit: {}", problem.message));
    }
}
