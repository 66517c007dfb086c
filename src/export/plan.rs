//! The order of a program: which layers stand alone, which come from one class or function that is used several
//! times, and what every value is called. The same for all targets.

use std::collections::HashMap;

use super::marked::{Marked, camel, identifier};
use super::names::{Item, Values};
use crate::network::{CheckedLayer, Network, Shape};

/// What a target's table says of one layer, as marked text.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// What makes its module; none where it is a mere function.
    pub module: Option<String>,
    /// The type of the module, where the target wants one.
    pub of_type: String,
    /// The expression of its output: `{0}` and `{1}` stand for inputs, `{*}` for all of them, `{m}` for the
    /// module, `{name}` for its name in the weights file, without dots.
    pub call: String,
    /// Whether the weights file holds something of it.
    pub learns: bool,
}

/// How a target writes names.
#[derive(Clone, Copy)]
pub struct Dialect {
    /// Before the name of a module: `self.`.
    pub module: &'static str,
    /// After the name of a value that is needed again: `.clone()`.
    pub keep: &'static str,
    /// The input of the whole network, where it is needed more than once.
    pub image: &'static str,
}

/// One line of a forward pass, with the module that it needs.
#[derive(Clone, Debug)]
pub struct Line {
    /// The module's name.
    pub name: String,
    pub module: Option<String>,
    pub of_type: String,
    pub call: String,
    /// What the output is called.
    pub output: String,
    /// The layer's name in the weights file, if that holds something of it.
    pub file: Option<String>,
}

/// A class or function that several parts of the network share.
#[derive(Clone, Debug)]
pub struct Definition {
    /// As a class: "Residual".
    pub class: String,
    /// What the user calls the block.
    pub title: String,
    /// Its parameters, with the values of the first use.
    pub parameters: Vec<(String, String)>,
    /// What it calls its input.
    pub input: String,
    pub lines: Vec<Line>,
    pub shapes: [Shape; 2],
}

/// One use of a definition.
#[derive(Clone, Debug)]
pub struct Use {
    pub definition: usize,
    /// The module's name.
    pub name: String,
    pub arguments: Vec<String>,
    /// The names in the weights file, in the order of the lines that learn.
    pub files: Vec<String>,
    pub input: String,
    pub output: String,
}

/// A part of the network.
#[derive(Clone, Debug)]
pub enum Step {
    Layer(Line),
    Block(Use),
}

/// The whole program.
#[derive(Clone, Debug)]
pub struct Plan {
    pub definitions: Vec<Definition>,
    /// What the image is called.
    pub input: String,
    pub steps: Vec<Step>,
}

/// A run of layers that could be one definition's use.
struct Unit {
    from: usize,
    to: usize,
    source: usize,
    lines: Vec<Line>,
    input: String,
    marked: Vec<Marked>,
    skeleton: String,
}

/// Orders a network, each of whose layers is written.
pub fn plan(network: &Network, written: &[Written], dialect: Dialect) -> Plan {
    let layers = network.layers();
    let mut units = units(layers, written, dialect);
    let mut count: HashMap<String, usize> = HashMap::new();
    for unit in &units {
        *count.entry(unit.skeleton.clone()).or_default() += 1;
    }
    units.retain(|unit| count.get(&unit.skeleton).is_some_and(|count| *count > 1));
    let (definitions, placed) = define(layers, &units);
    let items = items(layers, &units);
    let mut used: HashMap<&str, usize> = HashMap::new();
    let mut name = |item: &Item| match item.unit {
        Some(unit) => {
            let class = definitions[placed[unit].0].class.as_str();
            let number = used.entry(class).or_default();
            *number += 1;
            format!("{}_{number}", identifier(class))
        }
        None => identifier(layers[item.from].name()),
    };
    let names: Vec<String> = items.iter().map(&mut name).collect();
    let values = Values::new(0, &items, &names, dialect.image);
    let steps = items.iter().zip(names).enumerate();
    let steps = steps.map(|(place, (item, name))| {
        let inputs = values.inputs(place, item, dialect.keep);
        let output = values.output(place);
        if let Some(unit) = item.unit {
            let (definition, arguments) = placed[unit].clone();
            let files = (item.from..item.to).filter(|at| written[*at].learns);
            return Step::Block(Use {
                definition,
                name,
                arguments,
                files: files.map(|at| layers[at].name().to_owned()).collect(),
                input: inputs[0].clone(),
                output,
            });
        }
        let file = layers[item.from].name();
        let line = line(&written[item.from], &name, &inputs, file, dialect).plain();
        Step::Layer(Line { output, ..line })
    });
    Plan {
        steps: steps.collect(),
        input: values.first.clone(),
        definitions,
    }
}

/// What the network's own forward pass consists of: single layers and whole units.
fn items(layers: &[CheckedLayer], units: &[Unit]) -> Vec<Item> {
    let mut items = Vec::new();
    let mut at = 0;
    while let Some(layer) = layers.get(at) {
        let unit = units.iter().position(|unit| unit.from == at);
        let (to, sources) = match unit {
            Some(unit) => (units[unit].to, vec![units[unit].source]),
            None => (at + 1, layer.sources().to_vec()),
        };
        items.push(Item::new(unit, at, to, sources));
        at = to;
    }
    items
}

/// A written layer with its names in place; the marks stay.
fn line(written: &Written, name: &str, inputs: &[String], file: &str, dialect: Dialect) -> Line {
    let mut call = written
        .call
        .replace("{m}", &format!("{}{name}", dialect.module))
        .replace("{name}", &identifier(file))
        .replace("{*}", &inputs.join(", "));
    for (at, input) in inputs.iter().enumerate() {
        call = call.replace(&format!("{{{at}}}"), input);
    }
    Line {
        name: name.to_owned(),
        module: written.module.clone(),
        of_type: written.of_type.clone(),
        call,
        output: String::new(),
        file: written.learns.then(|| file.to_owned()),
    }
}

impl Line {
    fn plain(self) -> Self {
        Self {
            module: self.module.map(|text| Marked::new(&text).plain()),
            call: Marked::new(&self.call).plain(),
            ..self
        }
    }
}

/// The copies of blocks that have one way in and one way out.
fn units(layers: &[CheckedLayer], written: &[Written], dialect: Dialect) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut from = 0;
    while from < layers.len() {
        let copy = layers[from].block();
        let same = layers[from..].iter().take_while(|it| it.block() == copy);
        let to = from + same.count();
        if copy.is_some() && to - from > 1 {
            units.extend(unit(layers, written, dialect, from, to));
        }
        from = to;
    }
    units
}

fn unit(
    layers: &[CheckedLayer],
    written: &[Written],
    dialect: Dialect,
    from: usize,
    to: usize,
) -> Option<Unit> {
    let outside = |source: &&usize| **source <= from;
    let mut sources = layers[from..to].iter().flat_map(CheckedLayer::sources);
    let source = *sources.find(outside)?;
    let inner = from + 1..to;
    let leaves = layers[to..].iter().flat_map(CheckedLayer::sources);
    let leaves = leaves.filter(|it| inner.contains(it)).count() > 0;
    if leaves || !sources.filter(outside).all(|it| *it == source) {
        return None;
    }
    let mut seen = HashMap::new();
    let names: Vec<String> = layers[from..to]
        .iter()
        .map(|layer| {
            let kind = layer.layer().kind().entry().name;
            let number = seen.entry(kind).or_insert(0);
            *number += 1;
            format!("{kind}_{number}")
        })
        .collect();
    let items: Vec<Item> = (from..to)
        .map(|at| Item::new(None, at, at + 1, layers[at].sources().to_vec()))
        .collect();
    let values = Values::new(source, &items, &names, "inputs");
    let mut lines = Vec::new();
    let mut marked = Vec::new();
    // Tensors of another rank want other code.
    let rank = |shape: Shape| shape.dims().len();
    let shapes = (rank(layers[from].input()), rank(layers[to - 1].output()));
    let mut skeleton = format!("{shapes:?} {}", layers[from].block()?.name);
    for (place, item) in items.iter().enumerate() {
        let inputs = values.inputs(place, item, dialect.keep);
        let mut line = line(
            &written[item.from],
            &names[place],
            &inputs,
            "\u{4}",
            dialect,
        );
        line.output = values.output(place);
        for text in [line.module.as_deref().unwrap_or(""), &line.call] {
            let text = Marked::new(text);
            skeleton.push_str(&format!("\n{}={}", line.output, text.skeleton()));
            marked.push(text);
        }
        lines.push(line);
    }
    Some(Unit {
        from,
        to,
        source,
        lines,
        input: values.first,
        marked,
        skeleton,
    })
}

/// One definition for all units of a skeleton, and for each unit its definition and arguments.
fn define(layers: &[CheckedLayer], units: &[Unit]) -> (Vec<Definition>, Vec<(usize, Vec<String>)>) {
    let mut definitions: Vec<Definition> = Vec::new();
    let mut placed: Vec<Option<(usize, Vec<String>)>> = vec![None; units.len()];
    for first in 0..units.len() {
        if placed[first].is_some() {
            continue;
        }
        let alike: Vec<usize> = (first..units.len())
            .filter(|other| units[*other].skeleton == units[first].skeleton)
            .collect();
        let texts: Vec<&[Marked]> = alike.iter().map(|unit| &*units[*unit].marked).collect();
        let (parameters, filled) = super::marked::generalise(&texts);
        let unit = &units[first];
        let mut filled = filled.into_iter();
        let lines = unit.lines.iter().map(|line| Line {
            module: filled.next().filter(|_| line.module.is_some()),
            call: filled.next().unwrap_or_default(),
            ..line.clone()
        });
        let title = layers[unit.from].block().map_or("", |block| &block.name);
        definitions.push(Definition {
            class: fresh(camel(title), &definitions),
            title: title.to_owned(),
            parameters: parameters
                .iter()
                .map(|(name, values)| (name.clone(), values[0].clone()))
                .collect(),
            input: unit.input.clone(),
            lines: lines.collect(),
            shapes: [layers[unit.from].input(), layers[unit.to - 1].output()],
        });
        for (at, unit) in alike.into_iter().enumerate() {
            let arguments = parameters.iter().map(|(_, values)| values[at].clone());
            placed[unit] = Some((definitions.len() - 1, arguments.collect()));
        }
    }
    (definitions, placed.into_iter().flatten().collect())
}

fn fresh(class: String, taken: &[Definition]) -> String {
    let free = |name: &String| taken.iter().all(|it| it.class != *name);
    let numbered = (2..).map(|number| format!("{class}{number}"));
    std::iter::once(class.clone())
        .chain(numbered)
        .find(free)
        .unwrap_or(class)
}
